"""Where recordings are kept: a directory, or an S3-speaking storage. Everything here blocks: call it from a thread."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from ccore.archive import Recording
from ccore.errors import CcoreError

PART = 1 << 20  # bytes read at once


class StorageFailed(CcoreError):
    """The storage of recordings does not do what it was asked; the message says what it said."""


class ObjectMissing(StorageFailed):
    """The storage has no such object."""


class Storage(Protocol):
    """Objects by name, such as ``2026/11/22/17-5f0c….ccr``. All raise StorageFailed."""

    kind: str

    def put(self, name: str, content: BinaryIO, size: int) -> None:
        """Have ``content``, which is ``size`` bytes, kept under ``name``: all of it and for good, or nothing."""

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object in parts; or only ``length`` bytes from ``start``."""

    def delete(self, name: str) -> None:
        """Have no object of this name."""


class LocalStorage:
    """A directory of this machine, or one mounted there."""

    kind = "local"

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: BinaryIO, size: int) -> None:
        """Keep it: it is on the disk, and found after a power cut, once this returns."""
        path = self._root / name
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(fresh, "xb", opener=_for_us_only) as file:
                    shutil.copyfileobj(content, file, PART)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            for directory in (path.parent, *path.relative_to(self._root).parents):
                _sync_directory(self._root / directory)
        except OSError as error:
            raise StorageFailed(f"{name} cannot be written: {error}") from error

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """What the file has there."""
        left = length
        try:
            with (self._root / name).open("rb") as file:
                file.seek(start)
                while part := file.read(PART if left is None else min(PART, left)):
                    yield part
                    left = None if left is None else left - len(part)
        except FileNotFoundError as error:
            raise ObjectMissing(f"{name} is not there") from error
        except OSError as error:
            raise StorageFailed(f"{name} cannot be read: {error}") from error

    def delete(self, name: str) -> None:
        """Remove the file, and its day's directory if that is empty now."""
        path = self._root / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailed(f"{name} cannot be removed: {error}") from error
        with suppress(OSError):  # others are there, or another one was quicker
            path.parent.rmdir()


def storages(settings: Recording, root: Path, access_key: str | None, secret_key: str | None) -> dict[str, Storage]:
    """Every storage that objects may be in, by its kind: those of a site that changed from one to the other too.

    Raises StorageFailed where the program for one is not installed.
    """
    found: dict[str, Storage] = {"local": LocalStorage(root)}
    if settings.endpoint and settings.bucket:
        try:
            from ccore.recording.s3 import S3Storage  # noqa: PLC0415 - needs the extra `s3`
        except ImportError as error:
            raise StorageFailed(
                "recording.endpoint is set, and the extra s3 is not: pip install 'ccore[s3]'"
            ) from error
        found["s3"] = S3Storage(settings, access_key or "", secret_key or "")
    return found


def _for_us_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
