"""Places orders: reads the facts of a call, has it judged, and writes what came of it, all or nothing."""

import asyncio
import time
from datetime import UTC, timedelta, tzinfo
from functools import partial

import structlog
from asyncpg import Record, UniqueViolationError
from prometheus_client import Counter

from ccore import selling
from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError, KeyReused, OutcomeUnknown, Unavailable
from ccore.ordering.decision import decide
from ccore.ordering.facts import facts_of
from ccore.ordering.life import State, told
from ccore.ordering.model import Attempt, Limits, OrderCode, Outcome, Placement, Refusal
from ccore.ordering.number import NumberPlan, parse
from ccore.subscriber import NotAllowed, Subscriber, Withheld, subscriber

log = structlog.get_logger()

ORDERS = Counter("ccore_orders", "Tries to order, by what came of them", ["outcome", "channel"])
UNANSWERED = Counter("ccore_orders_unanswered", "Tries to order that PostgreSQL gave no answer for", ["channel"])

LOOK_UP_S = 1.0  # a write whose answer was lost is looked up for this long (reliability.md, section 5)
LOOK_UP_EVERY_S = 0.05
# Facts change under a try only when another call of the same subscriber is written, and a subscriber has few orders.
MAX_ROUNDS = 20
STORED_TEXT = 40  # characters kept of what the network sent


class Ordering:
    """One-dial orders on a database.

    ``plan`` is the number plan, ``region`` the country of numbers dialled without a country code; ``fraud`` and
    ``confirmation`` are as the configuration has them, ``zone`` is that of shifts. In a transaction of somebody
    else's, what it places is theirs to undo.
    """

    def __init__(
        self,
        database: Database | Transaction,
        plan: NumberPlan,
        settings: selling.Ordering,
        region: str,
        *,
        fraud: selling.Fraud | None = None,
        confirmation: selling.Confirmation | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._database = database
        self._plan = plan
        self._region = region
        self._internal_extensions = settings.internal_extensions
        self._limits = Limits(
            settings.wrong_codes_limit,
            timedelta(seconds=settings.wrong_codes_window_s),
            settings.orders_per_day,
            fraud or selling.Fraud(),
            confirmation or selling.Confirmation(),
            zone,
        )
        self._open: set[asyncio.Task[Outcome]] = set()

    def use(self, plan: NumberPlan) -> None:
        """Understand dialled numbers by ``plan`` from now on."""
        self._plan = plan

    async def place(self, attempt: Attempt) -> Outcome:
        """What came of the call, after it is committed. The same call again gets the same answer.

        Once begun it goes on to its end even if the one who asked is cancelled: a code dialled in full is an order,
        whether or not the caller stays to hear so. Raises Unavailable if nothing was written, OutcomeUnknown if
        PostgreSQL went away in the middle and stayed away, KeyReused if this key came before with other numbers.
        """
        work = asyncio.create_task(self._settle(attempt), name=f"place {attempt.call_key}")
        self._open.add(work)
        work.add_done_callback(partial(self._ended, attempt.call_id))
        return await asyncio.shield(work)

    async def place_within(self, seconds: float, attempt: Attempt) -> Outcome:
        """``place`` for one who is on the telephone: at the deadline raises Unavailable or OutcomeUnknown.

        The order goes on to its end; the same call, brought again, gets its answer.
        """
        assert isinstance(self._database, Database), "a transaction waits for nobody on the telephone"
        return await self._database.within_deadline(seconds, self.place(attempt))

    async def drain(self, limit_s: float) -> None:
        """Give the orders that were begun ``limit_s`` to end, before the database is closed."""
        if self._open:
            await asyncio.wait(self._open, timeout=limit_s)

    def _ended(self, call_id: str, work: asyncio.Task[Outcome]) -> None:
        self._open.discard(work)
        # Whoever asked may be gone: an error nobody expects is said here.
        if not work.cancelled() and (error := work.exception()) and not isinstance(error, CcoreError):
            log.error("order_failed", call_id=call_id, exc_info=error)

    async def _settle(self, attempt: Attempt) -> Outcome:
        try:
            outcome = await self._judged(attempt)
            if attempt.channel in {"spool", "sms"} and not outcome.ordered:
                await self._database.execute("ordering.tell_refused", attempt.call_key)
        except (Unavailable, OutcomeUnknown) as error:
            UNANSWERED.labels(attempt.channel).inc()
            log.warning("order_unanswered", call_id=attempt.call_id, reason=repr(error))
            raise
        return outcome

    async def _judged(self, attempt: Attempt) -> Outcome:
        try:
            return await self._rounds(attempt)
        except OutcomeUnknown:
            return await self._looked_up(attempt)

    async def _looked_up(self, attempt: Attempt) -> Outcome:
        """The write may have happened. A round begins by looking the call up, so going round again is safe."""
        give_up_at = time.monotonic() + LOOK_UP_S
        while True:
            await asyncio.sleep(LOOK_UP_EVERY_S)
            try:
                return await self._rounds(attempt)
            except (OutcomeUnknown, Unavailable) as error:
                if time.monotonic() >= give_up_at:
                    raise OutcomeUnknown(OutcomeUnknown.__doc__) from error

    async def _rounds(self, attempt: Attempt) -> Outcome:
        for _ in range(MAX_ROUNDS):
            if (outcome := await self._round(attempt)) is not None:
                return outcome
        raise Unavailable(f"the facts of {attempt.call_key} changed {MAX_ROUNDS} times while they were judged")

    async def _round(self, attempt: Attempt) -> Outcome | None:
        """Facts, judgement, writing; None if the facts changed in between, so that nothing was written."""
        caller = subscriber(attempt.caller, self._region, self._internal_extensions)
        row = await self._facts(attempt, caller)
        if row["earlier_outcome"] is not None:
            return _same_call(attempt, row)
        decision = decide(caller, facts_of(row), self._limits, attempt.called_at, attempt.channel, attempt.trunk)
        if isinstance(decision, Placement):
            return await self._write_order(attempt, decision)
        return await self._write_refusal(attempt, caller, decision)

    async def _facts(self, attempt: Attempt, caller: Subscriber | Withheld | NotAllowed) -> Record:
        number = parse(self._plan, attempt.dialled)
        code = number if isinstance(number, OrderCode) else None
        rules = self._limits.fraud
        row = await self._database.fetch_row(
            "ordering.facts",
            attempt.call_key,
            caller.e164 if isinstance(caller, Subscriber) else None,
            code and code.product,
            code and code.claim,
            attempt.called_at,
            self._limits.wrong_codes_window,
            timedelta(seconds=rules.velocity.within_s),
            timedelta(days=rules.cycle.days),
            0 if rules.claim_hour.effect == "off" else rules.claim_hour.orders,
            0 if rules.trunk_hour.effect == "off" else rules.trunk_hour.orders,
            attempt.trunk,
            attempt.seller,
            rules.off_shift.effect != "off",
        )
        assert row is not None, "ordering.facts always gives one row"
        return row

    async def _write_order(self, attempt: Attempt, order: Placement) -> Outcome | None:
        try:
            order_id = await self._database.fetch_value(
                "ordering.place",
                attempt.call_key,
                order.subscriber,
                order.nth,
                order.claim_id,
                attempt.caller[:STORED_TEXT],
                attempt.dialled[:STORED_TEXT],
                attempt.channel,
                attempt.called_at,
                order.price_fen,
                [employee for employee, _ in order.earned],
                [fen for _, fen in order.earned],
                order.state.value,
                None if order.confirm_by == "none" else order.confirm_by,
                order.within,
                list(order.demanded_by),
                attempt.trunk,
                list(order.flags),
                _told(order),
                order.outcome.value,
                order.reason,
                attempt.by,
            )
        except UniqueViolationError:
            return None  # the same call was refused at this very moment: nothing of the order was written
        if order_id is None:
            return None
        ORDERS.labels(order.outcome, attempt.channel).inc()
        log.info(
            "order_placed",
            **_call(attempt),
            order_id=order_id,
            commission_fen=order.commission_fen,
            state=order.state.value,
            reason=order.reason,
        )
        return order.outcome

    async def _write_refusal(
        self, attempt: Attempt, caller: Subscriber | Withheld | NotAllowed, refusal: Refusal
    ) -> Outcome | None:
        attempt_id = await self._database.fetch_value(
            "ordering.refuse",
            attempt.call_key,
            attempt.caller[:STORED_TEXT],
            caller.e164 if isinstance(caller, Subscriber) else None,
            attempt.dialled[:STORED_TEXT],
            attempt.channel,
            refusal.outcome.value,
            refusal.reason,
            attempt.called_at,
        )
        if attempt_id is None:
            return None
        ORDERS.labels(refusal.outcome, attempt.channel).inc()
        log.info("order_refused", **_call(attempt), outcome=refusal.outcome.value, reason=refusal.reason)
        return refusal.outcome


def _same_call(attempt: Attempt, row: Record) -> Outcome:
    """The answer this call had before, if it is the same call."""
    given = attempt.caller[:STORED_TEXT], attempt.dialled[:STORED_TEXT]
    if given != (row["earlier_caller"], row["earlier_dialled"]):
        log.error("call_key_reused", **_call(attempt))
        raise KeyReused(KeyReused.__doc__)
    return Outcome(row["earlier_outcome"])


def _call(attempt: Attempt) -> dict[str, str]:
    return {
        "call_id": attempt.call_id,
        "caller": attempt.caller,  # masked by ccore.log
        "dialled": attempt.dialled,
        "channel": attempt.channel,
    }


def _told(order: Placement) -> str | None:
    """The text message about an order that is new; who is asked for a key hears it."""
    return None if order.confirm_by == "key" else told(State.RECEIVED, order.state)
