"""What agents say came of calls of campaigns becomes the contact's: done, again, a call-back, or never again."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NoReturn

import structlog
from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.dialer.opening import open_to

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
AGAIN = timedelta(days=1)  # of a result that says no time
FURTHEST = timedelta(days=90)  # ahead: what is asked for later is a mistake of the keyboard
# Whose agent is away so long after it was due is called by anybody; and so much later by anybody at all events.
OWNER_AWAY, OWNER_BUSY = timedelta(minutes=30), timedelta(hours=4)
MOST_LISTED = 1000
Becomes = Literal["done", "again", "call-back", "do-not-call"]
Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Wish:
    """When a contact wants to be called again, and whether by the agent who has talked to them alone."""

    at: datetime | None = None
    own: bool = False


class Results:
    """``here`` is the time now, of the site's zone. Everything raises Unavailable while PostgreSQL does not answer."""

    def __init__(self, database: Database, here: Callable[[], datetime]) -> None:
        self.trouble = Trouble("results_not_carried_over")
        self._database = database
        self._here = here
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """The campaigns there are from now on."""
        self._centre = centre

    async def wrong(self, call: str, disposition: str, wish: Wish) -> Sequence[str]:
        """What is wrong with such a result of a call, beside its fields: nothing, if it is no campaign's."""
        row = await self._database.fetch_row("results.contact_of", call)
        campaign = self._campaign(row["campaign"]) if row else None
        if row is None or campaign is None:
            return [] if wish == Wish() else ["at and own are for calls of campaigns"]
        match becomes(campaign, disposition):
            case "call-back" if row["attempts"] >= campaign.attempts.most:
                return [f"this contact was called {row['attempts']} times, and may not be called again"]
            case "call-back" if wish.at is None:
                return ["at is missing: when they want to be called"]
            case "call-back" | "again":
                return self._untimely(campaign, row["zone"], wish.at)
        return [] if wish == Wish() else [f"{disposition} is no result with a time"]

    async def call_backs(self, campaign: str | None, agent: str | None) -> Sequence[Record]:
        """Those that are open, the first due first."""
        return await self._database.fetch("results.call_backs", campaign, agent, MOST_LISTED)

    async def move(self, number: int, agent: str | None, at: datetime | None) -> Sequence[str] | None:
        """Give call-back ``number`` to ``agent`` (None: anybody), at another time if that is named.

        What is wrong with that; None if there is no such call-back.
        """
        row = await self._database.fetch_row("results.call_back_of", number)
        if row is None:
            return None
        campaign = self._campaign(row["campaign"])
        if wrong := campaign and self._untimely(campaign, row["zone"], at):
            return wrong
        moved = await self._database.execute("results.move_call_back", number, agent, at or row["due_at"])
        return [] if moved else None

    async def owner(self, number: int) -> str | None:
        """Whose call-back it is, "" if anybody's; None if there is none."""
        row = await self._database.fetch_row("results.call_back_of", number)
        return None if row is None else str(row["agent"] or "")

    async def cancel(self, number: int, by: str) -> bool:
        """Nobody is called back; the contact is done. Whether there was such a call-back."""
        row = await self._database.fetch_row("results.call_back_of", number)
        if row is None:
            return False
        async with self._database.transaction() as transaction:
            ended = await transaction.execute("results.end_call_backs", row["contact_id"], "cancelled")
            await transaction.execute("results.settle", row["contact_id"], None, "done", None)
        log.info("contact_call_back_cancelled", call_back=number, by=by)
        return bool(ended)

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {"results of campaigns": self.run}

    async def run(self) -> NoReturn:
        """For ever."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> None:
        """Once: carry results over, and let others do what an agent does not."""
        for row in await self._database.fetch("results.due"):
            async with self._database.transaction() as transaction:
                if await transaction.fetch_value("results.take", row["disposition_id"]) is not None:
                    await self._carried(transaction, row)
        for shared in await self._database.fetch("results.share_call_backs", OWNER_AWAY, OWNER_BUSY):
            log.info("contact_call_back_shared", call_back=shared["contact_call_back_id"])
        await self._database.execute("results.drop_call_backs")

    async def _carried(self, transaction: Transaction, row: Record) -> None:
        campaign = self._campaign(row["campaign"])
        if row["campaign"] is None:
            return
        contact, disposition = row["contact_id"], row["disposition"]
        said = campaign is not None and disposition in campaign.detection.dispositions
        await transaction.execute("results.machine_met", row["call_id"], said)
        how: Becomes = "done" if campaign is None else becomes(campaign, disposition)
        await transaction.execute("results.end_call_backs", contact, "done")
        at = row["again_at"] or (self._here() + AGAIN if how in {"again", "call-back"} else None)
        await transaction.execute("results.settle", contact, disposition, "open" if at else "done", at)
        if how == "call-back":
            owner = row["agent"] if row["own"] else None
            await transaction.execute("results.call_back", contact, row["campaign"], at, owner, row["by_whom"])
        if how == "do-not-call":
            source = f"campaign {row['campaign']}"
            # They speak for all the numbers they have.
            numbers = [row["number"], *(each["number"] for each in await transaction.fetch("results.numbers", contact))]
            await transaction.execute("barring.add", numbers, disposition, source, row["by_whom"])
            await transaction.execute("results.bar_contacts", numbers)
        log.info("contact_disposed", campaign=row["campaign"], contact=contact, disposition=disposition, becomes=how)

    def _campaign(self, name: str | None) -> Campaign | None:
        campaigns: Mapping[str, Campaign] = self._centre.campaigns if self._centre else {}
        return campaigns.get(name or "")

    def _untimely(self, campaign: Campaign, zone: str, at: datetime | None) -> Sequence[str]:
        now = self._here()
        if at is None:
            return []
        if not now < at < now + FURTHEST:
            return [f"at is not within the next {FURTHEST.days} days"]
        assert self._centre is not None
        if not open_to(campaign, self._centre, [zone], at.astimezone(now.tzinfo)):
            return ["at is outside of the hours in which this contact may be called"]
        return []


def becomes(campaign: Campaign, disposition: str) -> Becomes:
    """What becomes of a contact with such a result."""
    return campaign.dispositions.get(disposition, "done")
