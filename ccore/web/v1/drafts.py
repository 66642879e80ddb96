"""Drafts over HTTP: an operator's own copy of the files that are live, to be changed, checked, compared, published."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.chinese.faults import in_chinese
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.versions.drafts import ChangedMeanwhile, Draft, Drafts, TooMany
from ccore.versions.kinds import PATTERN, edited, refused
from ccore.versions.publications import Found, NotChecked, Publications
from ccore.versions.service import Versions
from ccore.versions.trees import hash_of
from ccore.web.bodies import MOST_BYTES_EVER, Said
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.versions import DiffOfFile, PublicationBegun, begun, diff_shown

Hash = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]


class FileNamed(Said):
    """Which file, as it lies in the operators' directory."""

    path: Annotated[str, Field(max_length=100, pattern=PATTERN)]


class FileRead(FileNamed):
    """The file that was read: its ``hash``, "" where there was none."""

    hash: Hash


class FileWritten(Said):
    """What the file is to hold, 256 kB at most; ``hash`` is of what was read before, "" where there was no file."""

    text: str
    hash: Hash


class Publish(Said):
    """What is new, for those who look later."""

    note: Annotated[str, Field(max_length=200)] = ""


class Seen(Said):
    """The version whose difference was looked at."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)]


class DraftFile(Told):
    """``state``: as it is live, or what the draft does to it. ``clashes``: somebody else has changed it since."""

    path: str
    state: Literal["same", "changed", "added", "removed"]
    clashes: bool
    bytes: int
    hash: str


class Between(Told):
    """What was published since the draft was begun on version ``begun_on``."""

    begun_on: int
    version: int
    by: str
    at: datetime | None
    note: str


class DraftShown(Told):
    """All files. ``version`` is live; ``between`` is null where nobody has published since the changes were begun.

    ``changed`` are so many files; ``sounds``: so many were built for prompts, and wait to be published with them.
    """

    version: int
    changed: int
    sounds: int
    between: Between | None
    files: list[DraftFile]


class FileShown(Told):
    """A file of the draft; ``published`` is what is live, null where there is none."""

    path: str
    text: str
    hash: str
    state: Literal["same", "changed", "added", "removed"]
    published: str | None


class FileSaved(Told):
    """Its hash now."""

    hash: str


class FaultFound(Told):
    """What is wrong in a line (0: with the file as a whole), in English and in Chinese."""

    path: str
    line: int
    code: str
    message: str
    message_zh: str


class Faults(Told):
    """All of it; none: it can be published."""

    faults: list[FaultFound]


class DraftDiff(Told):
    """What the draft changes."""

    files: list[DiffOfFile]


class _Drafts:
    def __init__(self, database: Database, drafts: Drafts, publications: Publications) -> None:
        self._versions, self._drafts, self._publications = Versions(database), drafts, publications

    async def shown(self, asked: Asked[None, None]) -> DraftShown:
        draft = await self._of(asked)
        files = await asyncio.to_thread(lambda: [_listed(draft, path) for path in _paths(draft)])
        return DraftShown(
            version=draft.tree.version,
            changed=len(draft.texts()),
            sounds=len(draft.sounds()),
            between=await self._between(draft),
            files=files,
        )

    async def read(self, asked: Asked[None, FileNamed]) -> FileShown:
        draft, path = await self._of(asked), asked.query.path
        content, live = draft.content(path), draft.tree.content(path)
        if content is None and live is None:
            raise web.HTTPNotFound(text="there is no such file")
        return FileShown(
            path=path,
            text=_text(content),
            hash=hash_of(content),
            state=_state(draft, path),
            published=None if live is None else _text(live),
        )

    async def write(self, asked: Asked[FileWritten, FileNamed]) -> FileSaved:
        if why := refused(asked.body.text):
            raise web.HTTPBadRequest(text=why)
        return await self._put(asked, asked.query.path, asked.body.text.encode(), asked.body.hash)

    async def remove(self, asked: Asked[None, FileRead]) -> FileSaved:
        return await self._put(asked, asked.query.path, None, asked.query.hash)

    async def _put(self, asked: Asked[Any, Any], path: str, content: bytes | None, seen: str) -> FileSaved:
        try:
            return FileSaved(hash=await self._drafts.put(asked.person.login, path, content, seen))
        except (ChangedMeanwhile, TooMany) as error:
            raise web.HTTPConflict(text=str(error)) from error

    async def revert(self, asked: Asked[None, FileNamed]) -> Done:
        await self._drafts.leave(asked.person.login, asked.query.path)
        return Done()

    async def drop(self, asked: Asked[None, None]) -> Done:
        await self._drafts.leave(asked.person.login, None)
        return Done()

    async def faults(self, asked: Asked[None, None]) -> Faults:
        try:
            found = await self._publications.faults(await self._of(asked))
        except NotChecked as error:
            raise web.HTTPConflict(text=str(error)) from error
        return Faults(faults=[_fault(each) for each in found])

    async def diff(self, asked: Asked[None, None]) -> DraftDiff:
        draft = await self._of(asked)
        return DraftDiff(files=await asyncio.to_thread(lambda: [diff_shown(each) for each in draft.diffs()]))

    async def seen(self, asked: Asked[Seen, None]) -> Done:
        if not await self._drafts.settle(asked.person.login, asked.body.version):
            raise web.HTTPConflict(text="another version is live now: look at it first")
        return Done()

    async def publish(self, asked: Asked[Publish, None]) -> PublicationBegun:
        draft = await self._of(asked)
        if not draft.changes:
            raise web.HTTPConflict(text="there is nothing to publish: your draft is what is live")
        if between := await self._between(draft):
            when = f" ({between.note})" if between.note else ""
            raise web.HTTPConflict(
                text=f"{between.by} has made version {between.version}{when} live since you began on version "
                f"{between.begun_on}: look at what is different, then publish again"
            )
        return await begun(self._publications.publish(asked.person.login, draft, asked.body.note))

    async def _of(self, asked: Asked[Any, Any]) -> Draft:
        return await self._drafts.of(asked.person.login)

    async def _between(self, draft: Draft) -> Between | None:
        begun_on, version = draft.behind(), draft.tree.version
        if begun_on is None:
            return None
        live = await self._versions.live()
        if live is None or live.number != version:  # this ccore is about to come to another one
            return Between(begun_on=begun_on, version=version, by="", at=None, note="")
        note = (await self._versions.version(version)).note
        return Between(begun_on=begun_on, version=version, by=live.by, at=live.at, note=note)


def operations(database: Database, drafts: Drafts, publications: Publications) -> list[Operation[Any, Any]]:
    """For operators; each has one draft."""
    on, may, file = _Drafts(database, drafts, publications), frozenset({Role.OPERATOR}), "/draft/file"
    return [
        Operation("GET", "/draft", "Your copy of the files", may, on.shown, answer=DraftShown),
        Operation("DELETE", "/draft", "Drop all you have changed", may, on.drop, answer=Done),
        Operation("GET", file, "A file of your copy", may, on.read, query=FileNamed, answer=FileShown),
        Operation("PUT", file, "Change it", may, on.write, body=FileWritten, query=FileNamed, answer=FileSaved,
                  most_bytes=MOST_BYTES_EVER),
        Operation("DELETE", file, "Take it away", may, on.remove, query=FileRead, answer=FileSaved),
        Operation("POST", f"{file}/revert", "As it is live", may, on.revert, query=FileNamed, answer=Done),
        Operation("GET", "/draft/faults", "What is wrong in your copy", may, on.faults, answer=Faults),
        Operation("GET", "/draft/diff", "What you have changed", may, on.diff, answer=DraftDiff),
        Operation("PUT", "/draft/version", "You have seen what is live", may, on.seen, body=Seen, answer=Done),
        Operation("POST", "/draft/publication", "Publish it", may, on.publish, body=Publish, answer=PublicationBegun,
                  status=202),
    ]  # fmt: skip


def _paths(draft: Draft) -> list[str]:
    return sorted({*draft.tree.paths(), *(path for path in draft.changes if edited(path))})


def _listed(draft: Draft, path: str) -> DraftFile:
    content, change = draft.content(path), draft.changes.get(path)
    return DraftFile(
        path=path,
        state=_state(draft, path),
        clashes=change is not None and draft.clashes(change),
        bytes=len(content or b""),
        hash=hash_of(content),
    )


def _state(draft: Draft, path: str) -> Literal["same", "changed", "added", "removed"]:
    change = draft.changes.get(path)
    if change is None:
        return "same"
    if change.content is None:
        return "removed"
    return "added" if draft.tree.content(path) is None else "changed"


def _fault(found: Found) -> FaultFound:
    chinese = in_chinese(found.code, found.message)
    return FaultFound(path=found.path, line=found.line, code=found.code, message=found.message, message_zh=chinese)


def _text(content: bytes | None) -> str:
    return "" if content is None else content.decode(errors="replace")
