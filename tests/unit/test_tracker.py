"""What the tracker makes of events that are late, lost or never told, and of snapshots."""

import pickle
from datetime import timedelta

import pytest

from ccore.ami.snapshot import Waiting
from ccore.ami.wire import Message
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from tests.support.switch import LATER, assert_sound, bridge, channel, event, snapshot
from tests.support.transcripts import NOW

SECOND = timedelta(seconds=1)


def began(uniqueid: str, linkedid: str = "", state: str = "Up", name: str = "") -> Message:
    """A channel begins."""
    return about("Newchannel", uniqueid, linkedid, ChannelStateDesc=state, Channel=name or f"PJSIP/trunk-{uniqueid}")


def about(name: str, uniqueid: str, linkedid: str = "", **fields: str) -> Message:
    """An event about a channel."""
    lower = {key.lower(): value for key, value in fields.items()}
    return event(name, uniqueid=uniqueid, linkedid=linkedid or uniqueid, **lower)


def entered(uniqueid: str, linkedid: str = "", room: str = "room") -> Message:
    """A channel is in a bridge."""
    return about("BridgeEnter", uniqueid, linkedid, BridgeUniqueid=room, BridgeTechnology="simple_bridge")


def hear(tracker: Tracker, *events: Message) -> list[str]:
    """The facts in these events, in words."""
    return words([fact for told in events for fact in tracker.heard(told, NOW)])


def words(facts: list[Fact]) -> list[str]:
    return [
        " ".join(str(word) for word in (f.call, f.kind, f.channel, f.peer, f.queue, f.member, f.how, f.cause) if word)
        for f in facts
    ]


@pytest.fixture
def tracker() -> Tracker:
    return Tracker("node1")


@pytest.fixture
def talk(tracker: Tracker) -> Tracker:
    """A caller ``a`` talks to ``b``."""
    hear(tracker, began("a"), began("b", "a"), entered("b", "a"), entered("a"))
    return tracker


def test_what_comes_after_the_end_raises_nobody(talk: Tracker) -> None:
    assert hear(talk, about("Hangup", "a", Cause="16"), about("Hangup", "b", "a", Cause="16")) == [
        "a disconnected a b",
        "a ended a 16",
    ]
    late = [about("Newstate", "a", ChannelStateDesc="Up"), about("BridgeLeave", "b", "a", BridgeUniqueid="room")]
    assert hear(talk, *late, about("Hangup", "a"), began("b", "a")) == []
    assert not talk.channels


def test_a_call_whose_beginning_was_withheld_is_found_by_its_next_event(tracker: Tracker) -> None:
    hold = about("Hold", "a", ChannelStateDesc="Up", Channel="PJSIP/trunk-1")
    assert hear(tracker, hold) == ["a started a found", "a answered a found", "a held a"]
    assert hear(tracker, about("Hangup", "a", Cause="31")) == ["a ended a 31"]


def test_the_end_of_what_was_never_known_is_no_fact_and_stays_the_end(tracker: Tracker) -> None:
    assert hear(tracker, about("Hangup", "a"), about("Newstate", "a", ChannelStateDesc="Up")) == []
    assert tracker.looked(snapshot([channel("a")], asked_at=NOW - SECOND), NOW) == []


def test_the_cause_is_that_of_the_callers_channel(talk: Tracker) -> None:
    hear(talk, about("Hangup", "a", Cause="19"))
    assert hear(talk, about("Hangup", "b", "a", Cause="26")) == ["a ended a 19"]


@pytest.mark.parametrize("cause", ["", "x", "-1", "³", "9" * 30])
def test_a_cause_that_is_no_number_is_none(tracker: Tracker, cause: str) -> None:
    hear(tracker, began("a"))
    (ended,) = tracker.heard(about("Hangup", "a", Cause=cause), NOW)
    assert ended.cause is None


def test_a_linkedid_that_changed_in_silence_merges_the_calls(tracker: Tracker) -> None:
    hear(tracker, began("a"), began("b"), began("c", "b"))
    assert hear(tracker, about("Hold", "b", "a")) == ["a merged b b", "a held b"]
    assert tracker.calls["a"].channels == ("a", "b", "c")
    assert hear(tracker, about("Unhold", "c", "b"), began("d", "b")) == ["a answered d"]
    assert_sound(tracker)
    assert hear(tracker, *(about("Hangup", each, "a") for each in "abcd")) == ["a ended a"]
    assert hear(tracker, began("e", "b")) == ["b started e", "b answered e"]


def test_the_older_of_two_calls_that_meet_lives_on_whoever_comes_first(tracker: Tracker) -> None:
    for number, uniqueid in enumerate(["old", "new", "third"]):
        tracker.heard(began(uniqueid), NOW + number * SECOND)
    assert hear(tracker, entered("new"), entered("old")) == ["old merged new new", "old connected old new"]
    assert hear(tracker, entered("third")) == [
        "old merged third third", "old connected old third", "old connected new third",
    ]  # fmt: skip


def test_those_who_share_a_conference_or_a_parking_lot_stay_calls_of_their_own(tracker: Tracker) -> None:
    hear(tracker, began("a"), began("b"))
    for uniqueid in "ab":
        fields = {"BridgeUniqueid": "many", "BridgeTechnology": "softmix", "BridgeCreator": "ConfBridge"}
        assert hear(tracker, about("BridgeEnter", uniqueid, **fields)) == []
    assert set(tracker.calls) == {"a", "b"}


def test_a_call_vanishes_if_a_snapshot_does_not_have_it(talk: Tracker) -> None:
    hear(talk, about("QueueCallerJoin", "a", Queue="service"))
    seen = snapshot()
    assert talk.difference(seen) == ["channel a (PJSIP/trunk-a) is no more", "channel b (PJSIP/trunk-b) is no more"]
    facts = talk.looked(seen, LATER)
    assert words(facts) == [
        "a left-queue a service found", "a disconnected a b found", "a vanished a found",
    ]  # fmt: skip
    assert {(fact.at, fact.epoch) for fact in facts} == {(LATER, 1)}
    assert talk.difference(seen) == []
    assert hear(talk, about("Hangup", "a", Cause="16")) == []


def test_a_channel_that_vanishes_from_a_living_call_is_no_end_of_it(talk: Tracker) -> None:
    assert words(talk.looked(snapshot([channel("a", bridge="room")]), LATER)) == ["a disconnected a b found"]
    assert talk.calls["a"].channels == ("a",)


def test_a_snapshot_says_nothing_about_channels_heard_of_after_its_question(talk: Tracker) -> None:
    talk.looked(snapshot([channel("a", bridge="room"), channel("b", "a", bridge="room")]), NOW - SECOND)
    hear(talk, about("Hold", "a"), about("Hold", "b"))
    seen = snapshot([channel("c", bridge="room")], asked_at=NOW - SECOND)
    assert talk.difference(seen) == ["channel c (PJSIP/trunk-c) is there"]
    assert words(talk.looked(seen, NOW))[:2] == ["c started c found", "c answered c found"]
    assert {"a", "b"} <= set(talk.channels)


def test_the_first_snapshot_of_a_login_knows_better_than_events_of_the_login_before(talk: Tracker) -> None:
    """They may have waited long in ccore, and were heard after its question."""
    talk.looked(snapshot([channel("a", bridge="room"), channel("b", "a", bridge="room")]), LATER)
    assert words(talk.looked(snapshot(epoch=2, asked_at=NOW - SECOND), NOW))[-1] == "a vanished a found"


def test_channels_that_could_not_be_read_have_not_vanished(talk: Tracker) -> None:
    for seen in (snapshot(unreadable=2), snapshot([channel("a", bridge="room")], unreadable=1)):
        assert talk.difference(seen) == []
        assert talk.looked(seen, LATER) == []
    assert words(talk.looked(snapshot(unreadable=1), LATER))[-1] == "a vanished a found"


def test_a_call_that_only_the_snapshot_tells_of_is_found_with_all_it_is_in(tracker: Tracker) -> None:
    channels = [channel("a", bridge="room"), channel("b", "a", bridge="room"), channel("c", "a", "Ringing")]
    seen = snapshot(channels, bridges=(bridge("room"),))
    facts = tracker.looked(seen, LATER)
    assert words(facts) == [
        "a started a found", "a answered a found", "a answered b found", "a ringing c found", "a connected a b found",
    ]  # fmt: skip
    assert tracker.calls["a"].began_at == tracker.channels["a"].began_at == LATER - 7 * SECOND
    assert tracker.difference(seen) == []
    replayed = [began("a", state="Ring"), about("Newstate", "a", ChannelStateDesc="Up"), entered("a"), entered("b")]
    assert hear(tracker, *replayed) == []


def test_the_snapshot_tells_who_waits_who_confers_and_who_is_parked(tracker: Tracker) -> None:
    hear(tracker, *(began(each) for each in "abc"))
    waiting = (Waiting("service", "a", "PJSIP/trunk-a", 1, 3, 0, "138"),)
    bridges = (bridge("many", "softmix", "ConfBridge", "400"), bridge("lot", "holding_bridge", "Parking"))
    channels = [channel("a"), channel("b", bridge="many"), channel("c", bridge="lot")]
    assert words(tracker.looked(snapshot(channels, waiting=waiting, bridges=bridges), LATER)) == [
        "a joined-queue a service found", "b joined-conference b found", "c parked c found",
    ]  # fmt: skip
    free = snapshot(map(channel, "abc"))
    assert tracker.difference(free) == [
        "channel a: queue it waits in is none, not service",
        "channel b: bridge is none, not many",
        "channel c: bridge is none, not lot",
    ]
    assert words(tracker.looked(free, LATER)) == [
        "a left-queue a service found", "b left-conference b found", "c unparked c found",
    ]  # fmt: skip


def test_a_conference_that_could_not_be_read_was_not_left(tracker: Tracker) -> None:
    many = {"BridgeUniqueid": "many", "BridgeTechnology": "softmix", "BridgeCreator": "ConfBridge"}
    hear(tracker, began("a"), about("BridgeEnter", "a", **many), about("ConfbridgeJoin", "a", Conference="400"))
    assert tracker.looked(snapshot([channel("a", bridge="many")], unreadable=1), LATER) == []
    assert tracker.channels["a"].conference == "400"


def test_the_queues_could_not_be_read_so_nobody_left_them(tracker: Tracker) -> None:
    hear(tracker, began("a"), about("QueueCallerJoin", "a", Queue="service"))
    assert tracker.looked(snapshot([channel("a")], unreadable=1), LATER) == []


def test_a_caller_leaves_the_queue_by_a_key_or_for_an_agent(tracker: Tracker) -> None:
    hear(tracker, began("a"), about("QueueCallerJoin", "a", Queue="service"))
    assert hear(tracker, about("QueueCallerLeave", "a", Queue="service")) == ["a left-queue a service left"]
    hear(tracker, about("QueueCallerJoin", "a", Queue="service"), began("b", "a", "Ringing"))
    agent = {"DestUniqueid": "b", "DestLinkedid": "a", "Queue": "service", "MemberName": "bob"}
    hear(tracker, about("AgentCalled", "a", **agent), about("Newstate", "b", "a", ChannelStateDesc="Up"))
    assert hear(tracker, about("QueueCallerLeave", "a", Queue="service")) == ["a left-queue a service connected"]


def test_an_agent_behind_a_local_channel_is_named_where_people_meet(tracker: Tracker) -> None:
    halves = [began("1", "a", name="Local/bob@agents-0001;1"), began("2", "a", name="Local/bob@agents-0001;2")]
    agent = {"DestUniqueid": "1", "DestLinkedid": "a", "Queue": "service", "MemberName": "bob"}
    hear(tracker, began("a"), *halves, about("AgentCalled", "a", **agent), began("b", "a"))
    hear(tracker, entered("b", "a", "far"), entered("2", "a", "far"), entered("1", "a", "near"))
    assert hear(tracker, entered("a", room="near")) == ["a connected a b service bob"]


def test_asterisks_clock_may_be_set_back(tracker: Tracker) -> None:
    hear(tracker, about("Newchannel", "a", ChannelStateDesc="Up", Timestamp="1795345715.5"))
    assert hear(tracker, about("Hold", "a", Timestamp="1795345715.2")) == [], "told before"
    assert hear(tracker, about("Hold", "a", Timestamp="1795342115.6")) == ["a held a"]
    assert hear(tracker, about("Unhold", "a", Timestamp="1795342115.7")) == ["a resumed a"]


def test_a_masqueraded_channel_keeps_its_place(tracker: Tracker) -> None:
    hear(tracker, began("a"), about("Rename", "a", Channel="PJSIP/trunk-a", Newname="PJSIP/trunk-z"))
    assert tracker.channels["a"].name == "PJSIP/trunk-z"
    assert tracker.difference(snapshot([channel("a", name="PJSIP/trunk-z")])) == []


def test_facts_are_numbered_through_logins_and_snapshots(tracker: Tracker) -> None:
    facts = tracker.looked(snapshot([channel("a")], epoch=1), NOW)
    facts += tracker.heard(about("Hold", "a"), NOW)
    facts += tracker.looked(snapshot(epoch=2), LATER)
    assert [(fact.number, fact.epoch) for fact in facts] == [(1, 1), (2, 1), (3, 1), (4, 2)]
    assert [fact.kind for fact in facts] == [Kind.STARTED, Kind.ANSWERED, Kind.HELD, Kind.VANISHED]


def test_ended_calls_are_forgotten(tracker: Tracker) -> None:
    def size_after(first: int, last: int) -> int:
        for number in range(first, last):
            one, two, at = f"{number}.1", f"{number}.2", NOW + number * SECOND
            calls = [began(one), began(two), entered(one, room=one), entered(two, room=one)]
            ends = [about("Hangup", one), about("Hangup", two)] if number % 3 else []
            for told in [*calls, *ends]:
                tracker.heard(told, at)
            if number % 3 == 0:
                tracker.looked(snapshot(epoch=number, asked_at=at), at)
        assert not tracker.calls
        return len(pickle.dumps(tracker))

    assert size_after(0, 200) == pytest.approx(size_after(200, 2000), rel=0.2)
