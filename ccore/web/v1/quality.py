"""Quality over HTTP, ``/quality/…``: what is to be reviewed, reviews, how far they agree, and what calls were worth."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.marketing.product import Time
from ccore.people.model import Person, Role
from ccore.quality.review import Actor, Step
from ccore.quality.score import Score
from ccore.quality.scorecard import Scorecard
from ccore.quality.service import Quality, Refused, Written
from ccore.tables import Name
from ccore.web.bodies import Page, Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
ReviewedAgent = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
GivenAnswers = Annotated[dict[Name, Annotated[int, Field(ge=0, le=10)] | None], Field(max_length=1000)]
GivenComments = Annotated[dict[Name, Annotated[str, Field(max_length=2000)]], Field(max_length=1000)]
ReviewState = Literal["draft", "submitted", "acknowledged", "disputed", "settled"]
JUDGES = frozenset({Role.QUALITY, Role.SUPERVISOR})

_STATUS: Mapping[Refused, type[web.HTTPException]] = {
    Refused.NOT_THERE: web.HTTPNotFound, Refused.NO_SCORECARD: web.HTTPNotFound, Refused.NO_RECORDING: web.HTTPNotFound,
    Refused.NOT_YOURS: web.HTTPForbidden, Refused.NO_AGENT: web.HTTPBadRequest, Refused.ANSWERS: web.HTTPBadRequest,
}  # fmt: skip
_STEPS = {step.value: step for step in (Step.SUBMIT, Step.ACKNOWLEDGE, Step.DISPUTE, Step.SETTLE)}


class WorklistWanted(Said):
    """Of which scorecard and ISO week."""

    scorecard: Name
    week: Annotated[str, Field(pattern=r"^[0-9]{4}-W[0-9]{2}$")]


class NewReview(Said):
    """A review to begin; ``agent`` may be left out where only one talked."""

    recording: RowNumber
    scorecard: Name
    agent: ReviewedAgent | Literal[""] = ""
    calibration: bool = False


class ReviewDraft(Said):
    """What a reviewer says so far: answers (null: does not apply) and words by question."""

    answers: GivenAnswers = Field(default={})
    comments: GivenComments = Field(default={})
    summary: Annotated[str, Field(max_length=4000)] = ""


class StepTaken(Said):
    """With a step: why, and, to settle, answers that are others now."""

    note: Annotated[str, Field(max_length=4000)] = ""
    answers: GivenAnswers = Field(default={})


class ReviewsWanted(Page):
    """Which reviews."""

    agent: ReviewedAgent | None = None
    state: ReviewState | None = None
    recording: RowNumber | None = None
    reviewer: Annotated[str, Field(max_length=40)] | None = None


class CalibrationWanted(Said):
    """One call of one agent, by one scorecard."""

    recording: RowNumber
    agent: ReviewedAgent
    scorecard: Name


class ScoresWanted(Said):
    """Reviews submitted from ``since`` until ``until``."""

    since: Time
    until: Time
    agent: ReviewedAgent | None = None


class Scorecards(Told):
    """Those new reviews are made by, by name."""

    scorecards: dict[str, Scorecard]


class ReviewTask(Told):
    """One recording to be reviewed, drawn by rule ``rule`` of its scorecard; ``review`` null: nobody has begun."""

    rule: int
    recording: int
    agent: str
    queue: str
    milliseconds: int
    called_at: datetime
    review: ReviewState | None


class Worklist(Told):
    """All that was drawn, also what is done."""

    tasks: list[ReviewTask]


class Review(Told):
    """One review. ``calibration``: to compare reviewers, of which the agent does not hear.

    ``per_mille`` and ``passed`` are null while it is a draft; ``fatal`` are the questions for which the call is worth
    nothing.
    """

    review: Annotated[int, Field(validation_alias="review_id")]
    recording: Annotated[int, Field(validation_alias="recording_id")]
    scorecard: str
    agent: str
    reviewer: str
    calibration: bool
    state: ReviewState
    per_mille: int | None
    passed: bool | None
    fatal: list[str]
    made_at: datetime
    submitted_at: datetime | None
    changed_at: datetime


class Reviews(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    reviews: list[Review]
    before: int | None


class ReviewBegun(Told):
    """Its number."""

    review: int


class ReviewStep(Told):
    """What became of it, and what it was worth then."""

    at: datetime
    who: str
    step: Literal["submit", "acknowledge", "dispute", "settle"]
    note: str
    per_mille: int | None


class ReviewWhole(Review):
    """With what the reviewer says, the scorecard it was begun with, and what became of it; ``audible``: who asks may
    hear the recording."""

    answers: dict[str, int | None]
    comments: dict[str, str]
    summary: str
    content: Scorecard
    steps: list[ReviewStep]
    audible: bool


class CallScore(Told):
    """What the call is worth, per mille; ``sections`` alone, null where nothing in one applies."""

    per_mille: int
    passed: bool
    fatal: list[str]
    sections: dict[str, int | None]


class AnswerSpread(Told):
    """Of one question: every reviewer's answer, the distance of the farthest two, how many pairs agree (per mille)."""

    answers: dict[str, int | None]
    spread: int
    agreement: int


class Calibrated(Told):
    """By question, and of all: what each reviewer's answers are worth, the farthest two's distance, and agreement."""

    questions: dict[str, AnswerSpread]
    scores: dict[str, int]
    spread: int
    agreement: int


class AgentScore(Told):
    """What an agent's reviewed calls were worth on average; how many passed, and how many were worth nothing."""

    agent: str
    scorecard: str
    reviews: int
    per_mille: int
    passed: int
    fatal: int


class AgentScores(Told):
    """By agent, then by scorecard; what is disputed does not count yet."""

    scores: list[AgentScore]


class _Reviews:
    def __init__(self, quality: Quality, *, agents_hear_their_own: bool) -> None:
        self._database = quality.database
        self._quality = quality
        self._all_hear = agents_hear_their_own

    async def scorecards(self, _asked: Asked[None, None]) -> Scorecards:
        return Scorecards(scorecards=dict(await self._quality.cards()))

    async def worklist(self, asked: Asked[None, WorklistWanted]) -> Worklist:
        try:
            tasks = await self._quality.worklist(asked.query.scorecard, asked.query.week)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        if isinstance(tasks, Refused):
            raise refusal(tasks)
        return Worklist(tasks=[ReviewTask.model_validate(task, from_attributes=True) for task in tasks])

    async def listed(self, asked: Asked[None, ReviewsWanted]) -> Reviews:
        want, judge = asked.query, judges(asked.person)
        rows = await self._database.fetch(
            "quality.reviews", want.before, want.agent if judge else asked.person.agent, want.state, want.recording,
            want.reviewer, not judge, want.size,
        )  # fmt: skip
        reviews = [Review.model_validate(dict(row)) for row in rows]
        return Reviews(reviews=reviews, before=reviews[-1].review if len(reviews) == want.size else None)

    async def begun(self, asked: Asked[NewReview, None]) -> ReviewBegun:
        new, actor = asked.body, _actor(asked.person)
        number = await self._quality.begin(actor, new.recording, new.scorecard, new.agent, calibration=new.calibration)
        if isinstance(number, Refused):
            raise refusal(number)
        return ReviewBegun(review=number)

    async def one(self, asked: Asked[None, None]) -> ReviewWhole:
        row = await self._quality.find(_actor(asked.person), asked.number("number"))
        if row is None:
            raise refusal(Refused.NOT_THERE)
        steps = [dict(step) for step in await self._quality.steps(row["review_id"])]
        return ReviewWhole.model_validate({**row, "steps": steps, "audible": self._all_hear or judges(asked.person)})

    async def written(self, asked: Asked[ReviewDraft, None]) -> Done:
        draft = Written(asked.body.answers, asked.body.comments, asked.body.summary)
        _take(await self._quality.write(_actor(asked.person), asked.number("number"), draft))
        return Done()

    async def taken(self, asked: Asked[StepTaken, None]) -> CallScore:
        step, said = _STEPS[asked.path["step"]], asked.body
        if said.answers and step is not Step.SETTLE:
            raise web.HTTPBadRequest(text="answers change while a review is a draft, and when it is settled")
        if step in {Step.DISPUTE, Step.SETTLE} and not said.note.strip():
            raise web.HTTPBadRequest(text="note: say why")
        actor, number = _actor(asked.person), asked.number("number")
        score = _take(await self._quality.step(actor, number, step, said.note, said.answers))
        return CallScore.model_validate(score, from_attributes=True)

    async def calibration(self, asked: Asked[None, CalibrationWanted]) -> Calibrated:
        want = asked.query
        found = await self._quality.calibration(want.recording, want.agent, want.scorecard)
        if found is None:
            raise web.HTTPNotFound(text="there are not two reviews to compare")
        return Calibrated.model_validate(asdict(found))

    async def scores(self, asked: Asked[None, ScoresWanted]) -> AgentScores:
        want = asked.query
        agent = want.agent if judges(asked.person) else asked.person.agent
        rows = await self._database.fetch("quality.scores", want.since, want.until, agent)
        return AgentScores(scores=[AgentScore.model_validate(dict(row)) for row in rows])


def operations(quality: Quality, *, agents_hear_their_own: bool = False) -> list[Operation[Any, Any]]:
    """For people of quality and supervisors; agents see what was submitted about them."""
    on = _Reviews(quality, agents_hear_their_own=agents_hear_their_own)
    agents = frozenset({Role.AGENT})
    both, one = JUDGES | agents, "/quality/reviews/{number:int}"
    return [
        Operation("GET", "/quality/scorecards", "Scorecards", both | {Role.OPERATOR}, on.scorecards,
                  answer=Scorecards),
        Operation("GET", "/quality/worklist", "What is to be reviewed of a week", JUDGES, on.worklist,
                  query=WorklistWanted, answer=Worklist),
        Operation("GET", "/quality/reviews", "Reviews", both, on.listed, query=ReviewsWanted, answer=Reviews),
        Operation("POST", "/quality/reviews", "Begin one", JUDGES, on.begun, body=NewReview, answer=ReviewBegun,
                  status=201),
        Operation("GET", one, "One review", both, on.one, answer=ReviewWhole),
        Operation("PUT", one, "Keep what its draft says", JUDGES, on.written, body=ReviewDraft, answer=Done),
        Operation("POST", f"{one}/{{step:submit|acknowledge|dispute|settle}}", "Take it on", both, on.taken,
                  body=StepTaken, answer=CallScore),
        Operation("GET", "/quality/calibration", "How far reviewers agree", JUDGES, on.calibration,
                  query=CalibrationWanted, answer=Calibrated),
        Operation("GET", "/quality/scores", "What calls were worth", both, on.scores, query=ScoresWanted,
                  answer=AgentScores),
    ]  # fmt: skip


def judges(person: Person) -> bool:
    """Whether they review calls for the site."""
    return person.may(*JUDGES)


def refusal(why: Refused) -> web.HTTPException:
    """What is said of what was not done."""
    return _STATUS.get(why, web.HTTPConflict)(text=why.value)


def _actor(person: Person) -> Actor:
    return Actor(person.login, person.agent, judges(person))


def _take(came: Refused | list[str] | Score | None) -> Score | None:
    match came:
        case Refused():
            raise refusal(came)
        case list():
            raise web.HTTPBadRequest(text="; ".join(came[:5]))
        case _:
            return came
