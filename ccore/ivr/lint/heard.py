"""Rules on what callers hear: every prompt is in the catalogue, and no secret is said aloud."""

from collections.abc import Iterator

from ccore.errors import Fault
from ccore.ivr.lint.linted import Linted, near
from ccore.ivr.menu import Ask, Survey
from ccore.ivr.menus import Menus
from ccore.tables import Closed
from ccore.tomlfiles import Place

HEARD = ("prompt", "opening", "invalid", "silent", "unheard", "thanks")  # keys of nodes and questions that hold parts


def parts(menus: Menus) -> Iterator[tuple[str, Place, str, bool]]:
    """Every part that nodes play: the node, where it is written, the part, and whether its author wrote it."""
    for name, node in menus.nodes.items():
        questions = node.question if isinstance(node, Survey) else ()
        tables: dict[Place, Closed] = {("node", name): node}
        tables |= {("node", name, "question", str(index)): question for index, question in enumerate(questions)}
        for place, table in tables.items():
            for key in HEARD if getattr(node, "speech", True) else set(HEARD) - {"unheard"}:
                for part in getattr(table, key, ()):
                    yield name, (*place, key), part, key in table.model_fields_set


def prompts(linted: Linted) -> Iterator[Fault]:
    """Every prompt is in the catalogue, which has each in both languages; of those nobody wrote one place is told."""
    told: set[str] = set()
    for _, place, part, by_hand in parts(linted.menus):
        known = linted.around.prompts
        if known is None or part.startswith("{") or part in known or part in told:
            continue
        if not by_hand:
            told.add(part)
        message = f"there is no prompt {part} in prompts/*.toml{near(part, known)}: callers hear nothing here"
        yield linted.fault(place, "IV301", message)


def answers(linted: Linted) -> Iterator[Fault]:
    """So is every prompt that an answer of a look-up may name."""
    known = linted.around.prompts
    for name, adapter in linted.menus.adapters.items():
        for part in sorted(adapter.prompts):
            if known is not None and part not in known:
                message = f"an answer may name the prompt {part}, which is in no file of prompts/{near(part, known)}"
                yield linted.fault(("lookup", name), "IV301", message + ": callers hear nothing of it")


def secrets(linted: Linted) -> Iterator[Fault]:
    """What is asked for as a secret is not played back."""
    secret = {f"{{{node.into}}}" for node in linted.menus.nodes.values() if isinstance(node, Ask) and node.secret}
    for _, place, part, _ in parts(linted.menus):
        if part in secret:
            message = f"{part} is asked for as a secret: whoever stands beside the caller would hear it"
            yield linted.fault(place, "IV302", message)


RULES = (prompts, answers, secrets)
