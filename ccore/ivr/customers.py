"""Who is calling: from the site's own table, else from its customer system, before the first prompt."""

import time
from collections.abc import Collection, Sequence

import asyncpg
import phonenumbers
import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.ivr.adapter import Adapter
from ccore.ivr.customer_list import LANGUAGES, Listed
from ccore.ivr.fetch import LookUps
from ccore.ivr.model import Customer, Found, Values
from ccore.ivr.remembered import Remembered
from ccore.subscriber import e164

log = structlog.get_logger()

ADAPTER = "customer"  # its name in lookups.toml
WITHIN_S = 0.3  # in all: the caller hears nothing until then, and takes a longer pause for a dead line
REMEMBERED_S = 30.0  # each step of a call asks again, and so does a caller who redials; whoever is nobody, too
MOST_REMEMBERED = 20_000
_LEAST_S = 0.02  # with less left the customer system need not be asked


class Customers:
    """Knows callers by their numbers; ``region`` is that of numbers without a country code."""

    def __init__(self, database: Database, look_ups: LookUps, region: str) -> None:
        self._database = database
        self._look_ups = look_ups
        self._region = region
        self._adapter: Adapter | None = None
        self._remembered: Remembered[str, Customer] = Remembered(MOST_REMEMBERED)

    def use(self, adapter: Adapter | None) -> None:
        """Ask this system for those who are not in the table; None: there is none."""
        self._adapter = adapter

    async def known(self, caller: str) -> Customer:
        """Who calls from ``caller`` (digits, with a leading + at most), within 0.3 s; nobody in particular if late."""
        now = time.monotonic()
        if (customer := self._remembered.get(caller, now)) is not None:
            return customer
        number = e164(caller, self._region)
        customer = Customer() if number is None else await self._found(number, now + WITHIN_S)
        self._remembered.keep(caller, customer, time.monotonic() + REMEMBERED_S)
        return customer

    async def _found(self, number: str, ends: float) -> Customer:
        row = await self._row(number, ends - time.monotonic())
        if row is not None:
            return Customer(row["name"], row["tier"], row["language"], frozenset(row["tags"]))
        left_s = ends - time.monotonic()
        if self._adapter is None or left_s < _LEAST_S:
            return Customer()
        ask = {"number": number, "national": _national(number)}
        answer = await self._look_ups.fetch(ADAPTER, self._adapter, ask, within_s=left_s)
        return _customer(answer.values) if isinstance(answer, Found) and answer.values else Customer()

    async def _row(self, number: str, within_s: float) -> Record | None:
        try:
            return await self._database.within_deadline(within_s, self._database.fetch_row("customers.known", number))
        except (Unavailable, OutcomeUnknown, asyncpg.PostgresError) as error:
            log.warning("customer_not_looked_up", reason=str(error))
            return None


async def take(database: Database, customers: Collection[Listed], source: str, *, whole: bool) -> tuple[int, int]:
    """Put a list in the table, all of it or nothing; the numbers of customers written and removed.

    ``whole``: whoever came with an earlier list of this ``source`` and is not in this one is removed.
    """
    async with database.transaction() as transaction:
        await transaction.execute("customers.incoming")
        await transaction.copy_records(
            "customers_incoming",
            columns=("number", "name", "tier", "language", "tags"),
            records=[(each.number, each.name, each.tier, each.language, list(each.tags)) for each in customers],
        )
        removed = await transaction.execute("customers.remove_missing", source) if whole else 0
        return await transaction.execute("customers.take", source), removed


def _national(number: str) -> str:
    """The number without its country code, as systems within one country often know it."""
    return str(phonenumbers.parse(number).national_number)


def _customer(values: Values) -> Customer:
    said = {name: value.text for name, value in values.items()}
    language = said.get("language", "")
    tags: Sequence[str] = said["tags"].split(",") if "tags" in said else ()
    return Customer(
        said.get("name", ""), said.get("tier", ""), language if language in LANGUAGES else "", frozenset(tags)
    )
