"""What those who sell hear when they dial the number of an enquiry and their own: the PIN, and then their figures."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import structlog
from prometheus_client import Counter

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.enquiry import Enquiries, Enquiry
from ccore.ordering.commission.ledger import Employee
from ccore.ordering.number import EmployeeDialled, NumberPlan, parse
from ccore.people import passwords
from ccore.people.pins import Pins, weakness
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import spoken

log = structlog.get_logger()

ENQUIRIES = Counter("ccore_commission_enquiries", "Steps of enquiries by telephone, by what came of them", ["outcome"])

STEP_S = 1.7  # the dialplan waits 2 s
NOBODY = "-"  # whose PIN is never right; who dials a number that is nobody's learns nothing by that

_NO_NUMBER = frozenset({"withheld", "invalid"})

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a step, and what the caller hears, as names of prompts; ``listens``: and then they key their PIN."""

    outcome: Literal["asked", "wrong", "locked", "told", "no-period"]
    prompts: tuple[str, ...]
    language: Language

    @property
    def listens(self) -> bool:
        """Whether it goes on."""
        return self.outcome in {"asked", "wrong"}


class AtPhone:
    """Enquiries by telephone."""

    def __init__(self, database: Database, enquiries: Enquiries, plan: NumberPlan) -> None:
        self._database = database
        self._enquiries = enquiries
        self._pins = Pins(database, "commission")
        self._plan = plan

    def use(self, plan: NumberPlan) -> None:
        """Understand dialled numbers by ``plan`` from now on."""
        self._plan = plan

    async def step(self, call_key: str, dialled: str, caller: str, pin: str) -> Said:
        """One step of a call by ``caller`` to ``dialled``; ``pin`` is what was keyed, "" before they were asked.

        Raises Unavailable and OutcomeUnknown, also when it takes longer than the dialplan waits.
        """
        said = await self._database.within_deadline(STEP_S, self._step(call_key, dialled, caller, pin))
        ENQUIRIES.labels(said.outcome).inc()
        return said

    async def set_pin(self, employee: Employee, pin: str, by: str) -> str:
        """Give an employee a PIN; "" or what is wrong with it."""
        if complaint := weakness(pin):
            return complaint
        salt, kept = await asyncio.to_thread(passwords.salted, pin)
        await self._database.execute("commission.set_pin", employee.employee_id, salt, kept, by)
        return ""

    async def _step(self, call_key: str, dialled: str, caller: str, pin: str) -> Said:
        asked = parse(self._plan, dialled)
        digits = asked.digits if isinstance(asked, EmployeeDialled) else ""
        row = await self._database.fetch_row("commission.dialled", digits)
        number: str = NOBODY + digits if row is None else row["number"]
        language: Language = "zh" if row is None else row["language"]
        if not pin:
            return Said("asked", ("enquiry-ask-pin",), language)
        # Who withholds their number has none that tries of theirs could be counted by: the dialled one counts.
        judged = await self._pins.check(call_key, caller if caller not in _NO_NUMBER else call_key, number, pin)
        if judged != "right":
            log.warning("enquiry_refused", call_id=call_key.partition("!")[2], caller=caller, why=judged, security=True)
        if judged == "locked":
            return Said("locked", ("enquiry-locked",), language)
        if judged == "wrong":
            return Said("wrong", ("enquiry-wrong", "enquiry-ask-pin"), language)
        enquiry = await self._enquiries.enquiry(number, utc_now())
        if enquiry is None:
            return Said("no-period", ("enquiry-away",), language)
        log.info("enquiry_answered", call_id=call_key.partition("!")[2], employee=number)
        return Said("told", tuple(told(enquiry, language)), language)


def told(enquiry: Enquiry, language: Language) -> Iterator[str]:
    """The prompts that say it: orders, sales, commission; the forecast where it is another; what can be paid out."""
    yield from ("enquiry-orders", *spoken(language, Kind.NUMBER, str(enquiry.orders)))
    yield from ("enquiry-sales", *spoken(language, Kind.MONEY, str(enquiry.sales_fen)))
    yield from ("enquiry-commission", *spoken(language, Kind.MONEY, str(enquiry.booked_fen)))
    if enquiry.forecast_fen != enquiry.booked_fen:
        yield from ("enquiry-forecast", *spoken(language, Kind.MONEY, str(enquiry.forecast_fen)))
    yield from ("enquiry-payable", *spoken(language, Kind.MONEY, str(enquiry.payable_fen)))
    yield "goodbye"
