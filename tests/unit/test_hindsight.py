"""Hindsight: what was true when app_queue chose, though it was told of later, and what nobody could know for sure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ccore.centre.queue import Queue, Relaxation
from ccore.queues.choosing import Count, Rosters
from ccore.queues.counts import Counts
from ccore.queues.hindsight import Hindsight, Rung, Stay, Verdict
from ccore.queues.history import History
from ccore.queues.model import Agent, Device, Presence, State

AT = 1_800_000_000.0
STAY = Stay(came_at=AT - 5, joined_at=AT - 5)
QUEUES = {
    "sales": Queue(wants={"sales": 5}, relax=(Relaxation(after_s=20),), wrap_up_s=10),
    "service": Queue(wrap_up_s=10),
    "urgent": Queue(wants={"sales": 5}, weight=5),
}
AGENTS = {
    name: Agent(name, "", {"sales": level}, own_penalty=number)
    for number, (name, level) in enumerate((("1", 5), ("2", 5), ("3", 1)), 1)
}


class Floor:
    """Three agents, who are ready since long and have rested for 300 s, 200 s and 100 s."""

    def __init__(self, agents: Mapping[str, Agent] = AGENTS) -> None:
        self.counts = Counts({})
        self.counts.use(QUEUES)
        rosters = Rosters(lambda: agents)
        rosters.use(QUEUES)
        self.hindsight = Hindsight(lambda: agents, rosters, self.counts)
        self.hindsight.use(QUEUES)
        self.presences = {name: presence(name, State.READY, AT - 600) for name in agents}
        self.hindsight.known(self.presences)
        for name, rested_s in zip(agents, (300, 200, 100), strict=False):
            for line in ("sales", "service", "urgent", "ccore-own"):
                count = Count(int(AT) - rested_s, 1, int(AT) - 3600, 11)
                self.counts.told("node1", line, name, AT - rested_s, count)

    def does(self, agent: str, state: State, at: float, **changes: Any) -> None:
        before = self.presences[agent]
        self.presences[agent] = replace(presence(agent, state, at), **changes)
        self.hindsight.presence_changed(before, self.presences[agent])

    def rings(self, agent: str, line: str = "sales", stay: Stay = STAY, lag_s: float = 0.0) -> Verdict:
        return self.hindsight.verdict(Rung("node1", line, agent, AT, lag_s), stay)

    def judged(self, agent: str, line: str = "sales", stay: Stay = STAY, lag_s: float = 0.0) -> str:
        """``exact``, ``agreed``, or the objection."""
        found = self.rings(agent, line, stay, lag_s).judgement
        return "exact" if found.exact else found.objection or "agreed"


@pytest.fixture
def floor() -> Floor:
    return Floor()


def presence(agent: str, state: State, at: float, node: str = "node1") -> Presence:
    return Presence(agent, state, datetime.fromtimestamp(at, UTC), Device("phone", agent, node))


def test_the_one_who_rings_was_ready_until_then(floor: Floor) -> None:
    floor.does("1", State.RINGING, AT)
    floor.does("1", State.TALKING, AT + 1.5)
    verdict = floor.rings("1")
    assert verdict.judgement.exact
    assert (verdict.penalty, verdict.limits.maximum, verdict.free_since) == (0, 9, AT - 600)
    assert verdict.judgement.best.others["2"] == "has rested for 200 s"


def test_another_who_has_rested_longer_is_an_objection_if_ready_for_some_seconds(floor: Floor) -> None:
    assert floor.judged("2") == "1 goes before 2, who has rested for 200 s"
    floor.does("1", State.TALKING, AT - 100)
    floor.does("1", State.READY, AT - 2)
    assert floor.judged("2") == "agreed"
    late = Floor()
    late.does("1", State.TALKING, AT - 100)
    late.does("1", State.READY, AT - 4)
    assert late.judged("2").startswith("1 goes before 2")
    assert late.judged("2", lag_s=2) == "agreed"


def test_who_was_just_rung_for_somebody_else_is_no_objection_whichever_is_told_first(floor: Floor) -> None:
    floor.does("1", State.RINGING, AT + 0.3)
    assert floor.judged("2") == "agreed"
    floor.hindsight.rings("1", AT + 0.3)
    assert floor.judged("2") == "exact"
    assert floor.rings("2").judgement.best.others["1"] == "rung for another caller"


def test_who_is_paused_or_talks_must_not_be_rung(floor: Floor) -> None:
    floor.does("1", State.PAUSED, AT - 10, paused=True, reason="lunch")
    assert floor.judged("1") == "1 cannot be rung: paused (lunch)"
    floor.does("2", State.PAUSED, AT - 0.4, paused=True)
    assert floor.judged("2") == "agreed"


def test_the_wrap_up_of_app_queue_counts_too_to_the_second(floor: Floor) -> None:
    for name in ("2", "3"):
        floor.does(name, State.TALKING, AT - 100)
    for ended, expected in ((AT - 5, "1 cannot be rung: wraps up for 6 s more"), (AT - 9.5, "agreed")):
        floor.counts.told("node1", "sales", "1", ended, Count(int(ended), 2, 0, 11))
        assert floor.judged("1") == expected


def test_what_is_counted_of_the_call_that_began_then_does_not_count(floor: Floor) -> None:
    floor.counts.told("node1", "sales", "1", AT + 1.2, Count(int(AT + 1), 2, 0, 11))
    assert floor.rings("1").judgement.best.because["1"].startswith("penalty 0")
    assert floor.judged("1") == "exact"


def test_members_whom_asterisk_does_not_have_and_those_of_other_nodes_are_nobody(floor: Floor) -> None:
    everybody = {**AGENTS, "0": Agent("0", "", {"sales": 9})}
    more = Floor(everybody)
    more.hindsight.known({"0": presence("0", State.READY, AT - 600)})
    assert more.judged("1") == "exact"
    assert more.rings("1").judgement.best.others["0"] == "not in Asterisk's line yet"
    floor.does("1", State.READY, AT - 500, device=Device("phone", "1", "node2"))
    assert floor.judged("2") == "exact"


def test_less_skilled_agents_from_the_second_of_the_rule_on(floor: Floor) -> None:
    for name in ("1", "2"):
        floor.does(name, State.TALKING, AT - 100)
    assert floor.judged("3") == "3 may not serve this caller yet: penalty 10, up to 9"
    assert floor.judged("3", stay=Stay(AT - 19.5, AT - 19.5)) == "agreed"
    assert floor.judged("3", stay=Stay(AT - 20.2, AT - 20.2)) == "exact"
    assert floor.judged("3", stay=Stay(AT - 25, AT - 2)) == "exact"


def test_who_refused_just_before_is_not_tried_again_and_who_got_free_meanwhile_not_seen(floor: Floor) -> None:
    assert floor.judged("2", stay=replace(STAY, tried=frozenset({"1"}), attempt_at=AT - 6)) == "exact"
    floor.does("1", State.READY, AT - 5)
    stay = replace(STAY, tried=frozenset({"9"}), attempt_at=AT - 6)
    floor.does("1", State.TALKING, AT - 90)
    floor.does("1", State.READY, AT - 5)
    assert floor.judged("2", stay=stay) == "agreed"


def test_the_head_start_is_for_one_alone(floor: Floor) -> None:
    assert floor.judged("2", "ccore-own", replace(STAY, sticky="2")) == "exact"
    assert floor.judged("2", "ccore-own", replace(STAY, sticky="1")).startswith("2 may not serve this caller")
    assert floor.judged("2", "ccore-own").startswith("2 may not serve this caller")


def test_a_line_of_more_weight_keeps_its_agents(floor: Floor) -> None:
    floor.hindsight.came("node1", "urgent", "c1", AT - 20)
    floor.hindsight.came("node1", "urgent", "c2", AT - 2)
    assert floor.judged("3", "service") == "exact"
    assert floor.rings("3", "service").judgement.best.others["1"] == "kept for urgent"
    floor.hindsight.left("node1", "urgent", "c1", AT - 1)
    assert floor.judged("3", "service") == "exact", "app_queue may not have known yet"
    floor.hindsight.left("node1", "urgent", "c1", AT - 9)
    assert floor.judged("3", "service").startswith("1 goes before 3")


def test_nothing_is_kept_from_who_has_waited_long_but_for_them(floor: Floor) -> None:
    for name in AGENTS:
        floor.counts.told("node1", "service-aged", name, AT - 50, Count(int(AT) - 100, 1, int(AT) - 3600, 11))
    floor.hindsight.came("node1", "urgent", "c1", AT - 20)
    floor.hindsight.came("node1", "urgent", "c2", AT - 20)
    assert floor.judged("1", "service-aged") == "exact"
    floor.hindsight.came("node1", "service-aged", "c3", AT - 10)
    floor.does("2", State.TALKING, AT - 100)
    floor.does("3", State.TALKING, AT - 100)
    assert floor.rings("1", "sales").judgement.best.others["1"] == "kept for urgent"
    for caller in ("c1", "c2"):
        floor.hindsight.left("node1", "urgent", caller, AT - 9)
    assert floor.rings("1", "sales").judgement.best.others["1"] == "kept for service-aged"


def test_nothing_is_kept_for_ever(floor: Floor) -> None:
    history: History[str, int] = History(60)
    for second in range(1000):
        history.note("a", AT + second, second)
        floor.hindsight.came("node1", "sales", f"c{second}", AT + second)
        floor.hindsight.left("node1", "sales", f"c{second}", AT + second + 1)
    assert history.at("a", AT + 990.5) == 990
    assert history.during("a", AT + 996, AT + 998) == [996, 997, 998]
    assert history.at("a", AT) is not None
    assert history.at("b", AT) is None
    assert history.during("b", AT, AT) == []
    history.note("a", AT + 995, -1)
    assert history.now("a") == -1
    assert len(history.during("a", 0, AT + 2000)) < 70
