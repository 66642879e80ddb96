"""Orders as people look them up: lists, and one with all that became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Statements


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders; None: any. ``employee`` is who sold, alone or in a team; ``before``: older than that one; ``claim``
    is the code of a claim of the product; placed from ``since`` until ``until``.

    ``department``: sold in it or below, by a team: whose leader is; ``path``: the same, of the department of this path.
    """

    state: str | None = None
    product: str | None = None
    employee: str | None = None
    subscriber: str | None = None
    channel: str | None = None
    before: int | None = None
    department: int | None = None
    path: str | None = None
    claim: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One order: its row, how it came, its moves, what its subscriber was told, what it earned, and what a provider was
    asked."""

    order: Record
    how: Record
    moves: Sequence[Record]
    told: Sequence[Record]
    earned: Sequence[Record]
    provisioned: Sequence[Record]


async def listed(statements: Statements, wanted: Wanted, most: int) -> list[Record]:
    """Orders, the newest first: by who sold them, or by who ordered, but not by both."""
    assert wanted.employee is None or wanted.subscriber is None
    ids = await statements.fetch_row(
        "ordering_book.which", wanted.product, wanted.claim, wanted.path, wanted.department
    )
    assert ids is not None, "there is always a row"
    when = (wanted.before, wanted.since, wanted.until)
    which = (wanted.state, ids["product"], ids["claims"], wanted.channel, *when, most)
    if wanted.employee is not None:
        return await statements.fetch("ordering_book.listed_by", *which, ids["departments"], wanted.employee)
    if wanted.subscriber is not None:
        return await statements.fetch("ordering_book.listed_of", *which, ids["departments"], wanted.subscriber)
    if ids["departments"] is not None:
        return await statements.fetch("ordering_book.listed_in", *which, ids["departments"])
    return await statements.fetch("ordering_book.listed", *which)


async def story(
    statements: Statements, order_id: int, employee: str | None = None, department: int | None = None
) -> Story | None:
    """All about one order; None: there is no such order, or (``employee``, ``department``) it is not theirs."""
    rows = await listed(statements, Wanted(employee=employee, before=order_id + 1, department=department), 1)
    if not rows or rows[0]["order_id"] != order_id:
        return None
    how = await statements.fetch_row("ordering_book.how", order_id)
    assert how is not None, "orders are never deleted"
    of_it = [await statements.fetch(f"ordering_book.{what}", order_id) for what in _PARTS]
    return Story(rows[0], how, *of_it)


async def is_within(statements: Statements, order_id: int, department: int) -> bool:
    """Whether there is such an order, and it was sold in the department or below."""
    found: bool = await statements.fetch_value("ordering_book.is_within", order_id, department)
    return found


async def of_call(statements: Statements, call_key: str) -> Record | None:
    """order_id, state, confirm_by and confirm_until of the order that a try became."""
    return await statements.fetch_row("ordering_book.of_call", call_key)


_PARTS = ("moves", "told", "earned", "provisioned")
