"""Every row Asterisk writes is stored once: over rotation, truncation, half lines, other files and hostile fields."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ccore.cdr import tail
from ccore.cdr.service import CallRecords
from ccore.db.pool import Database
from tests.integration.cdr_site import Site, calls, rotate
from tests.support.asterisk_logs import RECORDED, Logs, MadeUpCall, append, recorded_bytes


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node that has not written anything."""
    sql = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, sql)
    await sql.close()


async def test_a_log_that_is_not_there_yet_is_waited_for(site: Site) -> None:
    records = site.records()
    await records.catch_up()
    site.logs.add(*calls(0, 3))
    await records.catch_up()
    await site.assert_just(*calls(0, 3))


async def test_a_restart_goes_on_where_it_was(site: Site) -> None:
    for begin in range(0, 30, 10):
        site.logs.add(*calls(begin, begin + 10))
        await site.read()
    await site.assert_just(*calls(0, 30))


async def test_what_is_read_again_is_not_stored_again(site: Site) -> None:
    site.logs.add(*calls(0, 10))
    append(site.logs.cdr, b"no row\n")
    await site.read()
    await site.sql.execute("DELETE FROM call_log_places")
    await site.read()
    await site.assert_just(*calls(0, 10))
    assert await site.rejects() == [("cdr", "no row\n")]


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_old_file_is_read_to_its_end_after_a_rotation(site: Site, restarted: bool) -> None:
    records = site.records()
    site.logs.add(*calls(0, 5))
    await records.catch_up()
    site.logs.add(*calls(5, 10))
    for path in (site.logs.cdr, site.logs.cel):
        rotate(path)
    site.logs.add(*calls(10, 15))
    await (site.records() if restarted else records).catch_up()
    await site.assert_just(*calls(0, 15))


async def test_two_rotations_while_ccore_was_away_lose_nothing(site: Site) -> None:
    site.logs.add(*calls(0, 5))
    await site.read()
    for begin in (5, 15):
        site.logs.add(*calls(begin, begin + 10))
        for path in (site.logs.cdr, site.logs.cel):
            rotate(path)
    site.logs.add(*calls(25, 30))
    await site.read()
    await site.assert_just(*calls(0, 30))


async def test_a_file_compressed_and_removed_right_after_its_rotation_was_still_open(site: Site) -> None:
    records = site.records()
    site.logs.add(*calls(0, 5))
    await records.catch_up()
    site.logs.add(*calls(5, 10))
    for path in (site.logs.cdr, site.logs.cel):
        older = rotate(path)
        older.with_name(older.name + ".gz").write_bytes(b"\x1f\x8b not for us")
        older.unlink()
    site.logs.add(*calls(10, 12))
    await records.catch_up()
    await site.assert_just(*calls(0, 12))
    assert await site.rejects() == []


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("added", [1, 40], ids=["shorter", "longer"])
async def test_copy_and_truncate_loses_nothing(site: Site, added: int, restarted: bool) -> None:
    """What came after the last look is only in the copy; the file may grow past the old place before the next."""
    records = site.records()
    site.logs.add(*calls(0, 10))
    await records.catch_up()
    site.logs.add(*calls(10, 13))
    for path in (site.logs.cdr, site.logs.cel):
        path.with_name(path.name + ".1").write_bytes(path.read_bytes())
        os.truncate(path, 0)
    site.logs.add(*calls(13, 13 + added))
    await (site.records() if restarted else records).catch_up()
    await site.assert_just(*calls(0, 13 + added))


async def test_another_file_with_the_same_inode_is_noticed(site: Site) -> None:
    site.logs.add(*calls(0, 10))
    await site.read()
    places = await site.sql.fetch("SELECT file_id FROM call_log_places")
    for path in (site.logs.cdr, site.logs.cel):
        os.truncate(path, 0)  # the inode stays, as when the file system gives a removed file's to a new one
    site.logs.add(*calls(100, 120))
    await site.read()
    assert await site.sql.fetch("SELECT file_id FROM call_log_places") == places
    await site.assert_just(*calls(0, 10), *calls(100, 120))


async def test_a_file_that_lost_its_end_is_read_from_its_beginning(site: Site) -> None:
    """A file system repaired after a crash: the same file, shorter."""
    site.logs.add(*calls(0, 10))
    await site.read()
    for path, kept in ((site.logs.cdr, MadeUpCall(0).cdr), (site.logs.cel, MadeUpCall(0).cel)):
        os.truncate(path, len(kept))
    site.logs.add(*calls(10, 12))
    await site.read()
    await site.assert_just(*calls(0, 12))


async def test_a_row_is_stored_when_its_end_has_come(site: Site) -> None:
    records = site.records()
    call = MadeUpCall(0, name="line one\nline two")
    for cut in (1, call.cdr.index(b"\n") + 1, len(call.cdr) - 1):
        site.logs.cdr.unlink(missing_ok=True)
        append(site.logs.cdr, call.cdr[:cut])
        await records.catch_up()
        assert await site.count("cdr") == 0, cut
    append(site.logs.cdr, call.cdr[-1:])
    append(site.logs.cel, call.cel)
    await records.catch_up()
    await site.assert_just(call)
    assert await site.rejects() == []


async def test_a_half_row_left_by_a_kill_is_set_aside_and_costs_no_other(site: Site) -> None:
    half, *whole = calls(0, 4)
    append(site.logs.cdr, half.cdr[:100])
    append(site.logs.cel, half.cel[: len(half.cel) // 2 + 30])
    site.logs.add(*whole)
    await site.read()
    assert await site.count("cdr") == 3
    assert await site.count("folded_calls WHERE state = 'ended'") == 3
    logs = [log for log, _ in await site.rejects()]
    assert logs == ["cdr", "cel"]


@pytest.mark.parametrize("removed", [False, True])
async def test_a_half_row_at_the_end_of_a_rotated_file_is_set_aside_in_the_end(
    site: Site, removed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = site.records()
    site.logs.add(*calls(0, 2))
    append(site.logs.cdr, MadeUpCall(2).cdr[:100])
    await records.catch_up()
    older = rotate(site.logs.cdr)
    if removed:
        older.unlink()
    await records.catch_up()
    assert await site.rejects() == []
    monkeypatch.setattr(tail, "QUIET_S", 0.0)
    await records.catch_up()
    assert await site.rejects() == [("cdr", MadeUpCall(2).cdr[:100].decode())]
    site.logs.add(*calls(3, 5))
    await site.read()
    await site.assert_just(*calls(0, 2), *calls(3, 5))


async def test_junk_is_set_aside_with_its_place_and_reason(site: Site) -> None:
    site.logs.add(*calls(0, 2))
    at = site.logs.cdr.stat().st_size
    append(site.logs.cdr, b"\xff\0 is no row\n")
    site.logs.add(*calls(2, 4))
    await site.read()
    [row] = await site.sql.fetch("SELECT node, log, file, position, reason, raw FROM call_record_rejects")
    assert tuple(row) == (
        "node1",
        "cdr",
        "ccore.csv",
        at,
        "a row begins and ends with a quote",
        "\\xff\\x00 is no row\n",
    )
    await site.assert_just(*calls(0, 4))


async def test_bytes_without_any_end_do_not_stop_the_log(site: Site) -> None:
    """A disk that lies, a file that is none of ours: after a megabyte it is set aside, and the next row is read."""
    site.logs.add(*calls(0, 2))
    append(site.logs.cdr, b'"' + b"x" * (3 * tail.LONGEST_ROW_BYTES) + b"\n")
    site.logs.add(*calls(2, 4))
    await site.read()
    await site.assert_just(*calls(0, 4))
    assert sum(len(raw) for _, raw in await site.rejects()) == 3 * tail.LONGEST_ROW_BYTES + 2


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        'quo"ted',
        "=cmd|' /C calc'!A0",
        'x\n"node1","CHAN_START","1795332685.512066","',
        '"; DROP TABLE cdr; --',
        "\\",
        "😀\u202e",
        "a\r\nb",
    ],
)
async def test_what_a_caller_sends_is_stored_as_it_is(site: Site, name: str) -> None:
    call = MadeUpCall(0, name=name, caller=f"138{name}")
    site.logs.add(call, MadeUpCall(1))
    await site.read()
    await site.assert_just(call, MadeUpCall(1))
    rows = await site.sql.fetch("SELECT caller, caller_name FROM call_records WHERE linkedid = $1", call.linkedid)
    assert [tuple(row) for row in rows] == [(f"138{name}", name)]
    clid = await site.sql.fetchval("SELECT clid FROM cdr WHERE linkedid = $1", call.linkedid)
    assert clid == f'"{name}" <138{name}>'
    assert await site.rejects() == []


async def test_bytes_that_are_no_text_are_stored_as_near_as_can_be(site: Site) -> None:
    call = MadeUpCall(0, name="NAME")
    append(site.logs.cel, call.cel.replace(b"NAME", b"\xd5\xc5\0\xc8\xfd"))
    append(site.logs.cdr, call.cdr.replace(b"NAME", b"\0\0"))
    await site.read()
    await site.assert_just(call)
    assert await site.sql.fetchval("SELECT caller_name FROM call_records") == "����"
    assert await site.count("cel WHERE mended LIKE '%UTF-8%NUL%'") == 5
    assert await site.count("cdr WHERE mended = 'NUL was removed'") == 1


async def test_different_rows_with_one_key_are_both_kept(site: Site) -> None:
    """F10: uniqueids repeat when the clock is set back over a restart."""
    call, other = MadeUpCall(0), MadeUpCall(0, caller="13900139000")
    append(site.logs.cdr, call.cdr + other.cdr)
    append(site.logs.cel, call.cel)
    await site.read()
    assert await site.sql.fetchval("SELECT src FROM cdr") == "13800138000"
    assert await site.rejects() == [("cdr", other.cdr.decode())]


async def test_two_nodes_keep_apart_what_is_alike(site: Site, tmp_path: Path) -> None:
    nodes = {name: Logs(tmp_path / name) for name in ("node1", "node2")}
    records = CallRecords(site.database, {name: logs.directory for name, logs in nodes.items()})
    both = [*calls(0, 5), *calls(0, 5, "node2")]
    for name, logs in nodes.items():
        logs.add(*calls(0, 5, name))
    await records.catch_up()
    await site.assert_just(*both)
    assert await site.count("call_log_places") == 4


async def test_everything_recorded_from_asterisk_is_stored_in_one_go(site: Site) -> None:
    names = sorted({path.name.partition(".")[0] for path in RECORDED.glob("*.csv")})
    for name in names:
        append(site.logs.cel, recorded_bytes(name, "cel"))
        append(site.logs.cdr, recorded_bytes(name, "cdr"))
    await site.read()
    assert await site.rejects() == []
    assert await site.count("cel") == sum(path.read_bytes().count(b'"node1",') for path in RECORDED.glob("*.cel.csv"))
    assert (await site.records().replay()).same
