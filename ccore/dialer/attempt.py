"""How an attempt to reach somebody goes on, by one literal table, and what came of it in the end."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ccore.dialer.model import Outcome, State
from ccore.dialer.trunks.causes import meaning
from ccore.pbx.campaign_trunk import FULL

# Who hangs up sooner after answering was not kept waiting for an agent: it was they who did not want to talk.
WAITED_S = 0.5


class Event(enum.StrEnum):
    """What happens to an attempt."""

    ALLOWED = "allowed"  # by the gate, which alone says so
    RANG = "rang"
    PICKED_UP = "picked-up"
    ANSWERED = "answered"  # a person, for all that is known
    CONNECTED = "connected"  # with an agent
    ENDED = "ended"


# What is missing is of no consequence: it was told late, or is about the agent's telephone.
MOVES: Mapping[tuple[State, Event], State] = {
    (State.CLAIMED, Event.ALLOWED): State.DIALLING,
    (State.CLAIMED, Event.ENDED): State.OVER,
    (State.DIALLING, Event.RANG): State.RINGING,
    (State.DIALLING, Event.PICKED_UP): State.PICKED_UP,
    (State.DIALLING, Event.ANSWERED): State.ANSWERED,
    (State.DIALLING, Event.CONNECTED): State.CONNECTED,
    (State.DIALLING, Event.ENDED): State.OVER,
    (State.RINGING, Event.PICKED_UP): State.PICKED_UP,
    (State.RINGING, Event.ANSWERED): State.ANSWERED,
    (State.RINGING, Event.CONNECTED): State.CONNECTED,
    (State.RINGING, Event.ENDED): State.OVER,
    (State.PICKED_UP, Event.ANSWERED): State.ANSWERED,
    (State.PICKED_UP, Event.CONNECTED): State.CONNECTED,
    (State.PICKED_UP, Event.ENDED): State.OVER,
    (State.ANSWERED, Event.CONNECTED): State.CONNECTED,
    (State.ANSWERED, Event.ENDED): State.OVER,
    (State.CONNECTED, Event.ENDED): State.OVER,
}
UNDER_WAY = frozenset(State) - {State.OVER}


@dataclass(frozen=True, slots=True)
class Ending:
    """What was told of an attempt whose channels are gone, by the dialplan or by the channel events.

    ``said``: machine, fax or abandoned, by the dialplan. ``status`` is Dial's, ``cause`` Q.850's, ``sip`` the status of
    the final answer; "" and 0: nobody told. ``waited_s``: for an agent, after answering.
    """

    said: str = ""
    status: str = ""
    cause: int = 0
    sip: int = 0
    cancelled: bool = False
    waited_s: float = 0.0

    @property
    def told(self) -> bool:
        """Whether anybody told why."""
        return bool(self.said or self.status or self.cancelled)


def follows(state: State, event: Event) -> State | None:
    """The state after ``event``; None if it changes nothing."""
    return MOVES.get((state, event))


def outcome(state: State, ending: Ending) -> Outcome:
    """What came of an attempt that ended in ``state``."""
    match state:
        case State.CLAIMED:
            return Outcome.NOT_SENT
        case State.CONNECTED:
            return Outcome.TALKED
        case State.PICKED_UP | State.ANSWERED if ending.said in {"machine", "fax", "abandoned"}:
            return Outcome(ending.said)
        case State.PICKED_UP:
            return Outcome.HUNG_UP
        case State.ANSWERED:
            return Outcome.ABANDONED if ending.waited_s > WAITED_S else Outcome.HUNG_UP
    return _unanswered(ending)


def _unanswered(ending: Ending) -> Outcome:
    if ending.cancelled:
        return Outcome.CANCELLED
    if ending.said in {"machine", "fax"}:
        return Outcome(ending.said)
    if not ending.status:
        return Outcome.LOST
    if ending.status == FULL:
        return Outcome.CONGESTION
    return meaning(ending.cause, ending.sip, ending.status).outcome


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the channel events say of an attempt: the words of CCORE_DIAL in their order, and what happened."""

    words: tuple[str, ...] = ()
    answered: bool = False
    connected: bool = False
    over: bool = False


_SAYS: Mapping[str, Event] = {
    "picked-up": Event.PICKED_UP,
    "answered": Event.ANSWERED,
    "connected": Event.CONNECTED,
    "abandoned": Event.ANSWERED,
    "machine": Event.PICKED_UP,
    "fax": Event.PICKED_UP,
}


def fold(state: State, ending: Ending, witnessed: Witnessed) -> tuple[State, Ending]:
    """How far an attempt came, and its ending, by all that was told of it: any words, in any order, more than once."""
    events = [_SAYS[first] for word in witnessed.words if (first := word.split(" ")[0]) in _SAYS]
    events += [Event.PICKED_UP] * witnessed.answered + [Event.CONNECTED] * witnessed.connected
    for event in sorted(events, key=list(Event).index):
        state = MOVES.get((State.DIALLING if state is State.CLAIMED else state, event), state)
    for word in witnessed.words:
        ending = _told(ending, word.split(" "))
    return state, ending


def _told(ending: Ending, words: list[str]) -> Ending:
    match words:
        case [("machine" | "fax" | "abandoned") as said, *_]:
            return replace(ending, said=ending.said or said)
        case ["ended", _, status, cause, sip, *_] if not ending.status:
            return replace(ending, status=status, cause=_number(cause), sip=_number(sip))
    return ending


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
