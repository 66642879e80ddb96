"""Visits to queues and rings at agents, folded from channel events."""

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.numbers.fold import fold
from ccore.numbers.model import Folded, How, Rang, Ring, Row, Visit
from tests.support.queue_rows import Told, at

# Written by a real Asterisk in tests/acceptance/test_queue_numbers.py.
RECORDED = Path(__file__).parent / "data" / "queues-cel.csv"


def recorded() -> dict[str, Folded]:
    """What a real Asterisk's file tells, by LinkedID."""
    calls: dict[str, list[Row]] = {}
    with RECORDED.open(encoding="utf-8", newline="") as file:
        for fields in csv.reader(file):
            when = datetime.fromtimestamp(float(fields[2]), UTC)
            row = Row(when, fields[1], fields[15], fields[10], fields[4], fields[19])
            calls.setdefault(fields[16].rpartition(".")[2], []).append(row)
    return {name: fold("node1", name, rows) for name, rows in calls.items()}


def test_what_a_real_asterisk_wrote() -> None:
    found = recorded()
    told = {name: [_summary(visit) for visit in call.visits] for name, call in found.items()}
    assert told == {
        "0": [("sales", "answered", "1002", 0, 1)],
        "1": [("lonely", "abandoned", "", 2, 0)],
        "2": [("crowded", "overflowed", "", 4, 0), ("sales", "answered", "1002", 2, 1)],
        "4": [("careful", "answered", "1005", 6, 1)],
    }
    rang = [(ring.device, str(ring.outcome), ring.agent, ring.visit) for ring in found["4"].rings]
    assert rang == [("PJSIP/phone-2004", "missed", "", 1), ("PJSIP/phone-2005", "answered", "1005", 1)]
    assert all(visit.entries == 1 and not visit.transferred for call in found.values() for visit in call.visits)


def _summary(visit: Visit) -> tuple[str, str, str, int, int]:
    """With the wait and the talk in seconds."""
    return visit.queue, visit.how, visit.agent, (visit.wait_ms or 0) // 1000, round((visit.talk_ms or 0) / 1000)


def folded(told: Told, cut: float | None = None) -> Folded:
    return fold("node1", "1763.1", told.rows, None if cut is None else at(cut))


def visit(told: Told, cut: float | None = None) -> Visit:
    [only] = folded(told, cut).visits
    return only


def rings(told: Told) -> list[tuple[str, Rang]]:
    return [(ring.device, ring.outcome) for ring in folded(told).rings]


def served() -> Told:
    told = Told().enters(0).rings(1, "2001", "1763.2").answers(3, "1001", "1763.2")
    return told.row(33, "BRIDGE_EXIT").gone(33, "1763.2").gone(33.2)


def test_a_call_that_was_answered() -> None:
    found = visit(served())
    assert (found.queue, found.line, found.language, found.tier, found.priority) == ("sales", "sales", "zh", "gold", 5)
    assert (found.how, found.wait_ms, found.agent, found.device) == (How.ANSWERED, 3000, "1001", "PJSIP/phone-2001")
    assert (found.talk_ms, found.hold_ms, found.transferred, found.caller) == (30_000, 0, False, "13812345678")
    assert rings(served()) == [("PJSIP/phone-2001", Rang.ANSWERED)]
    assert folded(served()).rings[0].agent == "1001"


def test_who_waits_and_who_talks_still() -> None:
    waits = visit(Told().enters(0))
    assert (waits.how, waits.left_at, waits.wait_ms) == (How.WAITING, None, None)
    talks = visit(Told().enters(0).rings(1, "2001", "1763.2").answers(3, "1001", "1763.2"))
    assert (talks.how, talks.ended_at, talks.talk_ms) == (How.ANSWERED, None, None)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (How.ABANDONED, Told().enters(0).gone(7)),
        (How.ABANDONED, Told().enters(0).leaves(5, "timeout").gone(7)),  # while being told something
        (How.TIMED_OUT, Told().enters(0).leaves(5, "timeout").gone(7, by="dialplan/builtin")),
        (How.CHOSE, Told().enters(0).leaves(5, "key-1").gone(7)),
        (How.REFUSED, Told().enters(0).leaves(0.1, "full").gone(7)),
        (How.REFUSED, Told().enters(0).leaves(0.1, "joinempty").gone(7)),
        (How.REFUSED, Told().enters(0).leaves(0.1, "-").gone(7)),
        (How.WAITING, Told().enters(0).leaves(5, "timeout")),
        (How.INTERRUPTED, Told().enters(0)),
    ],
)
def test_how_a_wait_ends_without_an_agent(how: How, told: Told) -> None:
    assert visit(told, 9 if how is How.INTERRUPTED else None).how is how


def test_an_interrupted_talk_ends_at_its_last_sign_of_life() -> None:
    found = visit(Told().enters(0).rings(1, "2001", "1763.2").answers(3, "1001", "1763.2"), cut=20)
    assert (found.how, found.talk_ms) == (How.ANSWERED, 17_000)


def test_turns_in_one_queue_are_one_visit() -> None:
    told = Told().enters(0, line="ccore-own").leaves(15, "timeout", line="ccore-own").enters(15.1, visit=2)
    told.leaves(45, "timeout").enters(48, visit=3).rings(50, "2001", "1763.2").answers(52, "1001", "1763.2")
    told.leaves(80, "answered", visit=3).gone(80.1, "1763.2").gone(90)
    found = visit(told)
    assert (found.visit, found.entries, found.line, found.how, found.wait_ms) == (1, 3, "sales", How.ANSWERED, 52_000)
    assert found.talk_ms == 28_000
    assert folded(told).rings[0].visit == 1


def test_an_overflow_is_two_visits() -> None:
    told = Told().enters(0).leaves(30, "timeout").enters(30.1, queue="service", visit=2).gone(40)
    first, second = folded(told).visits
    assert (first.queue, first.how, first.wait_ms) == ("sales", How.OVERFLOWED, 30_000)
    assert (second.queue, second.how, second.wait_ms) == ("service", How.ABANDONED, 9_900)


def test_who_is_sent_back_to_a_queue_that_has_served_them_is_offered_again() -> None:
    told = Told().enters(0).rings(1, "2001", "1763.2").answers(3, "1001", "1763.2")
    told.row(20, "BLINDTRANSFER", "1763.2").gone(20.1, "1763.2").enters(20.2, visit=2)
    told.rings(21, "2002", "1763.3").answers(23, "1002", "1763.3").gone(40)
    first, second = folded(told).visits
    assert (first.transferred, first.talk_ms, first.agent) == (True, 17_000, "1001")
    assert (second.transferred, second.talk_ms, second.agent) == (False, 17_000, "1002")


def test_hold_is_when_the_caller_hears_nobody_and_then_somebody_again() -> None:
    told = Told().enters(0).rings(1, "2001", "1763.2").answers(3, "1001", "1763.2")
    told.row(10, "BRIDGE_EXIT").row(14.5, "BRIDGE_ENTER").row(30, "BRIDGE_EXIT").gone(30, "1763.2").gone(31)
    assert (visit(told).talk_ms, visit(told).hold_ms) == (27_000, 4_500)


def test_rings_that_were_not_answered() -> None:
    told = Told().enters(0).rings(1, "2001", "1763.2").gone(16, "1763.2", by="x")  # its time was up
    told.rings(18, "2002", "1763.3").answers(20, "1002", "1763.3").gone(30, "1763.3").gone(30.1)
    assert rings(told) == [("PJSIP/phone-2001", Rang.MISSED), ("PJSIP/phone-2002", Rang.ANSWERED)]
    left = Told().enters(0).rings(1, "2001", "1763.2").gone(6.98, "1763.2", by="x").gone(7)
    assert rings(left) == [("PJSIP/phone-2001", Rang.CANCELLED)]
    assert rings(Told().enters(0).rings(1, "2001", "1763.2")) == [("PJSIP/phone-2001", Rang.RINGING)]


def test_an_agent_outside_is_known_by_the_channel() -> None:
    told = Told().enters(0).says(1, "rings sales sales - 1763.1", "1763.2", "Local/1007@ccore-outside-0000001f;1")
    told.answers(8, "1007", "1763.2").gone(20)
    assert (visit(told).device, visit(told).agent) == ("Local/1007@ccore-outside", "1007")


def test_what_the_dialplan_did_not_write_says_nothing() -> None:
    words = ["entered", "entered a b c d e", "entered ../x sales zh - 0 1", "lost sales sales x 1", "", "left x", "\0"]
    told = Told()
    for number, text in enumerate(words):
        told.says(number, text)
    told.rows += [Row(at(1), "CCORE_QUEUE", "1763.1", extra=extra) for extra in ("{", "[]", "[" * 5000, '{"extra":1}')]
    assert folded(told) == Folded()


def test_a_number_too_large_for_a_table_is_none() -> None:
    assert visit(Told().says(0, "entered sales sales zh - 99999999999999999999 1")).priority == 0


@st.composite
def calls(draw: st.DrawFn) -> Told:
    """Any order of things that can happen to a caller, on clocks that may go astray by a little."""
    told, now = Told(), 0.0
    for number in range(1, draw(st.integers(1, 5)) + 1):
        queue = draw(st.sampled_from(["sales", "service"]))
        now += draw(st.floats(0, 100))
        told.enters(now, queue, number)
        for ring in range(draw(st.integers(0, 2))):
            uniqueid = f"1763.{number}{ring}"
            told.rings(now + 0.1, draw(st.sampled_from(["2001", "2002"])), uniqueid, queue, queue)
            now += draw(st.floats(0, 20))
            if draw(st.booleans()):
                told.answers(now, "1001", uniqueid, queue, queue)
            told.gone(now + draw(st.floats(-0.5, 60)), uniqueid)
        now += draw(st.floats(0, 100))
        if draw(st.booleans()):
            told.leaves(now, draw(st.sampled_from(["timeout", "key-1", "full", "answered"])), queue, number)
    if draw(st.booleans()):
        told.gone(now + draw(st.floats(0, 5)), by=draw(st.sampled_from(["", "dialplan/builtin"])))
    return told


@given(calls(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_says_nothing(told: Told, chance: random.Random) -> None:
    shuffled = [*told.rows, *told.rows[:2]]
    chance.shuffle(shuffled)
    assert fold("node1", "1763.1", shuffled) == folded(told)


@given(calls(), st.booleans())
def test_every_entry_and_ring_is_counted_once_and_nothing_lasts_less_than_no_time(told: Told, cut: bool) -> None:
    found = folded(told, cut=10_000 if cut else None)
    entered = [row for row in told.rows if row.extra.startswith('{"extra": "entered')]
    rung = [row for row in told.rows if row.extra.startswith('{"extra": "rings')]
    assert sum(visit.entries for visit in found.visits) == len(entered)
    assert len(found.rings) == len(rung)
    assert all((visit.left_at is None) == (visit.wait_ms is None) for visit in found.visits)
    assert all((visit.wait_ms or 0) >= 0 and (visit.talk_ms or 0) >= visit.hold_ms >= 0 for visit in found.visits)
    assert all((visit.how is How.ANSWERED) == (visit.answered_at is not None) for visit in found.visits)
    if cut:
        assert not any(visit.how is How.WAITING or visit.left_at is None for visit in found.visits)
        assert not any(ring.outcome is Rang.RINGING for ring in found.rings)
    answered = [(ring.visit, ring.uniqueid) for ring in found.rings if ring.outcome is Rang.ANSWERED]
    assert len(answered) >= len([visit for visit in found.visits if visit.how is How.ANSWERED])


@given(calls(), calls())
def test_calls_do_not_mix(one: Told, other: Told) -> None:
    moved = [_moved(row) for row in other.rows]
    together = fold("node1", "1763.1", [*one.rows, *moved])
    alone = fold("node1", "1763.1", moved)
    assert _set(together.visits) == _set([*folded(one).visits, *alone.visits])
    assert _set(together.rings) == _set([*folded(one).rings, *alone.rings])


def _moved(row: Row) -> Row:
    return replace(row, uniqueid=row.uniqueid.replace("1763", "1999"), extra=row.extra.replace("1763", "1999"))


def _set(items: Iterable[Visit] | Sequence[Ring]) -> set[Visit | Ring]:
    return set(items)
