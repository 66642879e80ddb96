"""What an agent does next, after what has happened: one literal table, and a few rules on what comes along."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccore.queues.model import Device, Presence, State

MISSED = "missed"  # the reason of a pause that nobody asked for


class Happened(enum.StrEnum):
    """What changes a presence: six are asked for by people, the others told by Asterisk or the clock."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"  # the wrap-up
    END_WRAP_UP = "end-wrap-up"
    RANG = "rang"  # the device rings
    MISSED = "missed"  # a queue's call was not answered, and rings no more
    STOPPED = "stopped"  # the device rings no more: the caller has gone, or another has taken the call
    TALKED = "talked"  # they hear somebody
    ENDED = "ended"  # they hear nobody any more
    LOST = "lost"  # the device is
    FOUND = "found"  # it is back
    TIME = "time"  # passes: a wrap-up may be over


class _Then(enum.Enum):
    """States that depend on more than the state before."""

    REST = enum.auto()  # what they do when nothing else happens: unreachable, wrap-up, paused or ready
    SAME = enum.auto()  # as before; what has happened is for later


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, with what belongs to it: a sign-in's device, a pause's reason, a call's queue and LinkedID.

    ``until`` is how long an extended wrap-up lasts. ``unprotected``: app_queue does not keep this call's wrap-up.
    """

    what: Happened
    device: Device | None = None
    reason: str = ""
    queue: str = ""
    call: str = ""
    until: datetime | None = None
    unprotected: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Of the queue whose call it is; calls of no queue have no wrap-up, and may be missed."""

    wrap_up_s: int = 0
    wrap_up_most_s: int = 0
    missed_most: int = 0  # calls missed in a row after which an agent is paused; 0: any number


_IDLE: dict[Happened, State | _Then] = {  # where no call is: what may happen in each of these states
    Happened.SIGN_IN: _Then.REST,
    Happened.SIGN_OUT: State.SIGNED_OUT,
    Happened.PAUSE: _Then.REST,
    Happened.RESUME: _Then.REST,
    Happened.RANG: State.RINGING,
    Happened.MISSED: _Then.REST,
    Happened.TALKED: State.TALKING,
    Happened.LOST: _Then.REST,
    Happened.FOUND: _Then.REST,
    Happened.TIME: _Then.REST,
}
_BUSY: dict[Happened, State | _Then] = {  # a call goes before everything else
    Happened.SIGN_OUT: State.SIGNED_OUT,
    Happened.PAUSE: _Then.SAME,
    Happened.RESUME: _Then.SAME,
    Happened.TALKED: State.TALKING,
    Happened.LOST: _Then.SAME,
    Happened.FOUND: _Then.SAME,
}
# What is missing cannot happen in that state: a request is refused, a fact is of no consequence.
TABLE: Mapping[State, Mapping[Happened, State | _Then]] = {
    State.SIGNED_OUT: {Happened.SIGN_IN: _Then.REST},
    State.READY: _IDLE,
    State.PAUSED: _IDLE,
    State.UNREACHABLE: _IDLE | {Happened.END_WRAP_UP: _Then.REST},
    State.WRAP_UP: _IDLE | {Happened.EXTEND: _Then.REST, Happened.END_WRAP_UP: _Then.REST},
    State.RINGING: _BUSY | {Happened.RANG: State.RINGING, Happened.MISSED: _Then.REST, Happened.STOPPED: _Then.REST},
    State.TALKING: _BUSY | {Happened.ENDED: _Then.REST},
}


def after(before: Presence, event: Event, policy: Policy, now: datetime) -> Presence | None:
    """The presence after ``event``; ``before`` itself if it changes nothing, None if it cannot be in that state."""
    then = TABLE[before.state].get(event.what)
    if then is None:
        return None
    told = _TOLD[event.what](before, event, policy, now) if event.what in _TOLD else before
    match then:
        case _Then.SAME:
            state = before.state
        case _Then.REST:
            state = rest(told, now)
        case State():
            state = then
    told = _tidied(replace(told, state=state), now)
    if told == before:
        return before
    since = before.since if told.state is before.state else now
    return replace(told, since=since, version=before.version + 1)


def rest(presence: Presence, now: datetime) -> State:
    """What one who is signed in and in no call does."""
    if presence.lost:
        return State.UNREACHABLE
    if presence.wrap_up_until is not None and presence.wrap_up_until > now:
        return State.WRAP_UP
    return State.PAUSED if presence.paused else State.READY


def pause_of(presence: Presence) -> str:
    """Why app_queue must not ring them, beside what it sees by itself; "" if it may."""
    if presence.lost:
        return State.UNREACHABLE.value
    if presence.paused:
        return presence.reason or State.PAUSED.value
    return State.WRAP_UP.value if presence.extended else ""


def _signed_in(before: Presence, event: Event, *_: object) -> Presence:
    known = before if before.state is not State.SIGNED_OUT else _signed_out(before)
    return known if known.device == event.device else replace(known, device=event.device, lost=False)


def _signed_out(before: Presence, *_: object) -> Presence:
    return Presence(before.agent, State.SIGNED_OUT, before.since, version=before.version)


def _paused(before: Presence, event: Event, *_: object) -> Presence:
    return replace(before, paused=True, reason=event.reason)


def _resumed(before: Presence, *_: object) -> Presence:
    return replace(before, paused=False, reason="", missed=0)


def _wrapped_up(before: Presence, *_: object) -> Presence:
    return replace(before, wrap_up_until=None, idle_since=None)  # app_queue is made to forget their last call as well


def _extended(before: Presence, event: Event, policy: Policy, _now: datetime) -> Presence:
    """A longer wrap-up, as long as the queue allows from the end of the call on."""
    if before.wrap_up_until is None or before.idle_since is None or event.until is None:
        return before
    until = min(event.until, before.idle_since + timedelta(seconds=policy.wrap_up_most_s))
    return replace(before, wrap_up_until=until, extended=True) if until > before.wrap_up_until else before


def _rung(before: Presence, event: Event, *_: object) -> Presence:
    return replace(before, queue=event.queue, call=event.call)


def _missed(before: Presence, _event: Event, policy: Policy, _now: datetime) -> Presence:
    missed = replace(before, missed=before.missed + 1)
    if before.paused or not 0 < policy.missed_most <= missed.missed:
        return missed
    return replace(missed, paused=True, reason=MISSED)


def _talked(before: Presence, event: Event, *_: object) -> Presence:
    """Of which queue a call is may have been known already; that it is of none says nothing then."""
    same = before.state in {State.RINGING, State.TALKING}
    queue = event.queue or (before.queue if same else "")
    call = before.call if same and queue == before.queue else event.call
    return replace(before, queue=queue, call=call, missed=0 if queue else before.missed)


def _ended(before: Presence, event: Event, policy: Policy, now: datetime) -> Presence:
    if not before.queue:
        return before
    until = now + timedelta(seconds=policy.wrap_up_s)
    return replace(before, wrap_up_until=until, idle_since=now, extended=event.unprotected)


def _lost(before: Presence, event: Event, *_: object) -> Presence:
    return replace(before, lost=event.what is Happened.LOST)


def _tidied(presence: Presence, now: datetime) -> Presence:
    """Without what belongs to a call or a wrap-up that is over."""
    over = presence.wrap_up_until is None or presence.wrap_up_until <= now
    known = replace(presence, wrap_up_until=None, extended=False) if over else presence
    return known if not over or known.state in {State.RINGING, State.TALKING} else replace(known, queue="", call="")


# What is known after each of these, beside the state; after the others, what was known before.
_TOLD: Mapping[Happened, Callable[[Presence, Event, Policy, datetime], Presence]] = {
    Happened.SIGN_IN: _signed_in,
    Happened.SIGN_OUT: _signed_out,
    Happened.PAUSE: _paused,
    Happened.RESUME: _resumed,
    Happened.EXTEND: _extended,
    Happened.END_WRAP_UP: _wrapped_up,
    Happened.RANG: _rung,
    Happened.MISSED: _missed,
    Happened.TALKED: _talked,
    Happened.ENDED: _ended,
    Happened.LOST: _lost,
    Happened.FOUND: _lost,
}
