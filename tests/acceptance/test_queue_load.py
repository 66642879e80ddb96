"""A busy centre: routing as the pure router would, nobody rung who rests, numbers right, states right after a kill."""

import asyncio
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccore.numbers.folding import QueueFolding
from tests.support import sip
from tests.support.agents import Phone
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.sip import Call
from tests.support.waiting import until

FULL = os.environ.get("CCORE_FULL") == "1"


@dataclass(frozen=True)
class Scale:
    """How much of it. Callers come for ``seconds``; ``callers`` is how many there are at once, at most."""

    agents: int
    callers: int
    queues: int
    seconds: float
    talk_s: tuple[float, float]
    patience_s: int
    relax_s: int
    equal_s: int


SCALE = Scale(60, 300, 5, 600, (5, 25), 60, 8, 20) if FULL else Scale(8, 30, 2, 8, (0.5, 2), 8, 2, 3)
RIGHT_WITHIN_S = 3.0  # the states of agents, after ccore or Asterisk is back
IN_FLIGHT_S = 1.5  # a ring that began so shortly after a pause was asked for was on its way
EARLY_S = 0.5  # a wrap-up may end, of what the telephone sees of it
LAG_S = 0.5  # what is written down of an agent may be behind their telephone
OFFERS = """
SELECT o.agreed, r.line, r.device, r.agent, r.outcome, r.caller, r.rung_at, o.decision
FROM queue_rings r LEFT JOIN offers o ON (o.node, o.channel) = (r.node, r.uniqueid)
"""
RESTING = {"paused", "signed-out", "unreachable"}
SKILLS = [f"skill{number}" for number in range(SCALE.queues)]
QUIET = '[comfort]\nposition = false\nexpected_wait = false\n[offer]\nafter_s = 1800\nkeys = { 1 = "voicemail" }\n'
WORDS = "".join(f"[skill.{skill}]\n" for skill in SKILLS) + "[pause.rest]\n"
LEAST_SHARE = 0.5  # of what others have answered: some seconds of their waiting others went before
ROUND_S = 1.0  # of one talk, as Asterisk and the telephone see it


def queues() -> Mapping[str, str]:
    """Each wants another skill, three of them with relaxation, and has an importance of its own."""
    found = {}
    for number, skill in enumerate(SKILLS):
        relax = f"relax = [{{ after_s = {SCALE.relax_s}, wants = {{ {skill} = 2 }} }}]\n" if number < 3 else ""
        found[f"queue-{number}x"] = (
            f"wants = {{ {skill} = 5 }}\n{relax}weight = {number}\nwrap_up_s = {1 + number % 2}\nring_s = 10\n"
            f"equal_after_s = {SCALE.equal_s}\n"
            f"[service_level]\nwithin_s = 5\nshort_abandon_s = 1\n[priority.classes]\ngold = 10\n{QUIET}"
        )
    return found


def desks() -> Sequence[Desk]:
    """Each agent is good at one thing, and knows a little of another."""
    return [
        Desk(
            str(1001 + number),
            str(2001 + number),
            {SKILLS[number % SCALE.queues]: 7, SKILLS[(number + 1) % SCALE.queues]: 3},
        )
        for number in range(SCALE.agents)
    ]


@pytest.mark.figures
@pytest.mark.timeout(1800 if FULL else 180)
async def test_a_busy_centre(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    async with call_centre(tmp_path, queues(), desks(), WORDS) as centre:
        chance = random.Random(20261122)
        for phone in centre.phones.values():
            phone.answers_after_s, phone.talks_s = 0.3, chance.uniform(*SCALE.talk_s)
        await centre.site.until("SELECT count(DISTINCT queue) FROM queue_terms", SCALE.queues + 1)
        async with _meanwhile(_rest(centre, chance)), _meanwhile(_stay_registered(centre)):
            calls = await _load(centre, SCALE.seconds)
        await _settled(centre)
        await centre.site.until(f"SELECT count(*) FROM ({OFFERS}) AS told WHERE agreed IS NULL", 0, 60)
        offers = await centre.site.rows(OFFERS)
        _nobody_starves(centre, calls)
        await _nobody_who_rests_is_rung(centre, calls)
        await _numbers_are_right(centre, calls)
        ccore_s = await _ccore_is_killed(centre)
        asterisk_s = await _asterisk_is_killed(centre)
        replayed = await QueueFolding(centre.database).replay(write=False)
        assert replayed.same, str(replayed)
        print(
            f"{SCALE.agents} agents, {sum(map(len, calls.values()))} callers, {SCALE.queues} queues: agents' states "
            f"right {ccore_s:.2f} s after ccore was back from kill -9, {asterisk_s:.2f} s after Asterisk was"
        )
        assert max(ccore_s, asterisk_s) <= RIGHT_WITHIN_S
        wrong = [dict(offer) for offer in offers if not offer["agreed"]]
        assert not wrong, f"{len(wrong)} of {len(offers)} offers are not the pure router's: {wrong}"


async def _load(centre: CallCentre, seconds: float) -> Mapping[str, list[Call]]:
    """Callers of all queues for so long; every third is a gold customer."""
    rate = SCALE.callers / SCALE.patience_s
    number = iter(range(10_000_000))
    per_queue = max(round(rate * seconds / SCALE.queues), 1)
    rows = {
        queue: [(f"138{next(number):08}", dialled) for _ in range(per_queue)]
        for queue, dialled in centre.number.items()
    }
    gold = [caller for each in rows.values() for caller, _ in each[::3]]
    await centre.site.rows(
        "INSERT INTO customers (number, name, tier, language, tags, source)"
        " SELECT '+86' || caller, 'x', 'gold', '', '{}', 'test' FROM unnest($1::text[]) AS caller"
        " ON CONFLICT DO NOTHING",
        gold,
    )
    made = await asyncio.gather(
        *(sip.place(centre.site.sip_port, each, rate=rate / SCALE.queues, hold_ms=SCALE.patience_s * 1000)
          for each in rows.values())
    )  # fmt: skip
    return dict(zip(rows, made, strict=True))


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Goes on while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def _rest(centre: CallCentre, chance: random.Random) -> None:
    """Agents rest, one after the other, and come back."""
    while True:
        agent = chance.choice(list(centre.phones))
        with suppress(AssertionError):  # not in what they do now
            await centre.ask("POST", f"/api/v1/agents/{agent}/pause", {"reason": "rest"})
            await asyncio.sleep(chance.uniform(1, 4))
            await centre.ask("POST", f"/api/v1/agents/{agent}/resume", {})


async def _stay_registered(centre: CallCentre) -> None:
    """As telephones do: a registration lasts for five minutes."""
    while True:
        await asyncio.sleep(120)
        await asyncio.gather(*(phone.register() for phone in centre.phones.values()))


async def _settled(centre: CallCentre) -> None:
    await centre.site.all_records_in(60)
    await centre.site.until("SELECT count(*) FROM queue_folds_due", 0, 60)


def _nobody_starves(centre: CallCentre, calls: Mapping[str, Sequence[Call]]) -> None:
    """Of the queue that all others go before at first nearly as many are answered as of others with as many agents."""
    served = {call.caller for phone in centre.phones.values() for call in phone.calls if call.answered_at}
    shares = {queue: sum(call.caller in served for call in made) / len(made) for queue, made in calls.items()}
    print("answered: " + ", ".join(f"{queue} {share:.0%}" for queue, share in shares.items()))
    least, *others = shares.values()
    assert least >= LEAST_SHARE * sum(others) / len(others), shares


async def _nobody_who_rests_is_rung(centre: CallCentre, calls: Mapping[str, Sequence[Call]]) -> None:
    """By what was written down of agents, and what their telephones say, which know better when a wrap-up began."""
    wrap_up_s = {call.caller: 1 + number % 2 for number, made in enumerate(calls.values()) for call in made}
    log = await centre.site.rows("SELECT agent, at, state FROM presence_log ORDER BY at, log_id")
    rung = 0
    for agent, phone in centre.phones.items():
        states = [(row["at"].timestamp(), row["state"]) for row in log if row["agent"] == agent]
        for call in phone.calls:
            at = _clock(call.rang_at)
            before = [state for moment, state in states if moment < at - IN_FLIGHT_S]
            since = [state for moment, state in states if at - IN_FLIGHT_S <= moment <= at]
            resting = RESTING & set(before[-1:])
            assert not resting or set(since) - RESTING, f"{agent} was rung while {resting}: {since}"
            rung += 1
        for talked, call in pairwise(phone.calls):
            rested_s = call.rang_at - talked.ended_at
            assert not talked.answered_at or rested_s > wrap_up_s[talked.caller] - EARLY_S, (agent, rested_s)
        assert not phone.turned_away, f"{agent} was rung while they talked"
    assert rung > 0


def _clock(monotonic: float) -> float:
    """The time of day of a moment that a telephone noted."""
    return time.time() - (time.monotonic() - monotonic)


async def _numbers_are_right(centre: CallCentre, calls: Mapping[str, Sequence[Call]]) -> None:
    reported = {
        line["name"]: line for line in (await centre.ask("GET", "/api/v1/queues/reports/queues?interval=day"))["lines"]
    }
    answered = {call.caller: call for phone in centre.phones.values() for call in phone.calls if call.answered_at}
    for queue, made in calls.items():
        found = [answered[call.caller] for call in made if call.caller in answered]
        gave_up = [call for call in made if call.answered and call.caller not in answered]
        line = reported[queue]
        assert line["offered"] == sum(call.answered for call in made), queue
        assert line["answered"] == len(found), queue
        assert line["abandoned"] + line["short_abandoned"] == len(gave_up), queue
        talked = sum(call.ended_at - call.answered_at for call in found)
        assert abs(line["talk_s"] - talked) <= ROUND_S * max(len(found), 1), queue
    agents = {
        line["name"]: line for line in (await centre.ask("GET", "/api/v1/queues/reports/agents?interval=day"))["lines"]
    }
    for agent, phone in centre.phones.items():
        line = agents[agent]
        assert (line["rings"], line["answered"]) == (len(phone.calls), sum(bool(c.answered_at) for c in phone.calls)), (
            agent
        )
    print({queue: (line["offered"], line["answered"], line["service_level"]) for queue, line in reported.items()})


async def _ccore_is_killed(centre: CallCentre) -> float:
    """Under load; the seconds from its being ready again to all states being right."""
    loading = asyncio.create_task(_load(centre, min(SCALE.seconds, 20) / 2))
    await _talking(centre)
    await centre.site.signal_ccore(signal.SIGKILL)
    await centre.site.start_ccore()
    took_s = await _until_right(centre, time.monotonic())
    await loading
    await _settled(centre)
    return took_s


async def _asterisk_is_killed(centre: CallCentre) -> float:
    """Under load; the seconds from its being up again to all states being right."""
    loading = asyncio.create_task(_load(centre, 4))
    await _talking(centre)
    centre.site.node.kill()
    for phone in centre.phones.values():
        _forget(phone)
    await centre.site.node.start()
    up_at = time.monotonic()
    await asyncio.gather(*(phone.register() for phone in centre.phones.values()))
    health = f"http://127.0.0.1:{centre.site.config.http.port}/health"
    await until(lambda: _linked(health))
    took_s = await _until_right(centre, up_at)
    loading.cancel()  # whose calls were cut wait for nobody
    await asyncio.wait([loading])
    await centre.site.node.cli("channel request hangup all")
    await centre.site.until("SELECT count(*) FROM queue_calls WHERE how = 'waiting'", 0, 60)
    return took_s


async def _linked(url: str) -> bool:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return bool((await answer.json())["parts"]["node node1"]["up"])


def _forget(phone: Phone) -> None:
    """The call a telephone is in has nobody at the other end."""
    if call := phone.current:
        call.ended_at, call.ended_by = time.monotonic(), "cut"
        call.ended.set()


async def _talking(centre: CallCentre) -> None:
    await until(lambda: sum(p.current is not None for p in centre.phones.values()) >= len(centre.phones) // 3, 30)


async def _until_right(centre: CallCentre, began: float) -> float:
    """Until what is written down of every agent is what their telephone does; the seconds since ``began``."""
    while wrong := await _wrong(centre):
        assert time.monotonic() - began < 20 * RIGHT_WITHIN_S, wrong
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _wrong(centre: CallCentre) -> Mapping[str, Any]:
    """Agents who are not said to do what their telephones do, or to be unreachable if Asterisk cannot reach them."""
    shown = await centre.site.node.cli("pjsip show endpoints")
    lost = set(re.findall(r"Endpoint:  phone-(\d+)/\S* +Unavailable", shown))
    rows = await centre.site.rows("SELECT agent, state, device_number FROM presences")
    states = {row["agent"]: (row["state"], row["device_number"]) for row in rows}
    found = {}
    for agent, phone in centre.phones.items():
        state, number = states[agent]
        if state not in _may_be(phone, lost=number in lost):
            found[agent] = (state, number in lost, phone.current)
    return found


def _may_be(phone: Phone, *, lost: bool) -> set[str]:
    """The states that are right now, and those that were a moment ago."""
    if lost:
        return {"unreachable"}
    call, since = phone.calls[-1] if phone.calls else None, time.monotonic() - LAG_S
    idle, rings, talks = {"ready", "wrap-up", "paused"}, {"ringing", "ready"}, {"talking"}
    if call is None:
        return idle
    if call.ended_at:
        return idle if call.ended_at < since else idle | rings | talks
    if call.answered_at:
        return talks if call.answered_at < since else talks | rings | idle
    return rings if call.rang_at < since else rings | idle
