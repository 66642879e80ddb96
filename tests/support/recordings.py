"""Recordings as Asterisk and the ledger leave them, a storage that speaks S3, and the archive that takes them in."""

import asyncio
import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import numpy as np
from minio import Minio
from pydantic import SecretStr

from ccore.archive import Recording
from ccore.config import Config, Paths, Secrets
from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.recording.archive import Archive
from tests.support.ports import free_port
from tests.support.waiting import until

RATE = 16000
LEFT_HZ, RIGHT_HZ = 440.0, 1000.0  # what the caller "says", and the agent
KEYS = {"first": base64.b64encode(bytes(range(32))).decode()}
BEGAN = datetime(2026, 11, 22, 7, tzinfo=UTC)
NODE = "node1"

Samples = np.ndarray[tuple[int], np.dtype[np.int16]]


def tone(hz: float, seconds: float, rate: int = RATE) -> Samples:
    """A tone as raw samples."""
    return (8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def loudest_hz(samples: Samples, rate: int = RATE) -> float:
    """Which tone it is."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.argmax(spectrum) * rate / len(samples))


@dataclass(frozen=True, slots=True)
class Raw:
    """A finished recording in the ledger, and its files."""

    number: int
    rx: Path
    tx: Path
    left: Samples
    right: Samples


async def finished(dsn: str, folder: Path, seconds: float = 1.0, channel: int = 1, **columns: object) -> Raw:
    """Leave one of so many seconds, with a tone in each direction; ``columns`` of its row may be said otherwise."""
    stem = f"20261122/{NODE}-1795330800.{channel}_1"
    rx, tx = (folder / f"{stem}-{direction}.sln16" for direction in ("rx", "tx"))
    rx.parent.mkdir(parents=True, exist_ok=True)
    left, right = tone(LEFT_HZ, seconds), tone(RIGHT_HZ, seconds)
    rx.write_bytes(left.tobytes())
    tx.write_bytes(right.tobytes())
    row: dict[str, object] = {
        "node": NODE, "channel": f"{NODE}-1795330800.{channel}", "call_id": f"{NODE}-1795330800.{channel}",
        "call_key": f"{NODE}!1795330800.{channel}", "queue": "sales", "agent": "2001", "number": "+8613812345678",
        "direction": "in", "state": "finished", "rule": "queue", "kind": "always", "expected_at": BEGAN,
        "started_at": BEGAN, "ended_at": BEGAN + timedelta(seconds=seconds), "stem": stem, "format": "sln16",
        "rx_bytes": left.nbytes, "tx_bytes": right.nbytes, "keep_days": 3650, **columns,
    }  # fmt: skip
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    insert = f"INSERT INTO recordings ({', '.join(row)}) VALUES ({places}) RETURNING recording_id"
    number = await value(dsn, insert, *row.values())
    assert isinstance(number, int)
    return Raw(number, rx, tx, left, right)


async def value(dsn: str, sql: str, *args: object) -> object:
    """What a statement of the test's own says."""
    connection = await asyncpg.connect(dsn)
    try:
        found: object = await connection.fetchval(sql, *args)
        return found
    finally:
        await connection.close()


def archive(database: Database, directory: Path, keys: dict[str, str] | None = None, **recording: object) -> Archive:
    """One of a site whose node records into ``directory/monitor``."""
    config = Config(paths=Paths(var=directory / "var"), recording=Recording.model_validate(recording))
    secrets = Secrets(
        ami_events_secret=SecretStr("events-secret-of-tests"),
        ami_actions_secret=SecretStr("actions-secret-of-tests"),
        recording_keys={name: SecretStr(key) for name, key in (KEYS if keys is None else keys).items()},
        s3_access_key=SecretStr("access"),
        s3_secret_key=SecretStr("secret"),
    )
    return Archive(config, secrets, database, {NODE: directory / "monitor"})


async def heard(kept: Archive, number: int, start: int = 0, stop: int | None = None) -> bytes:
    """The sound of a recording, or a part of it."""
    row = await kept.playback.find(number)
    assert row is not None
    sound = kept.playback.sound(row)
    assert sound is not None, row["state"]
    parts = await kept.playback.hear(sound, start, sound.size if stop is None else stop, "anna", "file")
    return b"".join([part async for part in parts])


def _until_it_listens(port: int) -> None:
    ends = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, "moto's server does not listen"
            time.sleep(0.05)
        else:
            return


@asynccontextmanager
async def archive_on(dsn: str, directory: Path, **recording: object) -> AsyncIterator[Archive]:
    """An archive with a connection of its own."""
    async with Database.opened(dsn, Settings(acquire_timeout_s=30)) as database:
        kept = archive(database, directory, **recording)  # type: ignore[arg-type]
        async with kept.open():
            yield kept


@contextmanager
def s3_server(bucket: str) -> Iterator[str]:
    """The address of a storage that speaks S3, moto's server in a process of its own, with an empty bucket."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            endpoint = f"127.0.0.1:{port}"
            _until_it_listens(port)
            client = Minio(endpoint, access_key="access", secret_key="secret", secure=False, region="us-east-1")
            client.make_bucket(bucket)
            yield f"http://{endpoint}"
        finally:
            server.kill()


async def none_waits(dsn: str) -> bool:
    """Whether nothing waits to be stored."""
    return await value(dsn, "SELECT count(*) FROM recordings WHERE state = 'finished' OR raw_gone_at IS NULL") == 0


async def stored_all(dsn: str, within_s: float = 60.0) -> None:
    """Wait until nothing waits to be stored; what was put off is tried at once, whenever that is written down."""

    async def none_left() -> bool:
        await value(dsn, "UPDATE recordings SET try_at = NULL WHERE try_at IS NOT NULL")
        return await none_waits(dsn)

    await until(none_left, within_s)


async def service(dsn: str, directory: str, recording: str) -> None:
    """What ccore does with finished recordings, until it is killed: run as ``python -m tests.support.recordings``."""
    async with archive_on(dsn, Path(directory), **json.loads(recording)) as kept:
        await kept.store.watch(NODE)


if __name__ == "__main__":
    asyncio.run(service(*sys.argv[1:]))
