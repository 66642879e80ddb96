"""Requests that must not be done twice: a second one with the same ``Idempotency-Key`` gets the first one's answer."""

import hashlib
import re
from functools import wraps

from aiohttp import web
from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.web.answers import Handler, failed, refused
from ccore.web.auth import Auth
from ccore.web.bodies import raw

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[A-Za-z0-9._-]{8,128}")


class Once:
    """Wraps handlers of POSTs that make calls, send messages or cost money: ``web.post(path, once(handler))``.

    The key belongs to who asks. While the first request goes on, another one is answered 409; with other words under
    the same key, 422. If surely nothing was done (Unavailable), the key may be used again; one whose request ended with
    its ccore may not. Answers are kept for two days.
    """

    def __init__(self, database: Database, auth: Auth) -> None:
        self._database = database
        self._auth = auth

    def __call__(self, handler: Handler) -> Handler:
        """The handler, done once for each key. It has to answer with a whole body, as ``json_response`` does."""

        @wraps(handler)
        async def once(request: web.Request) -> web.StreamResponse:
            login = (await self._auth.person(request)).login
            key = request.headers.get(HEADER, "")
            if not _KEY.fullmatch(key):
                raise web.HTTPBadRequest(text=f"send {HEADER}: 8 to 128 letters, digits, . _ - of your own choice")
            asked = hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + await raw(request)).digest()
            if await self._database.fetch_value("people.begin_request", login, key, asked) is None:
                return _answered(await self._database.fetch_row("people.request", login, key), asked)
            return await self._first(handler, request, login, key)

        return once

    async def _first(self, handler: Handler, request: web.Request, login: str, key: str) -> web.StreamResponse:
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
        await self._database.execute("people.end_request", login, key, answer.status, answer.body or b"")
        return answer


def _answered(row: Record | None, asked: bytes) -> web.Response:
    if row is None:
        raise web.HTTPConflict(text="the first request with this key has just failed: try again")
    if row["request"] != asked:
        raise web.HTTPUnprocessableEntity(text=f"this {HEADER} was used for another request")
    if row["status"] is None:
        raise web.HTTPConflict(text="the first request with this key goes on, or ended with ccore: look what it did")
    headers = {"Content-Type": "application/json", "Idempotent-Replayed": "true"}
    return web.Response(status=row["status"], body=row["body"], headers=headers)
