"""Orders that waited in a node's spool: each placed once, each answered, none lost, bad lines kept for people."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.model import Attempt, Outcome
from tests.support.postgres import private_postgres
from tests.support.shop import Books, books, call, migrated, open_shop, ordering_on, patient, sql, value
from tests.support.waiting import until

ONE_ORDER = Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)


def line_of(attempt: Attempt) -> bytes:
    """The line the fallback writes for a call."""
    order = {
        "v": 1,
        "call_key": attempt.call_key,
        "dialled": attempt.dialled,
        "caller": attempt.caller,
        "called_at": attempt.called_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return json.dumps(order).encode() + b"\n"


def put(spool: Path, name: str, *lines: bytes) -> None:
    """A file in the spool, as the fallback leaves it."""
    for folder in ("tmp", "new"):
        (spool / folder).mkdir(parents=True, exist_ok=True)
    (spool / "tmp" / name).write_bytes(b"".join(lines))
    (spool / "tmp" / name).rename(spool / "new" / name)


def left(spool: Path, folder: str = "new") -> list[str]:
    """The names in a folder of the spool."""
    return sorted(path.name for path in (spool / folder).iterdir())


async def test_a_line_becomes_an_order_of_its_call(database: Database, dsn: str, tmp_path: Path) -> None:
    made = call(at=utc_now() - timedelta(hours=1))
    put(tmp_path, "1", line_of(made))
    intake = SpoolIntake(await open_shop(database), {"node1": tmp_path})
    assert await intake.look("node1")
    assert await books(dsn) == ONE_ORDER
    [row] = await sql(dsn, "SELECT call_key, channel, called_at FROM orders")
    assert tuple(row) == (made.call_key, "spool", made.called_at)
    assert left(tmp_path) == []
    assert intake.waiting == 0


async def test_what_was_placed_by_the_call_itself_is_not_placed_again(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    """ccore placed the order, but too late to say so: the node wrote it down as well."""
    shop = await open_shop(database)
    made = call()
    await shop.place(made)
    put(tmp_path, "1", line_of(replace(made, called_at=made.called_at + timedelta(seconds=2))))
    await SpoolIntake(shop, {"node1": tmp_path}).look("node1")
    assert await books(dsn) == ONE_ORDER
    assert await value(dsn, "SELECT count(*) FROM outbox") == 1
    assert left(tmp_path) == []


@pytest.mark.parametrize("heard_by", ["the spool", "the call"])
async def test_a_caller_told_received_is_told_when_it_cannot_be(
    database: Database, dsn: str, tmp_path: Path, heard_by: str
) -> None:
    shop = await open_shop(database)
    made = call("1008610900")
    if heard_by == "the call":  # ccore refused it, but too late to say so
        assert await shop.place(made) is Outcome.CLAIM_ENDED
    for _ in range(2):  # the second time after a crash just before the file was deleted
        put(tmp_path, "1", line_of(made))
        await SpoolIntake(shop, {"node1": tmp_path}).look("node1")
    [row] = await sql(dsn, "SELECT kind, recipient, call_key, params, order_id FROM outbox")
    assert (row["kind"], row["recipient"]) == ("order-not-possible", "+8613812345678")
    assert (row["call_key"], row["order_id"]) == (made.call_key, None)
    assert json.loads(row["params"])["outcome"] == "claim-ended"
    assert (await books(dsn)).attempts == 1
    assert left(tmp_path) == []


async def test_a_caller_without_a_number_cannot_be_told(database: Database, dsn: str, tmp_path: Path) -> None:
    put(tmp_path, "1", line_of(call(caller="withheld")))
    await SpoolIntake(await open_shop(database), {"node1": tmp_path}).look("node1")
    assert await value(dsn, "SELECT outcome FROM order_attempts") == "caller-withheld"
    assert await value(dsn, "SELECT count(*) FROM outbox") == 0


async def test_bad_lines_are_set_aside_with_their_reasons_and_the_good_ones_placed(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    shop = await open_shop(database)
    taken = call(caller="13900000001")
    await shop.place(taken)
    other_numbers = line_of(call(caller="13900000002", key=taken.call_key))
    put(tmp_path, "1", b"\xff\n", line_of(call()), b'{"v": 1}\n', b"\n", other_numbers, b'{"v":1,"call_key":"node1!x"')
    await SpoolIntake(shop, {"node1": tmp_path}).look("node1")
    assert left(tmp_path) == []
    assert left(tmp_path, "bad") == ["1", "1.reason"]
    bad = (tmp_path / "bad" / "1").read_bytes()
    assert bad == b'\xff\n{"v": 1}\n' + other_numbers + b'{"v":1,"call_key":"node1!x"\n'
    reasons = (tmp_path / "bad" / "1.reason").read_text().splitlines()
    expected = ["not UTF-8", "exactly the keys", "other numbers", "not JSON"]
    assert len(reasons) == 4
    assert all(words in reason for words, reason in zip(expected, reasons, strict=True))
    assert (await books(dsn)).orders == 2


async def test_a_file_that_cannot_be_taken_in_stays_and_the_others_go_on(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    put(tmp_path, "1", b"no order\n")
    put(tmp_path, "2", line_of(call()))
    (tmp_path / "bad").touch()  # in the way: what is set aside has no place to go
    intake = SpoolIntake(await open_shop(database), {"node1": tmp_path})
    assert not await intake.look("node1")
    assert left(tmp_path) == ["1"]
    assert intake.waiting == 1
    assert (await books(dsn)).orders == 1


async def test_a_spool_that_is_not_there_yet_is_empty(database: Database, tmp_path: Path) -> None:
    assert await SpoolIntake(await open_shop(database), {"node1": tmp_path / "later"}).look("node1")


async def test_lines_wait_while_postgresql_is_away_and_are_placed_when_it_is_back(tmp_path: Path) -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        intake = SpoolIntake(await open_shop(database), {"node1": tmp_path / "1", "node2": tmp_path / "2"})
        await server.stop()
        await until(lambda: not database.up)
        async with watching(intake, "node1", "node2"):
            for n in range(10):
                put(tmp_path / str(1 + n % 2), f"{n}", line_of(call(caller=f"138{n:08}")))
            await until(lambda: intake.waiting == 10)
            await server.start()
            await until(lambda: intake.waiting == 0 and not left(tmp_path / "1") + left(tmp_path / "2"))
        assert (await books(server.dsn)).orders == 10
        await database.close()


async def test_an_intake_killed_at_any_moment_loses_and_doubles_nothing(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    await open_shop(database)
    dice = random.Random(11)
    good = [call(f"1008610{1 + n % 100:03}", f"138{n:08}", key=f"node1!{n}") for n in range(200)]
    bad = [f"no order {n}\n".encode() for n in range(50)]
    lines = [line_of(made) for made in good] + bad
    dice.shuffle(lines)
    while lines:
        size = dice.randint(1, 3)
        put(tmp_path, f"{len(lines):04}", *lines[:size])
        del lines[:size]
    while waiting := len(left(tmp_path)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.crash_intake", dsn, str(tmp_path)
        )
        goal = max(waiting - dice.randint(1, 40), 0)
        await until(lambda goal=goal: len(left(tmp_path)) <= goal, 60)
        await asyncio.sleep(dice.random() * 0.02)
        process.kill()
        await process.wait()
    assert await books(dsn) == Books(orders=200, ledger=200, messages=200, audit=200, attempts=200, placed=200)
    kept = [path.read_bytes() for path in (tmp_path / "bad").iterdir() if path.suffix != ".reason"]
    assert sorted(b"".join(kept).splitlines(keepends=True)) == sorted(bad)


async def test_an_order_by_call_and_its_line_at_the_same_moment_are_one_order(dsn: str, tmp_path: Path) -> None:
    async with patient(dsn) as database:
        shop = await open_shop(database)
        calls = [call(caller=f"138{n:08}") for n in range(50)]
        for n, made in enumerate(calls):
            put(tmp_path, f"{n:02}", line_of(made))
        intake = SpoolIntake(ordering_on(database), {"node1": tmp_path})  # a ccore of its own, as it were
        _, *outcomes = await asyncio.gather(intake.look("node1"), *map(shop.place, calls))
    assert set(outcomes) == {Outcome.PLACED}
    assert (await books(dsn)).orders == 50
    assert await value(dsn, "SELECT count(*) FROM outbox") == 50


@asynccontextmanager
async def watching(intake: SpoolIntake, *nodes: str) -> AsyncIterator[None]:
    """The intake of ``nodes`` running, as in the daemon."""
    tasks = [asyncio.create_task(intake.watch(node)) for node in nodes]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
