"""What agents learn from calls, over HTTP: notes to one of them, and the library of calls for all."""

from datetime import datetime
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import Field, model_validator

from ccore.people.model import Role
from ccore.quality.learning import Case, Learning, Passage, Verdict
from ccore.quality.service import Refused
from ccore.tables import Name
from ccore.web.bodies import Page, Said
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.quality import JUDGES, ReviewedAgent, RowNumber, judges, refusal

WrittenText = Annotated[str, Field(min_length=1, max_length=4000)]
Milliseconds = Annotated[int, Field(ge=0, le=2**53)]


class NotesWanted(Page):
    """Whose; agents see their own."""

    agent: ReviewedAgent | None = None


class NewCoachingNote(Said):
    """What an agent is told; about a recording, from a time in it until another, if these are said."""

    agent: ReviewedAgent
    text: WrittenText
    recording: RowNumber | None = None
    from_ms: Milliseconds | None = None
    until_ms: Milliseconds | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_ms is not None and (self.from_ms is None or self.until_ms < self.from_ms):
            raise ValueError("until_ms is after from_ms")
        if self.recording is None and self.from_ms is not None:
            raise ValueError("from_ms is of a recording")
        return self


class CasesWanted(Page):
    """Which cases."""

    tag: Name | None = None
    verdict: Verdict | None = None


class NewCase(Said):
    """A call to learn from."""

    recording: RowNumber
    title: Annotated[str, Field(min_length=1, max_length=200)]
    verdict: Verdict
    why: WrittenText
    tags: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    from_ms: Milliseconds
    until_ms: Milliseconds

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ms >= self.until_ms:
            raise ValueError("until_ms is after from_ms")
        return self


class CoachingNote(Told):
    """What an agent was told; ``seen_at`` null: they have not read it."""

    note: Annotated[int, Field(validation_alias="note_id")]
    agent: str
    by: Annotated[str, Field(validation_alias="by_whom")]
    text: str
    recording: Annotated[int | None, Field(validation_alias="recording_id")]
    from_ms: int | None
    until_ms: int | None
    at: datetime
    seen_at: datetime | None


class CoachingNotes(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    notes: list[CoachingNote]
    before: int | None


class NoteMade(Told):
    """Its number."""

    note: int


class LibraryCase(Told):
    """A call to learn from: ``why`` it is good or bad from ``from_ms`` to ``until_ms``."""

    case: Annotated[int, Field(validation_alias="case_id")]
    recording: Annotated[int, Field(validation_alias="recording_id")]
    queue: str
    title: str
    verdict: Verdict
    why: str
    tags: list[str]
    from_ms: int
    until_ms: int
    by: Annotated[str, Field(validation_alias="by_whom")]
    at: datetime


class LibraryCases(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    cases: list[LibraryCase]
    before: int | None


class CaseAdded(Told):
    """Its number."""

    case: int


class _Learned:
    def __init__(self, learning: Learning) -> None:
        self._learning = learning

    async def notes(self, asked: Asked[None, NotesWanted]) -> CoachingNotes:
        want = asked.query
        agent = want.agent if judges(asked.person) else asked.person.agent
        if agent is None:
            raise web.HTTPBadRequest(text="agent: say whose notes")
        rows = await self._learning.told(agent, want.before, want.size)
        notes = [CoachingNote.model_validate(dict(row)) for row in rows]
        return CoachingNotes(notes=notes, before=notes[-1].note if len(notes) == want.size else None)

    async def noted(self, asked: Asked[NewCoachingNote, None]) -> NoteMade:
        new = asked.body
        about = None if new.recording is None else Passage(new.recording, new.from_ms, new.until_ms)
        number = await self._learning.coach(new.agent, asked.person.login, new.text, about)
        if number is None:
            raise refusal(Refused.NO_RECORDING)
        return NoteMade(note=number)

    async def seen(self, asked: Asked[None, None]) -> Done:
        if not await self._learning.seen(asked.number("number"), asked.person.agent):
            raise refusal(Refused.NOT_THERE)
        return Done()

    async def cases(self, asked: Asked[None, CasesWanted]) -> LibraryCases:
        want = asked.query
        rows = await self._learning.library(want.tag, want.verdict, want.before, want.size)
        cases = [LibraryCase.model_validate(dict(row)) for row in rows]
        return LibraryCases(cases=cases, before=cases[-1].case if len(cases) == want.size else None)

    async def added(self, asked: Asked[NewCase, None]) -> CaseAdded:
        new = asked.body
        case = Case(new.recording, new.title, new.verdict, new.why, new.tags, new.from_ms, new.until_ms)
        number = await self._learning.add(case, asked.person.login)
        if number is None:
            raise web.HTTPConflict(text="there is nothing so long to hear of that recording, or it is in the library")
        return CaseAdded(case=number)

    async def removed(self, asked: Asked[None, None]) -> Done:
        if not await self._learning.remove(asked.number("number"), asked.person.login):
            raise refusal(Refused.NOT_THERE)
        return Done()


def operations(learning: Learning) -> list[Operation[Any, Any]]:
    """For people of quality and supervisors; agents see what they were told, and the library."""
    on, agents = _Learned(learning), frozenset({Role.AGENT})
    both, notes, cases = JUDGES | agents, "/quality/coaching", "/quality/cases"
    return [
        Operation("GET", notes, "What an agent was told", both, on.notes, query=NotesWanted, answer=CoachingNotes),
        Operation("POST", notes, "Tell an agent something", JUDGES, on.noted, body=NewCoachingNote, answer=NoteMade,
                  status=201),
        Operation("POST", f"{notes}/{{number:int}}/seen", "It is read", agents, on.seen, answer=Done),
        Operation("GET", cases, "Calls to learn from", both, on.cases, query=CasesWanted, answer=LibraryCases),
        Operation("POST", cases, "Put one into the library", JUDGES, on.added, body=NewCase, answer=CaseAdded,
                  status=201),
        Operation("DELETE", f"{cases}/{{number:int}}", "Take it out", JUDGES, on.removed, answer=Done),
    ]  # fmt: skip
