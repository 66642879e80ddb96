"""Screens on walls, over HTTP: supervisors make and end them, a link opens one, and it is told what it is."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, SecretStr, StringConstraints

from ccore.clock import utc_now
from ccore.people.displays import LONGEST_DAYS, Displays
from ccore.people.model import Role
from ccore.web.auth import Auth, address
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

COOKIE_DAYS = 400  # browsers keep none for longer
DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class NewDisplay(Said):
    """A screen on a wall: what it is called, what it reads, for how long it lasts."""

    name: DisplayName
    language: Literal["zh", "en"] = "zh"
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


class DisplayLink(Said):
    """What stands in the link behind the #."""

    secret: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class DisplayMade(Told):
    """Nobody is told ``secret`` again; ``/wall#SECRET`` opens the display once, until ``link_until``."""

    display: int
    secret: str
    link_until: datetime
    ends_at: datetime


class Display(Told):
    """A screen on a wall; ``opened_at`` is null as long as its link waits, ``link_until`` of no matter from then on."""

    display: int
    name: str
    language: Literal["zh", "en"]
    made_by: str
    made_at: datetime
    link_until: datetime
    opened_at: datetime | None
    seen_at: datetime | None
    ends_at: datetime
    address: str
    browser: str


class DisplayList(Told):
    """Those that last, the newest first."""

    displays: list[Display]


class Wall(Told):
    """What shows the floor: the screen ``display``, or 0 and somebody's own browser, which never ends by itself."""

    display: int
    name: str
    language: Literal["zh", "en", ""]
    zone: str
    ends_at: datetime | None


class _Displays:
    def __init__(self, displays: Displays, auth: Auth, zone: str) -> None:
        self._displays, self._auth, self._zone = displays, auth, zone

    async def listed(self, _asked: Asked[None, None]) -> DisplayList:
        rows = await self._displays.listed()
        told = [{**row, "display": row["display_id"], "ends_at": row["expires_at"]} for row in rows]
        return DisplayList.model_validate({"displays": told})

    async def make(self, asked: Asked[NewDisplay, None]) -> DisplayMade:
        new = asked.body
        made = await self._displays.make(asked.person.login, new.name, new.language, new.days)
        if made is None:
            raise web.HTTPForbidden(text="you are not let in any more")
        return DisplayMade(display=made.number, secret=made.secret, link_until=made.link_until, ends_at=made.expires_at)

    async def end(self, asked: Asked[None, None]) -> Done:
        if not await self._displays.end(asked.number("display"), asked.person.login):
            raise web.HTTPNotFound(text="there is no such display, or it has ended")
        return Done()

    async def open(self, asked: Asked[DisplayLink, None]) -> web.StreamResponse:
        request, secret = asked.request, asked.body.secret.get_secret_value()
        browser = "".join(letter for letter in request.headers.get("User-Agent", "") if letter.isprintable())
        opened = await self._displays.open(secret, address(request, self._auth.proxies), browser)
        if opened is None:
            raise web.HTTPConflict(text="this link was used before, or is too old: make a new one")
        row = await self._displays.one(opened.number)
        assert row is not None, "it was just opened"
        lasts = min((opened.expires_at - utc_now()).days + 1, COOKIE_DAYS)
        text = self._told(row).model_dump_json()
        response = web.Response(text=text, content_type="application/json")
        response.set_cookie(
            self._auth.wall_cookie,
            opened.secret,
            max_age=lasts * 86_400,
            path="/",
            secure=self._auth.secure,
            httponly=True,
            samesite="Strict",
        )
        return response

    async def wall(self, asked: Asked[None, None]) -> Wall:
        number = self._auth.display(asked.request)
        row = await self._displays.one(number) if number else None
        return Wall(display=0, name="", language="", zone=self._zone, ends_at=None) if row is None else self._told(row)

    def _told(self, row: Any) -> Wall:
        return Wall(
            display=row["display_id"],
            name=row["name"],
            language=row["language"],
            zone=self._zone,
            ends_at=row["expires_at"],
        )


def operations(displays: Displays, auth: Auth, zone: str) -> list[Operation[Any, Any]]:
    """A display itself may ask for ``/wall``, and for the live socket: for nothing else, whatever it sends."""
    on, may, nobody = _Displays(displays, auth, zone), frozenset({Role.SUPERVISOR}), frozenset[Role]()
    one = "/displays/{display:int}"
    return [
        Operation("GET", "/displays", "Screens on walls", may, on.listed, answer=DisplayList),
        Operation("POST", "/displays", "Show the floor on a screen", may, on.make, body=NewDisplay, answer=DisplayMade,
                  status=201, secret=True),
        Operation("DELETE", one, "A screen shows nothing any more", may, on.end, answer=Done),
        Operation("GET", "/wall", "What shows the floor here", may, on.wall, answer=Wall),
        Operation("POST", "/wall", "Open a display by its link", nobody, on.open, body=DisplayLink, answer=Wall,
                  open=True),
    ]  # fmt: skip
