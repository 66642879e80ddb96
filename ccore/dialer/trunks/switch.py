"""What people do with the trunks campaigns call out by: shut them, open them, let them rest, see what they cost."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from asyncpg import Record

from ccore.db.pool import Database
from ccore.people import audit

ALL = "*"  # trunks: also those that will be added


async def kill(database: Database, trunk: str, who: str, reason: str) -> bool:
    """No more calls of campaigns by ``trunk`` (ALL: by any) from now on; False: that was so already."""
    async with database.transaction() as transaction:
        if await transaction.fetch_value("outgoing.kill", trunk, who, reason) is None:
            return False
        await audit.note(transaction, who, "trunk-killed", f"trunk:{trunk}", {"reason": reason})
    return True


async def revive(database: Database, trunk: str, who: str) -> bool:
    """Campaigns may call by ``trunk`` again; False: it was not shut."""
    async with database.transaction() as transaction:
        if await transaction.fetch_value("outgoing.revive", trunk) is None:
            return False
        await audit.note(transaction, who, "trunk-revived", f"trunk:{trunk}")
    return True


async def rest(
    database: Database, node: str, trunk: str, until: datetime, who: str, reason: str, now: datetime
) -> bool:
    """``trunk`` is left alone at ``node`` until then; False: it rests for longer already."""
    words = reason or f"{who} wants it"
    async with database.transaction() as transaction:
        if not await transaction.execute("outgoing.rest", node, trunk, now, until, 1, words):
            return False
        detail = {"node": node, "until": until.isoformat(), "reason": reason}
        await audit.note(transaction, who, "trunk-rested", f"trunk:{trunk}", detail)
    return True


async def wake(database: Database, trunk: str, who: str) -> bool:
    """``trunk`` rests no longer, at any node; False: it did not rest."""
    async with database.transaction() as transaction:
        if not await transaction.fetch("outgoing.wake", None, trunk):
            return False
        await audit.note(transaction, who, "trunk-woken", f"trunk:{trunk}")
    return True


async def standing(database: Database, now: datetime) -> tuple[Mapping[str, Record], list[Record]]:
    """Who has shut which trunk, by its name; and those that rest now."""
    kills = {row["trunk"]: row for row in await database.fetch("outgoing.kills")}
    return kills, [row for row in await database.fetch("outgoing.rests") if row["until"] > now]


async def spend(database: Database, trunk: str | None, today: date, days: int) -> list[Record]:
    """What ``trunk``, or all of them, have cost on each of the last ``days``: trunk, day, calls, seconds, fen."""
    return await database.fetch("outgoing.spend", trunk, today - timedelta(days=days - 1), today)
