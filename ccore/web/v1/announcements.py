"""Announcements over HTTP: what callers hear first at a node of the menus, mounted by a person or another program."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast

from aiohttp import web
from pydantic import AwareDatetime, Field

from ccore.clock import utc_now
from ccore.ivr import audio
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.people.model import Role
from ccore.prompts import chain
from ccore.web.app import Connection
from ccore.web.bodies import Said as Asking
from ccore.web.once import HEADER
from ccore.web.v1.operations import Asked, Done, Operation, Told

MOST_BYTES = 12 << 20  # five minutes at 16 kHz, and a little
UPLOAD_LIMIT_S = 30.0
FARTHEST = timedelta(days=366)  # ahead
_PIECE = 1 << 16
SpokenIn = Literal["", "zh", "en"]


class NewAnnouncement(Asking):
    """Where, from when (none said: now) and for how long; ``language`` "": for callers of all; the file is WAV."""

    node: Annotated[str, Field(max_length=60)]
    hours: Annotated[float, Field(gt=0, le=8760)]
    starts: AwareDatetime | None = None
    divert: Annotated[str, Field(max_length=60)] = ""
    language: SpokenIn = ""
    text: Annotated[str, Field(max_length=2000)] = ""


class AnnouncementsWanted(Asking):
    """Those that did not end more than so many days ago."""

    days: Annotated[int, Field(ge=0, le=366)] = 7


class SoundWanted(Asking):
    """What callers of a language hear."""

    language: SpokenIn = ""


class AnnouncementMounted(Told):
    """Its number."""

    announcement: int


class Announcement(Told):
    """One of them: heard at ``node`` from ``starts_at`` to ``ends_at``, after which callers are taken to ``divert``.

    ``ended_at``: somebody has ended it before. ``languages`` it was given in; "": for callers of all.
    """

    announcement: Annotated[int, Field(validation_alias="announcement_id")]
    node: str
    divert: str
    starts_at: datetime
    ends_at: datetime
    source: Literal["phone", "upload", "speech"]
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    text: str | None
    languages: list[SpokenIn]
    seconds: float


class AnnouncementsShown(Told):
    """The newest first; ``nodes`` are those of the menus, at which there can be some."""

    announcements: list[Announcement]
    nodes: list[str]


class _Mounted:
    def __init__(self, announcements: Announcements, nodes: Callable[[], Collection[str]]) -> None:
        self._announcements, self._nodes = announcements, nodes

    async def listed(self, asked: Asked[None, AnnouncementsWanted]) -> AnnouncementsShown:
        rows = await self._announcements.listed(utc_now() - timedelta(days=asked.query.days))
        shown = [Announcement.model_validate(dict(row)) for row in rows]
        return AnnouncementsShown(announcements=shown, nodes=sorted(self._nodes()))

    async def mount(self, asked: Asked[None, NewAnnouncement]) -> AnnouncementMounted | web.Response:
        want, by = asked.query, asked.person.login
        if missing := {want.node, want.divert} - {"", *self._nodes()}:
            raise web.HTTPBadRequest(text=f"the menus have no node {', '.join(sorted(missing))}")
        if want.starts and abs(want.starts - utc_now()) > FARTHEST:
            raise web.HTTPBadRequest(text=f"starts: within {FARTHEST.days} days")
        try:
            sound = await asyncio.to_thread(audio.from_wav, await _body(asked.request))
            said: dict[str, Said] = {want.language: Said(want.text, sound)}
            number = await self._announcements.add(
                Wanted(want.node, said, "upload", by, want.divert, want.starts, lasts=timedelta(hours=want.hours),
                       request=_request(asked))
            )  # fmt: skip
        except (ValueError, OverflowError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return AnnouncementMounted(announcement=number) if number is not None else await self._repeated(asked, said)

    async def _repeated(self, asked: Asked[None, NewAnnouncement], said: dict[str, Said]) -> web.Response:
        was = await self._announcements.of_request(_request(asked))
        if was is None or (was.node, was.divert, was.said) != (asked.query.node, asked.query.divert, said):
            raise web.HTTPUnprocessableEntity(text=f"this {HEADER} was used for another announcement")
        told = AnnouncementMounted(announcement=was.number).model_dump()
        return web.json_response(told, status=201, headers={"Idempotent-Replayed": "true"})

    async def end(self, asked: Asked[None, None]) -> Done:
        if not await self._announcements.end(asked.number("announcement"), asked.person.login):
            raise web.HTTPConflict(text="it has ended, or is not there")
        return Done()

    async def heard(self, asked: Asked[None, SoundWanted]) -> web.StreamResponse:
        sounds = await self._announcements.sounds(asked.number("announcement"))
        if (sound := sounds.get(asked.query.language, sounds.get(""))) is None:
            raise web.HTTPNotFound(text="there is no such announcement, or none in this language")
        content = await asyncio.to_thread(lambda: chain.wav(chain.linear(sound), chain.NARROW_HZ))
        return web.Response(body=content, content_type="audio/wav")


def operations(announcements: Announcements, nodes: Callable[[], Collection[str]]) -> list[Operation[Any, Any]]:
    """For operators, and programs with a token of one; ``nodes`` are the menus' own."""
    on, may, one = _Mounted(announcements, nodes), frozenset({Role.OPERATOR}), "/announcements/{announcement:int}"
    return [
        Operation("GET", "/announcements", "What callers hear first", may, on.listed, query=AnnouncementsWanted,
                  answer=AnnouncementsShown),
        Operation("POST", "/announcements", "Have callers hear a file first", may, on.mount, query=NewAnnouncement,
                  answer=AnnouncementMounted, status=201, file=True),
        Operation("DELETE", one, "End it", may, on.end, answer=Done),
        Operation("GET", f"{one}/audio", "How one sounds", may, on.heard, query=SoundWanted, media=("audio/wav",)),
    ]  # fmt: skip


def _request(asked: Asked[Any, Any]) -> str:
    return f"{asked.person.login} {asked.request.headers[HEADER]}"


async def _body(request: web.Request) -> bytes:
    """All of it. Raises HTTPRequestEntityTooLarge and HTTPRequestTimeout."""
    cast(Connection, request.protocol).allow(MOST_BYTES)
    content = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            async for piece in request.content.iter_chunked(_PIECE):
                content += piece
                if len(content) > MOST_BYTES:
                    text = f"a file has {MOST_BYTES >> 20} MB at most"
                    raise web.HTTPRequestEntityTooLarge(MOST_BYTES, len(content), text=text)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text=f"the file was not whole within {UPLOAD_LIMIT_S:.0f} s") from error
    return bytes(content)
