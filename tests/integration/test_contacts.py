"""Lists of contacts in PostgreSQL: what files become, what is said of their rows, and what counts after a crash."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from prometheus_client import REGISTRY

from ccore.db.pool import Database
from ccore.dialer.lists import uploading
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.contacts import Lists, Sought
from ccore.dialer.lists.sheet_model import Wanted
from ccore.dialer.lists.uploading import Uploading
from tests.support.contact_files import SITE, Desk, as_csv, as_xlsx, number, working
from tests.support.waiting import beside, until

WANG, LI = "+8613800138000", "+862088886666"


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "uploads")


@asynccontextmanager
async def held(dsn: str, table: str) -> AsyncIterator[None]:
    """Nobody may write to a table meanwhile."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def contacts(database: Database, to: str = "spring") -> list[tuple[object, ...]]:
    rows = await Lists(database).search(Sought(list=to), 200)
    return sorted((row["number"], row["name"], row["fields"], row["priority"], row["state"]) for row in rows)


async def staged(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM upload_rows")
        return count
    finally:
        await connection.close()


async def test_a_file_becomes_a_list(desk: Desk, database: Database, dsn: str) -> None:
    rows = [
        ("138 0013 8000", "王伟", 9, "12.50"),
        ("020-88886666", "李娜", "", ""),
        ("", "", "", ""),
        ("'+8613900000001", 'O\'Neil, "J"\\\n\t', "3", "=1+1"),
    ]
    ended = await desk.upload(as_csv(rows))
    assert (ended.state, ended.reason, ended.encoding) == ("done", "", "utf-8")
    assert ended.counts == {"rows": 3, "new": 3, "updated": 0, "duplicate": 0, "bad": 0, "said": {}}
    fields = {"balance": "balance"}
    assert ended.columns == {"number": "手机号", "name": "姓名", "priority": "优先级", "fields": fields, "left_out": []}
    assert await contacts(database) == [
        ("+8613800138000", "王伟", {"balance": "12.50"}, 9, "open"),
        ("+8613900000001", 'O\'Neil, "J"\\', {"balance": "=1+1"}, 3, "open"),
        ("+862088886666", "李娜", {}, 0, "open"),
    ]
    [row] = await Lists(database).listed()
    assert (row["list"], row["open"], row["due"], row["done"], row["upload_state"]) == ("spring", 3, 3, 0, "done")
    assert await staged(dsn) == 0


async def test_uploads_are_counted(desk: Desk) -> None:
    def counted() -> list[float]:
        names = [("ccore_uploads_total", "done"), *(("ccore_upload_rows_total", each) for each in ("new", "bad"))]
        return [REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0 for name, outcome in names]

    before, rows = counted(), [(number(1), "", "", ""), (number(2), "", "", ""), ("138", "", "", "")]
    await desk.upload(as_csv(rows))
    await desk.upload(as_csv(rows), dry_run=True)
    assert [now - was for now, was in zip(counted(), before, strict=True)] == [2, 2, 1]


async def test_a_workbook_becomes_the_same_list(desk: Desk, database: Database) -> None:
    rows = [(13800138000, "王伟", 9, 12.5), (2088886666, "李娜", None, None)]
    ended = await desk.upload(as_xlsx(rows))
    assert (ended.state, ended.encoding, ended.counts["new"]) == ("done", "xlsx", 2)
    assert await contacts(database) == [(WANG, "王伟", {"balance": "12.5"}, 9, "open"), (LI, "李娜", {}, 0, "open")]


async def test_every_bad_row_is_said_and_the_good_ones_are_taken(desk: Desk) -> None:
    rows = [
        (number(1), "王", "", ""), ("138", "", "", ""), ("", "x", "", ""), (number(2), "", 99, ""),
        (number(3), "", "", ""), (number(1), "", "", ""), ("+85291234567", "", "x", ""),
    ]  # fmt: skip
    ended = await desk.upload(as_csv(rows, "gb18030"))
    assert (ended.state, ended.encoding, ended.counts["new"]) == ("done", "gb18030", 2)
    assert (ended.counts["duplicate"], ended.counts["bad"], ended.counts["rows"]) == (1, 4, 7)
    assert await desk.said(ended.number) == [
        (3, "手机号", "not-a-number"), (4, "手机号", "no-number"), (5, "优先级", "bad-priority"), (7, "", "twice"),
        (8, "优先级", "bad-priority"), (8, "手机号", "abroad"),
    ]  # fmt: skip


async def test_one_bad_row_and_nothing_is_taken_if_that_was_asked(desk: Desk, database: Database, dsn: str) -> None:
    rows = [(number(1), "", "", ""), ("138", "", "", "")]
    ended = await desk.upload(as_csv(rows), whole=True)
    assert ended.state == "refused"
    assert "1 rows are bad" in ended.reason
    assert (ended.counts["new"], ended.counts["bad"]) == (0, 1)
    assert (await contacts(database), await staged(dsn)) == ([], 0)


async def test_a_dry_run_says_all_and_takes_nothing(desk: Desk, database: Database, dsn: str) -> None:
    await desk.has("old")
    rows = [(number(1), "new", "", ""), (number(2), "", "", ""), ("138", "", "", ""), (number(2), "", "", "")]
    tried = await desk.upload(as_csv(rows), dry_run=True, in_list="update")
    assert [contact[1] for contact in await contacts(database)] == ["old"]
    done = await desk.upload(as_csv(rows), in_list="update")
    assert (tried.state, tried.counts) == ("done", done.counts)
    counts = [tried.counts[what] for what in ("rows", "new", "updated", "duplicate", "bad")]
    assert counts == [4, 1, 1, 1, 1]
    assert len(await contacts(database)) == 2
    assert await staged(dsn) == 0


@pytest.mark.parametrize(
    ("policy", "counts", "said", "left"),
    [
        ("skip", (1, 0, 2, 0), {"there": 1, "removed": 1}, "old"),
        ("update", (1, 1, 1, 0), {"updated": 1, "removed": 1}, "new"),
        ("refuse", (1, 0, 1, 1), {"refused": 1, "removed": 1}, "old"),
    ],
)
async def test_numbers_that_are_in_the_list(
    desk: Desk, database: Database, policy: str, counts: tuple[int, ...], said: dict[str, int], left: str
) -> None:
    await desk.has("old", "gone")
    [gone] = [row for row in await Lists(database).search(Sought(list="spring"), 10) if row["name"] == "gone"]
    await Lists(database).remove(gone["contact_id"], "super")
    rows = [(number(at), "new", 5, "2") for at in (1, 2, 3)]
    ended = await desk.upload(as_csv(rows), in_list=policy)
    assert tuple(ended.counts[what] for what in ("new", "updated", "duplicate", "bad")) == counts
    assert ended.said == said
    first, second, third = await contacts(database)
    assert (first[1], first[3], second[1], second[4]) == (left, 5 if left == "new" else 1, "gone", "removed")
    assert third[1:] == ("new", {"balance": "2"}, 5, "open")


async def test_who_was_called_stays_so_when_the_list_comes_again(desk: Desk, database: Database, dsn: str) -> None:
    await desk.has("old")
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE contacts SET state = 'done', attempts = 2, last_outcome = 'talked'")
    await connection.close()
    await desk.upload(as_csv([(number(1), "new", "", "")]), in_list="update")
    [row] = await Lists(database).search(Sought(list="spring"), 10)
    assert (row["name"], row["state"], row["attempts"], row["last_outcome"]) == ("new", "done", 2, "talked")


@pytest.mark.parametrize(
    ("policy", "new", "said"), [("keep", 2, {}), ("report", 2, {"also-elsewhere": 1}), ("skip", 1, {"elsewhere": 1})]
)
async def test_numbers_that_are_in_other_lists(
    desk: Desk, database: Database, policy: str, new: int, said: dict[str, int]
) -> None:
    await desk.has("", to="winter")
    await desk.has("", to="summer")
    ended = await desk.upload(as_csv([(number(1), "", "", ""), (number(2), "", "", "")]), in_others=policy)
    assert (ended.counts["new"], ended.said) == (new, said)
    shown = [row["shown"] for row in await Lists(database).said(ended.number, 0, 10)]
    assert shown == ["summer winter"] * len(said)


async def test_who_is_not_to_be_called_is_said_and_found(desk: Desk, database: Database) -> None:
    await Barring(database).add([f"+86{number(1)}"], "asked us", "", "anna")
    await Barring(database).add_prefix("+86139000", "the press", "anna")
    await Barring(database).add_prefix("+861390001", "the press again", "anna")
    ended = await desk.upload(
        as_csv([(number(1), "", "", ""), (number(10_000), "", "", ""), (number(10**7), "", "", "")])
    )
    assert (ended.counts["new"], ended.said) == (3, {"barred": 2})
    rows = await Lists(database).search(Sought(list="spring"), 10)
    assert {row["number"]: row["barred"] for row in rows} == {
        "+8613900000001": True, "+8613900010000": True, "+8613910000000": False,
    }  # fmt: skip
    why = [(row["what"], row["reason"]) for row in await Barring(database).why("+8613900010000")]
    assert why == [("+86139000", "the press"), ("+861390001", "the press again")]


async def test_two_uploads_of_one_list_at_once(desk: Desk, database: Database) -> None:
    files = [as_csv([(number(at), str(which), "", "") for at in range(200)]) for which in range(2)]
    first, second = await asyncio.gather(*(desk.upload(file) for file in files))
    assert {first.state, second.state} == {"done"}
    assert first.counts["new"] + second.counts["new"] == len(await contacts(database)) == 200
    assert first.counts["duplicate"] + second.counts["duplicate"] == 200


async def test_a_cancelled_upload_leaves_nothing(desk: Desk, database: Database, dsn: str) -> None:
    file, asked = desk.arrived(as_csv([(number(1), "", "", "")])), Wanted()
    upload = await desk.uploading.begin(file, "spring", asked, "super", None, now=True)
    assert upload is not None
    async with held(dsn, "contacts"):  # so far it comes
        work = asyncio.create_task(desk.uploading.run(upload, "spring", file.path, asked))
        await until(_is(desk, upload, "storing"), 20)
        assert await Lists(database).cancel(upload, "super")
    await work
    assert (await desk.ended(upload)).state == "cancelled"
    assert (await contacts(database), await staged(dsn)) == ([], 0)
    assert not await Lists(database).cancel(upload, "super")


def _is(desk: Desk, upload: int, state: str) -> Callable[[], Awaitable[bool]]:
    async def seen() -> bool:
        return (await desk.ended(upload)).state == state

    return seen


async def test_a_killed_ccore_takes_up_its_uploads_again(desk: Desk, database: Database, dsn: str) -> None:
    rows = [(number(at), "", "", "") for at in range(100)]
    file = desk.arrived(as_csv([*rows, ("138", "", "", "")]))
    upload = await desk.uploading.begin(file, "spring", Wanted(), "super", "key-1234")
    assert upload is not None
    async with held(dsn, "contacts"):
        async with working(desk.uploading):
            await until(_is(desk, upload, "storing"), 20)
        assert await staged(dsn) == 100  # as if it had been killed: nothing is tidied up
    async with working(Uploading(database, SITE, desk.directory, "test")):
        await until(_is(desk, upload, "done"), 20)
        await until(lambda: not file.path.exists(), 20)
    ended = await desk.ended(upload)
    assert ended.counts == {
        "rows": 101,
        "new": 100,
        "updated": 0,
        "duplicate": 0,
        "bad": 1,
        "said": {"not-a-number": 1},
    }
    assert (len(await contacts(database)), await staged(dsn)) == (100, 0)
    # Who was thought dead and is not cannot store it once more.
    await desk.uploading.run(upload, "spring", desk.arrived(as_csv(rows)).path, Wanted(in_list="update"))
    assert await desk.ended(upload) == ended


async def test_an_upload_nobody_comes_back_for_has_failed(
    desk: Desk, database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.arrived(as_csv([(number(1), "", "", "")]))
    lost = await desk.uploading.begin(file, "spring", Wanted(), "super", None)
    alive = await Uploading(database, SITE, desk.directory, "other").begin(file, "spring", Wanted(), "super", None)
    assert lost is not None
    assert alive is not None
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE list_uploads SET seen_at = seen_at - interval '3 min' WHERE upload_id = $1", lost)
    await connection.close()
    assert await database.fetch_value("contacts.forsaken_uploads", uploading.FORSAKEN_AFTER) == 1
    assert (await desk.ended(lost)).state == "failed"
    assert "send it again" in (await desk.ended(lost)).reason
    assert (await desk.ended(alive)).state == "waiting"
    monkeypatch.setattr(uploading, "FORSAKEN_AFTER", timedelta(seconds=0.05))
    async with beside(Uploading(database, SITE, desk.directory, "third").watch()):
        await until(_is(desk, alive, "failed"), 20)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ((sys.executable, "-c", ""), "the process that reads it ended"),
        ((sys.executable, "-c", 'print(\'{"table": "upload_rows", "bytes": 5, "read": 1}\')'), "it could not be read"),
        ((sys.executable, "-c", "print('nonsense')"), "it could not be read"),
        (("no-such-program",), "it could not be read"),
    ],
    ids=["ends", "ends within a piece", "says nonsense", "is not there"],
)
async def test_the_process_that_reads_may_die(
    desk: Desk, dsn: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr(uploading, "COMMAND", command)
    ended = await desk.upload(as_csv([(number(1), "", "", "")]))
    assert (ended.state, await staged(dsn)) == ("failed", 0)
    assert reason in ended.reason


async def test_a_key_is_used_once(desk: Desk) -> None:
    file = desk.arrived(as_csv([(number(1), "", "", "")]))
    assert await desk.uploading.begin(file, "spring", Wanted(), "super", "key-1234") is not None
    assert await desk.uploading.begin(file, "spring", Wanted(), "super", "key-1234") is None
    assert await desk.uploading.begin(file, "spring", Wanted(), "anna", "key-1234") is not None


async def test_contacts_are_found_taken_out_and_called_again(desk: Desk, database: Database, dsn: str) -> None:
    lists = Lists(database)
    await desk.has(*(f"Li {at}" for at in range(5)))
    [row] = await lists.search(Sought(list="spring", name="LI 3"), 10)
    contact = row["contact_id"]
    assert [row["contact_id"] for row in await lists.search(Sought(number=row["number"]), 10)] == [contact]
    assert await lists.remove(contact, "super")
    assert not await lists.remove(contact, "super")
    assert await lists.reopen(contact, "super")
    assert not await lists.reopen(contact, "super")
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE contacts SET state = 'done', attempts = 3, last_outcome = 'no-answer'")
    await connection.execute("UPDATE contacts SET disposition = 'refused' WHERE name = 'Li 1'")
    assert await lists.reopen_list("spring", "super", [], ["refused"]) == 1
    assert await lists.reopen_list("spring", "super", ["busy"], []) == 0
    assert await lists.reopen_list("spring", "super", ["no-answer"], []) == 4
    assert {(row["state"], row["attempts"]) for row in await lists.search(Sought(list="spring"), 10)} == {("open", 0)}
    said = await connection.fetch("SELECT action FROM audit WHERE subject LIKE 'contact:%' OR subject = 'list:spring'")
    await connection.close()
    assert sorted({row["action"] for row in said}) == [
        "contact-list-made", "contact-removed", "contact-reopened", "contacts-reopened",
    ]  # fmt: skip


async def test_a_person_is_erased_everywhere(desk: Desk, database: Database, dsn: str) -> None:
    for name in ("spring", "winter"):
        await desk.upload(as_csv([(number(1), "王伟", "", "secret"), (number(2), "李娜", "", "")] * 2), to=name)
    whole = f"+86{number(1)}"
    await Barring(database).add([whole], "asked us", "", "anna")
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, dialled_at) "
        "SELECT 'c', contact_id, list, number, 'node1', 'predictive', 1, 'dialling', now() FROM contacts "
        "WHERE number = $1 LIMIT 1", whole,
    )  # fmt: skip
    assert await Lists(database).erase(whole, "ada") == (0, 2), "what comes of the call would be lost"
    await connection.execute("UPDATE attempts SET state = 'over', outcome = 'talked'")
    assert await Lists(database).erase(whole, "ada") == (2, 0)
    for table in ("contacts", "upload_faults", "upload_rows", "list_uploads", "audit"):
        rows = await connection.fetch(f"SELECT t::text AS row FROM {table} t")
        assert not any("王伟" in row["row"] or "secret" in row["row"] for row in rows), table
        assert table == "audit" or not any(number(1) in row["row"] for row in rows), table
    await connection.close()
    assert len(await contacts(database)) == len(await contacts(database, "winter")) == 1
    assert await Barring(database).why(whole)
    assert await Lists(database).erase(whole, "ada") == (0, 0)
