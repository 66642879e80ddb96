"""Refuses menus that would hurt callers: ways that lead nowhere or round for ever, keys, prompts and values amiss."""

from collections.abc import Callable, Iterable

from ccore.errors import Fault
from ccore.ivr.lint import heard, keys, limits, names, values, ways
from ccore.ivr.lint.linted import Around, Linted
from ccore.ivr.menus import Menus
from ccore.ivr.ways import net

Rule = Callable[[Linted], Iterable[Fault]]

RULES: tuple[Rule, ...] = (
    *ways.RULES,
    *keys.RULES,
    *heard.RULES,
    *values.RULES,
    *names.RULES,
    *limits.RULES,
)


def lint(menus: Menus, around: Around) -> list[Fault]:
    """Every fault of what the files of menus mean together, sorted; faults of form are found as they are read."""
    linted = Linted(menus, around, tuple(net(menus, hotline) for hotline in menus.hotlines.values()))
    return sorted({fault for rule in RULES for fault in rule(linted)})
