"""Orders as they would be after weeks of selling, each with the commission booked at once, on the demo firm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import asyncpg

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.shares import divided
from ccore.ordering.demo import seed

_numbers = count(1)

_SOLD = """
WITH placed AS (
    INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, team_id, department_id, rule_id,
                        dialled, price_fen, channel, called_at, placed_at, state, state_at,
                        earns, confirm_by, confirm_until)
    SELECT 'test!' || $1::bigint, '+86139' || lpad($1::text, 8, '0'), 1, c.product_id, c.claim_id, c.employee_id,
           c.team_id, e.department_id, r.rule_id, '10086', $2, 'call', $3, $3, $4, $3,
           CASE WHEN $4 = 'pending_confirm' THEN '[]'::jsonb END, CASE WHEN $4 = 'pending_confirm' THEN 'sms' END,
           CASE WHEN $4 = 'pending_confirm' THEN $3::timestamptz END
    FROM claims c JOIN products p USING (product_id) JOIN commission_rules r USING (product_id)
    LEFT JOIN employees e USING (employee_id)
    WHERE p.code = $7 AND c.valid @> $3::timestamptz AND r.valid @> $3::timestamptz
      AND (c.team_id = $8 OR e.number = $9)
    LIMIT 1
    RETURNING order_id, rule_id
), posted AS (
    INSERT INTO commission_postings (order_id, kind, rule_id, booked_at)
    SELECT order_id, 'sale', rule_id, $3 FROM placed WHERE $4 <> 'pending_confirm' RETURNING posting_id
), booked AS (
    INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen)
    SELECT posting_id, 'held', employee_id, fen
    FROM posted, unnest($5::bigint[], $6::bigint[]) AS part (employee_id, fen)
    UNION ALL SELECT posting_id, 'expense', NULL, -(SELECT sum(fen) FROM unnest($6::bigint[]) AS fen) FROM posted
)
SELECT order_id FROM placed
"""
_ENDED = """
WITH moved AS (
    UPDATE orders SET state = $3, state_at = $4 WHERE order_id = $1 RETURNING order_id
), noted AS (
    INSERT INTO order_moves (order_id, was, became, by, at) SELECT order_id, $2, $3, 'test', $4 FROM moved
)
SELECT claw_back(order_id, $4, $2, 'test', 'a test') FROM moved
"""
_MEMBERS = """
SELECT s.employee_id, s.basis_points FROM team_versions v JOIN team_shares s USING (version_id) WHERE v.team_id = $1
UNION ALL SELECT employee_id, 10000 FROM employees WHERE number = $2 ORDER BY 1
"""


_MANY = """
SET session_replication_role = replica;
INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, department_id, rule_id, dialled,
                    price_fen, channel, called_at, placed_at, state, state_at)
SELECT 'many!' || n, '+86138' || lpad(n::text, 8, '0'), 1, c.product_id, c.claim_id, c.employee_id, e.department_id,
       r.rule_id, '10086', 1000, 'call', at, at, 'active', at
FROM generate_series(1, {orders}) AS n,
     LATERAL (SELECT now() - interval '8 days' + n * interval '5 days' / {orders} AS at) AS t,
     (SELECT row_number() OVER (ORDER BY claim_id) AS nth, claims.* FROM claims JOIN products p USING (product_id)
      WHERE p.code = '10' AND upper_inf(valid) LIMIT {sellers}) AS c
JOIN employees e USING (employee_id) JOIN commission_rules r USING (product_id)
WHERE c.nth = 1 + n % {sellers};
INSERT INTO commission_postings (order_id, kind, rule_id, booked_at)
SELECT order_id, 'sale', rule_id, placed_at FROM orders;
INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen)
SELECT posting_id, account, CASE WHEN account = 'held' THEN employee_id END, fen
FROM commission_postings JOIN orders USING (order_id), (VALUES ('held', 200), ('expense', -200)) AS side (account, fen);
INSERT INTO commission_due SELECT order_id, state_at + interval '366 days' FROM orders;
SET session_replication_role = origin;
SELECT tally_again();
ANALYZE
"""


@dataclass
class Firm:
    """The demo firm: product 10, at 10 yuan, earns 2 yuan flat, unless ``rule`` has said else."""

    connection: "asyncpg.Connection[Any]"
    teams: dict[str, int] = field(default_factory=dict)

    async def rule(self, product: str = "10", **columns: object) -> None:
        """Give the only version of the product's rule other columns."""
        changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
        of_product = "product_id = (SELECT product_id FROM products WHERE code = $1)"
        await self.connection.execute(
            f"UPDATE commission_rules SET {changes} WHERE {of_product}", product, *columns.values()
        )

    async def team(self, name: str, shares: dict[str, int]) -> None:
        """A team with a claim of product 10; shares in basis points by employee number."""
        ask, since = self.connection, "'[2020-01-01 00:00+08,)'"
        async with ask.transaction():
            leader = await self.employee(next(iter(shares)))
            team = await ask.fetchval(
                "INSERT INTO teams (name, leader_id) VALUES ($1, $2) RETURNING team_id", name, leader
            )
            version = await ask.fetchval(
                f"INSERT INTO team_versions (team_id, valid, set_by) VALUES ($1, {since}, 'test') RETURNING version_id",
                team,
            )
            await ask.executemany(
                "INSERT INTO team_shares SELECT $1, employee_id, $3 FROM employees WHERE number = $2",
                [(version, number, points) for number, points in shares.items()],
            )
            claim = (
                f"INSERT INTO claims (product_id, code, team_id, valid) SELECT product_id, $2, $1, {since} "
                "FROM products WHERE code = '10'"
            )
            await ask.execute(claim, team, f"{950 + len(self.teams)}")
        self.teams[name] = team

    async def sold(
        self, by: str, at: datetime, *, price_fen: int = 1000, commission_fen: int = 200, state: str = "active",
        product: str = "10",
    ) -> int:  # fmt: skip
        """One order of the employee, or team, ``by``, placed and (unless ``state`` says else) active at once."""
        team = self.teams.get(by)
        members = await self.connection.fetch(_MEMBERS, team, by)
        parts = divided(commission_fen, [row["basis_points"] for row in members])
        order: int = await self.connection.fetchval(
            _SOLD,
            next(_numbers),
            price_fen,
            at,
            state,
            [row["employee_id"] for row in members],
            parts,
            product,
            team,
            by,
        )
        return order

    async def ended(
        self, order: int, was: str = "active", became: str = "cancelled", *, at: datetime | None = None
    ) -> int:
        """End an order, as the orders' own statements do; what it gave back."""
        back: int = await self.connection.fetchval(_ENDED, order, was, became, at or utc_now())
        return back

    async def employee(self, number: str) -> int:
        """The employee's id."""
        found: int = await self.value("SELECT employee_id FROM employees WHERE number = $1", number)
        return found

    async def owed(self, number: str) -> dict[str, int]:
        """What the employee has on each account, in fen."""
        rows = await self.connection.fetch(
            "SELECT account, sum(amount_fen)::bigint AS fen FROM commission_entries JOIN employees USING (employee_id) "
            "WHERE number = $1 GROUP BY account HAVING sum(amount_fen) <> 0",
            number,
        )
        return {row["account"]: row["fen"] for row in rows}

    async def value(self, query: str, *args: object) -> Any:
        """The one value of a query."""
        return await self.connection.fetchval(query, *args)


@asynccontextmanager
async def firm_on(database: Database, dsn: str) -> AsyncIterator[Firm]:
    """The demo firm, and a connection to its books while the block runs."""
    await seed(database)
    connection = await asyncpg.connect(dsn)
    try:
        yield Firm(connection)
    finally:
        await connection.close()


async def many_sold(dsn_of_superuser: str, orders: int, sellers: int) -> None:
    """So many orders of product 10 from eight until three days ago, in turn by so many people, past every trigger."""
    connection = await asyncpg.connect(dsn_of_superuser)
    try:
        await connection.execute(_MANY.format(orders=orders, sellers=sellers), timeout=900)
    finally:
        await connection.close()


def days(number: float) -> timedelta:
    """So many times 24 hours."""
    return timedelta(days=number)


_GUARDED = ("commission_entries", "commission_postings", "commission_rules", "orders", "period_results", "team_shares")


@asynccontextmanager
async def tampered(dsn_of_superuser: str, statement: str) -> AsyncIterator[None]:
    """Change what nobody may change, as the superuser and past every trigger, while the block runs."""
    connection = await asyncpg.connect(dsn_of_superuser)
    try:
        await connection.execute("SET session_replication_role = replica")
        for table in _GUARDED:
            await connection.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
        await connection.execute(statement)
        yield
        for table in _GUARDED:
            await connection.execute(
                f"DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}"
            )
    finally:
        await connection.close()
