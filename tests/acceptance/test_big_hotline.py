"""A hotline of 40 nodes, five levels and two languages on a real Asterisk, walked every way there is, by telephone.

What a caller was played is told from the RTP, byte by byte; what they must hear is what the pure walk says.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from aiohttp import web

from ccore.clock import utc_now
from ccore.config import Paths
from ccore.ivr.menus import Menus
from ccore.ivr.model import Facts, Prompt, Value
from ccore.ivr.sounds import OWN, dumb, files
from ccore.nodes import SipTrunk
from ccore.prompts.kinds import Kind
from tests.support import big_hotline, keytrack
from tests.support.asterisk import until_no_channels
from tests.support.big_hotline import BROKEN, FEN, KNOWN, OTHER_KEYS
from tests.support.heard import Heard, Sounds, names, sounds_in
from tests.support.keypad import Keypad, captured, dialled
from tests.support.menus import SHANGHAI
from tests.support.ports import free_port
from tests.support.site import Site, site, subscribers
from tests.support.tours import Parts, Tour, Turn, tours

ZH, EN = "10086", big_hotline.ENGLISH
TELEPHONES = 64  # at once
BETWEEN_CALLS_S = 0.06  # at most 20 new calls a second
READY_S = 0.5  # Asterisk asks for digits after the last sound has ended; a key before that would be lost
PRESS_EVERY_MS = 900  # by sipp, whatever is played: each menu listens by then, and for a second
TONES_FROM = "127.0.0.2"  # the address of a trunk without RFC 4733


@dataclass(frozen=True, slots=True)
class Hotline:
    """A site with the hotline, what its prompts sound like, and every call there is to make."""

    site: Site
    sounds: Sounds
    menus: Menus
    facts: Facts

    def tours(self, number: str) -> list[Tour]:
        return tours(self.menus, number, self.facts, big_hotline.answered, big_hotline.ASKED)


async def balance(request: web.Request) -> web.Response:
    """The provider."""
    number = request.match_info["number"]
    if number == BROKEN:
        raise web.HTTPInternalServerError
    if number != KNOWN:
        raise web.HTTPNotFound
    return web.json_response({"fen": FEN})


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """Its web address."""
    application = web.Application()
    application.router.add_get("/balance/{number}", balance)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def trunk(address: str, dtmf: str) -> SipTrunk:
    return SipTrunk.model_validate({"kind": "sip", "peers": [IPv4Network(address)], "channels": 1000, "dtmf": dtmf})


@pytest.fixture(scope="module")
async def hotline(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hotline]:
    directory = tmp_path_factory.mktemp("big")
    trunks = {"local": trunk("127.0.0.1", "rfc4733"), "old": trunk(TONES_FROM, "inband")}
    async with provider() as address:
        menus = big_hotline.write(directory / "plan", address)
        paths = Paths(var=directory / "var", dialplan=directory / "plan")
        async with site(directory, paths=paths, trunks=trunks) as built:
            facts = Facts(now=utc_now().astimezone(SHANGHAI), caller="13800000000")
            yield Hotline(built, Sounds(sounds_in(directory / "plan/sounds")), menus, facts)
            await until_no_channels(built.node)
            built.assert_log_is_clean()


async def test_every_way_through_the_menus_is_heard_as_the_walk_says(hotline: Hotline) -> None:
    line = asyncio.Semaphore(TELEPHONES)
    todo = [*hotline.tours(ZH), *hotline.tours(EN)[:3]]
    async with asyncio.TaskGroup() as group:
        for caller, tour in zip(subscribers(len(todo)), todo, strict=True):
            await line.acquire()
            task = group.create_task(walked(hotline, tour, caller))
            task.add_done_callback(lambda _: line.release())
            await asyncio.sleep(BETWEEN_CALLS_S)


async def test_keys_as_tones_in_the_speech_do_the_same(hotline: Hotline) -> None:
    """On a trunk whose exchange sends them so; every key of a telephone is among those of these calls."""
    wanted = {f"{KNOWN}#", OTHER_KEYS}
    some = [tour for tour in hotline.tours(ZH) if wanted & {turn.keys for turn in tour.turns}]
    assert {key for tour in some for turn in tour.turns for key in turn.keys} == set("0123456789*#")
    async with asyncio.TaskGroup() as group:
        for caller, tour in zip(subscribers(len(some), 1000), some, strict=True):
            group.create_task(walked(hotline, tour, caller, by="inband", source=TONES_FROM))


@pytest.mark.skipif(os.geteuid() != 0, reason="sipp sends RTP by a raw socket, which only root has")
async def test_a_caller_by_sipp_who_keys_by_rfc_4733_hears_the_same(hotline: Hotline) -> None:
    keys = ["1", "1", "1", "1", "1", *f"{KNOWN}#"]
    async with captured(hotline.sounds) as media:
        presses = [(PRESS_EVERY_MS * (number + 1), key) for number, key in enumerate(keys[:6])]
        presses += [(presses[-1][0] + 150 * (number + 1), key) for number, key in enumerate(keys[6:])]
        rows = [("13900000001", ZH)]
        port = hotline.site.sip_port
        [call] = await keytrack.place(port, rows, presses, rate=1, listen_ms=10_000, media_port=media.port)
        heard = names(media.hearing.heard())
    assert (call.code, call.ended_by) == (200, "caller")
    menus = ("main", "menu-1", "menu-11", "menu-111", "menu-1111", "account")
    told = ("your-account", Value(Kind.DIGITS, KNOWN), "balance-is", Value(Kind.MONEY, str(FEN)))
    parts = tuple(("zh", Prompt(part) if isinstance(part, str) else part) for part in (*menus, *told))
    expected = await said(parts)
    assert heard[: len(expected)] == expected


async def walked(hotline: Hotline, tour: Tour, caller: str, **options: str) -> None:
    """Go on a tour, and hold what was heard against what should have been."""
    expected: list[tuple[str, bool]] = []  # name, and whether all of it has to be heard
    async with dialled(hotline.site.sip_port, tour.number, caller, sounds=hotline.sounds, **options) as phone:  # type: ignore[arg-type]
        assert phone.code == 200
        for number, turn in enumerate(tour.turns):
            expected += await taken(phone, turn, len(expected), patient=number % 2 == 1)
        last = [(name, True) for name in await said(tour.last)]
        expected += last if tour.ends else [*last[:-1], (last[-1][0], False)]  # cut by the caller
        await phone.until_count(len(expected))
        if tour.ends:
            await phone.until_over()
        assert_heard(phone.heard(), expected, tour)
        assert phone.lost == 0


async def taken(phone: Keypad, turn: Turn, before: int, *, patient: bool) -> list[tuple[str, bool]]:
    """Hear what one turn has to say and key what it keys."""
    first, asks = await said(turn.first), await said(turn.parts)
    whole = patient or not turn.barge_in or not turn.keys
    await phone.until_count(before + len(first) + len(asks), whole=whole)
    if turn.keys:
        await asyncio.sleep(READY_S if whole else 0)
        await phone.key(turn.keys)
    return [*((name, True) for name in first), *((name, whole) for name in asks)]


async def said(parts: Parts) -> list[str]:
    """The sound files of what is to be heard."""
    return [
        f"{language}/{name.removeprefix(OWN)}"
        for language, part in parts
        for name in await files([part], language, dumb)
    ]


def assert_heard(heard: Sequence[Heard], expected: Sequence[tuple[str, bool]], tour: Tour) -> None:
    assert names(heard) == [name for name, _ in expected], tour
    cut = [each for each, (_, whole) in zip(heard, expected, strict=True) if whole and not each.whole]
    assert cut == [], tour
