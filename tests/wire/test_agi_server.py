"""The FastAGI server under every bad input and fault of reliability.md: L1 to L3, L13, L14, F4, rows 59 to 68."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
import uvloop
from prometheus_client import REGISTRY

from ccore.agi import Agi, CommandRefused, Hangup, Request, Server
from ccore.agi.headers import LIMIT_BYTES
from tests.wire.agi_asterisk import PATIENCE_S, calling, connected, ended, eventually, headers, refused, serving

OPENING_S = 2.0  # the promise: a socket that says nothing useful is closed after so long


async def order(agi: Agi) -> None:
    await agi.set_variable("CCORE_RESULT", "placed")


ORDER = {"one_dial_order": order}
SET = b'SET VARIABLE "CCORE_RESULT" "placed"'


async def place_an_order(port: int) -> None:
    """A whole good session."""
    async with calling(port) as asterisk:
        assert await asterisk.hear() == SET
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()


async def ask(*said: bytes, question: Callable[[Agi], Awaitable[object]]) -> object:
    """What a question to Asterisk comes to when it says this: its answer, or the exception."""
    results: list[object] = []

    async def route(agi: Agi) -> None:
        try:
            results.append(await question(agi))
        except (Hangup, CommandRefused) as error:
            results.append(error)
            raise

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        await asterisk.hear()
        for piece in said:
            asterisk.say(piece)
            await asyncio.sleep(0.01)
        await eventually(lambda: bool(results))
    return results[0]


# Before the session: connections that are no calls.


async def test_l1_row_59_connect_and_close_leaves_the_loop_alive() -> None:
    """panoramisk's handler spins for ever on the first of them."""
    silent = refused("silent")
    async with serving(ORDER) as server:
        for _ in range(100):
            async with connected(server.port):
                pass
        await eventually(lambda: refused("silent") == silent + 100)
        await place_an_order(server.port)


async def test_row_60_half_headers_and_silence_end_after_two_seconds() -> None:
    late = refused("late")
    block = headers()
    starts = [b"", b"agi_network: yes\n", block[:-1], block]  # the last one is asked for its proof and is silent
    async with serving(ORDER) as server, contextlib.AsyncExitStack() as stack:
        begun = time.monotonic()
        sockets = [await stack.enter_async_context(connected(server.port)) for _ in starts]
        for asterisk, start in zip(sockets, starts, strict=True):
            asterisk.say(start)
        assert (await sockets[-1].hear()).startswith(b"GET FULL VARIABLE")
        for asterisk in sockets:
            assert await asterisk.closed()
        assert OPENING_S * 0.9 < time.monotonic() - begun < PATIENCE_S / 2
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


# In the session.


async def test_row_65_hangup_between_command_and_answer_is_no_answer() -> None:
    answer = await ask(b"HANGUP\n", b"200 result=1\n", question=lambda agi: agi.command("SET VARIABLE", "x", "1"))
    assert answer == (200, "1", None, "")


async def test_row_66_the_answers_510_and_520_are_refusals_511_is_a_hangup() -> None:
    async def question(agi: Agi) -> object:
        return await agi.command("ANSWER")

    refusal = await ask(b"510 Invalid or unknown command\n", question=question)
    usage = await ask(b"520-Invalid.\nUsage:", b" x\n52", b"0 End of proper usage.\n", question=question)
    dead = await ask(b"511 Command Not Permitted on a dead channel\n", question=question)
    trying = await ask(b"100 result=0 Trying...\n", b"200 result=0\n", question=question)
    assert isinstance(refusal, CommandRefused)
    assert isinstance(usage, CommandRefused)
    assert "Usage: x" in str(usage)
    assert isinstance(dead, Hangup)
    assert trying == (200, "0", None, "")


async def test_a_usage_text_may_quote_an_answer() -> None:
    usage = await ask(
        b"520-Usage:\n", b"200 result=1\n", b"520 End.\n", question=lambda agi: agi.command("SET VARIABLE")
    )
    assert isinstance(usage, CommandRefused)


async def test_row_67_minus_one_is_a_hangup_only_if_asterisk_says_hangup() -> None:
    async def question(agi: Agi) -> object:
        return await agi.command("STREAM FILE", "x", "")

    assert await ask(b"200 result=-1 endpos=0\n", question=question) == (200, "-1", None, "endpos=0")
    assert isinstance(await ask(b"200 result=-1 endpos=0\nHANGUP\n", question=question), Hangup)


@pytest.mark.parametrize("answer", [b"200 result=1 (" + b"x" * 100_000 + b")\n", b"x" * 100_000, b"failure\n", b"\n"])
async def test_row_68_an_answer_asterisk_never_gives_ends_the_session(answer: bytes) -> None:
    broken = ended("one_dial_order", "broken")
    assert isinstance(await ask(answer, question=lambda agi: agi.command("NOOP")), Hangup)
    assert ended("one_dial_order", "broken") == broken + 1


async def test_an_answer_nobody_asked_for_ends_the_session() -> None:
    """It would be taken for the answer to the next command."""
    broken = ended("one_dial_order", "broken")

    async def route(agi: Agi) -> None:
        await asyncio.sleep(0.05)
        await agi.command("NOOP")

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()
        await eventually(lambda: not server.active)
    assert ended("one_dial_order", "broken") == broken + 1


async def test_l13_a_socket_closed_inside_a_usage_text_is_a_hangup() -> None:
    """pyst2 reads for ever there."""
    results: list[type] = []

    async def route(agi: Agi) -> None:
        try:
            await agi.command("SET VARIABLE")
        except Hangup as gone:
            results.append(type(gone))
            raise

    async with serving({"one_dial_order": route}) as server:
        async with calling(server.port) as asterisk:
            await asterisk.hear()
            asterisk.say(b"520-Invalid command syntax.\nUsage:\n")
        await eventually(lambda: results == [Hangup])


async def test_l14_a_value_cannot_become_a_command() -> None:
    failed = ended("one_dial_order", "failed")

    async def route(agi: Agi) -> None:
        await agi.set_variable("x", 'v"\nEXEC System "id"')

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.closed()  # without a word
        await eventually(lambda: not server.active)
    assert ended("one_dial_order", "failed") == failed + 1


@pytest.mark.parametrize("name", ["", "a b", "${SHELL(id)}", "X)}${SHELL(id)", "CALLERID(${X})", "a\n", "１"])
async def test_the_name_of_a_variable_cannot_hold_an_expression(name: str) -> None:
    refusals: list[str] = []

    async def route(agi: Agi) -> None:
        for question in (agi.get_variable, lambda name: agi.set_variable(name, "1")):
            try:
                await question(name)
            except ValueError as error:
                refusals.append(str(error))

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.closed()
    assert len(refusals) == 2


@pytest.mark.parametrize("answer", [b"200 result=1 ()\n", b"200 result=1 (%E5%BC\n", b"200 result=0\n"])
async def test_a_variable_that_arrives_cut_is_never_taken_for_whole(answer: bytes) -> None:
    """Asterisk cuts at 4,095 bytes without a word; without func_uri it gives nothing."""
    assert isinstance(await ask(answer, question=lambda agi: agi.get_variable("CALLERID(name)")), CommandRefused)


async def test_a_variable_that_is_no_utf_8_is_read_as_far_as_it_goes() -> None:
    value = await ask(b"200 result=1 (%D5%C5a.)\n", question=lambda agi: agi.get_variable("CALLERID(name)"))
    assert value == "\ufffd\ufffda"


async def test_a_second_command_before_the_answer_is_a_fault_of_the_route() -> None:
    faults: list[str] = []

    async def route(agi: Agi) -> None:
        first = asyncio.create_task(agi.command("NOOP"))
        await asyncio.sleep(0)
        try:
            await agi.command("NOOP")
        except RuntimeError as error:
            faults.append(str(error))
        assert (await first).code == 200

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.hear() == b"NOOP"
        asterisk.say(b"200 result=0\n")
        assert await asterisk.closed()
    assert len(faults) == 1


async def test_a_command_given_up_ends_the_session() -> None:
    """Its answer is still to come: it must not answer the next command."""
    after: list[type] = []

    async def route(agi: Agi) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await agi.command("WAIT FOR DIGIT", "-1")
        try:
            await agi.command("NOOP")
        except Hangup as gone:
            after.append(type(gone))

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.hear() == b'WAIT FOR DIGIT "-1"'
        assert await asterisk.closed()
        await eventually(lambda: after == [Hangup])


async def test_a_caller_who_is_gone_does_not_stop_the_order() -> None:
    """F4: the commit does not depend on the socket; only saying so does."""
    committed: list[str] = []
    before = ended("one_dial_order", "hangup")
    gone = asyncio.Event()

    async def slow_order(agi: Agi) -> None:
        await gone.wait()
        await asyncio.sleep(0.05)
        committed.append(agi.request.uniqueid)
        await order(agi)

    async with serving({"one_dial_order": slow_order}) as server:
        async with calling(server.port):
            pass
        gone.set()
        await eventually(lambda: not server.active)
    assert committed == ["node1-1795335122.23"]
    assert ended("one_dial_order", "hangup") == before + 1


def test_a_socket_that_closes_at_any_moment_is_a_hangup_on_uvloop_too() -> None:
    """uvloop raises RuntimeError for a write to a closed socket, where asyncio drops it."""

    async def close_at_every_moment() -> None:
        failed, gone = ended("chatty", "failed"), ended("chatty", "hangup")

        async def chatty(agi: Agi) -> None:
            while True:
                await asyncio.sleep(0)
                await agi.command("NOOP")

        async with serving({"chatty": chatty}) as server:
            for answers in range(100):
                async with calling(server.port, headers().replace(b"one_dial_order", b"chatty")) as asterisk:
                    for _ in range(answers % 10):
                        await asterisk.hear()
                        asterisk.say(b"200 result=0\n")
            await eventually(lambda: not server.active)
        assert (ended("chatty", "failed"), ended("chatty", "hangup")) == (failed, gone + 100)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(uvloop.run, close_at_every_moment()).result()


# Routes that misbehave.


async def test_a_route_that_hangs_is_cancelled_at_the_deadline_and_its_caller_is_free() -> None:
    cancelled: list[str] = []
    before = ended("one_dial_order", "deadline")

    async def hang(agi: Agi) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(agi.request.uniqueid)
            raise

    async with serving({"one_dial_order": hang}, session_deadline_s=0.2) as server, calling(server.port) as asterisk:
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            assert await asterisk.closed()
            await eventually(lambda: not server.active)
    assert cancelled == ["node1-1795335122.23"]
    assert ended("one_dial_order", "deadline") == before + 1
    (line,) = [line for line in logs if line["event"] == "agi_session_cut"]
    assert (line["ending"], line["call_id"]) == ("deadline", "node1-1795335122.23")


async def test_a_route_that_will_not_be_cancelled_frees_its_caller_all_the_same() -> None:
    before = ended("one_dial_order", "deadline")
    let_go = asyncio.Event()

    async def stubborn(agi: Agi) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await let_go.wait()

    async with serving({"one_dial_order": stubborn}, session_deadline_s=0.1) as server:
        async with calling(server.port) as asterisk:
            assert await asterisk.closed()
        let_go.set()
        await eventually(lambda: not server.active)
    assert ended("one_dial_order", "deadline") == before + 1


async def test_a_deadline_in_the_middle_of_a_command_is_a_deadline() -> None:
    before = ended("one_dial_order", "deadline")
    async with serving(ORDER, session_deadline_s=0.1) as server, calling(server.port) as asterisk:
        assert await asterisk.hear() == SET
        assert await asterisk.closed()
        await eventually(lambda: not server.active)
    assert ended("one_dial_order", "deadline") == before + 1


async def test_an_exception_in_a_route_is_logged_with_its_call_and_closes_the_socket() -> None:
    failed = ended("one_dial_order", "failed")

    async def fail(agi: Agi) -> None:
        raise ZeroDivisionError(agi.request.script)

    async with serving({"one_dial_order": fail}) as server:
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            async with calling(server.port) as asterisk:
                assert await asterisk.closed()
            await eventually(lambda: not server.active)
        await asyncio.sleep(0)
    assert ended("one_dial_order", "failed") == failed + 1
    (line,) = [line for line in logs if line["event"] == "agi_route_failed"]
    assert (line["call_id"], line["exc_info"]) == ("node1-1795335122.23", True)


async def test_each_session_logs_its_own_call() -> None:
    async def speak(agi: Agi) -> None:
        await agi.command("NOOP")
        structlog.get_logger().info("spoken", expected=agi.request.uniqueid)

    async with serving({"one_dial_order": speak}) as server, contextlib.AsyncExitStack() as stack:
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            blocks = [headers().replace(b"1795335122.23", b"1795335122.%d" % number) for number in range(10)]
            sockets = [await stack.enter_async_context(calling(server.port, block)) for block in blocks]
            for asterisk in sockets:
                assert await asterisk.hear() == b"NOOP"
            for asterisk in reversed(sockets):
                asterisk.say(b"200 result=0\n")
                assert await asterisk.closed()
    spoken = [line for line in logs if line["event"] == "spoken"]
    assert len(spoken) == 10
    assert all(line["call_id"] == line["expected"] for line in spoken)


async def test_any_callable_that_gives_an_awaitable_is_a_route() -> None:
    """panoramisk fails on a plain function since Python 3.11 has no asyncio.coroutine."""
    async with serving({"one_dial_order": lambda agi: order(agi)}) as server:  # noqa: PLW0108 a lambda is the point
        await place_an_order(server.port)


async def test_a_name_has_one_route() -> None:
    server = Server("127.0.0.1", 0, ORDER, 10, 1.0)
    with pytest.raises(ValueError, match="already"):
        server.add_route("one_dial_order", order)


async def test_panoramisks_own_way_in_is_closed() -> None:
    server = Server("127.0.0.1", 0, ORDER, 10, 1.0)
    with pytest.raises(NotImplementedError):
        await server.handler(asyncio.StreamReader(), None)  # type: ignore[arg-type] # never looked at


# Many at once.


async def test_500_idle_sockets_do_not_hurt_the_calls() -> None:
    late = refused("late")
    async with serving(ORDER) as server, contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(server.port)) for _ in range(500)]
        begun = time.monotonic()
        await asyncio.gather(*(place_an_order(server.port) for _ in range(50)))
        assert time.monotonic() - begun < OPENING_S / 2
        for asterisk in idle:
            assert await asterisk.closed()
        assert refused("late") == late + 500


async def test_over_the_limit_a_session_is_closed_at_once_and_counted() -> None:
    too_many = refused("too-many")
    let_go = asyncio.Event()

    async def wait(agi: Agi) -> None:
        await let_go.wait()
        await order(agi)

    async with serving({"one_dial_order": wait}, max_sessions=2) as server:
        async with calling(server.port) as first, calling(server.port) as second:
            await eventually(lambda: server.active == 2)
            assert REGISTRY.get_sample_value("ccore_agi_sessions_active") == 2
            async with connected(server.port) as third:
                assert await third.closed()
            let_go.set()
            for asterisk in (first, second):
                assert await asterisk.hear() == SET
                asterisk.say(b"200 result=1\n")
                assert await asterisk.closed()
        await eventually(lambda: server.active == 0)
        await place_an_order(server.port)
    assert refused("too-many") == too_many + 1


async def test_sockets_that_say_nothing_cannot_take_the_place_of_calls() -> None:
    too_many = refused("too-many")
    async with serving(ORDER, max_sessions=5) as server, contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(server.port)) for _ in range(5)]
        for _ in idle:
            await place_an_order(server.port)
            assert refused("too-many") == too_many + 1, "the first order pushes the oldest out; then there is room"
        assert await idle[0].closed()


# Stopping.


async def test_stop_lets_sessions_end_and_takes_no_more() -> None:
    let_go = asyncio.Event()
    done = ended("one_dial_order", "done")

    async def wait(agi: Agi) -> None:
        await let_go.wait()
        await order(agi)

    async with serving({"one_dial_order": wait}) as server, calling(server.port) as asterisk:
        port = server.port
        await eventually(lambda: server.active == 1)
        stopping = asyncio.create_task(server.stop(drain_s=PATIENCE_S))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        let_go.set()
        assert await asterisk.hear() == SET
        asterisk.say(b"200 result=1\n")
        await stopping
    assert ended("one_dial_order", "done") == done + 1


async def test_stop_cuts_off_what_does_not_end() -> None:
    stopped = ended("one_dial_order", "stopped")
    refusals = refused("stopping")
    async with serving(ORDER) as server, calling(server.port) as asterisk, connected(server.port) as silent:
        assert await asterisk.hear() == SET
        begun = time.monotonic()
        await server.stop(drain_s=0.1)
        assert refused("stopping") == refusals + 1
        assert time.monotonic() - begun < PATIENCE_S / 2
        assert await asterisk.closed()
        assert await silent.closed()
    assert ended("one_dial_order", "stopped") == stopped + 1


async def test_what_a_request_says() -> None:
    requests: list[Request] = []

    async def look(agi: Agi) -> None:
        requests.append(agi.request)

    async with serving({"one_dial_order": look}) as server, calling(server.port) as asterisk:
        assert await asterisk.closed()
    assert requests == [
        Request(
            script="one_dial_order",
            channel="PJSIP/trunk-00000009",
            language="en",
            uniqueid="node1-1795335122.23",
            context="trunk",
            extension="1008610001",
            args=("1008610001", "+8613800138000"),
        )
    ]
