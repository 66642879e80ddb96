"""Campaigns on a real Asterisk with a far end: whom they call, how often, and who talks with whom.

Counted where it counts, at the far end: no number is called twice for one attempt, whichever of two ccores is killed,
frozen or cut off from Asterisk meanwhile; nobody is called outside the hours, on the list of do-not-call, or too often.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.asterisk import until_no_channels
from tests.support.call_centre import Desk
from tests.support.calling_out import BUSY, NOBODY, SLOW, campaign, table
from tests.support.far_end import Far, exchange
from tests.support.two_dial import TwoDial, two_dial
from tests.wire.agi_asterisk import calling, headers

FULL = os.environ.get("CCORE_FULL") == "1"
DESKS = [Desk(f"100{number}", f"200{number}", {}) for number in (1, 2, 3)]
NUMBERS = [f"138000000{number:02}" for number in range(20) if number % 10 != 8]  # …5 are busy, …9 do not exist
RINGING = [f"13700000{number:02}8" for number in range(6)]
# So many are called that nobody answers: the agents are free all the time.
STORM = [f"136{number:06}{last}" for number in range(5000 if FULL else 50) for last in (5, 9)]
BARRED_MEANWHILE = [number for number in STORM if int(number[-4:-1]) % 10 == 3]
# More than are called until the drain, however long that takes to begin.
DRAINED = [f"13400000{number:03}" for number in range(400) if number % 10 < 5]
FAR_AWAY = [f"135000000{number:02}" for number in range(10)]  # where it is night
ASKING = (  # of an attempt that there is not
    headers()
    .replace(b"one_dial_order", b"campaign")
    .replace(b"agi_arg_1: 1008610001\n", b"agi_arg_1: may-dial\n")
    .replace(b"agi_arg_2: +8613800138000\n", b"agi_arg_2: 999999999\nagi_arg_3: node1\n")
)
DRAINS_S = 2.0  # a decision is made at least each half second

EAGER = {
    "mode": "ratio", "pacing": {"ratio": 5.0, "least_agents": 1, "most_calls_per_s": 30, "abandonment_percent": 10.0}
}  # fmt: skip
CAMPAIGNS = {
    "spring": campaign("people"),
    "ringing": campaign("ringing"),
    "drained": campaign("drained"),
    "storm": campaign("storm", hours="now", attempts={"per_day": 1}, **EAGER),
    "other": campaign("storm-too", hours="now", attempts={"per_day": 1}, **EAGER),
}


def now_in_china() -> str:
    """Hours that are open now by China's clock, and closed by New York's."""
    here = datetime.now(UTC) + timedelta(hours=8)
    first, last = ((here + timedelta(hours=hours)).strftime("%H:%M") for hours in (-3, 3))
    return "[hours.now]\n" + "".join(f'{day} = ["{first}-{last}"]\n' for day in ("workdays", "weekends", "holidays"))


@pytest.fixture(scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path) -> AsyncIterator[TwoDial]:
    directory = tmp_path_factory.mktemp("dialling")
    async with (
        exchange(table=table(d5=BUSY, d8=SLOW, d9=NOBODY)) as far,
        two_dial(directory, far, CAMPAIGNS, DESKS, now_in_china()) as built,
    ):
        yield built


async def test_everybody_is_called_once_and_who_answers_talks_with_an_agent(both: TwoDial) -> None:
    out = both.out
    await out.contacts("people", NUMBERS)
    await out.set("spring", "running")
    await out.site.until("SELECT count(*) FROM attempts WHERE state = 'over'", 18, 60)
    await out.set("spring", "stopped")
    assert await out.outcomes() == {"talked": 14, "busy": 2, "invalid": 2}
    assert called(out.far) == dict.fromkeys(NUMBERS, 1)
    agents = {row["agent"] for row in await out.site.rows("SELECT agent FROM attempts WHERE outcome = 'talked'")}
    assert agents == {desk.agent for desk in DESKS}
    states = await out.site.rows("SELECT state, last_outcome, count(*) AS times FROM contacts GROUP BY 1, 2")
    assert {(row["state"], row["last_outcome"]): row["times"] for row in states} == {
        ("done", "talked"): 14, ("open", "busy"): 2, ("done", "invalid"): 2,
    }  # fmt: skip
    steps = "claimed_at <= dialled_at AND dialled_at <= answered_at AND answered_at <= connected_at"
    assert await out.site.value(f"SELECT bool_and({steps}) FROM attempts WHERE outcome = 'talked'")
    await until_no_channels(out.site.node)


async def test_a_stop_ends_the_ringing_and_nobody_is_called_after_it(both: TwoDial) -> None:
    out = both.out
    await out.contacts("ringing", RINGING)
    await out.set("ringing", "running")
    await out.far.until("invited", len(NUMBERS) + len(DESKS))
    await out.site.until("SELECT count(*) FROM attempts WHERE state = 'ringing'", len(DESKS))
    await out.set("ringing", "stopped")
    stopped_at = await out.site.value("SELECT clock_timestamp()")
    await out.far.until("cancelled", len(DESKS))
    assert isinstance(stopped_at, datetime)
    cancelled_s = max(each.at for each in out.far.saw("cancelled")) - stopped_at.timestamp()
    print(f"a stop ended the ringing after {cancelled_s:.2f} s")
    assert cancelled_s < (1.0 if FULL else 20.0)  # or it would ring for 30 s
    await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0)
    assert await out.site.value(f"SELECT count(*) FROM attempts WHERE dialled_at > '{stopped_at}'") == 0
    rows = await out.site.rows("SELECT DISTINCT outcome FROM attempts WHERE campaign = 'ringing'")
    assert [row["outcome"] for row in rows] == ["cancelled"]
    assert sum(called(out.far)[number] for number in RINGING if number in called(out.far)) == len(DESKS)
    await until_no_channels(out.site.node)


async def test_in_a_drain_nobody_new_is_called_until_another_ccore_goes_on(both: TwoDial) -> None:
    """The one that drains keeps its lease while a call is in session, and has free agents and contacts before it."""
    out = both.out
    await out.contacts("drained", DRAINED)
    await out.set("drained", "running")
    await out.site.until("SELECT count(*) >= 3 FROM attempts WHERE campaign = 'drained' AND outcome = 'talked'", True)
    drains = await both.leader()
    async with calling(drains.config.agi.port, ASKING) as caller:
        assert await caller.hear()  # the call's session waits for an answer
        assert drains.ccore is not None
        drains.ccore.send_signal(signal.SIGTERM)
        while await drains.ready():
            await asyncio.sleep(0.05)
        drained_at = await out.site.value("SELECT clock_timestamp()")
        await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0)
        await asyncio.sleep(DRAINS_S)
        assert await out.site.value("SELECT holder FROM leases WHERE name = 'dialler'") == drains.config.instance
        assert await out.site.value(f"SELECT count(*) FROM attempts WHERE claimed_at > '{drained_at}'") == 0
        assert await out.site.value("SELECT count(*) FROM contacts WHERE list = 'drained' AND state = 'open'")
        assert drains.ccore.returncode is None
    await drains.ccore.wait()
    await out.site.until(f"SELECT count(*) > 0 FROM attempts WHERE claimed_at > '{drained_at}'", True)
    await out.set("drained", "stopped")
    await drains.start_ccore()
    await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0)
    await until_no_channels(out.site.node)


@pytest.mark.timeout(3600 if FULL else 300)
async def test_no_fault_makes_a_number_be_called_twice_or_against_a_limit(both: TwoDial) -> None:
    """Every number is in two lists of two campaigns, and may be called once a day."""
    out = both.out
    await out.contacts("storm", STORM)
    await out.contacts("storm-too", STORM)
    await out.contacts("storm", FAR_AWAY, zone="America/New_York")
    for name in ("storm", "other"):
        await out.set(name, "running")
    faults = asyncio.create_task(_faults(both, random.Random(6)))
    staying = asyncio.create_task(_stay(both))
    await out.site.until(
        "SELECT count(*) >= 20 FROM attempts WHERE list LIKE 'storm%' AND dialled_at IS NOT NULL", True, 60
    )
    await out.site.rows(
        "INSERT INTO do_not_call (number, made_by) SELECT '+86' || n, 't' FROM unnest($1::text[]) n", BARRED_MEANWHILE
    )
    barred_at = await out.site.value("SELECT clock_timestamp()")
    left = (
        "SELECT count(*) FROM contacts c WHERE list LIKE 'storm%' AND zone LIKE 'Asia%' AND NOT is_barred(number)"
        " AND NOT EXISTS (SELECT FROM attempts a WHERE a.number = c.number AND a.dialled_at IS NOT NULL)"
    )
    await out.site.until(left, 0, 3000 if FULL else 150)
    faults.cancel()
    staying.cancel()
    await asyncio.wait([faults, staying])
    assert faults.cancelled() or faults.exception() is None, faults.exception()
    await out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0, 150)
    seen = called(out.far)
    rows = await out.site.rows(
        "SELECT substr(number, 4) AS number, count(*) AS times, max(dialled_at) AS at FROM attempts"
        " WHERE list LIKE 'storm%' AND dialled_at IS NOT NULL GROUP BY 1"
    )
    allowed = {row["number"]: row["times"] for row in rows}
    assert set(allowed.values()) == {1}, "over the limit of a day"
    assert {number: times for number, times in seen.items() if times > 1} == {}, "called twice"
    assert not [number for number in STORM if number in seen and number not in allowed], "called and not known"
    assert not set(FAR_AWAY) & seen.keys(), "outside the hours"
    barred = set(BARRED_MEANWHILE)
    assert not [row for row in rows if row["number"] in barred and row["at"] > barred_at], "on the list of do-not-call"
    reached = sum(number in seen for number in allowed) / len(allowed)
    print(f"{len(STORM)} numbers, {len(allowed)} allowed once, {reached:.1%} of them came to the far end")
    assert reached > 0.9
    await until_no_channels(out.site.node)
    out.site.assert_log_is_clean()
    both.second.assert_log_is_clean()


async def _faults(both: TwoDial, chance: random.Random) -> None:
    """One after the other, at whoever dials; at full scale again and again, and long enough for the other to go on."""
    longest_s, rest_s = (12.0, 10.0) if FULL else (1.5, 1.0)
    for _ in range(1000 if FULL else 1):
        for fault in ("cut", "freeze", "black hole", "kill"):
            leader = await both.leader(60.0)
            match fault:
                case "cut":
                    both.wire(leader).reset()
                case "freeze":
                    await both.freeze(leader, chance.uniform(1.0, longest_s))
                case "black hole":
                    await both.black_hole(leader, chance.uniform(1.0, longest_s))
                case "kill":
                    await both.kill(leader)
            await asyncio.sleep(chance.uniform(1, 2) * rest_s)


async def _stay(both: TwoDial) -> None:
    """The agents' telephones say again that they are there, as telephones do."""
    while True:
        await asyncio.sleep(100)
        for phone in both.out.centre.phones.values():
            assert await phone.register() == 200


def called(far: Far) -> dict[str, int]:
    """How often each number was called, as the far end counts."""
    return {number[-11:]: len(times) for number, times in far.invites().items()}
