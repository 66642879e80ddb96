"""Quality over HTTP, ``/api/quality/…``: what is to be reviewed, reviews, how far they agree, what they teach."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import AwareDatetime, Field

from ccore.quality.learning import Case, Learning, Passage
from ccore.quality.review import Actor, Step
from ccore.quality.score import Score
from ccore.quality.service import Quality, Refused, Written
from ccore.tables import Name
from ccore.web.auth import Auth, Person, Role
from ccore.web.bodies import Asked, Page, body, query

Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
Agent = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Answers = Annotated[dict[Name, Annotated[int, Field(ge=0, le=10)] | None], Field(max_length=1000)]

_STATUS = {
    Refused.NOT_THERE: 404, Refused.NO_SCORECARD: 404, Refused.NO_RECORDING: 404, Refused.NOT_YOURS: 403,
    Refused.NO_AGENT: 400, Refused.ANSWERS: 400,
}  # fmt: skip
_STEPS = {step.value: step for step in (Step.SUBMIT, Step.ACKNOWLEDGE, Step.DISPUTE, Step.SETTLE)}
_JUDGES = (Role.QUALITY, Role.SUPERVISOR)


class Week(Asked):
    """Of which scorecard and ISO week."""

    scorecard: Name
    week: Annotated[str, Field(pattern=r"^[0-9]{4}-W[0-9]{2}$")]


class NewReview(Asked):
    """A review to begin; ``agent`` may be left out where only one talked."""

    recording: Number
    scorecard: Name
    agent: Agent | Literal[""] = ""
    calibration: bool = False


class Draft(Asked):
    """What a reviewer says so far: answers (null: does not apply) and words by question."""

    answers: Answers = Field(default={})
    comments: Annotated[dict[Name, Annotated[str, Field(max_length=2000)]], Field(max_length=1000)] = Field(default={})
    summary: Annotated[str, Field(max_length=4000)] = ""


class Taken(Asked):
    """With a step: why, and, to settle, answers that are others now."""

    note: Annotated[str, Field(max_length=4000)] = ""
    answers: Answers = Field(default={})


class Which(Page):
    """Which reviews."""

    agent: Agent | None = None
    state: Literal["draft", "submitted", "acknowledged", "disputed", "settled"] | None = None
    recording: Number | None = None
    reviewer: Annotated[str, Field(max_length=40)] | None = None


class Same(Asked):
    """One call of one agent, by one scorecard."""

    recording: Number
    agent: Agent
    scorecard: Name


class Period(Asked):
    """Reviews submitted from ``since`` until ``until``."""

    since: AwareDatetime
    until: AwareDatetime
    agent: Agent | None = None


class NewNote(Asked):
    """What an agent is told."""

    agent: Agent
    text: Text
    recording: Number | None = None
    from_ms: Annotated[int | None, Field(ge=0)] = None
    until_ms: Annotated[int | None, Field(ge=0)] = None


class Notes(Page):
    """Whose."""

    agent: Agent | None = None


class NewCase(Asked):
    """A call to learn from."""

    recording: Number
    title: Annotated[str, Field(min_length=1, max_length=200)]
    verdict: Literal["good", "bad"]
    why: Text
    tags: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    from_ms: Annotated[int, Field(ge=0)]
    until_ms: Annotated[int, Field(ge=1)]


class Library(Page):
    """Which cases."""

    tag: Name | None = None
    verdict: Literal["good", "bad"] | None = None


def routes(quality: Quality, auth: Auth) -> list[web.RouteDef]:
    """For people of quality and supervisors; agents see what was submitted about them, and the library."""
    path = "/api/quality"
    review, note, case = (f"{path}/{name}/{{number:[0-9]{{1,18}}}}" for name in ("reviews", "coaching", "cases"))
    reviews, learning = _Reviews(quality, auth), _Learned(Learning(quality.database), auth)
    return [
        web.get(f"{path}/scorecards", reviews.scorecards),
        web.get(f"{path}/worklist", reviews.worklist),
        web.get(f"{path}/reviews", reviews.listed),
        web.post(f"{path}/reviews", reviews.begun),
        web.get(review, reviews.one),
        web.put(review, reviews.written),
        web.post(review + "/{step:submit|acknowledge|dispute|settle}", reviews.taken),
        web.get(f"{path}/calibration", reviews.calibration),
        web.get(f"{path}/scores", reviews.scores),
        web.get(f"{path}/coaching", learning.notes),
        web.post(f"{path}/coaching", learning.noted),
        web.post(f"{note}/seen", learning.seen),
        web.get(f"{path}/cases", learning.cases),
        web.post(f"{path}/cases", learning.added),
        web.delete(case, learning.removed),
    ]


class _Reviews:
    def __init__(self, quality: Quality, auth: Auth) -> None:
        self._database = quality.database
        self._quality = quality
        self._auth = auth

    async def scorecards(self, request: web.Request) -> web.Response:
        await self._auth.person(request)
        cards = {name: card.model_dump(mode="json") for name, card in (await self._quality.cards()).items()}
        return web.json_response({"scorecards": cards})

    async def worklist(self, request: web.Request) -> web.Response:
        await self._auth.person(request, *_JUDGES)
        asked = query(request, Week)
        try:
            tasks = await self._quality.worklist(asked.scorecard, asked.week)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        if isinstance(tasks, Refused):
            raise _refused(tasks)
        return web.json_response({"tasks": [_plain(asdict(task)) for task in tasks]})

    async def listed(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES, Role.AGENT)
        asked = query(request, Which)
        agent = asked.agent if _judges(person) else person.agent
        rows = await self._database.fetch(
            "quality.reviews", asked.before, agent, asked.state, asked.recording, asked.reviewer,
            not _judges(person), asked.size,
        )  # fmt: skip
        return web.json_response({"reviews": [_plain(row) for row in rows]})

    async def begun(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES)
        new = await body(request, NewReview)
        number = await self._quality.begin(
            _actor(person), new.recording, new.scorecard, new.agent, calibration=new.calibration
        )
        if isinstance(number, Refused):
            raise _refused(number)
        return web.json_response({"review": number}, status=201)

    async def one(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES, Role.AGENT)
        row = await self._quality.find(_actor(person), _number(request))
        if row is None:
            raise _refused(Refused.NOT_THERE)
        steps = await self._quality.steps(row["review_id"])
        return web.json_response(_plain(row) | {"steps": [_plain(step) for step in steps]})

    async def written(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES)
        draft = await body(request, Draft)
        written = Written(draft.answers, draft.comments, draft.summary)
        return _answered(await self._quality.write(_actor(person), _number(request), written))

    async def taken(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES, Role.AGENT)
        step, taken = _STEPS[request.match_info["step"]], await body(request, Taken)
        if taken.answers and step is not Step.SETTLE:
            raise web.HTTPBadRequest(text="answers change while a review is a draft, and when it is settled")
        if step in {Step.DISPUTE, Step.SETTLE} and not taken.note.strip():
            raise web.HTTPBadRequest(text="note: say why")
        return _answered(await self._quality.step(_actor(person), _number(request), step, taken.note, taken.answers))

    async def calibration(self, request: web.Request) -> web.Response:
        await self._auth.person(request, *_JUDGES)
        asked = query(request, Same)
        found = await self._quality.calibration(asked.recording, asked.agent, asked.scorecard)
        if found is None:
            raise web.HTTPNotFound(text="there are not two reviews to compare")
        return web.json_response(asdict(found))

    async def scores(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES, Role.AGENT)
        asked = query(request, Period)
        agent = asked.agent if _judges(person) else person.agent
        rows = await self._database.fetch("quality.scores", asked.since, asked.until, agent)
        return web.json_response({"scores": [_plain(row) for row in rows]})


class _Learned:
    def __init__(self, learning: Learning, auth: Auth) -> None:
        self._learning = learning
        self._auth = auth

    async def notes(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES, Role.AGENT)
        asked = query(request, Notes)
        agent = asked.agent if _judges(person) else person.agent
        if agent is None:
            raise web.HTTPBadRequest(text="agent: say whose notes")
        rows = await self._learning.told(agent, asked.before, asked.size)
        return web.json_response({"notes": [_plain(row) for row in rows]})

    async def noted(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES)
        new = await body(request, NewNote)
        _in_order(new.from_ms, new.until_ms)
        if new.recording is None and new.from_ms is not None:
            raise web.HTTPBadRequest(text="from_ms is of a recording")
        about = None if new.recording is None else Passage(new.recording, new.from_ms, new.until_ms)
        number = await self._learning.coach(new.agent, person.login, new.text, about)
        if number is None:
            raise _refused(Refused.NO_RECORDING)
        return web.json_response({"note": number}, status=201)

    async def seen(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, Role.AGENT)
        if not await self._learning.seen(_number(request), person.agent):
            raise _refused(Refused.NOT_THERE)
        return web.json_response({})

    async def cases(self, request: web.Request) -> web.Response:
        await self._auth.person(request, *_JUDGES, Role.AGENT)
        asked = query(request, Library)
        rows = await self._learning.library(asked.tag, asked.verdict, asked.before, asked.size)
        return web.json_response({"cases": [_plain(row) for row in rows]})

    async def added(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES)
        new = await body(request, NewCase)
        if new.from_ms >= new.until_ms:
            raise web.HTTPBadRequest(text="until_ms is after from_ms")
        case = Case(new.recording, new.title, new.verdict, new.why, new.tags, new.from_ms, new.until_ms)
        number = await self._learning.add(case, person.login)
        if number is None:
            raise web.HTTPConflict(text="there is nothing so long to hear of that recording, or it is in the library")
        return web.json_response({"case": number}, status=201)

    async def removed(self, request: web.Request) -> web.Response:
        person = await self._auth.person(request, *_JUDGES)
        if not await self._learning.remove(_number(request), person.login):
            raise _refused(Refused.NOT_THERE)
        return web.json_response({})


def _judges(person: Person) -> bool:
    return person.may(*_JUDGES)


def _actor(person: Person) -> Actor:
    return Actor(person.login, person.agent, _judges(person))


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])


def _in_order(from_ms: int | None, until_ms: int | None) -> None:
    if until_ms is not None and (from_ms is None or until_ms < from_ms):
        raise web.HTTPBadRequest(text="until_ms is after from_ms")


def _refused(why: Refused) -> web.HTTPException:
    kinds = {404: web.HTTPNotFound, 403: web.HTTPForbidden, 400: web.HTTPBadRequest}
    return kinds.get(_STATUS.get(why, 409), web.HTTPConflict)(text=why.value)


def _answered(came: Refused | list[str] | Score | None) -> web.Response:
    match came:
        case Refused():
            raise _refused(came)
        case list():
            raise web.HTTPBadRequest(text="; ".join(came[:5]))
        case Score():
            return web.json_response(asdict(came))
    return web.json_response({})


def _plain(row: Record | Mapping[str, object]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in dict(row).items()}
