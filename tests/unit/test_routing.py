"""Routing: who goes first, by which line, and whose own agent has a head start."""

import itertools
import re
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.centre.lines import line_of
from ccore.centre.queue import Priority, Queue, Relaxation, Sticky
from ccore.queues import routing
from ccore.queues.model import Agent, Caller, Device, Presence, State
from ccore.queues.routing import Waiting, entry, first_of_equals, next_caller, priority

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PLAIN = Queue()
SALES = Queue(
    wants={"sales": 5},
    relax=(Relaxation(after_s=20, wants={"sales": 3}), Relaxation(after_s=60)),
    languages={"en": "english"},
    sticky=Sticky(within_days=7, head_start_s=15),
    priority=Priority(classes={"gold": 30, "silver": 10}, ageing_s=15, ceiling=40),
)
AGENTS = {
    "2001": Agent("2001", "Li", {"sales": 9, "english": 4}, own_penalty=1),
    "2002": Agent("2002", "Wang", {"sales": 4}, own_penalty=2),
}


def caller(**changes: object) -> Caller:
    return replace(Caller("node1!1.1", "+8613800138000", "", "zh", NOW), **changes)  # type: ignore[arg-type]


def presence(agent: str, state: State = State.READY, node: str = "node1", **changes: object) -> Presence:
    found = Presence(agent, state, NOW - timedelta(minutes=1), Device("phone", "20", node))
    return replace(found, **changes)  # type: ignore[arg-type]


def waiting(key: str, number: int = 0, came_s: float = 0, line: str = "sales") -> Waiting:
    return Waiting(key, line, line.removesuffix("-aged"), "", 0, NOW - timedelta(seconds=came_s), number)


@pytest.mark.parametrize(
    ("tier", "menu", "waited_s", "expected"),
    [
        ("", 0, 0, 0), ("gold", 0, 0, 30), ("gold", 5, 0, 35), ("gold", 100, 0, 40), ("nobody", 0, 0, 0),
        ("", 0, 14.9, 0), ("", 0, 15, 1), ("", 0, 599, 39), ("", 0, 6000, 40), ("silver", 0, 150, 20), ("", 0, -5, 0),
    ],
)  # fmt: skip
def test_priority_is_of_the_class_and_grows_with_waiting(tier: str, menu: int, waited_s: float, expected: int) -> None:
    assert priority(SALES, tier, menu, waited_s) == expected


def test_a_class_above_the_ceiling_is_as_far_as_anybody_gets() -> None:
    queue = Queue(priority=Priority(classes={"vip": 50}, ageing_s=1, ceiling=10))
    assert priority(queue, "vip", 9, 0) == 50
    assert priority(queue, "", 0, 49) == 49
    assert priority(queue, "", 0, 5000) == 50


@given(
    classes=st.dictionaries(st.sampled_from(["gold", "silver"]), st.integers(0, 50)),
    ceiling=st.integers(0, 100),
    menu=st.integers(0, 100),
    waits=st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)),
    tier=st.sampled_from(["", "gold", "silver"]),
)
def test_waiting_never_lowers_a_priority_and_nobody_is_above_the_most(
    classes: dict[str, int], ceiling: int, menu: int, waits: tuple[float, float], tier: str
) -> None:
    queue = Queue(priority=Priority(classes=classes, ceiling=ceiling))
    shorter, longer = (priority(queue, tier, menu, waited_s) for waited_s in sorted(waits))
    assert 0 <= shorter <= longer <= routing.most_priority(queue) == priority(queue, "", 0, 1e6)


@settings(max_examples=25)
@given(
    gaps=st.lists(st.integers(5, 20), min_size=1, max_size=10),
    ordinary=st.lists(st.integers(0, 300), min_size=1, max_size=8),
    serves_s=st.integers(5, 60),
)
def test_nobody_starves_behind_the_best_customers(gaps: list[int], ordinary: list[int], serves_s: int) -> None:
    """One agent, and VIPs who go on coming, perhaps more than can ever be served: every ordinary caller is served."""
    queue = Queue(priority=Priority(classes={"vip": 40}, ageing_s=5, ceiling=40))
    aged_s = 40 * 5
    vips = list(itertools.takewhile(lambda at: at < 20_000, itertools.accumulate(itertools.cycle(gaps))))
    coming = deque(sorted([(at, "") for at in ordinary] + [(at, "vip") for at in vips]))
    line: list[tuple[int, str]] = []
    served: list[tuple[int, int]] = []  # when they came, and when they were served
    now = 0
    while len(served) < len(ordinary):
        while coming and coming[0][0] <= now:
            line.append(coming.popleft())
        if not line:
            now = coming[0][0]
            continue
        first = min(line, key=lambda each: _rank(queue, each[0], each[1], now))
        line.remove(first)
        if not first[1]:
            served.append((first[0], now))
        now += serves_s
    for came, at in served:
        before = sum(each <= came + aged_s for each in (*vips, *ordinary))
        assert at <= came + aged_s + before * serves_s


def _rank(queue: Queue, came: int, tier: str, now: int) -> tuple[int, int]:
    """app_queue puts whoever gets a priority behind those who have had it already."""
    number = priority(queue, tier, 0, now - came)
    return -number, came + (number - queue.priority.classes.get(tier, 0)) * queue.priority.ageing_s


@pytest.mark.parametrize(("language", "line"), [("zh", "sales"), ("en", "sales-en")])
def test_the_language_is_a_line(language: str, line: str) -> None:
    assert entry({"sales": SALES}, "sales", caller(language=language), AGENTS, {}, [], NOW).line == line


@pytest.mark.parametrize(("waited_s", "most", "rule"), [(0, 9, "sales"), (20, 19, "sales-1"), (75, 29, "sales-2")])
def test_who_comes_back_comes_at_the_stage_of_all_the_waiting(waited_s: int, most: int, rule: str) -> None:
    found = entry({"sales": SALES}, "sales", caller(came_at=NOW - timedelta(seconds=waited_s)), AGENTS, {}, [], NOW)
    assert (found.max_penalty, found.rule) == (most, rule)


def test_the_place_in_the_line_is_behind_those_of_the_same_priority_who_came_before() -> None:
    others = [waiting("a", 30, 5), waiting("b", 0, 100), waiting("c", 5, 1), waiting("d", 50, 1, line="other")]
    assert entry({"sales": SALES}, "sales", caller(), AGENTS, {}, others, NOW).position == 4
    assert entry({"sales": SALES}, "sales", caller(tier="gold"), AGENTS, {}, others, NOW).position == 2
    assert (
        entry({"sales": SALES}, "sales", caller(came_at=NOW - timedelta(seconds=90)), AGENTS, {}, others, NOW).position
        == 2
    )


def test_after_so_long_a_wait_the_weight_counts_no_more() -> None:
    queues = {"sales": SALES.model_copy(update={"equal_after_s": 90}), "vip": Queue(weight=10)}
    others = [waiting("a", 30, 5), waiting("b", 6, 100, "sales-aged"), waiting("c", 20, 300, "sales-aged")]
    young, aged = (
        entry(queues, "sales", caller(came_at=NOW - timedelta(seconds=waited_s)), AGENTS, {}, others, NOW)
        for waited_s in (89, 110)
    )
    assert (young.line, young.position, young.ahead) == ("sales", 2, 3)
    assert (aged.line, aged.position, aged.ahead) == ("sales-aged", 2, 1)
    assert (aged.priority, aged.max_penalty, aged.rule) == (7, 29, "sales-2")
    assert "has waited for 90 s: no queue of more weight goes before" in aged.reasons


@pytest.mark.parametrize(
    ("who", "language", "found", "sticky", "why"),
    [
        ("2001", "en", presence("2001"), "2001", "served them last"),
        ("2001", "zh", presence("2001", State.TALKING), "2001", "served them last"),
        ("2001", "zh", presence("2001", State.WRAP_UP), "2001", "served them last"),
        ("2001", "zh", presence("2001", State.PAUSED, paused=True, reason="lunch"), "", r"paused \(lunch\)"),
        ("2001", "zh", presence("2001", State.TALKING, paused=True), "", "paused"),
        ("2001", "zh", presence("2001", State.UNREACHABLE), "", "unreachable"),
        ("2001", "zh", presence("2001", State.SIGNED_OUT, device=None), "", "signed out"),
        ("2001", "zh", presence("2001", node="node2"), "", "at another node"),
        ("2001", "zh", None, "", "signed out"),
        ("2009", "zh", None, "", "no agent any more"),
        ("", "zh", None, "", "within 7 days"),
        ("2002", "zh", presence("2002"), "2002", "served them last"),
        ("2002", "en", presence("2002"), "", "not enough english"),
    ],
)
def test_the_own_agent_has_a_head_start_if_they_can_come(
    who: str, language: str, found: Presence | None, sticky: str, why: str
) -> None:
    presences = {} if found is None else {who: found}
    made = entry({"sales": SALES}, "sales", caller(sticky=who, language=language), AGENTS, presences, [], NOW)
    assert (made.sticky, made.head_start_s) == (sticky, 15 if sticky else 0)
    assert re.search(why, made.sticky_why)


def test_a_queue_without_stickiness_keeps_no_agent() -> None:
    made = entry({"service": PLAIN}, "service", caller(sticky="2001"), AGENTS, {"2001": presence("2001")}, [], NOW)
    assert (made.sticky, made.rule, made.max_penalty) == ("", "service", 9)


def test_the_reasons_say_it_in_words() -> None:
    made = entry({"sales": SALES}, "sales", caller(tier="silver", language="en", menu_priority=2), AGENTS, {}, [], NOW)
    assert made.reasons == (
        "line sales-en: callers in en need english besides",
        "priority 12: class silver and 2 from the menu",
        "agents with sales 5",
    )


def test_between_lines_weight_decides_then_nothing() -> None:
    queues = {"sales": PLAIN, "service": PLAIN, "vip": Queue(weight=5)}
    callers = [waiting("a", 0, 9), waiting("b", 3, 1), waiting("c", 0, 4, "service")]
    assert next_caller(callers, queues) == {"b", "c"}
    assert next_caller([*callers, waiting("d", 0, 0, "vip")], queues) == {"d"}
    assert next_caller([*callers, waiting("d", 0, 0, "vip"), waiting("e", 0, 9, "sales-aged")], queues) == {"d", "e"}
    assert next_caller([], queues) == frozenset()


def test_of_equals_who_has_waited_longest_on_these_terms() -> None:
    """Who has waited for 300 s is the equal of one who comes at that moment to the queue of the highest weight."""
    queues = {"sales": PLAIN, "service": PLAIN, "vip": Queue(weight=5)}
    aged, other = waiting("a", 20, 320, "sales-aged"), waiting("b", 20, 330, "service-aged")

    def first(*callers: Waiting) -> str:
        found = first_of_equals(callers, queues)
        return found.call_key if found else ""

    assert first(aged, waiting("v", 0, 19, "vip")) == "a"
    assert first(aged, waiting("v", 0, 21, "vip"), waiting("s", 0, 9, "sales")) == "v"
    assert first(aged, waiting("v", 9, 1, "vip"), waiting("w", 0, 99, "vip")) == "a", "each line offers its first"
    assert first(aged, other, waiting("v", 0, 21, "vip")) == "b"
    assert first(aged) == first(aged, waiting("s", 0, 9, "sales")) == first() == "", "it is clear without"


@settings(max_examples=50)
@given(gaps=st.lists(st.integers(5, 20), min_size=1, max_size=10), came=st.lists(st.integers(0, 300), min_size=1))
def test_nobody_starves_behind_a_queue_of_more_weight(gaps: list[int], came: list[int]) -> None:
    """One agent for both, and callers of the heavy queue who go on coming: all others wait no longer than such a one
    who comes when they become equal."""
    queues = {"light": Queue(equal_after_s=100), "heavy": Queue(weight=9)}
    heavy = itertools.takewhile(lambda at: at < 20_000, itertools.accumulate(itertools.cycle(gaps)))
    coming = deque(sorted([(at, "light") for at in came] + [(at, "heavy") for at in heavy]))
    there: list[tuple[int, str]] = []
    left, now, serves_s = len(came), 0, 15
    while left:
        while coming and coming[0][0] <= now:
            there.append(coming.popleft())
        if not there:
            now = coming[0][0]
            continue
        moment = NOW + timedelta(seconds=now)
        callers = [_waits(str(n), at, queue, queues, moment) for n, (at, queue) in enumerate(there)]
        first = first_of_equals(callers, queues)
        chosen = int(first.call_key if first else min(next_caller(callers, queues)))
        at, queue = there.pop(chosen)
        if queue == "light":
            left -= 1
            assert not any(heavy_at < at + 100 for heavy_at, other in there if other == "heavy" and now >= at + 100)
        else:
            assert not any(
                light_at + 100 < at for light_at, other in there if other == "light" and now >= light_at + 100
            )
        now += serves_s


def _waits(key: str, came: int, queue: str, queues: dict[str, Queue], now: datetime) -> Waiting:
    came_at = NOW + timedelta(seconds=came)
    line = line_of(queue, queues, "zh", (now - came_at).total_seconds())
    return Waiting(key, line, queue, "", 0, came_at, 0)
