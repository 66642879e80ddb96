"""Lists of contacts: what is in them, who is taken out of them or called again, and who is forgotten altogether."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.log import mask_number

log = structlog.get_logger()

# Whom we called, when, and by whose consent is to be told to regulators for so long, whoever wants to be forgotten.
EVIDENCE = timedelta(days=30)
LOOK_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sought:
    """Which contacts are looked for; None: any. ``before`` is the number of a contact that was seen already."""

    number: str | None = None
    list: str | None = None
    state: str | None = None
    agent: str | None = None
    name: str | None = None
    before: int | None = None


class Lists:
    """The tables of contacts. Everything raises Unavailable and OutcomeUnknown; ``who`` is a login."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, name: str | None = None) -> list[Record]:
        """Every list, or the one of that name: title, contacts by state, how many are due, the last upload."""
        return await self._database.fetch("contacts.lists", name)

    async def make(self, name: str, title: str, who: str) -> None:
        """See to it that there is a list ``name`` with this title."""
        await self._database.execute("contacts.make_list", name, title, who)

    async def search(self, sought: Sought, most: int) -> list[Record]:
        """Contacts, the newest first; ``barred``: campaigns must not call them."""
        return await self._database.fetch(
            "contacts.search", sought.number, sought.list, sought.state, sought.agent, sought.name, sought.before, most
        )

    async def remove(self, contact: int, who: str) -> bool:
        """Have a contact not called any more; False if there is none, or it was removed already."""
        return await self._database.fetch_value("contacts.remove", contact, who) is not None

    async def reopen(self, contact: int, who: str) -> bool:
        """Have a contact called as if for the first time; False if it is neither done nor removed."""
        return await self._database.fetch_value("contacts.reopen", contact, who) is not None

    async def reopen_list(self, name: str, who: str, outcomes: list[str], dispositions: list[str]) -> int:
        """Likewise all of a list that are done: with these outcomes or dispositions, or all. How many that are."""
        count: int = await self._database.fetch_value("contacts.reopen_list", name, who, outcomes, dispositions)
        log.info("list_reopened", list=name, count=count)
        return count

    async def delete(self, name: str, who: str, campaigns: Collection[str], *, force: bool) -> tuple[int, str] | None:
        """Delete a list; how many of its contacts would still have been called, and which campaigns forbid it.

        None: there is none. ``campaigns`` have it among theirs: while one of them does not stand still, it is deleted
        only by ``force``. Whom it has called, and what came of that, stays.
        """
        row = await self._database.fetch_row("contacts.delete_list", name, who, force, sorted(campaigns))
        if row is None:
            return None
        log.info("list_not_deleted" if row["by"] else "list_deleted", list=name, count=row["removed"], force=force)
        return row["removed"], row["by"]

    async def erase(self, number: str, who: str) -> tuple[int, int]:
        """Forget a person, by any of their E.164 numbers: how many lists held them, and how many still do.

        Those do because a number is being called just now: it is to be tried again. Their consents end. Attempts and
        consents stay for EVIDENCE, and are nobody's afterwards; numbers that are not to be called stay so.
        """
        row = await self._database.fetch_row("contacts.erase", number, who, mask_number(number))
        assert row is not None, "an aggregate always gives one row"
        log.info("person_erased", lists=row["count"], left=row["left"])
        await self.pseudonymise()
        return row["count"], row["left"]

    async def pseudonymise(self) -> None:
        """Take the numbers of persons who were erased from what need not be kept as evidence any more."""
        if count := await self._database.fetch_value("contacts.pseudonymise", EVIDENCE):
            log.info("evidence_pseudonymised", count=count)

    async def watch(self) -> NoReturn:
        """Likewise, for ever; one ccore does so."""
        await Trouble("evidence_not_pseudonymised").every(LOOK_EVERY_S, self.pseudonymise)

    async def uploads(self, name: str | None, before: int | None, most: int) -> list[Record]:
        """Uploads, of one list or all, the newest first."""
        return await self._database.fetch("contacts.uploads", name, before, most)

    async def upload(self, number: int) -> Record | None:
        """One upload, with how far it is."""
        return await self._database.fetch_row("contacts.upload", number)

    async def cancel(self, number: int, who: str) -> bool:
        """Have an upload end, of which nothing counts then; False if it is over."""
        return await self._database.fetch_value("contacts.cancel_upload", number, who) is not None

    async def of_key(self, who: str, key: str) -> Record | None:
        """The upload ``who`` has asked for under ``key``: upload_id, list, sha256, asked."""
        return await self._database.fetch_row("contacts.upload_of_key", who, key)

    async def said(self, upload: int, after_row: int, rows: int) -> list[Record]:
        """What there is to say of the rows of an upload after one of them: some ``rows``, none of them in part."""
        return await self._database.fetch("contacts.report", upload, after_row, rows)
