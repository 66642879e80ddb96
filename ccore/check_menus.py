"""Everything wrong in the files of menus, with what they lean on in the other files of the operators."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ccore.config import Config
from ccore.errors import Fault
from ccore.ivr.lint.linted import Around, Prompts, near
from ccore.ivr.lint.rules import lint
from ccore.ivr.menus import Menus, read_menus
from ccore.ordering.number import Hotline, NumberPlan, QuickLine
from ccore.pbx import answers
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts, find, reachable, steps_within, targets

_QUEUE = "queue"  # the AGI route of callers who wait


def check_menus(
    config: Config, plan: NumberPlan | None, prompts: Prompts | None, around: Surroundings, dialplan: Dialplan
) -> list[Fault]:
    """Every fault of the menus in the operators' directory of ``config``.

    ``prompts`` are the sentences of each. ``plan`` or ``prompts`` None: they could not be read, and nothing is said of
    them.
    """
    menus, faults = read_menus(config.dialplan)
    answered = _sent_into_menus(dialplan, around.trunk_contexts)
    codes, numbers = _numbers(plan)
    leans_on = Around(prompts, around.queues, config.trunks.keys(), codes, numbers, answered.keys())
    faults += lint(menus, leans_on)
    return faults + list(_without_hotline(menus, answered))


def without_secret(config: Config, secrets: Collection[str]) -> Iterator[Fault]:
    """Look-ups that name a secret which is not among those there are."""
    menus, _ = read_menus(config.dialplan)
    for name, adapter in menus.adapters.items():
        for secret in sorted(adapter.secrets - set(secrets)):
            file, line = menus.place("lookup", name, "headers")
            message = (
                f"there is no secret {secret}: add it under [look_ups] of {config.secrets_file.name}, "
                f"or set CCORE_LOOK_UP_{secret.upper()}; until then callers hear `failed`"
            )
            yield Fault(file, line, "SECRET", message)


def _numbers(plan: NumberPlan | None) -> tuple[Mapping[str, int] | None, Collection[str] | None]:
    """The digits of order codes by access number, and the numbers that callers can dial to hear something."""
    if plan is None:
        return None, None
    lines: tuple[Hotline | QuickLine, ...] = (*plan.hotline, *plan.quick_line)
    codes = {access.number: access.width for access in plan.access}
    return codes, {line.number for line in lines}


def _sent_into_menus(dialplan: Dialplan, contexts: Sequence[str]) -> Mapping[str, Step]:
    """Of the numbers that callers of ``contexts`` can dial those that lead into menus: their first steps."""
    menus = {name for name in dialplan if any(_asks(answers.ROUTE, step) for step in steps_within(dialplan, name))}
    # Who comes to a queue goes to a menu only if that is where they came from.
    ways = {name: own for name, own in dialplan.items() if not any(_asks(_QUEUE, step) for step in own.steps())}
    found: dict[str, Step] = {}
    for context in contexts:
        for step in steps_within(dialplan, context):
            goals = [target.context for target in targets(step)]
            if menus.intersection(reachable(ways, goals)):
                first = find(dialplan, context, step.extension) or [step]
                found.setdefault(step.extension, first[0])
    return found


def _asks(route: str, step: Step) -> bool:
    return any(act.application.lower() == "agi" and f"/{route}," in act.arguments for act in acts(step))


def _without_hotline(menus: Menus, answered: Mapping[str, Step]) -> Iterator[Fault]:
    unread = not menus.hotlines and ("hotline", "0") in menus.places
    for number, step in answered.items():
        if number.isdigit() and number not in menus.hotlines and not unread:
            message = (
                f"{number} leads into the menus, and is no [[hotline]] of hotlines.toml{near(number, menus.hotlines)}"
            )
            yield step.fault("IV510", f"{message}: its callers hear that the system is busy, and get people")
