"""Two ccores, one PostgreSQL, one Asterisk: the leader fails amid 20 calls a second, and the other does its work.

What only one may do (taking in the spool, reading the call records) passes to the other within 10 s, and nothing is
lost or doubled, whether the old leader is gone for good or comes back and believes for a moment that it leads.
"""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from pathlib import Path

import pytest

from ccore.clock import utc_now
from ccore.db.leases import Terms
from tests.acceptance.test_faults import told_callers
from tests.support import sip
from tests.support.asterisk import NODE, records, until_told
from tests.support.command import Process, lonely_home
from tests.support.pair import JOBS, Pair, leases, logged, pair
from tests.support.shop import books, value
from tests.support.site import Site, subscribers
from tests.support.waiting import until

RATE = 20
CALLS = 220  # 11 s of calls: before, through and after the take-over
FAULT_AFTER_S = 2.0
MOST_TAKE_OVER_S = 10.0
CODE = "1008610001"
LATE_CALLER = "13999999999"
ORDERED = {"ccore/order-placed", "ccore/order-received"}  # the prompts after which a customer expects the product

Step = Callable[[Pair], Awaitable[None]]


@pytest.fixture
async def both(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Pair]:
    """A pair of the test's own."""
    async with pair(tmp_path) as built:
        yield built
        built.first.assert_log_is_clean()
        built.second.assert_log_is_clean()


async def kill(both: Pair) -> None:
    """kill -9 of the leader."""
    await both.first.signal_ccore(signal.SIGKILL)


async def start_again(both: Pair) -> None:
    """systemd's restart."""
    await both.first.start_ccore()


async def freeze(both: Pair) -> None:
    """The leader stands still, its connections stay open."""
    assert both.first.ccore is not None
    both.first.ccore.send_signal(signal.SIGSTOP)


async def thaw(both: Pair) -> None:
    """The leader goes on where it was."""
    assert both.first.ccore is not None
    both.first.ccore.send_signal(signal.SIGCONT)


async def drop(both: Pair) -> None:
    """Not a byte passes between the leader and PostgreSQL; both connections stay open."""
    both.wire.hold()


async def join(both: Pair) -> None:
    """What the leader had sent reaches PostgreSQL now, late."""
    both.wire.release()


@pytest.mark.figures
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("fail", "heal"), [(kill, start_again), (freeze, thaw), (drop, join)])
async def test_the_other_takes_over_and_nothing_is_lost_or_doubled(both: Pair, fail: Step, heal: Step) -> None:
    before = await led_by_first(both)
    rows = [(caller, CODE) for caller in subscribers(CALLS)]
    placing = asyncio.create_task(sip.place(both.first.sip_port, rows, rate=RATE))
    await asyncio.sleep(FAULT_AFTER_S)
    await fail(both)
    failed_at = time.monotonic()
    write_down(both.first)
    took_s = await taken_over(both.second, before.keys())
    await both.second.until(f"SELECT count(*) FROM orders WHERE subscriber = '+86{LATE_CALLER}'", 1)
    order_s = time.monotonic() - failed_at
    print(
        f"{fail.__name__} of the leader: {', '.join(f'{job} taken over in {s:.1f} s' for job, s in took_s.items())}, "
        f"an order written down meanwhile is placed after {order_s:.1f} s"
    )
    assert max(took_s.values()) <= MOST_TAKE_OVER_S
    back_at = both.first.log.stat().st_size
    await heal(both)
    await both.first.until_ready()
    calls = await placing

    assert sum(call.code == 200 for call in calls) > CALLS * 0.9  # how long each waited is test_faults' business
    await until_told(both.first.node)
    await assert_orders(both.first, told_callers(both.first))
    await both.first.all_records_in()
    await both.first.until("SELECT count(*) FROM call_records WHERE state <> 'ended'", 0)
    assert await both.first.value("SELECT count(*) FROM call_records") == len(records(both.first.node, "cdr"))
    await assert_second_leads_alone(both, before, back_at)


async def test_with_a_standby_callers_do_not_notice_that_their_ccore_is_killed(
    asterisk_root: Path, tmp_path: Path
) -> None:
    async with pair(tmp_path, standby=True) as both:
        await led_by_first(both)
        await kill(both)
        calls = await sip.place(both.first.sip_port, [(caller, CODE) for caller in subscribers(60)], rate=RATE)
        waits = sorted(call.answered_ms or 0 for call in calls)
        await until_told(both.first.node)
        print(f"the first is gone, its standby answers: median {waits[30]:.0f} ms, slowest {waits[-1]:.0f} ms")
        assert Counter(told_callers(both.first).values()) == {"ccore/order-placed": 60}
        assert (await books(both.first.postgres.dsn)).orders == 60
        both.second.assert_log_is_clean()


async def has_all_its_work(run: Process) -> None:
    """Wait until no more leases are taken: one that is being taken when ccore stops is left to run out."""
    before = -1
    while (taken := (run.out + run.err).count("lease_taken")) != before:
        before = taken
        await asyncio.sleep(1)


@pytest.mark.parametrize(("end", "free"), [(signal.SIGTERM, True), (signal.SIGKILL, False)])
async def test_a_ccore_started_again_has_its_work_back_at_once(
    tmp_path: Path, dsn: str, end: signal.Signals, free: bool
) -> None:
    """Records and spool do not wait for a lease to run out; one that stops in good order leaves none behind."""
    home = lonely_home(tmp_path, dsn)
    async with home.started("run") as run:
        await run.says('"lease": "spool node1"')
        await has_all_its_work(run)
        await run.ended(end)
    assert await value(dsn, "SELECT bool_and(expires_at <= now()) FROM leases") is free
    async with home.started("run") as run:
        await run.says("daemon_started")
        began = time.monotonic()
        await run.says('"lease": "spool node1"')
        assert time.monotonic() - began < Terms().ttl_s - Terms().renew_s - 1
    assert await value(dsn, "SELECT epoch FROM leases WHERE name = 'spool node1'") == 2


async def led_by_first(both: Pair) -> dict[str, int]:
    """Wait until both know that the first holds every lease; their epochs."""
    began = time.monotonic()
    while True:
        held: dict[str, int] = (await leases(both.first))["held"]
        if JOBS <= held.keys() == (await leases(both.second))["elsewhere"].keys():
            return held
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.05)


def write_down(shop: Site) -> None:
    """An order in the spool, as the fallback on Asterisk's machine leaves it."""
    order = {
        "v": 1,
        "call_key": f"{NODE}!{NODE}-1.1",
        "dialled": CODE,
        "caller": LATE_CALLER,
        "called_at": utc_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    (shop.config.spool_dir(NODE) / "new" / "late").write_text(json.dumps(order) + "\n", encoding="ascii")


async def taken_over(standby: Site, jobs: Set[str]) -> dict[str, float]:
    """Wait until the standby holds every lease; the seconds each took."""
    began = time.monotonic()
    took_s: dict[str, float] = {}
    while took_s.keys() != jobs:
        assert time.monotonic() - began < 2 * MOST_TAKE_OVER_S, await leases(standby)
        for job in (await leases(standby))["held"]:
            took_s.setdefault(job, time.monotonic() - began)
        await asyncio.sleep(0.05)
    return took_s


async def assert_orders(shop: Site, told: dict[str, str]) -> None:
    """Whoever was told of an order has it, exactly one; those whom a busy machine sent on to people may have one."""
    await shop.until_spool_is_empty(NODE)
    assert not list((shop.config.spool_dir(NODE) / "bad").glob("*"))
    by_prompt = Counter(told.values())
    print(f"told: {dict(by_prompt)}")
    ordered = [row["subscriber"] for row in await shop.rows("SELECT subscriber FROM orders")]
    assert len(ordered) == len(set(ordered))
    assert {f"+86{caller}" for caller, prompt in told.items() if prompt in ORDERED} <= set(ordered)
    assert set(ordered) <= {f"+86{caller}" for caller in (*told, LATE_CALLER)}
    await books(shop.postgres.dsn)


async def assert_second_leads_alone(both: Pair, before: dict[str, int], back_at: int) -> None:
    """The one that came back does nothing as a leader, and each order of the spool was placed by one of them, once."""

    async def known() -> bool:
        """What each says of itself: one that is too busy to answer at once says nothing."""
        first, second = await leases(both.first), await leases(both.second)
        if first["held"] or first["elsewhere"].keys() != before.keys():
            return False
        return bool(second["held"] == {job: epoch + 1 for job, epoch in before.items()})

    await until(known)
    assert not [line for line in logged(both.first, "order_placed", back_at) if line["channel"] == "spool"]
    assert not logged(both.first, "call_log_opened", back_at)
    assert not logged(both.first, "lease_taken", back_at)
    placed = Counter(line["call_id"] for one in (both.first, both.second) for line in logged(one, "order_placed"))
    assert set(placed.values()) == {1}
    figures = await both.first.metrics()
    assert not [name for name in figures if name.startswith(("ccore_call_log_behind", "ccore_spool_waiting"))]
    assert {figures[f'ccore_leases_held{{name="{job}"}}'] for job in before} == {0}
