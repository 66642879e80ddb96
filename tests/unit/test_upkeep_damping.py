"""When a correction is made, when it rests, and when it is left to people."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ccore.ami.actions import Hangup, QueueRemove
from ccore.upkeep.damping import Decision, Patience, decide, untried, without
from ccore.upkeep.model import Correction, Desired, Reason, WantedRecording
from ccore.upkeep.reconcile import reconcile
from tests.unit.upkeep_asterisk import LIMITS, member, observed, wanted

EXTRA = Correction(Reason.MEMBER_UNWANTED, "sales PJSIP/1", (QueueRemove("sales", "PJSIP/1"),))
OTHER = Correction(Reason.MEMBER_UNWANTED, "sales PJSIP/2", (QueueRemove("sales", "PJSIP/2"),))
ORPHAN = Correction(Reason.CHANNEL_ORPHANED, "node1-1.1", (Hangup("node1-1.1"),))
PATIENCE = Patience(first_rest_s=4, tries=6, well_s=60)


def stuck(asked: str) -> Correction:
    return Correction(Reason.AGI_STUCK, "node1-1.1", (Hangup("node1-1.1"),), asked)


def course(needed: Callable[[int], list[Correction]], looks: int, every_s: int = 5) -> tuple[list[int], list[int]]:
    """The seconds at which something was made, and those at which something was given up."""
    decided, made, given_up = Decision(), list[int](), list[int]()
    for now in range(0, looks * every_s, every_s):
        decided = decide(needed(now), decided.past, float(now), LIMITS, PATIENCE)
        made += [now] * len(decided.make)
        given_up += [now] * len(decided.given_up)
    return made, given_up


def test_what_refuses_to_be_mended_gets_ever_longer_rests_and_then_an_alarm_in_place_of_the_action() -> None:
    made, given_up = course(lambda _: [EXTRA], looks=60)
    assert made == [0, 5, 15, 35, 70, 135]  # rests of 4, 8, 16, 32, 64 s, each until the next look
    assert given_up == list(range(140, 300, 5))


def test_what_comes_undone_as_soon_as_it_is_mended_is_a_loop_as_well() -> None:
    made, given_up = course(lambda now: [EXTRA] if now % 10 == 0 else [], looks=60)
    assert made == [0, 10, 20, 40, 80, 150]
    assert given_up == list(range(160, 300, 10))


def test_what_helped_is_forgotten_after_a_while() -> None:
    made, given_up = course(lambda now: [EXTRA] if now % 60 == 0 else [], looks=400)
    assert made == list(range(0, 2000, 60))
    assert not given_up


def test_the_alarm_ends_when_the_matter_is_well() -> None:
    made, given_up = course(lambda now: [EXTRA] if now < 300 or now >= 400 else [], looks=82)
    assert given_up[-1] == 295
    assert made[-2:] == [400, 405]


def test_one_matter_does_not_delay_another() -> None:
    made, _ = course(lambda now: [EXTRA, OTHER] if now == 35 else [EXTRA], looks=8)
    assert made == [0, 5, 15, 35, 35]


def test_what_may_pass_by_itself_is_waited_for() -> None:
    assert course(lambda _: [ORPHAN], looks=8) == ([30, 35], [])
    assert course(lambda now: [] if now % 30 == 25 else [ORPHAN], looks=100) == ([], [])


def test_a_session_that_asks_something_else_is_another_session() -> None:
    assert course(lambda now: [stuck(f"menu {now // 15}")], looks=100) == ([], [])
    assert course(lambda now: [stuck("menu")], looks=5)[0] == [20]


def test_what_ccore_cannot_mend_is_an_alarm_at_once() -> None:
    lost = Correction(Reason.QUEUE_MISSING, "sales", ())
    assert course(lambda _: [lost], looks=3) == ([], [0, 5, 10])


def test_a_pause_between_two_looks_proves_nothing() -> None:
    """ccore had no link for two minutes: the matter was not seen to be well."""
    decided, made = Decision(), 0
    for now in range(0, 2000, 120):
        decided = decide([EXTRA], decided.past, float(now), LIMITS, PATIENCE)
        made += len(decided.make)
    assert made == PATIENCE.tries
    assert decided.given_up == (EXTRA,)


def test_after_a_login_everything_is_tried_again_and_nothing_is_younger() -> None:
    spent = decide([EXTRA, ORPHAN], {}, 0.0, LIMITS, Patience(tries=1))
    assert spent.make == (EXTRA,)
    again = decide([EXTRA, ORPHAN], untried(spent.past), 30.0, LIMITS, Patience(tries=1))
    assert again.make == (EXTRA, ORPHAN)


def test_who_signs_in_and_out_all_the_time_is_no_loop() -> None:
    """Every look somebody has decided otherwise."""
    decided, made, before = Decision(), 0, Desired()
    for now in range(0, 200, 5):
        desired = Desired(frozenset({"sales"}), (wanted(),) if now % 2 else ())
        needed = reconcile(desired, observed([] if now % 2 else [member()]), LIMITS)
        past = without(decided.past, desired.changed_since(before))
        decided, before = decide(needed, past, float(now), LIMITS, PATIENCE), desired
        made += len(decided.make)
    assert made == 40


def test_only_what_is_wanted_otherwise_has_changed() -> None:
    recording = WantedRecording("node1-1.1", "node1-1.0", "a.wav", recorded=True)
    before = Desired(frozenset({"sales"}), (wanted(), wanted(interface="PJSIP/2")), (recording,))
    assert before.changed_since(before) == set()
    assert before.changed_since(Desired()) == {"sales PJSIP/1001", "sales PJSIP/2", "node1-1.1"}
    after = replace(before, members=(wanted(paused=True), wanted(interface="PJSIP/3")))
    assert after.changed_since(before) == {"sales PJSIP/1001", "sales PJSIP/2", "sales PJSIP/3"}
    assert replace(before, recordings=(replace(recording, recorded=False),)).changed_since(before) == {"node1-1.1"}


@given(st.lists(st.tuples(st.floats(0.1, 30), st.booleans()), max_size=200))
def test_whatever_happens_a_matter_is_never_acted_on_more_often_than_its_tries_allow(
    looks: list[tuple[float, bool]],
) -> None:
    now, decided, made, last_wrong, seen_well = 0.0, Decision(), list[float](), 0.0, True
    for wait_s, wrong in looks:
        now += wait_s
        if seen_well and now - last_wrong >= PATIENCE.well_s:
            made.clear()  # another course begins
        decided = decide([EXTRA] if wrong else [], decided.past, now, LIMITS, PATIENCE)
        last_wrong, seen_well = (now, False) if wrong else (last_wrong, True)
        if decided.make:
            assert wrong
            assert not made or now - made[-1] >= PATIENCE.first_rest_s * 2 ** (len(made) - 1)
            made.append(now)
        assert len(made) <= PATIENCE.tries
        assert len(decided.past) <= 1
