"""Migrations on a real PostgreSQL: applied once and in order, or refused with a reason."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from ccore.db import migrate as migrating
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import dump_schema, load, migrate, normalised
from ccore.errors import FaultsFound, Unavailable
from ccore.shipped import shipped

CREATE = "CREATE TABLE sales (sale_id bigint PRIMARY KEY);\n"
ONE_LENGTH = 40  # the migration that gives attempts' numbers one length
ADD = "ALTER TABLE sales ADD seller text;\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two migrations."""
    (tmp_path / "0001_sales.sql").write_text(CREATE)
    (tmp_path / "0002_sellers.sql").write_text(ADD)
    return tmp_path


async def refusal(dsn: str, files: Path) -> str:
    with pytest.raises(FaultsFound) as refused:
        await migrate(dsn, files)
    return str(refused.value)


async def columns(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'sales' ORDER BY ordinal_position"
        )
    finally:
        await connection.close()
    return [row["column_name"] for row in rows]


async def test_the_migrations_make_the_schema_written_down(dsn: str) -> None:
    written = (shipped("sql") / "schema.sql").read_text(encoding="utf-8")
    assert await dump_schema(dsn) == written, "run `make schema`"


async def test_a_second_run_does_nothing(dsn: str) -> None:
    before = await dump_schema(dsn)
    assert await migrate(dsn) == []
    assert await dump_schema(dsn) == before


async def test_new_files_are_applied_in_order(empty_dsn: str, files: Path) -> None:
    assert await migrate(empty_dsn, files) == ["0001_sales", "0002_sellers"]
    (files / "0003_when.sql").write_text("ALTER TABLE sales ADD at timestamptz;")
    assert await migrate(empty_dsn, files) == ["0003_when"]
    assert await columns(empty_dsn) == ["sale_id", "seller", "at"]


async def test_of_two_that_migrate_at_once_one_does_it(empty_dsn: str, files: Path) -> None:
    applied = await asyncio.gather(*(migrate(empty_dsn, files) for _ in range(4)))
    assert sorted(applied) == [[], [], [], ["0001_sales", "0002_sellers"]]


async def test_a_file_changed_after_it_was_applied_is_refused(empty_dsn: str, files: Path) -> None:
    await migrate(empty_dsn, files)
    (files / "0001_sales.sql").write_text(CREATE + "-- and a word more\n")
    assert "0001_sales.sql:0 MIGRATION was changed after it was applied" in await refusal(empty_dsn, files)


async def test_a_database_newer_than_the_code_is_refused(empty_dsn: str, files: Path) -> None:
    await migrate(empty_dsn, files)
    (files / "0002_sellers.sql").unlink()
    assert "0002_sellers.sql:0 MIGRATION was applied by a newer ccore" in await refusal(empty_dsn, files)


async def test_a_number_below_those_applied_is_refused(empty_dsn: str, files: Path) -> None:
    (files / "0001_sales.sql").rename(files / "0003_sales.sql")
    (files / "0002_sellers.sql").write_text("CREATE TABLE sellers (seller text);")
    await migrate(empty_dsn, files)
    (files / "0001_late.sql").write_text("SELECT 1;")
    assert "0001_late.sql:0 MIGRATION comes before 0003" in await refusal(empty_dsn, files)


async def test_a_failing_file_is_undone_whole_and_named_with_its_line(empty_dsn: str, files: Path) -> None:
    (files / "0002_sellers.sql").write_text(f"{ADD}\nALTER TABLE sales\n  ADD wrong nosuchtype;\n")
    assert '0002_sellers.sql:4 MIGRATION PostgreSQL refuses it: type "nosuchtype"' in await refusal(empty_dsn, files)
    assert await columns(empty_dsn) == ["sale_id"]
    (files / "0002_sellers.sql").write_text(ADD)
    assert await migrate(empty_dsn, files) == ["0002_sellers"]


async def test_a_table_in_use_is_not_waited_for_long(
    empty_dsn: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LOCK_LIMIT", "50ms")
    await migrate(empty_dsn, files)
    (files / "0003_when.sql").write_text("ALTER TABLE sales ADD at timestamptz;")
    user = await asyncpg.connect(empty_dsn)
    try:
        async with user.transaction():
            await user.execute("LOCK TABLE sales IN ACCESS SHARE MODE")
            assert "0003_when.sql:0 MIGRATION waited 50ms for a table in use" in await refusal(empty_dsn, files)
    finally:
        await user.close()
    assert await migrate(empty_dsn, files) == ["0003_when"]


async def test_postgresql_away_is_unavailable(files: Path, tmp_path: Path) -> None:
    nowhere = EmbeddedPostgres(tmp_path / "nowhere").dsn
    with pytest.raises(Unavailable):
        await migrate(nowhere, files)


async def test_numbers_of_attempts_have_one_length_in_databases_new_and_old(empty_dsn: str, tmp_path: Path) -> None:
    """Asterisk refuses the channel attempt-5 while attempt-51 lives."""
    files = load(shipped("sql") / "migrations")
    old = tmp_path / "old"
    old.mkdir()
    for file in files:
        if file.version < ONE_LENGTH:
            (old / file.path.name).write_text(file.sql, encoding="utf-8")
    await migrate(empty_dsn, old)
    connection = await asyncpg.connect(empty_dsn)
    try:
        attempt = (
            "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch)"
            " VALUES ('spring', 1, 'people', $1, 'node1', 'predictive', 1) RETURNING channel"
        )
        assert await connection.fetchval(attempt, "+8613800000001") == "attempt-1"
        assert "0040_attempt_ids" in await migrate(empty_dsn)
        assert await connection.fetchval(attempt, "+8613800000002") == "attempt-1000000"
        await connection.execute("TRUNCATE attempts RESTART IDENTITY CASCADE")
        assert await connection.fetchval(attempt, "+8613800000003") == "attempt-1000000"
    finally:
        await connection.close()


def test_file_names_must_be_numbered_once(files: Path) -> None:
    (files / "0002_again.sql").write_text(ADD)
    (files / "notes.sql").write_text("")
    with pytest.raises(FaultsFound) as refused:
        load(files)
    assert [fault.file.name for fault in refused.value.faults] == ["0002_sellers.sql", "notes.sql"]


def test_a_dump_loses_what_changes_from_run_to_run() -> None:
    dump = (
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc123\n\n-- Dumped from database version 18.6\n\n"
        "SET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n\n"
        "--\n-- Name: a; Type: TABLE\n--\n\nCREATE TABLE public.a (\n    b text -- c\n);\n\n\n\\unrestrict abc123\n"
    )
    assert normalised(dump).split("\n\n", 1)[1] == "CREATE TABLE public.a (\n    b text -- c\n);\n"
