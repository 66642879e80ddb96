"""Look-ups over HTTP: one question to a system of the site's, answered in time or not at all."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

import aiohttp
import structlog
from prometheus_client import Histogram
from yarl import URL

from ccore.breaker import Circuit, asking, failed
from ccore.ivr.adapter import Adapter, filled, filled_url
from ccore.ivr.answers import NotJson, NotUnderstood, parse, read
from ccore.ivr.model import Found, NotAnswered
from ccore.ivr.remembered import Remembered

log = structlog.get_logger()

MOST_BODY_BYTES = 64 << 10  # what a caller is told fits in one; a page of somebody's web site does not
MOST_REMEMBERED = 10_000  # answers, some 1 KB each
MOST_CONNECTIONS = 200  # of all systems together
_TOO_MANY, _FAULTS = 429, 500  # statuses of a system that is not well

TOOK = Histogram(
    "ccore_ivr_look_up_seconds",
    "Time until a look-up was answered or given up, by adapter and outcome",
    ["name", "outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0),
)


class _Unwell(Exception):
    """The system does not answer, or with a fault of its own: its breaker counts it."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is sent; its headers hold secrets and are told nobody."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str] = field(repr=False, compare=False, hash=False)


class LookUps:
    """Asks the systems of ``lookups.toml``. ``secrets`` are those its headers name; ``zone`` is the site's.

    A POST is sent once, a GET once more if its connection is lost; no redirect is followed, and no answer is believed
    before it is checked.
    """

    def __init__(self, secrets: Mapping[str, str], zone: tzinfo) -> None:
        self._secrets = dict(secrets)
        self._zone = zone
        self._circuits: dict[str, Circuit] = {}
        self._remembered: Remembered[tuple[str, _Question], tuple[Adapter, Found]] = Remembered(MOST_REMEMBERED)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Begin."""
        self._session = aiohttp.ClientSession(
            # A connection for each: what a system says too much would be taken for what the next caller asked.
            connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),  # each caller is another one
            timeout=aiohttp.ClientTimeout(total=None),  # each adapter has its own
            auto_decompress=False,  # a few bytes can be packed that are gigabytes
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ccore"},
        )

    async def close(self) -> None:
        """End; look-ups under way are not answered."""
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self, name: str, adapter: Adapter, ask: Mapping[str, str], within_s: float | None = None
    ) -> Found | NotAnswered:
        """What the system ``name`` says to ``ask``, within the adapter's time, or ``within_s``, whatever it does."""
        began = time.monotonic()
        limit_s = adapter.timeout_s if within_s is None else min(within_s, adapter.timeout_s)
        answer, outcome = await self._outcome(name, adapter, ask, limit_s)
        TOOK.labels(name, outcome).observe(time.monotonic() - began)
        return answer

    async def _outcome(
        self, name: str, adapter: Adapter, ask: Mapping[str, str], limit_s: float
    ) -> tuple[Found | NotAnswered, str]:
        now = time.monotonic()
        try:
            question = self._question(adapter, ask)
        except (KeyError, ValueError) as error:
            log.error("look_up_impossible", name=name, reason=_reason(error))
            return NotAnswered(), "impossible"
        known = self._remembered.get((name, question), now)
        if known is not None and known[0] == adapter:
            return known[1], "remembered"
        circuit = asking(self._circuits.get(name, Circuit()), adapter.breaker, now, limit_s)
        if circuit is None:
            return NotAnswered(), "left-alone"
        self._circuits[name] = circuit
        return await self._asked(name, adapter, question, limit_s)

    def _question(self, adapter: Adapter, ask: Mapping[str, str]) -> _Question:
        url = filled_url(adapter.url, ask)
        body = {key: filled(text, ask) for key, text in adapter.body.items()}
        headers = {key: filled(text, self._secrets) for key, text in adapter.headers.items()}
        if adapter.method == "POST":
            headers["Content-Type"] = "application/json"
        return _Question(adapter.method, url, json.dumps(body).encode() if body else b"", headers)

    async def _asked(
        self, name: str, adapter: Adapter, question: _Question, limit_s: float
    ) -> tuple[Found | NotAnswered, str]:
        try:
            async with asyncio.timeout(limit_s):
                status, document = await self._sent(adapter, question)
        except (_Unwell, NotJson, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._note_failure(name, adapter, _reason(error))
            return NotAnswered(), "failed"
        self._note_answer(name)
        try:
            found = self._read(adapter, status, document)
        except NotUnderstood as error:  # no failure for the breaker: what one caller keys must not shut it for all
            log.warning("look_up_not_understood", name=name, reason=str(error))
            return NotAnswered(), "not-understood"
        if adapter.cache_s:
            self._remembered.keep((name, question), (adapter, found), time.monotonic() + adapter.cache_s)
        return found, "missing" if found.values is None else "found"

    def _read(self, adapter: Adapter, status: int, document: object) -> Found:
        if status in adapter.missing:
            return Found(None)
        if status in adapter.found:
            return read(adapter, document, self._zone)
        raise NotUnderstood(f"status {status}")

    async def _sent(self, adapter: Adapter, question: _Question) -> tuple[int, object]:
        """The status, and the document if it is one to read."""
        assert self._session is not None, "open() comes first"
        request = self._session.request(
            question.method,
            URL(question.url, encoded=True),
            data=question.body or None,
            headers=question.headers,
            allow_redirects=False,
        )
        async with request as response:
            if response.status in adapter.found:
                return response.status, parse(await _body(response))
            if response.status not in adapter.missing and _unwell(response.status):
                raise _Unwell(f"status {response.status}")
            return response.status, None

    def _note_failure(self, name: str, adapter: Adapter, reason: str) -> None:
        circuit = failed(self._circuits[name], adapter.breaker, time.monotonic())
        self._circuits[name] = circuit
        log.warning("look_up_failed", name=name, reason=reason, failures=circuit.failures)
        if circuit.failures == adapter.breaker.failures:
            log.error("look_up_left_alone", name=name, for_s=adapter.breaker.open_s)

    def _note_answer(self, name: str) -> None:
        if self._circuits[name].alone_until:
            log.info("look_up_answered_again", name=name)
        self._circuits[name] = Circuit()


def _unwell(status: int) -> bool:
    return status >= _FAULTS or status == _TOO_MANY


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. Raises _Unwell for one that is packed, or too long to be an answer."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _Unwell("the answer is packed, which was not asked for")
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BODY_BYTES:
            raise _Unwell(f"the answer is longer than {MOST_BODY_BYTES} bytes")
    return bytes(body)


def _reason(error: Exception) -> str:
    """Why, in words that hold nothing of the question: aiohttp's own name the whole address."""
    if isinstance(error, KeyError):
        return f"there is no {error}: neither asked for nor a secret"
    if isinstance(error, _Unwell | NotJson):
        return str(error)
    told = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
