"""Whatever order the events of many calls come in, whatever is repeated or lost: each call is told once and rightly."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.ami.wire import Message
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from tests.support.switch import LATER, Source, Switch, assert_sound, event, hear_all
from tests.support.transcripts import NAMES, NOW

SOURCES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(
    lambda names: [Source(name, number) for number, name in enumerate(names)]
)

ONCE = {Kind.STARTED, Kind.RINGING, Kind.ANSWERED, Kind.AGENT_RINGING, Kind.AGENT_MISSED, Kind.MERGED, Kind.ENDED}


@st.composite
def interleaved(draw: st.DrawFn) -> list[Message]:
    """The events of several calls, each call's own in their order."""
    return mixed(draw(SOURCES), draw(st.lists(st.integers(0, 3), max_size=150)))


def mixed(sources: Sequence[Source], turns: Sequence[int]) -> list[Message]:
    """``turns`` say whose event is next; what they leave over follows."""
    left = [source.events()[::-1] for source in sources]
    told = [left[turn].pop() for turn in turns if turn < len(left) and left[turn]]
    return told + [each for rest in left for each in reversed(rest)]


def talking(tracker: Tracker) -> set[frozenset[str]]:
    """Who hears whom, whatever call it is called."""
    return {frozenset(pair) for call in tracker.calls.values() for pair in call.talking}


@settings(max_examples=60)
@given(sources=SOURCES, turns=st.lists(st.integers(0, 3), max_size=150))
def test_any_interleaving_gives_each_call_the_facts_it_has_alone(sources: list[Source], turns: list[int]) -> None:
    tracker = Tracker("node1")
    together: list[Fact] = []
    for told in mixed(sources, turns):
        together += hear_all(tracker, [told])
        assert_sound(tracker)
    for source in sources:
        alone = hear_all(Tracker("node1"), source.events())
        assert [fact for fact in together if fact.call.endswith(f"#{source.number}")] == alone
    assert not tracker.calls
    assert not tracker.channels


@settings(max_examples=60)
@given(events=interleaved(), moments=st.tuples(*[st.integers(0, 200)] * 3))
def test_what_a_snapshot_says_is_so_whatever_was_lost_before(
    events: list[Message], moments: tuple[int, int, int]
) -> None:
    """Events are lost from ``lost`` on; the snapshot is taken after ``seen``; the login heard all since ``since``."""
    lost, since, seen = sorted(min(moment, len(events)) for moment in moments)
    tracker, switch, whole = Tracker("node1"), Switch(), Tracker("node1")
    facts = hear_all(tracker, events[:lost])
    hear_all(whole, events[:seen])
    for told in events[:seen]:
        switch.take(told)
    facts += tracker.looked(switch.look(epoch=2), LATER)
    assert tracker.difference(switch.look(epoch=2)) == []
    assert tracker.channels.keys() == whole.channels.keys()
    assert_sound(tracker)
    assert tracker.looked(switch.look(epoch=2), LATER) == []
    if not any(told.name == "LocalOptimizationBegin" for told in events):  # else they may be on their way
        assert talking(tracker) == talking(whole)
    facts += hear_all(tracker, events[since:seen])
    assert tracker.difference(switch.look(epoch=2)) == []
    assert tracker.channels.keys() == whole.channels.keys()
    for told in events[seen:]:
        switch.take(told)
        facts += hear_all(tracker, [told])
    assert not tracker.channels
    assert not tracker.calls
    once = Counter((fact.kind, fact.call, fact.channel) for fact in facts if fact.kind in ONCE)
    assert set(once.values()) <= {1}


@settings(max_examples=40)
@given(events=interleaved(), told=st.integers(0, 200))
def test_events_told_twice_change_nothing(events: list[Message], told: int) -> None:
    tracker = Tracker("node1")
    hear_all(tracker, events[:told])
    before = (dict(tracker.calls), dict(tracker.channels))
    assert hear_all(tracker, events[:told]) == []
    assert (dict(tracker.calls), dict(tracker.channels)) == before


@settings(max_examples=60)
@given(events=interleaved(), withheld=st.sets(st.integers(0, 200), max_size=60), seen=st.integers(0, 200))
def test_any_events_may_be_withheld(events: list[Message], withheld: set[int], seen: int) -> None:
    tracker, switch = Tracker("node1"), Switch()
    for number, told in enumerate(events[:seen]):
        switch.take(told)
        if number not in withheld:
            hear_all(tracker, [told])
            assert_sound(tracker)
    tracker.looked(switch.look(), LATER)
    assert tracker.difference(switch.look()) == []
    assert_sound(tracker)


FIELDS = st.dictionaries(
    st.sampled_from(
        ["uniqueid", "linkedid", "channel", "channelstatedesc", "destuniqueid", "destlinkedid", "destchannel", "cause",
         "bridgeuniqueid", "bridgetechnology", "queue", "membername", "timestamp", "result", "transfereruniqueid",
         "transfererlinkedid", "parkeeuniqueid", "parkeelinkedid", "localoneuniqueid", "localonelinkedid", "newname",
         "bridgecreator", "conference"]
    ),
    st.sampled_from(
        ["", "<unknown>", "a", "b", "c", "Up", "Ringing", "Local/x;1", "Local/x;2", "nan", "-1", "1e400", "³", "9" * 40,
         "1795345715.1", "1795345716.2", "Success", "ConfBridge", "None"]
    ),
)  # fmt: skip


@settings(max_examples=150)
@given(
    events=st.lists(st.builds(lambda name, told: event(name, **told), st.sampled_from(sorted(Tracker.EVENTS)), FIELDS))
)
def test_nothing_that_headers_can_hold_raises(events: list[Message]) -> None:
    tracker = Tracker("node1")
    for told in events:
        tracker.heard(told, NOW)
        assert_sound(tracker)
    tracker.looked(Switch().look(), LATER)
    assert not tracker.channels
