"""Announcements mounted by another program: one POST with a WAV file and a token."""

import asyncio
import hmac
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Annotated, Literal, cast

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from ccore.errors import OutcomeUnknown, Unavailable
from ccore.ivr import audio
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.web.app import Connection

MOST_BYTES = 12 << 20  # five minutes at 16 kHz, and a little
UPLOAD_LIMIT_S = 30.0
_PIECE = 1 << 16


class Upload(BaseModel):
    """What stands in the query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node: str
    hours: Annotated[float, Field(gt=0, le=8760)]
    divert: str = ""
    language: Literal["", "zh", "en"] = ""
    text: Annotated[str, Field(max_length=2000)] = ""


def routes(
    announcements: Announcements, nodes: Callable[[], Collection[str]], token: SecretStr | None
) -> list[web.RouteDef]:
    """``POST /announcements`` for whoever has the ``token``; nobody, if there is none. ``nodes`` are the menus' own."""

    async def post(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode()
        if token is None or not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
            raise web.HTTPUnauthorized(text="name the upload_token of secrets.toml as Authorization: Bearer …\n")
        try:
            upload = Upload.model_validate(dict(request.query))
            if missing := {upload.node, upload.divert} - {"", *nodes()}:
                raise ValueError(f"the menus have no node {', '.join(sorted(missing))}")
            sound = await asyncio.to_thread(audio.from_wav, await _body(request))
            number = await announcements.add(_wanted(upload, sound, request.remote or "nowhere"))
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)
            raise web.HTTPBadRequest(text="".join(f"{item['loc'][-1]}: {item['msg']}\n" for item in wrong)) from error
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        except (Unavailable, OutcomeUnknown) as error:
            raise web.HTTPServiceUnavailable(text=f"{error}: look at the list before you try again\n") from error
        return web.json_response({"announcement": number}, status=201)

    return [web.post("/announcements", post)]


def _wanted(upload: Upload, sound: bytes, sender: str) -> Wanted:
    said: dict[str, Said] = {upload.language: Said(upload.text, sound)}
    lasts = timedelta(hours=upload.hours)
    return Wanted(upload.node, said, "upload", f"upload from {sender}", upload.divert, lasts=lasts)


async def _body(request: web.Request) -> bytes:
    """All of it. Raises ValueError if it is too long or does not come."""
    cast(Connection, request.protocol).allow(MOST_BYTES)
    content = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            async for piece in request.content.iter_chunked(_PIECE):
                content += piece
                if len(content) > MOST_BYTES:
                    raise ValueError(f"longer than {MOST_BYTES} bytes")
    except TimeoutError as error:
        raise ValueError(f"not whole within {UPLOAD_LIMIT_S:.0f} s") from error
    return bytes(content)
