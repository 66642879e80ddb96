"""虚拟团队: teams with shares of what they sell, which change from a date on."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.marketing.pool import Refused
from ccore.marketing.shares import complaint
from ccore.people import audit

log = structlog.get_logger()

STRANGER = "a share is of somebody who is not there, or has left / 有成员不存在或已离职"
OVER = "there is no such team, or it has ended / 没有此团队，或已解散"
PAST = "what was sold before is divided already / 此前的订单已按原份额分配"

Shares = Sequence[tuple[str, int]]  # employee numbers, and basis points that sum to 10,000


class _Nothing(Exception):
    """What was begun is undone."""


class Teams:
    """The teams of one database; ``by`` is always who does it. Raises what Database does."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._now = database, now

    async def all(self, department: int | None = None, team: int | None = None) -> list[Record]:
        """Those led in or below ``department``: team_id, name, leader, leader_name, ended_at, departments (the leader's
        and those above), versions (of now and later: starts, ends, set_by, shares with employee, name, basis_points,
        left).
        """
        return await self._database.fetch("marketing_staff.teams", team, department, self._now())

    async def called(self, name: str) -> int | None:
        """The number of the team of this name."""
        number: int | None = await self._database.fetch_value("marketing_staff.team_called", name)
        return number

    async def add(self, name: str, leader: str, shares: Shares, by: str) -> int | Refused:
        """A new team, from now on; its number."""
        if why := complaint(shares):
            return Refused(why)
        try:
            async with self._database.transaction() as transaction:
                team: int | None = await transaction.fetch_value("marketing_staff.add_team", name, leader)
                if team is None:
                    why = f"there is a team {name} already, or nobody with the number {leader}"
                    return Refused(f"{why} / 已有同名团队，或没有此工号")
                await self._shared(transaction, team, self._now(), shares, by)
                detail = {"name": name, "leader": leader, "shares": dict(shares)}
                await audit.note(transaction, by, "team-added", f"team:{team}", detail)
        except _Nothing:
            return Refused(STRANGER)
        log.info("team_added", team=team, members=len(shares), by=by)
        return team

    async def share(self, team: int, shares: Shares, by: str, starts: datetime | None = None) -> datetime | Refused:
        """Let these shares hold from ``starts`` on (now, or later); what was sold before stays divided as it was."""
        now = self._now()
        starts = starts or now
        if why := complaint(shares) or (PAST if starts < now else ""):
            return Refused(why)
        try:
            async with self._database.transaction() as transaction:
                row = await transaction.fetch_row("marketing_staff.lock_team", team)
                if row is None or row["ended_at"] is not None:
                    return Refused(OVER)
                if row["last_from"] is not None and row["last_from"] >= starts:
                    why = f"other shares begin at {row['last_from'].isoformat()}: at no time may two hold"
                    return Refused(f"{why} / 已有更晚生效的份额")
                await transaction.execute("marketing_staff.end_version", team, starts)
                await self._shared(transaction, team, starts, shares, by)
                detail = {"from": starts.isoformat(), "shares": dict(shares)}
                await audit.note(transaction, by, "team-shares-set", f"team:{team}", detail)
        except _Nothing:
            return Refused(STRANGER)
        log.info("team_shares_set", team=team, members=len(shares), by=by)
        return starts

    async def lead(self, team: int, leader: str, by: str) -> Refused | None:
        """Let somebody else lead it."""
        async with self._database.transaction() as transaction:
            if await transaction.fetch_value("marketing_staff.lead", team, leader) is None:
                return Refused(f"there is no such team, or nobody with the number {leader} / 没有此团队或工号")
            await audit.note(transaction, by, "team-leader-set", f"team:{team}", {"leader": leader})
        return None

    async def end(self, team: int, by: str) -> int | Refused:
        """End it with its claims: how many those were. Orders stay where they were."""
        now = self._now()
        async with self._database.transaction() as transaction:
            await transaction.fetch("marketing_claims.turns", None, team, None)
            row = await transaction.fetch_row("marketing_staff.lock_team", team)
            if row is None or row["ended_at"] is not None:
                return Refused(OVER)
            claims: int = await transaction.fetch_value("marketing_staff.end_team", team, now, by)
            await audit.note(transaction, by, "team-ended", f"team:{team}", {"claims": claims})
        log.info("team_ended", team=team, claims=claims, by=by)
        return claims

    async def _shared(self, transaction: Transaction, team: int, starts: datetime, shares: Shares, by: str) -> None:
        numbers, points = [number for number, _ in shares], [points for _, points in shares]
        found = await transaction.fetch_value("marketing_staff.add_version", team, starts, numbers, points, by)
        if found != len(shares):
            raise _Nothing
