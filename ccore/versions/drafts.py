"""Drafts: each operator's own changes to the files that are live, kept until they are published or dropped."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asyncpg import Record
from pydantic import ValidationError

from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError
from ccore.prompts.sounds import MANIFEST_FILE, NARROW, Manifest
from ccore.versions import trees
from ccore.versions.diff import FileDiff, file_diffs
from ccore.versions.disk import hashed
from ccore.versions.kinds import MOST_CHANGED, edited
from ccore.versions.trees import Tree, hash_of


class ChangedMeanwhile(CcoreError):
    """This file has been changed in another window since it was read: look at it again. Nothing was written."""


class TooMany(CcoreError):
    """A draft changes too many files: publish some of them first. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody is about to do to one file: ``content`` None takes it away. ``was`` is the hash ("" of none) of
    what version ``version`` had there as they began."""

    path: str
    content: bytes | None
    was: str
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """One person's changes over the files that run here: of the texts that they write, and sounds built for these."""

    tree: Tree
    changes: Mapping[str, Change]

    def content(self, path: str) -> bytes | None:
        """What stands there with the changes; None if nothing does."""
        change = self.changes.get(path)
        return self.tree.content(path) if change is None else change.content

    def own(self) -> trees.Changes:
        """What is changed, by path. Of the list of sounds these are only its own."""
        return {path: change.content for path, change in self.changes.items()}

    def contents(self) -> trees.Changes:
        """What is to lie at each path that is changed."""
        own = self.own()
        return own if own.get(MANIFEST_FILE) is None else {**own, MANIFEST_FILE: self.manifest().written()}

    def manifest(self) -> Manifest:
        """Which sounds there are with the changes: what others have published meanwhile stays beside its own."""
        return self.own_manifest().over(_manifest(self.tree.content(MANIFEST_FILE)))

    def own_manifest(self) -> Manifest:
        """Which sounds the changes bring."""
        change = self.changes.get(MANIFEST_FILE)
        return _manifest(None if change is None else change.content)

    def texts(self) -> list[str]:
        """The paths of texts that are changed."""
        return [path for path in self.changes if edited(path)]

    def sounds(self) -> list[str]:
        """The paths of sounds that are new: one for each prompt in each language."""
        return [path for path, each in self.changes.items() if path.endswith(NARROW) and each.content is not None]

    def behind(self) -> int | None:
        """The version that was live as the oldest of the changes was begun, if another one is live now."""
        return next((each.version for each in self.changes.values() if each.version != self.tree.version), None)

    def clashes(self, change: Change) -> bool:
        """Whether somebody else has published something at its path since it was begun."""
        return change.was != hash_of(self.tree.content(change.path))

    def diffs(self) -> list[FileDiff]:
        """What is different from what is live, in texts."""
        own = self.own()
        new = {path: content for path in self.texts() if (content := own[path]) is not None}
        return file_diffs(self.tree.contents(self.texts()), new)


class Drafts:
    """All drafts, over the versions that lie under ``root``. Methods raise what the database raises."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database, self._root = database, root

    async def of(self, login: str) -> Draft:
        """Somebody's draft; what others have published is in it, where it is not changed."""
        return _draft(trees.live(self._root), await self._database.fetch("drafts.changes", login))

    async def put(self, login: str, path: str, content: bytes | None, seen: str) -> str:
        """Have ``content`` at ``path`` (None: nothing), where the one of hash ``seen`` was read; its hash.

        Raises ChangedMeanwhile, TooMany.
        """
        async with self.alone(login) as (transaction, draft):
            if hash_of(draft.content(path)) != seen:
                raise ChangedMeanwhile(ChangedMeanwhile.__doc__)
            if path not in draft.changes and len(draft.texts()) >= MOST_CHANGED:
                raise TooMany(TooMany.__doc__)
            await change(transaction, login, draft, path, content)
        return hash_of(content)

    async def leave(self, login: str, path: str | None) -> None:
        """Drop the change of one file, or (None) all of them."""
        if path is None:
            await self._database.execute("drafts.leave_all", login)
        else:
            await self._database.execute("drafts.leave", login, path)

    async def settle(self, login: str, version: int) -> bool:
        """Somebody has seen what ``version`` has in place of what they began with; False if it is not what runs."""
        async with self.alone(login) as (transaction, draft):
            if draft.tree.version != version:
                return False
            for path in draft.changes:
                live = draft.tree.content(path)
                if live == draft.changes[path].content:
                    await transaction.execute("drafts.leave", login, path)
                else:
                    was = bytes.fromhex(hash_of(live)) or None
                    await transaction.execute("drafts.settle", login, path, was, version)
        return True

    async def published(self, login: str, changes: trees.Changes) -> None:
        """These changes of somebody's are live; what they have changed since stays in the draft."""
        hashes = hashed({path: content for path, content in changes.items() if content is not None})
        await self._database.execute("drafts.published", login, list(changes), [hashes.get(path) for path in changes])

    @asynccontextmanager
    async def alone(self, login: str) -> AsyncIterator[tuple[Transaction, Draft]]:
        """Somebody's draft, which nobody else changes within the block."""
        async with self._database.transaction() as transaction:
            await transaction.execute("drafts.alone", login)
            yield transaction, _draft(trees.live(self._root), await transaction.fetch("drafts.changes", login))


async def change(transaction: Transaction, login: str, draft: Draft, path: str, content: bytes | None) -> None:
    """Have ``content`` at ``path`` of somebody's ``draft`` (None: nothing); as it is live is no change."""
    before, live = draft.changes.get(path), draft.tree.content(path)
    if content == live:
        await transaction.execute("drafts.leave", login, path)
    else:
        was = bytes.fromhex(before.was if before else hash_of(live)) or None
        await transaction.execute("drafts.put", login, path, content, was, draft.tree.version)


def _manifest(content: bytes | None) -> Manifest:
    """Of a list that cannot be read no sound counts as built, so it is built anew."""
    try:
        return Manifest() if content is None else Manifest.model_validate_json(content)
    except ValidationError:
        return Manifest()


def _draft(tree: Tree, rows: list[Record]) -> Draft:
    return Draft(tree, {row["path"]: _change(row) for row in rows})


def _change(row: Record) -> Change:
    was = "" if row["was"] is None else row["was"].hex()
    return Change(row["path"], row["content"], was, row["version"], row["changed_at"])
