"""Recordings shared for a few minutes: a link to one, and what is heard by it without signing in."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.people.model import Role
from ccore.recording.encodings import CONTENT_TYPES
from ccore.recording.links import MOST_S, Link, Links
from ccore.recording.playback import Playback
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.recordings_audio import ANSWERS, played

_LINK = "{link:[A-Za-z0-9_-]{10,200}}"


class NewLink(Said):
    """For how long it is good."""

    seconds: Annotated[int, Field(ge=1, le=MOST_S)] = MOST_S


class LinkMade(Told):
    """What stands in the path of what is shared, and until when it is good; ``link`` is what the audit calls it."""

    token: str
    link: str
    ends_at: datetime


class SharedRecording(Told):
    """What who has the link is told of it: no number and no name."""

    recording: int
    ends_at: datetime
    milliseconds: int | None


class _Shared:
    def __init__(self, playback: Playback, links: Links) -> None:
        self._playback, self._links = playback, links

    async def made(self, asked: Asked[NewLink, None]) -> LinkMade:
        row = await self._playback.find(asked.number("recording"))
        if row is None:
            raise web.HTTPNotFound(text="there is no such recording")
        if row["state"] != "stored":
            raise web.HTTPConflict(text=f"there is nothing to hear: it is {row['state']}")
        made = await self._links.make(row["recording_id"], asked.person.login, asked.body.seconds)
        if made is None:
            raise web.HTTPConflict(text="secrets.toml has no recording_keys")
        token, link = made
        return LinkMade(token=token, link=link.name, ends_at=link.ends_at)

    async def shown(self, asked: Asked[None, None]) -> SharedRecording:
        link, row, _ = await self._read(asked)
        return SharedRecording(recording=link.recording, ends_at=link.ends_at, milliseconds=row["milliseconds"])

    async def heard(self, asked: Asked[None, None]) -> web.StreamResponse:
        link, row, who = await self._read(asked)
        return await played(self._playback, row, asked.request, f"{who} (link {link.name})")

    async def _read(self, asked: Asked[None, None]) -> tuple[Link, Record, str]:
        link = self._links.read(asked.path["link"])
        who = None if link is None else await self._links.sharer(link)
        if link is None or who is None:
            raise web.HTTPNotFound(text="there is no such link")
        if self._links.is_over(link):
            raise web.HTTPGone(text="this link has ended: ask for another one")
        row = await self._playback.find(link.recording)
        if row is None or row["state"] != "stored":
            raise web.HTTPNotFound(text="there is nothing to hear any more")
        return link, row, who


def operations(playback: Playback, links: Links) -> list[Operation[Any, Any]]:
    """Who reviews calls shares them; whoever has a link hears that recording until it ends."""
    on, judges = _Shared(playback, links), frozenset({Role.QUALITY, Role.SUPERVISOR})
    shared, gone = f"/recordings/shared/{_LINK}", {410: "The link has ended."}
    return [
        Operation("POST", "/recordings/{recording:int}/links", "Share it for a few minutes", judges, on.made,
                  body=NewLink, answer=LinkMade, status=201, secret=True),
        Operation("GET", shared, "What a link is for", frozenset(), on.shown, answer=SharedRecording, open=True,
                  also=gone),
        Operation("GET", f"{shared}/audio", "Hear it by a link, with Range if wanted", frozenset(), on.heard,
                  media=tuple(CONTENT_TYPES.values()), open=True, also={**ANSWERS, **gone}),
    ]  # fmt: skip
