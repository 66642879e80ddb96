"""Publishing for people who are elsewhere: the commands run as processes of their own, and what they say is kept.

They take seconds of a processor: here, calls would wait for them. One that goes on ends with this ccore; what was on
trial then is undone as if it had failed.
"""

import asyncio
import hashlib
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import asyncpg
import structlog
from asyncpg import Record

from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.people import audit
from ccore.versions import trees
from ccore.versions.drafts import Draft, Drafts

log = structlog.get_logger()

Kind = Literal["publish", "rollback"]
State = Literal["running", "done", "failed", "lost"]
Told = list[dict[str, Any]]  # lines: at_s after the beginning, text

CHECK_WITHIN_S = 60.0
PUBLISH_WITHIN_S = 300.0
LOST_AFTER = timedelta(seconds=PUBLISH_WITHIN_S + 30)  # whoever would have said how it ended is gone
TELL_EVERY_S = 0.3
MOST_LINES, LONGEST_LINE = 300, 500
_KEPT = 16  # answers of the linter, one of each draft
_NUMBER = re.compile(r"version (\d+) kept")
_SAID = re.compile(r"\[ *[0-9.]+ s\] (.*)")
_NICE = ("nice", "-n", "10")


class Busy(CcoreError):
    """Somebody publishes, or goes back, on this ccore now: wait until that has ended. Nothing was changed."""


class NotChecked(CcoreError):
    """The linter did not come to an end: look into the log."""


@dataclass(frozen=True, slots=True)
class Found:
    """One fault of a draft: ``line`` 0 is the file as a whole; ``path`` is within the operators' files, if it can."""

    path: str
    line: int
    code: str
    message: str


class Publications:
    """What is published over HTTP from one ccore. Methods raise what the database raises."""

    def __init__(self, database: Database, drafts: Drafts, config: Config) -> None:
        self._database, self._drafts, self._config = database, drafts, config
        self._checking = asyncio.Lock()
        self._checked: dict[str, Sequence[Found]] = {}
        self._task: asyncio.Task[bool] | None = None

    async def faults(self, draft: Draft) -> Sequence[Found]:
        """Every fault of a draft, as ``ccore check`` finds them. Raises NotChecked."""
        key = _key(draft)
        async with self._checking:
            if key not in self._checked:
                found = await self._found(draft)
                self._checked = dict([*self._checked.items(), (key, found)][-_KEPT:])
            return self._checked[key]

    async def publish(self, login: str, draft: Draft, note: str) -> int:
        """Begin to publish somebody's draft; the number under which it is told how that goes. Raises Busy."""
        detail: dict[str, object] = {"files": sorted(draft.texts()), "sounds": len(draft.sounds()), "note": note}
        number = await self._begun("publish", login, None, note, detail)
        self._task = asyncio.create_task(self._published(number, login, draft, note))
        return number

    async def roll_back(self, login: str, version: int, seen: int) -> int:
        """Begin to go back to ``version`` if ``seen`` is live; as ``publish``."""
        number = await self._begun("rollback", login, version, "", {"version": version})
        command = ("rollback", str(version), "--by", login, "--after", str(seen))
        self._task = asyncio.create_task(self._followed(number, login, command, ""))
        return number

    async def one(self, number: int) -> Record | None:
        """How one goes, or went."""
        return await self._database.fetch_row("drafts.publication", number, LOST_AFTER)

    async def listed(self, before: int | None, most: int) -> list[Record]:
        """The newest first."""
        return await listed(self._database, before, most)

    async def _found(self, draft: Draft) -> Sequence[Found]:
        with tempfile.TemporaryDirectory(prefix="ccore-draft-") as name:
            directory = Path(name) / "files"
            await asyncio.to_thread(trees.lay, draft.tree, draft.contents(), directory)
            process = await self._process((*_NICE,), "check", "--json", "--dialplan", str(directory))
            try:
                async with asyncio.timeout(CHECK_WITHIN_S):
                    said, _ = await process.communicate()
                return [Found(**each) for each in json.loads(said.splitlines()[-1])]
            except (TimeoutError, ValueError, IndexError) as error:
                log.error("draft_not_checked", reason=type(error).__name__, code=process.returncode)
                raise NotChecked(NotChecked.__doc__) from error
            finally:
                _end(process)

    async def _begun(self, kind: Kind, login: str, version: int | None, note: str, detail: dict[str, object]) -> int:
        if self._task is not None and not self._task.done():
            raise Busy(Busy.__doc__)
        async with self._database.transaction() as transaction:
            number: int = await transaction.fetch_value("drafts.begin_publication", kind, login, version, note)
            await audit.note(transaction, login, f"{kind}-begun", f"publication:{number}", detail)
        return number

    async def _published(self, number: int, login: str, draft: Draft, note: str) -> bool:
        with tempfile.TemporaryDirectory(prefix="ccore-draft-") as name:
            directory = Path(name) / "files"
            await asyncio.to_thread(trees.lay, draft.tree, draft.contents(), directory)
            after = str(draft.tree.version)
            command = ("publish", "--from", str(directory), "--by", login, "--after", after, "--note", note)
            done = await self._followed(number, login, command, f"{directory}/")
        if done:
            await self._drafts.published(login, draft.own())
        return done

    async def _followed(self, number: int, login: str, command: Sequence[str], inside: str) -> bool:
        """Run the command to its end, and keep what it says; whether it did what it was to do."""
        told: Told = []
        done = False
        try:
            process = await self._process((), *command)
            try:
                async with asyncio.timeout(PUBLISH_WITHIN_S):
                    async for said in _lines(process, inside):
                        if said is None:
                            await self._database.execute("drafts.tell", number, told)
                        else:
                            told.append(said)
                    done = await process.wait() == 0
            finally:
                _end(process)
        except (CcoreError, OSError, TimeoutError, asyncpg.PostgresError) as error:
            log.error("publication_not_followed", publication=number, reason=str(error) or type(error).__name__)
        await self._ended(number, login, command[0], told, done=done)
        return done

    async def _ended(self, number: int, login: str, kind: str, told: Told, *, done: bool) -> None:
        made = next((int(found[1]) for line in told if (found := _NUMBER.search(line["text"]))), None)
        async with self._database.transaction() as transaction:
            await transaction.execute("drafts.end_publication", number, done, told, made)
            action = f"{kind}-{'done' if done else 'failed'}"
            await audit.note(transaction, login, action, f"publication:{number}", {"version": made} if made else {})
        log.info("publication_ended", publication=number, kind=kind, done=done, version=made)

    async def _process(self, before: Sequence[str], *command: str) -> asyncio.subprocess.Process:
        """A ccore with this one's configuration, in a group of its own: who presses Ctrl-C means this one."""
        source = self._config.source
        config = ("--config", str(source)) if source.exists() else ()
        return await asyncio.create_subprocess_exec(
            *before, sys.executable, "-m", "ccore", *config, *command, cwd=source.parent, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if before else asyncio.subprocess.STDOUT, limit=1 << 20,
        )  # fmt: skip


async def listed(database: Database, before: int | None, most: int) -> list[Record]:
    """Publications, the newest first."""
    return await database.fetch("drafts.publications", before, most, LOST_AFTER)


def state(row: Record) -> State:
    """How far a publication is, of its row."""
    if row["lost"]:
        return "lost"
    if row["done"] is None:
        return "running"
    return "done" if row["done"] else "failed"


async def _lines(process: asyncio.subprocess.Process, inside: str) -> AsyncIterator[dict[str, Any] | None]:
    """What it says line by line; None when it is time to pass on what was said."""
    assert process.stdout is not None
    began = told_at = time.monotonic()
    count, late = 0, False
    while True:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), TELL_EVERY_S)
        except TimeoutError:
            line = None
        if line == b"":
            return
        if line is not None and count < MOST_LINES:
            text = line.decode(errors="replace").rstrip().replace(inside or "\0", "")
            if text:
                found = _SAID.fullmatch(text)
                count, late = count + 1, True
                at_s = round(time.monotonic() - began, 2)
                yield {"at_s": at_s, "text": (found[1] if found else text)[:LONGEST_LINE]}
        if late and time.monotonic() > told_at + TELL_EVERY_S:
            told_at, late = time.monotonic(), False
            yield None


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()


def _key(draft: Draft) -> str:
    """Stands for all that the linter reads."""
    hashed = hashlib.sha256(f"{draft.tree.directory} {draft.tree.version}".encode())
    for path, change in sorted(draft.changes.items()):
        hashed.update(f"\n{path} {trees.hash_of(change.content)}".encode())
    return hashed.hexdigest()
