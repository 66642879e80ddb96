"""The far end of a trunk by itself: what its subscribers do, its channels, and the command people start it by."""

import asyncio
import signal
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ccore.config import Config
from ccore.pbx.caller import Call, read_calls, run, scenario
from ccore.pbx.far_end import HOST, TABLE, FarEndFailed, describe, far_end, sounds
from tests.support.command import embedded_home
from tests.support.commands import running
from tests.support.far_end import exchange
from tests.support.ports import free_port
from tests.support.waiting import until

QUICK = {tail: replace(each, ring_s=0.1, talk_s=min(each.talk_s, 0.3)) for tail, each in TABLE.items()}


async def called(port: int, numbers: Sequence[str], listen_ms: int = 3000) -> list[Call]:
    """Calls by sipp, all at once."""
    rows = [("01010086", number, "") for number in numbers]
    found = await run(scenario(listen_ms), HOST, port, rows, source="127.0.0.1", options=["-r", "200"])
    return read_calls(found.lines, rows)


async def test_the_last_digits_say_what_comes_of_a_call() -> None:
    async with exchange(100, QUICK) as far:
        numbers = [f"138000000{tail}" for tail in TABLE]
        calls = await called(far.port, numbers)
        for call, tail in zip(calls, TABLE, strict=True):
            assert call.code == TABLE[tail].status, tail
            who = "caller" if TABLE[tail].talk_s == 0 else "callee"
            assert not call.answered or call.ended_by == who, tail
        assert {number: len(times) for number, times in far.invites().items()} == dict.fromkeys(numbers, 1)
        await far.until("let-go", 10)
        await until(lambda: far.saw()[-1].up == 0)  # every channel is free again


async def test_the_call_after_the_last_channel_is_refused_and_a_free_channel_is_used_again() -> None:
    async with exchange(5) as far:
        calls = await called(far.port, [f"1380000{number:02}00" for number in range(7)])
        assert sorted(call.code for call in calls) == [200] * 5 + [503] * 2
        assert far.most_at_once == 5
        assert [call.code for call in await called(far.port, ["13800000000"])] == [200]


async def test_a_port_that_is_taken_is_told() -> None:
    async with exchange() as far:
        with pytest.raises(FarEndFailed, match=str(far.port)):
            async with far_end(far.port):
                pass


def test_something_is_always_heard() -> None:
    for name, codes in sounds().items():
        assert len(codes) >= 8000, name
        assert len(set(codes)) > 1, f"{name} is dead silence"
    assert len(describe()) == 19
    assert {each.sound for each in TABLE.values()} == sounds().keys()


async def test_people_start_it_and_see_what_happens(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    async with embedded_home(tmp_path).started("far-end", "--port", str(port), "--channels", "2") as process:
        await process.says(f"2 channels at {HOST}:{port}")
        (call,) = await called(port, ["13800000005"])
        assert call.code == 486
        await process.says("13800000005")
        ended = await process.ended(signal.SIGINT)
    assert ended.code == 0
    assert "     1 calls\n" in ended.out
    assert "     1 channels in use at once, at most\n" in ended.out


async def test_the_table_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await asyncio.wait_for(running(Config(), capsys)("far-end", "--table"), 30)
    assert code == 0
    assert sum("busy" in line for line in lines) == 1
