"""A hotline's menus on a real Asterisk, walked by telephone: what callers hear, and what becomes of them in trouble."""

import asyncio
import itertools
import shutil
import signal
import socket
import wave
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from ccore.config import Agi, Paths
from ccore.ivr.recorded import milliseconds, read_name
from ccore.nodes import SipTrunk
from ccore.shipped import shipped
from tests.support.asterisk import NODE, complaints, until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.menus import for_every_number
from tests.support.pair import beside
from tests.support.ports import free_port
from tests.support.site import Site, site, subscribers
from tests.support.telephone import Telephone, telephone

HOTLINE = "10086"
CALLER = "13812345678"
PATIENCE_S, SLACK_S = 3.0, 1.5  # promise P4 of reliability.md, and what a busy test machine may add
EXPECTED = ("Connection refused", "Couldn't connect to any host")  # ccore is killed here
MENUS = """
[main]
do = "menu"
opening = "t-welcome"
prompt = "t-main"
timeout_s = 2
[main.keys]
1 = "account"
2 = "english"
3 = "message"
4 = "order"
5 = "office"
6 = "balance"
7 = "agents"
8 = "pin"
9 = "bye"

[account]
do = "ask"
prompt = "t-account"
into = "account"
most = 8
then = "repeat"

[pin]
do = "ask"
prompt = "t-pin"
into = "pin"
most = 8
secret = true
then = "main"

[repeat]
do = "say"
prompt = ["t-your-account", "{account}"]
then = "main"

[english]
do = "language"
language = "en"
then = "main"

[message]
do = "voicemail"
prompt = "t-record"
box = "service"
limit_s = 30
then = "bye"

[order]
do = "order"
access = "10086"
code = "10001"

[office]
do = "transfer"
to = "office"
prompt = "t-office"
wait_s = 5
then = "main"

[balance]
do = "look-up"
adapter = "balance"
ask = { number = "{caller}" }
then = "repeat"
missing = "main"
failed = "sorry"

[sorry]
do = "say"
prompt = "t-sorry"
then = "main"

[agents]
do = "queue"
prompt = "t-agents"
wait_s = 20
then = "main"
after = "asked"

[asked]
do = "survey"
name = "agents"
question = [{ name = "friendly", prompt = "t-friendly" }]
thanks = "t-bye"

[people]
do = "queue"

[bye]
do = "hang-up"
prompt = "t-bye"
"""
AGENTS = """
[agents]
include => every-call
exten => 1,1,Dial(PJSIP/02088886666@trunk-local,20)
 same => n,Hangup()
"""
PROMPTS = [
    f"t-{name}"
    for name in (
        "welcome",
        "main",
        "account",
        "pin",
        "your-account",
        "record",
        "office",
        "sorry",
        "agents",
        "bye",
        "friendly",
    )
]

DEFAULTS = ["key-invalid", "key-missing", "digits-invalid", "goodbye"]
VALUES = ["n-1", "n-1-dialled", "n-2", "n-3"]


def operators(directory: Path, system_port: int) -> Path:
    """The shipped dialplan with menus of this test's own; what they look up is asked at ``system_port``."""
    shutil.copytree(shipped("dialplan"), directory)
    for part in ("menus", "prompts", "sounds"):
        shutil.rmtree(directory / part, ignore_errors=True)
        (directory / part).mkdir()
    shutil.copy(shipped("dialplan") / "prompts/order.toml", directory / "prompts")
    (directory / "menus/test.toml").write_text(MENUS, encoding="utf-8")
    hotlines = for_every_number(directory, "people").replace("people =", "record = true\npeople =")
    (directory / "hotlines.toml").write_text(hotlines, encoding="utf-8")
    (directory / "extensions.d/agents.conf").write_text(AGENTS, encoding="utf-8")
    look_up = f"""[balance]
url = "http://127.0.0.1:{system_port}/balance?of={{number}}"
fields = {{ account = {{ path = "account", kind = "digits" }} }}
"""
    (directory / "lookups.toml").write_text(look_up, encoding="utf-8")
    (directory / "transfers.toml").write_text('[office]\nnumber = "02088886666"\ntrunk = "local"\n', encoding="utf-8")
    notes = itertools.combinations(range(500, 1800, 130), 2)
    prompts = "".join(
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, 150], [{high}, 150]]\n'
        for name, (low, high) in zip([*PROMPTS, *DEFAULTS, *VALUES], notes, strict=False)
    )
    (directory / "prompts/test.toml").write_text(prompts, encoding="utf-8")
    return directory


@dataclass(frozen=True, slots=True)
class Line:
    """A site with the hotline, what its callers can hear, and the telephone transfers lead to."""

    site: Site
    sounds: Sounds
    office: Telephone
    standby_port: int  # which Asterisk asks when ccore fails at once; nobody is there

    def call(self, number: str = HOTLINE, **options: Any) -> AbstractAsyncContextManager[Keypad]:
        """A caller of the hotline."""
        return dialled(self.site.sip_port, number, sounds=self.sounds, **options)

    @property
    def ccore(self) -> asyncio.subprocess.Process:
        """The daemon."""
        assert self.site.ccore is not None
        return self.site.ccore


@pytest.fixture(scope="module")
async def line(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory, standby_port = tmp_path_factory.mktemp("menus"), free_port()
    async with telephone() as office:
        with socket.create_server(("127.0.0.1", 0)) as system:  # takes connections and never says a word
            plan = operators(directory / "plan", system.getsockname()[1])
            trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000, port=office.port)
            agi = Agi(port=free_port(), standby=f"127.0.0.1:{standby_port}")
            paths = Paths(var=directory / "var", dialplan=plan)
            async with site(directory, paths=paths, trunks={"local": trunk}, agi=agi) as built:
                yield Line(built, Sounds(sounds_in(built.node.directory / "sounds/ccore")), office, standby_port)
                assert not (lines := complaints(built.node, EXPECTED)), "\n".join(lines)
                built.assert_log_is_clean()


@pytest.fixture(autouse=True)
async def nothing_left(line: Line) -> AsyncIterator[None]:
    """Whatever a caller does, no channel outlives the call."""
    yield
    await until_no_channels(line.site.node)


def names(phone: Keypad) -> list[str]:
    """What was heard."""
    return [heard.name for heard in phone.heard()]


async def test_keys_lead_through_the_menus_and_values_are_said(line: Line) -> None:
    async with line.call() as phone:
        await phone.key("1")  # into the opening, which no key interrupts
        await phone.until("t-main")
        await phone.key("1")
        await phone.until("t-account")
        await phone.key("123#")
        await phone.until("t-your-account")
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("#")  # again
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("29")
        await phone.until_over()
    heard = [each.name for each in phone.heard() if each.whole]
    assert heard == ["t-welcome", "t-your-account", "n-1-dialled", "n-2", "n-3", "t-bye"]
    assert names(phone).count("t-account") == 1


@pytest.mark.parametrize("keys", ["A", "D*"])
async def test_keys_that_mean_nothing_are_told_and_do_no_harm(line: Line, keys: str) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key(keys)
        await phone.until("key-invalid")
        await phone.until("t-main", after=phone.pressed[-1].up)


async def test_a_caller_goes_on_where_they_were_when_ccore_was_killed(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("1")
        await phone.until("t-account", whole=True)
        await line.site.signal_ccore(signal.SIGKILL)
        await line.site.start_ccore()
        await phone.key("321#")
        await phone.until("t-your-account")
        await phone.until("t-main", after=phone.pressed[-1].up)
    assert names(phone)[-5:] == ["t-your-account", "n-3", "n-2", "n-1-dialled", "t-main"]


async def test_without_ccore_the_caller_gets_people(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await line.site.signal_ccore(signal.SIGKILL)
        pressed = await phone.key("1")
        heard = await phone.until("system-busy")
        await phone.until_over()
        assert heard.at - pressed.up < 1
        assert names(phone)[-2:] == ["system-busy", "agents-busy"]
    async with line.call() as late:
        await late.until("system-busy")
    await line.site.start_ccore()


async def test_with_a_frozen_ccore_the_caller_gets_people_within_3_s(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        line.ccore.send_signal(signal.SIGSTOP)
        pressed = await phone.key("1")
        heard = await phone.until("system-busy")
        line.ccore.send_signal(signal.SIGCONT)
        assert heard.at - pressed.up < PATIENCE_S + SLACK_S
        await phone.until("agents-busy")


async def test_the_standby_goes_on_with_the_call(line: Line) -> None:
    second = line.site.directory / "second"
    second.mkdir()
    standby = beside(line.site, second, line.standby_port)
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("1")
        await phone.until("t-account", whole=True)
        await standby.start_ccore()
        await line.site.signal_ccore(signal.SIGKILL)
        await phone.key("123#")
        await phone.until("t-your-account")
        await phone.until("t-main", after=phone.pressed[-1].up)
    await standby.signal_ccore(signal.SIGKILL)
    await line.site.start_ccore()


async def test_a_system_that_hangs_is_spoken_for_within_2_s(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        pressed = await phone.key("6")
        heard = await phone.until("t-sorry")
        assert heard.at - pressed.up < 2
        await phone.until("t-main", after=heard.at)


async def test_a_queue_nobody_works_in_gives_the_caller_back(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("7")
        back = await phone.until("t-agents", whole=True)
        await phone.until("t-main", after=back.at)


async def test_an_agents_caller_is_recorded_and_asked_afterwards(line: Line) -> None:
    node, agent = line.site.node, "Local/1@agents/n"
    await node.cli(f"queue add member {agent} to service")
    try:
        async with line.call(talks=True) as phone:
            await phone.until("t-main")
            await phone.key("7")
            await asyncio.wait_for(line.office.answered.wait(), 15)
            await asyncio.sleep(2)
            line.office.hang_up()
            await phone.until("t-friendly")
            await phone.key("4")
            await phone.until_over()
    finally:
        await node.cli(f"queue remove member {agent} from service")
        line.office.answered.clear()
    await line.site.until("SELECT score FROM survey_answers WHERE question = 'friendly'", 4)
    [recording] = (node.directory / "spool/monitor").glob("*.wav")
    with wave.open(str(recording)) as sound:
        assert 1 < sound.getnframes() / sound.getframerate() < 4


@pytest.mark.parametrize("ending", ["key", "hang-up"])
async def test_what_a_caller_leaves_is_kept(line: Line, ending: str) -> None:
    [caller] = subscribers(1, start=len(ending))
    async with line.call(caller=caller) as phone:
        await phone.until("t-main")
        await phone.key("3")
        await phone.until("t-record", whole=True)
        await asyncio.sleep(1)
        if ending == "key":
            await phone.key("#")
            await phone.until("t-bye")
    await until_no_channels(line.site.node)
    [file] = (line.site.node.directory / "recorded").glob(f"*_{caller}_*")
    recording = read_name(NODE, file.name)
    assert recording is not None
    assert recording.box == "service"
    assert milliseconds(file.read_bytes()) > 100  # of the second; the beep takes some of it


async def test_a_secret_is_nowhere_to_be_found(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("8")
        await phone.until("t-pin", whole=True)
        await phone.key("73914682#")
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("9")
        await phone.until_over()
    await until_no_channels(line.site.node)
    written = [line.site.log, *(path for path in (line.site.node.directory / "log").rglob("*") if path.is_file())]
    assert [path for path in written if b"73914682" in path.read_bytes()] == []
    assert await line.site.value("SELECT count(*) FROM cel WHERE to_jsonb(cel)::text LIKE '%73914682%'") == 0


async def test_an_order_by_menu_is_placed_and_the_employees(line: Line) -> None:
    [caller] = subscribers(1, start=77)
    async with line.call(caller=caller) as phone:
        await phone.until("t-main")
        await phone.key("4")
        await phone.until_over()
        assert names(phone)[-1] == "order-placed"
    query = "SELECT dialled, number FROM orders JOIN employees USING (employee_id) WHERE subscriber = $1"
    [order] = await line.site.rows(query, f"+86{caller}")
    assert tuple(order) == ("1008610001", "E001")


async def test_a_transfer_rings_the_number_of_the_list_and_comes_back(line: Line) -> None:
    line.office.status = 486
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("5")
        tried = await phone.until("t-office", whole=True)
        await phone.until("t-main", after=tried.at)
        line.office.status = 200
        assert not line.office.answered.is_set()
        await phone.key("5")
        await asyncio.wait_for(line.office.answered.wait(), 5)
        line.office.hang_up()
        await phone.until_over()
    assert line.office.called == "sip:02088886666@127.0.0.1"


async def test_whoever_hangs_up_anywhere_leaves_nothing_behind(line: Line) -> None:
    line.office.status = None
    for keys, where in (("", "t-welcome"), ("", "t-main"), ("1", "t-account"), ("3", "t-record"), ("5", "t-office")):
        async with line.call() as phone:
            if keys:
                await phone.until("t-main")
                await phone.key(keys)
            await phone.until(where)
    async with line.call() as phone:  # while ccore is asked
        await phone.until("t-main")
        line.ccore.send_signal(signal.SIGSTOP)
        await phone.key("1")
    line.ccore.send_signal(signal.SIGCONT)
