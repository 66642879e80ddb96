"""Who asks: the token or session of each request under ``/api``, and whether its person may."""

import hashlib
import hmac
from collections.abc import Collection
from ipaddress import IPv4Address
from typing import cast
from urllib.parse import urlsplit

from aiohttp import web

from ccore.access import Access
from ccore.people.model import Entrance, Person, Role
from ccore.people.service import People
from ccore.web.app import Connection

CSRF_HEADER = "X-CSRF-Token"
COOKIE, SECURE_COOKIE = "ccore-session", "__Host-ccore-session"
WALL_COOKIE, SECURE_WALL_COOKIE = "ccore-wall", "__Host-ccore-wall"
READS = frozenset({"GET", "HEAD"})
_LONGEST_TOKEN = 200
_ENTRANCE = web.RequestKey("entrance", Entrance)
_NO_TOKEN = "send a token that is valid, as Authorization: Bearer …"  # noqa: S105 - what to do about it
_NO_SESSION = "sign in: there is no such session, or it is over"
_ONLY_SHOWS = "a display only shows"

__all__ = ["Auth", "Person", "Role"]


class Auth:
    """Lets people in by ``Authorization: Bearer TOKEN``, or by the cookie of a session, and screens on walls by theirs.

    Nothing is remembered: a revoked token or session is refused at once. What a browser sends by itself proves nothing,
    so that with a cookie everything but GET needs the session's own token in a header, and comes from our own pages.
    """

    def __init__(self, people: People, access: Access | None = None) -> None:
        self._people = people
        self._access = access or Access()

    @property
    def proxies(self) -> Collection[IPv4Address]:
        """Whose word on addresses is believed."""
        return self._access.proxies

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS."""
        return (self._access.url or "").startswith("https:")

    @property
    def cookie(self) -> str:
        """The name of the cookie of sessions; one with ``__Host-`` is taken by TLS only, and from this very host."""
        return SECURE_COOKIE if self.secure else COOKIE

    @property
    def wall_cookie(self) -> str:
        """The name of the cookie of screens on walls."""
        return SECURE_WALL_COOKIE if self.secure else WALL_COOKIE

    def demands(self, role: str) -> bool:
        """Whether people of ``role`` do nothing before they have a second factor."""
        return role in self._access.second_factor

    def tells_whole_numbers(self, role: str) -> bool:
        """Whether people of ``role`` may have a masked number told whole."""
        return role == Role.ADMIN or role in self._access.whole_numbers

    async def let_in(
        self, request: web.Request, roles: Collection[Role], *, subject: str = "", bare: bool = False
    ) -> Person:
        """Who asks, if they have one of ``roles`` or are an admin, and their token is good for ``subject``.

        ``bare``: even without the second factor that their role demands.

        Raises HTTPUnauthorized and HTTPForbidden, and Unavailable while PostgreSQL does not answer.
        """
        await self.somebody(request)
        entrance = request[_ENTRANCE]
        if entrance.bare and not bare:
            raise web.HTTPForbidden(text="set up your second factor first")
        if not entrance.person.is_one_of(roles):
            raise web.HTTPForbidden(text=f"this is for {', '.join(sorted({*roles, Role.ADMIN}))}")
        if not entrance.covers(subject, writes=request.method not in READS):
            raise web.HTTPForbidden(text="your token is not for this")
        return entrance.person

    async def somebody(self, request: web.Request) -> Person:
        """Who asks, whatever they may. Raises HTTPUnauthorized, and HTTPForbidden for another site's request."""
        entrance = request.get(_ENTRANCE)
        if entrance is None:
            entrance = await self._entered(request)
            request[_ENTRANCE] = entrance
            cast(Connection, request.protocol).renew()
        return entrance.person

    @staticmethod
    def known(request: web.Request) -> Person | None:
        """Who asks, if that has been found out."""
        entrance = request.get(_ENTRANCE)
        return None if entrance is None else entrance.person

    @staticmethod
    def session(request: web.Request) -> int:
        """The number of the session by which somebody asks; 0: they do by a token."""
        return request[_ENTRANCE].session

    @staticmethod
    def display(request: web.Request) -> int:
        """The number of the screen on a wall that asks; 0: it is somebody."""
        return request[_ENTRANCE].display

    @staticmethod
    def bare(request: web.Request) -> bool:
        """Whether who asks has to set up a second factor first."""
        return request[_ENTRANCE].bare

    def from_here(self, request: web.Request) -> bool:
        """Whether a page of ours, or no page at all, makes this request."""
        site, origin = request.headers.get("Sec-Fetch-Site", "none"), request.headers.get("Origin")
        if site not in {"none", "same-origin"}:
            return False
        if origin is None:
            return True
        return origin == self._access.url if self._access.url else urlsplit(origin).netloc == request.host

    async def _entered(self, request: web.Request) -> Entrance:
        if "Authorization" not in request.headers and not request.cookies.keys().isdisjoint(
            {self.cookie, self.wall_cookie}
        ):
            return await self._by_cookie(request, request.cookies.get(self.cookie, ""))
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        entrance = await self._people.by_token(token) if kind.lower() == "bearer" and _plausible(token) else None
        if entrance is None:
            raise web.HTTPUnauthorized(text=_NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
        return entrance

    async def _by_cookie(self, request: web.Request, session: str) -> Entrance:
        demanding = self._access.second_factor
        entrance = await self._people.by_session(session, demanding) if _plausible(session) else None
        if entrance is None:
            return await self._by_wall(request, request.cookies.get(self.wall_cookie, ""))
        if request.method not in READS and not (self.from_here(request) and _has_csrf(request, session)):
            raise web.HTTPForbidden(text=f"send {CSRF_HEADER} as GET /api/v1/session tells it, from a page of ccore's")
        return entrance

    async def _by_wall(self, request: web.Request, secret: str) -> Entrance:
        entrance = await self._people.by_display(secret) if _plausible(secret) else None
        if entrance is None:
            raise web.HTTPUnauthorized(text=_NO_SESSION, headers={"WWW-Authenticate": "Bearer"})
        if request.method not in READS:
            raise web.HTTPForbidden(text=_ONLY_SHOWS)
        return entrance


def csrf_of(session: str) -> str:
    """What a page of ours can read, and another site's cannot."""
    return hashlib.sha256(b"csrf " + session.encode()).hexdigest()


def address(request: web.Request, proxies: Collection[IPv4Address]) -> str:
    """From where a request comes: what the last proxy that is not ours saw."""
    ours = {str(proxy) for proxy in proxies}
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    seen = request.remote or ""
    while seen in ours and hops:
        seen = hops.pop()
    return seen[:64]


def _has_csrf(request: web.Request, session: str) -> bool:
    return hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), csrf_of(session).encode())


def _plausible(secret: str) -> bool:
    return 0 < len(secret) <= _LONGEST_TOKEN and secret.isascii()
