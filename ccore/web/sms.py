"""Where Kannel brings receipts and messages: for whoever knows the key, from the addresses of the configuration."""

import hmac
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_address
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from pydantic import SecretStr

from ccore.clock import utc_now
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.messaging.gateways import Received
from ccore.messaging.gateways.chosen import INCOMING_PATH, RECEIPT_PATH
from ccore.messaging.gateways.kannel import NAME
from ccore.messaging.model import Arrived, Receipt, Word
from ccore.texting import Messages

log = structlog.get_logger()

_WORDS = {
    1: Word.DELIVERED,
    2: Word.FAILED,
    4: Word.BUFFERED,
    8: Word.ACCEPTED,
    16: Word.REJECTED,
}  # the bits of Kannel's dlr-mask
_MOST_NUMBER = 2**63 - 1


def routes(settings: Messages, own: IPv4Address, key: SecretStr | None, received: Received) -> list[web.RouteDef]:
    """The routes, at the address ``own``, from which this machine's Kannel comes. Without a key nobody is let in."""

    async def taken(request: web.Request, what: Receipt | Arrived | None) -> web.Response:
        if what is None:
            return web.Response(status=400, text="not understood")
        try:
            await received(what)
        except (Unavailable, OutcomeUnknown):
            return web.Response(status=503, text="bring it again")
        return web.Response(text="")  # Kannel would send a text back to the telephone

    def guarded(request: web.Request) -> dict[str, bytes]:
        said = _query(request)
        known = key is not None and hmac.compare_digest(said.get("key", b""), key.get_secret_value().encode())
        where = ip_address(request.remote or "0.0.0.0")  # noqa: S104 - nobody's address
        if not known or not (where == own or any(where in network for network in settings.receipts_from)):
            raise web.HTTPForbidden(text="")
        return said

    async def receipt(request: web.Request) -> web.Response:
        return await taken(request, _receipt(guarded(request)))

    async def incoming(request: web.Request) -> web.Response:
        return await taken(request, _message(guarded(request)))

    return [web.get(RECEIPT_PATH, receipt), web.get(INCOMING_PATH, incoming)]


def _query(request: web.Request) -> dict[str, bytes]:
    """What stands behind the question mark, as bytes: the letters of a message are in its own encoding."""
    pairs = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True, encoding="latin-1")
    return {name: value.encode("latin-1") for name, value in pairs}


def _receipt(said: dict[str, bytes]) -> Receipt | None:
    number, bits = said.get("id", b""), said.get("word", b"")
    if not (number.isdigit() and bits.isdigit() and int(number) <= _MOST_NUMBER and int(bits) in _WORDS):
        return None
    return Receipt(int(number), NAME, _WORDS[int(bits)], said.get("detail", b"").decode("utf-8", "replace"))


def _message(said: dict[str, bytes]) -> Arrived | None:
    number, sender = said.get("id", b"").decode("ascii", "replace"), said.get("from", b"").decode("ascii", "replace")
    if not number or not sender:
        return None
    charset = said.get("charset", b"UTF-8").decode("ascii", "replace")
    try:
        text = said.get("text", b"").decode(charset, "replace")
    except LookupError:
        text = said.get("text", b"").decode("utf-8", "replace")
    receiver = said.get("to", b"").decode("ascii", "replace")
    return Arrived(NAME, number, sender, receiver, text, _moment(said.get("at", b"").decode("ascii", "replace")))


def _moment(text: str) -> datetime:
    """Kannel's clock, which is UTC; now, if it says nothing that makes sense."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return utc_now()
