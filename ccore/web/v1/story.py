"""One call's whole story, and the calls there were, over HTTP."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.log import mask_number
from ccore.people.model import Role
from ccore.reports.story import Sought, Stories, Story
from ccore.reports.telling import shown
from ccore.tables import Digits, Name
from ccore.web.bodies import PhoneNumber, Said
from ccore.web.v1.calls import NAMED_SOMEHOW
from ccore.web.v1.operations import Asked, Operation, Told

LATELY = timedelta(days=7)  # are looked through unless more is asked for
MOST = timedelta(days=92)  # at once: a question must not keep PostgreSQL from calls

CallOutcome = Literal[
    "going-on", "served", "ordered", "order-refused", "self-served", "left-in-menu", "abandoned", "not-served",
    "call-back", "voicemail", "campaign", "answered", "no-answer", "busy", "failed", "interrupted",
]  # fmt: skip
Param = str | int


class RecordsWanted(Said):
    """Which calls: times without a zone are the site's; without ``from`` those of the last week before ``to``.

    ``dialled`` is a number that was dialled, or the hotline. ``after`` is ``next`` of the page before.
    """

    size: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str | None, Field(max_length=300)] = None
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None
    number: PhoneNumber | None = None
    agent: Digits | None = None
    queue: Name | None = None
    dialled: Annotated[str | None, Field(pattern=r"^[0-9+*#]{1,30}$")] = None
    outcome: CallOutcome | None = None


class StoryAgent(Told):
    """An agent's number and name."""

    agent: str
    name: str


class Titles(Told):
    """What operators call their queues, and what can come of a call, by language: those that have a title."""

    queues: dict[str, dict[str, str]]
    dispositions: dict[str, dict[str, str]]


class CallRecord(Told):
    """A call: ``caller`` is masked; ``agents`` talked, ``wait_ms`` is all its waiting in ``queues``."""

    call: str
    node: str
    began_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    talk_ms: int | None
    wait_ms: int
    caller: str
    dialled: str
    hotline: str
    campaign: str
    queues: list[str]
    agents: list[StoryAgent]
    transferred: bool
    order: int | None
    recordings: int
    outcome: CallOutcome


class CallRecords(Told):
    """The newest first; ``next`` gives the next page, and is null on the last."""

    calls: list[CallRecord]
    next: str | None
    titles: Titles


class StoryWhy(Told):
    """A reason: ``word`` has a sentence in each language, in which ``params`` stand; ``text`` is ccore's own words."""

    word: str
    params: dict[str, Param]
    text: str


class StoryStep(Told):
    """What happened ``at``; what has lasted has ``until``.

    ``lane`` is caller, menu, queue, recording, order or texts, or agent:1001, phone:2001, outside. ``kind`` has a
    sentence in each language, in which ``params`` stand; ``text`` is what somebody wrote.
    """

    at: datetime
    until: datetime | None
    lane: str
    kind: str
    who: str
    params: dict[str, Param]
    why: list[StoryWhy]
    text: str


class CallStory(Told):
    """A call and every step of it, in time. ``behind``: rows of it came just now, and are not all counted in yet.

    ``clock_suspect``: Asterisk's clock was wrong in it.
    """

    call: str
    node: str
    call_keys: list[str]
    direction: Literal["in", "out", "internal"]
    state: Literal["open", "ended", "interrupted"]
    began_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    talk_ms: int | None
    caller: str
    caller_name: str
    dialled: str
    trunk: str
    campaign: str
    clock_suspect: bool
    behind: bool
    agents: list[StoryAgent]
    recordings: list[int]
    orders: list[int]
    titles: Titles
    steps: list[StoryStep]


def operations(stories: Stories, centre: Callable[[], Centre], zone: ZoneInfo) -> list[Operation[Any, Any]]:
    """For supervisors and those who judge quality. ``/calls/records`` has to come before ``/calls/{call}``."""

    async def records(asked: Asked[None, RecordsWanted]) -> CallRecords:
        sought = _sought(asked.query, zone)
        rows = await stories.found(sought)
        names = await stories.names(sorted({agent for row in rows for agent in row["agents"]}))
        following = _mark(rows[-1]) if len(rows) == sought.size else None
        calls = [_record(row, names) for row in rows]
        return CallRecords(calls=calls, next=following, titles=_titles(centre()))

    async def story(asked: Asked[None, None]) -> CallStory:
        found = await stories.of(asked.path["call"])
        if found is None:
            raise web.HTTPNotFound(text="no such call has been written down (yet)")
        return _story(found, _titles(centre()))

    judges = frozenset({Role.SUPERVISOR, Role.QUALITY})
    return [
        Operation("GET", "/calls/records", "Calls there were", judges, records, query=RecordsWanted,
                  answer=CallRecords),
        Operation("GET", f"/calls/{NAMED_SOMEHOW}/story", "A call's whole story", judges, story, answer=CallStory),
    ]  # fmt: skip


def _titles(centre: Centre) -> Titles:
    queues = {name: dict(queue.title) for name, queue in centre.queues.items() if queue.title}
    dispositions = {name: dict(each.title) for name, each in centre.words.disposition.items() if each.title}
    return Titles.model_validate({"queues": queues, "dispositions": dispositions})


def _sought(want: RecordsWanted, zone: ZoneInfo) -> Sought:
    """Raises HTTPBadRequest."""
    until = _local(want.until, zone) or utc_now() + timedelta(minutes=5)  # Asterisk's clock may be ahead
    since = _local(want.since, zone) or until - LATELY
    if not timedelta() < until - since <= MOST:
        raise web.HTTPBadRequest(text=f"ask for {MOST.days} days at most, and for an end after the beginning")
    after = None if want.after is None else _marked(want.after)
    return Sought(since, until, want.size, after, want.number, want.agent, want.queue, want.dialled, want.outcome)


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.replace(tzinfo=zone) if at is not None and at.tzinfo is None else at


def _mark(row: Record) -> str:
    return base64.urlsafe_b64encode(f"{row['started_at'].isoformat()} {row['linkedid']}".encode()).decode()


def _marked(mark: str) -> tuple[datetime, str]:
    """Raises HTTPBadRequest."""
    try:
        at, space, linkedid = base64.urlsafe_b64decode(mark.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(at)
        if not space or moment.tzinfo is None or "\0" in linkedid:
            raise ValueError("half a mark")
    except (ValueError, binascii.Error, OverflowError) as error:
        raise web.HTTPBadRequest(text="after: that is no `next` of a page before") from error
    return moment, linkedid


def _masked(number: str) -> str:
    return mask_number(number) if number else ""


def _record(row: Record, names: dict[str, str]) -> CallRecord:
    agents = [StoryAgent(agent=each, name=names.get(each, "")) for each in row["agents"]]
    return CallRecord.model_validate(
        {**row, "call": row["linkedid"], "began_at": row["started_at"], "caller": _masked(row["caller"]),
         "dialled": shown(row["dialled"]), "agents": agents, "order": row["order_id"]}
    )  # fmt: skip


def _story(found: Story, titles: Titles) -> CallStory:
    call = found.call
    inside = call["channel"].startswith("PJSIP/phone-")
    direction = "out" if call["called"] else "internal" if inside else "in"
    steps = [
        StoryStep(at=step.at, until=step.until, lane=step.lane, kind=step.kind, who=step.who, params=dict(step.params),
                  why=[StoryWhy(word=why.word, params=dict(why.params), text=why.text) for why in step.why],
                  text=step.text)
        for step in found.steps
    ]  # fmt: skip
    return CallStory.model_validate(
        {**call, "call": call["linkedid"], "direction": direction, "began_at": call["started_at"],
         "dialled": shown(call["dialled"]), "caller": _masked(call["called"] or call["caller"]), "steps": steps,
         "titles": titles, "agents": [StoryAgent(agent=each, name=found.names.get(each, "")) for each in found.agents],
         "recordings": found.these("recorded", "recording"), "orders": found.these("order-placed", "order")}
    )  # fmt: skip
