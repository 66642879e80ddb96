"""The checker finds what it is for: a good history passes, and every forged one is told by the rule it breaks."""

import hashlib
from dataclasses import replace

import pytest

from tests.chaos.checker import RULES, calls_are_folded, check
from tests.chaos.evidence import heard, read_log
from tests.chaos.history import gather
from tests.chaos.model import (
    Attempt,
    Entry,
    Evidence,
    Folded,
    History,
    Line,
    Log,
    Message,
    Op,
    Order,
    Sample,
    Strike,
)
from tests.chaos.nemesis import by_schedule
from tests.support.asterisk_logs import quoted

KEY, LATE_KEY, WRONG_KEY = "node1!node1-1.1", "node1!node1-2.2", "node1!node1-3.3"
ALICE, BOB, CAROL = "13800000001", "13800000002", "13800000003"

PLACED = Op(1, ALICE, "1008610001", "order", 0.5, 1.5, 200, 20.0, "ok", ("order-placed",), (KEY,))
RECEIVED = Op(2, BOB, "1008611002", "order", 0.6, 3.0, 200, 900.0, "ok", ("order-received",), (LATE_KEY,))
WRONG = Op(3, CAROL, "1008610999", "wrong-code", 0.7, 2.0, 200, 30.0, "ok", ("order-unknown-code",), (WRONG_KEY,))
CUT = Op(4, "13800000004", "1008610001", "order", 0.8, 5.0, 0, None, "unknown")
TURNED_AWAY = Op(5, "13800000005", "1008610001", "order", 0.9, 1.0, 503, None, "failed")

ORDER = Order(1, KEY, "+8613800000001", 10, 1, 7, 7, "1008610001", 200)
LATE_ORDER = Order(2, LATE_KEY, "+8613800000002", 11, 1, 8, 8, "1008611002", 249)
ATTEMPTS = (
    Attempt(KEY, ALICE, "1008610001", "call", "placed", 1),
    Attempt(LATE_KEY, BOB, "1008611002", "spool", "placed", 2),
    Attempt(WRONG_KEY, CAROL, "1008610999", "call", "unknown-code", None),
)
LINES = [
    Line(b"1", "node1-1.1", "node1-1.1"),
    Line(b"2", "node1-2.2", "node1-2.2"),
    Line(b"3", "node1-3.3", "node1-3.3"),
]
LOG = Log(LINES, stored=[b"1", b"2", b"3"])
FULL_DISK = Strike(1, "disk-full", "Asterisk", 0.1, 0.4)

HISTORY = History([PLACED, RECEIVED, WRONG, CUT, TURNED_AWAY], [], [])
EVIDENCE = Evidence(
    cel=LOG,
    cdr=LOG,
    orders=[ORDER, LATE_ORDER],
    attempts=ATTEMPTS,
    ledger=[Entry(1, 7, "sale", 200), Entry(2, 8, "sale", 249)],
    messages=[
        Message(1, KEY, "order-accepted", ORDER.subscriber, "queued"),
        Message(2, LATE_KEY, "order-accepted", LATE_ORDER.subscriber, "sent"),
    ],
    audited=["order:1", "order:2"],
    calls=[
        Folded(line.linkedid, "ended", 1000, 500, (key,))
        for line, key in zip(LINES, (KEY, LATE_KEY, WRONG_KEY), strict=True)
    ],
)


def but(**changes: object) -> Evidence:
    return replace(EVIDENCE, **changes)  # type: ignore[arg-type]


def history_but(*ops: Op, strikes: tuple[Strike, ...] = ()) -> History:
    changed = {op.op: op for op in (*HISTORY.ops, *ops)}
    return History(list(changed.values()), strikes, [])


def test_a_good_run_passes() -> None:
    assert check(HISTORY, EVIDENCE) == []


def test_an_order_of_unknown_outcome_may_be_there() -> None:
    key = "node1!node1-4.4"
    evidence = but(
        orders=[*EVIDENCE.orders, Order(3, key, "+8613800000004", 10, 1, 7, 7, "1008610001", 200)],
        attempts=[*ATTEMPTS, Attempt(key, CUT.caller, CUT.number, "call", "placed", 3)],
        ledger=[*EVIDENCE.ledger, Entry(3, 7, "sale", 200)],
        messages=[*EVIDENCE.messages, Message(3, key, "order-accepted", "+8613800000004", "queued")],
        audited=[*EVIDENCE.audited, "order:3"],
    )
    assert check(HISTORY, evidence) == []


def test_who_was_told_received_and_has_the_product_already_is_told_so_by_message() -> None:
    key = "node1!node1-6.6"
    again = Op(6, ALICE, "1008610001", "order", 9.0, 9.9, 200, 900.0, "ok", ("order-received",), (key,))
    refused = [*ATTEMPTS, Attempt(key, ALICE, "1008610001", "spool", "already-yours", None)]
    told = [*EVIDENCE.messages, Message(None, key, "order-not-possible", ORDER.subscriber, "queued")]
    assert check(history_but(again), but(attempts=refused, messages=told)) == []
    assert rules_of(check(history_but(again), but(attempts=refused))) == {"messages_are_as_due"}


def test_an_order_that_waits_to_be_confirmed_earns_nothing_and_is_asked_about() -> None:
    waits = replace(ORDER, state="pending_confirm", sold=False, confirm_by="sms")
    asked = replace(EVIDENCE.messages[0], kind="confirm-request")
    attempts = (replace(ATTEMPTS[0], outcome="confirm-text"), *ATTEMPTS[1:])
    orders, messages, ledger = [waits, LATE_ORDER], [asked, EVIDENCE.messages[1]], EVIDENCE.ledger[1:]
    told = history_but(replace(PLACED, told=("order-confirm-text",)))
    good = but(orders=orders, messages=messages, ledger=ledger, attempts=attempts)
    assert rules_of(check(told, good)) <= {"told_as_it_should_be"}  # of a run nobody makes: its products need no reply
    assert "books_balance" in rules_of(check(told, replace(good, ledger=EVIDENCE.ledger)))
    assert "messages_are_as_due" in rules_of(check(told, replace(good, messages=EVIDENCE.messages)))


def test_an_ended_order_gives_back_what_it_earned_at_most() -> None:
    ended = replace(ORDER, state="cancelled")
    told = Message(1, KEY, "order-cancelled", ORDER.subscriber, "queued")
    orders, messages = [ended, LATE_ORDER], [*EVIDENCE.messages, told]
    back = [*EVIDENCE.ledger, Entry(1, 7, "clawback", -200)]
    for ledger in (EVIDENCE.ledger, back):
        assert check(HISTORY, but(orders=orders, messages=messages, ledger=ledger)) == []
    twice = but(orders=orders, messages=messages, ledger=[*back, Entry(1, 7, "clawback", -200)])
    assert rules_of(check(HISTORY, twice)) == {"books_balance"}


def test_what_a_full_disk_tore_is_no_record() -> None:
    torn = but(cel=replace(LOG, torn=2), rejected=2)
    assert check(history_but(strikes=(FULL_DISK,)), torn) == []
    assert rules_of(check(HISTORY, torn)) == {"lines_are_records"}
    assert rules_of(check(history_but(strikes=(FULL_DISK,)), but(cel=replace(LOG, torn=2)))) == {"lines_are_records"}


def test_what_a_killed_asterisk_had_not_written_yet_is_nobodys_fault() -> None:
    unwritten = replace(PLACED, op=9, caller="13800000009", told=(), verdict="unknown", call_keys=())
    killed = Strike(1, "asterisk-kill", "Asterisk", 1.4, 3.0)
    assert check(history_but(unwritten, strikes=(killed,)), EVIDENCE) == []
    assert rules_of(check(history_but(unwritten), EVIDENCE)) == {"answered_is_written_down"}


FORGED = {
    "acked order lost": (HISTORY, but(orders=[LATE_ORDER]), "told_is_done"),
    "received order never came in": (HISTORY, but(attempts=[ATTEMPTS[0], ATTEMPTS[2]]), "told_is_done"),
    "order in another's name": (HISTORY, but(orders=[replace(ORDER, subscriber="+861"), LATE_ORDER]), "told_is_done"),
    "order of another code": (HISTORY, but(orders=[replace(ORDER, dialled="1008610002"), LATE_ORDER]), "told_is_done"),
    "good code refused": (
        history_but(replace(PLACED, told=("order-unknown-code",))), EVIDENCE, "told_as_it_should_be",
    ),
    "wrong code taken": (history_but(replace(WRONG, told=("order-placed",))), EVIDENCE, "told_as_it_should_be"),
    "order nobody called for": (
        HISTORY, but(orders=[*EVIDENCE.orders, replace(ORDER, order_id=3, call_key="x", subscriber="+861")]),
        "nothing_uncalled_for",
    ),
    "order of a call that was turned away": (
        HISTORY, but(orders=[*EVIDENCE.orders, replace(ORDER, order_id=3, call_key="x", subscriber="+8613800000005")]),
        "nothing_uncalled_for",
    ),
    "order doubled": (HISTORY, but(orders=[ORDER, replace(ORDER, order_id=3, call_key="x"), LATE_ORDER]), "each_once"),
    "two orders of one call": (HISTORY, but(orders=[ORDER, replace(ORDER, order_id=3, product_id=12)]), "each_once"),
    "attempt doubled": (HISTORY, but(attempts=[*ATTEMPTS, ATTEMPTS[0]]), "each_once"),
    "a place among the orders left out": (HISTORY, but(orders=[replace(ORDER, nth=2), LATE_ORDER]), "each_once"),
    "commission missing": (HISTORY, but(ledger=EVIDENCE.ledger[:1]), "books_balance"),
    "commission doubled": (HISTORY, but(ledger=[*EVIDENCE.ledger, EVIDENCE.ledger[0]]), "books_balance"),
    "commission of a fen too much": (
        HISTORY, but(ledger=[replace(EVIDENCE.ledger[0], amount_fen=201), EVIDENCE.ledger[1]]), "books_balance",
    ),
    "commission of another employee": (
        HISTORY, but(ledger=[replace(EVIDENCE.ledger[0], employee_id=9), EVIDENCE.ledger[1]]), "books_balance",
    ),
    "audit entry missing": (HISTORY, but(audited=["order:1"]), "books_balance"),
    "order of another employee": (
        HISTORY,
        but(
            orders=[replace(ORDER, employee_id=9), LATE_ORDER],
            ledger=[Entry(1, 9, "sale", 200), Entry(2, 8, "sale", 249)],
        ),
        "attribution_is_right",
    ),
    "order for a code nobody holds": (
        HISTORY, but(orders=[replace(ORDER, holder_id=None), LATE_ORDER]), "attribution_is_right",
    ),
    "message missing": (HISTORY, but(messages=EVIDENCE.messages[:1]), "messages_are_as_due"),
    "message doubled": (HISTORY, but(messages=[*EVIDENCE.messages, EVIDENCE.messages[0]]), "messages_are_as_due"),
    "message to another": (
        HISTORY, but(messages=[replace(EVIDENCE.messages[0], recipient="+861"), EVIDENCE.messages[1]]),
        "messages_are_as_due",
    ),
    "message stuck": (
        HISTORY, but(messages=[replace(EVIDENCE.messages[0], state="sending"), EVIDENCE.messages[1]]),
        "messages_are_as_due",
    ),
    "CEL line without record": (HISTORY, but(cel=replace(LOG, stored=[b"1", b"2"])), "lines_are_records"),
    "CDR line without record": (HISTORY, but(cdr=replace(LOG, stored=[b"1", b"3"])), "lines_are_records"),
    "record without line": (HISTORY, but(cdr=replace(LOG, stored=[*LOG.stored, b"4"])), "lines_are_records"),
    "record doubled": (HISTORY, but(cel=replace(LOG, stored=[*LOG.stored, b"1"])), "lines_are_records"),
    "good line set aside": (HISTORY, but(rejected=1), "lines_are_records"),
    "answered call not written": (history_but(replace(PLACED, call_keys=())), EVIDENCE, "answered_is_written_down"),
    "call without record": (HISTORY, but(calls=EVIDENCE.calls[:2]), "calls_are_folded"),
    "call record of no call": (
        HISTORY, but(calls=[*EVIDENCE.calls, Folded("node1-9.9", "ended", 1, 1, ())]), "calls_are_folded",
    ),
    "call left open": (
        HISTORY, but(calls=[replace(EVIDENCE.calls[0], state="open", duration_ms=None), *EVIDENCE.calls[1:]]),
        "calls_are_folded",
    ),
    "time running backwards": (
        HISTORY, but(calls=[replace(EVIDENCE.calls[0], duration_ms=-3594), *EVIDENCE.calls[1:]]), "calls_are_folded",
    ),
    "call waiting to be folded": (HISTORY, but(due=1), "calls_are_folded"),
    "order without its call": (
        HISTORY, but(calls=[replace(EVIDENCE.calls[0], call_keys=()), *EVIDENCE.calls[1:]]), "orders_have_their_call",
    ),
    "spool file left": (HISTORY, but(spool=["new/1-2"]), "spool_is_empty"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_run_is_told(what: str) -> None:
    history, evidence, rule = FORGED[what]
    assert rule in rules_of(check(history, evidence))


def test_every_rule_has_a_forgery() -> None:
    assert {rule for _, _, rule in FORGED.values()} == {rule.__name__ for rule in RULES}


def rules_of(complaints: list[str]) -> set[str]:
    return {complaint.partition(":")[0] for complaint in complaints}


def cel(event: str, uniqueid: str, *, name: str = "", app: str = "", data: str = "") -> bytes:
    fields = ["node1", event, "1795332928.495918", name, ALICE, *[""] * 15]
    fields[11], fields[12], fields[15], fields[16] = app, data, uniqueid, uniqueid
    return quoted(fields)


def test_a_file_is_read_line_by_line_and_what_is_torn_is_counted() -> None:
    whole = cel("CHAN_START", "node1-1.1", name="op-1")
    log = read_log(whole[:30] + whole + whole[:-9] + b"\n" + whole, "node1", "cel")
    assert [line.digest for line in log.lines] == [hashlib.blake2b(whole[:-1], digest_size=16).digest()] * 2
    assert (log.torn, log.unfinished) == (2, False)
    assert read_log(whole + whole[:30], "node1", "cel").unfinished


def test_a_line_without_an_end_is_waited_for_and_needs_a_full_disk() -> None:
    unfinished = but(cel=replace(LOG, unfinished=True))
    assert check(history_but(strikes=(FULL_DISK,)), unfinished) == []
    assert rules_of(check(HISTORY, unfinished)) == {"lines_are_records"}


def test_what_callers_were_told_is_read_from_the_file() -> None:
    data = b"".join(
        (
            cel("CHAN_START", "node1-1.1", name="op-1"),
            cel("CHAN_START", "node1-2.2", name="op-2"),
            cel("ANSWER", "node1-1.1", name="op-1"),
            cel("APP_START", "node1-1.1", name="op-1", app="Playback", data="ccore/order-placed"),
            cel("APP_START", "node1-2.2", name="op-2", app="Queue", data="service,,,,120"),
        )
    )
    first, second = heard(read_log(data, "node1", "cel"), "node1")
    assert (first.call_key, first.name, first.caller, first.told) == (KEY, "op-1", ALICE, ("order-placed",))
    assert (second.name, second.answered, second.told) == ("op-2", False, ())


def test_a_history_is_put_together_from_its_lines() -> None:
    history = gather(
        [
            {"t": 0.5, "what": "dialled", "op": 1, "caller": ALICE, "number": "1008610001", "kind": "order"},
            {"t": 1.0, "what": "fault", "number": 1, "fault": "pg-stop", "part": "PostgreSQL", "until": 3.0},
            {"t": 1.5, "what": "ended", "op": 1, "status": 200, "answered_ms": 20.0, "by": "callee"},
            {"t": 2.0, "what": "sample", "spool": 1, "unread": 2},
            {"t": 3.1, "what": "healed", "number": 1, "detail": "so"},
            {"t": 9.0, "what": "told", "op": 1, "verdict": "ok", "told": ["order-placed"], "call_keys": [KEY]},
        ]
    )
    assert history.ops == [PLACED]
    assert history.strikes == [Strike(1, "pg-stop", "PostgreSQL", 1.0, 3.1, "so")]
    assert history.samples == [Sample(2.0, 1, 2)]


def test_a_schedule_names_faults_their_length_and_how_often() -> None:
    schedule = [(fault.name, lasts_s) for fault, lasts_s in by_schedule("pg-stop:60, ccore-kill:0.5*2")]
    assert schedule == [("pg-stop", 60.0), ("ccore-kill", 0.5), ("ccore-kill", 0.5)]


@pytest.mark.parametrize("text", ["pg-stop:", "no-such", "pg-stop*", ""])
def test_a_schedule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no fault"):
        by_schedule(text)


def test_a_call_begun_by_a_clock_that_was_set_back_may_go_on() -> None:
    ahead, past = (Folded(f"node1-{at}.7", "open", None, None, ()) for at in (2**33, 1))
    ends = [line for folded in (ahead, past) for line in complaints_of(folded)]
    assert ends == ["call node1-1.7 is open"]


def complaints_of(call: Folded) -> list[str]:
    line = Line(b"4", call.linkedid, call.linkedid)
    log = Log([*LINES, line], stored=[b"1", b"2", b"3", b"4"])
    return list(calls_are_folded(HISTORY, replace(EVIDENCE, cel=log, cdr=log, calls=[*EVIDENCE.calls, call])))
