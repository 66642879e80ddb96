"""Takes finished recordings off the nodes' disks: into the storage, encrypted and read back, and only then removed."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record
from prometheus_client import Counter, Gauge

from ccore.archive import Recording
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.recording import envelope
from ccore.recording.erasing import Erasing
from ccore.recording.finalise import Broken, Failed, Job, Pause, Stored, object_name, silences
from ccore.recording.model import RECEIVED, SENT
from ccore.recording.worker import Worker

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
KEEP_EVERY_S = 60.0  # retention, and what is left over
AGAIN_AFTER = timedelta(seconds=30)  # the storage did not take it
# An object of an attempt that nobody heard of for so long is deleted; one that is finished after that is not kept.
ABANDONED_AFTER = timedelta(hours=2)
AT_ONCE = 100
BEHIND_S = 900.0  # the longest call is stored within a minute: something is wrong, or there is far too much

WAITING = Gauge("ccore_recordings_waiting", "Recordings whose call has ended and which are not stored yet")
OUTCOMES = Counter("ccore_recordings_finalised", "Recordings that were stored, found broken, or put off", ["outcome"])

Work = Callable[[], Coroutine[Any, Any, None]]


class RecordingStore:
    """Of one ccore. ``folders`` are where nodes leave raw files; ``keys`` are the site's, the last one the current.

    Two that do the same at once do no harm: only one object of a recording is ever kept, and raw files go only when
    PostgreSQL says that one is.
    """

    def __init__(
        self,
        database: Database,
        folders: Mapping[str, Path],
        settings: Recording,
        keys: Mapping[str, bytes],
        worker: Worker,
        erasing: Erasing,
        again_after: timedelta = AGAIN_AFTER,
        abandoned_after: timedelta = ABANDONED_AFTER,
    ) -> None:
        self._database = database
        self._folders = folders
        self._settings = settings
        self._keys = keys
        self._worker = worker
        self._again_after = again_after
        self._erasing = erasing
        self._abandoned_after = abandoned_after
        self._state: Record | None = None

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        watching: dict[str, Work] = {f"recordings {node}": partial(self.watch, node) for node in self._folders}
        return watching | {"recording keeping": self.keep}

    def health(self) -> Mapping[str, object]:
        """How many wait to be stored, and how many never will be without a person."""
        state = self._state
        return {} if state is None else {name: state[name] for name in ("waiting", "oldest_s", "failed")}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if (state := self._state) is None:
            return
        if state["waiting"] and not self._keys:
            yield "recordings are not stored: secrets.toml has no recording_keys"
        elif state["oldest_s"] > BEHIND_S:
            yield f"{state['waiting']} recordings are not stored, the oldest for {state['oldest_s'] / 60:.0f} minutes"
        if state["failed"]:
            yield f"{state['failed']} recordings are broken and wait for a person: `ccore recordings failed`"
        if state["locked"]:
            yield f"{state['locked']} recordings have a key that secrets.toml does not open: nobody can hear them"

    async def watch(self, node: str) -> NoReturn:
        """Store what ``node`` recorded, for ever."""
        while True:
            done = False
            try:
                done = await self.look(node)
            except (CcoreError, asyncpg.PostgresError, OSError) as error:
                log.warning("recordings_not_stored", node=node, reason=str(error))
            except Exception:  # whatever it is, the next ones and the calls must not wait for it
                log.exception("recordings_not_stored", node=node)
            if not done:
                await asyncio.sleep(LOOK_EVERY_S)

    async def keep(self) -> NoReturn:
        """Erase what was kept long enough, and delete what is left over, for ever."""
        try:
            while True:
                await self._kept_in_order()
                await asyncio.sleep(KEEP_EVERY_S)
        finally:  # another ccore says so from now on
            self._state = None
            WAITING.set(0)

    async def look(self, node: str) -> bool:
        """Store the recording of ``node`` that has waited longest, and remove raw files; whether there was one."""
        await self._clear(node)
        row = await self._database.fetch_row("recording_store.next", node) if self._keys else None
        if row is None:
            return False
        await self._finalise(node, row)
        await self._clear(node)
        return True

    async def sweep(self) -> None:
        """Delete objects that nobody needs."""
        while rows := await self._database.fetch("recording_store.left_over", self._abandoned_after, AT_ONCE):
            for row in rows:
                await self._erasing.delete(row["object"], row["storage"])
                log.info("recording_object_deleted", object=row["object"], recording=row["recording_id"])

    async def again(self, recording: int, by: str, *, as_it_is: bool) -> bool:
        """Store a broken one after all, if it is whole now or, ``as_it_is``, anyway; False: it is not broken."""
        return await self._database.fetch_value("recording_store.again", recording, by, as_it_is) is not None

    @property
    def worker_pid(self) -> int | None:
        """Of the process that stores, while there is one."""
        return self._worker.pid

    async def close(self) -> None:
        """End the process that stores."""
        await self._worker.close()

    async def _finalise(self, node: str, row: Record) -> None:
        number = row["recording_id"]
        pauses = await self._database.fetch("recording_store.silences", number)
        attempt = self._job(node, row, pauses)
        begun = await self._database.fetch_value(
            "recording_store.begin", number, attempt.object, self._settings.storage
        )
        if begun is None:
            return
        outcome = await self._worker.store(attempt)
        match outcome:
            case Stored():
                if not await self._keep(attempt, outcome):
                    log.warning("recording_given_up", call_id=row["call_id"], recording=number)
                    return
                log.info(
                    "recording_stored", call_id=row["call_id"], recording=number, ms=outcome.milliseconds,
                    bytes=outcome.stored_bytes,
                )  # fmt: skip
            case Broken(why):
                await self._database.execute("recording_store.fail", number, why)
                log.error("recording_broken", call_id=row["call_id"], recording=number, reason=why)
            case Failed(why):
                await self._database.execute("recording_store.put_off", number, why, self._again_after)
                log.warning("recording_put_off", call_id=row["call_id"], recording=number, reason=why)
        OUTCOMES.labels(type(outcome).__name__.lower()).inc()

    def _job(self, node: str, row: Record, pauses: Iterable[Record]) -> Job:
        began, ended = row["started_at"], row["ended_at"]
        rx, tx = (str(path) for path in _raw(self._folders[node], row))
        return Job(
            recording=row["recording_id"],
            rx=rx,
            tx=tx,
            format=row["format"],
            rx_bytes=row["rx_bytes"],
            tx_bytes=row["tx_bytes"],
            wall_ms=None if began is None else round((ended - began).total_seconds() * 1000),
            as_it_is=row["as_it_is"],
            encoding=self._settings.encoding,
            storage=self._settings.storage,
            object=object_name(row["recording_id"], ended, secrets.token_hex(8)),
            key=envelope.new_key().hex(),
            silences=silences(began or row["expected_at"], (Pause(**pause) for pause in pauses)),
        )

    async def _keep(self, job: Job, stored: Stored) -> bool:
        """From now on that object is the recording; False: another one is, or it was erased."""
        key_id, master = list(self._keys.items())[-1]
        wrapped = envelope.wrap(master, job.recording, bytes.fromhex(job.key))
        kept = await self._database.fetch_value(
            "recording_store.keep", job.recording, job.object, job.storage, job.encoding, stored.milliseconds,
            stored.sha256, stored.bytes, stored.stored_sha256, stored.stored_bytes, key_id, wrapped,
            self._abandoned_after,
        )  # fmt: skip
        return kept is not None

    async def _kept_in_order(self) -> None:
        try:
            self._state = await self._database.fetch_row("recording_store.state", list(self._keys))
            WAITING.set(0 if self._state is None else self._state["waiting"])
            await self._erasing.out_of_date()
            await self.sweep()
        except (CcoreError, asyncpg.PostgresError) as error:
            log.warning("recordings_not_kept_in_order", reason=str(error))

    async def _clear(self, node: str) -> None:
        """Remove raw files that are not needed any more, and note that they are gone."""
        while rows := await self._database.fetch("recording_store.raw", node, AT_ONCE):
            for row in rows:
                await asyncio.to_thread(_remove, _raw(self._folders[node], row))
                await self._database.execute("recording_store.raw_gone", row["recording_id"])


def _raw(folder: Path, row: Record) -> tuple[Path, Path]:
    """Of what the caller said, and of what the caller heard."""
    rx, tx = (folder / f"{row['stem']}-{direction}.{row['format']}" for direction in (RECEIVED, SENT))
    return rx, tx


def _remove(paths: tuple[Path, Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
