"""One recording over HTTP: what is known of it, and its sound, of which browsers fetch what they play."""

from collections.abc import AsyncGenerator, Set
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal

import structlog
from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.recording.encodings import CONTENT_TYPES, SUFFIXES
from ccore.recording.envelope import NotAsStored
from ccore.recording.playback import Playback, Sound
from ccore.recording.storage import StorageFailed
from ccore.web.ranges import Range, asked
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.recordings import CallDirection, RecordingState

log = structlog.get_logger()

ANSWERS = {
    206: "The part that the header Range asks for.",
    416: "There is nothing of what the header Range asks for.",
    500: "It is not as it was stored: nothing of it is played.",
}


class TalkedIn(Told):
    """Who talked from when to when, and where in the recording that is; null: it goes on."""

    number: int
    agent: str
    from_ms: int | None
    until_ms: int | None
    from_at: datetime
    until_at: datetime | None


class PauseOfRecording(Told):
    """When it was silent, why, and who wanted that; null: until its end."""

    why: Literal["payment", "on-demand", "agent"]
    from_at: datetime
    until_at: datetime | None
    by: Annotated[str, Field(validation_alias="by_whom")]


class MarkOfRecording(Told):
    """What an agent did with the call, such as ``held`` or ``transferred``; or ``disposed``: what came of it."""

    at: datetime
    agent: str
    by: Annotated[str, Field(validation_alias="by_whom")]
    what: str
    disposition: str


class RecordingWhole(Told):
    """All about one; its number is masked. ``held``: it is not erased before its hold ends. ``sha256`` is of its sound,
    of so many ``bytes``."""

    recording: Annotated[int, Field(validation_alias="recording_id")]
    call: Annotated[str, Field(validation_alias="call_id")]
    call_key: str
    node: str
    hotline: str
    queue: str
    campaign: str
    agent: str
    number: str
    direction: CallDirection
    state: RecordingState
    rule: str
    kind: Literal["always", "sample", "on-demand"]
    trouble: str
    milliseconds: int | None
    bytes: int | None
    sha256: str | None
    encoding: Literal["flac", "opus"] | None
    held: bool
    expected_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stored_at: datetime | None
    erased_at: datetime | None
    keep_until: datetime | None
    talked: list[TalkedIn]
    paused: list[PauseOfRecording]
    marks: list[MarkOfRecording]


class Listen(Told):
    """What somebody heard of it, in a browser (``stream``) or as a ``file``."""

    at: datetime
    who: str
    way: Literal["stream", "file"]
    from_byte: int
    until_byte: int
    from_ms: int
    until_ms: int


class Listens(Told):
    """The newest first."""

    listens: list[Listen]


class _Heard:
    def __init__(self, playback: Playback) -> None:
        self._playback = playback

    async def one(self, asking: Asked[None, None]) -> RecordingWhole:
        row = await self._found(asking)
        number = row["recording_id"]
        more = {
            "number": row["number"] and mask_number(row["number"]),
            "talked": [dict(each) for each in await self._playback.talked(number)],
            "paused": [dict(each) for each in await self._playback.paused(number)],
            "marks": [dict(each) for each in await self._playback.marks(number)],
        }
        return RecordingWhole.model_validate({**row, **more})

    async def listens(self, asking: Asked[None, None]) -> Listens:
        row = await self._found(asking)
        rows = await self._playback.listens(row["recording_id"])
        return Listens(listens=[Listen.model_validate(dict(each)) for each in rows])

    async def audio(self, asking: Asked[None, None]) -> web.StreamResponse:
        row = await self._found(asking)
        return await played(self._playback, row, asking.request, asking.person.login)

    async def _found(self, asking: Asked[None, None]) -> Record:
        row = await self._playback.find(asking.number("recording"))
        if row is None or (asking.person.role is Role.AGENT and not await self._theirs(asking.person, row)):
            raise web.HTTPNotFound(text="there is no such recording")
        return row

    async def _theirs(self, person: Person, row: Record) -> bool:
        talked = {row["agent"], *(segment["agent"] for segment in await self._playback.talked(row["recording_id"]))}
        return bool(person.agent) and person.agent in talked


def operations(playback: Playback, *, agents_hear_their_own: bool) -> list[Operation[Any, Any]]:
    """What somebody may not hear is not there for them."""
    on, path = _Heard(playback), "/recordings/{recording:int}"
    judges = frozenset({Role.QUALITY, Role.SUPERVISOR})
    may: Set[Role] = judges | {Role.AGENT} if agents_hear_their_own else judges
    return [
        Operation("GET", path, "One recording", may, on.one, answer=RecordingWhole),
        Operation("GET", f"{path}/audio", "Hear it, with Range if wanted", may, on.audio,
                  media=tuple(CONTENT_TYPES.values()), also=ANSWERS),
        Operation("GET", f"{path}/listens", "Who heard it", judges, on.listens, answer=Listens),
    ]  # fmt: skip


async def played(playback: Playback, row: Record, request: web.Request, who: str) -> web.StreamResponse:
    """The sound of a recording that was found, or the part that is asked for, which ``who`` hears."""
    sound = _sound(playback, row)
    try:
        wanted = asked(_range(request, sound), sound.size)
    except ValueError as error:
        headers = {"Content-Range": f"bytes */{sound.size}", "Accept-Ranges": "bytes"}
        return web.json_response({"error": str(error)}, status=416, headers=headers)
    response = _response(sound, wanted)
    if request.method == "HEAD":
        return response
    part = wanted or Range(0, sound.size)
    parts = await playback.hear(sound, part.start, part.stop, who, "stream")
    return await _send(request, response, parts)


def _sound(playback: Playback, row: Record) -> Sound:
    try:
        sound = playback.sound(row)
    except NotAsStored as error:
        raise _spoilt(error) from error
    if sound is None:
        raise web.HTTPNotFound(text=f"there is nothing to hear: it is {row['state']}")
    return sound


def _range(request: web.Request, sound: Sound) -> str | None:
    """The Range header, unless the client has a part of something else."""
    condition = request.headers.get("If-Range")
    return request.headers.get("Range") if condition in {None, _etag(sound)} else None


def _etag(sound: Sound) -> str:
    return f'"{sound.sha256}"'


def _response(sound: Sound, wanted: Range | None) -> web.StreamResponse:
    part = wanted or Range(0, sound.size)
    response = web.StreamResponse(status=200 if wanted is None else 206)
    response.content_type = CONTENT_TYPES[sound.encoding]
    response.content_length = part.stop - part.start
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = _etag(sound)
    response.headers["Content-Disposition"] = (
        f'inline; filename="recording-{sound.recording}{SUFFIXES[sound.encoding]}"'
    )
    if wanted is not None:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{sound.size}"
    return response


async def _send(
    request: web.Request, response: web.StreamResponse, parts: AsyncGenerator[bytes, None]
) -> web.StreamResponse:
    """Nothing is sent before the first part was found to be as it was stored; what goes wrong later cuts the answer."""
    async with aclosing(parts):
        try:
            first = await anext(parts)
        except (NotAsStored, StorageFailed) as error:
            raise _spoilt(error) from error
        await response.prepare(request)
        await response.write(first)
        try:
            async for part in parts:
                await response.write(part)
        except (NotAsStored, StorageFailed) as error:
            log.error("recording_cut_short", path=request.path, reason=str(error))
            if request.transport is not None:
                request.transport.abort()
    return response


def _spoilt(error: Exception) -> web.HTTPException:
    log.error("recording_not_readable", reason=str(error))
    if isinstance(error, StorageFailed):
        return web.HTTPServiceUnavailable(text="the storage does not give it now")
    return web.HTTPInternalServerError(text="it is not as it was stored: nothing of it is played")
