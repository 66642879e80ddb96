"""One recording over HTTP: what is known of it, and its sound, of which browsers fetch what they play."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import structlog
from aiohttp import web
from asyncpg import Record

from ccore.log import mask_number
from ccore.recording.encodings import CONTENT_TYPES, SUFFIXES
from ccore.recording.envelope import NotAsStored
from ccore.recording.playback import Playback, Sound
from ccore.recording.storage import StorageFailed
from ccore.web.auth import Auth, Person, Role
from ccore.web.ranges import Range, asked

log = structlog.get_logger()

_TOLD = (
    "recording_id", "call_id", "call_key", "node", "hotline", "queue", "campaign", "agent", "number", "direction",
    "state", "rule", "kind", "trouble", "milliseconds", "bytes", "sha256", "encoding", "held",
)  # fmt: skip
_TIMES = ("expected_at", "started_at", "ended_at", "stored_at", "erased_at", "keep_until")


def routes(playback: Playback, auth: Auth, *, agents_hear_their_own: bool) -> list[web.RouteDef]:
    """``GET /api/recordings/NUMBER``, ``…/audio`` with Range, and ``…/listens`` for those who answer for it.

    What somebody may not hear is not there for them.
    """
    may = (Role.QUALITY, Role.SUPERVISOR, *([Role.AGENT] if agents_hear_their_own else []))

    async def found(request: web.Request) -> tuple[Person, Record]:
        person = await auth.person(request, *may)
        row = await playback.find(int(request.match_info["recording"]))
        if row is None or (person.role is Role.AGENT and not await _theirs(person, row)):
            raise web.HTTPNotFound(text="there is no such recording")
        return person, row

    async def _theirs(person: Person, row: Record) -> bool:
        talked = {row["agent"], *(segment["agent"] for segment in await playback.talked(row["recording_id"]))}
        return bool(person.agent) and person.agent in talked

    async def one(request: web.Request) -> web.Response:
        _, row = await found(request)
        number = row["recording_id"]
        told = {name: row[name] for name in _TOLD} | {name: _time(row[name]) for name in _TIMES}
        told["number"] = row["number"] and mask_number(row["number"])
        told["talked"] = [_plain(each) for each in await playback.talked(number)]
        told["paused"] = [_plain(each) for each in await playback.paused(number)]
        return web.json_response(told)

    async def listens(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR, Role.QUALITY)
        _, row = await found(request)
        return web.json_response({"listens": [_plain(each) for each in await playback.listens(row["recording_id"])]})

    async def audio(request: web.Request) -> web.StreamResponse:
        person, row = await found(request)
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
        return await _send(request, response, await playback.hear(sound, part.start, part.stop, person.login, "stream"))

    path = "/api/recordings/{recording:[0-9]{1,18}}"
    return [web.get(path, one), web.get(f"{path}/audio", audio), web.get(f"{path}/listens", listens)]


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


def _plain(row: Record) -> Mapping[str, object]:
    return {name: _time(value) for name, value in row.items()}


def _time(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
