"""Every named query is one that PostgreSQL, with ccore's schema, takes."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ccore.db.embedded import EmbeddedPostgres
from ccore.db.queries import load
from ccore.shipped import shipped
from tests.support.postgres import fresh_database

QUERIES = load(shipped("sql") / "queries")
TEMPORARY_TABLES = [query.sql for query in QUERIES.values() if query.sql.startswith("CREATE TEMP TABLE")]


@pytest.fixture(scope="module")
async def connection(postgres: EmbeddedPostgres, postgres_template: str) -> AsyncIterator[asyncpg.Connection]:
    """To a database that nothing is done in; the temporary tables that some queries use are there."""
    async with fresh_database(postgres, postgres_template) as dsn:
        connection = await asyncpg.connect(dsn)
        try:
            for create in TEMPORARY_TABLES:
                await connection.execute(create)
            yield connection
        finally:
            await connection.close()


@pytest.mark.parametrize("name", QUERIES)
async def test_postgresql_can_prepare_it(name: str, connection: asyncpg.Connection) -> None:
    await connection.prepare(QUERIES[name].sql)


async def test_no_select_calls_a_function_that_may_write(connection: asyncpg.Connection) -> None:
    volatile = await connection.fetch(
        "SELECT proname FROM pg_proc JOIN pg_language l ON l.oid = prolang WHERE provolatile = 'v'"
        " AND pronamespace = 'public'::regnamespace AND lanname IN ('sql', 'plpgsql')"
    )
    assert volatile, "refuse_change() at least is volatile"
    calls = re.compile(r"\b({})\s*\(".format("|".join(row["proname"] for row in volatile)), re.IGNORECASE)
    assert [name for name, query in QUERIES.items() if query.reads and calls.search(query.sql)] == []
