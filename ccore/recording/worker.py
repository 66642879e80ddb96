"""The process that stores recordings, as the rest of ccore sees it: given a job, it answers, or has died over it."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from ccore.archive import Recording
from ccore.recording.finalise import Broken, Failed, Job, Outcome, Stored

log = structlog.get_logger()

COMMAND = (sys.executable, "-m", "ccore.recording.finalising")
HUNG_S = 1800.0  # the longest call takes a minute; a slow storage may take long to swallow it
_OUTCOMES = {each.__name__: each for each in (Stored, Broken, Failed)}


class Worker:
    """Starts the process when there is something to do, and again if it ended. One job at a time."""

    def __init__(self, settings: Recording, root: Path, access_key: str | None, secret_key: str | None) -> None:
        told = {"settings": settings.model_dump(mode="json"), "root": str(root)}
        self._told = told | {"access_key": access_key, "secret_key": secret_key}
        self._process: asyncio.subprocess.Process | None = None
        self._free = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    async def store(self, job: Job) -> Outcome:
        """What came of ``job``; Failed also if the process died, hung, or could not be started."""
        async with self._free:
            done = False
            try:
                async with asyncio.timeout(HUNG_S):
                    outcome = await self._asked(job)
                done = True
            except (OSError, ValueError, TimeoutError) as error:
                return Failed(f"the process that stores recordings ended: {error or 'it hung'}")
            else:
                return outcome
            finally:
                if not done:
                    await self._end()

    async def close(self) -> None:
        """End the process, whatever it does."""
        await self._end()

    async def _asked(self, job: Job) -> Outcome:
        process = self._process or await self._start()
        answer = await _ask(process, asdict(job))
        outcome: Outcome = _OUTCOMES[answer.pop("outcome")](**answer)
        return outcome

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        await _ask(self._process, self._told)
        log.info("recording_worker_started", pid=self._process.pid)
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _ask(process: asyncio.subprocess.Process, said: object) -> dict[str, Any]:
    """Raises OSError or ValueError if no answer comes."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(said).encode() + b"\n")
    await process.stdin.drain()
    answer: dict[str, Any] = json.loads(await process.stdout.readline() or "null") or {}
    if not answer:
        raise ConnectionResetError("it said no word")
    return answer
