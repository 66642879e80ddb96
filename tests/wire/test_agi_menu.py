"""The menu route believes nothing that has not the form it must have, and says all of an answer by one command."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from agi_scripts import Services, menu
from ccore.ivr import states
from ccore.ivr.errands import Errands
from ccore.ivr.loads import Load
from ccore.ivr.model import Customer, State
from ccore.ivr.service import Ivr
from tests.support.menus import SHANGHAI, menus_of
from tests.wire.agi_asterisk import Asterisk, calling, headers, serving

GOOD = ("keyed", "10086", "13812345678", "node1", "local")
STATE = states.dump(State(1, "10086", "zh", "main")).encode()
ASKED = b'GET FULL VARIABLE "${URIENCODE(${CCORE_STATE}.)}&${URIENCODE(${CCORE_KEYS}.)}"'


@pytest.fixture
def ivr(tmp_path: Path) -> Ivr:
    """Menus in which nothing is looked up or written down."""

    async def nobody(_caller: str) -> Customer:
        return Customer()

    built = Ivr(Errands(*[cast(Any, None)] * 3), nobody, lambda _at: {}, lambda: Load({}, {}), SHANGHAI)
    main = '[main]\ndo = "menu"\nprompt = "main-menu"\nkeys = { 1 = "bye" }\n[bye]\ndo = "hang-up"\nprompt = "bye"\n'
    built.use(1, menus_of(tmp_path, main))
    return built


@asynccontextmanager
async def asking(ivr: Ivr, arguments: Sequence[str]) -> AsyncIterator[Asterisk]:
    """A session of the menu route with these arguments."""
    services = Services(ordering=cast(Any, None), ivr=ivr, call_deadline_s=1)
    lines = [line for line in headers().split(b"\n") if line and not line.startswith(b"agi_arg_")]
    lines = [line.replace(b"one_dial_order", b"menu") for line in lines]
    lines += [f"agi_arg_{number}: {value}".encode() for number, value in enumerate(arguments, 1)]
    route = partial(menu.run, services=services)
    async with serving({"menu": route}) as server, calling(server.port, b"\n".join(lines) + b"\n\n") as asterisk:
        yield asterisk


async def keyed(ivr: Ivr, state: bytes, keys: bytes) -> bytes:
    """What is set for a call whose channel holds this, as Asterisk encodes it."""
    async with asking(ivr, GOOD) as asterisk:
        assert await asterisk.hear() == ASKED
        asterisk.say(b"200 result=1 (" + state + b".&" + keys + b".)\n")
        said = await asterisk.hear()
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()
    return said


async def test_an_answer_is_set_by_one_command(ivr: Ivr) -> None:
    said = await keyed(ivr, STATE, b"1")
    assert said.startswith(b'SET VARIABLE "ARRAY(CCORE_RESULT,CCORE_FIRST,')
    assert b'"hang-up,ccore/bye,' in said


async def test_a_call_that_begins_is_asked_nothing(ivr: Ivr) -> None:
    async with asking(ivr, ("begun", *GOOD[1:])) as asterisk:
        assert b'"listen,,ccore/main-menu,' in await asterisk.hear()


@pytest.mark.parametrize("state", [b"%24%7BSHELL%28id%29%7D", b"a%0Ab", b"a%2Cb", b"", b"x" * 1000, STATE[:-4]])
async def test_a_state_that_is_none_begins_anew(ivr: Ivr, state: bytes) -> None:
    assert b'"listen,,ccore/main-menu,' in await keyed(ivr, state, b"1")


@pytest.mark.parametrize("keys", [b"1%0A", b"1E", b"1" * 65, b"%D9%A1", b"%24%7BX%7D", b"", b"1%2C1"])
async def test_keys_that_no_telephone_has_are_none(ivr: Ivr, keys: bytes) -> None:
    assert b'"listen,ccore/key-missing,ccore/main-menu,' in await keyed(ivr, STATE, keys)


@pytest.mark.parametrize(
    "arguments",
    [
        (), GOOD[:4], (*GOOD, "more"), ("", *GOOD[1:]), ("keyed2", *GOOD[1:]), ("keyed", "10086x", *GOOD[2:]),
        ("keyed", "１００８６", *GOOD[2:]), ("keyed", "10086", "anonymous", *GOOD[3:]), (*GOOD[:2], "", *GOOD[3:]),
        (*GOOD[:3], "node!1", "local"), (*GOOD[:4], "local&x"),
    ],
)  # fmt: skip
async def test_arguments_that_are_not_our_dialplans_are_not_answered(ivr: Ivr, arguments: Sequence[str]) -> None:
    async with asking(ivr, arguments) as asterisk:
        assert await asterisk.closed()


async def test_where_nobody_knows_what_comes_next_people_take_over(ivr: Ivr) -> None:
    async with asking(ivr, ("begun", "10087", *GOOD[2:])) as asterisk:
        assert await asterisk.closed(), "CCORE_RESULT stays empty"
