"""A call walks from answer to answer: with its own menus and state, in time, and to people where nothing else helps."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.ivr import marks, service, states
from ccore.ivr.announcements import Announcements
from ccore.ivr.announcers import Announcers
from ccore.ivr.errands import Errands
from ccore.ivr.fetch import LookUps
from ccore.ivr.instructions import CallSeen, Instructions
from ccore.ivr.loads import Load
from ccore.ivr.model import Customer, Mark, State
from ccore.ivr.notes import Notes
from ccore.ivr.service import STEP_S, VERSIONS_KEPT, Ivr
from tests.support.menus import HOTLINE, SHANGHAI, menus_of

PATIENCE_S = 30.0  # with a busy machine
CALL = CallSeen("node1!1795330799.1", "10086", "13812345678", "local")
MAIN = '[main]\ndo = "menu"\nprompt = "{name}"\nkeys = {{ 1 = "{name}-bye", 2 = "asked", 3 = "noted", 4 = "busy" }}\n'
REST = """
[{name}-bye]
do = "hang-up"
prompt = "{name}-bye"
[asked]
do = "look-up"
adapter = "system"
then = "main"
missing = "main"
failed = "sorry"
[sorry]
do = "say"
prompt = "sorry"
then = "main"
[noted]
do = "call-back"
prompt = "noted"
[busy]
do = "choose"
by = "waiting"
of = "service"
cases = {{ "3+" = "sorry" }}
otherwise = "main"
"""


STATE = State(1, "10086", "zh", "main")


def menus_text(name: str) -> str:
    return (MAIN + REST).format(name=name)


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a system that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
async def errands(database: Database) -> AsyncIterator[Errands]:
    """Those of a ccore with this database."""
    look_ups = LookUps({}, SHANGHAI)
    await look_ups.open()
    notes = Notes(database, "CN", r"[2-8]\d{2,4}", PATIENCE_S)
    yield Errands(look_ups, notes, Announcers(database, Announcements(database, {}), {}))
    await look_ups.close()


def made(errands: Errands) -> Ivr:
    """One without menus."""
    return Ivr(errands, nobody, lambda _at: {}, lambda: Load({"service": 3}, {}), SHANGHAI)


@pytest.fixture
def ivr(errands: Errands, tmp_path: Path, deaf: int) -> Ivr:
    built = made(errands)
    field = 'fields = { x = { path = "x", kind = "digits" } }\n'
    lookups = f'[system]\nurl = "http://127.0.0.1:{deaf}/"\n{field}'
    built.use(1, menus_of(tmp_path / "1", menus_text("first"), lookups=lookups))
    return built


async def nobody(_caller: str) -> Customer:
    return Customer()


Ask = Callable[..., Awaitable[Instructions]]


def caller(ivr: Ivr) -> Ask:
    """One call: each question carries the state of the answer before it."""
    call = CALL

    async def ask(event: str = "keyed", keys: str = "") -> Instructions:
        nonlocal call
        told = await ivr.step(event, replace(call, keys=keys))
        call = replace(call, state=told["CCORE_STATE"])
        return told

    return ask


async def test_each_answer_carries_the_call_to_the_next(ivr: Ivr) -> None:
    ask = caller(ivr)
    begun = await ask("begun")
    assert (begun["CCORE_RESULT"], begun["CCORE_PROMPT"], begun["CCORE_LANGUAGE"]) == ("listen", "ccore/first", "zh")
    ended = await ask(keys="1")
    assert (ended["CCORE_RESULT"], ended["CCORE_FIRST"]) == ("hang-up", "ccore/first-bye")
    step = marks.load(ended["CCORE_STEP"])
    assert (step.version, step.hotline, step.asked) == (1, "10086", 2)
    assert step.marks[0] == Mark("main", "key", "1", "first-bye")


async def test_a_call_keeps_the_menus_it_began_with(ivr: Ivr, tmp_path: Path) -> None:
    ask = caller(ivr)
    await ask("begun")
    ivr.use(2, menus_of(tmp_path / "2", menus_text("second")))
    assert (await ask(keys="9"))["CCORE_PROMPT"] == "ccore/first"
    assert (await caller(ivr)("begun"))["CCORE_PROMPT"] == "ccore/second"
    for version in range(3, 3 + VERSIONS_KEPT):
        ivr.use(version, menus_of(tmp_path / "2", menus_text("second")))
    assert (await ask(keys="9"))["CCORE_PROMPT"] == "ccore/second", "too many versions ago: the same node of today's"


async def test_a_ccore_that_never_had_a_calls_menus_goes_on_with_those_it_has(
    ivr: Ivr, errands: Errands, tmp_path: Path
) -> None:
    begun = await ivr.step("begun", CALL)
    another = made(errands)
    with pytest.raises(Unavailable):
        await another.step("begun", CALL)
    another.use(7, menus_of(tmp_path / "7", menus_text("seventh")))
    told = await another.step("keyed", replace(CALL, state=begun["CCORE_STATE"], keys="1"))
    assert told["CCORE_FIRST"] == "ccore/seventh-bye"


@pytest.mark.parametrize("forged", ["", "x", "eJwDAAAAAAE", "A" * 1000, "../../x"])
async def test_a_call_without_a_state_of_its_own_begins_anew(ivr: Ivr, forged: str) -> None:
    told = await ivr.step("keyed", replace(CALL, state=forged, keys="1"))
    assert (told["CCORE_RESULT"], told["CCORE_PROMPT"]) == ("listen", "ccore/first")


async def test_the_state_of_another_hotline_is_none(ivr: Ivr) -> None:
    begun = await ivr.step("begun", CALL)
    other = states.dump(replace(states.load(begun["CCORE_STATE"]), hotline="1001011"))
    told = await ivr.step("keyed", replace(CALL, state=other, keys="1"))
    assert told["CCORE_RESULT"] == "listen"


async def test_a_number_that_is_no_hotline_is_left_to_people(ivr: Ivr) -> None:
    with pytest.raises(Unavailable, match="no hotline"):
        await ivr.step("begun", replace(CALL, dialled="10087"))


async def test_a_hotline_is_refused_to_trunks_it_is_not_for(ivr: Ivr, tmp_path: Path) -> None:
    ivr.use(2, menus_of(tmp_path / "2", menus_text("second"), HOTLINE + 'trunks = ["inside"]\n'))
    assert await ivr.step("begun", CALL) == {"CCORE_RESULT": "refuse"}
    assert (await ivr.step("begun", replace(CALL, trunk="inside")))["CCORE_RESULT"] == "listen"


async def test_a_system_that_hangs_is_given_up_in_time(ivr: Ivr) -> None:
    ask = caller(ivr)
    await ask("begun")
    assert STEP_S < 2, "the dialplan waits for 2 s"
    async with asyncio.timeout(PATIENCE_S):
        told = await ask(keys="2")
    assert told["CCORE_FIRST"] == "ccore/sorry"
    step = marks.load(told["CCORE_STEP"])
    assert step.asked == 2, "a look-up on the way is no answer of its own"
    assert [mark.outcome for mark in step.marks if mark.node == "asked"][-1] == "not-answered"


async def test_a_call_back_is_noted_within_the_answer(
    ivr: Ivr, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STEP_S", PATIENCE_S)
    ask = caller(ivr)
    await ask("begun")
    told = await ask(keys="3")
    await ivr.step("keyed", replace(CALL, state=states.dump(STATE), keys="3"))  # asked again, by a standby
    assert told["CCORE_FIRST"].startswith("ccore/noted")
    [row] = await database.fetch("waiting.call_backs", False, None, 10)
    assert (row["number"], row["queue"]) == ("+8613812345678", "service")


async def test_how_busy_the_queues_are_can_be_chosen_by(ivr: Ivr) -> None:
    ask = caller(ivr)
    await ask("begun")
    assert (await ask(keys="4"))["CCORE_FIRST"] == "ccore/sorry"


async def test_menus_that_go_in_circles_without_a_word_end_with_people(ivr: Ivr, tmp_path: Path) -> None:
    look_up = '[main]\ndo = "look-up"\nadapter = "none"\nthen = "main"\nmissing = "main"\nfailed = "main"\n'
    ivr.use(2, menus_of(tmp_path / "2", look_up))
    async with asyncio.timeout(PATIENCE_S):
        told = await ivr.step("begun", CALL)
    assert told["CCORE_RESULT"] == "queue"
