"""A hotline's menus on a real Asterisk, walked by telephone: what callers hear, and what becomes of them in trouble."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.ivr.recorded import milliseconds, read_name
from tests.support.asterisk import NODE, until_no_channels
from tests.support.heard import UNKNOWN
from tests.support.keypad import Keypad
from tests.support.pair import beside
from tests.support.ports import free_port
from tests.support.queues import until_members, want
from tests.support.site import subscribers
from tests.support.small_hotline import Line, small_hotline
from tests.support.wirecut import Wire

CALLER = "13812345678"
SOON_S = 30.0  # what has only to be waited for
MENDED_WITHIN_S = 60.0  # a queue's members are looked at every few seconds, by the ccore that leads
PATIENCE_S, SLACK_S = 3.0, 1.5  # promise P4 of reliability.md, and what a busy test machine may add


@pytest.fixture(scope="module")
async def line(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with small_hotline(tmp_path_factory.mktemp("menus")) as built:
        yield built


@pytest.fixture(autouse=True)
async def nothing_left(line: Line) -> AsyncIterator[None]:
    """Whatever a caller does, no channel outlives the call."""
    yield
    await until_no_channels(line.site.node)


def names(phone: Keypad) -> list[str]:
    """What was heard."""
    return [heard.name for heard in phone.heard()]


async def test_keys_lead_through_the_menus_and_values_are_said(line: Line) -> None:
    async with line.call() as phone:
        await phone.key("1")  # into the opening, which no key interrupts
        await phone.until("t-main")
        await phone.key("1")
        await phone.until("t-account")
        await phone.key("123#")
        await phone.until("t-your-account")
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("#")  # again
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("29")
        await phone.until_over()
    # How much there was of what a key interrupts, the key's moment decides.
    heard = [each.name for each in phone.heard() if each.whole and each.name not in {"t-main", "t-account"}]
    assert heard == ["t-welcome", "t-your-account", "n-1-dialled", "n-2", "n-3", "t-bye"]
    assert names(phone).count("t-account") == 1


@pytest.mark.parametrize("keys", ["A", "D*"])
async def test_keys_that_mean_nothing_are_told_and_do_no_harm(line: Line, keys: str) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key(keys)
        await phone.until("key-invalid")
        await phone.until("t-main", after=phone.pressed[-1].up)


async def test_a_caller_goes_on_where_they_were_when_ccore_was_killed(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("1")
        await phone.until("t-account", whole=True)
        await line.site.signal_ccore(signal.SIGKILL)
        await line.site.start_ccore()
        await phone.key("321#")
        await phone.until("t-your-account")
        await phone.until("t-main", after=phone.pressed[-1].up)
    assert names(phone)[-5:] == ["t-your-account", "n-3", "n-2", "n-1-dialled", "t-main"]


async def test_without_ccore_the_caller_gets_people(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await line.site.signal_ccore(signal.SIGKILL)
        pressed = await phone.key("1")
        heard = await phone.until("one-moment")
        await phone.until_over()
        assert heard.at - pressed.up < PATIENCE_S + SLACK_S
        assert names(phone)[-3:] == ["one-moment", "system-busy", "agents-busy"]
    async with line.call() as late:
        await late.until("system-busy")
    await line.site.start_ccore()


async def test_a_caller_who_keys_while_ccore_starts_again_goes_on(line: Line) -> None:
    other = line.site.directory / "other"
    other.mkdir()
    started = beside(line.site, other, free_port())  # it takes the place of the first within a moment
    wire = Wire(line.site.agi_port, started.agi_port)
    try:
        await started.start_ccore()
        async with line.call() as phone:
            await phone.until("t-main")
            await line.site.signal_ccore(signal.SIGKILL)
            await phone.key("1")
            await phone.until("one-moment")
            await wire.start()
            await phone.until("t-account")  # the key is not forgotten
    finally:
        await wire.stop()
        await started.kill_ccore()
        await line.site.kill_ccore()
        await line.site.start_ccore()


async def test_with_a_frozen_ccore_the_caller_gets_people_within_3_s(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        line.ccore.send_signal(signal.SIGSTOP)
        pressed = await phone.key("1")
        heard = await phone.until("system-busy")
        line.ccore.send_signal(signal.SIGCONT)
        assert heard.at - pressed.up < PATIENCE_S + SLACK_S
        await phone.until("agents-busy")


async def test_the_standby_goes_on_with_the_call(line: Line) -> None:
    second = line.site.directory / "second"
    second.mkdir()
    standby = beside(line.site, second, line.standby_port)
    try:
        async with line.call() as phone:
            await phone.until("t-main")
            await phone.key("1")
            await phone.until("t-account", whole=True)
            await standby.start_ccore()
            await line.site.signal_ccore(signal.SIGKILL)
            await phone.key("123#")
            await phone.until("t-your-account")
            await phone.until("t-main", after=phone.pressed[-1].up)
    finally:
        await standby.kill_ccore()
        await line.site.kill_ccore()
        await line.site.start_ccore()


async def test_a_system_that_hangs_is_spoken_for_within_2_s(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        pressed = await phone.key("6")
        heard = await phone.until("t-sorry")
        assert heard.at - pressed.up < 2 + SLACK_S
        await phone.until("t-main", after=heard.at)


async def test_a_queue_nobody_works_in_gives_the_caller_back(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("7")
        back = await phone.until("t-agents", whole=True)
        await phone.until("t-main", after=back.at)


async def test_an_agents_caller_is_recorded_and_asked_afterwards(line: Line) -> None:
    node, agent = line.site.node, "Local/1@agents/n"
    [caller] = subscribers(1, start=77)
    await want(line.site.dsn, {agent: (0, None)})  # one added by hand would be removed at ccore's next look
    await until_members(node, {agent: (0, None)}, MENDED_WITHIN_S)
    try:
        async with line.call(talks=True, caller=caller) as phone:
            await phone.until("t-main")
            await phone.key("7")
            await asyncio.wait_for(line.office.answered.wait(), SOON_S)
            await asyncio.sleep(2)
            line.office.hang_up()
            await phone.until("t-friendly")
            await phone.key("4")
            await phone.until_over()
    finally:
        await want(line.site.dsn, {})
        line.office.answered.clear()
    await line.site.until("SELECT score FROM survey_answers WHERE question = 'friendly'", 4)
    stored = f"SELECT count(*) FROM recordings WHERE state = 'stored' AND number LIKE '%{caller}'"
    await line.site.until(stored, 1, 60)


@pytest.mark.parametrize("ending", ["key", "hang-up"])
async def test_what_a_caller_leaves_is_kept(line: Line, ending: str) -> None:
    [caller] = subscribers(1, start=len(ending))
    async with line.call(caller=caller) as phone:
        await phone.until("t-main")
        await phone.key("3")
        told = await phone.until("t-record", whole=True)
        await phone.until(UNKNOWN, after=told.at)  # the beep
        await asyncio.sleep(2)
        if ending == "key":
            await phone.key("#")
            await phone.until("t-bye")
    await until_no_channels(line.site.node)
    [file] = (line.site.node.directory / "recorded").glob(f"*_{caller}_*")
    recording = read_name(NODE, file.name)
    assert recording is not None
    assert recording.box == "service"
    assert milliseconds(file.read_bytes()) > 100  # of the two seconds; the beep takes some of them


async def test_a_secret_is_nowhere_to_be_found(line: Line) -> None:
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("8")
        await phone.until("t-pin", whole=True)
        await phone.key("73914682#")
        await phone.until("t-main", after=phone.pressed[-1].up)
        await phone.key("9")
        await phone.until_over()
    await until_no_channels(line.site.node)
    written = [line.site.log, *(path for path in (line.site.node.directory / "log").rglob("*") if path.is_file())]
    assert [path for path in written if b"73914682" in path.read_bytes()] == []
    assert await line.site.value("SELECT count(*) FROM cel WHERE to_jsonb(cel)::text LIKE '%73914682%'") == 0


async def test_an_order_by_menu_is_placed_and_the_employees(line: Line) -> None:
    [caller] = subscribers(1, start=77)
    async with line.call(caller=caller) as phone:
        await phone.until("t-main")
        await phone.key("4")
        await phone.until_over()
        assert names(phone)[-1] == "order-placed"
    query = "SELECT dialled, number FROM orders JOIN employees USING (employee_id) WHERE subscriber = $1"
    [order] = await line.site.rows(query, f"+86{caller}")
    assert tuple(order) == ("1008610001", "E001")


async def test_a_transfer_rings_the_number_of_the_list_and_comes_back(line: Line) -> None:
    line.office.status = 486
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("5")
        tried = await phone.until("t-office", whole=True)
        await phone.until("t-main", after=tried.at)
        line.office.status = 200
        assert not line.office.answered.is_set()
        await phone.key("5")
        await asyncio.wait_for(line.office.answered.wait(), SOON_S)
        line.office.hang_up()
        await phone.until_over()
    assert line.office.called == "sip:02088886666@127.0.0.1"


async def test_whoever_hangs_up_anywhere_leaves_nothing_behind(line: Line) -> None:
    line.office.status = None
    for keys, where in (("", "t-welcome"), ("", "t-main"), ("1", "t-account"), ("3", "t-record"), ("5", "t-office")):
        async with line.call() as phone:
            if keys:
                await phone.until("t-main")
                await phone.key(keys)
            await phone.until(where)
    async with line.call() as phone:  # while ccore is asked
        await phone.until("t-main")
        line.ccore.send_signal(signal.SIGSTOP)
        await phone.key("1")
    line.ccore.send_signal(signal.SIGCONT)
