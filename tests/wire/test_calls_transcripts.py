"""Every kind of call, as a real Asterisk tells of it, and exactly the facts that it is."""

import re
from collections import Counter

import pytest

from ccore.ami.wire import Message
from ccore.calls.model import Kind
from ccore.calls.tracker import Tracker
from tests.support.switch import assert_sound
from tests.support.transcripts import NAMES, NOW, in_words, letters, messages, recorded, transcript
from tests.wire.recording import recording

TALK = ["A: started A", "A: ringing B", "A: answered B", "A: answered A", "A: connected A B"]
THROUGH_LOCAL = [
    "A: started A", "A: ringing D", "A: answered D", "A: answered A", "A: connected A D", "A: disconnected A D",
    "A: ended A 16",
]  # fmt: skip
FACTS = {
    "answered": [*TALK, "A: disconnected A B", "A: ended A 16"],
    "hung_up_by_caller": [*TALK, "A: disconnected A B", "A: ended A 16"],
    "redirected": [*TALK, "A: disconnected A B", "A: ended A 16"],
    "busy": ["A: started A", "A: ringing B", "A: ended A 17"],
    "unanswered": ["A: started A", "A: ringing B", "A: ended A 16"],
    "cancelled": ["A: started A", "A: ringing B", "A: ended A 127"],
    "two_phones": [
        "A: started A", "A: ringing B", "A: ringing C", "A: answered C", "A: answered A", "A: connected A C",
        "A: disconnected A C", "A: ended A 16",
    ],
    "forked_invite": [
        "A: started A", "A: answered A", "B: started B", "B: answered B", "A: recording-started A",
        "B: recording-started B", "B: recording-stopped B", "A: recording-stopped A", "B: ended B 0", "A: ended A 0",
    ],
    "blind_transfer": [
        *TALK, "A: transferred B A blind", "A: disconnected A B", "A: ringing C", "A: answered C", "A: connected A C",
        "A: disconnected A C", "A: ended A 16",
    ],
    "attended_transfer": [
        *TALK, "A: held B", "A: disconnected A B", "A: ringing E", "A: answered E", "A: connected B E",
        "A: disconnected B E", "A: connected A E", "A: transferred B A attended", "A: disconnected A E",
        "A: ended A 16",
    ],
    "merged": [
        "A: started A", "A: answered A", "B: started B", "B: answered B", "A: merged B B", "A: connected A B",
        "A: disconnected A B", "A: ended A 16",
    ],
    "conference": [
        "A: started A", "A: answered A", "B: started B", "B: answered B", "A: joined-conference A", "C: started C",
        "C: answered C", "B: joined-conference B", "A: left-conference A", "A: ended A 16", "C: joined-conference C",
        "B: left-conference B", "B: ended B 16", "C: left-conference C", "C: ended C 16",
    ],
    "parked": [
        "A: started A", "A: answered A", "A: parked A", "B: started B", "B: answered B", "A: unparked A B taken",
        "A: merged B B", "A: connected A B", "A: disconnected A B", "A: ended A 16",
    ],
    "parked_too_long": ["A: started A", "A: answered A", "A: parked A", "A: unparked A timed-out", "A: ended A 16"],
    "parked_and_gone": ["A: started A", "A: answered A", "A: parked A", "A: unparked A hung-up", "A: ended A 16"],
    "local_optimised": THROUGH_LOCAL,
    "local_kept": THROUGH_LOCAL,
    "queue_call": [
        "A: started A", "A: answered A", "A: recording-started A", "A: joined-queue A service",
        "A: agent-ringing B A service bob", "A: ringing B", "A: agent-missed B A service bob",
        "A: agent-ringing C A service bob", "A: ringing C", "A: answered C", "A: left-queue A service connected",
        "A: connected A C service bob", "A: held C", "A: resumed C", "A: disconnected A C", "A: recording-stopped A",
        "A: ended A 16",
    ],
    "queue_abandoned": [
        "A: started A", "A: answered A", "A: recording-started A", "A: joined-queue A service",
        "A: agent-ringing B A service bob", "A: ringing B", "A: left-queue A service abandoned",
        "A: recording-stopped A", "A: ended A 0",
    ],
    "recorded": [
        "A: started A", "A: answered A", "A: recording-started A", "A: recording-stopped A", "A: ended A 0",
    ],
    "recorded_to_the_end": [
        "A: started A", "A: answered A", "A: recording-started A", "A: recording-stopped A", "A: ended A 0",
    ],
    "originated": ["A: started A", "A: ringing A", "A: answered A", "A: ended A 0"],
    "order": ["A: started A", "A: answered A", "A: ended A 16"],
}  # fmt: skip


def by_call(facts: list[str]) -> list[str]:
    """Which of several calls went first was chance."""
    return sorted(facts, key=lambda words: words.partition(":")[0])


def told(events: list[Message]) -> list[str]:
    """The facts in these events, in words; nothing of the calls may be left."""
    tracker = Tracker("node1")
    facts = [fact for event in events for fact in tracker.heard(event, NOW)]
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    assert (dict(tracker.calls), dict(tracker.channels)) == ({}, {})
    return by_call(in_words(facts, letters(events)))


def test_every_recording_has_its_facts() -> None:
    assert sorted(FACTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_call_becomes_its_facts(name: str) -> None:
    assert told(list(transcript(name))) == by_call(FACTS[name])


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("name", NAMES)
def test_a_call_in_tiny_pieces_becomes_the_same_facts(name: str, size: int) -> None:
    data = recorded(name)
    assert told(messages(data[start : start + size] for start in range(0, len(data), size))) == by_call(FACTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_dated_by_asterisk_and_in_order(name: str) -> None:
    tracker = Tracker("node1")
    dates = [fact.at for event in transcript(name) for fact in tracker.heard(event, NOW)]
    assert dates == sorted(dates)
    began = next(event for event in transcript(name) if event.name == "Newchannel")
    assert f"{dates[0].timestamp():.6f}" == began["Timestamp"]
    assert all(date.utcoffset() is not None for date in dates)


def test_a_busy_asterisk_has_one_beginning_and_one_end_for_each_call() -> None:
    tracker, events = Tracker("node1"), messages([recording()])
    facts = [fact for event in events for fact in tracker.heard(event, NOW)]
    assert_sound(tracker)
    began = Counter(fact.call for fact in facts if fact.kind is Kind.STARTED)
    gone = Counter(fact.call for fact in facts if fact.kind is Kind.ENDED)
    gone.update(fact.peer for fact in facts if fact.kind is Kind.MERGED)
    assert set(began.values()) == {1}
    assert began == gone + Counter(tracker.calls.keys())
    assert {event["Linkedid"] for event in events if event.name == "Newchannel"} <= set(began)


def test_a_call_through_a_local_channel_really_lost_it_or_kept_it() -> None:
    names = {name: [event.name for event in transcript(name)] for name in ("local_optimised", "local_kept")}
    assert "LocalOptimizationEnd" in names["local_optimised"]
    assert "LocalOptimizationEnd" not in names["local_kept"]


def test_what_asterisk_tells_holds_no_secret() -> None:
    assert not [name for name in NAMES if re.search(rb"(?i)secret|password|authtype", recorded(name))]
