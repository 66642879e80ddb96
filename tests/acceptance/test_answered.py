"""Customers whom a campaign has called, on a real Asterisk without ccore: to an agent at once, or told so; machines."""

import asyncio
import math
import os
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.support import alaw
from tests.support.answered import Hall, answering
from tests.support.asterisk import until_no_channels
from tests.support.heard import Heard, Hearing
from tests.support.keypad import Media
from tests.support.toned import Choir, Ear, linear, singing, tone
from tests.support.waiting import until

FULL = os.environ.get("CCORE_FULL") == "1"
CALLS = 200 if FULL else 4
TONES = {"agent": 700, "customer": 900}
BEEP_HZ = 1400  # of campaign-beep, as the dialplan has it
FAX_HZ = 2100
SOON_S = 30.0
SILENCE = b"\xd5" * 800
NOISE = 120  # of 32767, as on a bad line
FAR = tuple(f"far{number}" for number in range(1, 5))
VOICES = Path(__file__).parent.parent / "data/voices"
attempts = count(1)


@pytest.fixture(scope="module")
async def hall(asterisk_root: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    async with answering(tmp_path_factory.mktemp("answered"), FAR) as built:
        yield built


@pytest.fixture(autouse=True)
async def _quiet(hall: Hall) -> AsyncIterator[None]:
    yield
    await hall.until_quiet()


@asynccontextmanager
async def choir(hall: Hall, number: str, far: str = "far1") -> AsyncIterator[Choir]:
    """That agent and that customer sing."""
    voices = Choir(TONES)
    async with AsyncExitStack() as stack:
        phones = {"agent": hall.agents[number], "customer": hall.customers[far]}
        media = {name: phone.media for name, phone in phones.items()}
        await stack.enter_async_context(singing(voices, phones))
        try:
            yield voices
        finally:
            for name, phone in phones.items():
                phone.media = media[name]


@pytest.mark.figures
async def test_a_person_talks_to_an_agent_at_once(hall: Hall) -> None:
    await hall.sit("2001", "1001")
    agent, customer = hall.agents["2001"], hall.customers["far1"]
    took: list[float] = []
    waited: list[float] = []  # of customers, from the tone's beginning on
    try:
        async with choir(hall, "2001") as voices:
            for call in range(1, CALLS + 1):
                attempt = next(attempts)
                await hall.call("far1", attempt)
                answered_at = (await customer.until_answered(call)).answered_at
                ears = {name: singer.ear for name, singer in voices.singers.items()}
                customer_hears = await _first(ears["customer"], TONES["agent"], answered_at)
                agent_hears = await _first(ears["agent"], TONES["customer"], answered_at)
                beep = await _first(ears["agent"], BEEP_HZ, answered_at)
                assert ears["customer"].first(BEEP_HZ, answered_at) is None, "it is for the agent alone"
                took.append(max(customer_hears, agent_hears) - answered_at)
                waited.append(customer_hears - beep)
                agent.hang_up()
                await asyncio.wait_for(customer.calls[-1].ended.wait(), SOON_S)
                await hall.until_said(attempt, "answered")
                assert [words.split()[0] for words in hall.words(attempt)] == ["answered"]
    finally:
        await hall.leave("2001")
    invite = agent.calls[-1]
    assert invite.header("Call-Info") == "<sip:ccore>;answer-after=0"
    assert invite.header("Alert-Info") == "<sip:ccore>;info=alert-autoanswer"
    assert invite.caller == "13812345678", "whom they talk with"
    took.sort()
    print(
        f"\nfrom the customer's 200 OK until both hear each other, {len(took)} calls: "
        f"p50 {1000 * statistics.median(took):.0f} ms, p95 {1000 * took[math.ceil(0.95 * len(took)) - 1]:.0f} ms;"
        f" the tone begins, and {1000 * statistics.median(waited):.0f} ms later the customer hears the agent"
    )


async def _first(ear: Ear, hz: int, since: float) -> float:
    """When a tone was heard first."""
    await until(lambda: ear.first(hz, since) is not None)
    found = ear.first(hz, since)
    assert found is not None
    return found


async def test_telephones_answer_by_themselves_only_if_told_to(hall: Hall) -> None:
    for number, told in (("2003", "1"), ("2002", "")):  # 2003 is none of those that can
        await hall.sit(number, "1003")
        await hall.call("far1", next(attempts), CCORE_ANSWERS=told)
        call = await hall.agents[number].until_answered()
        assert (call.header("Call-Info"), call.header("Alert-Info")) == ("", "")
        await hall.until_bridged()
        hall.agents[number].hang_up()
        await until_no_channels(hall.node)
        await hall.leave(number)


async def test_who_finds_no_agent_is_told_so(hall: Hall) -> None:
    await hall.sit("2002", "1002")
    hall.agents["2002"].answers_after_s, customer = None, hall.customers["prompted"]
    try:
        attempt = next(attempts)
        await hall.call("prompted", attempt)
        answered_at = (await customer.until_answered()).answered_at
        await hall.until_said(attempt, "abandoned")
        assert [words.split()[0] for words in hall.words(attempt)] == ["answered", "abandoned"]
        await asyncio.wait_for(customer.calls[-1].ended.wait(), SOON_S)
    finally:
        hall.agents["2002"].answers_after_s = 0.0
        await hall.leave("2002")
    assert isinstance(customer.media, Media)
    hearing = customer.media.hearing
    await until(lambda: any(each.whole for each in _sorry(hearing)))  # the end of the call may be heard of before it
    (sorry,) = _sorry(hearing)
    waited = sorry.at - answered_at
    print(f"\nan agent was waited for {waited:.1f} s")
    assert waited > 1.4, "no more than half a second less than the grace"


def _sorry(hearing: Hearing) -> list[Heard]:
    return [each for each in hearing.heard() if each.name == "campaign-sorry"]


async def test_machines_are_hung_up_on_and_persons_never(hall: Hall) -> None:
    """One of each; who says nothing, and whoever only beeps, may be a person."""
    said = (_voice("person-2"), _voice("machine-1"), SILENCE, tone(FAX_HZ, 3.0))
    verdicts = await asyncio.gather(*(_verdict(hall, far, sound) for far, sound in zip(FAR, said, strict=True)))
    assert [words.split()[0] for words in verdicts] == ["answered", "machine", "answered", "fax"]


@pytest.mark.figures
async def test_how_often_detection_is_wrong(hall: Hall) -> None:
    """Figures: which of the synthesised greetings is taken for what, on clean and noisy lines and from far away."""
    every = sorted(VOICES.glob("*.alaw"))
    sounds = {path.stem: path.read_bytes() for path in (every if FULL else every[::9])}
    sounds |= {f"person-beep-{hz}": tone(hz, 0.8) for hz in ((1000,) if not FULL else (440, 1000, 1400))}
    sounds |= {"person-silent": SILENCE}
    wrong: dict[str, list[str]] = {"person": [], "machine": []}
    total, kinds = 0, ("clean", "noisy", "faint") if FULL else ("clean",)
    waits: list[float] = []
    for kind in kinds:
        waiting = [(name, _altered(sound, kind)) for name, sound in sounds.items()]
        while waiting:
            batch, waiting = waiting[: len(FAR)], waiting[len(FAR) :]
            began = time.monotonic()
            verdicts = await asyncio.gather(
                *(_verdict(hall, far, sound) for far, (_, sound) in zip(FAR, batch, strict=False))
            )
            for (name, _), verdict in zip(batch, verdicts, strict=True):
                true = name.partition("-")[0]
                total += 1
                if (verdict.split()[0] == "machine") != (true == "machine"):
                    wrong[true].append(f"{name} {kind}: {verdict}")
            waits.append(time.monotonic() - began)
    persons = len(kinds) * sum(name.startswith("person") for name in sounds)
    machines = total - persons
    print(f"\nof {persons} persons {len(wrong['person'])} were taken for machines: {wrong['person']}")
    print(f"of {machines} machines {len(wrong['machine'])} were taken for persons: {wrong['machine']}")
    assert len(wrong["person"]) <= 0.02 * persons, "human first"


async def _verdict(hall: Hall, far: str, sound: bytes) -> str:
    """What the dialplan says of a customer who begins to speak 0.4 s after they have answered."""
    customer, attempt = hall.customers[far], next(attempts)
    before = sum(bool(call.answered_at) for call in customer.calls)
    await hall.call(far, attempt, CCORE_DETECT="1", CCORE_SORRY="")
    call = await customer.until_answered(before + 1)
    assert isinstance(customer.media, Media)
    speaking = asyncio.create_task(customer.media.say(4 * SILENCE + sound))
    await until(lambda: any(words.split()[0] != "picked-up" for words in hall.words(attempt)), SOON_S)
    verdict = next(words for words in hall.words(attempt) if words.split()[0] != "picked-up")
    if not call.ended_at:
        customer.hang_up()
    await asyncio.wait_for(call.ended.wait(), SOON_S)
    speaking.cancel()
    customer.media.hush()
    return verdict


def _voice(beginning: str) -> bytes:
    return next(iter(sorted(VOICES.glob(f"{beginning}-*.alaw")))).read_bytes()


def _altered(sound: bytes, kind: str) -> bytes:
    """As it is on a clean line, on a noisy one, or from somebody far from their telephone."""
    if kind == "clean":
        return sound
    if kind == "faint":
        return alaw.encoded(sample // 4 for sample in linear(sound))
    noise = random.Random(1)
    return alaw.encoded(sample + round(noise.gauss(0, NOISE)) for sample in linear(sound + 40 * SILENCE))
