"""The queue route believes nothing that has not the form it must have, and asks for what a menu left only once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest

from agi_scripts import Services, queue
from ccore.errors import Unavailable
from ccore.queues.visit import Event
from ccore.queues.visits import Brought, CallWaiting
from tests.wire.agi_asterisk import Asterisk, calling, headers, serving

GOOD = ("came", "sales", "13812345678", "node1")


class Visits:
    """Keeps what was asked, and answers one thing."""

    def __init__(self, *, known: bool = True) -> None:
        self.asked: list[tuple[Event, CallWaiting]] = []
        self._known = known

    async def step(self, event: Event, call: CallWaiting) -> Mapping[str, str]:
        self.asked.append((event, call))
        if not self._known:
            raise Unavailable("nobody knows")
        return {"CCORE_RESULT": "wait", "CCORE_LINE": "sales"}


@asynccontextmanager
async def asking(visits: Visits, arguments: Sequence[str]) -> AsyncIterator[Asterisk]:
    """A session of the queue route with these arguments."""
    services = Services(ordering=cast(Any, None), ivr=cast(Any, None), call_deadline_s=1, visits=cast(Any, visits))
    lines = [line for line in headers().split(b"\n") if line and not line.startswith(b"agi_arg_")]
    lines = [line.replace(b"one_dial_order", b"queue") for line in lines]
    lines += [f"agi_arg_{number}: {value}".encode() for number, value in enumerate(arguments, 1)]
    route = partial(queue.run, services=services)
    async with serving({"queue": route}) as server, calling(server.port, b"\n".join(lines) + b"\n\n") as asterisk:
        yield asterisk


async def told(visits: Visits, event: str, *answers: bytes) -> bytes:
    """What is set after these answers to what is asked for."""
    async with asking(visits, (event, *GOOD[1:])) as asterisk:
        for answer in answers:
            assert (await asterisk.hear()).startswith(b"GET FULL VARIABLE ")
            asterisk.say(b"200 result=1 (" + answer + b")\n")
        said = await asterisk.hear()
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()
    return said


async def test_who_comes_brings_what_a_menu_left() -> None:
    visits = Visits()
    said = await told(visits, "came", b".&.", b"en.&3.&120.&1.&eJw.&.&10086.&1.")
    assert said == b'SET VARIABLE "ARRAY(CCORE_RESULT,CCORE_LINE)" "wait,sales"'
    ((event, call),) = visits.asked
    assert (event, call.queue, call.caller) == (Event.CAME, "sales", "13812345678")
    assert call.brought == Brought("en", 3, 120, survey=True, menu=True, hotline="10086", record=True)


async def test_who_goes_on_brings_the_state_alone() -> None:
    visits = Visits()
    await told(visits, "keyed", b"eJwr.&1.")
    ((_, call),) = visits.asked
    assert (call.state, call.keys, call.brought) == ("eJwr", "1", Brought())


async def test_what_cannot_be_is_nothing() -> None:
    visits = Visits()
    await told(visits, "came", b"a%0Ab.&1E.", b"fr.&-3.&1e9.&yes.&.&7%0A.&10086x.&x.")
    ((_, call),) = visits.asked
    assert (call.state, call.keys, call.brought) == ("", "", Brought())


async def test_without_a_state_what_a_menu_left_counts_again() -> None:
    visits = Visits()
    await told(visits, "timed-out", b".&.", b"zh.&.&.&.&.&12.&.&.")
    assert visits.asked[0][1].brought == Brought("zh", call_back=12)


@pytest.mark.parametrize(
    "arguments",
    [
        (), GOOD[:3], (*GOOD, "more"), ("done", *GOOD[1:]), ("", *GOOD[1:]), ("came", "Sales", *GOOD[2:]),
        ("came", "s&x", *GOOD[2:]), ("came", "sales", "anonymous", "node1"), (*GOOD[:3], "node!1"),
    ],
)  # fmt: skip
async def test_arguments_that_are_not_our_dialplans_are_not_answered(arguments: Sequence[str]) -> None:
    visits = Visits()
    async with asking(visits, arguments) as asterisk:
        assert await asterisk.closed()
    assert not visits.asked


async def test_where_nobody_knows_what_comes_next_the_line_goes_on() -> None:
    async with asking(Visits(known=False), GOOD) as asterisk:
        for answer in (b".&.", b".&.&.&.&.&.&.&."):
            await asterisk.hear()
            asterisk.say(b"200 result=1 (" + answer + b")\n")
        assert await asterisk.closed(), "CCORE_RESULT stays empty"
