"""The live files with a person's changes over them, laid out in a directory: to be checked, tried and published."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ccore.versions import disk
from ccore.versions.kinds import edited

Changes = Mapping[str, bytes | None]  # path → what is to stand there; None: the file is to go


@dataclass(frozen=True, slots=True)
class Tree:
    """What runs on this machine: the directory itself (the link to it may be turned meanwhile) and its version."""

    directory: Path
    version: int

    def paths(self) -> list[str]:
        """Those that people edit, in order."""
        found = (path.relative_to(self.directory).as_posix() for path in self.directory.rglob("*.*"))
        return sorted(path for path in found if edited(path))

    def content(self, path: str) -> bytes | None:
        """What stands at a path that people edit; None if nothing does."""
        try:
            return (self.directory / path).read_bytes()
        except FileNotFoundError:
            return None

    def contents(self, paths: Collection[str]) -> dict[str, bytes]:
        """What stands at several, as far as there is something."""
        return {path: content for path in paths if (content := self.content(path)) is not None}


def live(root: Path) -> Tree:
    """The files that run here; ``root`` is where versions lie."""
    return Tree((root / disk.LIVE).resolve(), disk.live(root) or disk.NOT_PUBLISHED)


def lay(tree: Tree, changes: Changes, directory: Path, *, texts_only: bool = False) -> None:
    """Lay the tree with the changes over it into ``directory``, which is made: what is the same is linked.

    ``texts_only``: without the sounds.
    """
    directory.mkdir(parents=True)
    for path in disk.listed(tree.directory):
        name = path.relative_to(tree.directory).as_posix()
        if name not in changes and (edited(name) or not texts_only):
            _place(directory, name).symlink_to(path)
    for name, content in changes.items():
        if content is not None and (edited(name) or not texts_only):
            _place(directory, name).write_bytes(content)


def _place(directory: Path, name: str) -> Path:
    place = directory / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def hash_of(content: bytes | None) -> str:
    """By which somebody who has read a file says which one they have; "" of none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()
