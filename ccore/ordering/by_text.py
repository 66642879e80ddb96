"""Does what people ask for by text message: order, end, confirm or refuse, hear what they have sold."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.ordering.lives import SUBSCRIBER, Cancelled, cancel, confirm
from ccore.ordering.model import Attempt
from ccore.ordering.number import NumberPlan
from ccore.ordering.service import Ordering
from ccore.ordering.texts import End, Enquiry, No, Order, Understood, Yes, understand
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()

TEXTS = Counter(
    "ccore_order_texts", "Text messages that came in, by what they asked for and what came of it", ["kind", "outcome"]
)

HELP_EVERY = timedelta(days=1)  # one number gets help no oftener: two machines could talk to each other for ever
NO_SUBSCRIBER, HELP, QUIET = "no-subscriber", "help", "quiet"  # outcomes beside those of orders

# The params of a `sales-enquiry` for an employee: orders, sales_fen, commission_fen, since; none, where there are none.
Earnings = Callable[[int, datetime], Awaitable[Mapping[str, object]]]


class Incoming(Protocol):
    """A text message that came in; ``key`` names it for ever, as a call key names a call."""

    @property
    def key(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def receiver(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


class ByText:
    """Handles text messages; ``earnings`` tells what an employee has sold."""

    def __init__(
        self, database: Database, ordering: Ordering, plan: NumberPlan, region: str, extensions: str, earnings: Earnings
    ) -> None:
        self._database = database
        self._ordering = ordering
        self._plan = plan
        self._region = region
        self._extensions = extensions
        self._earnings = earnings

    def use(self, plan: NumberPlan) -> None:
        """Understand codes by ``plan`` from now on."""
        self._plan = plan

    async def handle(self, message: Incoming) -> str:
        """Do what a message asks for, and say in a word what came of it; the same message again changes nothing.

        Every outcome is told its sender by text message, but that nothing can be done for who is no subscriber, or was
        helped already today. Raises Unavailable and OutcomeUnknown: it is to be handed over again.
        """
        sender = subscriber(message.sender, self._region, self._extensions)
        asked = understand(message.text, self._plan, message.receiver)
        outcome = await self._outcome(message, sender.e164, asked) if isinstance(sender, Subscriber) else NO_SUBSCRIBER
        word = type(asked).__name__.lower()
        TEXTS.labels(word, outcome).inc()
        log.info("text_handled", call_id=message.key, sender=message.sender, asked=word, outcome=outcome)
        return outcome

    async def _outcome(self, message: Incoming, sender: str, asked: Understood) -> str:
        if isinstance(asked, Order):
            sent_at = min(message.received_at, utc_now())
            attempt = Attempt(message.key, message.sender, asked.dialled, sent_at, "sms")
            return (await self._ordering.place(attempt)).value
        earnings = await self._told_earnings(sender) if isinstance(asked, Enquiry) else None
        async with self._database.transaction() as transaction:
            await transaction.execute("ordering_texts.turn", sender)
            before = await transaction.fetch_value("ordering_texts.handled", message.key)
            if before is not None:
                return str(before)
            outcome = await self._done(transaction, message, sender, asked, earnings)
            word = type(asked).__name__.lower()
            await transaction.execute("ordering_texts.note", message.key, sender, word, outcome)
        return outcome

    async def _told_earnings(self, sender: str) -> Mapping[str, object] | None:
        row = await self._database.fetch_row("ordering_texts.seller", sender)
        return None if row is None else await self._earnings(row["employee_id"], utc_now())

    async def _done(
        self,
        transaction: Transaction,
        message: Incoming,
        sender: str,
        asked: Understood,
        earnings: Mapping[str, object] | None,
    ) -> str:
        match asked:
            case End(product):
                return await self._end(transaction, message, sender, product)
            case Yes() | No():
                waiting = await transaction.fetch("ordering_life.waiting", sender)
                if waiting:
                    return await _decided(transaction, waiting, wanted=isinstance(asked, Yes))
            case Enquiry() if earnings:
                await transaction.execute("ordering_texts.reply", message.key, sender, "sales-enquiry", dict(earnings))
                return "sales-enquiry"
        return await _help(transaction, message, sender)

    async def _end(self, transaction: Transaction, message: Incoming, sender: str, product: str) -> str:
        order = await transaction.fetch_row("ordering_life.live", sender, product)
        if order is not None:
            ended = await cancel(transaction, order["order_id"], SUBSCRIBER, "by-text")
            if ended is Cancelled.DONE:
                return "cancelled"
        said = {"outcome": "no-such-order", "dialled": product, "called_at": message.received_at.isoformat()}
        await transaction.execute("ordering_texts.reply", message.key, sender, "order-not-possible", said)
        return "no-such-order"


async def _decided(transaction: Transaction, waiting: list[Record], *, wanted: bool) -> str:
    for order in waiting:
        if wanted:
            await confirm(transaction, order, SUBSCRIBER, "by-text")
        else:
            await cancel(transaction, order["order_id"], SUBSCRIBER, "refused-by-text")
    return "confirmed" if wanted else "refused"


async def _help(transaction: Transaction, message: Incoming, sender: str) -> str:
    if await transaction.fetch_value("ordering_texts.helped_lately", sender, HELP_EVERY):
        return QUIET
    await transaction.execute("ordering_texts.reply", message.key, sender, "help", {})
    return HELP
