"""Why a campaign dials nobody, when a number is called, and what a campaign did, over HTTP: for supervisors."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field

from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.explanation import gathering
from ccore.dialer.explanation.chinese import in_chinese
from ccore.dialer.explanation.words import Said as Line
from ccore.dialer.reports.counting import report
from ccore.dialer.reports.files import as_csv, as_xlsx
from ccore.dialer.reports.tables import Cell, Table
from ccore.dialer.surroundings import Standing
from ccore.dialer.trunks.state import Status
from ccore.people.model import Role
from ccore.web.bodies import PhoneNumber, Said, telephone
from ccore.web.v1.operations import Asked, Operation, Told

LONGEST = timedelta(days=400)
USUAL = timedelta(days=30)
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_NONE = "there is no such campaign"


class CampaignReportWanted(Said):
    """From when until when (times without a zone are the site's; the last 30 days if nothing is said), and how."""

    since: Annotated[datetime | None, Field(alias="from")] = None
    until: datetime | None = None
    format: Literal["json", "csv", "xlsx"] = "json"

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """In ``zone``. Raises HTTPBadRequest."""
        until = _local(self.until or datetime.now(zone), zone)
        try:
            since = _local(self.since or until - USUAL, zone)
        except OverflowError:
            since = until
        if not timedelta(0) < until - since <= LONGEST:
            raise web.HTTPBadRequest(text=f"until must be after from, and at most {LONGEST.days} days after it")
        return since, until


class NumberAsked(Said):
    """The number that is asked about: in a body, so that it stands in no log."""

    number: PhoneNumber


class ExplanationLine(Told):
    """One thing there is to say: ``gate`` is a word for it, ``stops``: nobody is dialled while it is so.

    ``text`` is English, ``text_zh`` Chinese.
    """

    gate: str
    stops: bool
    text: str
    text_zh: str


class Explanation(Told):
    """What stops it first stands first."""

    lines: list[ExplanationLine]


class CampaignReport(Told):
    """The tables of the report, of which each row has its cells by the column's heading. Percentages are to a
    hundredth."""

    funnel: list[dict[str, Cell]]
    abandonment: list[dict[str, Cell]]
    outcomes: list[dict[str, Cell]]
    work: list[dict[str, Cell]]
    machines: list[dict[str, Cell]]
    lists: list[dict[str, Cell]]
    trunks: list[dict[str, Cell]]
    agents: list[dict[str, Cell]]
    hours: list[dict[str, Cell]]


def operations(
    database: Database,
    centre: Callable[[], Centre],
    trunks: Callable[[], Sequence[Status]],
    why: Callable[[str], Sequence[Standing]],
    zone: ZoneInfo,
    region: str,
) -> list[Operation[Any, Any]]:
    """``centre`` gives the files that run, ``trunks`` how they stand, ``why`` a campaign's last decisions here."""

    async def of_campaign(asked: Asked[None, None]) -> Explanation:
        name = asked.path["campaign"]
        said = await gathering.of_campaign(database, centre(), name, datetime.now(zone), trunks(), why(name))
        if said is None:
            raise web.HTTPNotFound(text=_NONE)
        return _lines(said)

    async def of_number(asked: Asked[NumberAsked, None]) -> Explanation:
        number = telephone(asked.body.number, region)
        return _lines(await gathering.of_number(database, centre(), number, datetime.now(zone)))

    async def reported(asked: Asked[None, CampaignReportWanted]) -> CampaignReport | web.StreamResponse:
        name, (since, until), files = asked.path["campaign"], asked.query.period(zone), centre()
        if name not in files.campaigns:
            raise web.HTTPNotFound(text=_NONE)
        tables = await report(database, files, name, since, until, zone)
        if asked.query.format == "json":
            return CampaignReport.model_validate({table.name: table.as_data() for table in tables})
        return await asyncio.to_thread(_file, name, asked.query.format, tables)  # it takes its time, and calls go on

    may, one = frozenset({Role.SUPERVISOR}), "/campaigns/{campaign}"
    return [
        Operation("GET", f"{one}/explanation", "What keeps it from dialling", may, of_campaign, answer=Explanation),
        Operation("GET", f"{one}/report", "What it did", may, reported, query=CampaignReportWanted,
                  answer=CampaignReport, media=tuple(_TYPES.values())),
        Operation("POST", "/numbers/explanation", "When a number is called, or why not", may, of_number,
                  body=NumberAsked, answer=Explanation),
    ]  # fmt: skip


def _lines(said: Sequence[Line]) -> Explanation:
    return Explanation(lines=[_line(each) for each in said])


def _line(said: Line) -> ExplanationLine:
    return ExplanationLine(gate=said.gate, stops=said.stops, text=said.text, text_zh=in_chinese(said.text) or said.text)


def _file(name: str, form: Literal["csv", "xlsx"], tables: Sequence[Table]) -> web.Response:
    content = as_csv(tables) if form == "csv" else as_xlsx(tables)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    charset = "utf-8" if form == "csv" else None
    return web.Response(body=content, content_type=_TYPES[form], charset=charset, headers=headers)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
