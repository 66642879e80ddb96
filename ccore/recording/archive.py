"""Puts together all that keeps recordings after their calls: the store, erasure, and playback."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.recording.erasing import Erasing
from ccore.recording.links import Links
from ccore.recording.playback import Playback
from ccore.recording.storage import storages
from ccore.recording.store import RecordingStore
from ccore.recording.worker import Worker
from ccore.site_keys import key_bytes


class Archive:
    """The recordings of one ccore. ``folders`` are where its nodes leave raw files, if elsewhere than is configured.

    Raises StorageFailed where the configured storage needs what is not installed.
    """

    def __init__(
        self, config: Config, secrets: Secrets, database: Database, folders: Mapping[str, Path] | None = None
    ) -> None:
        access_key, secret_key = _told(secrets.s3_access_key), _told(secrets.s3_secret_key)
        there = storages(config.recording, config.recordings_dir, access_key, secret_key)
        keys = key_bytes(secrets.recording_keys)
        self.erasing = Erasing(database, there, keys)
        self.playback = Playback(database, there, self.erasing)
        self.links = Links(database, keys)
        self.store = RecordingStore(
            database,
            folders or {name: folder for name in config.nodes if (folder := config.monitor_dir(name)) is not None},
            config.recording,
            keys,
            Worker(config.recording, config.recordings_dir, access_key, secret_key),
            self.erasing,
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Recordings can be stored within this block."""
        try:
            yield
        finally:
            await self.store.close()


def _told(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
