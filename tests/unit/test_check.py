"""`ccore check` finds every fault in every file at once, and no broken dialplan gets past it."""

import re
import shutil
from pathlib import Path

import pytest

from ccore.check import check
from ccore.ordering.model import Outcome
from ccore.prompts.catalogue import load_catalogue
from ccore.shipped import shipped
from tests.support.operators import working_copy


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with a configuration and a copy of the shipped dialplan, both sound."""
    return working_copy(tmp_path)


def found(site: Path) -> list[tuple[str, int, str]]:
    return [(fault.file.name, fault.line, fault.code) for fault in check(site / "ccore.toml")]


def change(site: Path, file: str, old: str, new: str) -> None:
    path = site / "dialplan" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the shipped file has changed: change this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_ships_is_sound(site: Path) -> None:
    assert check(None) == []
    assert found(site) == []


NUMBERS, ORDER, CALLER, MENU, SERVICE = (
    f"extensions.d/{name}.conf" for name in ("numbers", "order", "caller", "menu", "service")
)
QUEUE, PHONES = "extensions.d/queue.conf", "extensions.d/phones.conf"
PLAN, PROMPTS = "numbers.toml", "prompts/order.toml"

# Fifty slips of operators' hands, each of which would hurt callers (reliability.md F15): file, before, after, code.
BROKEN = [
    (NUMBERS, "[from-trunk]", "[from-trunks]", "DP222"),
    (NUMBERS, "[from-trunk]", "[from-trunk", "DP102"),
    (NUMBERS, "[from-trunk]", "[From-Trunk]", "DP222"),
    (NUMBERS, "[from-trunk]", "from-trunk", "DP101"),
    (NUMBERS, "[every-call]", "[everycall]", "DP217"),
    (NUMBERS, "include => every-call", "includes => every-call", "DP204"),
    (NUMBERS, "include => every-call", "", "DP221"),
    (NUMBERS, "[from-trunk]", "[from-trunk]\ninclude => every-call", "DP406"),
    (NUMBERS, "Goto(menu,s,1)", "Answer()\n same => n,Goto(menu,s,1)", "DP407"),
    (NUMBERS, "exten => _10086XXXXX,1", "exten => _10086XXXX,1", "NP201"),
    (NUMBERS, "exten => _10086XXXXX,1", "exten => _10086XXXXXX,1", "NP202"),
    (NUMBERS, "exten => _10086XXXXX,1", "exten => 10086XXXXX,1", "DP207"),
    (NUMBERS, "exten => _10086XXXXX,1", "exten => _10086.,1", "DP405"),
    (NUMBERS, "exten => _10086XXXXX,1", "exten => _X.,1", "DP405"),
    (NUMBERS, "exten => _10086XXXXX,1,Set", "exten => _10086XXXXX,2,Set", "DP210"),
    (NUMBERS, "Goto(menu,s,1)", "Goto(menus,s,1)", "DP218"),
    (NUMBERS, "Goto(menu,s,1)", "Goto(menu,s,1", "DP209"),
    (NUMBERS, "Goto(menu,s,1)", "Gotto(menu,s,1)", "DP213"),
    (NUMBERS, "exten => 10086,1,Set", "exten => 10086,one,Set", "DP208"),
    (NUMBERS, "exten => 10086,1,Set", "exten = 10086;1,Set", "DP205"),
    (NUMBERS, "exten => 10086,1,Set", "exten => 10086，1，Set", "DP104"),
    (NUMBERS, "exten => 10086,1,Set", "exten > 10086,1,Set", "DP101"),
    (NUMBERS, "exten => 10086,1,Set(RAW=${EXTEN})\n same => n,Goto(menu,s,1)\n", "", "NP201"),
    (NUMBERS, "exten => 10086,1,Set", "exten => 10000,1,Set", "NP202"),
    (NUMBERS, "exten => 1001012,1", "exten => 1001011,1", "DP211"),
    (NUMBERS, "exten => i,1,", "exten => I,1,", "DP221"),
    (NUMBERS, "Hangup(1)", "NoOp(1)", "DP220"),
    (NUMBERS, "[trunk]", ";-- [trunk]", "DP103"),
    (NUMBERS, "GROUP_COUNT(${CCORE_TRUNK}", "GROUPCOUNT(${CCORE_TRUNK}", "DP214"),
    (ORDER, " same => n,Goto(order-standby,s,1)\n", "", "DP609"),
    (ORDER, " same => n,Set(TIMEOUT(absolute)=2)\n", "", "DP602"),
    (ORDER, " same => n,Set(TIMEOUT(absolute)=0)\n", "", "DP604"),
    (ORDER, " same => n,Set(AGIEXITONHANGUP=yes)\n", "", "DP601"),
    (ORDER, "Set(CCORE_RESULT=)", "Set(CCORE_RESULT=placed)", "DP603"),
    (ORDER, "${CCORE_AGI}/one_dial_order", "${CCORE_AGI}/one-dial-order", "DP606"),
    (ORDER, "AGI(order_fallback.py", "AGI(order_fallback.sh", "DP606"),
    (ORDER, "|not-on-sale)$", ")$", "DP608"),
    (ORDER, '"]?tell)', ']?tell)', "DP212"),
    (ORDER, "n(tell)", "n(say)", "DP218"),
    (ORDER, "${CCORE_DIALLED}", "${EXTEN}", "DP401"),
    (ORDER, "Set(REST=${REPLACE(RAW,0123456789)})", "Set(REST=)", "DP401"),
    (ORDER, "ccore/order-received", "ccore/order-recieved", "DP701"),
    (ORDER, "Goto(s,write)", "Goto(s,4)", "DP219"),
    (ORDER, "exten => T,1,Goto(order-fallback,late,1)", "exten => T,1,NoOp()", "DP220"),
    (CALLER, "${REPLACE(RAW,+0123456789)}", "${FILTER(0-9,${RAW})}", "DP403"),
    (CALLER, "${FIELDQTY(CALLERID(num),x)} = 0", '"${CALLERID(num)}" = ""', "DP402"),
    (CALLER, "[caller]", "[caller](+)", "DP202"),
    (MENU, " same => n,Goto(menu-standby,s,1)\n", "", "DP609"),
    (MENU, "|hang-up)", ")", "DP608"),
    (MENU, "Playback(${CCORE_FIRST})", "Playback(${CCORE_STEP})", "DP702"),
    (MENU, "ccore-transfers,${CCORE_TO},1", "transfers,${CCORE_TO},1", "DP306"),
    (MENU, "Set(CCORE_EVENT=played)", "Set(CCORE_TO=police)", "DP611"),
    (MENU, "Record(/srv/ccore/recorded/", "Record(/tmp/", "DP307"),
    (SERVICE, "Set(CCORE_QUEUE=service)", "Set(CCORE_QUEUE=services)", "DP611"),
    (QUEUE, "Queue(${CCORE_LINE},", "Queue(services,", "DP704"),
    (QUEUE, "${CCORE_TURN_S},,queue-answered", ",,queue-answered", "DP705"),
    (QUEUE, ",,queue-answered)", ",,queue-answer)", "DP218"),
    (QUEUE, "ctb(queue-told^rings^1)", "cb(queue-told^ring^1)", "DP218"),
    (QUEUE, "ctb(queue-told^rings^1)", "cF(queue^s^1)", "DP503"),
    (QUEUE, " same => n,Goto(queue-standby,s,1)\n", "", "DP609"),
    (PHONES, "Dial(PJSIP/phone-${RAW},30)", "Dial(PJSIP/${RAW}@trunk-local,30)", "DP501"),
    (PHONES, "GotoIf(${FIELDQTY(REST,x)}?number-invalid,s,1)\n same => n,Dial", "NoOp()\n same => n,Dial", "DP501"),
    (PHONES, "exten => _[2-8]XX,1,", "exten => _X.,1,", "DP405"),
    (PHONES, "Playback(ccore/agent-${CCORE_RESULT})", "Playback(ccore/agents-${CCORE_RESULT})", "DP608"),
    (NUMBERS, "Goto(menu,s,1)", "Goto(phone-code,s,1)", "DP505"),
    (SERVICE, "Playback(ccore/system-busy)", "System(logger busy)", "DP301"),
    (SERVICE, "[service]", "#include \"agents.conf\"\n[service]", "DP105"),
    (QUEUE, "Playback(ccore/agents-busy)", "Dial(PJSIP/13800138000@trunk-local)", "DP501"),
]  # fmt: skip


def test_there_are_fifty() -> None:
    assert len(set(BROKEN)) >= 50


@pytest.mark.parametrize(("file", "old", "new", "code"), BROKEN)
def test_no_broken_dialplan_gets_past(site: Path, file: str, old: str, new: str, code: str) -> None:
    change(site, file, old, new)
    assert code in {code for _, _, code in found(site)}


@pytest.mark.parametrize("file", [NUMBERS, ORDER, CALLER, MENU, SERVICE, QUEUE, PHONES])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf[x]\n", b"[x]\x00\n", "; 客服\n[x]\n".encode("gbk")])
def test_an_emptied_or_garbled_file_does_not_get_past(site: Path, file: str, content: bytes) -> None:
    (site / "dialplan" / file).write_bytes(content)
    assert found(site) != []


@pytest.mark.parametrize("directory", ["dialplan", "dialplan/extensions.d"])
def test_a_missing_directory_is_told(site: Path, directory: str) -> None:
    shutil.rmtree(site / directory)
    assert ("extensions.d", 0, "DP222") in found(site)


@pytest.mark.parametrize("old", ["[order-placed]", "[order-received]"])
def test_a_prompt_that_orders_need_must_be_there(site: Path, old: str) -> None:
    change(site, PROMPTS, old, "[order-other]")
    assert ("prompts", 0, "PROMPT") in found(site)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("tone = [[660, 150], [0, 50], [880, 300]]", "tone = [[660, 800], [880, 800]]", 8),
        ("tone = [[660, 150], [0, 50], [880, 300]]", "tone = []", 8),
        ("tone = [[660, 150], [0, 50], [880, 300]]", "tone = [[9000, 150]]", 8),
        ('en = "Your order is placed.', 'En = "', 7),
    ],
)
def test_a_faulty_prompt_is_told_with_its_line(site: Path, old: str, new: str, line: int) -> None:
    change(site, PROMPTS, old, new)
    faults = found(site)
    assert ("order.toml", line, "PROMPT") in faults
    assert {code for _, _, code in faults} == {"PROMPT"}, "a prompt that is only faulty is not also missing"


def test_a_faulty_prompt_hides_no_other_that_is_missing(site: Path) -> None:
    change(site, PROMPTS, 'en = "Your order is placed.', 'En = "')
    change(site, QUEUE, "ccore/agents-busy", "ccore/agent-busy")
    change(site, "menus/main.toml", 'prompt = "account-menu"', 'prompt = "acount-menu"')
    assert {code for _, _, code in found(site)} == {"PROMPT", "DP701", "IV301"}


def test_a_prompt_in_two_files_is_told(site: Path) -> None:
    entry = '\n[system-busy]\nzh = "忙"\nen = "Busy."\ntone = [[400, 100]]\n'
    (site / "dialplan/prompts/zz.toml").write_text(entry, encoding="utf-8")
    assert found(site) == [("zz.toml", 2, "PROMPT")]


def test_every_outcome_has_a_sentence_in_both_languages() -> None:
    prompts = load_catalogue(shipped("dialplan"))
    for name in [f"order-{outcome}" for outcome in Outcome]:
        assert re.search(r"[\u4e00-\u9fff]{4}.*。$", prompts[name].zh)
        assert re.search(r"[A-Za-z ]{10}.*\.$", prompts[name].en)


def test_tones_of_prompts_can_be_told_apart() -> None:
    tones = [prompt.tone for prompt in load_catalogue(shipped("dialplan")).values() if prompt.tone]
    assert len(set(tones)) == len(tones)


def test_ambiguities_of_the_number_plan_stand_on_their_lines(site: Path) -> None:
    path = site / "dialplan" / PLAN
    lines = path.read_text(encoding="utf-8").count("\n")
    with path.open("a", encoding="utf-8") as file:
        file.write('[[hotline]]\nnumber = "1008610001"\nname_zh = "甲"\nname_en = "A"\n')
        file.write('[[hotline]]\nnumber = "1001"\nname_zh = "乙"\nname_en = "B"\n')
    assert ("numbers.toml", lines + 1, "NP101") in found(site)
    assert found(site).count(("numbers.toml", lines + 5, "NP102")) == 3, "one for each quick line"
    assert {code for _, _, code in found(site)} == {"NP101", "NP102", "NP201"}


def test_everything_is_told_at_once_and_sorted(site: Path) -> None:
    config = '[paths]\ndialplan = "dialplan"\n[agi]\nprot = 1\n'
    (site / "ccore.toml").write_text(config, encoding="utf-8")
    (site / "var").mkdir()
    (site / "var/secrets.toml").write_text("", encoding="utf-8")
    (site / "var/secrets.toml").chmod(0o644)
    change(site, PLAN, "product_width", "width")
    change(site, PROMPTS, "zh = ", "cn = ")
    change(site, ORDER, "Ringing()", "Ring()")
    faults = check(site / "ccore.toml")
    assert {fault.code for fault in faults} == {"CONFIG", "SECRET", "NUMBER", "PROMPT", "DP213"}
    assert faults == sorted(faults)
    assert all(fault.file.is_absolute() for fault in faults)


def test_a_configuration_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert [(fault.line, fault.code) for fault in check(tmp_path / "ccore.toml")] == [(0, "CONFIG")]


def test_secrets_are_checked_only_when_there_are_any(site: Path) -> None:
    (site / "var").mkdir()
    secrets = site / "var/secrets.toml"
    secrets.write_text('ami_events_secret = "weak"\nami_actions_secret = "0123456789abcdefg"\n', encoding="utf-8")
    secrets.chmod(0o600)
    assert found(site) == [("secrets.toml", 1, "SECRET")]


def test_a_look_up_needs_its_secret(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "var").mkdir()
    secrets = site / "var/secrets.toml"
    strong = 'ami_events_secret = "0123456789abcdefg"\nami_actions_secret = "0123456789abcdefg"\n'
    secrets.write_text(strong, encoding="utf-8")
    secrets.chmod(0o600)
    lookups = site / "dialplan/lookups.toml"
    before = lookups.read_text(encoding="utf-8")
    keyed = before.replace("[balance]", '[balance]\nheaders = { X-Key = "{billing_key} {crm_key}" }')
    lookups.write_text(keyed, encoding="utf-8")
    line = keyed.splitlines().index('headers = { X-Key = "{billing_key} {crm_key}" }') + 1
    assert found(site) == [("lookups.toml", line, "SECRET")] * 2
    secrets.write_text(strong + '[look_ups]\nbilling_key = "x"\n', encoding="utf-8")
    monkeypatch.setenv("CCORE_LOOK_UP_CRM_KEY", "y")
    assert found(site) == []
