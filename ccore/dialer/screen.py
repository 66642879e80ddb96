"""What an agent sees of a contact, before a call and in it: their data, the script, what was before, the consent."""

from collections.abc import Mapping
from dataclasses import asdict

from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.script import filled, shown

Screen = dict[str, object]


class Screens:
    """Raises Unavailable while PostgreSQL does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """The campaigns there are from now on."""
        self._centre = centre

    async def of_contact(self, contact: int, campaign: str, attempt: int | None = None) -> Screen | None:
        """The contact as an agent of ``campaign`` sees them, beside the ``attempt`` that goes on; None: erased."""
        row = await self._database.fetch_row("previews.contact", contact, attempt)
        if row is None:
            return None
        settings = self._centre.campaigns.get(campaign) if self._centre else None
        purpose = settings.purpose if settings else ""
        history = await self._database.fetch("previews.history", row["number"], attempt)
        consent = await self._database.fetch_row("previews.consent", row["number"], purpose)
        due = await self._database.fetch_row("previews.call_back", contact)
        return {
            "campaign": campaign,
            "contact": _contact(row),
            "script": [] if settings is None else _script(settings, row),
            "dispositions": {} if settings is None else dict(settings.dispositions),
            "history": [dict(each) for each in history],
            "consent": None if consent is None else dict(consent),
            "consent_needed": settings is not None and settings.consent == "required",
            "call_back": None if due is None else dict(due),
        }

    async def of_call(self, call: str) -> Screen | None:
        """Of the contact in a call; None if it is no campaign's."""
        row = await self._database.fetch_row("previews.attempt", call)
        if row is None:
            return None
        screen = await self.of_contact(row["contact_id"], row["campaign"], row["attempt_id"])
        return None if screen is None else {**screen, "call": call, "mode": row["mode"], "agent": row["agent"] or ""}


def _contact(row: Record) -> Mapping[str, object]:
    fields = {shown(name): shown(value) for name, value in row["fields"].items()}
    rest = {name: row[name] for name in ("list", "number", "region", "zone", "attempts", "last_outcome", "disposition")}
    rest["others"] = list(row["others"])
    return {"contact": row["contact_id"], "name": shown(row["name"]), "fields": fields, **rest}


def _script(campaign: Campaign, row: Record) -> list[Mapping[str, str]]:
    values = {**row["fields"], "name": row["name"], "number": row["number"]}
    return [asdict(part) for part in filled(campaign.script, values)]
