"""What differs between what should be true of an Asterisk and what is, and what would mend it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove, Setvar, StopMixMonitor
from ccore.ami.snapshot import Member
from ccore.upkeep.model import RESTS, Correction, Desired, Observed, Reason, Recording, WantedMember, WantedRecording
from ccore.upkeep.reconcile import AUTO_PAUSE, reconcile
from tests.unit.upkeep_asterisk import LIMITS, after, channel, member, observed, wanted

SALES, LI = "sales", "PJSIP/1001"
MONDAY = QueueAdd(SALES, LI, LI, LI, penalty=0, paused=False)


def needed(desired: Desired, seen: Observed) -> list[Correction]:
    """The corrections, without the age of calls, which concerns every channel."""
    return [each for each in reconcile(desired, seen, LIMITS) if each.reason is not Reason.CALL_TOO_LONG]


def of_sales(*members: WantedMember) -> Desired:
    return Desired(frozenset({SALES}), members)


@pytest.mark.parametrize(
    ("should", "there", "reason", "actions"),
    [
        (wanted(), None, Reason.MEMBER_MISSING, [MONDAY]),
        (
            wanted(name="李", penalty=3, paused=True, pause_reason="吃饭"), None, Reason.MEMBER_MISSING,
            [QueueAdd(SALES, LI, "李", LI, 3, True, "吃饭")],
        ),
        # app_queue keeps a wrap-up by itself, but not that of a member who is added anew.
        (wanted(rests=True), None, Reason.MEMBER_MISSING, [QueueAdd(SALES, LI, LI, LI, 0, True, RESTS)]),
        (
            wanted(rests=True, paused=True, pause_reason="lunch"), None, Reason.MEMBER_MISSING,
            [QueueAdd(SALES, LI, LI, LI, 0, True, "lunch")],
        ),
        (wanted(), member(paused=True, reason=RESTS), Reason.PAUSE_WRONG, [QueuePause(LI, False, SALES)]),
        (wanted(rests=True), member(paused=True, reason="tea"), Reason.PAUSE_WRONG, [QueuePause(LI, False, SALES)]),
        (None, member(), Reason.MEMBER_UNWANTED, [QueueRemove(SALES, LI)]),
        (wanted(), member(name="Li"), Reason.MEMBER_DIFFERS, [QueueRemove(SALES, LI), MONDAY]),
        (wanted(), member(state_interface="PJSIP/9"), Reason.MEMBER_DIFFERS, [QueueRemove(SALES, LI), MONDAY]),
        (wanted(penalty=2), member(), Reason.PENALTY_WRONG, [QueuePenalty(LI, 2, SALES)]),
        (wanted(), member(paused=True), Reason.PAUSE_WRONG, [QueuePause(LI, False, SALES)]),
        (wanted(), member(paused=True, reason="tea"), Reason.PAUSE_WRONG, [QueuePause(LI, False, SALES)]),
        (wanted(paused=True), member(), Reason.PAUSE_WRONG, [QueuePause(LI, True, SALES)]),
        (
            wanted(paused=True, pause_reason="lunch"), member(paused=True, reason="tea"), Reason.PAUSE_WRONG,
            [QueuePause(LI, True, SALES, "lunch")],
        ),
        (
            wanted(paused=True, pause_reason="lunch"), member(paused=True, reason=AUTO_PAUSE), Reason.PAUSE_WRONG,
            [QueuePause(LI, True, SALES, "lunch")],
        ),
        (wanted(paused=True), member(paused=True, reason="tea"), Reason.PAUSE_WRONG, [QueuePause(LI, True, SALES)]),
        (wanted(), member(status=2), Reason.MEMBER_STUCK, [QueueRemove(SALES, LI), MONDAY]),
        (wanted(), member(status=6), Reason.MEMBER_STUCK, [QueueRemove(SALES, LI), MONDAY]),
        (
            wanted(interface="Local/7@agents", state_interface=LI, name="7"),
            member(interface="Local/7@agents", state_interface=LI, name="7", status=8), Reason.MEMBER_STUCK,
            [QueueRemove(SALES, "Local/7@agents"), QueueAdd(SALES, "Local/7@agents", "7", LI, 0, False)],
        ),
    ],
)  # fmt: skip
def test_a_member_that_is_not_as_it_should_be(
    should: WantedMember | None, there: Member | None, reason: Reason, actions: list[Action]
) -> None:
    [found] = needed(of_sales(*[should] if should else []), observed([there] if there else []))
    assert (found.reason, list(found.actions)) == (reason, actions)
    assert found.subject == f"{SALES} {(should or there).interface}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("should", "there"),
    [
        (wanted(), member()),
        (wanted(), member(calls_taken=7, last_call=1, last_pause=1, wrapup_s=10)),
        (wanted(), member(paused=True, reason=AUTO_PAUSE)),  # did not answer: nobody has decided otherwise
        (wanted(rests=True), member()),
        (wanted(rests=True), member(paused=True, reason=RESTS)),
        (None, member(membership="static")),  # written in queues.conf, and cannot be removed
        (None, member(membership="realtime")),
        (wanted(), member(membership="static", name="Li", state_interface="PJSIP/9")),
        (wanted(), member(name="Li", in_call=True, status=2)),  # waits for the end of its call
        (wanted(), member(status=5)),
        (wanted(state_interface="Custom:a"), member(state_interface="Custom:a", status=2)),
        (
            wanted(interface="Local/7@agents", name="7", state_interface="Local/7@agents"),
            member(interface="Local/7@agents", name="7", state_interface="Local/7@agents", status=2),
        ),
    ],
)
def test_a_member_that_is_left_as_it_is(should: WantedMember | None, there: Member) -> None:
    assert needed(of_sales(*[should] if should else []), observed([there])) == []


def test_queues_nobody_gave_to_ccore_are_left_alone() -> None:
    seen = observed([member("other"), member("other", "PJSIP/2", paused=True)], queues=[SALES, "other"])
    assert needed(of_sales(), seen) == []


def test_a_queue_asterisk_does_not_know_is_for_people_to_mend() -> None:
    [found] = needed(of_sales(wanted()), observed(queues=["service"]))
    assert (found.reason, found.subject, found.actions) == (Reason.QUEUE_MISSING, SALES, ())


def test_whoever_has_to_go_goes_before_anybody_comes() -> None:
    """Asterisk takes PJSIP/1001 and pjsip/1001 for one member."""
    found = needed(of_sales(wanted()), observed([member(interface="pjsip/1001")]))
    assert [each.reason for each in found] == [Reason.MEMBER_UNWANTED, Reason.MEMBER_MISSING]


@pytest.mark.parametrize(
    ("name", "stuck"),
    [
        ("PJSIP/1001-0000002a", False),
        ("PJSIP/10010-0000002a", True),
        ("PJSIP/1001-b-0000002a", True),
        ("PJSIP/trunk-0000002a", True),
    ],
)
def test_who_is_in_use_has_a_channel(name: str, stuck: bool) -> None:
    found = needed(of_sales(wanted()), observed([member(status=2)], [channel(name)]))
    assert [each.reason for each in found] == [Reason.MEMBER_STUCK] * stuck


def test_who_is_in_use_may_be_in_use_by_a_channel_that_cannot_be_read() -> None:
    assert needed(of_sales(wanted()), observed([member(status=2)], unreadable=1)) == []


RUNNING = Recording("0x7f", "/srv/ccore/spool/monitor/2026/a.wav")


@pytest.mark.parametrize(
    ("recorded", "running", "reason", "actions"),
    [
        (True, None, Reason.RECORDING_MISSING, ()),
        (True, Recording("0x7f", "/srv/ccore/spool/monitor/b.wav"), Reason.RECORDING_MISSING, ()),
        (
            False, RUNNING, Reason.RECORDING_UNWANTED,
            (StopMixMonitor("node1-1.1", "0x7f"), Setvar("node1-1.1", "CCORE_RECORDING", "")),
        ),
    ],
)  # fmt: skip
def test_a_recording_that_is_not_as_it_should_be(
    recorded: bool, running: Recording | None, reason: Reason, actions: tuple[Action, ...]
) -> None:
    desired = Desired(recordings=(WantedRecording("node1-1.1", "node1-1.0", "2026/a.wav", recorded),))
    [found] = needed(desired, observed(channels=[channel()], recordings={"node1-1.1": running}))
    assert found == Correction(reason, "node1-1.1", actions, call_id="node1-1.0")


@pytest.mark.parametrize(
    ("recorded", "running"), [(True, {"node1-1.1": RUNNING}), (False, {"node1-1.1": None}), (True, {})]
)
def test_a_recording_that_is_left_as_it_is(recorded: bool, running: dict[str, Recording | None]) -> None:
    desired = Desired(recordings=(WantedRecording("node1-1.1", "node1-1.0", "2026/a.wav", recorded),))
    assert needed(desired, observed(channels=[channel()], recordings=running)) == []


queues = st.sampled_from(["sales", "service", "other"])
interfaces = st.sampled_from(["PJSIP/1", "PJSIP/2", "Local/3@agents"])
names = st.sampled_from(["PJSIP/1", "李", "Wang"])
reasons = st.sampled_from(["lunch", "吃饭", AUTO_PAUSE, ""])
facts: dict[str, Any] = {"name": names, "state_interface": interfaces, "penalty": st.integers(0, 3)}
wanted_members = st.builds(
    lambda queue, interface, paused, reason, facts: wanted(
        queue, interface, paused=paused, pause_reason=reason if paused else "", **facts
    ),
    queues, interfaces, st.booleans(), reasons, st.fixed_dictionaries(facts),
)  # fmt: skip
members = st.builds(
    lambda queue, interface, paused, reason, facts: member(
        queue, interface, paused=paused, reason=reason if paused else "", **facts
    ),
    queues, interfaces, st.booleans(), reasons,
    st.fixed_dictionaries(
        {**facts, "status": st.integers(0, 8), "in_call": st.booleans(),
         "membership": st.sampled_from(["dynamic", "dynamic", "static"])}
    ),
)  # fmt: skip


@given(
    st.lists(wanted_members, unique_by=lambda each: (each.queue, each.interface)),
    st.lists(members, unique_by=lambda each: (each.queue, each.interface)),
    st.sets(queues),
)
def test_the_corrections_make_what_should_be_true_true(
    should: list[WantedMember], there: list[Member], managed: set[str]
) -> None:
    """No correction is refused, none is needed twice, and whoever is free is then exactly as wanted."""
    desired = Desired(frozenset(managed), tuple(each for each in should if each.queue in managed))
    before = observed(there, queues=["sales", "service", "other"])
    made = [action for each in needed(desired, before) for action in each.actions]
    now = after(made, before)
    assert needed(desired, now) == []
    found = {(each.queue, each.interface): each for each in now.snapshot.members}
    untouched = {key: each for key, each in found.items() if each.queue not in managed}
    assert untouched == {(each.queue, each.interface): each for each in there if each.queue not in managed}
    for each in desired.members:
        became = found.pop((each.queue, each.interface))
        if became.membership == "dynamic" and not became.in_call:
            assert (became.name, became.state_interface) == (each.name, each.state_interface)
        if became.membership == "dynamic" and became.in_call and became.name != each.name:
            continue  # made anew after its call
        if became.membership == "dynamic" and became.in_call and became.state_interface != each.state_interface:
            continue
        assert became.penalty == each.penalty
        assert (became.paused, became.reason) == (each.paused, each.pause_reason) or (
            not each.paused and became.reason == AUTO_PAUSE
        )
    assert not [each for each in found.values() if each.queue in managed and each.membership == "dynamic"]
