"""Callers who wait on a real site: who comes in, what they choose, where they go, and who is called back, once."""

import asyncio
import itertools
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccore.centre.phones import endpoint, password
from ccore.config import Database as Settings
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.prompts.catalogue import load_catalogue
from ccore.queues.closings import close, reopen
from ccore.queues.staff import Staff
from ccore.queues.visit import Closing
from ccore.shipped import shipped
from tests.support.agents import Call, Phone, phone, phones
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.menus import for_every_number
from tests.support.ports import free_port
from tests.support.site import Site, site
from tests.support.waiting import until

HOTLINE = "10086"
PIN = "739164"
CUSTOMER = "13812345678"
HEARD = [
    *("t-main", "t-back", "t-storm", "queue-full", "queue-closed", "agents-busy"),
    *("call-back-number-is", "call-back-noted", "call-back-accept", "text-sent"),
]
MENUS = """
[main]
do = "menu"
prompt = "t-main"
keys = { 1 = "service", 2 = "small", 3 = "shut", 4 = "short" }

[service]
do = "queue"
queue = "service"
wait_s = 600
then = "told"

[small]
do = "queue"
queue = "small"
then = "told"

[shut]
do = "queue"
queue = "shut"
then = "told"

[short]
do = "queue"
queue = "short"
then = "told"

[told]
do = "say"
prompt = "t-back"
then = "hang-up"
"""
QUIET = "[comfort]\nposition = false\nexpected_wait = false\n"
NO_OFFER = QUIET + '[offer]\nkeys = { 2 = "voicemail" }\n'
QUEUES = {
    "service": f"""ring_s = 5
wrap_up_s = 0
[call_back]
trunk = "local"
caller_id = "10086"
attempts = 2
pause_s = 600
ring_s = 60
[offer]
after_s = 600
keys = {{ 1 = "call-back", 2 = "voicemail", 3 = "text" }}
text = "quick-numbers"
{QUIET}""",
    "small": f"capacity = 1\n{NO_OFFER}",
    "shut": f'hours = "never"\n{NO_OFFER}',
    "short": f'longest_wait_s = 11\noverflow = [{{ after_s = 1, to = "service" }}]\n{NO_OFFER}',
}
PHONES = '[[phones]]\nfirst = "2001"\nlast = "2001"\n'
UNDER_WAY = "SELECT state FROM call_backs ORDER BY call_back_id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Room:
    """A site where agent 1001 sits at phone 2001; customers are called at ``port``."""

    site: Site
    sounds: Sounds
    agent: Phone
    port: int

    def caller(self, **options: Any) -> AbstractAsyncContextManager[Keypad]:
        """A caller of the hotline."""
        return dialled(self.site.sip_port, HOTLINE, sounds=self.sounds, **options)

    async def code(self, code: str, *keys: str) -> None:
        """Dial a feature code at the agent's phone, and key what is asked for."""
        assert self.site.secrets.phone_secret is not None
        secret = password(self.site.secrets.phone_secret.get_secret_value(), "2001")
        async with dialled(self.site.sip_port, code, endpoint("2001"), sounds=self.sounds, password=secret) as call:
            asked_at = 0.0
            for each in keys:
                await call.until(after=asked_at)
                asked_at = (await call.key(f"{each}#")).up
            await call.until_over()

    async def away(self) -> None:
        """The agent takes no calls: callers wait."""
        await self.code("*43", "1")
        await self.site.until("SELECT state FROM presences WHERE agent = '1001'", "paused")

    async def back(self) -> None:
        """The agent takes calls again."""
        await self.code("*44")
        await self.site.until("SELECT state FROM presences WHERE agent = '1001'", "ready")

    async def until_closed(self, *queues: str) -> None:
        """Wait until ccore knows that just these are closed; 2 s are promised."""
        url = f"http://127.0.0.1:{self.site.config.http.port}/health"

        async def closed() -> bool:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return bool((await answer.json())["parts"]["floor"]["closed"] == sorted(queues))

        await until(closed)

    async def until_waiting(self, queue: str) -> None:
        """Wait until somebody waits in the line of a queue."""

        async def waits() -> bool:
            return f"{queue} has 0 calls" not in await self.site.node.cli(f"queue show {queue}")

        await until(waits)


def operators(directory: Path) -> Path:
    """The shipped dialplan with queues and menus of this test's own; what is listened for is a tone of its own."""
    shutil.copytree(shipped("dialplan") / "extensions.d", directory / "extensions.d")
    for file in ("numbers.toml", "texts.toml"):
        shutil.copy(shipped("dialplan") / file, directory)
    names = sorted({*load_catalogue(shipped("dialplan")), *HEARD} - set(HEARD))
    for part in ("prompts", "menus", "queues"):
        (directory / part).mkdir()
    notes = itertools.combinations(range(500, 1800, 130), 2)
    own = [(name, next(notes)) for name in HEARD]
    others = [(name, next(notes)) for name in names[:1]] + [(name, (450, 470)) for name in names[1:]]
    prompts = "".join(
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, 100], [{high}, 100]]\n'
        for name, (low, high) in own + others
    )
    texts = {
        "prompts/test": prompts,
        "menus/test": MENUS,
        "centre": "[pause.lunch]\n",
        "phones": PHONES,
        "hours": '[hours.never]\ndates = { "2020-01-01" = ["09:00-12:00"] }\n',
        "hotlines": for_every_number(directory, "main"),
        **{f"queues/{name}": text for name, text in QUEUES.items()},
    }
    for name, text in texts.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
async def room(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """For all these tests, one after the other; agent 1001 has signed in, and is paused."""
    directory, port = tmp_path_factory.mktemp("waiting"), free_port()
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000, port=port)
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan"))
    async with site(directory, paths=paths, trunks={"local": trunk}) as built:
        async with Database.opened(built.dsn, Settings(acquire_timeout_s=30)) as database:
            await Staff(database, "CN").write("1001", "Li", {}, by="test")
            await Staff(database, "CN").set_pin("1001", PIN, by="test")
        sounds = Sounds(sounds_in(built.node.directory / "sounds/ccore"))
        assert built.secrets.phone_secret is not None
        secret = built.secrets.phone_secret.get_secret_value()
        async with phones(built.sip_port, secret, ["2001"], talks_s=1) as desk:
            made = Room(built, sounds, desk["2001"], port)
            await made.code("*41", "1001", PIN)
            await made.away()
            yield made
        built.assert_log_is_clean()


@pytest.fixture
async def customer(room: Room) -> AsyncIterator[Phone]:
    """The phone of somebody who waits to be called back, there for one test; no agent has been rung yet."""
    room.agent.calls.clear()
    async with phone(room.site.sip_port, "customer", sounds=room.sounds, port=room.port, register=False) as there:
        yield there
    await room.away()


async def test_who_finds_the_queue_full_is_told_and_goes_back_to_the_menu(room: Room) -> None:
    async with room.caller() as first:
        await first.key("2")
        await room.until_waiting("small")
        async with room.caller() as second:
            await second.key("2")
            await second.until("queue-full")
            await second.until("t-back")
            await second.until_over()


async def test_outside_the_hours_nobody_waits(room: Room) -> None:
    async with room.caller() as caller:
        await caller.key("3")
        await caller.until("queue-closed")
        await caller.until("t-back")
    assert await room.site.value("SELECT count(*) FROM visits WHERE queue = 'shut'") == 0


async def test_an_emergency_is_heard_by_who_comes_and_then_by_those_who_wait(room: Room) -> None:
    async with Database.opened(room.site.dsn, Settings(acquire_timeout_s=30)) as database, room.caller() as waiting:
        await waiting.key("1")
        await room.until_waiting("service")
        await close(database, "service", Closing("t-storm"), None, "test")
        await room.until_closed("service")
        async with room.caller() as caller:
            await caller.key("1")
            await caller.until("t-storm")
            await caller.until("t-back")
        assert not any(sound.name == "t-storm" for sound in waiting.heard())
        await close(database, "all", Closing("t-storm", waiting=True), None, "test")
        await reopen(database, "service", "test")
        await waiting.until("t-storm")
        await waiting.until("t-back")
        assert await reopen(database, "all", "test") == 1
        await room.until_closed()


async def test_overflow_goes_on_with_all_the_waiting_and_ends_where_the_patience_ends(room: Room) -> None:
    async with room.caller(caller="13800000001") as caller:
        await caller.key("4")
        query = "SELECT count(DISTINCT came_at) FROM visits WHERE number = '+8613800000001' HAVING count(*) = 2"
        await room.site.until(f"SELECT coalesce(({query}), 0)", 1)
        caller.hang_up()


async def test_what_callers_choose(room: Room) -> None:
    async with room.caller(caller="13800000002") as caller:
        await caller.key("1")
        await room.until_waiting("service")
        await caller.key("3")
        await caller.until("text-sent")
        await room.site.until("SELECT count(*) FROM outbox WHERE kind = 'menu-quick-numbers'", 1)
        await room.until_waiting("service")
        await caller.key("2")  # voicemail, after waiting on
        await asyncio.sleep(2)
        await caller.key("#")
        await caller.until_over()
    recorded = room.site.config.recorded_dir(room.site.node.name)
    assert recorded is not None
    assert list(recorded.glob("service_13800000002_*"))
    (row,) = await room.site.rows("SELECT recipient FROM outbox WHERE kind = 'menu-quick-numbers'")
    assert row["recipient"] == "+8613800000002"


async def asked_back(room: Room) -> None:
    """A caller chooses to be called back, confirms the number, and hangs up."""
    async with room.caller(caller=CUSTOMER) as caller:
        await caller.key("1")
        await room.until_waiting("service")
        await caller.key("1")
        await caller.until("call-back-number-is")
        await caller.key("1#")
        await caller.until("call-back-noted")
        await caller.until_over()
    assert await room.site.value(UNDER_WAY) == "open"


def names(customer: Phone) -> list[str]:
    """What the customer has heard to the end."""
    assert customer.media is not None
    return [sound.name for sound in customer.media.hearing.heard() if sound.whole]


async def accepts(customer: Phone, keys: str = "1") -> Call:
    """The customer listens to what is asked, and presses 1, or something else each time."""
    assert customer.media is not None
    call = await customer.until_answered()
    for times, key in enumerate(keys, 1):
        await until(lambda times=times: names(customer).count("call-back-accept") >= times)
        with suppress(TimeoutError):  # the call may be over before the pause after the key
            await asyncio.wait_for(customer.media.press(key, 160, 100), 2)
    return call


async def test_a_customer_who_accepts_is_connected_with_all_the_waiting(room: Room, customer: Phone) -> None:
    await asked_back(room)
    await room.back()
    call = await customer.until_rung()
    assert (call.caller, call.invite.split()[1].split(b"@")[0]) == ("10086", f"sip:{CUSTOMER}".encode())
    await accepts(customer)
    heard = await room.agent.until_answered()
    assert heard.caller == f"+86{CUSTOMER}", "whom they talk with"
    await room.site.until(UNDER_WAY, "connected")
    (row,) = await room.site.rows("SELECT came_at < dialled_at AS kept FROM call_backs WHERE state = 'connected'")
    assert row["kept"]
    assert len(customer.calls) == 1


async def test_no_agent_talks_to_somebody_who_does_not_press_1(room: Room, customer: Phone) -> None:
    await asked_back(room)
    await room.back()
    call = await accepts(customer, "55")
    await asyncio.wait_for(call.ended.wait(), 40)
    await room.site.until("SELECT reason FROM call_backs ORDER BY call_back_id DESC LIMIT 1", "not-accepted", 40)
    assert (await room.site.value(UNDER_WAY), call.ended_by) == ("open", "them")
    assert not room.agent.calls
    await room.site.rows("UPDATE call_backs SET state = 'cancelled' WHERE state = 'open'")


@pytest.mark.parametrize("comes_back", ["before the customer answers", "after all is over"])
async def test_nobody_is_called_twice_though_ccore_is_killed_while_it_rings(
    room: Room, customer: Phone, comes_back: str
) -> None:
    customer.answers_after_s = None
    await asked_back(room)
    await room.back()
    await customer.until_rung()
    await room.site.signal_ccore(signal.SIGKILL)
    if comes_back == "before the customer answers":
        await room.site.start_ccore()
    customer.pick_up()
    await accepts(customer)
    talk = await room.agent.until_answered(within_s=40)
    if comes_back == "after all is over":
        await asyncio.wait_for(talk.ended.wait(), 40)
        await room.site.start_ccore()
    await room.site.until(UNDER_WAY, "connected")
    assert len(customer.calls) == 1
    assert await room.site.value("SELECT attempts FROM call_backs ORDER BY call_back_id DESC LIMIT 1") == 1
