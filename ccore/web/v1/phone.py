"""What a browser phone is told so that it can register and be heard."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from ccore.browser_phones import BrowserPhones
from ccore.nodes import Name
from ccore.people.model import Role
from ccore.web.auth import Auth
from ccore.web.bodies import Said
from ccore.web.browser_seats import Seat, Seats
from ccore.web.sipws import PATH, SipSockets
from ccore.web.v1.operations import EVERYBODY, Asked, Operation, Told

TURN_S = 43_200  # the name given for a TURN server outlives the longest shift: a call asks for it again as it goes on


class PhoneWanted(Said):
    """``node``: only for who oversees calls and takes none; where the calls are that they listen to."""

    node: Name | None = None


class IceServer(Told):
    """One server that helps the sound through routers, as RTCPeerConnection takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class BrowserPhone(Told):
    """What the phone of this browser registers with: worth something in this session only, and not for long."""

    number: str
    node: str
    uri: str
    ws_path: str
    user: str
    password: str
    expires_at: datetime
    ice_servers: list[IceServer]


def operations(
    auth: Auth, sockets: SipSockets | None, settings: BrowserPhones, turn_secret: SecretStr | None
) -> list[Operation[Any, Any]]:
    """``POST /desk/phone``."""

    async def phone(asked: Asked[PhoneWanted, None]) -> BrowserPhone:
        seat = None if sockets is None else _seat(sockets.seats, asked, auth.session(asked.request))
        if sockets is None or seat is None:
            raise web.HTTPConflict(text="take a seat at a browser phone first, signed in by a browser")
        given = sockets.pass_of(seat)
        return BrowserPhone(
            number=seat.number,
            node=seat.node,
            uri=f"sip:{given.user}@ccore.invalid",
            ws_path=PATH,
            user=given.user,
            password=given.password,
            expires_at=datetime.fromtimestamp(given.expires_at_s, UTC),
            ice_servers=ice_servers(settings, turn_secret, seat.agent, time.time()),
        )

    return [
        Operation("POST", "/desk/phone", "What the phone of this browser registers with", EVERYBODY, phone,
                  body=PhoneWanted, answer=BrowserPhone, secret=True),
    ]  # fmt: skip


def _seat(seats: Seats, asked: Asked[PhoneWanted, None], session: int) -> Seat | None:
    node = asked.body.node
    if node is None:
        return seats.of(asked.person, session)
    if not asked.person.may(Role.SUPERVISOR):
        raise web.HTTPForbidden(text="only who oversees calls listens to them")
    return seats.to_listen(asked.person, session, node)


def ice_servers(settings: BrowserPhones, secret: SecretStr | None, agent: str, now_s: float) -> list[IceServer]:
    """Those of the configuration; for TURN with a name that says until when it is good, and the password to it."""
    found = [IceServer(urls=list(settings.stun))] if settings.stun else []
    if settings.turn and secret is not None:
        name = f"{int(now_s) + TURN_S}:{agent}"
        digest = hmac.new(secret.get_secret_value().encode(), name.encode(), hashlib.sha1).digest()
        found.append(IceServer(urls=list(settings.turn), username=name, credential=base64.b64encode(digest).decode()))
    return found
