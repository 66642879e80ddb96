"""A hotline as a big company has it, for tests: 40 nodes, 5 levels, two languages, all but recording and transfer."""

import random
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from ccore.ivr.menus import Menus, load_menus
from ccore.ivr.model import Fetch, Found, NotAnswered, Value
from ccore.prompts.catalogue import LANGUAGES, Language, load_catalogue
from ccore.prompts.kinds import Kind
from ccore.prompts.sounds import Built, Manifest, replace, save_manifest, sound_file
from ccore.shipped import shipped

ENGLISH = "1001011"  # the number whose callers begin in English; the others begin in Mandarin, at the same menu
KNOWN, BROKEN, FEN = "4711", "4713", 12345  # accounts at the provider of balances: one with, one it fails to answer for
OTHER_KEYS = "356890"  # nobody's account, and with KNOWN every digit
# What callers key where they are asked for digits: enough of them, too few, and what cannot be.
ASKED = {
    "account": (f"{KNOWN}#", "4712#", f"{BROKEN}#", OTHER_KEYS, "12#", "*#"),
    "month": ("01", "1#", "13", "*#"),
    "card": ("18*", "19*", "18", "#*"),
    "phone": ("13", "25", "99", "1", "*"),
}
SOUND_MS = range(120, 201, 20)  # long enough to be told and cut, short enough for hundreds of walks
_LOOKUPS = """
[balance]
url = "{}/balance/{{number}}"
timeout_s = 1.0
fields = {{ balance = {{ path = "fen", kind = "money" }} }}
breaker = {{ failures = 100 }}
"""

# The tree of menus: five levels, and below the deepest ones what is done there. "1" is the first menu's first key.
_MENUS = ("1", "2", "3", "11", "12", "21", "22", "31", "111", "121", "211", "311", "1111", "1211", "2111", "3111")
_LEAVES = {
    "12": ("news",),
    "22": ("promise", "people"),
    "31": ("bye",),
    "1111": ("account", "month", "card", "phone"),
    "1211": ("news", "message", "promise"),
    "2111": ("agents", "survey", "code"),
    "3111": ("speak-zh", "speak-en", "same", "bye"),
}
_ACTIONS = """
[account]
do = "ask"
prompt = "account"
into = "account"
least = 4
most = 6
timeout_s = 1
tries = 2
then = "balance"

[balance]
do = "look-up"
adapter = "balance"
ask = { number = "{account}" }
then = "told"
missing = "unknown"
failed = "sorry"

[told]
do = "say"
prompt = ["your-account", "{account}", "balance-is", "{balance}"]
then = "back"

[unknown]
do = "say"
prompt = "unknown"
then = "account"

[month]
do = "ask"
prompt = "month"
into = "month"
most = 2
check = "month"
barge_in = false
timeout_s = 1
tries = 2
then = "month-told"
failed = "sorry"

[month-told]
do = "say"
prompt = ["your-month", "{month}"]
then = "back"

[card]
do = "ask"
prompt = "card"
into = "card"
most = 8
check = "luhn"
secret = true
terminator = "*"
timeout_s = 1
tries = 2
then = "same"

[phone]
do = "ask"
prompt = "phone"
into = "phone"
least = 2
most = 2
terminator = ""
timeout_s = 1
tries = 3
then = "by-phone"
failed = "sorry"

[by-phone]
do = "choose"
by = "value"
of = "phone"
cases = { 13 = "sorry", 20-29 = "same-zh" }
otherwise = "same"

[news]
do = "say"
prompt = ["news-1", "news-2", "news-3"]
then = "start"

[message]
do = "text"
text = "numbers"
prompt = "message"
then = "back"

[promise]
do = "call-back"
prompt = "promise"
then = "back"

[agents]
do = "queue"
prompt = "agents"
wait_s = 1
then = "sorry"

[survey]
do = "survey"
name = "service"
timeout_s = 1
tries = 2
then = "back"
question = [ { name = "friendly", prompt = "friendly" }, { name = "solved", prompt = "solved", least = 0, most = 1 } ]

[code]
do = "order"
access = "10086"
code = "99999"
prompt = "code"

[speak-zh]
do = "language"
language = "zh"
then = "start"

[speak-en]
do = "language"
language = "en"
then = "start"

[same]
do = "choose"
by = "language"
cases = { zh = "same-zh" }
otherwise = "same-en"

[same-zh]
do = "say"
prompt = "same-zh"
then = "back"

[same-en]
do = "say"
prompt = "same-en"
then = "back"

[sorry]
do = "say"
prompt = "sorry"
then = "back"

[people]
do = "queue"
prompt = "people"
then = "start"

[bye]
do = "hang-up"
prompt = "bye"
"""
# So that no way there is through a menu is without a caller.
_VARIETY = {
    "3": 'opening = "welcome"',
    "2": "barge_in = false",
    "21": "conventions = false",
    "12": 'failed = "sorry"',
    "1211": 'opening = ["news-1", "news-2"]',
    "31": 'silent = ["key-missing", "news-3"]',
}


# Whom nobody serves comes back without a word: what is heard is the menus'.
_SILENT_QUEUE = """
full = []
closed = []
timed_out = []
offer = false
[comfort]
position = false
expected_wait = false
"""


def write(directory: Path, provider: str, sound_ms: Sequence[int] = SOUND_MS) -> Menus:
    """Make ``directory`` an operator's, with the shipped dialplan and nothing but this hotline in its menus.

    ``provider`` is the web address that knows balances. Every prompt gets a sound that is like no other's, of one of
    the lengths ``sound_ms``.
    """
    shutil.copytree(shipped("dialplan"), directory)
    for part in ("menus", "sounds"):
        shutil.rmtree(directory / part, ignore_errors=True)
    (directory / "menus").mkdir()
    for name in ("queues", "campaigns"):
        shutil.rmtree(directory / name)
    (directory / "queues").mkdir()
    (directory / "queues/service.toml").write_text(_SILENT_QUEUE, encoding="utf-8")
    (directory / "menus/big.toml").write_text(nodes(), encoding="utf-8")
    (directory / "hotlines.toml").write_text("".join(_hotlines(directory)), encoding="utf-8")
    (directory / "lookups.toml").write_text(_LOOKUPS.format(provider), encoding="utf-8")
    (directory / "texts.toml").write_text('[numbers]\nzh = "一"\nen = "one"\n', encoding="utf-8")
    (directory / "transfers.toml").unlink(missing_ok=True)
    menus = load_menus(directory)
    unknown = _prompts(menus) - load_catalogue(directory).keys()
    text = "".join(f'[{name}]\nzh = "{name}"\nen = "{name}"\n' for name in sorted(unknown))
    (directory / "prompts/big.toml").write_text(text, encoding="utf-8")
    write_sounds(directory, sound_ms)
    return menus


def answered(step: Fetch) -> Found | NotAnswered:
    """What a look-up at the provider comes to."""
    number = step.ask["number"]
    if number == BROKEN:
        return NotAnswered()
    return Found({"balance": Value(Kind.MONEY, str(FEN))} if number == KNOWN else None)


def nodes() -> str:
    """``menus/big.toml``."""
    return "".join(map(_menu, ("", *_MENUS))) + _ACTIONS


def _menu(path: str) -> str:
    below = [_name(child) for child in _MENUS if child[:-1] == path] + list(_LEAVES.get(path, ()))
    keys = ", ".join(f'{key} = "{target}"' for key, target in enumerate(below, 1))
    name = _name(path)
    return f"""
[{name}]
do = "menu"
prompt = "{name}"
keys = {{ {keys} }}
timeout_s = 1
tries = 2
{_VARIETY.get(path, "")}
"""


def _name(path: str) -> str:
    return f"menu-{path}" if path else "main"


def _hotlines(directory: Path) -> Iterator[str]:
    """Every number of the plan that is answered by menus."""
    plan = tomllib.loads((directory / "numbers.toml").read_text(encoding="utf-8"))
    for entry in (*plan["hotline"], *plan["quick_line"]):
        number = entry["number"]
        language = "en" if number == ENGLISH else "zh"
        yield f'[[hotline]]\nnumber = "{number}"\nstart = "main"\npeople = "people"\nlanguage = "{language}"\n'


def _prompts(menus: Menus) -> set[str]:
    """Every prompt that the nodes name, whether somebody wrote it there or it is the one of all."""
    parts = {part for node in menus.nodes.values() for part in _parts(node.model_dump())}
    return {part for part in parts if not part.startswith("{")}


def _parts(node: Mapping[str, Any]) -> Iterator[str]:
    for field in ("prompt", "opening", "invalid", "silent", "thanks"):
        yield from node.get(field, ())
    for question in node.get("question", ()):
        yield from question["prompt"]


def write_sounds(directory: Path, sound_ms: Sequence[int] = SOUND_MS) -> None:
    """Give every prompt of an operator's ``directory`` a sound that is like no other's."""
    built: dict[Language, dict[str, Built]] = {language: {} for language in LANGUAGES}
    for name, prompt in load_catalogue(directory).items():
        for language in LANGUAGES:
            noise = random.Random(f"{language} {name}")
            ms = noise.choice(sound_ms)
            sound = noise.randbytes(ms * 8)
            replace(sound_file(directory, language, name), sound)
            key = sha256(sound).hexdigest()
            built[language][name] = Built(key=key, wording=prompt.wording(language), ms=ms)
    save_manifest(directory, Manifest(sounds=built))
