"""A year of orders at once, as many as wanted, with the counts that triggers and counting would have kept of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.db.queries import load
from ccore.ordering.number import load_plan
from ccore.reports.counting import Counting
from ccore.shipped import shipped

CLAIMS, PRODUCTS, DEPARTMENTS = 10_000, 20, 40
ZONE = "Asia/Shanghai"
LIMIT_S = 3600.0
EACH = CLAIMS // PRODUCTS  # claims of a product, and people
SELLERS = (
    f"INSERT INTO departments (name) SELECT 'department ' || n FROM generate_series(1, {DEPARTMENTS}) n",
    f"""INSERT INTO employees (number, name, phone, department_id)
        SELECT 'E' || n, 'name ' || n, '+86137' || lpad(n::text, 8, '0'), 1 + n % {DEPARTMENTS}
        FROM generate_series(1, {EACH}) n ORDER BY n""",
    f"""INSERT INTO products (code, name_zh, name_en, price_fen, state)
        SELECT (9 + n)::text, 'p' || n, 'p' || n, 1000 * n, 'on-sale' FROM generate_series(1, {PRODUCTS}) n
        ORDER BY n""",
    f"""INSERT INTO claims (product_id, code, employee_id, valid) SELECT p, to_char(e, 'FM000'), e, '[2020-01-01,)'
        FROM generate_series(1, {PRODUCTS}) p, generate_series(1, {EACH}) e ORDER BY p, e""",
)
BARE = (
    "ALTER TABLE orders DISABLE TRIGGER USER",
    """DO $$ DECLARE c record; BEGIN
           FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                    WHERE contype = 'f' AND 'orders'::regclass IN (conrelid, confrelid)
                       OR contype = 'u' AND conrelid = 'orders'::regclass
           LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$""",
    """DO $$ DECLARE i record; BEGIN
           FOR i IN SELECT indexrelid::regclass AS name FROM pg_index
                WHERE indrelid = 'orders'::regclass AND NOT indisprimary
           LOOP EXECUTE format('DROP INDEX %s', i.name); END LOOP; END $$""",
)
# Order $1 and those after it to before order $2: of $5 in a year, of which the first, $4, was placed at $3. A claim is
# one product of one person; its orders come by all channels, and are in all of these states, in turn.
MADE = f"""
WITH made AS (
    SELECT i, $3::timestamptz + ((i - $4::bigint)::float8 / $5::bigint) * interval '365 days' AS at,
           1 + (i * 7919) % {CLAIMS} AS claim_id, (ARRAY['call', 'sms', 'web'])[1 + i % 3] AS channel,
           (ARRAY['active', 'active', 'active', 'cancelled', 'confirmed'])[1 + (i / {CLAIMS}) % 5] AS state
    FROM generate_series($1::bigint, $2::bigint - 1) i
), sold AS (
    SELECT i AS order_id, at, (at AT TIME ZONE '{ZONE}')::date AS day, claim_id, channel, state,
           1 + (claim_id - 1) / {EACH} AS product_id, 1 + (claim_id - 1) % {EACH} AS employee_id
    FROM made
), whole AS (
    SELECT *, 1 + employee_id % {DEPARTMENTS} AS department_id, 1000 * product_id AS price_fen FROM sold
)
"""
ORDERS = f"""{MADE}
INSERT INTO orders (order_id, call_key, subscriber, nth, product_id, claim_id, employee_id, department_id, dialled,
                    price_fen, channel, state, called_at, placed_at) OVERRIDING SYSTEM VALUE
SELECT order_id, 'n!' || order_id, '+86138' || lpad(order_id::text, 9, '0'), 1, product_id, claim_id, employee_id,
       department_id, '', price_fen, channel, state, at, at FROM whole
"""
COUNTED = f"""{MADE}
INSERT INTO sales_counted (order_id, day, state, commission_fen) SELECT order_id, day, state, 0 FROM whole
"""
MONTHS = f"""{MADE}
SELECT make_sales_month(month) FROM (SELECT DISTINCT date_trunc('month', day)::date AS month FROM whole) months
"""
CELLS = f"""{MADE}
INSERT INTO sales_by_claim_day AS c (day, claim_id, department_id, channel, state, product_id, employee_id, orders,
                                     price_fen, commission_fen)
SELECT day, claim_id, department_id, channel, state, product_id, employee_id, count(*), sum(price_fen), 0 FROM whole
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2
ON CONFLICT (day, claim_id, department_id, channel, state) DO UPDATE
SET orders = c.orders + excluded.orders, price_fen = c.price_fen + excluded.price_fen
"""
COARSER = ("claim_month", "group_day", "group_month")  # of sales_by_, each made of one before it
COARSEST = ("product_day", "department_day")  # which a trigger keeps
COUNTS = ("sales_counted", *(f"sales_by_{each}" for each in ("claim_day", *COARSER, *COARSEST)))


@dataclass(frozen=True, slots=True)
class Year:
    """So many ``orders`` from number ``first`` on, evenly over the 365 days from ``since``."""

    first: int
    orders: int
    since: datetime

    def slices(self) -> Iterator[tuple[int, int, datetime, int, int]]:
        """The year's orders some at a time, as the statements want them: each fits into memory while it is summed."""
        step = max(1, self.orders // 24)
        end = self.first + self.orders
        for begin in range(self.first, end, step):
            yield begin, min(begin + step, end), self.since, self.first, self.orders

    def before(self) -> "Year":
        """As many in the year before."""
        return Year(self.first + self.orders, self.orders, self.since - timedelta(days=365))


async def sellers(connection: asyncpg.Connection) -> None:
    """Have products, and people who claimed them."""
    for statement in SELLERS:
        await connection.execute(statement, timeout=LIMIT_S)


async def bare(connection: asyncpg.Connection) -> None:
    """Orders without triggers, foreign keys and indexes: filling is not what is measured, and no report reads these."""
    for statement in BARE:
        await connection.execute(statement, timeout=LIMIT_S)


async def orders(connection: asyncpg.Connection, year: Year) -> None:
    """The orders alone."""
    for some in year.slices():
        await connection.execute(ORDERS, *some, timeout=LIMIT_S)


async def counts(connection: asyncpg.Connection, year: Year) -> None:
    """What would have been counted of them: the finest straight from how they are made, the coarser from those."""
    await connection.execute("SET work_mem = '256MB'")
    for some in year.slices():
        await connection.execute(COUNTED, *some, timeout=LIMIT_S)
        await connection.execute(MONTHS, *some, timeout=LIMIT_S)
        await connection.execute(CELLS, *some, timeout=LIMIT_S)
    queries = load(shipped("sql") / "queries")
    for each in COARSER:
        await connection.execute(f"TRUNCATE sales_by_{each}")
        await connection.execute(queries[f"reports.rebuild_{each}s"].sql, timeout=LIMIT_S)
    await connection.execute("RESET work_mem")


async def prove(counted_dsn: str, filled_dsn: str, year: Year) -> None:
    """In two databases of their own: that ``counts`` gives what triggers and counting make of the same orders."""
    found = []
    for dsn in (counted_dsn, filled_dsn):
        connection = await asyncpg.connect(dsn)
        try:
            await sellers(connection)
            await orders(connection, year)
            await (_counted(dsn) if dsn == counted_dsn else counts(connection, year))
            found.append([await _rows(connection, table) for table in COUNTS])
        finally:
            await connection.close()
    assert found[0] == found[1], "orders are filled in otherwise than they are counted"
    assert all(found[0]), "some count has nothing in it"


async def _counted(dsn: str) -> None:
    async with Database.opened(dsn, Settings()) as database:
        counting = Counting(database, ZONE, load_plan(shipped("dialplan")))
        await counting.count_due()
        assert await counting.differences() == []


async def _rows(connection: asyncpg.Connection, table: str) -> list[asyncpg.Record]:
    """All there is, but for what was taken away again."""
    something = "to_jsonb(t) ->> 'orders' IS DISTINCT FROM '0'"
    return await connection.fetch(f"SELECT * FROM {table} t WHERE {something} ORDER BY t")
