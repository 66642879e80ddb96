"""The trunks campaigns call out by, over HTTP: how they stand, what they cost, and the switch that shuts them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field, StringConstraints

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.dialer.trunks import switch
from ccore.dialer.trunks.outgoing import Why
from ccore.dialer.trunks.state import Status, Trunks
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

EVERY = "all"  # in a path, for every trunk there is
ShutReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class TrunkShut(Said):
    """Why nobody is to be called by it."""

    reason: ShutReason = ""


class TrunkRest(Said):
    """For how long it is left alone; 0: no longer."""

    minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    reason: ShutReason = ""


class SpendWanted(Said):
    """Of which trunk, and of how many days."""

    trunk: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")] | None = None
    days: Annotated[int, Field(ge=1, le=1000)] = 31


class Trunk(Told):
    """One trunk at one node: ``channels`` in use, ``ours`` by campaigns, ``others`` by all other calls, of ``most``.

    ``why`` no more calls of campaigns may begin now; "" if they may. ``reason`` is what people gave as theirs.
    """

    node: str
    trunk: str
    channels: int
    most: int
    ours: int
    others: int
    why: Annotated[str, Field(json_schema_extra={"enum": [each.value for each in Why]})]
    fen_today: int
    fen_this_month: int
    killed_by: str
    rests_until: datetime | None
    reason: str


class CampaignTrunks(Told):
    """All trunks of outgoing.toml; ``all_shut``: somebody has shut them all, also those that will be added."""

    trunks: list[Trunk]
    all_shut: bool


class SpendOfDay(Told):
    """What a trunk has cost on a day."""

    trunk: str
    day: date
    calls: int
    seconds: int
    fen: int


class Spend(Told):
    """By day, then by trunk."""

    spend: list[SpendOfDay]


class _Trunks:
    def __init__(self, database: Database, trunks: Trunks, zone: ZoneInfo) -> None:
        self._database, self._trunks, self._zone = database, trunks, zone

    async def listed(self, _asked: Asked[None, None]) -> CampaignTrunks:
        kills, _ = await switch.standing(self._database, utc_now())
        trunks = [Trunk.model_validate(each, from_attributes=True) for each in self._trunks.statuses()]
        return CampaignTrunks(trunks=trunks, all_shut=switch.ALL in kills)

    async def spent(self, asked: Asked[None, SpendWanted]) -> Spend:
        today = datetime.now(self._zone).date()
        rows = await switch.spend(self._database, asked.query.trunk, today, asked.query.days)
        return Spend(spend=[SpendOfDay.model_validate(dict(row)) for row in rows])

    async def shut(self, asked: Asked[TrunkShut, None]) -> Done:
        if not await switch.kill(self._database, self._named(asked), asked.person.login, asked.body.reason):
            raise web.HTTPConflict(text="it is shut already")
        await self._trunks.look()
        return Done()

    async def opened(self, asked: Asked[None, None]) -> Done:
        if not await switch.revive(self._database, self._named(asked), asked.person.login):
            raise web.HTTPConflict(text="it is not shut")
        await self._trunks.look()
        return Done()

    async def rested(self, asked: Asked[TrunkRest, None]) -> Done:
        found, said, who, now = self._of(asked.path["trunk"]), asked.body, asked.person.login, utc_now()
        until = now + timedelta(minutes=said.minutes)
        if said.minutes == 0:
            await switch.wake(self._database, found[0].trunk, who)
        else:
            for each in found:
                await switch.rest(self._database, each.node, each.trunk, until, who, said.reason, now)
        await self._trunks.look()
        return Done()

    def _named(self, asked: Asked[Any, None]) -> str:
        name = asked.path["trunk"]
        return switch.ALL if name == EVERY else self._of(name)[0].trunk

    def _of(self, name: str) -> Sequence[Status]:
        found = [each for each in self._trunks.statuses() if each.trunk == name]
        if not found:
            raise web.HTTPNotFound(text="there is no such trunk to call out by")
        return found


def operations(database: Database, trunks: Trunks, zone: ZoneInfo) -> list[Operation[Any, Any]]:
    """What supervisors see and do; the trunk ``all`` is every one there is."""
    on, may, one = _Trunks(database, trunks, zone), frozenset({Role.SUPERVISOR}), "/trunks/{trunk}"
    return [
        Operation("GET", "/trunks", "Trunks of campaigns", may, on.listed, answer=CampaignTrunks),
        Operation("GET", "/trunks/spend", "What they cost", may, on.spent, query=SpendWanted, answer=Spend),
        Operation("PUT", f"{one}/kill", "Shut it to campaigns", may, on.shut, body=TrunkShut, answer=Done),
        Operation("DELETE", f"{one}/kill", "Open it again", may, on.opened, answer=Done),
        Operation("PUT", f"{one}/rest", "Leave it alone for a while", may, on.rested, body=TrunkRest, answer=Done),
    ]
