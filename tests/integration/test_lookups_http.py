"""Look-ups ask a real HTTP server that misbehaves: callers wait no longer than the adapter says, whatever it does."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from ccore.ivr.adapter import Adapter
from ccore.ivr.fetch import MOST_BODY_BYTES, LookUps
from ccore.ivr.model import Found, NotAnswered, Value
from ccore.prompts.kinds import Kind
from tests.support.ports import free_port

TIMEOUT_S, PATIENCE_S = 0.3, 30.0  # for an answer that does not come, and for one that does
SLACK_S = 10.0  # this machine's, for a timeout that is noticed late
BALANCE = Found({"balance": Value(Kind.MONEY, "12350")})
OK = b'{"account": {"fen": 12350}}'

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Provider:
    """A server of plain sockets: ``answer`` may do what no HTTP library would."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answer: Answer = saying(200, OK)
        self.requests: list[bytes] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            await self.answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone, as it should from most of these
        finally:
            writer.close()

    def hang_up_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    async with await asyncio.start_server(provider.serve, "127.0.0.1", provider.port):
        yield provider
        provider.hang_up_all()


@pytest.fixture
async def look_ups() -> AsyncIterator[LookUps]:
    look_ups = LookUps({"billing_key": "s3cret"}, ZoneInfo("Asia/Shanghai"))
    await look_ups.open()
    yield look_ups
    await look_ups.close()


def adapter(provider: Provider, timeout_s: float = PATIENCE_S, **over: Any) -> Adapter:
    """One that waits for longer than a site may have it."""
    written = {
        "url": f"http://127.0.0.1:{provider.port}/balance?number={{number}}",
        "fields": {"balance": {"path": "account.fen", "kind": "money"}},
        "breaker": {"failures": 100},
    }
    return Adapter.model_validate({**written, **over}).model_copy(update={"timeout_s": timeout_s})


def saying(status: int, body: bytes, *headers: str) -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return answer


def sending(*pieces: bytes, every_s: float = 0.0, then_hang: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)
        if then_hang:
            await reader.read()

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NEVER = 10_000  # pieces: more than anybody waits for
MISBEHAVIOUR: dict[str, Answer] = {
    "hangs": sending(then_hang=True),
    "closes": sending(),
    "headers that drip": sending(HEAD, *[b"X"] * NEVER, every_s=0.05),
    "headers without end": sending(HEAD, *[b"X-More: " + b"x" * 1000 + b"\r\n"] * NEVER),
    "half a body, then nothing": sending(HEAD + b"Content-Length: 50\r\n\r\n" + OK[:9], then_hang=True),
    "half a body, then closed": sending(HEAD + b"Content-Length: 50\r\n\r\n" + OK[:9]),
    "a body that drips": sending(HEAD + b"Content-Length: 999\r\n\r\n", *[b" "] * NEVER, every_s=0.05),
    "a body without end": sending(HEAD + b"\r\n", *[b" " * 65536] * NEVER),
    "a body that is too long": saying(200, b" " * (MOST_BODY_BYTES + 1) + OK),
    "a bomb": saying(200, gzip.compress(b" " * 50_000_000 + OK), "Content-Encoding: gzip"),
    "no HTTP": sending(b"+OK POP3 ready\r\n"),
    "a fault of its own": saying(500, OK),
    "too much to do": saying(429, OK),
    "a web page": saying(200, b"<html><body>maintenance</body></html>"),
    "nothing": saying(200, b""),
    "no JSON": saying(200, b"{'account': 1}"),
    "elsewhere": saying(302, b"", "Location: http://127.0.0.1:1/"),
    "refused": saying(403, OK),
    "another shape": saying(200, b'{"account": [12350]}'),
    "another kind": saying(200, b'{"account": {"fen": "much"}}'),
    "a list": saying(200, b"[]"),
}


@pytest.mark.parametrize("how", MISBEHAVIOUR)
async def test_no_answer_within_the_time(provider: Provider, look_ups: LookUps, how: str) -> None:
    provider.answer = MISBEHAVIOUR[how]
    began = time.monotonic()
    assert await look_ups.fetch("balance", adapter(provider, TIMEOUT_S), {"number": "13800138000"}) == NotAnswered()
    assert time.monotonic() - began < TIMEOUT_S + SLACK_S
    assert len(provider.requests) <= 2, "a GET is sent once more when its connection is lost"
    provider.answer = saying(200, OK)
    assert await look_ups.fetch("balance", adapter(provider), {"number": "13800138000"}) == BALANCE


async def test_nobody_there(look_ups: LookUps) -> None:
    assert await look_ups.fetch("balance", adapter(Provider()), {"number": "1"}) == NotAnswered()


async def test_found_and_missing(provider: Provider, look_ups: LookUps) -> None:
    assert await look_ups.fetch("balance", adapter(provider), {"number": "+86 1"}) == BALANCE
    provider.answer = saying(404, b"<html>")
    assert await look_ups.fetch("balance", adapter(provider), {"number": "1"}) == Found(None)
    assert provider.requests[0].startswith(b"GET /balance?number=%2B86%201 HTTP/1.1\r\n")
    assert b"gzip" not in provider.requests[0]
    assert b"Cookie" not in provider.requests[1]


async def test_post_and_secret(provider: Provider, look_ups: LookUps) -> None:
    bodies: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = [
            line for line in provider.requests[-1].split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        bodies.append(await reader.readexactly(int(length.split(b":")[1])))
        await saying(200, OK)(reader, writer)

    provider.answer = answer
    asking = adapter(
        provider,
        url=f"http://127.0.0.1:{provider.port}/query",
        method="POST",
        body={"number": '{number}"', "of": "balance"},
        headers={"X-Key": "key {billing_key}"},
    )
    assert await look_ups.fetch("balance", asking, {"number": "1"}) == BALANCE
    assert json.loads(bodies[0]) == {"number": '1"', "of": "balance"}
    assert b"X-Key: key s3cret\r\n" in provider.requests[0]
    assert b"Content-Type: application/json\r\n" in provider.requests[0]


@pytest.mark.parametrize(
    ("over", "ask"),
    [({"headers": {"X-Key": "{no_such}"}}, {"number": "1"}), ({}, {}), ({}, {"number": ".."})],
)
async def test_what_cannot_be_asked_is_not(
    provider: Provider, look_ups: LookUps, over: dict[str, Any], ask: dict[str, str]
) -> None:
    with capture_logs() as lines:
        assert await look_ups.fetch("balance", adapter(provider, **over), ask) == NotAnswered()
    assert [line["event"] for line in lines] == ["look_up_impossible"]
    assert provider.requests == []


async def test_answers_are_remembered_for_the_question_and_the_adapter(provider: Provider, look_ups: LookUps) -> None:
    keeping = adapter(provider, cache_s=60)
    for _ in range(3):
        assert await look_ups.fetch("balance", keeping, {"number": "1"}) == BALANCE
    assert len(provider.requests) == 1
    await look_ups.fetch("balance", keeping, {"number": "2"})
    await look_ups.fetch("other", keeping, {"number": "1"})
    edited = adapter(provider, cache_s=60, fields={"fen": {"path": "account.fen", "kind": "digits"}})
    assert await look_ups.fetch("balance", edited, {"number": "1"}) == Found({"fen": Value(Kind.DIGITS, "12350")})
    assert len(provider.requests) == 4
    provider.answer = saying(500, b"")
    assert await look_ups.fetch("balance", keeping, {"number": "3"}) == NotAnswered()
    provider.answer = saying(200, OK)
    assert await look_ups.fetch("balance", keeping, {"number": "3"}) == BALANCE, "a failure is not remembered"


async def test_a_system_that_fails_is_left_alone_and_tried_again(provider: Provider, look_ups: LookUps) -> None:
    breaking = adapter(provider, breaker={"failures": 3, "open_s": 600})
    provider.answer = saying(503, b"")
    with capture_logs() as lines:
        for _ in range(10):
            assert await look_ups.fetch("balance", breaking, {"number": "1"}) == NotAnswered()
        assert len(provider.requests) == 3
        assert await look_ups.fetch("other", adapter(provider), {"number": "1"}) == NotAnswered()
        assert len(provider.requests) == 4, "another system's breaker is its own"
        provider.answer = saying(200, OK)
        look_ups._circuits["balance"] = replace(look_ups._circuits["balance"], alone_until=time.monotonic())
        assert await look_ups.fetch("balance", breaking, {"number": "1"}) == BALANCE
        assert await look_ups.fetch("balance", breaking, {"number": "1"}) == BALANCE
    events = [line["event"] for line in lines]
    assert events.count("look_up_left_alone") == 1
    assert events.count("look_up_answered_again") == 1


async def test_what_callers_key_does_not_shut_a_system_that_is_well(provider: Provider, look_ups: LookUps) -> None:
    breaking = adapter(provider, breaker={"failures": 2, "open_s": 60})
    for answer in (saying(400, b""), saying(200, b'{"account": {}}')) * 3:
        provider.answer = answer
        assert await look_ups.fetch("balance", breaking, {"number": "x"}) == NotAnswered()
    provider.answer = saying(200, OK)
    assert await look_ups.fetch("balance", breaking, {"number": "1"}) == BALANCE


async def test_less_time_than_the_adapter_has(provider: Provider, look_ups: LookUps) -> None:
    provider.answer = MISBEHAVIOUR["hangs"]
    patient = adapter(provider)
    began = time.monotonic()
    assert await look_ups.fetch("balance", patient, {"number": "1"}, within_s=0.05) == NotAnswered()
    assert time.monotonic() - began < patient.timeout_s


async def test_many_callers_of_a_system_that_hangs_all_hear_of_it_in_time(
    provider: Provider, look_ups: LookUps
) -> None:
    provider.answer = MISBEHAVIOUR["hangs"]
    hung = adapter(provider, TIMEOUT_S, breaker={"failures": 5, "open_s": 600})
    began = time.monotonic()
    asked = [look_ups.fetch("balance", hung, {"number": str(number)}) for number in range(100)]
    assert set(await asyncio.gather(*asked)) == {NotAnswered()}
    assert time.monotonic() - began < TIMEOUT_S + SLACK_S
    with capture_logs() as lines:
        assert await look_ups.fetch("balance", hung, {"number": "late"}) == NotAnswered()
    assert not lines, "nobody waits any more"
    assert not any(b"number=late" in request for request in provider.requests)


async def test_the_log_tells_no_number_and_no_secret(provider: Provider, look_ups: LookUps) -> None:
    with capture_logs() as lines:
        for answer in MISBEHAVIOUR.values():
            provider.answer = answer
            keyed = adapter(provider, headers={"X-Key": "{billing_key}"}, timeout_s=0.05)
            await look_ups.fetch("balance", keyed, {"number": "13800138000"})
    assert len(lines) == len(MISBEHAVIOUR)
    told = repr(lines)
    assert "13800138000" not in told
    assert "s3cret" not in told
