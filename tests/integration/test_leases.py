"""Leases on a real PostgreSQL: one holder at a time, taken over in time, given back at once, never held too long."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from prometheus_client import REGISTRY

from ccore.config import Database as Settings
from ccore.db import leases as module
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.leases import Leases, Terms
from ccore.db.pool import Database
from ccore.errors import LeaseLost
from tests.support.postgres import frozen, private_postgres
from tests.support.shop import migrated, sql, value, writes_held
from tests.support.waiting import until

SOON = Terms(ttl_s=5, renew_s=0.5, margin_s=2)  # a busy machine can be late by two seconds or more
NAME = "spool node1"


class Job:
    """Work that notes when it is done and by whose leave."""

    def __init__(self, leases: Leases, name: str = NAME) -> None:
        self.leases = leases
        self.name = name
        self.epochs: list[int] = []
        self.at_work = False
        self.last_beat = 0.0
        self._task: asyncio.Task[NoReturn] | None = None

    async def work(self, epoch: int) -> NoReturn:
        """Beat until it is cancelled."""
        self.epochs.append(epoch)
        self.at_work = True
        try:
            while True:
                self.last_beat = time.monotonic()
                await asyncio.sleep(0.01)
        finally:
            self.at_work = False

    @asynccontextmanager
    async def wanted(self) -> AsyncIterator["Job"]:
        """This ccore wants to do the job while the block runs."""
        self._task = asyncio.create_task(self.leases.hold(self.name, self.work))
        try:
            yield self
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Stop in good order."""
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


# Not the renewal, which waits for the same row.
TAKING_WAITS = """SELECT count(*) > 0 FROM pg_stat_activity
                  WHERE wait_event_type = 'Lock' AND query LIKE '%holder = ''other''%'"""


def job(database: Database, holder: str, terms: Terms = SOON) -> Job:
    """A ccore of this name, as far as leases go."""
    return Job(Leases(database, holder, terms))


async def expire(dsn: str) -> None:
    """Another ccore has waited until the lease ran out, and has it now."""
    await sql(dsn, "UPDATE leases SET epoch = epoch + 1, holder = 'other', life = 'x', expires_at = now() + '1 hour'")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease is given back also where PostgreSQL takes long."""
    monkeypatch.setattr(module, "RELEASE_LIMIT_S", 30.0)


def at_work(one: Job) -> Callable[[], bool]:
    return lambda: one.at_work


async def test_one_works_and_the_other_waits_and_says_so(database: Database) -> None:
    async with job(database, "a").wanted() as first:
        await until(at_work(first))
        async with job(database, "b").wanted() as second:
            await asyncio.sleep(SOON.ttl_s + 1)
            assert (first.epochs, second.epochs) == ([1], [])  # it is renewed
            assert second.leases.health() == {"instance": "b", "held": {}, "elsewhere": {NAME: "a"}, "awaited": []}
            assert first.leases.health()["held"] == {NAME: 1}
            assert (first.leases.sure(NAME), second.leases.sure(NAME)) == (True, False)


async def test_a_lease_given_back_is_taken_within_a_look(database: Database, patience: None) -> None:
    async with job(database, "a").wanted() as first:
        await until(at_work(first))
        standby = job(database, "b")
        async with standby.wanted():
            await asyncio.sleep(0.2)
            await first.stop()
            began = time.monotonic()
            await until(at_work(standby))
            assert time.monotonic() - began < SOON.ttl_s - SOON.renew_s  # sooner than the lease would have run out
    assert (first.epochs, standby.epochs) == ([1], [2])


async def test_leases_are_held_one_by_one(database: Database) -> None:
    leases = Leases(database, "a", SOON)
    async with Job(leases, "one").wanted() as one, Job(leases, "two").wanted() as two:
        await until(lambda: one.at_work and two.at_work)
        assert leases.held == {"one": 1, "two": 1}


async def test_what_another_took_is_left_at_once_and_counted(database: Database, dsn: str) -> None:
    labels = {"name": NAME, "reason": "taken"}
    before = REGISTRY.get_sample_value("ccore_lease_losses_total", labels) or 0
    async with job(database, "a").wanted() as mine:
        await until(at_work(mine))
        await expire(dsn)
        await until(lambda: not mine.at_work)
        await until(lambda: mine.leases.health()["elsewhere"] == {NAME: "other"})
        await asyncio.sleep(1)
        assert mine.epochs == [1]
        await sql(dsn, "UPDATE leases SET expires_at = now() + '1 second'")
        await until(at_work(mine))
        assert mine.epochs == [1, 3]
    assert REGISTRY.get_sample_value("ccore_lease_losses_total", labels) == before + 1


async def test_the_next_life_of_the_same_ccore_does_not_wait(database: Database, dsn: str) -> None:
    await sql(dsn, "INSERT INTO leases VALUES ($1, 7, 'a', 'killed', now(), now() + '1 hour')", NAME)
    async with job(database, "b").wanted() as other, job(database, "a").wanted() as mine:
        began = time.monotonic()
        await until(at_work(mine))
        assert time.monotonic() - began < SOON.ttl_s
        assert (mine.epochs, other.epochs) == ([8], [])


async def test_two_of_one_name_are_told_apart_and_said_to_be_wrong(database: Database) -> None:
    """A copied var directory: the second takes the work as its own, and the first neither fights nor keeps silent."""
    async with job(database, "a").wanted() as first:
        await until(at_work(first))
        async with job(database, "a").wanted() as copy:
            await until(at_work(copy))
            await until(lambda: not first.at_work)
            await until(lambda: "trouble" in first.leases.health())
            assert "another ccore on this database calls itself a too" in str(first.leases.health()["trouble"])
            await asyncio.sleep(SOON.ttl_s)
            assert (first.epochs, copy.epochs, copy.at_work) == ([1], [2], True)


async def test_an_error_of_the_work_ends_it_and_gives_the_lease_back(
    database: Database, dsn: str, patience: None
) -> None:
    async def fail(_epoch: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Leases(database, "a", SOON).hold(NAME, fail)
    assert await value(dsn, "SELECT expires_at <= now() FROM leases")


async def test_work_that_just_ends_is_a_mistake(database: Database) -> None:
    async def end(_epoch: int) -> None:
        return

    with pytest.raises(RuntimeError, match="ended by itself"):
        await Leases(database, "a", SOON).hold(NAME, end)


async def test_a_fence_lets_no_change_of_an_older_epoch_through(database: Database, dsn: str) -> None:
    leases = Leases(database, "a", SOON)
    async with Job(leases).wanted() as mine:
        await until(at_work(mine))
        async with database.transaction() as transaction:
            await leases.fence(transaction, NAME, mine.epochs[-1])
            taking = asyncio.create_task(expire(dsn))
            await until(partial(value, dsn, TAKING_WAITS))
            assert not taking.done()  # a take-over waits for the commit
        await taking
        with pytest.raises(LeaseLost):
            async with database.transaction() as transaction:
                await leases.fence(transaction, NAME, 1)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    async with private_postgres() as server:
        yield server


async def test_while_postgresql_is_away_work_stops_before_the_lease_ends_and_goes_on_after(
    server: EmbeddedPostgres,
) -> None:
    database = await migrated(server.dsn)
    async with job(database, "a").wanted() as mine:
        await until(at_work(mine))
        with frozen(server):
            began = time.monotonic()
            await until(lambda: not mine.at_work)
            stopped_after = time.monotonic() - began
            assert not mine.leases.sure(NAME)
            assert stopped_after < SOON.ttl_s  # counted from the last renewal, which was earlier
            await asyncio.sleep(1)
            assert mine.leases.health()["awaited"] == [NAME]
        await until(at_work(mine))
        assert mine.epochs[0] == 1 < mine.epochs[-1]
    await database.close()


async def test_a_renewal_that_hangs_for_a_while_does_not_stop_the_work(database: Database, dsn: str) -> None:
    """It is given up and sent again within the lease's time."""
    async with job(database, "a", Terms(ttl_s=5, renew_s=0.4, margin_s=1)).wanted() as mine:
        await until(at_work(mine))
        async with writes_held(dsn, "leases"):
            await asyncio.sleep(1.2)
        await asyncio.sleep(3.5)
        assert (mine.epochs, mine.at_work) == ([1], True)


async def test_a_renewal_that_hangs_for_too_long_does_not_keep_the_work_going(database: Database, dsn: str) -> None:
    terms = Terms(ttl_s=15, renew_s=4.5, margin_s=9)
    async with job(database, "a", terms).wanted() as mine:
        await until(at_work(mine))
        async with writes_held(dsn, "leases"):
            began = time.monotonic()
            await until(lambda: not mine.at_work)
            # The statement that was sent after 4.5 s would be given up after 9 s; the work must end after 6 s.
            assert time.monotonic() - began < 8.5


SLOW_STATEMENT_S = 0.4

LEADER = """
import asyncio, sys
from pathlib import Path
import uvloop
from ccore import log
from ccore.config import Database as Settings
from ccore.db.leases import Leases, Terms
from ccore.db.pool import Database
from ccore.db.queries import Query, load
from ccore.shipped import shipped

SLOW = Query("slow", "SELECT pg_sleep(0.4)", Path("slow.sql"), 1)

async def main(dsn, file):
    log.configure("json", "critical")
    database = Database(dsn, Settings(), load(shipped("sql") / "queries") | {"slow": SLOW})
    await database.open()
    leases = Leases(database, "frozen", Terms(ttl_s=5, renew_s=0.5, margin_s=2))

    async def work(epoch):
        while True:
            await database.fetch_value("slow")
            with open(file, "a") as out:
                out.write("a step\\n")

    await leases.hold("spool node1", work)

uvloop.run(main(*sys.argv[1:])) if sys.argv.pop() == "uvloop" else asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
async def test_a_leader_that_has_stood_still_does_nothing_more_as_leader(
    database: Database, dsn: str, tmp_path: Path, loop: str
) -> None:
    """Not even what it had asked PostgreSQL for, and finds answered when it goes on."""
    done = tmp_path / "done"
    leader = await asyncio.create_subprocess_exec(sys.executable, "-c", LEADER, dsn, str(done), loop)
    try:
        await until(done.exists)
        async with job(database, "standby").wanted() as standby:
            steps = len(done.read_text().splitlines())
            await until(lambda: len(done.read_text().splitlines()) > steps)
            await asyncio.sleep(SLOW_STATEMENT_S / 2)  # it waits for PostgreSQL's answer now
            leader.send_signal(signal.SIGSTOP)
            await until(lambda: Path(f"/proc/{leader.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
            steps = len(done.read_text().splitlines())
            await until(at_work(standby))
            leader.send_signal(signal.SIGCONT)
            await asyncio.sleep(2 * SLOW_STATEMENT_S)
            assert standby.at_work
            assert len(done.read_text().splitlines()) == steps
    finally:
        leader.kill()
        await leader.wait()


async def test_sure_is_not_fooled_by_a_loop_that_stood_still(database: Database) -> None:
    leases = Leases(database, "a", SOON)
    said = []

    async def work(_epoch: int) -> None:
        said.append(leases.sure(NAME))
        time.sleep(SOON.ttl_s)  # noqa: ASYNC251 - the fault itself: no timer of this process can run meanwhile
        said.append(leases.sure(NAME))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await leases.hold(NAME, work)
    assert said == [True, False]


def test_the_terms_hold_the_promise_of_ten_seconds() -> None:
    terms = Terms()
    assert terms.renew_s + terms.margin_s < terms.ttl_s  # a leader has several tries before it stops
    assert terms.ttl_s + Settings().acquire_timeout_s < 10
