"""Commands and answers of a session, as Asterisk gives them and as it never would: L13, L14, rows 65 to 68."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

from ccore.agi import Agi, CommandRefused, Hangup, Request
from tests.wire.agi_asterisk import (
    calling,
    ended,
    eventually,
    headers,
    order,
    serving,
)


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


@pytest.mark.parametrize(
    "answer", [b"200 result=1 ()\n", b"200 result=1 (%E5%BC\n", b"200 result=0\n", b"200 result=1 (a.&b.)\n"]
)
async def test_a_variable_that_arrives_cut_is_never_taken_for_whole(answer: bytes) -> None:
    """Asterisk cuts at 4,095 bytes without a word; without func_uri it gives nothing."""
    assert isinstance(await ask(answer, question=lambda agi: agi.get_variable("CALLERID(name)")), CommandRefused)


async def test_a_variable_that_is_no_utf_8_is_read_as_far_as_it_goes() -> None:
    value = await ask(b"200 result=1 (%D5%C5a.)\n", question=lambda agi: agi.get_variable("CALLERID(name)"))
    assert value == "\ufffd\ufffda"


async def test_several_variables_are_set_by_one_command_and_read_by_one() -> None:
    async def route(agi: Agi) -> None:
        state, keys = await agi.get_variables("STATE", "KEYS")
        await agi.set_variables({"STATE": state + "x", "KEYS": keys, "EMPTY": ""})

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.hear() == b'GET FULL VARIABLE "${URIENCODE(${STATE}.)}&${URIENCODE(${KEYS}.)}"'
        asterisk.say(b"200 result=1 (eJx_-.&1%2A%23.)\n")
        assert await asterisk.hear() == b'SET VARIABLE "ARRAY(STATE,KEYS,EMPTY)" "eJx_-x,1*#,"'


@pytest.mark.parametrize("value", ["a,b", 'a"b', "a\\b", "a\nb", "(a", "${SHELL(id)}", "客"])
async def test_no_value_of_several_can_end_itself(value: str) -> None:
    refusals: list[str] = []

    async def route(agi: Agi) -> None:
        try:
            await agi.set_variables({"FIRST": "1", "SECOND": value})
        except ValueError as error:
            refusals.append(str(error))

    async with serving({"one_dial_order": route}) as server, calling(server.port) as asterisk:
        assert await asterisk.closed()
    assert len(refusals) == 1


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
        await eventually(lambda: bool(committed) and not server.active)
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
