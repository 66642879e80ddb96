"""Judges a run: was what callers were told done, once, and nothing else; is every line Asterisk wrote a record, once.

Pure: a history and the evidence in, what is wrong in words out. Each rule is a generator of complaints.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ccore.messaging.life import ENDS
from ccore.ordering.model import Outcome
from tests.chaos.model import Attempt, Evidence, History, Log, Op, Order, begun_in_the_future

PLACED, RECEIVED, ALREADY = "order-placed", "order-received", "order-already-yours"
FINAL = {"sent", *ENDS}
WAITING = {"queued"}  # a site without a gateway writes them down, and nobody sends them
ORDERED = {outcome for outcome in Outcome if outcome.ordered}
TOLD_OF_ENDS = {"rejected": "order-failed", "expired": "order-expired", "cancelled": "order-cancelled"}
DISK_FULL = "disk-full"
ASTERISK_ENDED = {"asterisk-kill", "asterisk-restart"}

Rule = Callable[[History, Evidence], Iterator[str]]


def check(history: History, evidence: Evidence) -> list[str]:
    """Everything that is wrong; nothing, if the run was survived."""
    return [f"{rule.__name__}: {complaint}" for rule in RULES for complaint in rule(history, evidence)]


def told_is_done(history: History, evidence: Evidence) -> Iterator[str]:
    """Acked ⊆ database: what a caller was told has happened, under the key of the call it was told in."""
    orders = {order.call_key: order for order in evidence.orders}
    attempts = {attempt.call_key: attempt for attempt in evidence.attempts}
    owners = {(order.subscriber, order.dialled[:7]) for order in evidence.orders}
    for op in history.ops:
        keys = op.call_keys
        if PLACED in op.told and not any(key in orders for key in keys):
            yield f"{_named(op)} was told that the order is placed, and there is none"
        if RECEIVED in op.told and not any(key in attempts for key in keys):
            yield f"{_named(op)} was told that the order is received, and it never came in"
        if {RECEIVED, ALREADY} & {*op.told} and op.kind == "order" and (_e164(op), op.number[:7]) not in owners:
            yield f"{_named(op)} was told {', '.join(op.told)} and does not have the product"
        for key in keys:
            if key in orders and (orders[key].subscriber, orders[key].dialled) != (_e164(op), op.number):
                yield f"{_named(op)} made order {orders[key].order_id}, which is another's or of another code"


def told_as_it_should_be(history: History, evidence: Evidence) -> Iterator[str]:
    """A good code is never refused, a wrong one never taken, and in menus nobody orders who keys nothing."""
    right = {
        "order": {PLACED, RECEIVED, ALREADY, "system-busy", "agents-busy"},
        "wrong-code": {"order-unknown-code", "order-too-many-tries", RECEIVED, "system-busy", "agents-busy"},
    }
    for op in history.ops:
        outcomes = {prompt for prompt in op.told if prompt.startswith("order-")}
        if wrong := outcomes if op.kind == "hotline" else set(op.told) - right[op.kind]:
            yield f"{_named(op)} ({op.kind}) was told {', '.join(sorted(wrong))}"


def nothing_uncalled_for(history: History, evidence: Evidence) -> Iterator[str]:
    """Database ⊆ acked ∪ unknown: every order has a call for it, and not one that the switch turned away."""
    dialled = {(_e164(op), op.number) for op in history.ops if op.verdict != "failed" and op.kind == "order"}
    for order in evidence.orders:
        if (order.subscriber, order.dialled) not in dialled:
            yield f"order {order.order_id} ({order.call_key}): nobody called for it, or only in vain"


def each_once(history: History, evidence: Evidence) -> Iterator[str]:
    """No order twice: by call, by caller and product, by place among the subscriber's orders."""
    live = [order for order in evidence.orders if not order.ended]
    yield from _repeated("call", (order.call_key for order in evidence.orders))
    yield from _repeated("attempt", (attempt.call_key for attempt in evidence.attempts))
    yield from _repeated("subscriber and product", ((order.subscriber, order.product_id) for order in live))
    places: dict[str, list[int]] = defaultdict(list)
    for order in evidence.orders:
        places[order.subscriber].append(order.nth)
    for subscriber, nths in places.items():
        if sorted(nths) != list(range(1, len(nths) + 1)):
            yield f"{subscriber} has the orders number {sorted(nths)}"


def books_balance(history: History, evidence: Evidence) -> Iterator[str]:
    """What is wanted has its commission, to the fen; what ended gave back at most that. No other entry is there."""
    sales = [entry for entry in evidence.ledger if entry.kind == "sale"]
    entries = Counter((entry.order_id, entry.employee_id, entry.amount_fen) for entry in sales)
    sold = [order for order in evidence.orders if order.sold]
    owed = Counter((order.order_id, order.employee_id, order.owed_fen) for order in sold)
    yield from _difference("commission", entries, owed)
    given_back = [entry for entry in evidence.ledger if entry.kind != "sale"]
    back = Counter((entry.order_id, entry.employee_id, -entry.amount_fen) for entry in given_back)
    ended = Counter((order.order_id, order.employee_id, order.owed_fen) for order in sold if order.ended)
    yield from _difference("commission given back", back, back & ended)
    paid = sum(entry.amount_fen for entry in evidence.ledger)
    if paid != (due := sum(order.owed_fen for order in sold) + sum(entry.amount_fen for entry in given_back)):
        yield f"the ledger sums to {paid} fen, the orders to {due}"
    yield from _difference(
        "audit entry", Counter(evidence.audited), Counter(f"order:{order.order_id}" for order in evidence.orders)
    )
    taken = Counter((a.call_key, a.order_id) for a in evidence.attempts if a.outcome in ORDERED)
    yield from _difference("attempt", taken, Counter((order.call_key, order.order_id) for order in evidence.orders))


def attribution_is_right(history: History, evidence: Evidence) -> Iterator[str]:
    """The order is the employee's who held the code that was dialled."""
    for order in evidence.orders:
        if order.employee_id != order.holder_id:
            yield f"order {order.order_id}: employee {order.employee_id} for the code of {order.holder_id}"


def messages_are_as_due(history: History, evidence: Evidence) -> Iterator[str]:
    """Each once: of what an order came through, and of each that was received and refused, none else."""
    wanted: Counter[Any] = Counter(
        (o.call_key, o.order_id, kind, o.subscriber) for o in evidence.orders for kind in _told_of(o)
    )
    wanted += Counter(_refusal(attempt) for attempt in evidence.attempts if _to_be_told(attempt))
    found = Counter((m.call_key, m.order_id, m.kind, m.recipient) for m in evidence.messages)
    # A call that ccore had refused and whose answer was late is in the spool as well: its caller is told twice.
    late = Counter(
        (a.call_key, None, "order-not-possible", _number(a.caller)) for a in evidence.attempts if not a.order_id
    )
    yield from _difference("message", found, wanted, allowed=late)
    for message in evidence.messages:
        if message.state not in FINAL | WAITING:
            yield f"message for {message.call_key} is {message.state}"


def lines_are_records(history: History, evidence: Evidence) -> Iterator[str]:
    """Every line of the CSV files is a record, each once; only what a full disk tore is set aside."""
    for name, log in (("CEL", evidence.cel), ("CDR", evidence.cdr)):
        yield from _log_difference(name, log)
    disk_was_full = any(strike.fault == DISK_FULL for strike in history.strikes)
    torn = evidence.cel.torn + evidence.cdr.torn
    if evidence.rejected != torn:
        yield f"{evidence.rejected} rejects for {torn} torn lines"
    unfinished = evidence.cel.unfinished + evidence.cdr.unfinished
    if (torn or unfinished) and not disk_was_full:
        yield f"{torn} torn and {unfinished} unfinished lines, and no disk was full"


def answered_is_written_down(history: History, evidence: Evidence) -> Iterator[str]:
    """Every call a caller saw answered is in Asterisk's file, unless its disk was full or it was ended in that call."""
    if any(strike.fault == DISK_FULL for strike in history.strikes):
        return
    ended = [strike for strike in history.strikes if strike.fault in ASTERISK_ENDED]
    for op in history.ops:
        cut = any(strike.begins <= (op.ended_at or op.dialled_at) and op.dialled_at <= strike.ends for strike in ended)
        if op.status == 200 and not op.call_keys and not cut:
            yield f"{_named(op)} was answered, and Asterisk has not written so"


def calls_are_folded(history: History, evidence: Evidence) -> Iterator[str]:
    """Every call has its record, closed, with no time running backwards."""
    written = {line.linkedid for log in (evidence.cel, evidence.cdr) for line in log.lines}
    folded = Counter(call.linkedid for call in evidence.calls)
    yield from _difference("call record", folded, Counter(written))
    for call in evidence.calls:
        if call.state == "open" and not begun_in_the_future(call.linkedid):
            yield f"call {call.linkedid} is open"
        elif (call.duration_ms or 0) < 0 or (call.billed_ms or 0) < 0:
            yield f"call {call.linkedid} lasted {call.duration_ms} ms, billed {call.billed_ms} ms"
    if evidence.due:
        yield f"{evidence.due} calls wait to be folded"


def orders_have_their_call(history: History, evidence: Evidence) -> Iterator[str]:
    """The record of the call an order was placed in names it, if Asterisk wrote that call down at all."""
    known = {key for call in evidence.calls for key in call.call_keys}
    written = {key for op in history.ops for key in op.call_keys}
    for order in evidence.orders:
        if order.call_key in written and order.call_key not in known:
            yield f"order {order.order_id}: no call record has {order.call_key}"


def spool_is_empty(history: History, evidence: Evidence) -> Iterator[str]:
    """Nothing waits, nothing was set aside, nothing is half written."""
    yield from (f"{name} is left" for name in evidence.spool)


RULES: tuple[Rule, ...] = (
    told_is_done, told_as_it_should_be, nothing_uncalled_for, each_once, books_balance, attribution_is_right,
    messages_are_as_due, lines_are_records, answered_is_written_down, calls_are_folded, orders_have_their_call,
    spool_is_empty,
)  # fmt: skip


def _told_of(order: Order) -> Iterator[str]:
    """The kinds of messages that an order's subscriber has got, in the state it is in."""
    if order.confirm_by == "sms":
        yield "confirm-request"
    if order.sold:
        yield "order-accepted"
    if order.provided and order.state == "active":
        yield "order-active"
    if order.ended:
        yield TOLD_OF_ENDS[order.state]


def _named(op: Op) -> str:
    return f"op {op.op} ({op.caller} → {op.number}, {', '.join(op.call_keys) or 'no call key'})"


def _e164(op: Op) -> str:
    return _number(op.caller)


def _number(caller: str) -> str:
    return f"+86{caller}"


def _refusal(attempt: Attempt) -> tuple[str, None, str, str]:
    return attempt.call_key, None, "order-not-possible", _number(attempt.caller)


def _to_be_told(attempt: Attempt) -> bool:
    return attempt.channel == "spool" and attempt.outcome != "placed"


def _repeated(what: str, keys: Iterable[object]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{count} orders or attempts of one {what}: {key}"


def _difference(
    what: str, found: Mapping[Any, int], wanted: Mapping[Any, int], allowed: Mapping[Any, int] | None = None
) -> Iterator[str]:
    for key in wanted.keys() | found.keys():
        have, want = found.get(key, 0), wanted.get(key, 0)
        if have < want:
            yield f"{what} missing: {key}"
        elif have > want + (allowed or {}).get(key, 0):
            yield f"{what} too much ({have} for {want}): {key}"


def _log_difference(name: str, log: Log) -> Iterator[str]:
    written = {line.digest: line for line in log.lines}
    stored = Counter(log.stored)
    for digest, line in written.items():
        if digest not in stored:
            yield f"{name} line without record: {line.uniqueid} {line.event}"
    for digest, count in stored.items():
        if digest not in written:
            yield f"{name} record without line: {digest.hex()}"
        if count > 1:
            yield f"{name} line stored {count} times: {digest.hex()}"
