"""Reviews of calls: begun, written, submitted, answered by the agent, settled; and what is there to be reviewed."""

import asyncio
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from asyncpg import Record

from ccore.db.pool import Database
from ccore.quality import review, sampling
from ccore.quality.calibration import Calibration, calibrate
from ccore.quality.review import Actor, Parties, State, Step
from ccore.quality.score import Answers, Score, faults, missing, score
from ccore.quality.scorecard import Scorecard, load_scorecards


class Refused(enum.StrEnum):
    """Why something was not done."""

    NOT_THERE = "it is not there"
    NOT_YOURS = "this step is not yours"
    NOT_NOW = "it is not in a state for that"
    ANSWERS = "answers are missing, or wrong"
    NO_SCORECARD = "there is no such scorecard"
    NO_RECORDING = "there is nothing to hear of that recording"
    NO_AGENT = "name the agent: one who talked in that recording"
    BEGUN = "that review was begun already"


@dataclass(frozen=True, slots=True)
class Written:
    """What a reviewer says: answers by question, words by question, and a summary."""

    answers: Answers
    comments: Mapping[str, str]
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One to be reviewed, by rule ``rule`` of its scorecard; ``review`` is its state, None: nobody has begun."""

    rule: int
    recording: int
    agent: str
    queue: str
    milliseconds: int
    called_at: datetime
    review: str | None


class Quality:
    """The reviews of one ``database``. Scorecards are in the operator's ``directory``, read anew each time.

    A review keeps the one it was begun with.
    """

    def __init__(self, database: Database, zone: ZoneInfo, directory: Path) -> None:
        self.database = database
        self._zone = zone
        self._directory = directory

    async def cards(self) -> Mapping[str, Scorecard]:
        """By which new reviews are made."""
        return await asyncio.to_thread(load_scorecards, self._directory)

    async def worklist(self, card: str, week: str) -> list[Task] | Refused:
        """What is to be reviewed of an ISO week, such as 2026-W47. Raises ValueError for one there is not."""
        if (found := (await self.cards()).get(card)) is None:
            return Refused.NO_SCORECARD
        begins, ends = week_of(week, self._zone)
        rows = await self.database.fetch("quality.candidates", begins, ends, card)
        by_key = {(row["recording_id"], row["agent"]): row for row in rows}
        drawn = sampling.draw(card, found.samples, week, map(_candidate, rows))
        return [_task(each.rule, by_key[each.candidate.recording, each.candidate.agent]) for each in drawn]

    async def begin(self, actor: Actor, recording: int, card: str, agent: str, *, calibration: bool) -> int | Refused:
        """Begin a review of ``agent`` (may be "" where only one talked) in ``recording``; its number."""
        if (found := (await self.cards()).get(card)) is None:
            return Refused.NO_SCORECARD
        talked = await self.database.fetch_value("quality.talked", recording)
        if talked is None:
            return Refused.NO_RECORDING
        agents = sorted(set(talked))
        if not agent and len(agents) == 1:
            agent = agents[0]
        if agent not in agents:
            return Refused.NO_AGENT
        version = await self.database.fetch_value(
            "quality.scorecard", card, found.sha256, found.model_dump(mode="json")
        )
        number = await self.database.fetch_value("quality.begin", recording, version, agent, actor.login, calibration)
        return Refused.BEGUN if number is None else int(number)

    async def find(self, actor: Actor, number: int) -> Record | None:
        """A review with its scorecard, if it is there for who asks."""
        row = await self.database.fetch_row("quality.one", number)
        return row if row is not None and review.sees(actor, State(row["state"]), _parties(row)) else None

    async def steps(self, number: int) -> list[Record]:
        """What became of a review: at, who, step, note, per_mille."""
        return await self.database.fetch("quality.steps", number)

    async def write(self, actor: Actor, number: int, written: Written) -> Refused | list[str] | None:
        """Keep what a draft says so far; wrong answers are given back in words."""
        row = await self._for(actor, number, Step.WRITE)
        if isinstance(row, Refused):
            return row
        if wrong := list(faults(_card(row), written.answers)):
            return wrong
        done = await self.database.fetch_value(
            "quality.write", number, dict(written.answers), dict(written.comments), written.summary
        )
        return Refused.NOT_NOW if done is None else None

    async def step(
        self, actor: Actor, number: int, step: Step, note: str = "", answers: Answers | None = None
    ) -> Refused | list[str] | Score:
        """Take a review on by ``step``; ``answers`` are others, where it is settled by them. What it is worth then."""
        row = await self._for(actor, number, step)
        if isinstance(row, Refused):
            return row
        card, said = _card(row), dict(row["answers"]) | dict(answers or {})
        if wrong := [*faults(card, said), *(f"{name}: is not answered" for name in missing(card, said))]:
            return wrong
        worth, state = score(card, said), State(row["state"])
        done = await self.database.fetch_value(
            "quality.step", number, state, review.after(state, step), step, actor.login, note, said,
            worth.per_mille, worth.passed, list(worth.fatal),
        )  # fmt: skip
        return Refused.NOT_NOW if done is None else worth

    async def calibration(self, recording: int, agent: str, card: str) -> Calibration | None:
        """How far those agree who reviewed a call by the same version of a scorecard; None: there are not two."""
        rows = await self.database.fetch("quality.calibrations", recording, agent, card)
        newest = [row for row in rows if row["scorecard_id"] == rows[0]["scorecard_id"]]
        return calibrate(_card(newest[0]), {row["reviewer"]: row["answers"] for row in newest}) if newest else None

    async def _for(self, actor: Actor, number: int, step: Step) -> Record | Refused:
        row = await self.find(actor, number)
        if row is None:
            return Refused.NOT_THERE
        if not review.may(actor, step, _parties(row)):
            return Refused.NOT_YOURS
        return Refused.NOT_NOW if review.after(State(row["state"]), step) is None else row


def week_of(week: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The beginning and the end of an ISO week, such as 2026-W47. Raises ValueError."""
    year, _, number = week.partition("-W")
    try:
        monday = datetime.fromisocalendar(int(year), int(number), 1)
    except ValueError as error:
        raise ValueError(f"{week!r} is no week, such as 2026-W47") from error
    return monday.replace(tzinfo=zone), (monday + timedelta(days=7)).replace(tzinfo=zone)


def _candidate(row: Record) -> sampling.Candidate:
    return sampling.Candidate(
        row["recording_id"], row["agent"], row["queue"], row["milliseconds"], row["dispositions"],
        reviewed=row["review"] is not None,
    )  # fmt: skip


def _task(rule: int, row: Record) -> Task:
    return Task(
        rule, row["recording_id"], row["agent"], row["queue"], row["milliseconds"], row["expected_at"], row["review"]
    )


def _parties(row: Record) -> Parties:
    return Parties(row["agent"], row["reviewer"], row["calibration"])


def _card(row: Record) -> Scorecard:
    return Scorecard.model_validate(row["content"])
