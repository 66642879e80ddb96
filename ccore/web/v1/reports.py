"""Sales by whatever people want to see them by, ranks, the way from tries to orders, and files of them."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field, field_validator

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.marketing.staff import Staff
from ccore.people.model import Person, Role
from ccore.reports.exports import Export, Exports, Kind, Look
from ccore.reports.headings import Language
from ccore.reports.question import FILTERS, By, Question, columns, named
from ccore.reports.service import Reports, TooMuch
from ccore.reports.totals import Line, Measure
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.within import department
from ccore.workbooks import Format

MOST_NAMES = 50
MOST_LINES = 5000  # in one answer; more of them are for a file
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Names = Annotated[
    str,
    Field(
        max_length=2000,
        description=f"names, {MOST_NAMES} at most, with commas between; one within a name has a backslash before it",
    ),
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]


class Sought(Said):
    """Which sales: from the beginning of ``since`` until the beginning of ``until``, of those named, told apart ``by``.

    Days are those of the site's time zone. Without ``since``, of today. ``alone``: of the departments named without
    those under them.
    """

    since: Day | None = None
    until: Day | None = None
    by: Annotated[str, Field(max_length=200, description=f"of {', '.join(By)}, with commas between")] = ""
    products: Names = ""
    departments: Names = ""
    teams: Names = ""
    people: Names = ""
    claims: Names = ""
    channels: Names = ""
    states: Names = ""
    alone: bool = False
    language: Language = "zh"
    order: Measure | None = None

    @field_validator("by")
    @classmethod
    def _columns(cls, value: str) -> str:
        columns(value)
        return value

    @field_validator("products", "departments", "teams", "people", "claims", "channels", "states")
    @classmethod
    def _not_too_many(cls, value: str) -> str:
        if len(named(value)) > MOST_NAMES:
            raise ValueError(f"{MOST_NAMES} names at most")
        return value


class Ranked(Sought):
    """The best of them by a measure."""

    order: Measure = "live"
    most: Annotated[int, Field(ge=1, le=1000)] = 20


class WantedFile(Sought):
    """A file of sales with their totals, or of the orders themselves. ``for_people``: its headings, states and channels
    are words of the language, and money is in yuan; otherwise they are the API's, and fen."""

    kind: Kind = "sales"
    format: Format = "csv"
    for_people: bool = False

    @property
    def look(self) -> Look:
        """How it is to look."""
        return Look(self.language if self.for_people else None, self.order)


class Sold(Told):
    """A line: the fewer ``keys``, the higher the total. Money is in fen."""

    keys: list[str]
    orders: int
    live: int
    active: int
    sales_fen: int
    commission_fen: int


class Counted(Told):
    """When it was told, and how many changes of orders and tries were not counted yet then."""

    at: datetime
    behind: int


class Sales(Counted):
    """Totals and what they are made of."""

    since: date
    until: date
    heads: list[By]
    lines: list[Sold]


class Placed(Sold):
    """One of the best."""

    rank: int


class Ranks(Counted):
    """The best first."""

    lines: list[Placed]


class Way(Told):
    """From tries to orders that are live and active now; ``refused`` by outcome."""

    keys: list[str]
    tries: int
    understood: int
    placed: int
    live: int
    active: int
    refused: dict[str, int]


class Funnel(Counted):
    """A line for each column asked for."""

    heads: list[By]
    lines: list[Way]


class File(Told):
    """A file that somebody asked for."""

    number: int
    kind: Kind
    format: Format
    state: Literal["waiting", "making", "ready", "failed", "gone"]
    rows_done: int
    rows_all: int | None
    trouble: str
    bytes: int | None


SEE = frozenset({Role.MANAGER, Role.DESIGNER, Role.FRAUD})


def operations(
    database: Database, reports: Reports, exports: Exports, staff: Staff, zone: ZoneInfo
) -> list[Operation[Any, Any]]:
    """What managers ask, of their own department with all under it; the others of these roles ask of all."""

    async def question(asked: Asked[Any, Any], sought: Sought, *, restricted: bool = True) -> Question:
        since = sought.since or utc_now().astimezone(zone).date()
        given = {name: named(getattr(sought, name)) for name in FILTERS}
        if asked.person.role is Role.MANAGER:
            rows = await database.fetch("reports.paths_under", await department(asked, staff))
            own, *_ = allowed = [row["path"] for row in rows]
            if restricted and not set(given["departments"]) <= set(allowed):
                raise web.HTTPForbidden(text="you see the sales of your own department and those under it")
            if restricted:
                given["departments"] = given["departments"] or (own,)
        return Question(
            since, sought.until or since + timedelta(days=1), columns(sought.by), **given, alone=sought.alone
        )

    async def sales(asked: Asked[None, Sought]) -> Sales:
        wanted = await question(asked, asked.query)
        report = await answered(reports.sales(wanted, asked.query.language, asked.query.order))
        if len(report.lines) > MOST_LINES:
            raise web.HTTPUnprocessableEntity(text=f"more than {MOST_LINES} lines: ask for a file")
        lines = [_sold(line) for line in report.lines]
        return Sales(
            since=wanted.since,
            until=wanted.until,
            heads=list(wanted.by),
            lines=lines,
            at=utc_now(),
            behind=report.behind,
        )

    async def ranks(asked: Asked[None, Ranked]) -> Ranks:
        wanted = await question(asked, asked.query)
        found = await answered(reports.ranks(wanted, asked.query.order, asked.query.most, asked.query.language))
        lines = [Placed(rank=rank, **_sold(line).model_dump()) for rank, line in found]
        return Ranks(lines=lines, at=utc_now(), behind=await reports.behind())

    async def funnel(asked: Asked[None, Sought]) -> Funnel:
        wanted = await question(asked, asked.query, restricted=False)  # nobody's: of products and channels
        steps = await answered(reports.funnel(wanted, asked.query.language))
        lines = [
            Way(keys=list(step.keys), tries=step.tries, understood=step.understood, placed=step.placed, live=step.live,
                active=step.active, refused=dict(step.refused))
            for step in steps
        ]  # fmt: skip
        return Funnel(heads=list(wanted.by), lines=lines, at=utc_now(), behind=await reports.behind())

    async def ask(asked: Asked[WantedFile, None]) -> File:
        wanted = await question(asked, asked.body)
        body = asked.body
        number = await exports.ask(body.kind, body.format, wanted, asked.person.login, body.look)
        return _file(await _of(exports, number, asked.person))

    async def find(asked: Asked[None, None]) -> File:
        return _file(await _of(exports, asked.number("number"), asked.person))

    async def content(asked: Asked[None, None]) -> web.StreamResponse:
        export = await _of(exports, asked.number("number"), asked.person)
        if export.state != "ready":
            raise web.HTTPConflict(text=f"the file is {export.state}{export.trouble and ': ' + export.trouble}")
        name = f"{export.kind}-{export.number}.{export.format}"
        response = web.StreamResponse(
            headers={
                "Content-Type": _TYPES[export.format],
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Length": str(export.bytes),
            }
        )
        await response.prepare(asked.request)
        async for part in exports.parts(export.number):
            await response.write(part)
        return response

    return [
        Operation("GET", "/reports/sales", "Sales with totals", SEE, sales, query=Sought, answer=Sales),
        Operation("GET", "/reports/ranks", "The best", SEE, ranks, query=Ranked, answer=Ranks),
        Operation("GET", "/reports/funnel", "From tries to orders", SEE, funnel, query=Sought, answer=Funnel),
        Operation("POST", "/reports/files", "Have a file made", SEE, ask, body=WantedFile, answer=File, status=202),
        Operation("GET", "/reports/files/{number:int}", "How a file stands", SEE, find, answer=File),
        Operation(
            "GET", "/reports/files/{number:int}/content", "A file", SEE, content, media=tuple(_TYPES.values())
        ),
    ]  # fmt: skip


async def answered(answer: Any) -> Any:
    """What comes of a question. Raises HTTPUnprocessableEntity."""
    try:
        return await answer
    except TooMuch as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from error


async def _of(exports: Exports, number: int, person: Person) -> Export:
    """Somebody's own file; admins see all."""
    export = await exports.find(number, None if person.role is Role.ADMIN else person.login)
    if export is None:
        raise web.HTTPNotFound(text="you have asked for no such file")
    return export


def _sold(line: Line) -> Sold:
    sums = line.sums
    return Sold(keys=list(line.keys), orders=sums.orders, live=sums.live, active=sums.active, sales_fen=sums.sales_fen,
                commission_fen=sums.commission_fen)  # fmt: skip


def _file(export: Export) -> File:
    return File.model_validate(export, from_attributes=True)
