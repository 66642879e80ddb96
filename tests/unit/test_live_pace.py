"""The pace of a campaign, live: what it is told, and that without events nobody is called ahead of agents."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ccore.calls.model import Call, Channel, Fact, Kind
from ccore.centre.campaign import Campaign
from ccore.dialer.attempt import Event
from ccore.dialer.live import Board, Live, meant, of_row, shown
from ccore.dialer.live_pace import Pace, Seat, policy_of, seats
from ccore.dialer.model import Outcome, State
from ccore.dialer.pacing import AgentState

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def campaign(**more: Any) -> Campaign:
    usual = {"queue": "outbound", "lists": [{"list": "people"}], "hours": "calling", "trunks": ["far"]}
    return Campaign.model_validate({**usual, "mode": "ratio", "pacing": {"ratio": 3, "least_agents": 1}, **more})


def live(number: int) -> Live:
    return Live(number, "spring", "node1", f"attempt-{number}")


def staff(count: int, state: AgentState = AgentState.IDLE) -> dict[str, Seat]:
    return {f"{number}": Seat(f"{number}", "node1", state) for number in range(count)}


def placed(pace: Pace, count: int) -> list[Live]:
    begun = [live(number) for number in range(count)]
    for each in begun:
        pace.placed(1.0, each)
    return begun


def test_without_events_nobody_is_called_ahead_of_agents_and_nobody_hung_up_on() -> None:
    pace = Pace(campaign())
    pace.staffed(0.0, staff(4))
    begun = placed(pace, 3)
    assert pace.decide(1.0, 100, fresh=True).start > 1
    assert pace.decide(1.5, 100, fresh=False).start <= 1
    assert pace.fell_back
    for each in begun:
        each.state = State.RINGING
        pace.moved(2.0, each, Event.RANG)
    pace.staffed(3.0, staff(0))
    assert pace.decide(40.0, 100, fresh=False).hang_up == ()


def test_who_goes_and_who_is_in_a_call_is_not_counted_on() -> None:
    pace = Pace(campaign(mode="progressive"))
    pace.staffed(0.0, staff(3))
    assert pace.decide(0.1, 100, fresh=True).start == 3
    pace.staffed(5.0, staff(1) | {"9": Seat("9", "node1", AgentState.TALK)})
    assert pace.decide(5.1, 100, fresh=True).start == 1
    pace.staffed(10.0, {})
    assert pace.decide(10.1, 100, fresh=True).start == 0


def test_every_outcome_frees_the_agent_again() -> None:
    pace = Pace(campaign(mode="progressive"))
    pace.staffed(0.0, staff(1))
    at = 0.0
    for number, outcome in enumerate(Outcome):
        each = live(number)
        pace.placed(at, each)
        assert pace.decide(at + 0.1, 100, fresh=True).start == 0, outcome
        pace.over(at + 20, each, outcome)
        assert pace.decide(at + 21, 100, fresh=True).start == 1, outcome
        at += 40


def test_who_was_abandoned_counts_once_however_long_they_are_told_so() -> None:
    pace = Pace(campaign())
    pace.staffed(0.0, staff(1))
    (each,) = placed(pace, 1)
    pace.moved(5.0, each, Event.ANSWERED)
    pace.abandoned(7.0, each)
    for at in range(8, 24):
        pace.decide(float(at), 100, fresh=True)
    pace.over(24.0, each, Outcome.ABANDONED)
    assert pace.tally == (1, 1)


def test_a_call_that_is_over_is_waited_for_no_more_though_nobody_knows_what_came_of_it() -> None:
    for state in (State.DIALLING, State.RINGING, State.PICKED_UP, State.ANSWERED):
        pace = Pace(campaign(mode="progressive"))
        pace.staffed(0.0, staff(1))
        each = live(1)
        each.state = state
        pace.found(0.0, each)
        assert pace.decide(0.1, 100, fresh=True).start == 0, state
        pace.ended(5.0, each)
        assert pace.decide(5.1, 100, fresh=True).start == 1, state
        pace.over(60.0, each, Outcome.LOST)
        assert pace.decide(60.1, 100, fresh=True).why.outstanding == 0


def test_what_was_under_way_is_taken_over() -> None:
    pace = Pace(campaign(mode="progressive"))
    pace.staffed(0.0, staff(5))
    for number, state in enumerate((State.DIALLING, State.RINGING, State.PICKED_UP, State.ANSWERED)):
        pace.found(0.1, Live(number, "spring", "node1", f"attempt-{number}", state))
    assert pace.decide(0.2, 100, fresh=True).start == 1


def test_what_was_under_way_is_as_old_as_it_was() -> None:
    """Who has rung for longer than is allowed at least may be hung up on, by whoever dials now."""
    pace = Pace(campaign(mode="predictive"))
    pace.staffed(100.0, staff(1, AgentState.TALK))
    row = {"attempt_id": 1, "campaign": "spring", "node": "node1", "channel": "attempt-1", "state": "ringing",
           "agent": "", "trunk": "far", "mode": "predictive", "cancelled": False,
           "placed_s": 25.0, "rang_s": 20.0, "answered_s": None}  # fmt: skip
    found = of_row(row, 100.0)
    assert (found.placed_at, found.rang_at, found.answered_at) == (75.0, 80.0, None)
    pace.found(100.0, found)
    assert pace.decide(100.0, 100, fresh=True).why.outstanding == 1
    assert pace.decide(131.0, 100, fresh=True).why.outstanding == 0, "55 s after it was placed nobody believes in it"


def test_the_rules_of_a_campaign_become_the_pacers() -> None:
    detecting = campaign(detection={"mode": "human-first", "false_positive_percent": 1.0})
    assert policy_of(detecting).false_positive_rate == 0.01
    assert policy_of(campaign(mode="preview")).mode == "progressive"
    assert (policy_of(campaign()).ratio, policy_of(campaign()).abandonment_limit) == (3, 0.03)


@dataclass(frozen=True)
class Place:
    node: str


@dataclass(frozen=True)
class Doing:
    state: str
    device: Place | None = Place("node1")
    call: str = ""
    paused: bool = False
    idle_since: datetime | None = None


def test_what_agents_do_as_the_pacer_knows_it() -> None:
    told = {"1": Doing("ready"), "2": Doing("talking", call="c", paused=True), "3": Doing("ready", None),
            "4": Doing("unreachable"), "5": Doing("paused", paused=True)}  # fmt: skip
    assert seats(told) == {
        "1": Seat("1", "node1", AgentState.IDLE),
        "2": Seat("2", "node1", AgentState.TALK, "c", leaving=True),
        "4": Seat("4", "node1", AgentState.OUT),
        "5": Seat("5", "node1", AgentState.PAUSE),
    }


def fact(kind: Kind, call: str = "attempt-1", **more: Any) -> Fact:
    return Fact("node1", 1, 1, NOW, kind, call, "c", **more)


def test_what_facts_mean() -> None:
    def says(kind: Kind, name: str, **more: str) -> Event | None:
        return meant(fact(kind, **more), name, detects=False, preview=False)

    line = "PJSIP/trunk-far-00000001"
    assert says(Kind.RINGING, line) is Event.RANG
    assert says(Kind.ANSWERED, line) is Event.ANSWERED
    assert says(Kind.RINGING, "PJSIP/phone-2001-00000001") is None
    assert says(Kind.ANSWERED, "Local/1@campaign-dial-00000001;2") is None
    assert says(Kind.CONNECTED, line) is None  # with a prompt, or with nobody of the queue
    assert says(Kind.CONNECTED, line, member="1001") is Event.CONNECTED
    assert says(Kind.VANISHED, "") is Event.ENDED
    assert meant(fact(Kind.ANSWERED), line, detects=True, preview=False) is Event.PICKED_UP
    assert meant(fact(Kind.CONNECTED), line, detects=False, preview=True) is Event.CONNECTED


def test_an_attempt_is_found_under_the_call_it_has_become() -> None:
    board, one = Board(), live(1)
    board.add(one)
    assert board.of(fact(Kind.MERGED, "older.1", peer="attempt-1")) is one
    assert board.of(fact(Kind.ENDED, "older.1")) is one
    assert board.of(fact(Kind.ENDED, "another.1")) is None
    board.drop(one)
    assert board.of(fact(Kind.ENDED, "older.1")) is None


def test_where_a_call_is_that_nobody_saw_come_so_far() -> None:
    half = Channel("attempt-1", "Local/1@campaign-dial-1;1", "attempt-1", "Down", NOW)
    customer = Channel("c.1", "PJSIP/trunk-far-1", "attempt-1", "Up", NOW, queue="outbound")
    agent = Channel("a.1", "PJSIP/phone-2001-1", "attempt-1", "Up", NOW, queue="outbound", member="1001")
    channels = {each.uniqueid: each for each in (half, customer, agent)}
    waiting = Call("attempt-1", NOW, "attempt-1", ("attempt-1", "c.1"))
    assert shown(waiting, channels, detects=True) == (Event.PICKED_UP, Event.ANSWERED)
    talking = waiting._replace(channels=tuple(channels), talking=(("c.1", "a.1"),))
    assert shown(talking, channels, detects=False)[-1] is Event.CONNECTED
    ringing = {**channels, "c.1": customer._replace(state="Ringing", queue="")}
    assert shown(waiting, ringing, detects=False) == (Event.RANG,)
