"""Asks the provider over HTTP to switch a product on or off, and says what its answer means."""

import json
from dataclasses import dataclass

import aiohttp
import structlog

from ccore import selling

log = structlog.get_logger()

MOST_BODY_BYTES = 64 << 10
MOST_REASON = 200  # characters that are kept of what it says
_DONE, _NOT_YET, _NEVER = frozenset({200, 201}), frozenset({202, 409, 425}), frozenset({400, 404, 410, 422})


@dataclass(frozen=True, slots=True)
class Question:
    """What the provider is asked: ``on`` or ``off``, its names of the products, and whose."""

    order_id: int
    action: str
    products: tuple[str, ...]
    subscriber: str

    @property
    def key(self) -> str:
        """The same however often it is asked."""
        return str(self.order_id) if self.action == "on" else f"{self.order_id}-off"


@dataclass(frozen=True, slots=True)
class Done:
    """It has done so, now or before."""


@dataclass(frozen=True, slots=True)
class Never:
    """It will not, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Open:
    """Nobody knows yet: it is to be asked again. ``unwell``: it answers as it should not, or not at all."""

    reason: str
    unwell: bool = True


Answer = Done | Never | Open


class Provider:
    """The system at ``settings.url``; ``token`` goes along as its bearer token unless it is ""."""

    def __init__(self, settings: selling.Provisioning, token: str) -> None:
        self._settings = settings
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def session(self) -> aiohttp.ClientSession:
        """Connections to it, open for as long as they are used in ``async with``."""
        return aiohttp.ClientSession(
            # A connection for each question: one that answers twice would answer the next order's.
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a few bytes can be packed that are gigabytes
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ccore"},
        )

    async def ask(self, session: aiohttp.ClientSession, question: Question) -> Answer:
        """Its answer, within the time it is given."""
        said = {
            "order": question.order_id,
            "action": question.action,
            "products": question.products,
            "subscriber": question.subscriber,
        }
        headers = {**self._headers, "Idempotency-Key": question.key}
        try:
            async with session.post(self._settings.url, json=said, headers=headers, allow_redirects=False) as response:
                return answer(response.status, await response.content.read(MOST_BODY_BYTES))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Open(type(error).__name__)


def answer(status: int, body: bytes) -> Answer:
    """What an HTTP answer means."""
    if status in _DONE:
        return Done()
    if status in _NEVER:
        return Never(_reason(body) or f"status {status}")
    return Open(_reason(body) or f"status {status}", unwell=status not in _NOT_YET)


def _reason(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    reason = said.get("reason") if isinstance(said, dict) else None
    return reason.replace("\0", "")[:MOST_REASON] if isinstance(reason, str) else ""
