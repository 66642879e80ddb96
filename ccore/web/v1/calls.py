"""The calls there are now, and why a caller came where they came."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from asyncpg import Record

from ccore.centre.queue import Queue
from ccore.config import Config
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.queues.explained import explained
from ccore.queues.stories import story
from ccore.web.live.talk import told
from ccore.web.live.topics import LiveCall
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.operations import Asked, Operation, Told

# A call key (node!uniqueid), a Uniqueid, a LinkedID, or a number; programs may write ! and + as %21 and %2B.
NAMED_SOMEHOW = "{call:(?:[A-Za-z0-9._!+-]|%21|%2[Bb]){1,150}}"


class CallsNow(Told):
    """All of them, or an agent's own."""

    calls: list[LiveCall]


class QueueEntry(Told):
    """A caller came into a line of a queue, at this place, for these reasons.

    ``sticky`` is their own agent, who has so many seconds before all others; ``sticky_why``: why so, or why not.
    """

    at: datetime
    line: str
    position: int
    waited_s: float
    priority: int
    max_penalty: int | None = None
    sticky: str
    sticky_why: str
    head_start_s: int
    reasons: list[str]


class Raised(Told):
    """From then on the caller goes before more others."""

    at: datetime
    priority: int


class QueueVisit(Told):
    """A caller came to a queue; ``tier`` is their class."""

    call_key: str
    queue: str
    line: str
    number: str
    tier: str
    language: str
    priority: int
    came_at: datetime
    entered_at: datetime
    decision: list[QueueEntry]
    raised: list[Raised]


class Choice(Told):
    """Who was to be rung and who was not, each with the reason; ``more``: so many besides.

    ``objection``: why ccore would have chosen another one. ``free_since``: since when the agent was free.
    """

    chosen: list[str]
    because: dict[str, str]
    others: dict[str, str]
    more: int
    exact: bool
    objection: str
    penalty: int | None
    max_penalty: int | None
    free_since: datetime | None


class QueueOffer(Told):
    """An agent was rung; ``agreed``: as ccore would have chosen. Without an ``outcome`` they still ring."""

    line: str
    agent: str
    rung_at: datetime
    decision: Choice
    agreed: bool
    outcome: Literal["answered", "missed", "caller-left"] | None
    ended_at: datetime | None


class CallExplanation(Told):
    """All that was decided for a caller; ``lines`` tells the same in words."""

    visits: list[QueueVisit]
    offers: list[QueueOffer]
    lines: list[str]


def operations(
    live: LiveCalls, database: Database, queues: Callable[[], Mapping[str, Queue]], config: Config
) -> list[Operation[Any, Any]]:
    """For agents, of their own calls, and supervisors."""

    async def listed(asked: Asked[None, None]) -> CallsNow:
        return CallsNow(calls=[told(found) for found in live.listed(asked.person)])

    async def one(asked: Asked[None, None]) -> LiveCall:
        found, _ = live.call(asked.person, asked.path["call"])
        return told(found)

    async def explanation(asked: Asked[None, None]) -> CallExplanation:
        found = await explained(database, asked.path["call"], tuple(config.nodes), config.site.region)
        if found is None:
            raise web.HTTPNotFound(text="no such call came to a queue")
        return CallExplanation(
            visits=[_visit(row) for row in found.visits],
            offers=[QueueOffer.model_validate(dict(row)) for row in found.offers],
            lines=list(story(found.visits, found.offers, queues(), config.zone)),
        )

    both, supervisors = frozenset({Role.AGENT, Role.SUPERVISOR}), frozenset({Role.SUPERVISOR})
    return [
        Operation("GET", "/calls", "Calls there are now", both, listed, answer=CallsNow),
        Operation("GET", f"/calls/{CALL}", "A call", both, one, answer=LiveCall),
        Operation("GET", f"/calls/{NAMED_SOMEHOW}/explanation", "Why a caller came where they came", supervisors,
                  explanation, answer=CallExplanation),
    ]  # fmt: skip


def _visit(row: Record) -> QueueVisit:
    raised = [{"at": at, "priority": priority} for at, priority in row["raised"]]
    return QueueVisit.model_validate({**row, "raised": raised})
