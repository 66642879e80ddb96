"""The shipped dialplan on a real Asterisk, called with real SIP: what callers hear, whatever they send.

ccore is a scripted FastAGI server here, so that it can hang, die and answer anything; prompts are told from the RTP.
"""

import contextlib
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore.nodes import SipTrunk
from ccore.ordering.model import Outcome
from ccore.pbx.node import AsteriskNode
from ccore.pbx.vocabulary import APPLICATIONS, FUNCTIONS, known
from ccore.shipped import shipped
from tests.support.asterisk import NODE, node_config, running, until_no_channels
from tests.support.ear import Ear, listening
from tests.support.prompts import short_sounds
from tests.support.scripted_agi import Does, ScriptedAgi, scripted_agi
from tests.support.sip import Call, place
from tests.support.waiting import until

CALLER = "13812345678"
CODE = "1008610001"

# From INVITE to the first prompt: promise P4 of reliability.md, and what a busy test machine may add.
PATIENCE_MS = 3000
SLACK_MS = 1500


@dataclass(slots=True)
class Switch:
    """A running Asterisk with the shipped dialplan, ccore's stand-in beside it, and an ear for one call at a time."""

    node: AsteriskNode
    sip_port: int
    ccore: ScriptedAgi
    ear: Ear

    async def call(self, caller: str = CALLER, callee: str = CODE, **options: object) -> tuple[Call, list[str]]:
        """Place one call; what came of it, and the prompts heard."""
        [placed] = await place(self.sip_port, [(caller, callee, "")], media_port=self.ear.port, **options)  # type: ignore[arg-type]
        return placed, self.ear.hear(short_sounds())

    def spooled(self) -> list[dict[str, object]]:
        """The orders written down on the node."""
        files = sorted((self.node.directory / "spool/orders/new").glob("*"))
        return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]

    def forgive(self, *words: str) -> None:
        """Take lines with these words out of the node's log: what is left at the end is a fault."""
        log = self.node.directory / "log/messages"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        log.write_text("".join(line for line in lines if not any(word in line for word in words)), encoding="utf-8")


@asynccontextmanager
async def switch(directory: Path, dialplan: Path | str | None = None, channels: int = 1000) -> AsyncIterator[Switch]:
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=channels)
    config = node_config(directory, dialplan, trunks={"local": trunk})
    async with listening() as ear, scripted_agi(config.agi.port) as ccore, running(config) as node:
        yield Switch(node, config.nodes[NODE].sip_port, ccore, ear)


@pytest.fixture
async def phone(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Switch]:
    async with switch(tmp_path) as running_switch:
        yield running_switch


async def test_each_answer_of_ccore_is_told_with_its_own_prompt(phone: Switch) -> None:
    told = [outcome for outcome in Outcome if outcome is not Outcome.CONFIRM_KEY]  # which asks: test_order_keys.py
    for outcome in told:
        phone.ccore.result = outcome
        call, heard = await phone.call()
        assert heard == [f"order-{outcome}"]
        assert (call.code, call.ended_by) == (200, "callee")
        assert call.rang_ms is not None, "the caller hears ringing while ccore is asked"
    assert phone.ccore.arguments() == [[CODE, CALLER, NODE, "local"]] * len(told)
    assert phone.spooled() == []


async def test_a_hotlines_caller_whom_ccore_does_not_answer_gets_people(phone: Switch) -> None:
    for phone.ccore.does in Does:  # an order's outcome is no answer in a menu
        call, heard = await phone.call(callee="1001012")
        moment = [] if phone.ccore.does is Does.HANG else ["one-moment"]  # and it is asked once more
        assert (call.code, call.ended_by, heard) == (200, "callee", [*moment, "system-busy", "agents-busy"])
        assert call.answered_ms is not None
        assert call.answered_ms < PATIENCE_MS + SLACK_MS
    assert phone.ccore.arguments() == [["begun", "1001012", CALLER, NODE, "local"]] * (2 * len(Does) - 1)


async def test_what_ccore_says_beyond_its_prompts_is_done_too(phone: Switch) -> None:
    phone.ccore.result = "refuse"  # not for calls of this trunk
    call, heard = await phone.call(callee="10086")
    assert (call.code, heard) == (404, [])
    phone.ccore.result = "say"  # nothing, for ever
    asked = len(phone.ccore.asked)
    call, _ = await phone.call(callee="10086", patience_ms=60_000, dead_after_s=60)
    assert (call.code, call.ended_by, len(phone.ccore.asked) - asked) == (200, "callee", 500)
    phone.forgive("Exceptionally long queue length")  # nobody reads the channel in 500 rounds without a pause


@pytest.mark.parametrize("does", [Does.HANG, Does.CLOSE, Does.RESET, Does.ANSWER])
async def test_without_ccore_the_order_is_kept_and_the_caller_is_told(phone: Switch, does: Does) -> None:
    phone.ccore.does, phone.ccore.result = does, "unavailable"
    call, heard = await phone.call()
    assert (call.code, call.ended_by, heard) == (200, "callee", ["order-received"])
    assert call.answered_ms is not None
    assert call.answered_ms < PATIENCE_MS + SLACK_MS
    [order] = phone.spooled()
    assert (order["dialled"], order["caller"]) == (CODE, CALLER)
    [lines] = phone.ccore.asked
    [uniqueid] = [line.removeprefix("agi_uniqueid: ") for line in lines if line.startswith("agi_uniqueid: ")]
    assert order["call_key"] == f"{NODE}!{uniqueid}", "the same key as ccore would have used: one order, not two"


async def test_an_answer_that_ccore_cannot_give_is_no_answer(phone: Switch) -> None:
    for strange in ("", "PLACED", "placed\\nx", "order-placed", "placed|x", ".*"):
        phone.ccore.result = strange
        _, heard = await phone.call()
        assert heard == ["order-received"], strange


async def test_with_nobody_listening_the_order_is_kept(asterisk_root: Path, tmp_path: Path) -> None:
    config = node_config(tmp_path)
    async with listening() as ear, running(config) as node:
        phone = Switch(node, config.nodes[NODE].sip_port, ScriptedAgi(), ear)
        call, heard = await phone.call()
        phone.forgive("Connection refused", "Couldn't connect to any host")
        assert (heard, len(phone.spooled())) == (["order-received"], 1)
        assert call.answered_ms is not None
        assert call.answered_ms < PATIENCE_MS + SLACK_MS


@pytest.mark.parametrize(("script", "patience_ms"), [("#!/bin/sh\nexit 1\n", 0), ("#!/bin/sh\nsleep 30\n", 1000)])
async def test_without_ccore_and_disk_people_take_over(phone: Switch, script: str, patience_ms: int) -> None:
    (phone.node.directory / "agi-bin/order_fallback.py").write_text(script, encoding="utf-8")
    phone.ccore.does = Does.HANG
    call, heard = await phone.call()
    phone.forgive("Unable to join queue", "order_fallback.py")
    assert (call.code, heard) == (200, ["system-busy", "agents-busy"])
    assert call.answered_ms is not None
    assert call.answered_ms < 2000 + patience_ms + SLACK_MS


@pytest.mark.parametrize(
    ("caller", "prompt"), [("anonymous", "order-caller-withheld"), ("1%0A38", "order-caller-not-allowed")]
)
async def test_without_ccore_nothing_is_promised_to_a_caller_nobody_could_tell(
    phone: Switch, caller: str, prompt: str
) -> None:
    phone.ccore.does = Does.CLOSE
    _, heard = await phone.call(caller)
    assert heard == [prompt]
    assert phone.spooled() == []


async def test_callers_who_hang_up_at_any_moment_leave_nothing_behind(phone: Switch) -> None:
    for does in (Does.HANG, Does.ANSWER):
        phone.ccore.does = does
        for patience_ms in (30, 300, 900):
            await place(phone.sip_port, [(CALLER, CODE, "")] * 5, rate=50, hold_ms=patience_ms)
    phone.forgive("Unable to join queue")
    # `running` waits until no channel is left, and fails if one is.


async def test_no_more_calls_than_the_trunk_has_channels(asterisk_root: Path, tmp_path: Path) -> None:
    async with switch(tmp_path, channels=2) as phone:
        phone.ccore.does = Does.HANG
        calls = await place(phone.sip_port, [(CALLER, CODE, "")] * 3 + [(CALLER, "10086", "")], rate=20)
        phone.forgive("Unable to join queue")
        assert sorted(call.code for call in calls) == [200, 200, 503, 503]
        phone.ccore.does = Does.ANSWER
        await until_no_channels(phone.node)
        call, heard = await phone.call()
        assert (call.code, heard) == (200, ["order-placed"]), "channels are given back"


LONGEST = "+" + "1" * 19
# (user part of From, display name, further header, what ccore is told of the caller); reliability.md section 8
CALLERS = [
    ("13812345678", "", "", "13812345678"),
    ("+8613812345678", "", "", "+8613812345678"),
    ("%2B8613812345678", "", "", "+8613812345678"),
    ("008613812345678", "", "", "008613812345678"),
    ("8613812345678", "", "", "8613812345678"),
    ("013812345678", "", "", "013812345678"),
    ("02088886666", "", "", "02088886666"),
    ("10086", "", "", "10086"),
    (LONGEST, "", "", LONGEST),
    ("anonymous", '"Anonymous" ', "", "withheld"),
    ("%00", "", "", "withheld"),
    ("1" * 200, "", "", "invalid"),
    ("1" * 21, "", "", "invalid"),
    ("12", "", "", "invalid"),
    ("+", "", "", "invalid"),
    ("1+3812345678", "", "", "invalid"),
    ("++13812345678", "", "", "invalid"),
    ("138%20", "", "", "invalid"),
    ("%20138", "", "", "invalid"),
    ("138%0Aagi_extension%3A%2010086999", "", "", "invalid"),
    ("1%0D%0A%0D%0AEvent%3A%20QueueMemberStatus%0D%0AQueue%3A%20s", "", "", "invalid"),
    ("13812345678%0A%0A", "", "", "invalid"),
    ("%0A%0A13812345678", "", "", "invalid"),
    ("1%29%3A0%3A1%28", "", "", "invalid"),
    ("%D9%A1%D9%A3%D9%A8", "", "", "invalid"),
    ("%EF%BC%91%EF%BC%93%EF%BC%98", "", "", "invalid"),
    ("%24%7BSHELL%28touch%20/srv/ccore/run/pwned%29%7D", "", "", "invalid"),
    ("%22%24%5B1%5D%7D%29", "", "", "invalid"),
    ("a,b,c", "", "", "invalid"),
    ("13812345678%26Local", "", "", "invalid"),
    ("13812345678", '"${SHELL(touch /srv/ccore/run/pwned)}" ', "", "13812345678"),
    ("13812345678", '"`touch /srv/ccore/run/pwned`" ', "", "13812345678"),
    ("13812345678", '"a\\"b = admin" ', "", "13812345678"),
    ("13812345678", '"<img src=x onerror=alert(1)>" ', "", "13812345678"),
    ("13812345678", '"=cmd|x!A1" ', "", "13812345678"),
    ("13812345678", '"客户张三 \U0001f600 \u202e" ', "", "13812345678"),
    ("13812345678", '"' + "x" * 3000 + '" ', "", "13812345678"),
    ("13812345678", "", "Diversion: <sip:13900000000@127.0.0.1>", "13812345678"),
    ("13812345678", "", "Diversion: <sip:+8613900000000@127.0.0.1>", "13812345678"),
    ("13812345678", "", "Diversion: <sip:123%0Aagi_callerid%3A%2019999999999@127.0.0.1>", "invalid"),
    ("13812345678", "", "Diversion: <sip:12a@127.0.0.1>", "invalid"),
    ("13812345678", "", "P-Asserted-Identity: <sip:19999999999@127.0.0.1>", "13812345678"),
    ("13812345678", "", "Remote-Party-ID: <sip:19999999999@127.0.0.1>", "13812345678"),
]  # fmt: skip


async def test_whatever_a_caller_sends_ccore_is_told_digits_or_a_word(phone: Switch) -> None:
    by_header: dict[str, list[int]] = {}
    for number, (_, _, header, _) in enumerate(CALLERS):
        by_header.setdefault(header, []).append(number)
    for header, numbers in by_header.items():
        rows = [(CALLERS[number][0], f"10086{number:05}", CALLERS[number][1]) for number in numbers]
        calls = await place(phone.sip_port, rows, rate=20, hold_ms=50, headers=[header] if header else [])
        assert [call.code for call in calls] == [200] * len(rows)
    phone.forgive("CallerID Name")
    told = {arguments[0]: arguments[1] for arguments in phone.ccore.arguments()}
    assert told == {f"10086{number:05}": expected for number, (_, _, _, expected) in enumerate(CALLERS)}
    assert_nothing_forged(phone.ccore)
    assert not (phone.node.directory / "run/pwned").exists()


def assert_nothing_forged(ccore: ScriptedAgi) -> None:
    for lines in ccore.asked:
        keys = [line.partition(": ")[0] for line in lines]
        assert len(set(keys)) == len(keys), "a header line twice"
        assert all(re.fullmatch(r"agi_[a-z0-9_]+", key) for key in keys), lines
        assert keys[0] == "agi_network"
        assert keys[-4:] == ["agi_arg_1", "agi_arg_2", "agi_arg_3", "agi_arg_4"]


async def test_a_name_in_no_encoding_does_no_harm(phone: Switch) -> None:
    names = [b"\xff\xfe\xe5\xae", b"; touch /srv/ccore/run/pwned", b"\x01\x02\t", b"x" * 10000]
    for number, name in enumerate(names):
        await invite_by_hand(phone, f"1008610{number:03}", b'"' + name + b'"')
    phone.forgive("CallerID Name")
    assert [arguments[:2] for arguments in phone.ccore.arguments()] == [
        [f"1008610{number:03}", CALLER] for number in range(len(phone.ccore.asked))
    ]
    assert len(phone.ccore.asked) >= 3, "one that is over the size of a packet may be dropped"
    assert_nothing_forged(phone.ccore)
    assert not (phone.node.directory / "run/pwned").exists()


async def invite_by_hand(phone: Switch, callee: str, name: bytes) -> None:
    """sipp sends text only: this caller sends any bytes, and then nothing more."""
    sdp = (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {phone.ear.port} RTP/AVP 8\r\n"
    )
    head = (
        f"INVITE sip:{callee}@127.0.0.1:{phone.sip_port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK-{callee}\r\nMax-Forwards: 70\r\nFrom: "
    )
    tail = (
        f" <sip:{CALLER}@127.0.0.1>;tag={callee}\r\nTo: <sip:{callee}@127.0.0.1>\r\nCall-ID: by-hand-{callee}\r\n"
        f"CSeq: 1 INVITE\r\nContact: <sip:{CALLER}@127.0.0.1:9>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    )
    asked = len(phone.ccore.asked)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(head.encode() + name + tail.encode(), ("127.0.0.1", phone.sip_port))
        with contextlib.suppress(AssertionError):  # it may be dropped
            await until(lambda: len(phone.ccore.asked) > asked, within_s=5)


# None of these is in the number plan; the last ones are extensions of the dialplan that nobody may dial by name.
NOT_IN_THE_PLAN = [
    "100861000", "10086100011", "1001014", "112", "1008610ABC", "10086*1000", "10086%231000", "1008610001%20",
    "10086%EF%BC%9110001", "10086%0A10001", "1008610001%0A", "8200%26Local%2F400", "1008610001%3Bphone-context=x",
    "%24%7BSHELL(id)%7D", "%2B1008610001", "h", "i", "T", "s", "tell", "busy",
]  # fmt: skip


async def test_a_number_that_is_not_in_the_plan_is_refused_before_any_step_runs(phone: Switch) -> None:
    calls = await place(phone.sip_port, [(CALLER, callee, "") for callee in NOT_IN_THE_PLAN], rate=20)
    assert {call.callee: call.code for call in calls if call.code not in {404, 484}} == {}
    assert (phone.ccore.asked, phone.spooled(), phone.ear.hear(short_sounds())) == ([], [], [])


async def test_asterisk_matches_patterns_past_hyphens_and_the_dialplan_does_not(phone: Switch) -> None:
    call, heard = await phone.call(callee="10086-10-001")
    assert (call.code, heard) == (404, ["number-invalid"])
    assert phone.ccore.asked == []


async def test_the_vocabulary_is_what_this_asterisk_has(phone: Switch) -> None:
    applications = set(re.findall(r"^\s*(\w+): ", await phone.node.cli("core show applications"), re.MULTILINE))
    functions = set(re.findall(r"^(\w+)\s", await phone.node.cli("core show functions"), re.MULTILINE))
    assert set(known(APPLICATIONS)) - applications == set()
    assert set(known(FUNCTIONS)) - functions == set()


async def test_the_examples_of_the_guide_load(asterisk_root: Path, tmp_path: Path) -> None:
    source = shipped("dialplan")
    shutil.copytree(source, tmp_path / "plan")
    guide = (source / "README.md").read_text(encoding="utf-8")
    for file, text in re.findall(
        r"^```\w+ (extensions\.d/\S+|prompts/\S+)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL
    ):
        with (tmp_path / "plan" / file).open("a", encoding="utf-8") as opened:
            opened.write("\n" + text)
    async with switch(tmp_path, tmp_path / "plan") as phone:
        call, heard = await phone.call(callee="10050")
        phone.forgive("Unable to join queue")
        assert call.code == 200
        assert heard[-1:] == ["agents-busy"]
        assert await phone.node.cli("dialplan show 10086@from-trunk"), "what was there is there still"
        assert (await phone.call())[1] == ["order-placed"]


UNSAFE = """
[from-trunk]
exten => 1,1,GotoIf(${REGEX("^[0-9]+$" ${CALLERID(num)})}?fooled)
 same => n,Hangup(21)
 same => n(fooled),Hangup(17)
exten => 2,1,Set(DIGITS=${FILTER(0-9,${CALLERID(num)})})
 same => n,GotoIf($["${DIGITS}" = "1"]?fooled)
 same => n,Hangup(21)
 same => n(fooled),Hangup(17)
exten => 3,1,GotoIf($[${LEN(${CALLERID(num)})} = 1]?fooled)
 same => n,Hangup(21)
 same => n(fooled),Hangup(17)
exten => 4,1,Set(RAW=${CALLERID(num)})
 same => n,Set(REST=${REPLACE(RAW,0123456789)})
 same => n,GotoIf(${FIELDQTY(REST,x)}?refused)
 same => n,Hangup(17)
 same => n(refused),Hangup(21)
"""


async def test_why_data_from_outside_stands_in_no_function(asterisk_root: Path, tmp_path: Path) -> None:
    """The number ``1):0:1(`` ends the function it stands in and cuts its result; only names are safe (DP403)."""
    async with switch(tmp_path, UNSAFE) as phone:
        for callee in ("1", "2", "3"):
            assert (await phone.call("1%29%3A0%3A1%28", callee))[0].code == 486, "fooled"
        assert (await phone.call("1%29%3A0%3A1%28", "4"))[0].code == 403, "not fooled"
        assert (await phone.call(CALLER, "4"))[0].code == 486, "a good number passes"
