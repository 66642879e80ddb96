"""Every named query is one that PostgreSQL, with ccore's schema, takes."""

import re

import asyncpg
import pytest

from ccore.db.queries import load
from ccore.shipped import shipped

QUERIES = load(shipped("sql") / "queries")
TEMPORARY_TABLES = [query.sql for query in QUERIES.values() if query.sql.startswith("CREATE TEMP TABLE")]


@pytest.mark.parametrize("name", QUERIES)
async def test_postgresql_can_prepare_it(name: str, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for query in QUERIES.values():
            if query.sql.startswith("CREATE TEMP TABLE"):  # which other queries then use
                await connection.execute(query.sql)
        await connection.prepare(QUERIES[name].sql)
    finally:
        await connection.close()


async def test_no_select_calls_a_function_that_may_write(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        volatile = await connection.fetch(
            "SELECT proname FROM pg_proc JOIN pg_language l ON l.oid = prolang WHERE provolatile = 'v'"
            " AND pronamespace = 'public'::regnamespace AND lanname IN ('sql', 'plpgsql')"
        )
    finally:
        await connection.close()
    assert volatile, "refuse_change() at least is volatile"
    calls = re.compile(r"\b({})\s*\(".format("|".join(row["proname"] for row in volatile)), re.IGNORECASE)
    assert [name for name, query in QUERIES.items() if query.reads and calls.search(query.sql)] == []
