"""What is known of a person, told to them whole or taken away for good, over HTTP: for admins alone."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import StringConstraints

from ccore.privacy.model import Fate, Hand, Place, Words
from ccore.privacy.places import PLACES
from ccore.privacy.service import Kind, Privacy
from ccore.web.bodies import Page, PhoneNumber, Said, telephone
from ccore.web.v1.operations import Asked, Done, Operation, Told

_PLACES = {place.key: place for place in PLACES}

PersonState = Literal[
    "finding", "making", "ready", "taken", "gone", "found", "erasing", "done", "cancelled", "failed"
]  # fmt: skip
PersonWaits = Literal["", "call", "call-back", "text", "recording", "again", "trouble"]
PlaceFate = Literal["deleted", "replaced", "kept"]


class NewPersonRequest(Said):
    """Whose data, what for, and why: who asked, by which letter."""

    kind: Kind
    number: PhoneNumber
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class PersonRequestMade(Told):
    """Its number."""

    request: int


class InWords(Told):
    """The same in both languages."""

    zh: str
    en: str


class PersonPlace(Told):
    """One kind of record: what erasure does with it; ``why`` it is not deleted; ``unless`` some of it stays."""

    place: str
    name: InWords
    fate: PlaceFate
    why: InWords | None
    unless: InWords | None


class PersonMap(Told):
    """Every kind of record in which something of a person may stand; ``by_two``: another admin confirms erasures."""

    places: list[PersonPlace]
    by_two: bool


class PersonRows(Told):
    """How many ``rows`` of a kind there were; ``kept`` of them stay as they are; ``did``: how many were done so far."""

    place: str
    rows: int
    kept: int
    did: int | None


class PersonFile(Told):
    """A file of a node's own logs that named the number, and when it was last written."""

    node: str
    file: str
    written_at: datetime


class PersonRequest(Told):
    """A request; ``number`` is masked, ``waits`` is what an erasure waits for, ``trouble`` why it failed."""

    request: int
    kind: Kind
    number: str
    reason: str
    state: PersonState
    waits: PersonWaits
    trouble: str
    by: str
    at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    ready_at: datetime | None
    bytes: int | None


class PersonRequestFound(PersonRequest):
    """The same, with what was found and where; ``stays``: how much stays by place, once an erasure is done."""

    places: list[PersonRows]
    files: list[PersonFile]
    stays: dict[str, int]


class PersonRequests(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    requests: list[PersonRequest]
    before: int | None


class _Privacy:
    def __init__(self, privacy: Privacy, by_two: bool) -> None:
        self._privacy = privacy
        self._by_two = by_two

    async def map(self, _asked: Asked[None, None]) -> PersonMap:
        return PersonMap(places=[_place(place) for place in PLACES], by_two=self._by_two)

    async def ask(self, asked: Asked[NewPersonRequest, None]) -> PersonRequestMade:
        body = asked.body
        number = telephone(body.number, self._privacy.region)
        request = await self._privacy.ask(body.kind, number, body.reason, asked.person.login)
        if request is None:
            raise web.HTTPConflict(text="there is one of this number that goes on")
        return PersonRequestMade(request=request)

    async def requests(self, asked: Asked[None, Page]) -> PersonRequests:
        rows = await self._privacy.listed(asked.query.before, asked.query.size)
        listed = [PersonRequest(**_request(row)) for row in rows]
        return PersonRequests(requests=listed, before=listed[-1].request if len(rows) == asked.query.size else None)

    async def one(self, asked: Asked[None, None]) -> PersonRequestFound:
        row = await self._found(asked)
        did, found = row["did"], row["found"]
        places = [
            PersonRows(place=key, rows=rows, kept=kept, did=_did(key, did))
            for key, (rows, kept) in found.get("places", {}).items()
            if rows and key in _PLACES
        ]
        files = [PersonFile.model_validate(each) for each in found.get("files", [])]
        return PersonRequestFound(**_request(row), places=places, files=files, stays=found.get("stay", {}))

    async def confirm(self, asked: Asked[None, None]) -> Done:
        row = await self._found(asked)
        if self._by_two and row["asked_by"] == asked.person.login:
            raise web.HTTPForbidden(text="another admin has to confirm it: [access] erasure_by_two in ccore.toml")
        if not await self._privacy.confirm(row["request_id"], asked.person.login, another=self._by_two):
            raise web.HTTPConflict(text="it does not wait to be confirmed")
        return Done()

    async def cancel(self, asked: Asked[None, None]) -> Done:
        row = await self._found(asked)
        if not await self._privacy.cancel(row["request_id"], asked.person.login):
            raise web.HTTPConflict(text="it is over, or has begun")
        return Done()

    async def file(self, asked: Asked[None, None]) -> web.StreamResponse:
        row = await self._found(asked)
        if row["asked_by"] != asked.person.login:
            raise web.HTTPForbidden(text="only who asked for it may take it")
        if row["state"] != "ready":
            raise web.HTTPConflict(text="there is no file to take: it is made once, and taken once")
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="personal-data-{row["request_id"]}.zip"',
                "Content-Length": str(row["bytes"]),
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(asked.request)
        part = 0
        while (content := await self._privacy.part(row["request_id"], part)) is not None:
            await response.write(content)
            part += 1
        await response.write_eof()
        await self._privacy.taken(row["request_id"], asked.person.login)
        return response

    async def _found(self, asked: Asked[Any, Any]) -> Record:
        row = await self._privacy.one(asked.number("request"))
        if row is None:
            raise web.HTTPNotFound(text="there is no such request")
        return row


def operations(privacy: Privacy, by_two: bool) -> list[Operation[Any, Any]]:
    """All of it is for admins."""
    on, admins = _Privacy(privacy, by_two), frozenset[Any]()
    every, one = "/privacy/requests", "/privacy/requests/{request:int}"
    return [
        Operation("GET", "/privacy/map", "What is kept of a person, and where", admins, on.map, answer=PersonMap),
        Operation("GET", every, "Requests of persons", admins, on.requests, query=Page, answer=PersonRequests),
        Operation("POST", every, "Tell or erase a person", admins, on.ask, body=NewPersonRequest,
                  answer=PersonRequestMade, status=202, secret=True),
        Operation("GET", one, "How a request stands", admins, on.one, answer=PersonRequestFound),
        Operation("POST", f"{one}/confirmation", "Have an erasure begin", admins, on.confirm, answer=Done),
        Operation("POST", f"{one}/cancellation", "Have it come to nothing", admins, on.cancel, answer=Done),
        Operation("GET", f"{one}/file", "What was found, once", admins, on.file, media=("application/zip",)),
    ]  # fmt: skip


def _request(row: Record) -> dict[str, Any]:
    same = (
        "kind",
        "reason",
        "state",
        "waits",
        "trouble",
        "confirmed_by",
        "confirmed_at",
        "ended_at",
        "ready_at",
        "bytes",
    )
    told = {name: row[name] for name in same}
    return {**told, "request": row["request_id"], "number": row["masked"], "by": row["asked_by"], "at": row["asked_at"]}


def _did(key: str, did: dict[str, int]) -> int | None:
    """What others erase is done all at once."""
    hand = _PLACES[key].hand
    return did.get(key if hand is Hand.MAP else hand.value)


def _place(place: Place) -> PersonPlace:
    unless = _words(place.kept.why) if place.kept else None
    return PersonPlace(place=place.key, name=_words(place.name) or InWords(zh="", en=""), fate=_fate(place.fate),
                       why=_words(place.why), unless=unless)  # fmt: skip


def _words(words: Words | None) -> InWords | None:
    return None if words is None else InWords(zh=words.zh, en=words.en)


def _fate(fate: Fate) -> PlaceFate:
    return fate.value
