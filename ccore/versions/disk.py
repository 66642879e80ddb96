"""Versions on this machine's disk: the working copy as it is read, and the version that runs, laid out beside others.

``root`` is a directory of ccore's own: it holds a directory for each version, and the link ``live`` to the one that
runs, or to the files that came with ccore. A process killed at any moment leaves a link to a whole version.
"""

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ccore.errors import CcoreError
from ccore.versions.model import Files

LIVE = "live"
NOT_PUBLISHED = 0  # the number of what runs before any database has been told of it
MOST_BYTES = 500_000_000  # of one version: whoever has more has put something here that is no prompt
_NOT_FOR_CALLERS = {"README.md", "selling.md", "schemas"}  # what helps people to write the rest
_TEXTS = {".toml", ".conf"}


class TooLarge(CcoreError):
    """The operators' directory holds more than a version may; nothing was changed."""


def read(directory: Path) -> dict[str, bytes]:
    """The files of an operators' ``directory``, without what only helps to write them. Raises TooLarge, OSError."""
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for path in listed(directory):
        left -= path.stat().st_size
        if left < 0:
            raise TooLarge(
                f"{directory} holds more than {MOST_BYTES // 1_000_000} MB: keep there only what callers need"
            )
        files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files


def hashes(directory: Path) -> dict[str, bytes]:
    """The files of ``directory`` by the SHA-256 of what they hold."""
    return hashed(read(directory))


def hashed(files: Files) -> dict[str, bytes]:
    """The SHA-256 of each file."""
    return {path: hashlib.sha256(content).digest() for path, content in files.items()}


def differing(one: Path, other: Path) -> list[str]:
    """The paths at which two directories differ; files with the same size and time are taken to be the same."""
    ours, theirs = (dict(_stats(directory)) for directory in (one, other))
    suspects = sorted(path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path))
    return [path for path in suspects if not _same(one / path, other / path)]


def live(root: Path) -> int | None:
    """The number of the version that runs, NOT_PUBLISHED if no database knows it; None if there is none yet."""
    if not (root / LIVE).is_dir():
        return None
    target = os.readlink(root / LIVE)
    return int(target) if target.isdecimal() else NOT_PUBLISHED


def is_laid(root: Path) -> bool:
    """Whether what runs lies under ``root`` itself."""
    return (root / LIVE).resolve().is_relative_to(root.resolve())


def laid(root: Path) -> list[tuple[int, Path]]:
    """Number and directory of the versions that lie there, and of what runs, which is the last."""
    others = [(int(path.name), path) for path in root.iterdir() if path.name.isdecimal()]
    now = live(root)
    return [*sorted(version for version in others if version[0] != now), (now or NOT_PUBLISHED, root / LIVE)]


def lay(
    root: Path,
    number: int,
    listing: Mapping[str, bytes],
    contents: Mapping[bytes, bytes],
    runs: Mapping[str, bytes] | None = None,
) -> Path:
    """Have version ``number`` lie under ``root`` with exactly the files of ``listing``, a hash each; its directory.

    ``contents`` are by hash, but for those that what runs has too: ``runs`` are its hashes.
    """
    target = root / str(number)
    if target.exists() and hashes(target) == listing:
        return target
    known = {found: root / LIVE / path for path, found in (runs or {}).items()}
    fresh = _fresh(root, number)
    for path, found in listing.items():
        place = fresh / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if found not in contents and is_laid(root):
            os.link(known[found], place)  # sounds are large, and few of them change
        else:
            _write(place, contents[found] if found in contents else known[found].read_bytes())
    return _put(fresh, target)


def lay_copy(root: Path, number: int, directory: Path) -> None:
    """Have a copy of ``directory`` lie there as version ``number``."""
    fresh = _fresh(root, number)
    copy(directory, fresh)
    _put(fresh, root / str(number))


def copy(directory: Path, target: Path) -> None:
    """Copy the files that ``read`` reads, with their times, into the new directory ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    for path in listed(directory):
        place = target / path.relative_to(directory)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)


def write(directory: Path, files: Files) -> None:
    """Write all files into the new ``directory``."""
    directory.mkdir(parents=True)
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        _write(directory / path, content)


def use(root: Path, number: int) -> None:
    """Make version ``number``, which lies there, the one that runs; all others but the last are cleared away."""
    before = live(root)
    _link(root, str(number))
    for path in root.iterdir():
        if path.name.isdecimal() and int(path.name) not in {number, before}:
            shutil.rmtree(path)


def use_directly(root: Path, directory: Path) -> None:
    """Run ``directory`` itself, where nobody edits it: it changes with ccore."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _link(root, str(directory))


def _link(root: Path, target: str) -> None:
    fresh = root / f".{LIVE}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(root / LIVE)


def _fresh(root: Path, number: int) -> Path:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)  # look-ups may hold keys of other systems
    fresh = root / f".{number}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    return fresh


def _put(fresh: Path, target: Path) -> Path:
    if target.exists():  # somebody has changed it by hand
        shutil.rmtree(target)
    fresh.rename(target)
    return target


def _write(path: Path, content: bytes) -> None:
    """The texts are surely on disk then; a sound that a power cut takes is put back from the database."""
    with path.open("xb") as file:
        file.write(content)
        if path.suffix in _TEXTS:
            file.flush()
            os.fsync(file.fileno())


def _stats(directory: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    for path in listed(directory):
        state = path.stat()
        yield path.relative_to(directory).as_posix(), (state.st_size, state.st_mtime_ns)


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except FileNotFoundError:
        return False


def listed(directory: Path) -> Iterator[Path]:
    """The files that ``read`` reads, in order."""
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if not hidden and not path.name.endswith("~") and parts[0] not in _NOT_FOR_CALLERS and path.is_file():
            yield path
