"""Agents at real phones of a real Asterisk: what they do is known, whatever happens to calls, devices and programs."""

import asyncio
import itertools
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccore.centre.phones import endpoint, password
from ccore.config import Database as DatabaseSettings
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.prompts.catalogue import load_catalogue
from ccore.queues.staff import Staff
from ccore.shipped import shipped
from tests.support.agents import Phone, phones
from tests.support.asterisk import until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.menus import for_every_number
from tests.support.queues import members, until_members
from tests.support.site import Site, site
from tests.support.waiting import until

HOTLINE = "10086"
PIN = "739164"
WRAP_UP_S = 3  # long enough to ask for more of it on a machine that is busy
RIGHT_WITHIN_S = 20.0  # after a restart; 3 s are promised, and printed
SOON_S = 30.0  # what has only to be waited for
MENUS = '[main]\ndo = "queue"\nqueue = "service"\n'
QUEUE = f"ring_s = 5\nwrap_up_s = {WRAP_UP_S}\nmissed_most = 1\n[comfort]\nposition = false\nexpected_wait = false\n"
QUEUE += '[offer]\nkeys = { 1 = "voicemail" }\n[sticky]\nhead_start_s = 5\n'
PAUSES = ("rest", "meal")  # the first of centre.toml: *431 and *432
ASKED = ("agent-ask-number", "agent-ask-pin")  # by *41, one after the other


@dataclass(frozen=True, slots=True)
class Desk:
    """A site with one queue, and the phones 2001 and 2002, at which agents 1001 and 1002 sit."""

    site: Site
    phones: Mapping[str, Phone]
    token: str  # a supervisor's
    sounds: Sounds

    def customer(self, **options: Any) -> AbstractAsyncContextManager[Keypad]:
        """A caller of the queue."""
        return dialled(self.site.sip_port, HOTLINE, sounds=Sounds({}), **options)

    async def code(self, phone: str, code: str, *keys: str) -> None:
        """Dial a feature code at a phone, and key what is asked for: sooner a key would not be heard."""
        assert self.site.secrets.phone_secret is not None
        secret = password(self.site.secrets.phone_secret.get_secret_value(), phone)
        async with dialled(self.site.sip_port, code, endpoint(phone), sounds=self.sounds, password=secret) as call:
            assert call.code == 200
            for asked, each in zip(ASKED, keys, strict=False):
                await call.until(asked, whole=True, within_s=SOON_S)
                await call.key(f"{each}#")
            await call.until_over()

    async def ask(self, path: str, **said: object) -> str:
        """Have an agent do something over HTTP, as a supervisor; what they do then."""
        url = f"http://127.0.0.1:{self.site.config.http.port}/api/v1/agents/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(8)}
        async with aiohttp.ClientSession() as session, session.post(url, json=said, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["state"])

    async def state(self, agent: str = "1001") -> str:
        """What an agent does, by the database."""
        return str(await self.site.value("SELECT state FROM presences WHERE agent = $1", agent))

    async def until_state(self, state: str, agent: str = "1001") -> None:
        """Wait until an agent does this."""
        await self.site.until(f"SELECT state FROM presences WHERE agent = '{agent}'", state, SOON_S)

    async def until_steps(self, since: int, *steps: str, agent: str = "1001") -> None:
        """Wait until they have done this after step ``since`` of the log, and nothing else."""
        here = f"agent = '{agent}' AND log_id > {since}"
        query = f"SELECT array_agg(state ORDER BY log_id) FROM presence_log WHERE {here}"
        await self.site.until(query, list(steps), SOON_S)

    async def last_step(self) -> int:
        """The number of the last step of the log, once nobody is in a state that passes by itself."""
        passing = "state IN ('ringing', 'talking', 'wrap-up', 'unreachable')"
        await self.site.until(f"SELECT count(*) FROM presences WHERE {passing}", 0, SOON_S)
        return int(str(await self.site.value("SELECT coalesce(max(log_id), 0) FROM presence_log")))


def operators(directory: Path) -> Path:
    """The shipped dialplan with ``service`` as this test wants it; prompts are short tones, ``ASKED`` unlike others."""
    shutil.copytree(shipped("dialplan"), directory, ignore=shutil.ignore_patterns("sounds", "menus"))
    names = [*ASKED, *sorted(set(load_catalogue(shipped("dialplan"))) - set(ASKED))]
    shutil.rmtree(directory / "prompts")
    for part in ("prompts", "menus"):
        (directory / part).mkdir()
    own, others = itertools.tee(itertools.combinations(range(500, 1800, 130), 2))
    notes = itertools.chain(own, itertools.cycle(itertools.islice(others, len(ASKED), None)))
    prompts = "".join(
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, 100], [{high}, 100]]\n'
        for name, (low, high) in zip(names, notes, strict=False)
    )
    texts = {
        "prompts/test": prompts,
        "menus/test": MENUS,
        "queues/service": QUEUE,
        "hotlines": for_every_number(directory, "main"),
    }
    for name, text in texts.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
async def floor(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """For all these tests, one after the other; agent 1001 has signed in at phone 2001."""
    directory = tmp_path_factory.mktemp("agents")
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan"))
    async with site(directory, paths=paths) as built:
        token = await staffed(built)
        assert built.secrets.phone_secret is not None
        secret = built.secrets.phone_secret.get_secret_value()
        async with phones(built.sip_port, secret, ["2001", "2002"], talks_s=0.5) as desk:
            floor = Desk(built, desk, token, Sounds(sounds_in(built.node.directory / "sounds/ccore")))
            await floor.code("2001", "*41", "1001", PIN)
            yield floor
        built.assert_log_is_clean()


async def staffed(built: Site) -> str:
    """Two agents who can sign in, and a supervisor's token."""
    async with Database.opened(built.dsn, DatabaseSettings(acquire_timeout_s=30)) as database:
        staff = Staff(database, "CN")
        for number, name in {"1001": "Li", "1002": "Wang"}.items():
            await staff.write(number, name, {}, by="test")
            await staff.set_pin(number, PIN, by="test")
        people = People(database)
        await people.add("chief", "Chief", Role.SUPERVISOR, "", "test")
        made = await people.new_token("chief", 1, "", "test")
        assert made is not None
        return made.token


@pytest.fixture
async def desk(floor: Desk) -> AsyncIterator[Desk]:
    """Agent 1001 is ready, and answers calls at once; no call of the test is left to the next one."""
    await floor.until_state("ready")
    phone = floor.phones["2001"]
    phone.calls.clear()
    phone.answers_after_s, phone.talks_s, phone.status = 0.2, 0.5, 200
    yield floor
    await until_no_channels(floor.site.node, SOON_S)


async def test_an_agent_signs_in_at_a_phone_and_is_in_the_queue(desk: Desk) -> None:
    found = await members(desk.site.node, "service")
    assert found == {"PJSIP/phone-2001": (0, None)}
    assert (await members(desk.site.node, "ccore-own")).keys() == {"PJSIP/phone-2001"}


async def test_a_wrong_pin_signs_nobody_in(desk: Desk) -> None:
    await desk.code("2002", "*41", "1002", "111222")
    assert await desk.state("1002") == "signed-out"
    assert await desk.site.value("SELECT count(*) FROM agent_tries WHERE number = '1002' AND NOT passed") == 1


async def test_a_call_is_followed_to_the_end_of_its_wrap_up_and_nobody_rings_before(desk: Desk) -> None:
    began, phone = await desk.last_step(), desk.phones["2001"]
    async with desk.customer() as first, desk.customer(caller="13800138001") as second:
        await phone.until_answered(2, within_s=30)
        await first.until_over()
        await second.until_over()
    await desk.until_steps(began, *("ringing", "talking", "wrap-up", "ready") * 2)
    one, two = phone.calls
    print(f"\nthe next call rang {two.rang_at - one.ended_at:.2f} s after the one before, wrap-up {WRAP_UP_S} s")
    assert two.rang_at - one.ended_at >= WRAP_UP_S


async def test_a_wrap_up_is_as_long_as_the_agent_wants(desk: Desk) -> None:
    phone = desk.phones["2001"]
    async with desk.customer(), desk.customer(caller="13800138001"):
        await phone.until_answered()
        await desk.until_state("wrap-up")
        assert await desk.ask("1001/wrap-up", seconds=60) == "wrap-up"
        await asyncio.sleep(WRAP_UP_S + 1.5)  # for all app_queue knows, they could be rung
        assert len(phone.calls) == 1
        phone.talks_s = None
        ended_at = time.monotonic()
        await desk.code("2001", "*44")
        await phone.until_rung(2, within_s=SOON_S)
        print(f"\nrung {phone.calls[1].rang_at - ended_at:.2f} s after the code for ready was dialled")
        await desk.until_state("talking")


async def test_a_pause_asked_for_in_a_call_comes_after_it(desk: Desk) -> None:
    phone, began = desk.phones["2001"], await desk.last_step()
    phone.talks_s = None
    async with desk.customer(), desk.customer(caller="13800138001"):
        await phone.until_answered()
        await desk.until_state("talking")
        await desk.code("2001", "*432")
        assert await desk.state() == "talking"
        phone.hang_up()
        await desk.until_state("paused")
        assert await desk.site.value("SELECT reason FROM presences WHERE agent = '1001'") == PAUSES[1]
        await asyncio.sleep(1.5)  # somebody waits, and rings nowhere
        assert len(phone.calls) == 1
        await desk.code("2001", "*44")
        await desk.until_state("talking")
        assert len(phone.calls) == 2
    paused = ("ringing", "talking", "talking", "wrap-up", "paused", "ready")
    await desk.until_steps(began, *paused, "ringing", "talking", "wrap-up", "ready")


async def test_a_supervisor_pauses_an_agent_and_asterisk_follows_at_once(desk: Desk) -> None:
    asked_at = time.monotonic()
    assert await desk.ask("1001/pause", reason=PAUSES[0]) == "paused"
    answered_s = time.monotonic() - asked_at
    found = await members(desk.site.node, "service")  # no time goes by: the answer came after Asterisk's
    print(f"\npaused in Asterisk {answered_s * 1000:.0f} ms after it was asked for")
    assert found == {"PJSIP/phone-2001": (0, PAUSES[0])}
    assert await desk.ask("1001/resume") == "ready"
    assert await members(desk.site.node, "service") == {"PJSIP/phone-2001": (0, None)}


async def test_a_call_of_ones_own_is_talked_in_and_has_no_wrap_up(desk: Desk) -> None:
    began, other = await desk.last_step(), desk.phones["2002"]
    other.talks_s = None
    assert desk.site.secrets.phone_secret is not None
    secret = password(desk.site.secrets.phone_secret.get_secret_value(), "2001")
    async with dialled(desk.site.sip_port, "2002", endpoint("2001"), sounds=Sounds({}), password=secret) as own:
        await desk.until_state("talking")
        other.hang_up()
        await own.until_over()
    await desk.until_steps(began, "talking", "ready")


async def test_who_signs_in_where_no_phone_is_registered_is_unreachable(desk: Desk) -> None:
    await desk.ask("1002/sign-in", kind="phone", number="2003", node=desk.site.node.name)
    await desk.until_state("unreachable", "1002")
    assert await desk.ask("1002/sign-out") == "signed-out"


async def _in_line(desk: Desk) -> bool:
    return (await members(desk.site.node, "service")).keys() == {"PJSIP/phone-2001"}


async def test_who_does_not_answer_is_paused(desk: Desk) -> None:
    phone = desk.phones["2001"]
    phone.answers_after_s = None
    async with desk.customer(caller="13800138009"):  # whom nobody has served: no head start
        await desk.until_state("paused")
    assert len(phone.calls) == 1
    assert await desk.site.value("SELECT reason FROM presences WHERE agent = '1001'") == "missed"
    phone.answers_after_s = 0.2
    await desk.code("2001", "*44")


async def test_a_lost_device_is_no_sign_out(desk: Desk) -> None:
    phone, began = desk.phones["2001"], await desk.last_step()
    await phone.register(0)
    await desk.until_state("unreachable")
    await until_members(desk.site.node, {"PJSIP/phone-2001": (0, "unreachable")}, SOON_S)  # Asterisk is told after it
    await phone.register()
    await desk.until_steps(began, "unreachable", "ready")


async def test_a_phone_is_one_agents(desk: Desk) -> None:
    await desk.code("2001", "*41", "1002", PIN)
    assert [await desk.state(agent) for agent in ("1001", "1002")] == ["signed-out", "ready"]
    assert await members(desk.site.node, "service") == {"PJSIP/phone-2001": (0, None)}
    await desk.code("2001", "*42")
    assert await members(desk.site.node, "service") == {}
    assert await desk.ask("1001/sign-in", kind="phone", number="2001", node=desk.site.node.name) == "ready"


async def test_after_asterisk_is_killed_nobody_is_left_talking(desk: Desk) -> None:
    phone = desk.phones["2001"]
    phone.talks_s = None
    async with desk.customer():
        await phone.until_answered()
        await desk.until_state("talking")
        desk.site.node.kill()
        await desk.site.node.wait()
        await desk.site.node.start()
        began = time.monotonic()
        await desk.site.until("SELECT count(*) FROM presences WHERE state = 'talking'", 0, RIGHT_WITHIN_S)
        right_s = time.monotonic() - began
    await until(lambda: _in_line(desk), SOON_S)
    print(f"\nright {right_s:.2f} s after Asterisk is back")
    for call in phone.calls:
        call.ended_at = call.ended_at or time.monotonic()
        call.ended.set()
    await phone.register()
    await desk.until_state("ready")
    phone.calls.clear()
    phone.talks_s = None
    async with desk.customer():
        await phone.until_answered()
        await desk.until_state("talking")


async def test_after_ccore_is_killed_agents_are_as_they_are(desk: Desk) -> None:
    """One call ends while no ccore is there, the other one outlives it."""
    await desk.ask("1002/sign-in", kind="phone", number="2002", node=desk.site.node.name)
    began, (phone, other) = await desk.last_step(), (desk.phones["2001"], desk.phones["2002"])
    phone.talks_s = other.talks_s = None
    async with desk.customer(), desk.customer(caller="13800138001"):
        await desk.until_state("talking")
        await desk.until_state("talking", "1002")
        await killed(desk.site)
        phone.hang_up()
        await desk.site.start_ccore()
        back_at = time.monotonic()
        await desk.site.until("SELECT count(*) FROM presences WHERE state = 'talking'", 1, RIGHT_WITHIN_S)
        print(f"\nright {time.monotonic() - back_at:.2f} s after ccore is back")
        await desk.until_state("ready")
        assert await desk.state("1002") == "talking"
        other.hang_up()
        await desk.until_state("ready", "1002")
    for agent in ("1001", "1002"):
        await desk.until_steps(began, "ringing", "talking", "wrap-up", "ready", agent=agent)
    await desk.ask("1002/sign-out")


async def test_calls_by_the_line_of_head_starts_are_the_queues_own(desk: Desk) -> None:
    """All these customers but the first of each number came by that line, if nothing was away."""
    assert int(str(await desk.site.value("SELECT count(*) FROM offers WHERE line = 'ccore-own'"))) > 0
    rows = await desk.site.rows("SELECT DISTINCT queue FROM presence_log WHERE state = 'wrap-up'")
    assert [row["queue"] for row in rows] == ["service"]


async def killed(built: Site) -> None:
    """Kill ccore, and see it gone."""
    assert built.ccore is not None
    built.ccore.kill()
    await built.ccore.wait()
