"""What comes next for a caller in a queue."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import Queue
from ccore.hours import Calendar, Hours
from ccore.prompts.kinds import Kind
from ccore.queues import travelling
from ccore.queues.visit import (
    Ask,
    Closing,
    Event,
    Facts,
    Leave,
    Next,
    NoteCallBack,
    Say,
    SendText,
    Spoken,
    Step,
    Visit,
    Wait,
    walk,
)

NOW = datetime(2027, 3, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday
CAME = int(NOW.timestamp())
VISIT = Visit("sales", CAME, CAME, menu=True)
DAYS = {"office": Hours(workdays=("09:00-18:00",))}


def facts(queue: dict[str, Any] | None = None, *, after_s: int = 0, weight: int = 0, **changes: Any) -> Facts:
    """What is known ``after_s`` the caller came to the queue ``sales``, beside which there is ``second``."""
    second = {"full": [], "capacity": 2, "weight": weight}
    queues = {"sales": Queue.model_validate(queue or {}), "second": Queue.model_validate(second)}
    centre = Centre(queues, (), CentreFile(), DAYS, Calendar(), {})
    found = Facts(NOW + timedelta(seconds=after_s), centre, {}, {}, caller="13812345678")
    return replace(found, **changes)


def step(visit: Visit, event: Event, given: Facts, keys: str = "") -> Step:
    return walk(visit, event, keys, given)[1]


def test_a_caller_waits_until_the_longest_wait() -> None:
    visit, first = walk(VISIT, Event.CAME, "", facts({"longest_wait_s": 300}))
    assert first == Wait(300)
    assert step(visit, Event.TIMED_OUT, facts({"longest_wait_s": 300}, after_s=299)) == Wait(1)
    over, words = walk(visit, Event.TIMED_OUT, "", facts({"longest_wait_s": 300}, after_s=300))
    assert words == Say(("agents-busy",))
    assert step(over, Event.SAID, facts(after_s=303)) == Leave(Next.MENU)


def test_a_turn_ends_when_the_weight_counts_no_more_whatever_else_does_not() -> None:
    queue = {"equal_after_s": 120, "overflow": [{"after_s": 300, "to": "elsewhere"}]}
    came = facts(queue, weight=5)
    assert step(VISIT, Event.CAME, came) == Wait(120)
    assert step(VISIT, Event.TIMED_OUT, facts(queue, weight=5, after_s=50)) == Wait(70)
    assert step(VISIT, Event.TIMED_OUT, facts(queue, weight=5, after_s=120)) == Wait(180)
    assert step(VISIT, Event.CAME, facts(queue)) == Wait(300), "it has the highest weight"
    called_back = replace(VISIT, came_at=CAME - 100)
    assert step(called_back, Event.CAME, came) == Wait(20), "all the waiting counts"
    assert step(called_back, Event.CAME, facts(queue, weight=5, head_start_s=40)) == Wait(40, own=True)


def test_a_menu_may_have_less_patience_than_the_queue() -> None:
    assert step(replace(VISIT, patience_s=40), Event.CAME, facts()) == Wait(40)


def test_what_is_said_first() -> None:
    queue = {"opening": ["hello"], "recording": {"announce": ["recorded"]}}
    told = step(VISIT, Event.CAME, facts(queue, announce=True, expected_s=240))
    assert told == Say(("hello", "recorded", "expected-wait", Spoken(Kind.SECONDS, "240")))
    assert step(VISIT, Event.CAME, facts(queue)) == Say(("hello",))
    quiet = {"comfort": {"expected_wait": False}}
    assert step(VISIT, Event.CAME, facts(quiet, expected_s=240)) == Wait(900)


@pytest.mark.parametrize(
    ("queue", "known", "words"),
    [
        ({"hours": "office"}, {"now": NOW + timedelta(hours=12)}, ("queue-closed",)),
        ({"capacity": 3}, {"waiting": {"sales": 3}}, ("queue-full",)),
        ({}, {"closings": {"sales": Closing("storm")}}, ("storm",)),
        ({}, {"closings": {"all": Closing("storm")}}, ("storm",)),
        ({}, {"closings": {"sales": Closing("storm"), "all": Closing("fire")}}, ("storm",)),
    ],
)
def test_who_does_not_come_in(queue: dict[str, Any], known: dict[str, Any], words: tuple[str, ...]) -> None:
    visit, told = walk(VISIT, Event.CAME, "", facts(queue, **known))
    assert told == Say(words)
    assert step(visit, Event.SAID, facts()) == Leave(Next.MENU)


@pytest.mark.parametrize(
    ("then", "menu", "leave"),
    [
        ("menu", True, Next.MENU),
        ("menu", False, Next.HANG_UP),
        ("hang-up", True, Next.HANG_UP),
        ("voicemail", True, Next.VOICEMAIL),
    ],
)
def test_where_a_caller_goes_whom_nobody_answers(then: str, menu: bool, leave: Next) -> None:
    given = facts({"then": then})
    visit, told = walk(replace(VISIT, menu=menu), Event.EMPTY, "", given)
    assert told == Say(("agents-busy",))
    visit, left = walk(visit, Event.SAID, "", given)
    assert left == Leave(leave)
    if leave is Next.VOICEMAIL:
        assert step(visit, Event.SAID, given) == Leave(Next.HANG_UP)


def test_after_an_agent_the_survey_if_the_menu_has_one() -> None:
    assert step(replace(VISIT, survey=True), Event.ANSWERED, facts()) == Leave(Next.MENU, done=True)
    assert step(VISIT, Event.ANSWERED, facts()) == Leave(Next.HANG_UP, done=True)


def test_overflow_keeps_all_the_waiting() -> None:
    queue = {"overflow": [{"after_s": 60, "to": "second"}]}
    visit, first = walk(VISIT, Event.CAME, "", facts(queue))
    assert first == Wait(60)
    visit, second = walk(visit, Event.TIMED_OUT, "", facts(queue, after_s=60))
    assert (visit.queue, visit.came_at, second) == ("second", CAME, Wait(840))


def test_overflow_waits_for_a_queue_that_takes_nobody() -> None:
    queue = {"overflow": [{"after_s": 60, "to": "second"}]}
    visit, still = walk(VISIT, Event.TIMED_OUT, "", facts(queue, after_s=60, waiting={"second": 2}))
    assert (visit.queue, still) == ("sales", Wait(30))
    moved, _ = walk(visit, Event.TIMED_OUT, "", facts(queue, after_s=90, waiting={"second": 1}))
    assert moved.queue == "second"


@pytest.mark.parametrize("event", [Event.FULL, Event.EMPTY])
def test_where_nobody_will_come_overflow_is_at_once(event: Event) -> None:
    visit, told = walk(VISIT, event, "", facts({"overflow": [{"after_s": 60, "to": "second"}]}))
    assert (visit.queue, visit.behind, told) == ("second", ("sales",), Wait(900))
    again, told = walk(visit, event, "", facts({"overflow": [{"after_s": 60, "to": "second"}]}))
    assert again.queue == "second"
    assert told == (
        Say(("agents-busy",)) if event is Event.EMPTY else Leave(Next.MENU)
    )  # `second` has no word for full


def test_their_own_agent_comes_first_and_once() -> None:
    visit, first = walk(VISIT, Event.CAME, "", facts(head_start_s=15))
    assert first == Wait(15, own=True)
    assert step(visit, Event.TIMED_OUT, facts(head_start_s=15, after_s=15)) == Wait(885)
    assert step(visit, Event.EMPTY, facts(head_start_s=15, after_s=3)) == Wait(897)


def test_call_back_to_the_own_number() -> None:
    visit, asked = walk(VISIT, Event.KEYED, "1", facts(after_s=70))
    assert asked == Ask(("call-back-number-is", Spoken(Kind.DIGITS, "13812345678"), "call-back-confirm"), 15)
    visit, noting = walk(visit, Event.ASKED, "1", facts(after_s=75))
    assert noting == NoteCallBack("13812345678")
    visit, told = walk(visit, Event.DONE, "", facts(after_s=75))
    assert told == Say(("call-back-noted",))
    assert step(visit, Event.SAID, facts(after_s=80)) == Leave(Next.HANG_UP)


def test_call_back_to_another_number_is_read_back() -> None:
    visit, _ = walk(VISIT, Event.KEYED, "1", facts())
    visit, asked = walk(visit, Event.ASKED, "02088886666", facts())
    assert asked == Ask(("call-back-number-is", Spoken(Kind.DIGITS, "02088886666"), "call-back-confirm"), 15)
    assert step(visit, Event.ASKED, facts(), "1") == NoteCallBack("02088886666")


def test_who_keys_no_number_three_times_waits_on() -> None:
    visit, asked = walk(VISIT, Event.KEYED, "1", facts(caller=""))
    for _ in range(3):
        assert asked == Ask(("call-back-key-number",), 15)
        visit, asked = walk(visit, Event.ASKED, "", facts(caller=""))
    assert asked == Say(("call-back-not-noted",))
    assert step(visit, Event.SAID, facts(after_s=30)) == Wait(870)


def test_a_call_back_that_is_refused_leaves_them_waiting() -> None:
    visit, _ = walk(VISIT, Event.KEYED, "1", facts())
    visit, _ = walk(visit, Event.ASKED, "1", facts())
    visit, told = walk(visit, Event.NOT_DONE, "", facts())
    assert told == Say(("call-back-not-noted",))
    assert step(visit, Event.SAID, facts(after_s=9)) == Wait(891)


def test_the_other_choices() -> None:
    queue = {"offer": {"text": "other-ways"}}
    visit, left = walk(VISIT, Event.KEYED, "2", facts(queue))
    assert (left, step(visit, Event.SAID, facts(queue))) == (Leave(Next.VOICEMAIL), Leave(Next.HANG_UP))
    visit, sending = walk(VISIT, Event.KEYED, "3", facts(queue))
    assert sending == SendText("other-ways")
    sent, told = walk(visit, Event.DONE, "", facts(queue))
    assert (told, step(sent, Event.SAID, facts(queue))) == (Say(("text-sent",)), Wait(900))
    assert step(visit, Event.NOT_DONE, facts(queue)) == Say(("text-impossible",))
    assert step(VISIT, Event.KEYED, facts(queue), "7") == Wait(900)
    assert step(VISIT, Event.KEYED, facts({"offer": None}), "1") == Wait(900)


def test_an_emergency_reaches_those_who_wait_only_if_it_shall() -> None:
    assert step(VISIT, Event.TIMED_OUT, facts(closings={"sales": Closing("storm")}, after_s=60)) == Wait(840)
    shut = facts(closings={"all": Closing("storm", waiting=True)}, after_s=60)
    assert step(VISIT, Event.TIMED_OUT, shut) == Say(("storm",))
    assert step(VISIT, Event.KEYED, shut, "1") == Say(("storm",))


def test_who_was_called_back_is_not_told_to_wait_and_waits_as_long_as_others() -> None:
    back = Visit("sales", CAME - 7000, CAME)
    given = facts({"opening": ["hello"], "capacity": 1}, waiting={"sales": 5}, expected_s=60)
    assert step(back, Event.CAME, given) == Wait(900)
    assert step(back, Event.KEYED, given, "1") == Wait(900)  # not once more


def test_a_visit_travels() -> None:
    visit = replace(VISIT, number="+8613812345678", behind=("first", "second"), then=Next.NUMBER, head_start="now")
    assert travelling.load(travelling.dump(visit)) == visit
    for text in ("", "abc", travelling.dump(visit)[:-4], "x" * 900):
        with pytest.raises(ValueError, match="visit"):
            travelling.load(text)
