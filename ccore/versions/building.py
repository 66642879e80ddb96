"""Sounds built for people who are elsewhere: an engine speaks in a process of its own, for one draft at a time.

What is spoken is kept in the draft at once, so a build that is broken off goes on there; it is heard once published.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import asyncpg
import structlog
from asyncpg import Record

from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.pbx.files import hears_more
from ccore.people import audit
from ccore.prompts.catalogue import Language
from ccore.prompts.engines import NO_ENGINE
from ccore.prompts.sounds import MANIFEST_FILE, NARROW, WIDE, Built, Manifest, sound_file
from ccore.versions import trees
from ccore.versions.drafts import Draft, Drafts, change
from ccore.versions.sounds import sounds_of

log = structlog.get_logger()

State = Literal["running", "done", "failed", "lost"]
Wanted = Sequence[tuple[Language, str]]

MOST_SOUNDS = 200  # of a draft, which is read whole each time
TELL_EVERY_S = 1.0
LOST_AFTER = timedelta(seconds=30)  # without a word: whoever built is gone
LOADING_S = 180.0  # until an engine's first word: its voices may have to be fetched
LONGEST_ANSWER = 1 << 20


class Building(CcoreError):
    """Somebody has prompts built on this site now: wait until that has ended."""


class NothingToBuild(CcoreError):
    """Each of these prompts has a sound that says its words: there is nothing to build."""


class TooManySounds(CcoreError):
    """A draft holds 200 sounds at most: publish them first, then build the rest."""


class _GivenUp(CcoreError):
    """Another ccore took this build for lost."""


@dataclass(slots=True)
class _Told:
    """What an engine has answered: all of what failed and how much was spoken, and what is not kept yet."""

    spoken: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    fresh: dict[tuple[Language, str], Built] = field(default_factory=dict)


class Builds:
    """The builds of one ccore. Methods raise what the database raises."""

    def __init__(self, database: Database, drafts: Drafts, config: Config) -> None:
        self._database, self._drafts, self._config = database, drafts, config
        self._wide = any(hears_more(config, node) for node in config.nodes)
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, login: str, names: Collection[str]) -> int:
        """Have what is missing of these prompts (none: of all) spoken for somebody's draft; the build's number.

        Raises Building, NothingToBuild, TooManySounds, FaultsFound.
        """
        draft = await self._drafts.of(login)
        sounds = await asyncio.to_thread(sounds_of, draft)
        wanted = [(language, name) for language, name in sounds.missing() if not names or name in names]
        if not wanted:
            raise NothingToBuild(NothingToBuild.__doc__)
        wanted = wanted[: max(MOST_SOUNDS - len(draft.sounds()), 0)]
        if not wanted:
            raise TooManySounds(TooManySounds.__doc__)
        async with self._database.transaction() as transaction:
            await transaction.execute("prompt_builds.give_up", LOST_AFTER)
            number: int | None = await transaction.fetch_value("prompt_builds.begin", login, len(wanted))
            if number is None:
                raise Building(Building.__doc__)
            detail: dict[str, object] = {"sounds": len(wanted), "prompts": sorted({name for _, name in wanted})}
            await audit.note(transaction, login, "prompts-build-begun", f"prompt-build:{number}", detail)
        task = asyncio.create_task(self._built(number, login, draft, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return number

    async def _built(self, number: int, login: str, draft: Draft, wanted: Wanted) -> None:
        told, trouble, why = _Told(), "broken", ""
        try:
            with tempfile.TemporaryDirectory(prefix="ccore-build-") as name:
                directory = Path(name) / "files"
                await asyncio.to_thread(trees.lay, draft.tree, draft.contents(), directory)
                trouble, why = await self._followed(number, login, directory, wanted, told)
        except (CcoreError, OSError, ValueError, asyncpg.PostgresError) as error:
            log.error("prompts_not_built", build=number, reason=str(error) or type(error).__name__)
        async with self._database.transaction() as transaction:
            await transaction.execute("prompt_builds.end_build", number, trouble, why)
            detail = {"spoken": told.spoken, "failed": len(told.failed)} | ({"trouble": trouble} if trouble else {})
            await audit.note(transaction, login, "prompts-build-ended", f"prompt-build:{number}", detail)
        log.info("prompts_build_ended", build=number, spoken=told.spoken, failed=len(told.failed), trouble=trouble)

    async def _followed(self, number: int, login: str, directory: Path, wanted: Wanted, told: _Told) -> tuple[str, str]:
        """Run the engine to its end, and keep what it speaks; the trouble it had, and more of that."""
        process = await self._process()
        assert process.stdin is not None
        try:
            asked = {"directory": str(directory), "wanted": wanted, "wide": self._wide}
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            patience_s = LOADING_S + self._config.prompts.timeout_s
            heard_at = kept_at = time.monotonic()
            missing = ""
            while (line := await _line(process)) != b"":
                now = time.monotonic()
                if line is not None:
                    heard_at = now
                    missing = _take(told, json.loads(line)) or missing
                elif now > heard_at + patience_s:
                    return "stuck", ""
                if now > kept_at + TELL_EVERY_S:
                    kept_at = now
                    await self._keep(number, login, directory, told)
            await self._keep(number, login, directory, told)
            code = await process.wait()
            return ("engine", missing) if code == NO_ENGINE else ("broken" if code else "", "")
        finally:
            if process.returncode is None:
                process.kill()

    async def _keep(self, number: int, login: str, directory: Path, told: _Told) -> None:
        """Put what was spoken into the draft, and say how far it is. Raises _GivenUp."""
        fresh, told.fresh = told.fresh, {}
        files = await asyncio.to_thread(self._files, directory, fresh)
        async with self._drafts.alone(login) as (transaction, draft):
            if not await transaction.execute("prompt_builds.tell", number, told.spoken, told.failed):
                raise _GivenUp(_GivenUp.__doc__)
            for path, content in files.items():
                await change(transaction, login, draft, path, content)
            if fresh:
                own = _listed(fresh).over(draft.own_manifest())
                await change(transaction, login, draft, MANIFEST_FILE, own.written())

    def _files(self, directory: Path, fresh: Mapping[tuple[Language, str], Built]) -> dict[str, bytes | None]:
        """The sounds as they are to be in the draft: none of 16 kHz where no trunk carries it, also no old one."""
        found: dict[str, bytes | None] = {}
        for language, name in fresh:
            for suffix, is_wanted in ((NARROW, True), (WIDE, self._wide)):
                file = sound_file(directory, language, name, suffix)
                found[file.relative_to(directory).as_posix()] = file.read_bytes() if is_wanted else None
        return found

    async def _process(self) -> asyncio.subprocess.Process:
        """In a group of its own: who presses Ctrl-C means this one."""
        settings = self._config.prompts.model_dump(mode="json", exclude={"language"})
        command = ["-m", "ccore.prompts.apart", json.dumps(settings), str(self._config.source)]
        return await asyncio.create_subprocess_exec(
            sys.executable, *command, start_new_session=True, limit=LONGEST_ANSWER,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip


async def newest(database: Database, most: int) -> list[Record]:
    """The newest builds."""
    return await database.fetch("prompt_builds.newest", most, LOST_AFTER)


def state(row: Record) -> State:
    """How far a build is, of its row."""
    if row["lost"] or row["trouble"] == "lost":
        return "lost"
    if row["ended_at"] is None:
        return "running"
    return "failed" if row["trouble"] or row["failed"] else "done"


async def _line(process: asyncio.subprocess.Process) -> bytes | None:
    """What it says next, b"" at its end; None if it says nothing for a while."""
    assert process.stdout is not None
    try:
        return await asyncio.wait_for(process.stdout.readline(), TELL_EVERY_S)
    except TimeoutError:
        return None


def _take(told: _Told, answer: Mapping[str, Any]) -> str:
    """Count an answer; why there is no engine, if it says so."""
    if "missing" in answer:
        return str(answer["missing"])
    if "built" in answer:
        told.fresh[answer["language"], answer["prompt"]] = Built.model_validate(answer["built"])
        told.spoken += 1
    else:
        told.failed.append({key: str(answer[key]) for key in ("language", "prompt", "reason", "why")})
    return ""


def _listed(fresh: Mapping[tuple[Language, str], Built]) -> Manifest:
    sounds: dict[Language, dict[str, Built]] = {}
    for (language, name), built in fresh.items():
        sounds.setdefault(language, {})[name] = built
    return Manifest(sounds=sounds)
