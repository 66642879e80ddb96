"""Predictive dialling on a real Asterisk: it calls ahead of its agents, and comes to what the simulator foretold."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

from ccore.dialer.simulation.lengths import Length
from tests.support.ahead import LIMIT_PERCENT, Worked, World, by_log, by_telephones, cpu_s, talks
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import Desk
from tests.support.calling_out import QUEUE, CallingOut, calling_out
from tests.support.commands import Run, running
from tests.support.far_end import exchange
from tests.support.prompts import CUT_BYTES
from tests.support.waiting import beside, until

FULL = os.environ.get("CCORE_FULL") == "1"
SECONDS = float(os.environ.get("CCORE_PREDICTIVE_S", "1800"))  # of the whole figure; for a shorter try
WORLD = (
    World(
        agents=40, channels=120, seconds=SECONDS, answered=30, busy=14, invalid=7, ring_s=20,
        rings=Length(median_s=6, spread=0.5), talk=Length(mean_s=20, spread=0.6, most_s=180), wrap_up_s=5,
    )
    if FULL
    else World(
        agents=12, channels=30, seconds=15, answered=40, busy=25, invalid=15, ring_s=15,
        rings=Length(median_s=2, spread=0.4), talk=Length(mean_s=2.5, spread=0.6, most_s=8), wrap_up_s=1,
    )
)  # fmt: skip
CAMPAIGN = "ahead"
DESKS = [Desk(str(1001 + number), str(2001 + number), {}) for number in range(WORLD.agents)]
QUEUES = {
    QUEUE: f"wants = {{}}\nring_s = 20\nwrap_up_s = {WORLD.wrap_up_s}\nwrap_up_most_s = 60\n"
    "[comfort]\nposition = false\nexpected_wait = false\n[offer]\nkeys = { 2 = 'voicemail' }\n"
}
PAUSE = "meeting"
GRACE_S = 2.0
TOO_SOON_S = 1.0  # as app_queue may be: campaign-answered.conf
MESSAGE_S = CUT_BYTES / 8000  # of the sorry, as tests have it
AS_FORETOLD = 0.03  # the utilisation, less or more
RESTS_H = 72
# Congestion: the trunk's own count has refused a call, in a moment in which one that ends and one that begins were in
# it both; lost: the gate's answer was late, as it may be on a machine that is too busy. Nothing was dialled then.
UNDIALLED = {"refused", "congestion", "lost", "not-sent"}
USUAL = {"talked", "abandoned", "no-answer", "busy", "invalid", "cancelled"} | UNDIALLED


@dataclass
class Ran:
    """The campaign that runs, and those it has called."""

    out: CallingOut
    ccore: Run

    def talked(self) -> Counter[str]:
        """The numbers that agents' telephones have taken calls of, and how often."""
        calls = (call for phone in self.out.centre.phones.values() for call in phone.calls)
        return Counter(call.caller[-11:] for call in calls if call.answered_at)

    def answered(self) -> set[str]:
        """The numbers that have answered, at the far end."""
        return {each.number[-11:] for each in self.out.far.saw("answered")}

    def abandoned(self) -> set[str]:
        """Of them, those whom no agent has talked with."""
        return self.answered() - self.talked().keys()


@pytest.fixture(scope="module")
async def out(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path) -> AsyncIterator[CallingOut]:
    directory = tmp_path_factory.mktemp("predictive")
    campaigns = {CAMPAIGN: WORLD.campaign("people", "again")}
    async with (
        exchange(WORLD.channels, WORLD.table()) as far,
        calling_out(directory, far, campaigns, DESKS, WORLD.channels, QUEUES, f"[pause.{PAUSE}]\n") as built,
    ):
        yield built


@pytest.mark.figures
@pytest.mark.timeout(3600 if FULL else 360)
async def test_it_calls_ahead_and_comes_to_what_was_foretold(
    out: CallingOut, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCORE_DATABASE_DSN", out.site.postgres.dsn)
    ran, chance = Ran(out, running(out.site.config, capsys)), random.Random(20261122)
    foretold = await WORLD.predicted(tmp_path, ran.ccore)
    await out.site.rows("INSERT INTO contact_lists (list, made_by) VALUES ('people', 'test'), ('again', 'test')")
    await out.contacts("people", WORLD.numbers(round(7 * WORLD.seconds) + 200, "139", chance))
    async with AsyncExitStack() as stack:
        for phone in out.centre.phones.values():
            phone.answers_after_s = 0.0
            await stack.enter_async_context(beside(talks(phone, WORLD.talk, random.Random(chance.random()))))
        await stack.enter_async_context(beside(_stay(out)))
        by_phones, by_ccore, load = await _dial(ran)
        await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0, 300)
        with capsys.disabled():
            print(await _told(ran, foretold, by_phones, by_ccore, load))
        await _nobody_is_there_for_a_moment(ran)
        await _all_is_over(ran)
    await _it_has_called_ahead(ran)
    await _who_was_abandoned_was_told_so_and_rests(ran)
    if FULL:
        assert abs(by_phones.utilisation - foretold["utilisation"]) <= AS_FORETOLD
        assert abs(by_ccore.utilisation - foretold["utilisation"]) <= AS_FORETOLD
        assert await _abandonment(out) <= LIMIT_PERCENT / 100
    await until_no_channels(out.site.node)
    out.site.assert_log_is_clean()


async def _dial(ran: Ran) -> tuple[Worked, Worked, str]:
    """Have it dial for so long; what agents did meanwhile, by their telephones and by ccore, and how busy all was."""
    out, began, busy_s = ran.out, time.time(), cpu_s()
    await out.set(CAMPAIGN, "running")
    await asyncio.sleep(WORLD.seconds)
    span = began, time.time()
    load = f"{(cpu_s() - busy_s) / WORLD.seconds:.2f} processors busy, load {os.getloadavg()[0]:.1f}"
    await _it_explains_itself(ran)
    await out.set(CAMPAIGN, "draining")
    rows = await out.site.rows(
        "SELECT agent, extract(epoch FROM at)::float8 AS at_s, state FROM presence_log ORDER BY log_id"
    )
    by_phones = by_telephones(out.centre.phones.values(), span, WORLD.wrap_up_s)
    return by_phones, by_log(map(dict, rows), span, WORLD.wrap_up_s), load


async def _nobody_is_there_for_a_moment(ran: Ran) -> None:
    """All agents leave while it rings somewhere: somebody answers, and has nobody to talk with."""
    out, tries = ran.out, 0
    while not ran.abandoned() and not FULL:
        tries += 1
        assert tries < 20
        await out.set(CAMPAIGN, "running")
        await out.site.until("SELECT count(*) >= 8 FROM attempts WHERE state = 'ringing'", True, 60)
        for desk in DESKS:
            await out.centre.ask("POST", f"/api/v1/agents/{desk.agent}/pause", {"reason": PAUSE})
        await out.set(CAMPAIGN, "draining")
        await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0, 90)
        for desk in DESKS:
            await out.centre.ask("POST", f"/api/v1/agents/{desk.agent}/resume", {})


async def _all_is_over(ran: Ran) -> None:
    await ran.out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0, 120)
    outcomes = await ran.out.outcomes()
    assert outcomes.keys() <= USUAL, outcomes
    assert (outcomes["talked"], outcomes["abandoned"]) == (len(ran.talked()), len(ran.abandoned()))


async def _nobody_was_called_twice(ran: Ran) -> None:
    out = ran.out
    times = {number[-11:]: len(each) for number, each in out.far.invites().items()}
    assert {number: count for number, count in times.items() if count > 1} == {}
    rows = await out.site.rows("SELECT substr(number, 4) AS number, outcome FROM attempts")
    assert times.keys() <= {row["number"] for row in rows if row["outcome"] not in UNDIALLED}
    assert {number: count for number, count in ran.talked().items() if count > 1} == {}
    assert out.far.most_wanted <= WORLD.channels
    steps = "claimed_at <= dialled_at AND dialled_at <= answered_at AND answered_at <= connected_at"
    assert await out.site.value(f"SELECT bool_and({steps}) FROM attempts WHERE outcome = 'talked'")


async def _it_has_called_ahead(ran: Ran) -> None:
    """Of every decision that called somebody it is written down how many agents were free, and what was out before."""
    rows = await ran.out.site.rows(
        "SELECT began, (why ->> 'idle')::int AS idle, (why ->> 'outstanding')::int AS outstanding FROM pacing_log"
    )
    assert max(row["began"] + row["outstanding"] - row["idle"] for row in rows) > 0


async def _it_explains_itself(ran: Ran) -> None:
    """While it dials: that it does, and does not fall back to one call for each free agent."""
    code, said = await ran.ccore("explain", "campaign", CAMPAIGN)
    assert code == 0
    assert any("it dials: " in line for line in said), said
    assert not any("least_agents" in line for line in said), said


async def _who_was_abandoned_was_told_so_and_rests(ran: Ran) -> None:
    """They were hung up on when the message was over; and whatever list they are in, it is not yet their turn."""
    out, abandoned = ran.out, ran.abandoned()
    answered = {each.number[-11:]: each.at for each in out.far.saw("answered")}
    await until(lambda: abandoned <= {each.number[-11:] for each in out.far.saw("let-go")})
    let_go = {each.number[-11:]: each.at for each in out.far.saw("let-go")}
    for number in abandoned:
        assert let_go[number] - answered[number] >= GRACE_S - TOO_SOON_S + MESSAGE_S
    await out.contacts("again", sorted(abandoned))
    await out.set(CAMPAIGN, "running")
    rests = f"SELECT count(*) FROM contacts WHERE list = 'again' AND next_at > now() + interval '{RESTS_H - 1} h'"
    if abandoned:
        await out.site.until(rests, len(abandoned), 60)
        code, said = await ran.ccore("explain", "number", f"+86{min(abandoned)}")
        assert code == 0
        assert any(f"abandoned less than {RESTS_H} h ago" in line for line in said), said
    await out.set(CAMPAIGN, "stopped")
    await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0, 120)
    await _nobody_was_called_twice(ran)


async def _told(ran: Ran, foretold: Mapping[str, Any], by_phones: Worked, by_ccore: Worked, load: str) -> str:
    """The figures."""
    out, answered, abandoned, outcomes = ran.out, ran.answered(), ran.abandoned(), await ran.out.outcomes()
    runs, attempts = foretold["runs"], sum(outcomes.values())
    means = {name: sum(run[name] for run in runs) / len(runs) for name in runs[0] if runs[0][name] is not None}
    return (
        f"\n{WORLD.agents} agents, {WORLD.channels} channels, {WORLD.seconds:.0f} s: utilisation"
        f" {by_phones.utilisation:.1%} by the telephones, {by_ccore.utilisation:.1%} by ccore, foretold"
        f" {foretold['utilisation']:.1%} ({min(run['utilisation'] for run in runs):.1%} to"
        f" {max(run['utilisation'] for run in runs):.1%})\nabandonment {await _abandonment(out):.2%}, at the far end"
        f" {len(abandoned)} of {len(answered)}, foretold {foretold['abandonment']:.2%} (worst"
        f" {foretold['worst_abandonment']:.2%})\nattempts {attempts}, foretold {means['attempts']:.0f}; hung up"
        f" {outcomes.get('cancelled', 0)}, foretold {means['cancelled']:.0f}; answered {len(answered)}, foretold"
        f" {means['answered']:.0f}; most at once {out.far.most_at_once}, foretold {means['most_channels']:.0f}"
        f"\n{dict(outcomes)}\n{load}; {await _waits(out)}"
    )


async def _abandonment(out: CallingOut) -> float:
    """Of those whom it called while it ran, and who answered."""
    value = await out.site.value(
        "SELECT (count(*) FILTER (WHERE outcome = 'abandoned'))::float8 / greatest(count(*), 1) FROM attempts"
        " WHERE answered_at IS NOT NULL AND claimed_at <"
        " (SELECT min(claimed_at) FROM attempts) + make_interval(secs => $1)",
        WORLD.seconds,
    )
    assert isinstance(value, float)
    return value


async def _waits(out: CallingOut) -> str:
    """How long each step took: half of the times, and nineteen of twenty."""
    steps = {
        "claimed to dialled": ("claimed_at", "dialled_at"), "dialled to ringing": ("dialled_at", "rang_at"),
        "answered to connected": ("answered_at", "connected_at"),
    }  # fmt: skip
    found = []
    for name, (since, to) in steps.items():
        rows = await out.site.rows(
            f"SELECT extract(epoch FROM {to} - {since})::float8 AS s FROM attempts WHERE {to} > {since}"
        )
        parts = quantiles([row["s"] for row in rows], n=20)
        found.append(f"{name} {parts[9]:.3f} s, p95 {parts[18]:.3f} s")
    return "; ".join(found)


async def _stay(out: CallingOut) -> None:
    """The agents' telephones say again that they are there, as telephones do."""
    while True:
        await asyncio.sleep(100)
        for phone in out.centre.phones.values():
            assert await phone.register() == 200
