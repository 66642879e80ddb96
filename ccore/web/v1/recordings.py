"""Recordings over HTTP: found by what is known of them, and paused, resumed and started by who is in the call."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.db.pool import Database
from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.recording.pauses import Outcome
from ccore.recording.recorder import Recorder
from ccore.recording.search import Wanted, find
from ccore.tables import Digits, Name
from ccore.web.bodies import Page, Said
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.operations import Asked, Operation, Told

RecordingState = Literal["expected", "recording", "finished", "stored", "failed", "discarded", "erased"]
CallDirection = Literal["in", "out", "internal"]
PerMille = Annotated[int, Field(ge=0, le=1000)]
RecordedNumber = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]


class RecordingsWanted(Page):
    """What is known of the recordings wanted. Times without a zone are the site's."""

    queue: Name | None = None
    agent: Digits | None = None
    number: RecordedNumber | None = None
    campaign: Name | None = None
    hotline: Digits | None = None
    direction: CallDirection | None = None
    call: Annotated[str | None, Field(max_length=200)] = None
    state: RecordingState | None = None
    node: Name | None = None
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None
    least_s: Annotated[int | None, Field(ge=0, le=86_400)] = None
    most_s: Annotated[int | None, Field(ge=0, le=86_400)] = None
    disposition: Name | None = None
    least_score: PerMille | None = None
    most_score: PerMille | None = None


class Pausing(Said):
    """For how long at most; nothing said: as long as the site allows."""

    most_s: Annotated[int | None, Field(ge=1, le=3600)] = None


class Recording(Told):
    """One recording; its number is masked. ``agent`` is who talked last, ``agents`` all who did, in their order.

    ``kind`` and ``rule`` say why it was made, ``trouble`` what is wrong with it; ``adopted``: it was found going on.
    ``dispositions`` are what came of its call, ``per_mille`` what its last review gave.
    """

    recording: Annotated[int, Field(validation_alias="recording_id")]
    node: str
    call: Annotated[str, Field(validation_alias="call_id")]
    call_key: str
    hotline: str
    queue: str
    campaign: str
    agent: str
    agents: list[str]
    number: str
    direction: CallDirection
    state: RecordingState
    kind: Literal["always", "sample", "on-demand"]
    rule: str
    trouble: str
    adopted: bool
    milliseconds: int | None
    dispositions: list[str]
    per_mille: int | None
    expected_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    keep_until: datetime | None


class Recordings(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    recordings: list[Recording]
    before: int | None


class RecordingOfCall(Told):
    """What the recording of the call does now."""

    recording: Literal["paused", "resumed", "started"]


class _Recordings:
    def __init__(self, calls: LiveCalls, recorder: Recorder, database: Database, zone: ZoneInfo) -> None:
        self._calls, self._recorder, self._database, self._zone = calls, recorder, database, zone

    async def found(self, asked: Asked[None, RecordingsWanted]) -> Recordings:
        want, wanted = asked.query, self._wanted(asked.query, asked.person)
        recordings = [_recording(row) for row in await find(self._database, wanted, want.size, want.before)]
        return Recordings(
            recordings=recordings, before=recordings[-1].recording if len(recordings) == want.size else None
        )

    async def pause(self, asked: Asked[Pausing, None]) -> RecordingOfCall:
        return _done(await self._recorder.pauses.pause(self._call(asked), asked.person.login, asked.body.most_s))

    async def resume(self, asked: Asked[None, None]) -> RecordingOfCall:
        return _done(await self._recorder.pauses.resume(self._call(asked), asked.person.login))

    async def start(self, asked: Asked[None, None]) -> RecordingOfCall:
        return _done(await self._recorder.pauses.start(self._call(asked), asked.person.login))

    def _call(self, asked: Asked[Any, None]) -> str:
        found, _ = self._calls.call(asked.person, asked.path["call"])
        return found.call.id

    def _wanted(self, want: RecordingsWanted, person: Person) -> Wanted:
        return Wanted(
            queue=want.queue,
            agent=person.agent if person.role is Role.AGENT else want.agent,
            number=want.number and self._recorder.ledger.number(want.number),
            campaign=want.campaign,
            hotline=want.hotline,
            direction=want.direction,
            call=want.call,
            state=want.state,
            node=want.node,
            since=_local(want.since, self._zone),
            until=_local(want.until, self._zone),
            least_ms=None if want.least_s is None else want.least_s * 1000,
            most_ms=None if want.most_s is None else want.most_s * 1000,
            disposition=want.disposition,
            least_score=want.least_score,
            most_score=want.most_score,
        )


def operations(calls: LiveCalls, recorder: Recorder, database: Database, zone: ZoneInfo) -> list[Operation[Any, Any]]:
    """Agents find those they talk in, if the site lets them hear those, and pause recordings of calls they are in."""
    on, supervisors, agents = _Recordings(calls, recorder, database, zone), {Role.SUPERVISOR}, {Role.AGENT}
    hear = frozenset({Role.QUALITY, *supervisors, *(agents if recorder.agents_hear_their_own else ())})
    both, of_call = frozenset(supervisors | agents), f"/calls/{CALL}/recording"
    return [
        Operation("GET", "/recordings", "Recordings", hear, on.found, query=RecordingsWanted, answer=Recordings),
        Operation("POST", f"{of_call}/pause", "Pause the recording of a call", both, on.pause, body=Pausing,
                  answer=RecordingOfCall),
        Operation("POST", f"{of_call}/resume", "Go on with it", both, on.resume, answer=RecordingOfCall),
        Operation("POST", f"{of_call}/start", "Record a call because somebody asks for it", both, on.start,
                  answer=RecordingOfCall),
    ]  # fmt: skip


def _done(outcome: Outcome) -> RecordingOfCall:
    """Raises HTTPNotFound and HTTPConflict."""
    match outcome:
        case Outcome.NOT_RECORDED:
            raise web.HTTPNotFound(text="this call is not being recorded")
        case Outcome.NOT_PAUSED:
            raise web.HTTPConflict(text="its recording does not pause")
        case Outcome.NOT_ASKED_FOR:
            raise web.HTTPConflict(text="it is recorded without being asked for")
    return RecordingOfCall(recording=outcome.value)


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.replace(tzinfo=zone) if at is not None and at.tzinfo is None else at


def _recording(row: Record) -> Recording:
    return Recording.model_validate({**row, "number": mask_number(row["number"])})
