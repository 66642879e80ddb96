"""Takes what gateways bring: receipts into the outbox, messages into the inbox, once; and has each message handled."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import CcoreError, Unavailable
from ccore.messaging import metrics
from ccore.messaging.backoff import pause
from ccore.messaging.life import comes_from, meaning
from ccore.messaging.model import Arrived, Handle, Incoming, Receipt
from ccore.subscriber import e164

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
AT_ONCE = 16
HELD_FOR = timedelta(seconds=30)  # then another ccore hands the message on: handling it twice does no harm
AWAY = timedelta(seconds=2)  # before a message is handed on again that found no PostgreSQL
MOST_TEXT, MOST_NUMBER, MOST_DETAIL = 2000, 40, 200  # characters; ten parts are 1,530


class Receiving:
    """What gateways bring. ``region`` is where numbers without a country code are from."""

    def __init__(self, database: Database, region: str, arrived: asyncio.Event) -> None:
        self._database = database
        self._region = region
        self._arrived_one = arrived

    async def take(self, what: Receipt | Arrived) -> None:
        """Keep it; what comes twice is kept once. Raises Unavailable or OutcomeUnknown: bring it again."""
        if isinstance(what, Receipt):
            await self._receipt(what)
        else:
            await self._arrived(what)

    async def _receipt(self, receipt: Receipt) -> None:
        means, number = meaning(receipt.word), receipt.message_id
        if receipt.gateway_id:
            number = await self._database.fetch_value("messaging.message_of", receipt.gateway, receipt.gateway_id)
            if number is None:
                raise Unavailable("no message has that number yet")
        was = await self._database.fetch_value(
            "messaging.receipt", number, receipt.gateway, receipt.word, _plain(receipt.detail, MOST_DETAIL),
            means, sorted(comes_from(means)),
        )  # fmt: skip
        metrics.RECEIPTS.labels(receipt.word).inc()
        if was is not None:
            log.info("message_receipted", message_id=number, word=receipt.word, was=was, state=means)

    async def _arrived(self, message: Arrived) -> None:
        sender = e164(message.sender, self._region) or _plain(message.sender, MOST_NUMBER)
        number = await self._database.fetch_value(
            "messaging.arrive", message.gateway, message.gateway_id, sender, _plain(message.receiver, MOST_NUMBER),
            _plain(message.text, MOST_TEXT), message.received_at,
        )  # fmt: skip
        if number is not None:
            metrics.ARRIVED.inc()
            log.info("message_arrived", inbox_id=number, gateway=message.gateway)
            self._arrived_one.set()


class Inbox:
    """Has every message handled by ``handle``, those of one sender in order."""

    def __init__(self, database: Database, handle: Handle, tries: int) -> None:
        self.trouble = Trouble("inbox_waited")
        self.arrived = asyncio.Event()
        self._database = database
        self._handle = handle
        self._tries = tries

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            self.arrived.clear()
            with self.trouble.noted():
                while await self.work_off():
                    pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self.arrived.wait()

    async def work_off(self) -> int:
        """Hand on what is due; how many that were. Raises Unavailable or OutcomeUnknown."""
        rows: Sequence[Record] = await self._database.fetch("messaging.take", AT_ONCE, HELD_FOR)
        for failure in await asyncio.gather(*map(self._worked, rows), return_exceptions=True):
            if failure is not None:
                raise failure
        return len(rows)

    async def _worked(self, row: Record) -> None:
        number = row["inbox_id"]
        message = Incoming(number, row["sender"], row["receiver"], row["body"], row["received_at"])
        try:
            outcome = await self._handle(message)
        except CcoreError as error:  # PostgreSQL is away, or may be: that is no fault of the message
            log.warning("message_handled_later", inbox_id=number, reason=type(error).__name__)
            await self._database.execute("messaging.not_counted", number, AWAY)
        except Exception as error:  # noqa: BLE001 - one message that nobody can handle must not stop those behind it
            await self._not_done(row, error)
        else:
            await self._database.execute("messaging.done", number, outcome)
            metrics.HANDLED.labels("done").inc()
            log.info("message_handled", inbox_id=number, outcome=outcome)

    async def _not_done(self, row: Record, error: Exception) -> None:
        over = row["tries"] >= self._tries
        log.error("message_not_handled", inbox_id=row["inbox_id"], tries=row["tries"], set_aside=over, exc_info=error)
        said = f"{type(error).__name__}"
        await self._database.execute("messaging.not_done", row["inbox_id"], said, pause(row["tries"], 0), over)
        metrics.HANDLED.labels("set_aside" if over else "again").inc()


async def nobody(_message: Incoming) -> str:
    """Handles a message where nothing is done with messages."""
    return "nobody listens"


def _plain(text: str, most: int) -> str:
    """Text as PostgreSQL can hold it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most]
