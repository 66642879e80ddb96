"""Every rule of the dialplan's lint refuses what it is for, and the dialplan that ships passes all of them."""

import re
from pathlib import Path

import pytest

from ccore.check import check
from ccore.errors import Fault
from ccore.pbx import confread
from ccore.pbx.confread import Setting
from ccore.pbx.extensions import Surroundings, matches
from ccore.pbx.lint import lint, read_dialplan
from ccore.pbx.lint_outside import stained_variables
from ccore.pbx.lint_patterns import share_a_number
from ccore.pbx.vocabulary import APPLICATIONS, FORBIDDEN_APPLICATIONS, FORBIDDEN_FUNCTIONS, FUNCTIONS, known
from ccore.shipped import shipped

FILE = Path("extensions.d/calls.conf")
AROUND = Surroundings(
    prompts=frozenset({"hotline-welcome", "order-placed"}),
    routes=frozenset({"one_dial_order", "menu"}),
    trunks=frozenset({"trunk-local"}),
    results={"one_dial_order": frozenset({"placed"}), "menu": frozenset({"say", "queue", "transfer", "record"})},
)
SOUND = """\
[from-trunk]
exten => _10086XXXXX,1,Set(RAW=${EXTEN})
 same => n,Goto(order,s,1)
exten => 10086,1,Goto(hotline,s,1)

[hotline]
include => every-call
exten => s,1,Answer()
 same => n,Playback(ccore/hotline-welcome)
 same => n,Queue(service,,,,120)
 same => n,Hangup()

[order]
include => every-call
exten => s,1,Set(REST=${REPLACE(RAW,0123456789)})
 same => n,GotoIf(${FIELDQTY(REST,x)}?refused)
 same => n,Set(DIALLED=${RAW})
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(CCORE_RESULT=)
 same => n,Set(TIMEOUT(absolute)=2)
 same => n,AGI(${CCORE_AGI}/one_dial_order,${DIALLED})
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,GotoIf($["${CCORE_RESULT}" = "placed"]?tell)
 same => n(refused),Hangup()
 same => n(tell),Playback(ccore/order-${CCORE_RESULT})
 same => n,Hangup()

[every-call]
exten => h,1,NoOp(over)
exten => i,1,Hangup()
exten => T,1,Hangup()
"""


MENU = """
[menu]
include => every-call
exten => s,1,Set(AGIEXITONHANGUP=yes)
 same => n,Set(CCORE_RESULT=)
 same => n,Set(TIMEOUT(absolute)=2)
 same => n,AGI(${CCORE_AGI}/menu,begun)
 same => n,Set(TIMEOUT(absolute)=0)
 same => n,GotoIf($["${CCORE_RESULT}" =~ "^(say|queue|transfer|record)$"]?act)
 same => n,Hangup()
 same => n(act),Playback(${CCORE_FIRST})
 same => n,Queue(${CCORE_QUEUE},,,,${CCORE_WAIT_S})
 same => n,Record(/srv/ccore/recorded/${CCORE_BOX}_${CCORE_CALLER}_${EPOCH}_${UNIQUEID}.alaw,5,${CCORE_WAIT_S},k)
 same => n,Read(KEYS,${CCORE_PROMPT},1)
 same => n,Goto(ccore-transfers,${CCORE_TO},1)
"""


def faults(text: str) -> list[tuple[str, int]]:
    return [(fault.code, fault.line) for fault in lint({FILE: text}, AROUND)]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_sound_dialplan_has_no_fault() -> None:
    assert faults(SOUND) == []


def test_what_ccore_says_in_a_menu_may_be_done_where_it_was_asked() -> None:
    assert faults(SOUND + MENU) == []
    asked_elsewhere = MENU.replace("AGI(${CCORE_AGI}/menu,begun)", "NoOp()")
    assert {code for code, _ in faults(SOUND + asked_elsewhere)} == {"DP610"}


def test_a_menu_knows_each_answer_of_its_own_route() -> None:
    assert ("DP608", line_of(SOUND + MENU, "/menu")) in faults(SOUND + MENU.replace("|record)", ")"))


def test_the_shipped_dialplan_number_plan_and_prompts_have_no_fault() -> None:
    assert check(None) == []


ANSWER = "Answer()"
WELCOME = "Playback(ccore/hotline-welcome)"
QUEUE = "Queue(service,,,,120)"
AGI = "AGI(${CCORE_AGI}/one_dial_order,${DIALLED})"

# (code, what is replaced in SOUND, what by); the fault must stand on the first line of the replacement.
ON_ITS_LINE = [
    ("DP101", " same => n,Queue", "the queue\n same => n,Queue"),
    ("DP101", " same => n,Queue", "same n,Answer()\n same => n,Queue"),
    ("DP102", "[order]", "[order"),
    ("DP102", "[order]", "[order]x"),
    ("DP103", "[every-call]", ";-- not yet\n[every-call]"),
    ("DP104", "Answer()", "Answer（）"),
    ("DP104", "exten => 10086,", "exten => １００８６,"),
    ("DP104", "exten => 10086,1", "exten => 10086\u00a0,1"),
    ("DP104", "Answer()", "Answer()\x00"),
    ("DP105", "[order]", "#exec /bin/date\n[order]"),
    ("DP105", "[order]", '#include "other.conf"\n[order]'),
    ("DP105", "[order]", "#tryinclude <other.conf>\n[order]"),
    ("DP201", "[order]", "[globals]\nX=1\n[order]"),
    ("DP201", "[order]", "[order](!)"),
    ("DP202", "[every-call]", "[order]\nexten => x,1,Hangup()\n[every-call]"),
    ("DP203", "[from-trunk]", "exten => 1,1,Hangup()\n[from-trunk]"),
    ("DP204", "exten => 10086,1,", "extn => 10086,1,"),
    ("DP205", "exten => 10086,1,Goto(hotline,s,1)", "exten => 10086"),
    ("DP205", "exten => 10086,1,Goto(hotline,s,1)", "exten => 10086,Goto"),
    ("DP205", " same => n,Queue(service,,,,120)", " same => n"),
    ("DP206", "exten => s,1,Set(REST=", " same => n,NoOp()\nexten => s,1,Set(REST="),
    ("DP207", "exten => _10086XXXXX,1", "exten => 10086XXXXX,1"),
    ("DP207", "exten => _10086XXXXX,1", "exten => _10086[0-9XXXX,1"),
    ("DP207", "exten => _10086XXXXX,1", "exten => _10086XX?XX,1"),
    ("DP207", "exten => 10086,1,", "exten => ,1,"),
    ("DP207", "exten => 10086,1,", "exten => _,1,"),
    ("DP207", "exten => 10086,1,", "exten => 10086/13800138000,1,"),
    ("DP208", "exten => 10086,1,", "exten => 10086,one,"),
    ("DP208", " same => n,Queue", " same => 0,Queue"),
    ("DP208", " same => n,Queue", " same => next,Queue"),
    ("DP208", "n(refused)", "n(re fused)"),
    ("DP209", ANSWER, "Answer("),
    ("DP209", ANSWER, "Answer() please"),
    ("DP209", ANSWER, "${WHAT}()"),
    ("DP210", "exten => 10086,1,", "exten => 10086,n,"),
    ("DP210", "exten => 10086,1,", "exten => 10086,2,"),
    ("DP210", " same => n,Queue", " same => 5,Queue"),
    ("DP211", " same => n,Queue", " same => 2,Queue"),
    ("DP211", "exten => T,1,", "exten => i,1,Hangup()\nexten => T,1,"),
    ("DP212", "NoOp(over)", "NoOp(${over)"),
    ("DP212", "NoOp(over)", "NoOp($[1 + 1)"),
    ("DP212", "NoOp(over)", "NoOp(over))"),
    ("DP212", '= "placed"]', '= "placed]'),
    ("DP213", ANSWER, "Anwser()"),
    ("DP213", WELCOME, "Voicemail2(1)"),
    ("DP214", "TIMEOUT(absolute)=2", "TIMEOUTS(absolute)=2"),
    ("DP214", "NoOp(over)", "NoOp(${LENGTH(x)})"),
    ("DP215", "n(tell)", "n(refused)"),
    ("DP216", "[order]", "[nothing]\n[order]"),
    ("DP217", "include => every-call\nexten => s", "include => evry-call\nexten => s"),
    ("DP218", "Goto(order,s,1)", "Goto(oder,s,1)"),
    ("DP218", "Goto(order,s,1)", "Goto(order,t,1)"),
    ("DP218", "]?tell)", "]?told)"),
    ("DP219", "]?tell)", "]?s,11)"),
    ("DP220", " same => n(tell),Playback(ccore/order-${CCORE_RESULT})\n same => n,Hangup()", " same => n(tell),NoOp()"),
    ("DP220", " same => n,Queue(service,,,,120)\n same => n,Hangup()", " same => n,GotoIf(1?s,1)"),
    ("DP221", "[hotline]\ninclude => every-call", "[hotline]"),
    ("DP223", "exten => 10086,1", "exten => _1008610XXX,1,Goto(order,s,1)\nexten => 10086,1"),
    ("DP223", "exten => s,1,Set(REST=", "exten => _!,1,Hangup()\nexten => s,1,Set(REST="),
    ("DP301", ANSWER, "System(date)"),
    ("DP301", ANSWER, "TrySystem(date)"),
    ("DP301", ANSWER, "system(date)"),
    ("DP301", ANSWER, "ExecIf($[1]?System(date))"),
    ("DP301", ANSWER, "ExecIf($[1]?NoOp():System(date))"),
    ("DP301", ANSWER, "DISA(no-password,from-trunk)"),
    ("DP301", ANSWER, "EAGI(x)"),
    ("DP301", ANSWER, "Originate(PJSIP/1,app,NoOp)"),
    ("DP301", ANSWER, "SoftHangup(PJSIP/agent1)"),
    ("DP301", ANSWER, "While(1)"),
    ("DP302", "include => every-call\nexten => s", "switch => IAX2/other\nexten => s"),
    ("DP302", "include => every-call\nexten => s", "eswitch => Realtime/x@y\nexten => s"),
    ("DP303", "NoOp(over)", "NoOp(${SHELL(id)})"),
    ("DP303", "NoOp(over)", "NoOp(${EVAL(${CCORE_RESULT})})"),
    ("DP303", "NoOp(over)", "NoOp(${CURL(http://localhost/)})"),
    ("DP303", "NoOp(over)", "Set(FILE(/tmp/x)=y)"),
    ("DP303", "NoOp(over)", "NoOp(${ODBC_ORDERS(1)})"),
    ("DP303", "NoOp(over)", "NoOp(${REALTIME(queues,name,x)})"),
    ("DP304", "NoOp(over)", "Set(DB(Queue/PersistentMembers/service)=x)"),
    ("DP304", "NoOp(over)", "Set(X=${DB_DELETE(registrar/contact)})"),
    ("DP305", "NoOp(over)", "MixMonitor(x.wav,b,touch /tmp/x)"),
    ("DP306", "Goto(order,s,1)", "Goto(${CCORE_RESULT},s,1)"),
    ("DP307", ANSWER, "Record(/etc/passwd)"),
    ("DP307", ANSWER, "Record(/srv/ccore/recorded/x.alaw)"),
    ("DP401", AGI, "AGI(${CCORE_AGI}/one_dial_order,${EXTEN})"),
    ("DP401", AGI, "AGI(${CCORE_AGI}/one_dial_order,${REST})"),
    ("DP401", "NoOp(over)", "NoOp(${CALLERID(name)})"),
    ("DP401", ANSWER, "Dial(Local/${EXTEN}@order)"),
    ("DP401", QUEUE, "Queue(service,,${CALLERID(num)},,120)"),
    ("DP401", "NoOp(over)", "MixMonitor(${CALLERID(num)}.wav)"),
    ("DP401", "Goto(order,s,1)", "Goto(order,${EXTEN},1)"),
    ("DP401", "NoOp(over)", "ExecIf($[1]?UserEvent(Call,From: ${CALLERID(all)}))"),
    ("DP402", "]?tell)", ' & "${CALLERID(name)}" = "admin"]?tell)'),
    ("DP402", "]?tell)", " & ${EXTEN:0:5} = 10086]?tell)"),
    ("DP403", "Set(DIALLED=${RAW})", "Set(DIALLED=${FILTER(0-9,${CALLERID(num)})})"),
    ("DP403", "${FIELDQTY(REST,x)}?refused", '${REGEX("^[0-9]+$" ${RAW})}?refused'),
    ("DP404", "NoOp(over)", "Set(DB(ccore/last)=${CALLERID(num)})"),
    ("DP404", "NoOp(over)", "Set(CDR(userfield)=${PJSIP_HEADER(read,User-Agent)})"),
    ("DP404", "NoOp(over)", "Set(${CCORE_RESULT}=${EXTEN})"),
    ("DP405", "exten => _10086XXXXX,1", "exten => _10086.,1"),
    ("DP405", "exten => _10086XXXXX,1", "exten => _X.,1"),
    ("DP405", "exten => _10086XXXXX,1", "exten => _10086XXXXX!,1"),
    ("DP406", "exten => 10086,1", "exten => s,1"),
    ("DP406", "exten => 10086,1", "exten => T,1"),
    ("DP407", "Goto(hotline,s,1)", "Queue(service,,,,120)\n same => n,Goto(hotline,s,1)"),
    ("DP407", "Goto(hotline,s,1)", "GotoIf(1?hotline,s,1:order,s,1)"),
    ("DP501", ANSWER, "Dial(PJSIP/13800138000@trunk-local)"),
    ("DP501", ANSWER, "Dial(PJSIP/trunk-local)"),
    ("DP501", ANSWER, "Dial(DAHDI/g1/13800138000)"),
    ("DP501", ANSWER, "Dial(PJSIP/agent1&PJSIP/trunk-local)"),
    ("DP501", ANSWER, "Dial(PJSIP/${CCORE_RESULT})"),
    ("DP502", ANSWER, "Dial(PJSIP/agent1,30,T)"),
    ("DP502", QUEUE, "Queue(service,T,,,120)"),
    ("DP503", ANSWER, "Dial(PJSIP/agent1,30,G(order^s^1))"),
    ("DP606", AGI, "AGI(${CCORE_AGI}/two_dial_order,${DIALLED})"),
    ("DP606", AGI, "AGI(agi://198.51.100.1/one_dial_order,${DIALLED})"),
    ("DP606", AGI, "AGI(/tmp/x.sh)"),
    ("DP609", " same => n(refused),Hangup()\n same => n(tell)", " same => n(tell),NoOp()\n same => n(refused)"),
    ("DP607", "]?tell)", ' & "${AGISTATUS}" = "SUCCESS"]?tell)'),
    ("DP201", "[order]", "[ccore-transfers]\n[order]"),
    ("DP610", WELCOME, "Playback(${CCORE_FIRST})"),
    ("DP610", QUEUE, "Queue(${CCORE_LINE},,,,120)"),
    ("DP611", QUEUE, "Set(CCORE_QUEUE=nobody)"),
    ("DP610", "Goto(order,s,1)", "Goto(ccore-transfers,${CCORE_TO},1)"),
    ("DP218", "Goto(order,s,1)", "Goto(ccore-transfers,police,1)"),
    ("DP611", ANSWER, "Set(CCORE_TO=police)"),
    ("DP611", ANSWER, "Read(CCORE_TO,ccore/hotline-welcome)"),
    ("DP701", WELCOME, "Playback(ccore/hotline-welcom)"),
    ("DP701", "ccore/order-${CCORE_RESULT}", "ccore/oder-${CCORE_RESULT}"),
    ("DP701", WELCOME, "Playback(ccore/hotline-welcome&ccore/x)"),
    ("DP702", WELCOME, "Playback(demo-congrats)"),
    ("DP703", WELCOME, "Wait(10)"),
    ("DP704", QUEUE, "Queue(servise,,,,120)"),
    ("DP705", QUEUE, "Queue(service)"),
]


@pytest.mark.parametrize(("code", "old", "new"), ON_ITS_LINE)
def test_a_rule_refuses_what_it_is_for_on_its_line(code: str, old: str, new: str) -> None:
    assert SOUND.count(old) >= 1
    broken = SOUND.replace(old, new, 1)
    assert (code, line_of(SOUND, old) + (old.count("\n", 0, changed(old, new)))) in faults(broken)


def changed(old: str, new: str) -> int:
    """Where ``new`` begins to differ."""
    return next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)


# What an AGI step must not be without; the fault stands on the AGI's own line.
@pytest.mark.parametrize(
    ("code", "line", "instead"),
    [
        ("DP601", " same => n,Set(AGIEXITONHANGUP=yes)", ""),
        ("DP601", "Set(AGIEXITONHANGUP=yes)", "Set(AGIEXITONHANGUP=no)"),
        ("DP602", " same => n,Set(TIMEOUT(absolute)=2)", ""),
        ("DP602", "Set(TIMEOUT(absolute)=2)", "Set(TIMEOUT(absolute)=0)"),
        ("DP602", "Set(TIMEOUT(absolute)=2)", "Set(TIMEOUT(absolute)=60)"),
        ("DP602", "Set(TIMEOUT(absolute)=2)", "Set(TIMEOUT(absolute)=${PATIENCE})"),
        ("DP602", "n,Set(TIMEOUT(absolute)=2)\n same => n,AGI", "n,Set(TIMEOUT(absolute)=2)\n same => n(ask),AGI"),
        ("DP603", " same => n,Set(CCORE_RESULT=)", ""),
        ("DP604", " same => n,Set(TIMEOUT(absolute)=0)", ""),
        ("DP605", '$["${CCORE_RESULT}" = "placed"]', '$["${OTHER}" = "placed"]'),
        ("DP608", '"${CCORE_RESULT}" = "placed"', '"${CCORE_RESULT}" = "replaced"'),
    ],
)
def test_an_agi_stands_in_its_frame(code: str, line: str, instead: str) -> None:
    broken = SOUND.replace(line, instead, 1)
    assert broken != SOUND
    assert code in {found for found, at in faults(broken) if at == line_of(broken, "AGI(")}


def test_patience_may_be_a_variable_that_is_only_set_to_seconds() -> None:
    by_variable = SOUND.replace("absolute)=2)", "absolute)=${PATIENCE})").replace("Answer()", "Set(PATIENCE=1)")
    assert faults(by_variable) == []
    assert ("DP602", 21) in faults(by_variable.replace("PATIENCE=1", "PATIENCE=100"))


def test_the_trunks_context_must_be_there() -> None:
    assert ("DP222", 0) in faults(SOUND.replace("[from-trunk]", "[form-trunk]"))


@pytest.mark.parametrize("text", ["", "; all of it put aside\n", "\n\n"])
def test_a_file_that_holds_nothing_is_told(text: str) -> None:
    assert [fault.code for fault in lint({FILE: SOUND, Path("extensions.d/z.conf"): text}, AROUND)] == ["DP216"]


def test_tolls_are_sought_through_gosub_include_and_local_channels() -> None:
    out = "\n[out]\ninclude => every-call\nexten => x,1,Dial(PJSIP/1@trunk-local)\n same => n,Hangup()\n"
    assert faults(SOUND + out) == [], "no caller from a trunk gets there"
    for way in ("Goto(out,x,1)", "Gosub(out,x,1)", "Dial(Local/x@out)", "GotoIf($[1]?out,x,1)"):
        assert "DP501" in {code for code, _ in faults(SOUND.replace("Answer()", way) + out)}, way
    include = SOUND.replace("include => every-call", "include => every-call\ninclude => out", 1) + out
    assert "DP501" in {code for code, _ in faults(include)}


@pytest.mark.parametrize(
    ("proof", "stained"),
    [
        ([], True),
        (["Set(REST=${REPLACE(RAW,0123456789)})", "GotoIf(${FIELDQTY(REST,x)}?out)"], False),
        (["Set(REST=${REPLACE(OTHER,0123456789)})", "GotoIf(${FIELDQTY(REST,x)}?out)"], True),
        (["Set(REST=${REPLACE(RAW,0123456789)})", "GotoIf(${FIELDQTY(OTHER,x)}?out)"], True),
        (["Set(REST=${REPLACE(RAW,0123456789&)})", "GotoIf(${FIELDQTY(REST,x)}?out)"], True),
        (["Set(REST=${REPLACE(RAW,0123456789)})", "GotoIf(${FIELDQTY(REST,x)}?out:use)"], True),
        (["Set(REST=${REPLACE(RAW,0123456789)})", "NoOp()", "GotoIf(${FIELDQTY(REST,x)}?out)"], True),
        (["Set(REST=${REPLACE(RAW,0)})", "GotoIf(${FIELDQTY(REST,x)}?out)", "Set(RAW=${CALLERID(num)})"], True),
        (["Set(REST=${REPLACE(RAW,0)})", "GotoIf(${FIELDQTY(REST,x)}?out)", "Gosub(caller,s,1)"], True),
    ],
)
@pytest.mark.parametrize("label", ["", "(use)"])
def test_a_variable_is_proved_by_the_two_lines_and_nothing_less(proof: list[str], stained: bool, label: str) -> None:
    steps = ["Set(RAW=${CALLERID(num)})", *proof]
    lines = [f"exten => s,{number},{step}" for number, step in enumerate(steps, 1)]
    lines += [f" same => n{label},Set(USED=${{RAW}})", " same => n(out),Hangup()"]
    dialplan = read_dialplan({FILE: "\n".join(["[x]", *lines])})
    assert ("USED" in stained_variables(dialplan)) == (stained or bool(label)), "a label lets calls in past the proof"


def test_comments_of_every_kind_are_no_text() -> None:
    text = "[a] ; one\n;-- two\nexten => x,1,NoOp()\n--; exten => y,1,Say(\\;) ;--- three\n"
    unread: list[Fault] = []
    section, setting = confread.read(FILE, text, unread)
    assert (section.line, setting.line, unread) == (1, 4, [])
    assert isinstance(setting, Setting)
    assert setting.value == "y,1,Say(\\;)"


@pytest.mark.parametrize(
    ("extension", "number", "met"),
    [
        ("_10086XXXXX", "1008610001", True),
        ("_10086XXXXX", "100861000", False),
        ("_10086XXXXX", "10086100A1", False),
        ("_[2-8]ZN", "212", True),
        ("_[2-8]ZN", "112", False),
        ("_1.", "1", False),
        ("_1!", "1", True),
        ("10086", "10086", True),
    ],
)
def test_patterns_match_as_asterisk_matches_them(extension: str, number: str, met: bool) -> None:
    assert matches(extension, number) is met


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("_10086XXXXX", "_1008610XXX", True),
        ("_10086XXXXX", "_10087XXXXX", False),
        ("_10086XXXXX", "_10086XXXX", False),
        ("_10086.", "_10086XXXX", True),
        ("_10086.", "_100", False),
        ("_10086.", "_10086", False),
        ("_10086!", "_10086", True),
        ("_1!", "_10086XXXX", True),
        ("_[2-5]X", "_[6-8]X", False),
        ("_[2-5]X", "_[58]9", True),
        ("_ZX", "_0X", False),
        ("_NX", "_1X", False),
    ],
)
def test_patterns_that_share_a_number(first: str, second: str, shared: bool) -> None:
    assert share_a_number(first, second) is share_a_number(second, first) is shared


def test_the_readme_explains_every_code() -> None:
    code = Path(confread.__file__).parents[1]
    files = [*code.glob("check*.py"), *code.glob("pbx/*.py"), *code.glob("ivr/**/*.py"), *code.glob("prompts/*.py")]
    files += [*code.glob("centre/*.py"), code / "quality/scorecard.py"]
    sources = [path.read_text(encoding="utf-8") for path in files]
    codes = set(
        re.findall(
            r'"((?:DP|NP|IV|QU|RE|AL|CA|MS)\d{3}|PROMPT|NUMBER|MENU|QUEUE|ALERT|SCORECARD|CAMPAIGN|MESSAGE)"',
            "".join(sources),
        )
    )
    readme = (shipped("dialplan") / "README.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([A-Z0-9]+)` \|", readme, re.MULTILINE))
    assert codes <= explained
    assert explained <= codes | {"NUMBER", "CONFIG", "SECRET"}


def test_the_vocabulary_is_of_modules_that_are_loaded() -> None:
    template = (shipped("asterisk-docker") / "templates" / "modules.conf.j2").read_text(encoding="utf-8")
    loaded = set(re.findall(r"^load = (\w+)\.so$", template, re.MULTILINE))
    assert {*APPLICATIONS, *FUNCTIONS} - {"core"} <= loaded
    assert not {*known(APPLICATIONS)} & {*FORBIDDEN_APPLICATIONS}
    assert not {*known(FUNCTIONS)} & {*FORBIDDEN_FUNCTIONS}
