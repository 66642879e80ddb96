"""Every rule of the menus' lint refuses what it is for, on its line, and says nothing of menus that are sound."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ccore.ivr import lint as rules_of_menus
from ccore.ivr.checks import checked
from ccore.ivr.lint.limits import LENGTHS
from ccore.ivr.lint.linted import Around
from ccore.ivr.lint.rules import lint
from ccore.ivr.menus import read_menus

AROUND = Around(
    prompts=dict.fromkeys([
        "welcome", "main-menu", "ask-number", "balance-is", "not-found", "sorry", "how-was-it", "waiting",
        "message-sent", "key-invalid", "key-missing", "digits-invalid", "goodbye", "callback-noted", "survey-thanks",
        "voicemail-record",
    ], ()) | {"main-menu": ["查号码请按1，办理请按3。", "Press 1 for the number, press 3 to order."]},
    queues=frozenset({"service"}),
    trunks=frozenset({"main"}),
    codes={"10086": 5},
    plan=frozenset({"10086", "1001011"}),
    answered=frozenset({"10086", "1001011"}),
)  # fmt: skip

# Sound files, one of each action.
FILES = {
    "menus/main.toml": """\
[main]
do = "menu"
opening = "welcome"
prompt = "main-menu"
keys = { 1 = "number", 2 = "by-hour", 3 = "order-code", 4 = "message", 5 = "english", 6 = "office", 7 = "callback" }

[number]
do = "ask"
prompt = "ask-number"
into = "number"
most = 11
check = "phone"
then = "balance"

[balance]
do = "look-up"
adapter = "billing"
ask = { number = "{number}" }
then = "balance-is"
missing = "not-found"
failed = "sorry"

[balance-is]
do = "say"
prompt = ["balance-is", "{balance}"]
then = "text"

[text]
do = "text"
text = "balance"
prompt = "message-sent"
then = "back"

[not-found]
do = "say"
prompt = "not-found"
then = "number"

[sorry]
do = "say"
prompt = "sorry"
then = "people"

[by-hour]
do = "choose"
by = "hour"
cases = { 8-11 = "by-load", 12-17 = "weekday" }
otherwise = "open"

[by-load]
do = "choose"
by = "waiting"
of = "service"
cases = { "20+" = "message", 5-19 = "people" }
otherwise = "people"

[weekday]
do = "choose"
by = "weekday"
cases = { mon-fri = "people", sat = "message" }
otherwise = "message"

[open]
do = "choose"
by = "hours"
of = "office"
cases = { open = "people", holiday = "message" }
otherwise = "message"

[order-code]
do = "ask"
prompt = "ask-number"
into = "code"
least = 5
most = 5
then = "order"

[order]
do = "order"
access = "10086"
code = "{code}"

[message]
do = "voicemail"
then = "how-was-it"

[how-was-it]
do = "survey"
name = "service"

[[how-was-it.question]]
name = "contentment"
prompt = "how-was-it"

[english]
do = "language"
language = "en"
then = "main"

[office]
do = "transfer"
to = "office"

[callback]
do = "call-back"
queue = "service"

[people]
do = "queue"
prompt = "waiting"
then = "message"
""",
    "hotlines.toml": """\
[[hotline]]
number = "10086"
start = "main"
people = "people"
hours = "office"
closed = "message"
trunks = ["main"]

[[hotline]]
number = "1001011"
start = "number"
people = "people"
""",
    "hours.toml": """\
[hours.office]
workdays = ["09:00-18:00"]
""",
    "lookups.toml": """\
[billing]
url = "http://127.0.0.1/{number}"

[billing.fields]
balance = { path = "fen", kind = "money" }
""",
    "texts.toml": """\
[balance]
zh = "余额{balance}"
en = "Balance {balance}"
""",
    "transfers.toml": """\
[office]
number = "01012345678"
trunk = "main"
""",
}
MENUS, HOTLINES = "menus/main.toml", "hotlines.toml"


def write(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


def faults(directory: Path, around: Around = AROUND) -> list[tuple[str, str, int]]:
    menus, unread = read_menus(directory)
    return [(fault.code, fault.file.name, fault.line) for fault in [*unread, *lint(menus, around)]]


def test_sound_menus_have_no_fault(tmp_path: Path) -> None:
    assert faults(write(tmp_path, FILES)) == []


# (code, file, what is replaced, what by); the fault stands on the line where the replacement begins to differ.
ON_ITS_LINE = [
    ("IV101", MENUS, 'then = "balance"', 'then = "ballance"'),
    ("IV101", MENUS, '1 = "number"', '1 = "numbers"'),
    ("IV101", MENUS, 'otherwise = "open"', 'otherwise = "opens"'),
    ("IV101", HOTLINES, 'start = "main"', 'start = "mian"'),
    ("IV101", HOTLINES, 'closed = "message"', 'closed = "back"'),
    ("IV102", MENUS, "[people]", '[lost]\ndo = "hang-up"\n\n[people]'),
    ("IV103", MENUS, '"sorry"\nthen = "people"', '"sorry"\nthen = "again"'),
    ("IV103", MENUS, '"sorry"\nthen = "people"', '"sorry"\nthen = "balance"'),
    ("IV103", MENUS, 'missing = "not-found"', 'missing = "balance"'),
    ("IV104", MENUS, 'opening = "welcome"', 'failed = "again"'),
    ("IV104", MENUS, "most = 11", 'failed = "again"\nmost = 11'),
    ("IV107", MENUS, "[people]", '[start]\ndo = "hang-up"\n\n[people]'),
    ("IV201", MENUS, '1 = "number"', '12 = "people", 1 = "number"'),
    ("IV201", MENUS, '1 = "number"', '1 = "number", 01 = "people"'),
    ("IV202", MENUS, 'opening = "welcome"\nprompt = "main-menu"\nkeys = { 1 =',
     'timeout_s = 4\nprompt = "main-menu"\nkeys = { 88 = "people", 1 ='),
    ("IV203", MENUS, '1 = "number"', '0 = "number"'),
    ("IV203", MENUS, '1 = "number"', '1 = "number", "*" = "start"'),
    ("IV204", MENUS, 'opening = "welcome"', 'speech = { 9 = ["余额"] }'),
    ("IV204", MENUS, 'opening = "welcome"', 'speech = { 1 = ["余额"], 2 = ["余额"] }'),
    ("IV206", MENUS, 'keys = { 1 = "number", 2 = "by-hour", 3 =',
     'speech = { 1 = ["余额"] }\nkeys = { 11 = "number", 2 = "by-hour", 3 ='),
    ("IV207", MENUS, 'opening = "welcome"', 'speech = { 1 = ["余额", "查"] }'),
    ("IV207", MENUS, 'opening = "welcome"', 'speech = { 1 = ["ok"] }'),
    ("IV205", MENUS, 'keys = { 1 = "number", 2 = "by-hour", 3 =', 'keys = { 1 = "number", 2 = "by-hour", 8 ='),
    ("IV301", MENUS, 'prompt = "ask-number"', 'prompt = "ask-nunber"'),
    ("IV301", MENUS, 'opening = "welcome"', 'opening = ["welcome", "to-you"]'),
    ("IV301", MENUS, 'prompt = "how-was-it"', 'prompt = "who-was-it"'),
    ("IV302", MENUS, 'prompt = "ask-number"\ninto = "number"', 'prompt = "{number}"\nsecret = true\ninto = "number"'),
    ("IV401", MENUS, '"{balance}"', '"{ballance}"'),
    ("IV401", MENUS, 'code = "{code}"', 'code = "{kode}"'),
    ("IV402", MENUS, 'prompt = "sorry"', 'prompt = ["sorry", "{balance}"]'),
    ("IV402", MENUS, 'prompt = "waiting"', 'prompt = ["waiting", "{number}"]'),
    ("IV402", MENUS, 'queue = "service"', 'number = "number"'),
    ("IV402", MENUS, 'do = "say"\nprompt = "sorry"', 'text = "balance"\ndo = "text"'),
    ("IV501", MENUS, 'adapter = "billing"', 'adapter = "biling"'),
    ("IV502", MENUS, 'text = "balance"', 'text = "balances"'),
    ("IV503", MENUS, 'to = "office"', 'to = "offices"'),
    ("IV504", MENUS, 'of = "office"', 'of = "home"'),
    ("IV504", HOTLINES, 'hours = "office"', 'hours = "home"'),
    ("IV505", MENUS, 'of = "service"', 'of = "sales"'),
    ("IV505", MENUS, 'queue = "service"', 'queue = "sales"'),
    ("IV505", HOTLINES, 'hours = "office"', 'queue = "sales"'),
    ("IV506", HOTLINES, 'trunks = ["main"]', 'trunks = ["main", "spare"]'),
    ("IV506", "transfers.toml", 'trunk = "main"', 'trunk = "spare"'),
    ("IV507", MENUS, 'ask = { number = "{number}" }', "ask = {}"),
    ("IV507", MENUS, 'ask = { number = "{number}" }', 'ask = { number = "{number}", pin = "1" }'),
    ("IV508", MENUS, 'access = "10086"', 'access = "10000"'),
    ("IV508", MENUS, 'code = "{code}"', 'code = "100010"'),
    ("IV508", MENUS, 'code = "{code}"', 'code = "{number}"'),
    ("IV509", HOTLINES, 'number = "1001011"', 'number = "1001019"'),
    ("IV601", MENUS, "most = 11", "least = 12\nmost = 11"),
    ("IV601", MENUS, 'most = 11\ncheck = "phone"', 'most = 11\ncheck = "date"\nleast = 9'),
    ("IV602", MENUS, 'prompt = "how-was-it"', 'least = 5\nprompt = "how-was-it"'),
    ("IV603", MENUS, "12-17 =", "25 ="),
    ("IV603", MENUS, "12-17 =", "8-10 ="),
    ("IV603", MENUS, "5-19 =", "30-40 ="),
    ("IV603", MENUS, "mon-fri =", "mon-fry ="),
    ("IV603", MENUS, "sat =", "tue-thu ="),
    ("IV603", MENUS, "holiday =", "holidays ="),
    ("IV604", "hours.toml", "[hours.office]", "[hours.never]\nworkdays = []\n\n[hours.office]"),
    ("IV605", HOTLINES, 'hours = "office"\nclosed', "closed"),
    ("IV605", HOTLINES, 'hours = "office"\nclosed = "message"', 'hours = "office" # always'),
]  # fmt: skip


def broken(directory: Path, file: str, old: str, new: str, **more: str) -> Path:
    assert FILES[file].count(old) >= 1
    return write(directory, {**FILES, file: FILES[file].replace(old, new, 1), **more})


def line_of_change(file: str, old: str, new: str) -> int:
    begin = FILES[file].index(old)
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return FILES[file].count("\n", 0, begin + same) + 1


@pytest.mark.parametrize(("code", "file", "old", "new"), ON_ITS_LINE)
def test_a_rule_refuses_what_it_is_for_on_its_line(tmp_path: Path, code: str, file: str, old: str, new: str) -> None:
    found = faults(broken(tmp_path, file, old, new))
    assert (code, Path(file).name, line_of_change(file, old, new)) in found


PROMPT = 'prompt = "welcome"\n'


@pytest.mark.parametrize(
    "nodes",
    [
        'keys = { 1 = "sub" }\n[sub]\ndo = "menu"\nprompt = "welcome"\nkeys = { 1 = "start" }\nfailed = "back"\n',
        'keys = { 11 = "people", 12 = "hang-up" }\nconventions = false\n',
        'keys = { 0 = "people", "*" = "again", "#" = "back" }\nconventions = false\n',
        'keys = { 0 = "people", "*" = "back", "#" = "again" }\n',
        'keys = { 1 = "people", 22 = "hang-up" }\ntimeout_s = 3\n',
        'keys = { 1 = "wait" }\n[wait]\ndo = "queue"\nthen = "still"\n'
        '[still]\ndo = "say"\nprompt = "waiting"\nthen = "wait"\n',
        'keys = { 1 = "say" }\n[say]\ndo = "say"\nprompt = ["balance-is", "{caller}", "{dialled}"]\nthen = "back"\n',
    ],
    ids=["failing-back", "two-digits", "own-conventions", "same-conventions", "patient", "waiting", "given-values"],
)
def test_nothing_is_said_of_what_hurts_nobody(tmp_path: Path, nodes: str) -> None:
    menus = f'[main]\ndo = "menu"\n{PROMPT}{nodes}[people]\ndo = "queue"\n'
    hotline = '[[hotline]]\nnumber = "10086"\nstart = "main"\npeople = "people"\n'
    assert faults(write(tmp_path, {MENUS: menus, HOTLINES: hotline})) == []


def test_a_hotline_nobody_gets_out_of(tmp_path: Path) -> None:
    loop = f'[main]\ndo = "menu"\n{PROMPT}keys = {{ 1 = "again" }}\nfailed = "again"\n'
    hotline = '[[hotline]]\nnumber = "10086"\nstart = "main"\npeople = "main"\n'
    found = faults(write(tmp_path, {MENUS: loop, HOTLINES: hotline}))
    assert found == [("IV105", "main.toml", 1), ("IV104", "main.toml", 5)]


def test_a_node_too_far_away_for_the_steps_of_its_hotline(tmp_path: Path) -> None:
    chain = [f'[say-{number}]\ndo = "say"\n{PROMPT}then = "say-{number + 1}"\n' for number in range(6)]
    menus = "".join([*chain, '[say-6]\ndo = "hang-up"\n[people]\ndo = "queue"\n'])
    hotline = '[[hotline]]\nnumber = "10086"\nstart = "say-0"\npeople = "people"\nsteps = {}\n'
    assert faults(write(tmp_path / "a", {MENUS: menus, HOTLINES: hotline.format(7)})) == []
    assert faults(write(tmp_path / "b", {MENUS: menus, HOTLINES: hotline.format(6)})) == [("IV106", "hotlines.toml", 5)]


def test_numbers_must_be_sent_into_the_menus(tmp_path: Path) -> None:
    around = replace(AROUND, answered=frozenset({"10086"}))
    assert faults(write(tmp_path, FILES), around) == [("IV509", "hotlines.toml", 10)]


def test_a_default_that_is_missing_is_told_once(tmp_path: Path) -> None:
    assert AROUND.prompts
    rest = {name: said for name, said in AROUND.prompts.items() if name != "key-invalid"}
    around = replace(AROUND, prompts=rest)
    assert [code for code, _, _ in faults(write(tmp_path, FILES), around)] == ["IV301"]


def test_a_prompt_that_only_an_answer_names_must_be_there(tmp_path: Path) -> None:
    words = 'state = { path = "state", kind = "prompt", words = { on = "main-menu", off = "switched-off" } }\n'
    files = {**FILES, "lookups.toml": FILES["lookups.toml"] + words}
    assert faults(write(tmp_path, files)) == [("IV301", "lookups.toml", 1)]


@pytest.mark.parametrize("file", [name for name in FILES if name != MENUS])
@pytest.mark.parametrize("garbage", ["nonsense = 1\n", "]] not TOML\n"])
def test_a_file_with_a_fault_of_form_hides_nothing_and_adds_nothing(tmp_path: Path, file: str, garbage: str) -> None:
    menus = FILES[MENUS].replace('prompt = "sorry"', 'prompt = "sory"')
    found = faults(write(tmp_path, {**FILES, MENUS: menus, file: FILES[file] + garbage}))
    assert {code for code, _, _ in found} == {"MENU", "IV301"}


def test_a_faulty_file_of_menus_hides_nothing_of_the_others(tmp_path: Path) -> None:
    main, people = FILES[MENUS].split("[people]")
    files = {**FILES, MENUS: main.replace('do = "menu"', 'do = "meny"'), "menus/people.toml": f"[people]{people}"}
    files["menus/people.toml"] = files["menus/people.toml"].replace("waiting", "weighting")
    assert [(code, file) for code, file, _ in faults(write(tmp_path, files))] == [
        ("MENU", "main.toml"),
        ("IV301", "people.toml"),
    ]


@pytest.mark.parametrize("check", LENGTHS)
def test_the_lengths_of_checks_are_those_that_can_be_right(check: str) -> None:
    samples = [
        *("20270217", "0217", "202702", "02", "13800138000"),
        *("1" * n for n in range(1, 33)), *("2" * n for n in range(1, 33)), *("0" * n for n in range(1, 33)),
        *("0021" + "1" * n for n in range(33)), *("021" + "1" * n for n in range(33)),
    ]  # fmt: skip
    right = {len(digits) for digits in samples if checked(check, digits, date(2026, 11, 23)) and len(digits) <= 32}
    assert right == LENGTHS[check]


def test_every_code_is_tried_here() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(rules_of_menus.__file__).parent.glob("*.py")]
    tried = {code for code, _, _, _ in ON_ITS_LINE} | {"IV105", "IV106"}  # these two need menus of their own, above
    assert set(re.findall(r'"(IV\d{3})"', "".join(sources))) == tried


def test_back_from_the_beginning_is_the_beginning_whatever_leads_back_there(tmp_path: Path) -> None:
    asked = '[asked]\ndo = "ask"\nprompt = "ask-number"\ninto = "number"\nmost = 5\nthen = "main"\nfailed = "back"\n'
    menus = f'{asked}[main]\ndo = "menu"\n{PROMPT}keys = {{ 1 = "start" }}\n[people]\ndo = "queue"\n'
    hotline = '[[hotline]]\nnumber = "10086"\nstart = "asked"\npeople = "people"\n'
    assert faults(write(tmp_path, {MENUS: menus, HOTLINES: hotline})) == [("IV104", "main.toml", 7)]
