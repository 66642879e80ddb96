"""Texts that nobody knew before are spoken by a process of its own, here with a program that sings for an engine."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from ccore.config import Config, Paths
from ccore.prompts.worker import HEARD, MOST_WAITING, Speaker
from ccore.speech import Prompts
from tests.support.waiting import until

SINGER = """
import math, os, sys, array, time, wave
text, out = sys.argv[1:]
if "stops" in text: sys.exit(1)
parent = os.getppid()
while "hangs" in text:
    if os.getppid() != parent: sys.exit(1)
    time.sleep(0.1)
with wave.open(out, "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(array.array("h", (round(9000 * math.sin(at / 2)) for at in range(800 * len(text)))).tobytes())
"""
AT_ONCE_S, PATIENT_S = 10.0, 60.0  # on a busy machine


def configured(directory: Path, **changes: object) -> Config:
    (directory / "singer.py").write_text(SINGER, encoding="utf-8")
    words = (sys.executable, str(directory / "singer.py"), "{text}", "{out}")
    prompts = Prompts.model_validate({"engine": "command", "command": words, "timeout_s": PATIENT_S, **changes})
    return Config(paths=Paths(var=directory / "var"), prompts=prompts, source=directory / "ccore.toml")


@asynccontextmanager
async def speaking(config: Config) -> AsyncIterator[Speaker]:
    """A speaker whose worker is up."""
    speaker = Speaker(config, PATIENT_S)
    life = asyncio.create_task(speaker.run())
    try:
        await until(lambda: speaker.up)
        yield speaker
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


@pytest.fixture
async def speaker(tmp_path: Path) -> AsyncIterator[Speaker]:
    async with speaking(configured(tmp_path)) as started:
        yield started


def files(directory: Path) -> Sequence[Path]:
    return sorted((directory / "var/nodes/node1/heard/spoken").glob("*"))


async def test_a_text_is_spoken_once_and_kept(speaker: Speaker, tmp_path: Path) -> None:
    sound = await speaker.sound("zh", "张三先生，您好。")
    assert sound is not None
    assert sound.parent == HEARD / "spoken"
    [file] = files(tmp_path)
    assert (file.stem, file.suffix) == (sound.name, ".alaw")
    assert file.stat().st_size > 4000
    before = file.stat().st_mtime_ns
    assert await speaker.sound("zh", "张三先生，您好。") == sound
    assert await speaker.sound("en", "张三先生，您好。") != sound
    assert file.stat().st_mtime_ns == before
    assert len(files(tmp_path)) == 2


async def test_what_was_spoken_before_is_there_without_any_engine(speaker: Speaker, tmp_path: Path) -> None:
    sound = await speaker.sound("en", "Mr Smith")
    config = configured(tmp_path)
    assert await Speaker(config).sound("en", "Mr Smith") == sound  # its worker was never started
    assert await Speaker(config).sound("en", "Mrs Smith") is None


async def test_a_caller_who_gives_up_leaves_the_text_to_be_spoken_for_the_next(speaker: Speaker) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await speaker.sound("en", "Slowly")
    assert await speaker.sound("en", "Slowly") is not None


async def test_two_callers_with_one_text_ask_once(speaker: Speaker, tmp_path: Path) -> None:
    first, second = await asyncio.gather(speaker.sound("en", "Both"), speaker.sound("en", "Both"))
    assert first == second is not None
    assert len(files(tmp_path)) == 1


async def test_a_text_that_cannot_be_spoken_is_none_and_the_next_one_is_spoken(speaker: Speaker) -> None:
    assert await speaker.sound("en", "this stops") is None
    assert await speaker.sound("en", "this one goes on") is not None


async def test_whoever_comes_when_too_many_wait_is_told_at_once(speaker: Speaker) -> None:
    waiting = [asyncio.create_task(speaker.sound("en", f"hangs {number}")) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    began = time.monotonic()
    assert await speaker.sound("en", "one too many") is None
    assert time.monotonic() - began < AT_ONCE_S
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_worker_that_dies_keeps_nobody_waiting(speaker: Speaker) -> None:
    waiting = asyncio.create_task(speaker.sound("en", "hangs"))
    await asyncio.sleep(0)
    assert speaker.worker_pid is not None
    os.kill(speaker.worker_pid, signal.SIGKILL)
    assert await waiting is None
    assert not speaker.up
    assert await speaker.sound("en", "another") is None


@pytest.mark.parametrize("text", ["", "x" * 301])
async def test_texts_that_are_no_phrases_are_not_spoken(speaker: Speaker, text: str) -> None:
    assert await speaker.sound("en", text) is None


NO_EXTRA = pytest.param(
    {"engine": "kokoro"}, marks=pytest.mark.skipif(bool(find_spec("onnxruntime")), reason="it is there")
)


@pytest.mark.parametrize("changes", [NO_EXTRA, {"at_run_time": False}], ids=["no extra", "off"])
async def test_where_nothing_can_speak_no_process_is_started(tmp_path: Path, changes: dict[str, object]) -> None:
    speaker = Speaker(configured(tmp_path, **changes))
    await asyncio.wait_for(speaker.run(), PATIENT_S)
    assert await speaker.sound("zh", "您好") is None
    assert not speaker.up


async def test_a_worker_without_its_engine_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    speaker = Speaker(configured(tmp_path, engine="espeak"))
    monkeypatch.setenv("PATH", str(tmp_path))
    await asyncio.wait_for(speaker.run(), PATIENT_S)
    assert "apt-get install espeak-ng" in capfd.readouterr().err
    assert await speaker.sound("zh", "您好") is None
