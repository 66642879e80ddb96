"""What agents learn from calls: notes to one of them, and a library of calls for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import asyncpg
from asyncpg import Record

from ccore.db.pool import Database

Verdict = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of a recording, in milliseconds from its beginning; without times, all of it."""

    recording: int
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A call to learn from: ``why`` it is good or bad from ``from_ms`` to ``until_ms``."""

    recording: int
    title: str
    verdict: Verdict
    why: str
    tags: Sequence[str]
    from_ms: int
    until_ms: int


class Learning:
    """Coaching notes and the case library of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def coach(self, agent: str, by: str, text: str, about: Passage | None) -> int | None:
        """Tell an agent something; the note's number, None if there is no such recording."""
        passage = (None, None, None) if about is None else (about.recording, about.from_ms, about.until_ms)
        try:
            number: int = await self._database.fetch_value("quality.coach", agent, by, text, *passage)
        except asyncpg.ForeignKeyViolationError:
            return None
        return number

    async def told(self, agent: str, before: int | None, most: int) -> list[Record]:
        """What an agent was told, the newest first."""
        return await self._database.fetch("quality.coaching", agent, before, most)

    async def seen(self, note: int, agent: str) -> bool:
        """The agent has read it; False: it is not theirs."""
        return await self._database.fetch_value("quality.seen", note, agent) is not None

    async def add(self, case: Case, by: str) -> int | None:
        """Put a call into the library, which holds its recording; None: there is no sound of it, or it is there."""
        number: int | None = await self._database.fetch_value(
            "quality.add_case", case.recording, case.title, case.verdict, case.why, list(case.tags), case.from_ms,
            case.until_ms, by,
        )  # fmt: skip
        return number

    async def remove(self, case: int, by: str) -> bool:
        """Take one out, by which its hold ends; False: it is not there."""
        return await self._database.fetch_value("quality.remove_case", case, by) is not None

    async def library(self, tag: str | None, verdict: Verdict | None, before: int | None, most: int) -> list[Record]:
        """What is there, the newest first."""
        return await self._database.fetch("quality.cases", tag, verdict, before, most)
