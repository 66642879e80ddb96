"""Routes that misbehave, too many calls at once, and the end of the server: F4."""

import asyncio
import contextlib
import time

import pytest
import structlog
from prometheus_client import REGISTRY

from ccore.agi import Agi, Server
from tests.wire.agi_asterisk import (
    ORDER,
    PATIENCE_S,
    SET,
    calling,
    connected,
    ended,
    eventually,
    headers,
    order,
    place_an_order,
    refused,
    serving,
)


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
        assert time.monotonic() - begun < PATIENCE_S
        assert await asterisk.closed()
        assert await silent.closed()
    assert ended("one_dial_order", "stopped") == stopped + 1
