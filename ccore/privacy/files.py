"""Files of this machine that still name a number: Asterisk's logs, which ccore reads once and never writes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_OVERLAP = 200  # bytes of one piece that are looked at again with the next: no way of writing a number is longer
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedIn:
    """A file of a node, by its path below ``log``; when it was last written."""

    node: str
    file: str
    written_at: str


def naming(folders: Mapping[str, Path], pattern: str) -> list[NamedIn]:
    """Those below ``folders``, by node, in whose name or content ``pattern`` is found."""
    wanted = re.compile(pattern.encode("ascii"))
    return [
        NamedIn(node, str(path.relative_to(folder)), _written(path))
        for node, folder in sorted(folders.items())
        for path in _files(folder)
        if wanted.search(path.name.encode("utf-8", "surrogateescape")) or _in(path, wanted)
    ]


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _written(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _in(path: Path, wanted: re.Pattern[bytes]) -> bool:
    return any(wanted.search(piece) for piece in _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    before = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield before + piece
                before = piece[-_OVERLAP:]
    except OSError:  # it was rotated away, or is not ours to read: then there is nothing to say of it
        return
