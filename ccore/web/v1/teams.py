"""Virtual teams over HTTP: a manager's are those that somebody of their department or below leads."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.marketing.pool import Refused
from ccore.marketing.product import Line, Time
from ccore.marketing.service import Marketing
from ccore.marketing.shares import MOST_MEMBERS, WHOLE
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1 import within
from ccore.web.v1.claims import Nothing, Number
from ccore.web.v1.operations import Asked, Done, Operation, Told

Points = Annotated[int, Field(strict=True, ge=1, le=WHOLE, description="of what the team earns; 3334 is 33.34 %")]


class Share(Said):
    """What one member has."""

    employee: Number
    basis_points: Points


Shares = Annotated[tuple[Share, ...], Field(min_length=1, max_length=MOST_MEMBERS)]


class NewTeam(Said):
    """A team; the shares sum to 10,000."""

    name: Line
    leader: Number
    shares: Shares


class NewShares(Said):
    """How it shares from ``starts`` on; by itself from now."""

    shares: Shares
    starts: Time | None = None


class Leader(Said):
    """Who leads it."""

    leader: Number


class Member(Told):
    """One member of a team."""

    employee: str
    name: str
    kind: Literal["staff", "contracted", "friend"]
    basis_points: int
    left: bool


class TeamShares(Told):
    """Shares that hold from ``starts`` until just before ``ends``."""

    starts: datetime
    ends: datetime | None
    set_by: str
    shares: list[Member]


class Team(Told):
    """One team, with its shares of now and later."""

    team: int
    name: str
    leader: str
    leader_name: str
    ended_at: datetime | None
    versions: list[TeamShares]


class Teams(Told):
    """By name."""

    teams: list[Team]


class TeamMade(Told):
    """A new team."""

    team: int


class Starts(Told):
    """Since when it shares so."""

    starts: datetime


class TeamEnded(Told):
    """How many claims ended with it."""

    claims: int


class _Teams:
    def __init__(self, of: Marketing) -> None:
        self._of = of

    async def all(self, asked: Asked[None, None]) -> Teams:
        rows = await self._of.teams.all(await within.department(asked, self._of.staff))
        return Teams(teams=[Team.model_validate({**row, "team": row["team_id"]}) for row in rows])

    async def add(self, asked: Asked[NewTeam, None]) -> TeamMade:
        said = asked.body
        await self._leads(asked, said.leader)
        team = await self._of.teams.add(said.name, said.leader, _pairs(said.shares), asked.person.login)
        if isinstance(team, Refused):
            raise web.HTTPConflict(text=team.reason)
        return TeamMade(team=team)

    async def share(self, asked: Asked[NewShares, None]) -> Starts:
        team, said = await self._team(asked), asked.body
        starts = await self._of.teams.share(team, _pairs(said.shares), asked.person.login, said.starts)
        if isinstance(starts, Refused):
            raise web.HTTPConflict(text=starts.reason)
        return Starts(starts=starts)

    async def lead(self, asked: Asked[Leader, None]) -> Done:
        team = await self._team(asked)
        await self._leads(asked, asked.body.leader)
        if refused := await self._of.teams.lead(team, asked.body.leader, asked.person.login):
            raise web.HTTPConflict(text=refused.reason)
        return Done()

    async def end(self, asked: Asked[Nothing, None]) -> TeamEnded:
        claims = await self._of.teams.end(await self._team(asked), asked.person.login)
        if isinstance(claims, Refused):
            raise web.HTTPConflict(text=claims.reason)
        return TeamEnded(claims=claims)

    async def _team(self, asked: Asked[Any, None]) -> int:
        """The number of a team that is the manager's business. Raises HTTPNotFound."""
        rows = await self._of.teams.all(team=asked.number("team"))
        if not rows:
            raise web.HTTPNotFound(text="there is no such team")
        await within.see_to(asked, self._of.staff, rows[0]["departments"])
        return asked.number("team")

    async def _leads(self, asked: Asked[Any, None], leader: str) -> None:
        row = await self._of.staff.of_number(leader)
        if row is None:
            raise web.HTTPNotFound(text=f"there is no employee {leader}")
        await within.see_to(asked, self._of.staff, row["departments"])


def operations(of: Marketing) -> list[Operation[Any, Any]]:
    """For managers."""
    on, managers, one = _Teams(of), frozenset({Role.MANAGER}), "/teams/{team:int}"
    return [
        Operation("GET", "/teams", "Virtual teams", managers, on.all, answer=Teams),
        Operation("POST", "/teams", "Make one", managers, on.add, body=NewTeam, answer=TeamMade, status=201),
        Operation("PUT", f"{one}/shares", "Share otherwise from a time on", managers, on.share, body=NewShares,
                  answer=Starts),
        Operation("PUT", f"{one}/leader", "Somebody else leads it", managers, on.lead, body=Leader, answer=Done),
        Operation("POST", f"{one}/end", "End it, with its claims", managers, on.end, body=Nothing, answer=TeamEnded),
    ]  # fmt: skip


def _pairs(shares: tuple[Share, ...]) -> list[tuple[str, int]]:
    return [(share.employee, share.basis_points) for share in shares]
