"""Whom campaigns must not call, and who has said they may, over HTTP."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import AwareDatetime, Field, StringConstraints

from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.sheet_model import What
from ccore.dialer.lists.sheet_report import words
from ccore.dialer.lists.sheet_rows import Site
from ccore.people.model import Role
from ccore.sheets import NoSheet
from ccore.tables import Name
from ccore.web.bodies import PhoneNumber, Said, telephone
from ccore.web.v1.files import FULL, arrived
from ccore.web.v1.operations import Asked, Done, Operation, Told

Prefix = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,13}$")]
BarReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_DIGITS = r"(?:\+|%2[Bb])?[0-9]{1,20}"  # in a path a + may stand as %2B: what is no number is refused later


class BarredWanted(Said):
    """Those after a number, of one source."""

    source: Annotated[str | None, Field(max_length=200)] = None
    after: Annotated[str, Field(max_length=20)] = ""
    size: Annotated[int, Field(ge=1, le=1000)] = 1000


class NewBarred(Said):
    """Who is not to be called any more; many are sent as a file."""

    numbers: Annotated[list[PhoneNumber], Field(min_length=1, max_length=1000)]
    reason: BarReason = ""
    source: Annotated[str, Field(max_length=200)] = ""


class FileOfNumbers(Said):
    """What there is to say of a file of them, which is the body; without a ``source`` that is the file's name."""

    file: Annotated[str, Field(min_length=1, max_length=200)]
    reason: BarReason = ""
    source: Annotated[str, Field(max_length=200)] = ""


class NewPrefix(Said):
    """Likewise all whose number begins so."""

    prefix: Prefix
    reason: BarReason = ""


class ConsentsWanted(Said):
    """Of whom consents are asked for."""

    number: PhoneNumber


class NewConsent(Said):
    """Somebody may be called for a purpose; ``evidence``: where that can be seen."""

    number: PhoneNumber
    purpose: Name
    given_at: AwareDatetime
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Withdrawal(Said):
    """Somebody may no longer be called for a purpose; none said: for any."""

    number: PhoneNumber
    purpose: Name | None = None


class BarredNumber(Told):
    """A number that is not to be called."""

    number: str
    reason: str
    source: str
    made_by: str
    made_at: datetime


class BarredNumbers(Told):
    """In order; ``after`` gives the next page, and is null on the last."""

    numbers: list[BarredNumber]
    after: str | None


class Bar(Told):
    """What keeps a number from being called: ``what`` is itself, or a prefix."""

    what: str
    reason: str
    source: str
    made_by: str
    made_at: datetime


class Bars(Told):
    """None: it may be called, for all that is known here."""

    barred: list[Bar]


class BarredNew(Told):
    """How many of them were not there before."""

    new: int


class FileTaken(Told):
    """How many rows the file had, and how many of its numbers are new."""

    rows: int
    new: int


class RowFault(Told):
    """What is wrong with a row: a word for it, and a text in English and Chinese."""

    row: int
    what: What
    text: str


class FileNotTaken(Told):
    """The file cannot be read, or rows of it are wrong: nothing of it was taken."""

    error: str
    faults: list[RowFault] = Field(default=[])


class BarredPrefix(Told):
    """What numbers begin with that are not to be called."""

    prefix: str
    reason: str
    made_by: str
    made_at: datetime


class BarredPrefixes(Told):
    """All there are."""

    prefixes: list[BarredPrefix]


class Consent(Told):
    """That somebody may be called for a purpose, until it is withdrawn."""

    consent: Annotated[int, Field(validation_alias="consent_id")]
    number: str
    purpose: str
    given_at: datetime
    evidence: str
    noted_by: str
    noted_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class Consents(Told):
    """The newest first."""

    consents: list[Consent]


class Withdrawn(Told):
    """How many consents that ended."""

    withdrawn: int


class _Barred:
    def __init__(self, barring: Barring, site: Site, directory: Path) -> None:
        self._barring, self._site, self._directory = barring, site, directory

    async def listed(self, asked: Asked[None, BarredWanted]) -> BarredNumbers:
        want = asked.query
        rows = await self._barring.numbers(want.after, want.source, want.size)
        numbers = [BarredNumber.model_validate(dict(row)) for row in rows]
        return BarredNumbers(numbers=numbers, after=numbers[-1].number if len(numbers) == want.size else None)

    async def why(self, asked: Asked[None, None]) -> Bars:
        rows = await self._barring.why(self._number(asked.path["number"]))
        return Bars(barred=[Bar.model_validate(dict(row)) for row in rows])

    async def bar(self, asked: Asked[NewBarred, None]) -> BarredNew:
        said = asked.body
        numbers = [self._number(number) for number in said.numbers]
        return BarredNew(new=await self._barring.add(numbers, said.reason, said.source, asked.person.login))

    async def bar_file(self, asked: Asked[None, FileOfNumbers]) -> FileTaken | web.Response:
        """A second one with the same key finds all there, and takes nothing more."""
        said, path = asked.query, self._directory / secrets.token_hex(16)
        source = said.source or said.file
        try:
            await arrived(asked.request, path, said.file)
            done = await self._barring.import_file(path, self._site, said.reason, source, asked.person.login)
        except NoSheet as error:
            raise web.HTTPUnprocessableEntity(text=f"the file cannot be read: {error}") from error
        finally:
            path.unlink(missing_ok=True)
        if done.faults:
            faults = [RowFault(row=row, what=what, text=words(what)) for row, what in done.faults]
            told = FileNotTaken(error="nothing was taken", faults=faults)
            return web.json_response(told.model_dump(mode="json"), status=422)
        return FileTaken(rows=done.rows, new=done.new)

    async def free(self, asked: Asked[None, None]) -> Done:
        if not await self._barring.remove(self._number(asked.path["number"]), asked.person.login):
            raise web.HTTPNotFound(text="it was not there")
        return Done()

    async def prefixes(self, _asked: Asked[None, None]) -> BarredPrefixes:
        rows = await self._barring.prefixes()
        return BarredPrefixes(prefixes=[BarredPrefix.model_validate(dict(row)) for row in rows])

    async def bar_prefix(self, asked: Asked[NewPrefix, None]) -> Done:
        if not await self._barring.add_prefix(asked.body.prefix, asked.body.reason, asked.person.login):
            raise web.HTTPConflict(text="that was so already")
        return Done()

    async def free_prefix(self, asked: Asked[None, None]) -> Done:
        if not await self._barring.remove_prefix(asked.path["prefix"], asked.person.login):
            raise web.HTTPNotFound(text="it was not there")
        return Done()

    async def consents(self, asked: Asked[None, ConsentsWanted]) -> Consents:
        rows = await self._barring.consents(self._number(asked.query.number))
        return Consents(consents=[Consent.model_validate(dict(row)) for row in rows])

    async def consent(self, asked: Asked[NewConsent, None]) -> Done:
        said, by = asked.body, asked.person.login
        if not await self._barring.consent(self._number(said.number), said.purpose, said.given_at, said.evidence, by):
            raise web.HTTPConflict(text="there is a consent for this purpose already")
        return Done()

    async def withdraw(self, asked: Asked[Withdrawal, None]) -> Withdrawn:
        number = self._number(asked.body.number)
        return Withdrawn(withdrawn=await self._barring.withdraw(number, asked.body.purpose, asked.person.login))

    def _number(self, given: str) -> str:
        return telephone(given, self._site.region)


def operations(barring: Barring, site: Site, directory: Path) -> list[Operation[Any, Any]]:
    """Agents bar numbers and note consents and their end; that somebody may be called again is for supervisors.

    Of a file of numbers all is taken or nothing, and the answer comes when it is done; ``directory`` has it meanwhile.
    """
    on, may, agents = _Barred(barring, site, directory), frozenset({Role.SUPERVISOR}), frozenset({Role.AGENT})
    both = may | agents
    numbers, prefixes, consents = "/donotcall", "/donotcall-prefixes", "/consents"
    return [
        Operation("GET", numbers, "Numbers not to be called", may, on.listed, query=BarredWanted,
                  answer=BarredNumbers),
        Operation("POST", numbers, "Call these no more", both, on.bar, body=NewBarred, answer=BarredNew),
        Operation("POST", f"{numbers}/files", "Call nobody of a file any more", may, on.bar_file, query=FileOfNumbers,
                  answer=FileTaken, file=True, also={422: FileNotTaken, 507: FULL}),
        Operation("GET", f"{numbers}/{{number:{_DIGITS}}}", "Why one is not to be called", both, on.why, answer=Bars),
        Operation("DELETE", f"{numbers}/{{number:{_DIGITS}}}", "It may be called again", may, on.free, answer=Done),
        Operation("GET", prefixes, "What numbers begin with that are not to be called", may, on.prefixes,
                  answer=BarredPrefixes),
        Operation("POST", prefixes, "Call nobody whose number begins so", may, on.bar_prefix, body=NewPrefix,
                  answer=Done),
        Operation("DELETE", f"{prefixes}/{{prefix:{_DIGITS}}}", "They may be called again", may, on.free_prefix,
                  answer=Done),
        Operation("GET", consents, "What somebody has consented to", both, on.consents, query=ConsentsWanted,
                  answer=Consents),
        Operation("POST", consents, "Note a consent", both, on.consent, body=NewConsent, answer=Done, status=201),
        Operation("POST", f"{consents}/withdrawals", "Note that one was taken back", both, on.withdraw,
                  body=Withdrawal, answer=Withdrawn),
    ]  # fmt: skip
