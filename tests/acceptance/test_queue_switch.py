"""The switch under the queues: phones and their passwords, lines, rules, agents outside, and files published meanwhile.

What ccore decides is decided by the test here: it answers Asterisk's questions itself.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from ccore.agi.server import Server
from ccore.ami.actions import (
    Action,
    Atxfer,
    BlindTransfer,
    Bridge,
    CancelAtxfer,
    MixMonitorMute,
    PlayDTMF,
    QueueChangePriorityCaller,
    Redirect,
    headers,
)
from ccore.centre.phones import endpoint, password
from ccore.config import Agi, Config, Paths
from ccore.nodes import SipTrunk
from ccore.pbx.node import AsteriskNode
from tests.support.agents import Phone, phone, phones
from tests.support.asterisk import node_config, records, running, secrets_of, until_no_channels, until_told
from tests.support.decider import Decider
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.manager import manager
from tests.support.ports import free_port
from tests.support.prompts import short_dialplan
from tests.support.rawsip import call_once
from tests.support.waiting import until

NUMBER = "10086"
OUTSIDE = Decider().outside
FAR = "127.0.0.9"  # the address of the trunk by which agents outside are called
OUTSIDE_AGENT = "Local/7001@ccore-outside/n"
EXPECTED = (
    "Couldn't connect",  # ccore is away in one test
    "Connection refused",
    "failed to authenticate",  # a wrong password is tried
    "No matching endpoint",
)
ALPHA = """
wrap_up_s = 0
ring_s = 20
relax = [{ after_s = 3 }]
[comfort]
every_s = 15
position = true
[offer]
after_s = 600
prompt = "queue-offer"
keys = { 1 = "call-back", 2 = "voicemail" }
"""


@dataclass(frozen=True, slots=True)
class Switch:
    """The node, who decides for it, its phones 2001 to 2004 and the telephone behind the trunk."""

    config: Config
    node: AsteriskNode
    decider: Decider
    server: Server
    desk: Mapping[str, Phone]
    far: Phone
    sounds: Sounds

    @property
    def port(self) -> int:
        return self.config.nodes[self.node.name].sip_port

    def secret(self, number: str) -> str:
        found = secrets_of(self.config).phone_secret
        assert found is not None
        return password(found.get_secret_value(), number)

    def caller(self, last: int = 1, **options: Any) -> AbstractAsyncContextManager[Keypad]:
        """A caller of the hotline."""
        return dialled(self.port, NUMBER, f"1381234567{last}", sounds=self.sounds, **options)

    async def sign_in(self, number: str, penalty: int = 0, queue: str = "alpha", *, paused: bool = False) -> None:
        """Make a phone a member of a queue."""
        interface = f"PJSIP/{endpoint(number)}"
        said = await self.node.cli(f"queue add member {interface} to {queue} penalty {penalty} as 7{number[1:]}")
        assert "Added" in said, said
        if paused:
            await self.node.cli(f"queue pause member {interface} queue {queue} reason lunch")

    async def unpause(self, number: str) -> None:
        """Let calls come to it."""
        await self.node.cli(f"queue unpause member PJSIP/{endpoint(number)} queue alpha")

    async def clear(self) -> None:
        """Nobody is on the line or signed in, and everybody does as at the beginning."""
        await self.node.cli("channel request hangup all")
        for interface in (*(f"PJSIP/{endpoint(number)}" for number in self.desk), OUTSIDE_AGENT):
            for queue in ("alpha", "alpha-aged", "service"):
                await self.node.cli(f"queue remove member {interface} from {queue}")
        for each in self.desk.values():
            each.answers_after_s, each.talks_s = 0.2, None
        await until_no_channels(self.node)
        self.decider.asked.clear()
        self.decider.turn_s = 30
        self.decider.next_of = {"answered": {"CCORE_RESULT": "hang-up"}}

    def told(self) -> list[list[str]]:
        """The words of the CCORE_QUEUE events so far."""
        return [row[12].partition(",")[2].split(" ") for row in records(self.node, "cel") if row[1] == "CCORE_QUEUE"]


def operators(directory: Path) -> Path:
    """The dialplan with queues of this test's own."""
    shutil.copytree(short_dialplan(), directory)
    shutil.rmtree(directory / "queues")
    (directory / "queues").mkdir()
    (directory / "queues/alpha.toml").write_text(ALPHA, encoding="utf-8")
    (directory / "queues/service.toml").write_text("offer = false\nweight = 1\n", encoding="utf-8")
    (directory / "phones.toml").write_text('[[phones]]\nfirst = "2001"\nlast = "2004"\n', encoding="utf-8")
    (directory / "centre.toml").write_text('outside_trunk = "far"\n', encoding="utf-8")
    numbers = "".join(f'[n-{n}]\nzh = "{n}"\nen = "N"\ntone = [[{300 + 200 * n}, 400]]\n' for n in range(1, 4))
    (directory / "prompts/numbers.toml").write_text(numbers, encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
async def switch(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Switch]:
    """One node with phones for all tests of this file."""
    directory = tmp_path_factory.mktemp("switch")
    directory.chmod(0o755)
    async with phone(0, "far", host=FAR, register=False, sounds=Sounds({})) as far, started(directory, far) as built:
        yield built


@asynccontextmanager
async def started(directory: Path, far: Phone) -> AsyncIterator[Switch]:
    here = IPv4Network("127.0.0.1/32")
    trunks = {
        "local": SipTrunk(kind="sip", peers=[here], channels=1000),
        "far": SipTrunk(kind="sip", peers=[IPv4Network(FAR)], channels=1, port=far.port),
    }
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan"))
    config = node_config(directory, trunks=trunks, paths=paths, agi=Agi(port=free_port()))
    secret = secrets_of(config).phone_secret
    assert secret is not None
    decider = Decider()
    server = Server("127.0.0.1", config.agi.port, decider.routes, max_sessions=50, session_deadline_s=15)
    await server.start()
    async with running(config, expected=EXPECTED) as node:
        port = config.nodes[node.name].sip_port
        async with phones(port, secret.get_secret_value(), [str(number) for number in range(2001, 2005)]) as desk:
            sounds = Sounds(sounds_in(node.directory / "sounds/ccore"))
            yield Switch(config, node, decider, server, desk, far, sounds)
            await until_no_channels(node)
    await server.stop(0)


@pytest.fixture(autouse=True)
async def afresh(switch: Switch) -> AsyncIterator[None]:
    """What one test has left is not there for the next."""
    yield
    await switch.clear()


async def test_a_phone_registers_with_its_password_and_with_no_other(switch: Switch) -> None:
    async with phone(switch.port, endpoint("2003"), "not the password", register=False) as forger:
        assert await forger.register() == 401
    assert await switch.desk["2003"].register() == 200
    contacts = await switch.node.cli("pjsip show contacts")
    assert f"{endpoint('2003')}/sip:{endpoint('2003')}@127.0.0.1:{switch.desk['2003'].port} " in contacts


async def test_without_a_password_nobody_calls_as_a_phone_nor_as_a_stranger(switch: Switch) -> None:
    phones_name = endpoint("2001").encode()
    assert await call_once(switch.port, b"2002", phones_name, within_s=30) == 401
    assert await call_once(switch.port, b"2002", b"someone", source="127.0.0.77", within_s=30) == 401
    assert switch.desk["2002"].calls == []


async def test_a_phone_gets_its_codes_and_other_phones_and_no_way_out(switch: Switch) -> None:
    def dials(number: str) -> AbstractAsyncContextManager[Keypad]:
        user = endpoint("2001")
        return dialled(switch.port, number, user, sounds=switch.sounds, password=switch.secret("2001"))

    for number in (OUTSIDE, NUMBER, "h", "s"):
        async with dials(number) as refused:
            assert refused.code == 404, number
    async with dials("*41") as agent:
        await agent.until("zh/agent-ask-number", "agent-ask-number")
        await agent.key("7001#")
        await agent.until("zh/agent-signed-in", "agent-signed-in")
        await agent.until_over()
    assert [each for each in switch.decider.asked if each[0] == "agent"] == [
        ("agent", "41", "2001", "node1", ""),
        ("agent", "41", "2001", "node1", "7001"),
    ]
    async with dials("2002"):
        await switch.desk["2002"].until_answered()


async def test_a_caller_in_the_line_reaches_a_registered_phone_and_it_is_told_in_the_records(switch: Switch) -> None:
    await switch.sign_in("2001")
    async with switch.caller() as caller:
        call = await switch.desk["2001"].until_answered(count(switch, "2001") + 1)
        assert call.caller == "13812345671"
        await until(lambda: any(words[0] == "answered" for words in switch.told()[-1:]))
        switch.desk["2001"].hang_up()
        await caller.until_over()
    told = await told_lately(switch, 4)
    line = ["alpha", "alpha"]
    caller_id = told[2][-1]
    assert told == [
        ["entered", *line, "zh", "-", "0", "1"],
        ["rings", *line, "-", caller_id],
        ["answered", *line, "7001", caller_id],
        ["left", *line, "answered", "1"],
    ]


async def test_a_rule_lets_other_agents_serve_after_its_time_and_not_before(switch: Switch) -> None:
    await switch.sign_in("2001", penalty=10)
    async with switch.caller() as caller:
        call = await switch.desk["2001"].until_answered(count(switch, "2001") + 1)
        assert call.rang_at - caller.answered_at > 1.0  # of the 3 that the rule says: app_queue counts whole seconds
        caller.hang_up()


async def test_the_higher_priority_goes_first_also_when_it_came_later(switch: Switch) -> None:
    phone = switch.desk["2001"]
    phone.talks_s = 0.3
    before = len(phone.calls)
    await switch.sign_in("2001", paused=True)
    async with AsyncExitStack() as stack:
        for number, last in enumerate((1, 2, 9), 1):
            await stack.enter_async_context(switch.caller(last))
            await until(lambda number=number: waiting(switch, number))
        await switch.unpause("2001")
        await phone.until_answered(before + 3)
    assert [call.caller[-1] for call in phone.calls[before:]] == ["9", "1", "2"]


async def test_whom_nobody_answers_goes_back_to_the_menu(switch: Switch) -> None:
    switch.decider.turn_s = 1
    switch.decider.next_of["timed-out"] = {"CCORE_RESULT": "back"}
    await switch.sign_in("2001")
    switch.desk["2001"].answers_after_s = None
    async with switch.caller() as caller:
        await caller.until_over()
    assert switch.decider.asked[-1][:2] == ("menu", "missed")


async def test_where_nobody_works_nobody_waits(switch: Switch) -> None:
    switch.decider.next_of["empty"] = {"CCORE_RESULT": "say", "CCORE_FIRST": "ccore/agents-busy"}
    switch.decider.next_of["said"] = {"CCORE_RESULT": "hang-up"}
    async with switch.caller() as caller:
        await caller.until("zh/agents-busy", "agents-busy")
        await caller.until_over()


async def test_a_key_while_waiting_is_told_and_the_caller_waits_on(switch: Switch) -> None:
    await switch.sign_in("2001", paused=True)
    async with switch.caller() as caller:
        await until(lambda: waiting(switch, 1))
        await caller.key("2")
        await until(lambda: switch.decider.events()[-1] == "keyed")
        await until(lambda: waiting(switch, 1))
        assert switch.decider.asked[-1] == ("queue", "keyed", "alpha", "2")
    assert ["left", "alpha", "alpha", "key-2", "1"] in await told_lately(switch, 10)


async def test_a_waiting_caller_hears_the_place_in_line(switch: Switch) -> None:
    await switch.sign_in("2001", paused=True)
    async with switch.caller(1) as first:
        await until(lambda: waiting(switch, 1))
        async with switch.caller(2) as second:
            await second.until("zh/queue-place-is", within_s=60)
            await second.until("n-2")
            await second.until("zh/queue-place-in-line")
            await first.until("zh/queue-next", within_s=60)


async def test_an_agent_outside_takes_a_call_with_key_1_and_a_machine_that_answers_does_not(switch: Switch) -> None:
    said = await switch.node.cli(f"queue add member {OUTSIDE_AGENT} to alpha penalty 0 as 7001")
    assert "Added" in said, said
    switch.far.answers_after_s = 0.1
    before = count_of(switch.far)
    async with switch.caller() as caller:
        machine = await switch.far.until_answered(before + 1)
        assert machine.invite.startswith(f"INVITE sip:{OUTSIDE}@".encode())
        await asyncio.wait_for(machine.ended.wait(), 40)  # it has pressed nothing
        assert machine.ended_by == "them"
        assert not any(words[0] == "answered" for words in switch.told()[-2:])
        await switch.far.until_answered(before + 2, 40)
        assert switch.far.media is not None
        await switch.far.media.press("1", 120, 100)
        await until(lambda: switch.told()[-1][0] == "answered")
        assert not caller.is_over
    assert (await told_lately(switch, 1))[0][:4] == ["answered", "alpha", "alpha", "7001"]


async def test_a_queue_and_phones_are_published_while_callers_wait_and_nobody_is_lost(switch: Switch) -> None:
    plan = switch.config.dialplan
    await switch.sign_in("2001", paused=True)
    async with switch.caller() as caller:
        await until(lambda: waiting(switch, 1))
        (plan / "queues/alpha.toml").write_text("capacity = 7\n" + ALPHA, encoding="utf-8")
        (plan / "queues/fresh.toml").write_text("", encoding="utf-8")
        (plan / "phones.toml").write_text('[[phones]]\nfirst = "2001"\nlast = "2005"\n', encoding="utf-8")
        assert await switch.node.renew(await switch.node.put_sounds())
        shown = await switch.node.cli("queue show alpha")
        assert "alpha has 1 calls (max 7)" in shown
        assert "(paused:lunch" in shown
        assert "fresh has 0 calls" in await switch.node.cli("queue show")
        async with phone(switch.port, endpoint("2005"), switch.secret("2005")):
            assert endpoint("2001") in await switch.node.cli("pjsip show contacts")
        before = count(switch, "2001")
        await switch.unpause("2001")
        await switch.desk["2001"].until_answered(before + 1)
        assert not caller.is_over


async def test_callers_wait_in_the_line_and_are_answered_when_no_ccore_is_there(switch: Switch) -> None:
    for each in ("2001", "2002"):
        switch.desk[each].talks_s = 0.3
    await switch.sign_in("2001", paused=True)
    await switch.sign_in("2002", queue="service")
    await switch.sign_in("2003", queue="alpha-aged")
    switch.desk["2003"].answers_after_s = None
    async with switch.caller(1) as waiter, switch.caller(3) as aged:
        await until(lambda: waiting(switch, 1))
        await until(lambda: waiting(switch, 1, "alpha-aged"))
        await switch.server.stop(0)
        await aged.key("2")
        await until(lambda: ["left", "alpha-aged", "alpha", "key-2", "1"] in switch.told())
        await until(lambda: waiting(switch, 1, "alpha-aged"))
        aged.hang_up()
        before = {each: count(switch, each) for each in ("2001", "2002")}
        async with switch.caller(2) as comer:
            assert (await switch.desk["2002"].until_answered(before["2002"] + 1)).caller == "13812345672"
            await comer.until_over()
        await switch.unpause("2001")
        assert (await switch.desk["2001"].until_answered(before["2001"] + 1)).caller == "13812345671"
        await waiter.until_over()


NOBODY = "PJSIP/nobody-00000001"
VERBS: list[Action] = [
    Redirect(NOBODY, "queue", "s"),
    QueueChangePriorityCaller("alpha", NOBODY, 5),
    MixMonitorMute(NOBODY, state=True),
    PlayDTMF(NOBODY, "1"),
    BlindTransfer(NOBODY, "queue", "s"),
    Atxfer(NOBODY, "2001", "from-phones"),
    CancelAtxfer(NOBODY),
    Bridge(NOBODY, NOBODY),
]


async def test_the_account_that_acts_may_do_what_is_done_with_calls_and_begin_no_recording(switch: Switch) -> None:
    async with manager(switch.config, "ccore-actions") as session:
        for verb in VERBS:
            (_, name), *rest = headers(verb)
            said = await session.ask(name, *(f"{key}: {value}" for key, value in rest))
            assert "Error" in said, said  # there is no such channel
            assert "Permission denied" not in said, said
        assert "Permission denied" in await session.ask("MixMonitor", f"Channel: {NOBODY}", "File: x.wav")


async def waiting(switch: Switch, callers: int, line: str = "alpha") -> bool:
    """Whether so many callers are in the line."""
    return f"{line} has {callers} calls" in await switch.node.cli(f"queue show {line}")


def count(switch: Switch, number: str) -> int:
    """How many calls of that phone were answered so far."""
    return count_of(switch.desk[number])


def count_of(phone: Phone) -> int:
    """How many calls of this one."""
    return sum(bool(call.answered_at) for call in phone.calls)


async def told_lately(switch: Switch, words: int) -> list[list[str]]:
    """The last so many of the CCORE_QUEUE events, once all calls are over and told."""
    await until_told(switch.node)
    return switch.told()[-words:]
