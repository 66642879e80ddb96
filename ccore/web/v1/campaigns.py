"""Campaigns over HTTP: how they stand, at what pace they dial, and who starts, drains and stops them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field, StringConstraints

from ccore.centre.campaign import Attempts, Mode
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.explanation.overview import Overview, overview
from ccore.dialer.explanation.standing import cannot_start
from ccore.dialer.running import Running, change
from ccore.people.model import Role
from ccore.tables import Language
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told

MOST_SAMPLES = 240  # of a node in one answer: as many as a chart is wide
LEAST_STEP_S = 10  # a decision that begins nothing is logged as often
NOTHING_TO_DO: dict[Running, str] = {
    "running": "it runs already",
    "draining": "it does not run",
    "stopped": "it does not run",
}
_NONE = "there is no such campaign"


class CampaignChange(Said):
    """What becomes of it, and why: ``running``; ``draining``: no new calls; ``stopped``: nor do any ring on."""

    state: Literal["running", "draining", "stopped"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class PaceWanted(Said):
    """Of the last so many minutes."""

    minutes: Annotated[int, Field(ge=1, le=1440)] = 60


class CampaignList(Told):
    """Contacts of one of its lists by state; ``due``: those of the open ones whose time has come."""

    list: str
    open: int
    due: int
    claimed: int
    done: int
    removed: int


class Campaign(Told):
    """One campaign. Who made its state what it is, when and why; ``by`` is null if nobody ever started it.

    ``epoch`` grows with each change. ``attempts``: how often and when people are called again. ``why_not``: in plain
    words; empty if lists and hours let it dial. A list of the campaign's that does not exist yet is not among
    ``lists``.
    """

    campaign: str
    title: dict[Language, str]
    mode: Mode
    queue: str
    state: Literal["running", "draining", "stopped"]
    by: str | None
    at: datetime | None
    reason: str
    epoch: int
    attempts: Attempts
    lists: list[CampaignList]
    why_not: list[str]


class Campaigns(Told):
    """All of the files that run, by name."""

    campaigns: list[Campaign]


class CampaignEpoch(Told):
    """How often its state was changed so far."""

    epoch: int


class PaceSample(Told):
    """What was decided at a node in the seconds from ``at`` on, and how things stood: numbers of agents and of calls
    on average, ``gate`` (what kept it from one more call) and ``bank`` (calls that may still be abandoned) at the end.

    ``expected_free`` agents and ``expected_answers`` are those of the 5 s to come.
    """

    node: str
    at: datetime
    began: int
    hung_up: int
    gate: str
    idle: float
    busy: float
    waiting: float
    outstanding: float
    expected_free: float
    expected_answers: float
    bank: float


class CampaignPace(Told):
    """Steps of ``step_s`` seconds in which anything was decided, the oldest first."""

    step_s: int
    samples: list[PaceSample]


class _Campaigns:
    def __init__(self, database: Database, centre: Callable[[], Centre], zone: ZoneInfo) -> None:
        self._database, self._centre, self._zone = database, centre, zone

    async def listed(self, _asked: Asked[None, None]) -> Campaigns:
        now, files = datetime.now(self._zone), self._centre()
        found = [await overview(self._database, files, name, now) for name in sorted(files.campaigns)]
        return Campaigns(campaigns=[_campaign(each) for each in found if each is not None])

    async def one(self, asked: Asked[None, None]) -> Campaign:
        found = await overview(self._database, self._centre(), asked.path["campaign"], datetime.now(self._zone))
        if found is None:
            raise web.HTTPNotFound(text=_NONE)
        return _campaign(found)

    async def pace(self, asked: Asked[None, PaceWanted]) -> CampaignPace:
        name, minutes = asked.path["campaign"], asked.query.minutes
        if name not in self._centre().campaigns:
            raise web.HTTPNotFound(text=_NONE)
        step_s = max(LEAST_STEP_S, minutes * 60 // MOST_SAMPLES)
        lately, step = timedelta(minutes=minutes), timedelta(seconds=step_s)
        rows = await self._database.fetch("campaigns.pace", name, lately, step)
        return CampaignPace(step_s=step_s, samples=[PaceSample.model_validate(dict(row)) for row in rows])

    async def put(self, asked: Asked[CampaignChange, None]) -> CampaignEpoch:
        name, wanted = asked.path["campaign"], asked.body
        campaign = self._centre().campaigns.get(name)
        if campaign is None and wanted.state != "stopped":  # one whose file has gone can still be stopped
            raise web.HTTPNotFound(text=_NONE)
        if campaign is not None and wanted.state == "running" and (why := cannot_start(campaign, self._today())):
            raise web.HTTPConflict(text=f"it cannot be started: {why}")
        epoch = await change(self._database, name, wanted.state, asked.person.login, wanted.reason)
        if epoch is None:
            raise web.HTTPConflict(text=NOTHING_TO_DO[wanted.state])
        return CampaignEpoch(epoch=epoch)

    def _today(self) -> date:
        return datetime.now(self._zone).date()


def operations(database: Database, centre: Callable[[], Centre], zone: ZoneInfo) -> list[Operation[Any, Any]]:
    """For supervisors; ``centre`` gives the files that run."""
    on, may, one = _Campaigns(database, centre, zone), frozenset({Role.SUPERVISOR}), "/campaigns/{campaign}"
    return [
        Operation("GET", "/campaigns", "Campaigns", may, on.listed, answer=Campaigns),
        Operation("GET", one, "One campaign", may, on.one, answer=Campaign),
        Operation("GET", f"{one}/pace", "How fast it dialled lately", may, on.pace, query=PaceWanted,
                  answer=CampaignPace),
        Operation("PUT", f"{one}/state", "Start it, let it drain, stop it", may, on.put, body=CampaignChange,
                  answer=CampaignEpoch),
    ]  # fmt: skip


def _campaign(of: Overview) -> Campaign:
    state, file = of.state, of.campaign
    return Campaign(
        campaign=of.name,
        title=file.title,
        mode=file.mode,
        queue=file.queue,
        state="stopped" if state is None else state.state,
        by=None if state is None else state.by,
        at=None if state is None else state.at,
        reason="" if state is None else state.reason,
        epoch=0 if state is None else state.epoch,
        attempts=file.attempts,
        lists=[CampaignList.model_validate({"list": name, **counts}) for name, counts in of.stocks.items()],
        why_not=list(of.why_not),
    )
