"""Whatever queues an operator writes and whatever callers do: a visit comes to an end, and goes round with the time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import CallBack, Offer, Overflow, Queue, Recording
from ccore.hours import Calendar
from ccore.queues import travelling
from ccore.queues.visit import TOLD, Ask, Closing, Event, Facts, Leave, NoteCallBack, Say, SendText, Visit, Wait, walk

NAMES = ["north", "south", "east"]
BEGIN = datetime(2027, 3, 1, 2, tzinfo=UTC)
MOST_WITHOUT_TIME = 12  # steps: opening, three numbers asked for, refused; words, voicemail

parts = st.lists(st.sampled_from(["hello", "sorry"]), max_size=2)
queues = st.builds(
    Queue,
    capacity=st.integers(1, 3),
    longest_wait_s=st.integers(10, 200),
    weight=st.integers(0, 2),
    equal_after_s=st.integers(0, 200),
    opening=parts,
    full=parts,
    timed_out=parts,
    offer=st.none() | st.builds(Offer, text=st.sampled_from([None, "ways"])),
    call_back=st.just(CallBack()),
    overflow=st.lists(
        st.builds(Overflow, after_s=st.integers(1, 150), to=st.sampled_from([*NAMES, "nowhere"])),
        max_size=3,
        unique_by=lambda each: each.after_s,
    ).map(lambda steps: tuple(sorted(steps, key=lambda each: each.after_s))),
    then=st.sampled_from(["menu", "voicemail", "hang-up"]),
    recording=st.builds(Recording, announce=parts),
)
closings = st.dictionaries(st.sampled_from([*NAMES, "all"]), st.builds(Closing, st.just("storm"), st.booleans()))
happenings = st.tuples(st.sampled_from(["1", "2", "3", "", "13812345678", "*"]), st.sampled_from(TOLD), st.booleans())


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, queues)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 3))),
    st.lists(closings, max_size=2),
    st.lists(happenings, min_size=1, max_size=40),
    st.sampled_from(["", "13812345678"]),
    st.integers(0, 30),
    st.integers(0, 5000),
)
def test_every_visit_ends(there, waiting, shut, happens, caller, head_start_s, before_s) -> None:  # type: ignore[no-untyped-def]
    centre = Centre(there, (), CentreFile(), {}, Calendar(), {})
    here = int(BEGIN.timestamp())
    visit, now, event, keys = Visit("north", here - before_s, here, patience_s=150), BEGIN, Event.CAME, ""
    still = steps = turns = 0
    while True:
        facts = Facts(now, centre, waiting, shut[0] if shut else {}, caller, head_start_s=head_start_s, announce=True)
        visit, step = walk(visit, event, keys, facts)
        assert travelling.load(travelling.dump(visit)) == visit
        steps, still = steps + 1, still + 1
        assert still <= MOST_WITHOUT_TIME, f"{step} without any time passing"
        assert steps < 400
        keys, told, flag = happens[steps % len(happens)]
        match step:
            case Leave():
                if step.to == "voicemail":
                    event, still = Event.SAID, 0
                    continue
                return
            case Wait(turn_s=turn_s):
                assert turn_s >= 1
                turns += 1
                # A caller may press keys for as long as they like; here they get tired of it.
                event = told if told in {Event.KEYED, Event.FULL, Event.EMPTY} and turns < 20 else Event.TIMED_OUT
                now += timedelta(seconds=turn_s if event is Event.TIMED_OUT else 1)
                still = 0
            case Say():
                event = Event.SAID
            case Ask():
                event = Event.ASKED
            case NoteCallBack() | SendText():
                event = Event.DONE if flag else Event.NOT_DONE


@given(
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=2, max_size=40),
    st.lists(st.from_regex("[a-z-]{41}", fullmatch=True), max_size=7),
)
def test_the_longest_visit_travels(tier: str, behind: list[str]) -> None:
    visit = Visit("q" * 41, 2**31, 2**31, tier=tier, number="9" * 20, hotline="1" * 15, behind=tuple(behind))
    assert travelling.load(travelling.dump(visit)) == visit
