"""What an operation of the API is, and how it is served: who may, what it takes, done once, and what it answers."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, cast

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from ccore.people.model import Person, Role
from ccore.web.answers import Handler
from ccore.web.app import Connection
from ccore.web.auth import Auth, address
from ccore.web.bodies import MOST_BYTES, body, query, raw
from ccore.web.once import HEADER, KEYS, PATTERN, Once
from ccore.web.rates import Rates

PREFIX = "/api/v1"
EVERYBODY = frozenset(Role)  # who has signed in, whatever they are
NAMED = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"  # what {name} in a path stands for
NUMBERED = "[1-9][0-9]{0,17}"  # what {name:int} stands for
AHEAD = 1 << 19  # bytes of a file that may have come before it is known who asks
_PLACE = re.compile(r"\{(\w+)(?::(int|(?:[^{}]|\{[0-9,]+\})+))?\}")

B = TypeVar("B")
Q = TypeVar("Q")


class Told(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(frozen=True, defer_build=True)  # as ``Said``


class Done(Told):
    """There is nothing to say but that it is so."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[B, Q]):
    """A request that its person may make, with all that it says checked. Without a model of its own a part is None."""

    somebody: Person | None  # None: an open operation asks nobody who they are
    body: B
    query: Q
    path: Mapping[str, str]
    request: web.Request

    @property
    def person(self) -> Person:
        """Who asks."""
        assert self.somebody is not None, "an open operation does not know who asks"
        return self.somebody

    def number(self, name: str) -> int:
        """What stands in the path for ``{name:int}``."""
        return int(self.path[name])


@dataclass(frozen=True, slots=True)
class Operation(Generic[B, Q]):
    """One thing that can be asked: ``GET /api/v1`` and ``path``, in which ``{code}``, ``{claim:int}`` and
    ``{kind:a|b}`` are filled in.

    ``roles`` has who may besides admins: none named is for admins only, EVERYBODY for all who have signed in. All but
    GET is done once for each ``Idempotency-Key``. ``run`` answers with an ``answer``, or with a whole response of one
    of the ``media`` types, and refuses by raising ``web.HTTPConflict(text="why, in one line")`` and the like.
    ``tag`` is the subject, to which a token may be limited: by itself the first word of the path. ``secret``: what is
    asked or answered is kept nowhere. ``open``: for those who have not signed in. ``bare``: also before they have set
    up the second factor that their role demands. ``file``: the body is a file, which ``run`` reads from the request
    piece by piece, and sees to it itself that it is taken once for each key. ``also`` has further statuses: what is
    said with them is a model, or with no model an error or the answer.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    roles: AbstractSet[Role]
    run: Callable[[Asked[B, Q]], Awaitable[BaseModel | web.StreamResponse]]
    body: type[B] | None = None
    query: type[Q] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    tag: str = ""
    open: bool = False
    media: tuple[str, ...] = ()
    secret: bool = False
    bare: bool = False
    most_bytes: int = MOST_BYTES  # of a body
    file: bool = False
    also: Mapping[int, str | type[BaseModel]] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Its tag."""
        return self.tag or self.path.split("/")[1]

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def keyed(self) -> bool:
        """Whether it takes an Idempotency-Key. Keys belong to people: what is open has none."""
        return self.writes and not self.open

    @property
    def places(self) -> dict[str, str]:
        """What has to be filled in in the path: the regular expression of each."""
        known = {"": NAMED, "int": NUMBERED}
        return {name: known.get(kind, kind) for name, kind in _PLACE.findall(self.path)}


@dataclass(frozen=True, slots=True)
class Served:
    """Makes routes of operations."""

    auth: Auth
    once: Once
    rates: Rates

    def routes(self, operations: Iterable[Operation[Any, Any]]) -> list[web.RouteDef]:
        """A route for each."""
        return [self._route(operation) for operation in operations]

    def _route(self, operation: Operation[Any, Any]) -> web.RouteDef:
        run = _running(operation)
        if operation.file:
            run = _keyed(run)
        elif operation.keyed:
            run = self.once(run, secret=operation.secret, most_bytes=operation.most_bytes)

        async def handle(request: web.Request) -> web.StreamResponse:
            # It comes before it is known who asks.
            cast(Connection, request.protocol).allow(AHEAD if operation.file else operation.most_bytes)
            if operation.open:
                self.rates.take_open(address(request, self.auth.proxies))
                if operation.writes and not self.auth.from_here(request):
                    raise web.HTTPForbidden(text="that came from a page of another site")
            else:
                person = await self.auth.let_in(
                    request, operation.roles, subject=operation.subject, bare=operation.bare
                )
                self.rates.take(person.login)
            return await run(request)

        path = _PLACE.sub(lambda found: f"{{{found[1]}:{operation.places[found[1]]}}}", operation.path)
        return web.route(operation.method, PREFIX + path, handle)


def _running(operation: Operation[Any, Any]) -> Handler:
    async def run(request: web.Request) -> web.StreamResponse:
        if not operation.file:
            await raw(request, operation.most_bytes)
        asked: Asked[Any, Any] = Asked(
            Auth.known(request),
            None if operation.body is None else await body(request, operation.body, operation.most_bytes),
            None if operation.query is None else query(request, operation.query),
            dict(request.match_info),
            request,
        )
        answer = await operation.run(asked)
        if isinstance(answer, web.StreamResponse):
            return answer
        assert operation.answer is not None, f"{operation.path} answers something: name it"
        assert isinstance(answer, operation.answer), f"{operation.path} answers {type(answer).__name__}"
        text = answer.model_dump_json(by_alias=True)
        return web.Response(text=text, status=operation.status, content_type="application/json")

    return run


def _keyed(run: Handler) -> Handler:
    async def keyed(request: web.Request) -> web.StreamResponse:
        if not re.fullmatch(PATTERN, request.headers.get(HEADER, "")):
            raise web.HTTPBadRequest(text=f"send {HEADER}: {KEYS} of your own choice")
        return await run(request)

    return keyed
