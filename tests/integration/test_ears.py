"""Those who listen to callers: processes that answer, hang, die or say nonsense; nobody waits for them for long.

A stand-in for Whisper, which is not installed here and would do none of that when asked.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from ccore.hearing.ears import MOST_WAITING, Ears, Outcome
from tests.support.listener import listening, settings
from tests.support.waiting import until

WORDS = {"1": ["余额"], "2": ["故障"]}
SOON_S, LATE_S = 30.0, 0.2  # for an answer that comes, on a busy machine, and for one that does not


@pytest.fixture
async def ears(tmp_path: Path) -> AsyncIterator[Ears]:
    async with listening(settings(tmp_path)) as started:
        yield started


async def said(ears: Ears, what: str, within_s: float = SOON_S) -> tuple[str, Outcome]:
    return await ears.understood("zh", WORDS, what.encode(), within_s)


def is_gone(pid: int) -> Callable[[], bool]:
    return lambda: not Path(f"/proc/{pid}").exists()


async def test_what_was_said_is_the_key_that_was_meant(ears: Ears) -> None:
    assert await said(ears, "2") == ("2", Outcome.UNDERSTOOD)
    assert await said(ears, "") == ("", Outcome.UNSURE)
    assert await said(ears, "9") == ("", Outcome.UNSURE)  # no key with words


async def test_a_late_answer_is_nobodys(ears: Ears) -> None:
    assert await said(ears, "slow", LATE_S) == ("", Outcome.LATE)
    assert await said(ears, "1") == ("1", Outcome.UNDERSTOOD)


async def test_whoever_comes_when_too_many_wait_is_told_at_once(ears: Ears) -> None:
    waiting = [asyncio.create_task(said(ears, "slow")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert not ears.free
    assert await said(ears, "1", 0) == ("", Outcome.BUSY)
    await asyncio.gather(*waiting)
    assert ears.free


async def test_a_process_that_hangs_is_replaced(tmp_path: Path) -> None:
    async with listening(settings(tmp_path), hung_s=1) as ears:
        [pid] = ears.processes
        assert await said(ears, "hang", LATE_S) == ("", Outcome.LATE)
        assert await said(ears, "1") == ("", Outcome.AWAY)  # behind it
        await until(is_gone(pid), SOON_S)

        async def answers() -> bool:
            return await said(ears, "1") == ("1", Outcome.UNDERSTOOD)

        await until(answers, SOON_S)  # a busy machine can make one that is well seem hung


@pytest.mark.parametrize("what", ["die", "nonsense", "number", "somebody"])
async def test_a_process_that_fails_keeps_nobody_waiting_and_is_replaced(ears: Ears, what: str) -> None:
    [pid] = ears.processes
    assert await said(ears, what) == ("", Outcome.AWAY)
    await until(is_gone(pid), SOON_S)
    await until(lambda: ears.free and ears.processes != [pid], SOON_S)
    assert await said(ears, "2") == ("2", Outcome.UNDERSTOOD)


async def test_without_a_process_the_caller_has_keys_at_once(tmp_path: Path) -> None:
    ears = Ears(settings(tmp_path))
    assert await said(ears, "1", 0) == ("", Outcome.AWAY)
    assert ears.warnings == ["0 of 1 processes listen to what callers say"]


async def test_there_are_never_more_processes_than_processors(tmp_path: Path) -> None:
    async with listening(settings(tmp_path, workers=32)) as ears:
        await until(lambda: not ears.warnings, SOON_S)
        assert len(ears.processes) == min(32, os.cpu_count() or 1)


NO_EXTRA = pytest.param(
    {"command": ()}, marks=pytest.mark.skipif(bool(find_spec("faster_whisper")), reason="it is there")
)


@pytest.mark.parametrize("changes", [NO_EXTRA, {"enabled": False}], ids=["no extra", "off"])
async def test_where_nobody_can_listen_no_process_is_started(tmp_path: Path, changes: dict[str, object]) -> None:
    ears = Ears(settings(tmp_path, **changes))
    await asyncio.wait_for(ears.run(), SOON_S)
    assert not ears.free
    assert bool(ears.warnings) == ("command" in changes)


DAEMON = """
import asyncio, sys
from ccore.hearing.ears import Ears
from ccore.speech import Speech
async def main():
    ears = Ears(Speech(enabled=True, command=(sys.executable, sys.argv[1])))
    async with asyncio.TaskGroup() as group:
        group.create_task(ears.run())
        while not ears.free: await asyncio.sleep(0.01)
        print(ears.processes[0], file=sys.stderr, flush=True)
asyncio.run(main())
"""


async def test_the_process_does_not_outlive_a_ccore_that_was_killed(tmp_path: Path) -> None:
    settings(tmp_path)
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DAEMON, str(tmp_path / "listener.py"), stderr=asyncio.subprocess.PIPE
    )
    assert daemon.stderr is not None
    pid = int(await daemon.stderr.readline())
    daemon.send_signal(signal.SIGKILL)
    await daemon.wait()
    await until(is_gone(pid), SOON_S)
