"""Connections that are no calls, or not yet: L1 to L3, rows 59 to 64, forged headers, idle sockets."""

import asyncio
import contextlib
import time

import pytest
import structlog

from ccore.agi import Agi
from ccore.agi.headers import LIMIT_BYTES
from ccore.agi.server import OPENING_DEADLINE_S
from tests.wire.agi_asterisk import (
    ORDER,
    PATIENCE_S,
    SET,
    calling,
    connected,
    eventually,
    headers,
    order,
    place_an_order,
    refused,
    serving,
)

OPENING_S = OPENING_DEADLINE_S  # the promise: a socket that says nothing useful is closed after so long


async def test_l1_row_59_connect_and_close_leaves_the_loop_alive() -> None:
    """panoramisk's handler spins for ever on the first of them."""
    silent = refused("silent")
    async with serving(ORDER) as server:
        for _ in range(100):
            async with connected(server.port):
                pass
        await eventually(lambda: refused("silent") == silent + 100)
        await place_an_order(server.port)


def test_the_promise_is_two_seconds() -> None:
    assert OPENING_S == 2.0


async def test_row_60_half_headers_and_silence_end_after_two_seconds() -> None:
    late = refused("late")
    block = headers()
    starts = [b"", b"agi_network: yes\n", block[:-1], block]  # the last one is asked for its proof and is silent
    async with serving(ORDER, opening_s=OPENING_S) as server, contextlib.AsyncExitStack() as stack:
        begun = time.monotonic()
        sockets = [await stack.enter_async_context(connected(server.port)) for _ in starts]
        for asterisk, start in zip(sockets, starts, strict=True):
            asterisk.say(start)
        assert (await sockets[-1].hear()).startswith(b"GET FULL VARIABLE")
        for asterisk in sockets:
            assert await asterisk.closed()
        assert OPENING_S * 0.9 < time.monotonic() - begun < PATIENCE_S
    assert refused("late") == late + len(starts)


async def test_a_socket_that_closes_in_its_headers_or_its_proof_is_counted() -> None:
    cut = refused("cut-short")
    async with serving(ORDER) as server:
        async with connected(server.port) as asterisk:
            asterisk.say(headers()[:100])
        async with connected(server.port) as asterisk:
            asterisk.say(headers())
            assert await asterisk.hear()
        await eventually(lambda: refused("cut-short") == cut + 2)


@pytest.mark.parametrize("piece", [1000, 2_000_000])
async def test_l2_row_61_two_megabytes_of_junk_end_at_eight_kilobytes(piece: int) -> None:
    """panoramisk takes them all, in quadratic time."""
    too_long = refused("too-long")
    async with serving(ORDER) as server, connected(server.port) as asterisk:
        spent = time.process_time()
        for _ in range(2_000_000 // piece):
            if asterisk.writer.is_closing():
                break
            asterisk.say(b"x" * piece)
            await asyncio.sleep(0)
        assert await asterisk.closed()
        assert time.process_time() - spent < 1.0
    assert refused("too-long") == too_long + 1


async def test_headers_may_be_as_long_as_the_limit_and_no_longer() -> None:
    spare = LIMIT_BYTES - len(headers())
    for extra, heard in ((spare, True), (spare + 1, False)):
        block = headers().replace(b"agi_calleridname: ", b"agi_calleridname: " + b"x" * extra)
        async with serving(ORDER) as server, connected(server.port) as asterisk:
            asterisk.say(block)
            assert bool(await asterisk.hear()) is heard


async def test_row_62_an_unknown_script_is_closed_and_counted() -> None:
    unknown = refused("unknown-script")
    async with serving({"another": order}) as server, connected(server.port) as asterisk:
        with structlog.testing.capture_logs() as logs:
            asterisk.say(headers())
            assert await asterisk.closed()
    assert refused("unknown-script") == unknown + 1
    assert [(line["script"], line["call_id"]) for line in logs if line["event"] == "agi_session_refused"] == [
        ("one_dial_order", "node1-1795335122.23")
    ]


async def test_l3_row_63_a_repeated_header_is_refused_and_no_number_is_logged() -> None:
    """The last of two would win in a dictionary: an order in another person's name."""
    wrong = refused("wrong-header")
    async with serving(ORDER) as server, connected(server.port) as asterisk:
        with structlog.testing.capture_logs() as logs:
            asterisk.say(headers("forged-header"))
            assert await asterisk.closed()
    assert refused("wrong-header") == wrong + 1
    (line,) = [line for line in logs if line["event"] == "agi_session_refused"]
    assert (line["security"], line["expected"], line["call_id"]) == (True, "agi_context", "node1-1795335123.24")
    assert "19999999999" not in str(line)


async def test_row_64_a_missing_first_argument_is_refused() -> None:
    wrong = refused("wrong-header")
    async with serving(ORDER) as server, connected(server.port) as asterisk:
        asterisk.say(headers().replace(b"agi_arg_1: 1008610001\n", b""))
        assert await asterisk.closed()
    assert refused("wrong-header") == wrong + 1


# The proof.


@pytest.mark.parametrize(
    "first",
    [
        b"200 result=0\n",
        b"200 result=1\n",
        b"200 result=1 (0123456789abcdef)\n",
        b"\n200 result=1 ({word})\n",
        b"HANGUP\nHANGUP\n200 result=1 ({word})\n",
        b"agi_threadid: 1\n200 result=1 ({word})\n",
        b"200 result=1 ({word}) \n",
        b"510 Invalid or unknown command\n",
    ],
)
async def test_only_the_random_word_itself_proves_a_session(first: bytes) -> None:
    forged = refused("forged")
    async with serving(ORDER) as server, connected(server.port) as asterisk:
        asterisk.say(headers())
        word = (await asterisk.hear()).removeprefix(b"GET FULL VARIABLE ")
        asterisk.say(first.replace(b"{word}", word))
        assert await asterisk.closed()
    assert refused("forged") == forged + 1


async def test_every_session_has_another_word() -> None:
    words = set()
    async with serving(ORDER) as server:
        for _ in range(20):
            async with calling(server.port) as asterisk:
                words.add(asterisk.word)
                assert await asterisk.hear() == SET
    assert len(words) == 20
    assert {len(word) for word in words} == {16}


@pytest.mark.parametrize("when", [b"HANGUP\n200 result=1 ({word})\n", b"200 result=1 ({word})\nHANGUP\n"])
async def test_a_caller_who_hangs_up_during_the_proof_still_has_a_session(when: bytes) -> None:
    hungup: list[bool] = []

    async def look(agi: Agi) -> None:
        hungup.append(agi.hungup)
        await order(agi)

    async with serving({"one_dial_order": look}) as server, connected(server.port) as asterisk:
        asterisk.say(headers())
        asterisk.word = (await asterisk.hear()).removeprefix(b"GET FULL VARIABLE ")
        asterisk.say(when.replace(b"{word}", asterisk.word))
        assert await asterisk.hear() == SET
    assert hungup == [True]


async def test_500_idle_sockets_do_not_hurt_the_calls() -> None:
    late, silent = refused("late"), refused("silent")
    async with serving(ORDER, opening_s=3 * PATIENCE_S) as server, contextlib.AsyncExitStack() as stack:
        for _ in range(500):
            await stack.enter_async_context(connected(server.port))
        await asyncio.gather(*(place_an_order(server.port) for _ in range(50)))
        assert (refused("late"), refused("silent")) == (late, silent), "all of them are still there"
        await stack.aclose()
        await eventually(lambda: refused("silent") == silent + 500)


async def test_500_idle_sockets_are_closed_in_time() -> None:
    late = refused("late")
    async with serving(ORDER, opening_s=OPENING_S) as server, contextlib.AsyncExitStack() as stack:
        for asterisk in [await stack.enter_async_context(connected(server.port)) for _ in range(500)]:
            assert await asterisk.closed()
        assert refused("late") == late + 500
