"""Versions on this machine's disk: the working copy as it is read, and the version that runs, laid out beside others.

``root`` is a directory of ccore's own: it holds a directory for each version, and the link ``live`` to the one that
runs. A process killed at any moment leaves a link to a whole version.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ccore.errors import CcoreError
from ccore.versions.model import Files

LIVE = "live"
NOT_PUBLISHED = 0  # the number of what runs before any database has been told of it
MOST_BYTES = 500_000_000  # of one version: whoever has more has put something here that is no prompt
_NOT_FOR_CALLERS = {"README.md", "schemas"}  # what helps people to write the rest
_TEXTS = {".toml", ".conf"}


class TooLarge(CcoreError):
    """The operators' directory holds more than a version may; nothing was changed."""


def read(directory: Path) -> dict[str, bytes]:
    """The files of an operators' ``directory``, without what only helps to write them. Raises TooLarge, OSError."""
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for path in _files(directory):
        left -= path.stat().st_size
        if left < 0:
            raise TooLarge(
                f"{directory} holds more than {MOST_BYTES // 1_000_000} MB: keep there only what callers need"
            )
        files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files


def live(root: Path) -> int | None:
    """The number of the version that runs; None if there is none yet."""
    try:
        number = int(os.readlink(root / LIVE))
    except (FileNotFoundError, ValueError):
        return None
    return number if (root / str(number)).is_dir() else None


def laid(root: Path) -> list[tuple[int, Path]]:
    """Number and directory of the versions that lie there, that which runs last."""
    found = [(int(path.name), path) for path in root.iterdir() if path.name.isdecimal()]
    return sorted(found, key=lambda version: (version[0] == live(root), version[0]))


def lay(root: Path, number: int, files: Files) -> Path:
    """Have version ``number`` lie under ``root`` with exactly these files; its directory."""
    target = root / str(number)
    if not target.exists() or read(target) != files:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)  # look-ups may hold keys of other systems
        fresh = root / f".{number}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        write(fresh, files)
        if target.exists():  # somebody has changed it by hand
            shutil.rmtree(target)
        fresh.rename(target)
    return target


def write(directory: Path, files: Files) -> None:
    """Write all files into the new ``directory``; the texts are surely on disk then.

    A sound that a power cut takes is put back from the database when ccore next looks there.
    """
    directory.mkdir(parents=True)
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
            if target.suffix in _TEXTS:
                file.flush()
                os.fsync(file.fileno())


def use(root: Path, number: int) -> None:
    """Make version ``number``, which lies there, the one that runs; all others but the last are cleared away."""
    before = live(root)
    fresh = root / f".{LIVE}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(str(number))
    fresh.replace(root / LIVE)
    for other, directory in laid(root):
        if other not in {number, before}:
            shutil.rmtree(directory)


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if not hidden and not path.name.endswith("~") and parts[0] not in _NOT_FOR_CALLERS and path.is_file():
            yield path
