"""Texts nobody knew before, spoken while a caller waits: by a process of its own, which alone loads the engine."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import structlog

from ccore.config import Config
from ccore.prompts.engines import NO_ENGINE
from ccore.prompts.sounds import NARROW, replace

log = structlog.get_logger()

SPOKEN = "spoken"  # in the directory of what is heard
HEARD = Path("/srv/ccore/heard")  # where Asterisk sees that directory
MOST_WAITING = 8  # texts: whoever comes later would wait longer than anybody listens to a filler
SPOKEN_WITHIN_S = 1.2  # of the 2 s that the dialplan gives a step of a menu
LONGEST_TEXT = 300  # characters: half a minute
AGAIN_AFTER_S = 30.0  # a worker has died: its model takes a second and 300 MB to load, again and again
MOST_KEPT = 3000  # spoken texts on a node's disk, some 100 MB; the oldest go


class Speaker:
    """Gives the sound of a text, spoken now or kept from before; None where nothing can speak."""

    def __init__(self, config: Config, within_s: float = SPOKEN_WITHIN_S) -> None:
        self._config = config
        self._within_s = within_s
        self._places = [place / SPOKEN for name in config.nodes if (place := config.heard_dir(name)) is not None]
        self._can = config.prompts.at_run_time and _engine_is_there(config)
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._worker: asyncio.subprocess.Process | None = None

    @property
    def up(self) -> bool:
        """Whether its worker runs."""
        return self._worker is not None

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, while it runs."""
        return None if self._worker is None else self._worker.pid

    async def sound(self, language: str, text: str) -> Path | None:
        """The file that says ``text``, without its suffix, as every node's Asterisk sees it.

        None if it cannot be spoken in time, at once where that is clear: no engine, too many waiting. It is spoken to
        its end all the same, for the next who asks.
        """
        key = self._key(language, text)
        if self._is_there(key):
            return HEARD / SPOKEN / key
        if not self._can or self._worker is None or not 0 < len(text) <= LONGEST_TEXT:
            return None
        spoken = self._waiting.get(key) or self._ask(self._worker, key, language, text)
        if spoken is None:
            return None
        try:
            async with asyncio.timeout(self._within_s):
                done = await asyncio.shield(spoken)
        except TimeoutError:
            return None
        return HEARD / SPOKEN / key if done else None

    async def run(self) -> None:
        """Keep the worker alive; returns at once where nothing can be spoken."""
        if not self._can or not self._places:
            return
        for place in self._places:
            await asyncio.to_thread(_tidy, place)
        while True:
            if not await self._lived():
                return
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _lived(self) -> bool:
        """Have the worker live once; whether another one makes sense."""
        try:
            self._can = await self._serve() != NO_ENGINE
        except OSError as error:
            log.error("speech_worker_failed", reason=str(error))
        finally:
            self._forget()
        return self._can

    def _key(self, language: str, text: str) -> str:
        told = self._config.prompts.model_dump(mode="json", exclude={"at_run_time", "timeout_s", "language"})
        return hashlib.sha256(json.dumps([told, language, text], sort_keys=True).encode()).hexdigest()[:32]

    def _is_there(self, key: str) -> bool:
        return bool(self._places) and all((place / f"{key}{NARROW}").is_file() for place in self._places)

    def _ask(
        self, worker: asyncio.subprocess.Process, key: str, language: str, text: str
    ) -> "asyncio.Future[bool] | None":
        assert worker.stdin is not None
        if len(self._waiting) >= MOST_WAITING:
            log.warning("speech_queue_was_full", waiting=len(self._waiting))
            return None
        asked = {"key": key, "language": language, "text": text}
        worker.stdin.write(json.dumps(asked).encode() + b"\n")
        spoken = asyncio.get_running_loop().create_future()
        self._waiting[key] = spoken
        return spoken

    async def _serve(self) -> int:
        """One life of the worker; its exit code."""
        settings = self._config.prompts.model_dump(mode="json", exclude={"language"})
        command = [sys.executable, "-m", "ccore.prompts.speaking", json.dumps(settings), str(self._config.source)]
        worker = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24
        )
        try:
            assert worker.stdout is not None
            self._worker = worker
            while line := await worker.stdout.readline():
                await self._answered(json.loads(line))
            code = await worker.wait()
            log.warning("speech_worker_ended", code=code)
            return code
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()

    async def _answered(self, answer: Mapping[str, str]) -> None:
        key, failed = answer["key"], answer.get("failed", "")
        if failed:
            log.warning("text_was_not_spoken", error=failed)
        else:
            content = bytes.fromhex(answer["sound"])
            await asyncio.to_thread(_keep, self._places, key, content)
        if (spoken := self._waiting.pop(key, None)) and not spoken.done():
            spoken.set_result(not failed)

    def _forget(self) -> None:
        self._worker = None
        for spoken in self._waiting.values():
            if not spoken.done():
                spoken.set_result(False)
        self._waiting.clear()


def _engine_is_there(config: Config) -> bool:
    """Whether it is worth to start a worker: the engine itself is never loaded here."""
    return config.prompts.engine != "kokoro" or find_spec("onnxruntime") is not None


def _keep(places: list[Path], key: str, sound: bytes) -> None:
    for place in places:
        replace(place / f"{key}{NARROW}", sound)


def _tidy(place: Path) -> None:
    """Remove what was spoken longest ago, beyond what is kept."""
    files = sorted(place.glob(f"*{NARROW}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[MOST_KEPT:]:
        path.unlink(missing_ok=True)
        log.debug("spoken_text_was_removed", file=os.fspath(path))
