"""Moves orders on: confirmed, refused, cancelled, or expired because nobody confirmed them in time."""

import enum
from collections.abc import Mapping

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore import selling
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble, until_none
from ccore.ordering.life import MOVES, State, gives_back, told, wanted
from ccore.people.audit import note
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()

MOVED = Counter("ccore_order_moves", "Orders that came to a state", ["state"])

LOOK_EVERY_S = 1.0  # for orders that nobody confirmed in time
AT_ONCE = 100
CONFIRMS = "1"  # the key
SUBSCRIBER, CLOCK, PROVIDER = "subscriber", "clock", "provider"  # who moves orders, beside people with a login


class Keyed(enum.StrEnum):
    """What came of the question for a key: CCORE_RESULT, and the name of the prompt played."""

    PLACED = "placed"
    CONFIRM_TEXT = "confirm-text"
    NOT_CONFIRMED = "not-confirmed"


class Cancelled(enum.StrEnum):
    """What came of a wish to end an order."""

    DONE = "done"
    OVER = "over"  # it had ended before
    UNKNOWN = "unknown"


class Lives:
    """The moves of orders on ``database``; ``region`` is that of telephone numbers."""

    def __init__(self, database: Database, settings: selling.Confirmation, region: str) -> None:
        self._database = database
        self._settings = settings
        self._region = region
        self.trouble = Trouble("orders_not_looked_at")

    async def keyed_within(self, seconds: float, call_key: str, key: str) -> Keyed:
        """``keyed`` for one who is on the telephone: at the deadline raises Unavailable or OutcomeUnknown."""
        return await self._database.within_deadline(seconds, self.keyed(call_key, key))

    async def keyed(self, call_key: str, key: str) -> Keyed:
        """The caller of an order that waits for a key has pressed this one, or none (""). Again, it is harmless."""
        async with self._database.transaction() as transaction:
            order = await transaction.fetch_row("ordering_life.by_call", call_key)
            if order is None:
                return Keyed.NOT_CONFIRMED
            # What a reply has to confirm no key does: whoever forges a caller's number can press one.
            asked = order["confirm_by"] == "key"
            if asked and key == CONFIRMS and await confirm(transaction, order, SUBSCRIBER, "key"):
                return Keyed.PLACED
            if asked and key != CONFIRMS and order["state"] == State.PENDING_CONFIRM:
                await self._give_up_the_key(transaction, order)
            now = await transaction.fetch_row("ordering_life.by_call", call_key)
            assert now is not None, "orders are never deleted"
            return _after_the_key(now)

    async def confirm(self, order_id: int, by: str, reason: str) -> bool:
        """Confirm an order; False if there is none that waits."""
        async with self._database.transaction() as transaction:
            order = await transaction.fetch_row("ordering_life.order", order_id)
            done = order is not None and await confirm(transaction, order, by, reason)
            if done:
                await _noted(transaction, by, "order-confirmed", order_id, reason)
        return done

    async def cancel(self, order_id: int, by: str, reason: str) -> Cancelled:
        """End an order, whatever state it is in."""
        async with self._database.transaction() as transaction:
            ended = await cancel(transaction, order_id, by, reason)
            if ended is Cancelled.DONE:
                await _noted(transaction, by, "order-cancelled", order_id, reason)
        return ended

    async def watch(self) -> None:
        """See to orders that nobody has confirmed in time, for ever."""
        await self.trouble.every(LOOK_EVERY_S, lambda: until_none(self.look))

    async def look(self) -> int:
        """End, or ask by text message for, some orders whose time to be confirmed is over; how many that were."""
        async with self._database.transaction() as transaction:
            orders = await transaction.fetch("ordering_life.too_late", AT_ONCE)
            for order in orders:
                if order["confirm_by"] == "key":
                    await self._give_up_the_key(transaction, order)
                else:
                    await move(transaction, order, State.EXPIRED, CLOCK, "not-confirmed")
        return len(orders)

    async def _give_up_the_key(self, transaction: Transaction, order: Record) -> None:
        line = subscriber(order["subscriber"], self._region, "")
        if self._settings.no_key == "sms" and isinstance(line, Subscriber) and line.is_mobile:
            await transaction.execute("ordering_life.ask_by_text", order["order_id"])
        else:
            await move(transaction, order, State.EXPIRED, CLOCK, "no-key")


async def _noted(transaction: Transaction, by: str, action: str, order_id: int, reason: str) -> None:
    """What people decide stands in the audit; what subscribers do stands in the order's moves."""
    if by not in {SUBSCRIBER, CLOCK, PROVIDER}:
        await note(transaction, by, action, f"order:{order_id}", {"reason": reason})


def _after_the_key(order: Record) -> Keyed:
    state = State(order["state"])
    if state is State.PENDING_CONFIRM:
        return Keyed.CONFIRM_TEXT
    return Keyed.NOT_CONFIRMED if not MOVES[state] else Keyed.PLACED


async def move(
    transaction: Transaction, order: Mapping[str, object] | Record, became: State, by: str, reason: str
) -> bool:
    """Move an order (a row of ``ordering_life``) on from the state it is in; False if it is not in that any more.

    ``by`` is a login, or one of the words above. What the move takes back of what was earned is taken back.
    """
    was = State(str(order["state"]))
    assert became in MOVES[was], f"{was} is not followed by {became}"
    kind = told(was, became)
    args = (order["order_id"], was.value, became.value, by, reason, kind)
    if await transaction.fetch_value("ordering_life.move", *args) is None:
        return False
    if gives_back(was, became):
        await transaction.execute("ordering_life.claw_back", order["order_id"], was.value, by, reason)
    MOVED.labels(became).inc()
    log.info("order_moved", order_id=order["order_id"], was=was.value, became=became.value, by=by, reason=reason)
    return True


async def confirm(transaction: Transaction, order: Record, by: str, reason: str) -> bool:
    """Confirm an order that waits for it; False if it waits no more."""
    if order["state"] != State.PENDING_CONFIRM:
        return False
    return await move(transaction, order, wanted(provided=bool(order["provision"])), by, reason)


async def cancel(transaction: Transaction, order_id: int, by: str, reason: str) -> Cancelled:
    """End an order, whatever state it is in."""
    for _ in State:  # it may move on meanwhile, and only ever forwards
        order = await transaction.fetch_row("ordering_life.order", order_id)
        if order is None:
            return Cancelled.UNKNOWN
        if State.CANCELLED not in MOVES[State(order["state"])]:
            return Cancelled.OVER
        if await move(transaction, order, State.CANCELLED, by, reason):
            return Cancelled.DONE
    raise AssertionError(f"order {order_id} has had more moves than there are")
