"""Reads the whole story of one call, and finds calls: changes nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Database
from ccore.reports.telling import Step, steps
from ccore.subscriber import e164, national

MOST_EVENTS = 4000  # of one call: no call that people talk in has a tenth of them


@dataclass(frozen=True, slots=True)
class Story:
    """A call: its row of ``story.call``, what happened in it, and what its agents are called."""

    call: Record
    steps: Sequence[Step]
    names: Mapping[str, str]

    def these(self, kind: str, param: str) -> list[int]:
        """What steps of a kind name: ids, each once."""
        found = (step.params.get(param) for step in self.steps if step.kind == kind)
        return list(dict.fromkeys(each for each in found if isinstance(each, int)))

    @property
    def agents(self) -> list[str]:
        """Who rang or talked, in their order."""
        lanes = (step.lane.removeprefix("agent:") for step in self.steps if step.lane.startswith("agent:"))
        return list(dict.fromkeys(lanes))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which calls: None is any. ``after`` is the last one of the page before: when it began, and its LinkedID."""

    since: datetime
    until: datetime
    size: int
    after: tuple[datetime, str] | None = None
    number: str | None = None
    agent: str | None = None
    queue: str | None = None
    dialled: str | None = None
    outcome: str | None = None


class Stories:
    """Of the calls of these nodes."""

    def __init__(self, database: Database, nodes: Sequence[str], region: str) -> None:
        self._database = database
        self._nodes = list(nodes)
        self._region = region

    async def of(self, named: str) -> Story | None:
        """The call with this LinkedID, call key, or Uniqueid of one of its channels. Raises Unavailable."""
        call = await self._database.fetch_row("story.call", named, self._nodes)
        if call is None:
            return None
        facts, events = await asyncio.gather(
            self._database.fetch("story.facts", call["node"], call["linkedid"], call["every_key"], call["started_at"],
                                 call["ended_at"], call["attempt_id"]),
            self._database.fetch("story.events", call["node"], call["linkedid"], MOST_EVENTS),
        )  # fmt: skip
        story = Story(call, steps(call, facts, events), {})
        names = await self._database.fetch("story.names", story.agents)
        return Story(call, story.steps, {row["agent"]: row["name"] for row in names})

    async def found(self, sought: Sought) -> list[Record]:
        """Calls, the newest first. Raises Unavailable."""
        began_at, linkedid = sought.after or (None, None)
        return await self._database.fetch(
            "story.records", self._nodes, sought.since, sought.until, sought.size, began_at, linkedid,
            sought.number and self._forms(sought.number), sought.agent, sought.queue, sought.dialled, sought.outcome,
        )  # fmt: skip

    async def names(self, agents: Sequence[str]) -> dict[str, str]:
        """What agents are called."""
        return {row["agent"]: row["name"] for row in await self._database.fetch("story.names", list(agents))}

    def _forms(self, number: str) -> list[str]:
        """The digits under which a number may have come, without zeros before them."""
        whole = e164(number, self._region)
        forms = [number, *([whole, national(whole)] if whole else [])]
        return sorted({"".join(filter(str.isdigit, form)).lstrip("0") for form in forms})
