"""Menu sets for tests, from TOML as an operator writes it, and walks through them."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ccore.ivr.menus import Menus, load_menus
from ccore.ivr.model import Begun, Facts, Input, Keyed, Listen, Part, Prompt, Sound, Value, Walked
from ccore.ivr.walk import begin, walk
from ccore.ordering.number import entries, load_plan
from tests.support.prompts import short_dialplan

SHANGHAI = ZoneInfo("Asia/Shanghai")
A_MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
FACTS = Facts(now=A_MONDAY, caller="13800138000")

HOTLINE = '[[hotline]]\nnumber = "10086"\nstart = "main"\npeople = "people"\n'
PEOPLE = '[people]\ndo = "queue"\nqueue = "service"\n'


def written(directory: Path, nodes: str, hotline: str = HOTLINE, **files: str) -> Path:
    """A directory of the operator's with ``menus/test.toml``, ``hotlines.toml`` and others by name."""
    (directory / "menus").mkdir(parents=True, exist_ok=True)
    (directory / "menus" / "test.toml").write_text(nodes, encoding="utf-8")
    for name, text in {"hotlines": hotline, **files}.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def menus_of(directory: Path, nodes: str, hotline: str = HOTLINE, **files: str) -> Menus:
    """The menus that ``written`` writes, with people to go to."""
    return load_menus(written(directory, nodes + PEOPLE, hotline, **files))


ASK = '[main]\ndo = "ask"\nprompt = "ask-it"\ninto = "it"\nmost = 11\nthen = "good"\nfailed = "bad"\n'


def walked(menus: Menus, inputs: Sequence[Input | str], facts: Facts = FACTS) -> Walked:
    """The last answer of a call that began and had these inputs; text is keys."""
    found = walk(menus, begin(menus, 3, "10086", facts), Begun(), facts)
    for came in inputs:
        found = walk(menus, found.state, Keyed(came) if isinstance(came, str) else came, facts)
    return found


def heard(found: Walked) -> list[str]:
    """What is played, prompts by name, values as kind:text."""
    step = found.step
    parts: tuple[Part, ...] = getattr(step, "first", ()) + (step.parts if isinstance(step, Listen) else ())
    return [_name(part) for part in parts]


def _name(part: Part) -> str:
    match part:
        case Prompt(name):
            return name
        case Value(kind, text):
            return f"{kind}:{text}"
        case Sound(file):
            return file


def outcomes(found: Walked) -> list[tuple[str, str, str, str]]:
    return [(mark.node, mark.outcome, mark.key, mark.target) for mark in found.marks]


def one_node(tmp_path: Path, text: str, **files: str) -> Menus:
    """Menus whose first node is ``main``, with nodes that say where a caller has got to."""
    ends = "".join(f'[{name}]\ndo = "hang-up"\nprompt = "got-{name}"\n' for name in ("good", "bad", "ugly"))
    return menus_of(tmp_path, text + ends, **files)


def over_at_once(directory: Path) -> Path:
    """The tests' dialplan with hotlines that say goodbye: for callers who are not there for the menus."""
    shutil.copytree(short_dialplan(), directory)
    for name in ("menus", "campaigns"):
        shutil.rmtree(directory / name)
    for name in ("hours", "lookups", "texts", "transfers"):
        (directory / f"{name}.toml").unlink(missing_ok=True)
    return written(directory, '[main]\ndo = "hang-up"\nprompt = "agents-busy"\n', for_every_number(directory, "main"))


def for_every_number(plan: Path, people: str) -> str:
    """``hotlines.toml`` that has every number of the number plan begin at ``main``."""
    numbers = [entry.pattern for entry in entries(load_plan(plan)) if entry.pattern.isdigit()]
    return "".join(HOTLINE.replace("10086", number).replace('"people"', f'"{people}"') for number in numbers)
