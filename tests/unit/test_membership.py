"""Which lines an agent may serve and how soon, and what Asterisk is told when that changes."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ami.actions import QueueAdd, QueuePause, QueuePenalty, QueueRemove
from ccore.centre.lines import equal_from_s, line_of, lines, queue_of, weight_of
from ccore.centre.queue import Queue, Relaxation
from ccore.queues.membership import Membership, memberships
from ccore.queues.model import Agent
from ccore.queues.places import Places, moves

SALES = Queue(
    wants={"sales": 5, "english": 2},
    relax=(Relaxation(after_s=20, wants={"sales": 3}), Relaxation(after_s=60)),
    languages={"en": "english"},
)


def agent(**skills: int) -> Agent:
    """One with these skills."""
    return Agent("1001", "Li", skills)


@pytest.mark.parametrize(
    ("skills", "expected"),
    [
        ({"sales": 9, "english": 9}, {"sales": 0, "sales-en": 0}),
        ({"sales": 5, "english": 2}, {"sales": 0, "sales-en": 0}),
        ({"sales": 5, "english": 1}, {"sales": 10, "sales-en": 10}),
        ({"sales": 5}, {"sales": 10}),
        ({"sales": 2}, {"sales": 20}),
        ({"english": 1}, {"sales": 20, "sales-en": 20}),
        ({}, {"sales": 20}),
    ],
)
def test_ten_for_each_stage_and_no_waiting_makes_a_language_superfluous(
    skills: dict[str, int], expected: dict[str, int]
) -> None:
    found = memberships(agent(**skills), {"sales": SALES})
    assert {each.line: each.penalty for each in found} == expected


def test_who_meets_no_stage_is_no_member() -> None:
    strict = Queue(wants={"vip": 3}, relax=(Relaxation(after_s=30, wants={"vip": 2}),))
    assert memberships(agent(vip=1), {"vip": strict}) == ()


def test_the_best_go_first_where_the_queue_says_so() -> None:
    queue = Queue(wants={"sales": 1, "english": 1}, best_first=True)
    assert memberships(agent(sales=9, english=4), {"q": queue}) == (Membership("q", 5),)
    assert memberships(agent(sales=9, english=9), {"q": queue}) == (Membership("q", 0),)
    assert memberships(agent(), {"q": Queue(best_first=True)}) == (Membership("q", 0),)


def test_lines_are_of_their_queues() -> None:
    queues = {"sales": SALES, "sales-fr": Queue()}
    assert {line: queue_of(line, queues) for line in ("sales", "sales-en", "sales-fr", "sales-zh", "ccore-own")} == {
        "sales": "sales", "sales-en": "sales", "sales-fr": "sales-fr", "sales-zh": "", "ccore-own": ""
    }  # fmt: skip
    assert lines("sales", queues) == {"sales": {}, "sales-en": {"english": 1}}


WEIGHED = {
    "sales": SALES.model_copy(update={"equal_after_s": 30}),
    "service": Queue(weight=3, equal_after_s=90),
    "never": Queue(equal_after_s=0),
    "vip": Queue(weight=5),
}


def test_who_has_waited_so_long_has_a_line_of_the_highest_weight() -> None:
    found = {
        line: (queue_of(line, WEIGHED), weight_of(line, WEIGHED)) for each in WEIGHED for line in lines(each, WEIGHED)
    }
    assert found == {
        "sales": ("sales", 0), "sales-en": ("sales", 0), "sales-aged": ("sales", 5), "sales-en-aged": ("sales", 5),
        "service": ("service", 3), "service-aged": ("service", 5), "never": ("never", 0), "vip": ("vip", 5),
    }  # fmt: skip
    assert lines("sales", WEIGHED)["sales-en-aged"] == {"english": 1}
    assert queue_of("vip-aged", WEIGHED) == "vip", "some may be there yet when its weight becomes the highest"
    assert queue_of("gone-aged", WEIGHED) == queue_of("sales-zh-aged", WEIGHED) == ""


def test_not_before_the_last_stage_so_that_no_agent_is_kept_for_whom_they_may_not_have() -> None:
    assert [equal_from_s(name, WEIGHED) for name in WEIGHED] == [60, 90, None, None]
    assert [line_of("sales", WEIGHED, "en", waited_s) for waited_s in (59.9, 60)] == ["sales-en", "sales-en-aged"]
    assert [line_of(name, WEIGHED, "zh", 1e6) for name in WEIGHED] == ["sales-aged", "service-aged", "never", "vip"]


def test_agents_are_in_both_lines_alike() -> None:
    found = {each.line: each.penalty for each in memberships(agent(sales=3), WEIGHED)}
    assert found.pop("sales-aged") == found["sales"] == 10
    assert found == {"sales": 10, "service": 0, "service-aged": 0, "never": 0, "vip": 0}


SKILLS = st.dictionaries(st.sampled_from(["aa", "bb", "cc"]), st.integers(1, 9))


@given(SKILLS, SKILLS, SKILLS, st.booleans())
def test_penalties_tell_the_first_stage_that_is_met(
    skills: dict[str, int], wants: dict[str, int], less: dict[str, int], best: bool
) -> None:
    queue = Queue(wants=wants, relax=(Relaxation(after_s=9, wants=less),), best_first=best)
    met = [
        stage
        for stage, (_, wanted) in enumerate(queue.stages)
        if all(skills.get(skill, 0) >= level for skill, level in wanted.items())
    ]
    found = memberships(agent(**skills), {"q": queue})
    assert [each.penalty // 10 for each in found] == met[:1]
    assert best or all(each.penalty % 10 == 0 for each in found)


PLACES = st.none() | st.builds(
    Places,
    st.just("1001"),
    st.sampled_from(["node1", "node2"]),
    st.sampled_from(["PJSIP/phone-2001", "PJSIP/phone-2002"]),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 3)),
    st.sampled_from(["", "lunch", "wrap-up"]),
)
Members = dict[tuple[str, str, str], tuple[int, str]]  # node, line, interface → penalty, why it is paused


@given(PLACES, PLACES, st.booleans(), st.booleans())
def test_asterisk_has_the_members_that_are_wanted_after_what_it_is_told(
    before: Places | None, after: Places | None, anew: bool, released: bool
) -> None:
    there = wanted(before)
    for node, action in moves(before, after, anew=anew, released=released):
        match action:
            case QueueRemove():
                del there[node, action.queue, action.interface]
            case QueueAdd():
                assert (node, action.queue, action.interface) not in there
                there[node, action.queue, action.interface] = (action.penalty or 0, action.reason or "")
            case QueuePenalty():
                assert action.queue is not None
                key = node, action.queue, action.interface
                there[key] = (action.penalty, there[key][1])
            case QueuePause():
                for key in there:
                    there[key] = (there[key][0], action.reason or "")
    assert there == wanted(after)
    if before == after and not anew and not released:
        assert not list(moves(before, after))


def wanted(places: Places | None) -> Members:
    """The members that places are."""
    if places is None:
        return {}
    penalties: Mapping[str, int] = places.penalties
    return {(places.node, line, places.interface): (penalty, places.pause) for line, penalty in penalties.items()}
