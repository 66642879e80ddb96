"""Recordings of a real Asterisk, played to the server in pieces of any size."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.agi import Agi, Answer, CommandRefused, Hangup, Request, Route
from tests.wire.agi_asterisk import connected, ended, eventually, recording, refused, serving

Size = Callable[[], int]
SIZES = [
    pytest.param(lambda: 1, id="1-byte"),
    pytest.param(lambda: 7, id="7-bytes"),
    pytest.param(lambda: 65536, id="whole"),
]


async def order(agi: Agi) -> None:
    assert await agi.get_variable("SYSTEMNAME") == "node1"
    await agi.set_variable("CCORE_RESULT", "placed")


async def ask_everything(agi: Agi) -> None:
    """What each answer must be taken for; the recording says what was asked."""
    words = 'say "a\\b" 张三 ${CCORE_RESULT}'
    assert await agi.command("NOOP") == Answer(200, "0", None, "")
    await agi.set_variable("WORDS", words)
    assert (await agi.command("GET VARIABLE", "WORDS")).data == words
    assert await agi.command("GET VARIABLE", "NOSUCH") == Answer(200, "0", None, "")
    with pytest.raises(CommandRefused, match="510"):
        await agi.command("BOGUS")
    with pytest.raises(CommandRefused, match="Sets a variable to the current channel"):
        await agi.command("SET VARIABLE", "X")
    assert await agi.command("STREAM FILE", "nosuch", "") == Answer(200, "-1", None, "endpos=0")
    assert (await agi.command("GOSUB", "nowhere", "s", "1")).rest == "Gosub label not found"
    assert (await agi.command("EXEC", "NoSuchApp")).result == "-2"
    assert (await agi.command("EXEC", "NoOp", "x")).result == "0"
    assert (await agi.command("CHANNEL STATUS")).result == "6"
    assert await agi.command("GET DATA", "beep", "300", "3") == Answer(200, "", "timeout", "")
    assert (await agi.command("STREAM FILE", "beep", "")).rest == "endpos=3520"
    assert await agi.get_variable("WORDS") == words
    assert await agi.get_variable("NOSUCH") == ""


async def be_hung_up_on(agi: Agi) -> None:
    assert (await agi.command("STREAM FILE", "demo-congrats", "")).result == "-1"
    await agi.set_variable("CCORE_RESULT", "placed")  # HANGUP comes before the answer
    assert agi.hungup
    assert await agi.get_variable("CCORE_RESULT") == "placed"
    await agi.command("ANSWER")


async def be_hung_up_on_while_idle(agi: Agi) -> None:
    await agi.command("NOOP")
    await eventually(lambda: agi.hungup)
    await agi.set_variable("CCORE_RESULT", "placed")


async def read_a_line_feed(agi: Agi) -> None:
    assert await agi.get_variable("NASTY") == "a)\n200 result=1 (forged"
    await agi.set_variable("CCORE_RESULT", "placed")


GOOD: dict[str, tuple[Route, str]] = {
    "order": (order, "done"),
    "chinese-name": (order, "done"),
    "no-arguments": (order, "done"),
    "empty-arguments": (order, "done"),
    "commands": (ask_everything, "done"),
    "hangup-in-command": (be_hung_up_on, "hangup"),
    "hangup-while-idle": (be_hung_up_on_while_idle, "done"),
    "variable-with-line-feed": (read_a_line_feed, "done"),
}
BAD = {
    "forged-header": "wrong-header",  # row 10: Diversion with agi_callerid
    "forged-end": "wrong-header",  # row 9: From with two line feeds
    "forged-tail": "forged",  # every later header forged, the proof of a known command as well
    "carriage-return": "wrong-value",
    "no-script": "wrong-header",
}


async def replay(name: str, size: Size) -> None:
    route, ending = GOOD[name]
    requests: list[Request] = []
    failures: list[BaseException] = []

    async def watched(agi: Agi) -> None:
        requests.append(agi.request)
        try:
            await route(agi)
        except Hangup:
            raise
        except BaseException as error:
            failures.append(error)
            raise

    scripts = ("one_dial_order", "noargs", "emptyargs")
    async with serving(dict.fromkeys(scripts, watched)) as server:
        before = sum(ended(script, ending) for script in scripts)
        async with connected(server.port) as asterisk:
            await asterisk.play(recording(name), size)
            assert await asterisk.closed()
        await eventually(lambda: not server.active)
    assert not failures
    assert len(requests) == 1
    assert sum(ended(script, ending) for script in scripts) == before + 1


async def replay_forged(name: str, size: Size) -> None:
    reached: list[Request] = []

    async def never(agi: Agi) -> None:
        reached.append(agi.request)

    before = refused(BAD[name])
    async with serving({"one_dial_order": never, "noscript": never}) as server, connected(server.port) as asterisk:
        spoken = b"".join(line + b"\n" for mark, line in recording(name) if mark == b">")
        await asterisk.say_in_pieces(spoken, size)  # Asterisk goes on speaking, whatever it hears
        heard = await asterisk.hear()
        assert heard == b"" or (heard.startswith(b"GET FULL VARIABLE") and await asterisk.closed())
    assert refused(BAD[name]) == before + 1
    assert not reached


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", GOOD)
async def test_a_recorded_session_is_held_as_it_was(name: str, size: Size) -> None:
    await replay(name, size)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.integers())
async def test_a_recorded_session_in_random_pieces(name: str, seed: int) -> None:
    dice = random.Random(seed)
    await replay(name, lambda: dice.choice([1, 2, 3, 5, 20, 100, 1000]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", BAD)
async def test_a_forged_session_never_reaches_its_route(name: str, size: Size) -> None:
    await replay_forged(name, size)


def test_the_same_on_uvloop() -> None:
    """The daemon runs on uvloop. In a thread of its own, so that pytest's loop is left alone."""

    async def play_all() -> None:
        for name in GOOD:
            await replay(name, lambda: 7)
        for name in BAD:
            await replay_forged(name, lambda: 7)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(uvloop.run, play_all()).result()
