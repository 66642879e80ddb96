"""Requests that must not be done twice: a second one with the same ``Idempotency-Key`` gets the first one's answer."""

import asyncio
import hashlib
import re
from functools import wraps

from aiohttp import web
from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.people import passwords
from ccore.web.answers import Handler, failed, refused
from ccore.web.auth import Auth
from ccore.web.bodies import MOST_BYTES, raw

HEADER = "Idempotency-Key"
KEYS = "8 to 128 letters, digits, . _ -"
PATTERN = "[A-Za-z0-9._-]{8,128}"
_KEY = re.compile(PATTERN)
_TOLD_ONCE = b'{"error": "that was done; what it answered is told once only"}'


class Once:
    """Wraps the handlers of operations that change something.

    The key belongs to who asks. While the first request goes on, another one is answered 409; with other words under
    the same key, 422. If surely nothing was done (Unavailable), the key may be used again; one whose request ended with
    its ccore may not. Answers are kept for two days.
    """

    def __init__(self, database: Database, auth: Auth) -> None:
        self._database = database
        self._auth = auth

    def __call__(self, handler: Handler, *, secret: bool = False, most_bytes: int = MOST_BYTES) -> Handler:
        """The handler, done once for each key. It has to answer with a whole body, as ``json_response`` does.

        ``secret``: nothing is kept that the answer says, and what was asked in a way that cannot be guessed from.
        """

        @wraps(handler)
        async def once(request: web.Request) -> web.StreamResponse:
            login = (await self._auth.somebody(request)).login
            key = request.headers.get(HEADER, "")
            if not _KEY.fullmatch(key):
                raise web.HTTPBadRequest(text=f"send {HEADER}: {KEYS} of your own choice")
            said = f"{request.method} {request.path_qs}\n".encode() + await raw(request, most_bytes)
            asked = await asyncio.to_thread(passwords.slow_hash, said, f"{login} {key}") if secret else _hash(said)
            if await self._database.fetch_value("people.begin_request", login, key, asked) is None:
                return _answered(await self._database.fetch_row("people.request", login, key), asked)
            return await self._first(handler, request, login, key, secret=secret)

        return once

    async def _first(
        self, handler: Handler, request: web.Request, login: str, key: str, *, secret: bool
    ) -> web.StreamResponse:
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = refused(error)
        except Unavailable:
            await self._database.execute("people.undo_request", login, key)
            raise
        except Exception as error:  # noqa: BLE001 - nobody knows how far it came: it is not begun again
            answer = failed(request, error)
        assert isinstance(answer, web.Response)
        kept = (409, _TOLD_ONCE) if secret and answer.status < 400 else (answer.status, answer.body or b"")
        await self._database.execute("people.end_request", login, key, *kept)
        return answer


def _hash(said: bytes) -> bytes:
    return hashlib.sha256(said).digest()


def _answered(row: Record | None, asked: bytes) -> web.Response:
    if row is None:
        raise web.HTTPConflict(text="the first request with this key has just failed: try again")
    if row["request"] != asked:
        raise web.HTTPUnprocessableEntity(text=f"this {HEADER} was used for another request")
    if row["status"] is None:
        raise web.HTTPConflict(text="the first request with this key goes on, or ended with ccore: look what it did")
    headers = {"Content-Type": "application/json", "Idempotent-Replayed": "true"}
    return web.Response(status=row["status"], body=row["body"], headers=headers)
