"""Ends recordings: their retention, holds against it, and erasure that can be proved."""

import asyncio
import enum
import hashlib
from collections.abc import Mapping
from typing import Literal

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError
from ccore.recording import envelope, proof, reading
from ccore.recording.storage import ObjectMissing, Storage, StorageFailed

log = structlog.get_logger()

AT_ONCE = 100
RETENTION = "kept as long as it had to be"
BY_RETENTION = "ccore"
LIVE = {"expected", "recording"}

HoldKind = Literal["recording", "call", "number"]


class Erased(enum.StrEnum):
    """What came of the wish to erase a recording."""

    ERASED = "erased"
    UNKNOWN = "there is no such recording"
    ALREADY = "it is erased already"
    HELD = "it is held, and stays"
    LIVE = "its call goes on"


class Erasing:
    """Erasure is the destruction of a recording's key, after which nobody can hear it, and then of all that is left."""

    def __init__(self, database: Database, storages: Mapping[str, Storage], keys: Mapping[str, bytes]) -> None:
        self._database = database
        self._storages = storages
        self._keys = keys

    async def erase(self, recording: int, by: str, reason: str) -> Erased:
        """Erase one for good, for ``reason``. What cannot be deleted from the storage now is deleted later."""
        async with self._database.transaction() as transaction:
            await transaction.execute("recording_store.no_new_holds")
            row = await transaction.fetch_row("recording_store.to_erase", recording)
            if row is None or row["state"] == "erased":
                return Erased.UNKNOWN if row is None else Erased.ALREADY
            if row["held"] or row["state"] in LIVE:
                return Erased.HELD if row["held"] else Erased.LIVE
            await transaction.execute("recording_store.destroy_key", recording)
            await transaction.execute("recording_store.erased", recording)
            await _prove(transaction, recording, row, by, reason)
        log.info("recording_erased", recording=recording, reason=reason)
        return Erased.ERASED

    async def of_number(self, number: str) -> list[int]:
        """Every recording with this number that is not erased."""
        return [row["recording_id"] for row in await self._database.fetch("recording_store.of_number", number)]

    async def out_of_date(self) -> int:
        """Erase what was kept long enough; how many."""
        count = 0
        while rows := await self._database.fetch("recording_store.out_of_date", AT_ONCE):
            for row in rows:
                count += await self.erase(row["recording_id"], BY_RETENTION, RETENTION) is Erased.ERASED
        return count

    async def hold(self, kind: HoldKind, value: str, reason: str, by: str) -> int | None:
        """Have nothing of it erased, now and later, until ``release``; the hold's number, None if it is there."""
        held: int | None = await self._database.fetch_value("recording_store.hold", kind, value, reason, by)
        return held

    async def release(self, hold: int, by: str) -> bool:
        """End a hold; False: there is none of this number."""
        return await self._database.fetch_value("recording_store.release", hold, by) is not None

    async def holds(self, *, all_of_them: bool = False) -> list[Record]:
        """What is held."""
        return await self._database.fetch("recording_store.holds", all_of_them)

    async def delete(self, name: str, storage: str) -> None:
        """Delete an object, and note that it is gone. Raises StorageFailed."""
        if storage not in self._storages:
            raise StorageFailed(f"{name} is in the storage {storage}, which is not configured")
        await asyncio.to_thread(self._storages[storage].delete, name)
        await self._database.execute("recording_store.object_gone", name)

    async def rekey(self) -> int:
        """Have every recording's key encrypted by the current one of the site's; how many were not.

        Raises NotAsStored for one that no key of secrets.toml opens: those before it are done.
        """
        if not self._keys:
            raise envelope.NotAsStored("secrets.toml has no recording_keys")
        current, master = list(self._keys.items())[-1]
        count = 0
        while rows := await self._database.fetch("recording_store.keys_of_others", current, AT_ONCE):
            for row in rows:
                key = self.open_key(row)
                wrapped = envelope.wrap(master, row["recording_id"], key)
                await self._database.execute(
                    "recording_store.rewrap", row["recording_id"], row["key_id"], current, wrapped
                )
            count += len(rows)
        return count

    def open_key(self, row: Record) -> bytes:
        """The key of a recording, of a row with recording_id, key_id and wrapped. Raises NotAsStored."""
        master = self._keys.get(row["key_id"] or "")
        if master is None or row["wrapped"] is None:
            raise envelope.NotAsStored(f"no key of secrets.toml opens recording {row['recording_id']}")
        return envelope.unwrap(master, row["recording_id"], row["wrapped"])

    async def faults_of_proof(self) -> list[str]:
        """What is wrong with the chain of erasures."""
        found: list[str] = []
        number, previous = 0, proof.BEGINNING
        while rows := await self._database.fetch("recording_store.erasures", number, AT_ONCE):
            found += proof.faults(map(dict, rows), number, previous)
            number, previous = rows[-1]["erasure_id"], rows[-1]["hash"]
        return found

    async def fault(self, row: Record) -> str:
        """Read a whole stored recording; what is wrong with it, "" if it is as it was stored."""
        try:
            return await asyncio.to_thread(
                reading.fault, self._storages[row["storage"]], row["object"], row["recording_id"],
                self.open_key(row), row["bytes"], row["sha256"], row["stored_sha256"],
            )  # fmt: skip
        except KeyError:
            return f"recording {row['recording_id']}: the storage {row['storage']} is not configured"
        except ObjectMissing as error:
            return f"recording {row['recording_id']}: {error}"
        except CcoreError as error:
            return str(error)

    async def stored(self, after: int) -> list[Record]:
        """Some stored recordings with numbers after ``after``."""
        return await self._database.fetch("recording_store.stored", after, AT_ONCE)


async def _prove(transaction: Transaction, recording: int, row: Record, by: str, reason: str) -> None:
    await transaction.execute("recording_store.one_erasure_at_a_time")
    last = await transaction.fetch_row("recording_store.last_erasure")
    number, previous = (0, proof.BEGINNING) if last is None else (last["erasure_id"], last["hash"])
    key = hashlib.sha256(row["wrapped"] or b"").hexdigest()
    erasure = proof.Erasure(number + 1, recording, utc_now(), by, reason, row["sha256"], row["object"], key, previous)
    await transaction.execute(
        "recording_store.add_erasure", erasure.number, recording, erasure.at, by, reason, erasure.sha256,
        erasure.object, key, previous, proof.sealed(erasure),
    )  # fmt: skip
