"""Versions of the operators' files over HTTP: what was live when, what each changed, how publishing goes."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.versions.diff import FileDiff, changed, file_diffs
from ccore.versions.kinds import edited
from ccore.versions.publications import Busy, Publications
from ccore.versions.service import NoSuchVersion, Versions
from ccore.web.bodies import Page, Said
from ccore.web.live.site import publication_told
from ccore.web.live.topics import LivePublication
from ccore.web.v1.operations import Asked, Operation, Told


class Against(Said):
    """The version to compare with; none: the one it replaced."""

    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None


class RollBack(Said):
    """The version that was seen to be live."""

    live: Annotated[int, Field(ge=1, le=2**31 - 1)]


class SwitchShown(Told):
    """When it became live, by whom and why."""

    at: datetime
    by: str
    reason: Literal["first-start", "publish", "rollback", "automatic-rollback"]


class VersionShown(Told):
    """One set of files; ``switches`` are the times it became live, the latest first."""

    version: int
    at: datetime
    by: str
    note: str
    previous: int | None
    live: bool
    on_trial: bool
    switches: list[SwitchShown]


class VersionsShown(Told):
    """The newest first; ``before`` gives the next page, and is null on the last; ``live`` before there is any."""

    live: int | None
    versions: list[VersionShown]
    before: int | None


class DiffLine(Told):
    """A line: of both sides, or of the one that numbers it."""

    old: int | None
    new: int | None
    text: str


class DiffOfFile(Told):
    """What is different in a file; one that is no text has no ``hunks``."""

    path: str
    what: Literal["added", "removed", "changed"]
    hunks: list[list[DiffLine]]


class VersionDiff(Told):
    """What version ``version`` changed against ``against`` (null: there was none). ``others`` are sounds and such."""

    version: int
    against: int | None
    files: list[DiffOfFile]
    others: int


class PublicationBegun(Told):
    """Its number: how it goes is at /publications, and live in ``publishing``."""

    publication: int


class PublicationsShown(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    publications: list[LivePublication]
    before: int | None


class _Versions:
    def __init__(self, database: Database, publications: Publications) -> None:
        self._versions, self._publications = Versions(database), publications

    async def listed(self, asked: Asked[None, Page]) -> VersionsShown:
        want = asked.query
        live = await self._versions.live()
        versions, switches = await self._versions.history()
        page = [each for each in versions if want.before is None or each.number < want.before][: want.size]
        shown = [
            VersionShown(
                version=each.number,
                at=each.made_at,
                by=each.made_by,
                note=each.note,
                previous=each.previous,
                live=live is not None and live.number == each.number,
                on_trial=live is not None and live.number == each.number and live.on_trial,
                switches=[
                    SwitchShown(at=switch.at, by=switch.by, reason=switch.reason)
                    for switch in switches
                    if switch.number == each.number
                ],
            )
            for each in page
        ]
        before = page[-1].number if len(page) == want.size else None
        return VersionsShown(live=live and live.number, versions=shown, before=before)

    async def diff(self, asked: Asked[None, Against]) -> VersionDiff:
        number = asked.number("version")
        against = asked.query.version or (await self._known(number)).previous
        new = await self._versions.listing(number)
        old = {} if against is None else await self._versions.listing((await self._known(against)).number)
        different = changed(old, new)
        texts = [path for path in different if edited(path)]
        wanted = {listing[path] for listing in (old, new) for path in texts if path in listing}
        contents = await self._versions.contents(wanted)
        sides = [{path: contents[side[path]] for path in texts if path in side} for side in (old, new)]
        files = await asyncio.to_thread(lambda: [diff_shown(each) for each in file_diffs(*sides)])
        return VersionDiff(version=number, against=against, files=files, others=len(different) - len(texts))

    async def roll_back(self, asked: Asked[RollBack, None]) -> PublicationBegun:
        number, live = asked.number("version"), await self._versions.live()
        await self._known(number)
        if live is None or live.number != asked.body.live:
            now = "" if live is None else f": {live.by} has made version {live.number} live"
            raise web.HTTPConflict(text=f"another version is live now{now}")
        if number == live.number:
            raise web.HTTPConflict(text=f"version {number} is live")
        return await begun(self._publications.roll_back(asked.person.login, number, live.number))

    async def publications(self, asked: Asked[None, Page]) -> PublicationsShown:
        rows = await self._publications.listed(asked.query.before, asked.query.size)
        shown = [publication_told(row) for row in rows]
        return PublicationsShown(
            publications=shown, before=shown[-1].publication if len(shown) == asked.query.size else None
        )

    async def publication(self, asked: Asked[None, None]) -> LivePublication:
        row = await self._publications.one(asked.number("publication"))
        if row is None:
            raise web.HTTPNotFound(text="there is no such publication")
        return publication_told(row)

    async def _known(self, number: int) -> Any:
        try:
            if number >= 1 << 31:
                raise NoSuchVersion
            return await self._versions.version(number)
        except NoSuchVersion as error:
            raise web.HTTPNotFound(text="there is no such version") from error


def operations(database: Database, publications: Publications) -> list[Operation[Any, Any]]:
    """For operators."""
    on, may, one = _Versions(database, publications), frozenset({Role.OPERATOR}), "/versions/{version:int}"
    return [
        Operation("GET", "/versions", "What was published", may, on.listed, query=Page, answer=VersionsShown),
        Operation("GET", f"{one}/diff", "What one changed", may, on.diff, query=Against, answer=VersionDiff),
        Operation("POST", f"{one}/rollback", "Go back to it", may, on.roll_back, body=RollBack,
                  answer=PublicationBegun, status=202),
        Operation("GET", "/publications", "How publishing went", may, on.publications, query=Page,
                  answer=PublicationsShown),
        Operation("GET", "/publications/{publication:int}", "How one goes", may, on.publication,
                  answer=LivePublication),
    ]  # fmt: skip


async def begun(beginning: Awaitable[int]) -> PublicationBegun:
    """The number of what begins. Raises HTTPConflict if another one goes on."""
    try:
        return PublicationBegun(publication=await beginning)
    except Busy as error:
        raise web.HTTPConflict(text=str(error)) from error


def diff_shown(diff: FileDiff) -> DiffOfFile:
    """As it is answered."""
    hunks = [[DiffLine(old=line.old, new=line.new, text=line.text) for line in hunk] for hunk in diff.hunks]
    return DiffOfFile(path=diff.path, what=diff.what, hunks=hunks)
