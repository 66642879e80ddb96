"""Lists of contacts over HTTP: what is in them, who is taken out or called again, and who is erased."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.centre.centre import Centre
from ccore.dialer.lists.contacts import Lists, Sought
from ccore.dialer.model import Outcome
from ccore.log import mask_number
from ccore.people.model import Role
from ccore.tables import Digits, Name
from ccore.web.bodies import Page, PhoneNumber, Said, telephone
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.uploads import UploadState, list_of

# Spelt out where it is used: another outcome has the name in the document.
AttemptOutcome = Annotated[
    str, Field(pattern=f"^({'|'.join(Outcome)})$", json_schema_extra={"enum": [each.value for each in Outcome]})
]
ContactState = Literal["open", "claimed", "done", "removed"]


class ListTitle(Said):
    """What a list is called."""

    title: Annotated[str, Field(max_length=200)] = ""


class ContactsWanted(Page):
    """Which contacts: all that is said must be right, and a number or a list has to be said."""

    number: PhoneNumber | None = None
    list: Name | None = None
    state: ContactState | None = None
    agent: Digits | None = None
    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class ListDeletion(Said):
    """``force``: though a campaign that has the list runs."""

    force: bool = False


class CallAgain(Said):
    """Whom of a list to call again: who ended so, or with such a disposition; nothing said: all who are done."""

    outcomes: Annotated[tuple[AttemptOutcome, ...], Field(max_length=20)] = ()
    dispositions: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


class PersonErasure(Said):
    """Whom to erase."""

    number: PhoneNumber


class ContactList(Told):
    """One list: its contacts by state, those of the open ones who are ``due``, when the next is, and the last upload.

    ``upload`` and ``upload_state`` are null if nothing was uploaded yet.
    """

    list: str
    title: str
    made_by: str
    made_at: datetime
    open: int
    due: int
    next_at: datetime | None
    claimed: int
    done: int
    removed: int
    upload: Annotated[int | None, Field(validation_alias="upload_id")]
    upload_state: UploadState | None


class ContactLists(Told):
    """All that are not deleted, by name."""

    lists: list[ContactList]


class ListDeleted(Told):
    """How many of its contacts would still have been called."""

    removed: int


class ContactsOpened(Told):
    """How many contacts are called again."""

    opened: int


class Contact(Told):
    """One contact; numbers are masked. ``barred``: campaigns must not call them. ``fields`` are those of the file."""

    contact: Annotated[int, Field(validation_alias="contact_id")]
    list: str
    number: str
    others: tuple[str, ...]
    zone: str
    region: str
    name: str
    fields: dict[str, Any]
    priority: int
    state: ContactState
    attempts: int
    next_at: datetime
    not_before: datetime | None
    agent: str | None
    last_outcome: str | None
    disposition: str | None
    upload: Annotated[int | None, Field(validation_alias="upload_id")]
    made_at: datetime
    changed_at: datetime
    barred: bool


class Contacts(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    contacts: list[Contact]
    before: int | None


class PersonErased(Told):
    """How many lists held them."""

    lists: int


class _Lists:
    def __init__(self, lists: Lists, region: str, centre: Callable[[], Centre]) -> None:
        self._lists, self._region, self._centre = lists, region, centre

    async def listed(self, _asked: Asked[None, None]) -> ContactLists:
        return ContactLists(lists=[ContactList.model_validate(dict(row)) for row in await self._lists.listed()])

    async def one(self, asked: Asked[None, None]) -> ContactList:
        rows = await self._lists.listed(list_of(asked))
        if not rows:
            raise web.HTTPNotFound(text="there is no such list")
        return ContactList.model_validate(dict(rows[0]))

    async def make(self, asked: Asked[ListTitle, None]) -> Done:
        await self._lists.make(list_of(asked), asked.body.title, asked.person.login)
        return Done()

    async def delete(self, asked: Asked[None, ListDeletion]) -> ListDeleted:
        name = list_of(asked)
        using = [campaign for campaign, each in self._centre().campaigns.items() if name in each.list_names()]
        done = await self._lists.delete(name, asked.person.login, using, force=asked.query.force)
        if done is None:
            raise web.HTTPNotFound(text="there is no such list")
        count, busy = done
        if busy:
            raise web.HTTPConflict(text=f"it is called by {busy}: stop that first, or send force=true")
        return ListDeleted(removed=count)

    async def again(self, asked: Asked[CallAgain, None]) -> ContactsOpened:
        outcomes, dispositions = list(asked.body.outcomes), list(asked.body.dispositions)
        count = await self._lists.reopen_list(list_of(asked), asked.person.login, outcomes, dispositions)
        return ContactsOpened(opened=count)

    async def search(self, asked: Asked[None, ContactsWanted]) -> Contacts:
        want = asked.query
        number = None if want.number is None else telephone(want.number, self._region)
        if number is None and want.list is None:
            raise web.HTTPBadRequest(text="name a number or a list")
        sought = Sought(number, want.list, want.state, want.agent, want.name, want.before)
        contacts = [_contact(row) for row in await self._lists.search(sought, want.size)]
        return Contacts(contacts=contacts, before=contacts[-1].contact if len(contacts) == want.size else None)

    async def remove(self, asked: Asked[None, None]) -> Done:
        if not await self._lists.remove(asked.number("contact"), asked.person.login):
            raise web.HTTPConflict(text="there is no such contact, or it was removed already")
        return Done()

    async def reopen(self, asked: Asked[None, None]) -> Done:
        if not await self._lists.reopen(asked.number("contact"), asked.person.login):
            raise web.HTTPConflict(text="there is no such contact, or it is open, or being called")
        return Done()

    async def erase(self, asked: Asked[PersonErasure, None]) -> PersonErased:
        number = telephone(asked.body.number, self._region)
        erased, left = await self._lists.erase(number, asked.person.login)
        if left:
            raise web.HTTPConflict(text="they are being called just now: try again when that is over")
        return PersonErased(lists=erased)


def operations(lists: Lists, region: str, centre: Callable[[], Centre]) -> list[Operation[Any, Any]]:
    """What supervisors do with lists; persons are erased by admins."""
    on, may, admins = _Lists(lists, region, centre), frozenset({Role.SUPERVISOR}), frozenset[Role]()
    named, one = "/lists/{list}", "/contacts/{contact:int}"
    return [
        Operation("GET", "/lists", "Lists of contacts", may, on.listed, answer=ContactLists),
        Operation("GET", named, "One list", may, on.one, answer=ContactList),
        Operation("PUT", named, "Make it, or call it otherwise", may, on.make, body=ListTitle, answer=Done),
        Operation("DELETE", named, "Delete it", may, on.delete, query=ListDeletion, answer=ListDeleted),
        Operation("POST", f"{named}/reopen", "Call again who is done", may, on.again, body=CallAgain,
                  answer=ContactsOpened),
        Operation("GET", "/contacts", "Contacts", may, on.search, query=ContactsWanted, answer=Contacts),
        Operation("DELETE", one, "Call them no more", may, on.remove, answer=Done),
        Operation("POST", f"{one}/reopen", "Call them again", may, on.reopen, answer=Done),
        Operation("POST", "/contacts/erasures", "Forget a person", admins, on.erase, body=PersonErasure,
                  answer=PersonErased),
    ]  # fmt: skip


def _contact(row: Record) -> Contact:
    masked = {"number": mask_number(row["number"]), "others": tuple(map(mask_number, row["others"]))}
    return Contact.model_validate({**row, **masked})
