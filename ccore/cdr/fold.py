"""Folds the channel events and CDR rows of one call into its record: any of them, in any order, give a record."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccore.cdr.model import Call, Disposition, Event, Leg, State

# Threads date their events microseconds away from the order they happened in; a second is a clock set back.
CLOCK_TOLERANCE = timedelta(seconds=1)
ONE_MS = timedelta(milliseconds=1)

_TRANSFERS = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER"})
_NO_NUMBERS = frozenset({"", "s", "h", "i", "t", "T"})  # extensions of Asterisk's own
_MAX_CAUSE = 2**31 - 1

_BY_DIAL_STATUS = {
    "BUSY": Disposition.BUSY,
    "CONGESTION": Disposition.CONGESTION,
    "NOANSWER": Disposition.NO_ANSWER,
    "CANCEL": Disposition.NO_ANSWER,
    "CHANUNAVAIL": Disposition.FAILED,
}
# Q.850. 26: answered elsewhere; 127: Asterisk's for a SIP call cancelled by the caller.
_BY_CAUSE = {17: Disposition.BUSY}
_BY_CAUSE |= dict.fromkeys((34, 38, 41, 42, 44, 47), Disposition.CONGESTION)
_BY_CAUSE |= dict.fromkeys((16, 18, 19, 26, 31, 127), Disposition.NO_ANSWER)
# Asterisk's words, the one that counts most first: an unanswered call ends with a second row that says FAILED.
_BY_CDR = {
    "BUSY": Disposition.BUSY,
    "CONGESTION": Disposition.CONGESTION,
    "NO ANSWER": Disposition.NO_ANSWER,
    "FAILED": Disposition.FAILED,
}

# PJSIP/carrier-0000002a → carrier; DAHDI/i1/13800138000-5 → i1. Asterisk's own Local channels are no trunk.
_TRUNK = re.compile(r"PJSIP/(?P<pjsip>.+)-[0-9a-f]{8}(?:<.*>)?|DAHDI/(?P<dahdi>[^/-]+).*")


@dataclass(frozen=True, slots=True)
class _Span:
    """When a call was, corrected so that nothing lasts less than no time; ``suspect`` if that had to be done."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    suspect: bool


@dataclass(frozen=True, slots=True)
class _Hangup:
    cause: int | None
    source: str
    dial_status: str


def fold(
    node: str, linkedid: str, events: Iterable[Event], legs: Iterable[Leg], silent_since: datetime | None = None
) -> Call | None:
    """The record of one call; None if there is nothing to fold.

    ``silent_since`` is when its Asterisk started last, or the end of time if it no longer has this call: a call without
    an end that showed no life since then is interrupted, and ends at its last sign of life.
    """
    events = sorted(set(events))
    legs = sorted(set(legs), key=lambda leg: (leg.started_at, leg.sequence, leg.uniqueid, repr(leg)))
    if not events and not legs:
        return None
    first = _first_channel(linkedid, events, legs)
    own = [event for event in events if event.uniqueid == first]
    own_legs = [leg for leg in legs if leg.uniqueid == first]
    last_sign = max([*(event.at for event in events), *(leg.ended_at for leg in legs)])
    state = _state(events, last_sign, silent_since)
    span = _span(state, events, legs, own, own_legs, last_sign)
    hangup = _hangup(own or events)
    channel = _first_of([event.channel for event in own] + [leg.channel for leg in own_legs or legs])
    return Call(
        node=node,
        linkedid=linkedid,
        state=state,
        disposition=_disposition(state, span, hangup, legs),
        started_at=span.started_at,
        answered_at=span.answered_at,
        ended_at=span.ended_at,
        duration_ms=None if span.ended_at is None else (span.ended_at - span.started_at) // ONE_MS,
        billed_ms=_billed_ms(span, own),
        talk_ms=_talk_ms(span, own),
        caller=_first_of([event.caller for event in own] + [leg.caller for leg in own_legs or legs]),
        caller_name=_first_of([event.caller_name for event in own]),
        dialled=_dialled(own, own_legs or legs),
        context=_first_of([event.context for event in own] + [leg.context for leg in own_legs or legs]),
        channel=channel,
        trunk=_trunk(channel),
        hangup_cause=hangup.cause,
        hangup_source=hangup.source,
        legs=_count_legs(events, legs),
        transferred=any(event.kind in _TRANSFERS for event in events),
        cdrs=len(legs),
        clock_suspect=span.suspect,
        call_keys=[f"{node}!{uniqueid}" for uniqueid in _born(first, events, legs)],
    )


def _first_channel(linkedid: str, events: Sequence[Event], legs: Sequence[Leg]) -> str:
    """The channel the call began with: Asterisk names the call after it, but its rows may be those that are missing."""
    seen = [event.uniqueid for event in events if event.kind == "CHAN_START"]
    seen += [event.uniqueid for event in events] + [leg.uniqueid for leg in legs]
    return linkedid if linkedid in seen else seen[0]


def _state(events: Sequence[Event], last_sign: datetime, silent_since: datetime | None) -> State:
    seen = {event.uniqueid for event in events}
    gone = {event.uniqueid for event in events if event.kind == "CHAN_END"}
    # Without any event there are only CDR rows, and those are written at an end.
    if seen == gone or any(event.kind == "LINKEDID_END" for event in events):
        return State.ENDED
    return State.INTERRUPTED if silent_since is not None and last_sign < silent_since else State.OPEN


def _span(
    state: State,
    events: Sequence[Event],
    legs: Sequence[Leg],
    own: Sequence[Event],
    own_legs: Sequence[Leg],
    last_sign: datetime,
) -> _Span:
    times = [event.at for event in events] + [leg.started_at for leg in legs]
    started = min(_times(own, "CHAN_START") or times)
    answered = min(_times(own, "ANSWER") or [leg.answered_at for leg in own_legs if leg.answered_at], default=None)
    ended = None if state is State.OPEN else last_sign
    if state is State.ENDED:
        ended = max(_times(events, "LINKEDID_END") + _times(events, "CHAN_END") or [last_sign])
    held = _Span(
        started,
        None if answered is None else _within(answered, started, ended),
        None if ended is None else max(ended, started),
        suspect=False,
    )
    suspect = (
        (held.answered_at, held.ended_at) != (answered, ended)
        or min(times) < started - CLOCK_TOLERANCE
        or (ended is not None and max(times) > ended + CLOCK_TOLERANCE)
        or any(event.ahead for event in events)
        or any(leg.clock_suspect for leg in legs)
    )
    return _Span(held.started_at, held.answered_at, held.ended_at, suspect)


def _times(events: Sequence[Event], kind: str) -> list[datetime]:
    return [event.at for event in events if event.kind == kind]


def _within(moment: datetime, start: datetime, end: datetime | None) -> datetime:
    return max(start, moment if end is None else min(moment, end))


def _billed_ms(span: _Span, own: Sequence[Event]) -> int | None:
    if span.ended_at is None:
        return None
    if span.answered_at is None:
        return 0
    gone = max(_times(own, "HANGUP") or _times(own, "CHAN_END") or [span.ended_at])
    return (_within(gone, span.answered_at, span.ended_at) - span.answered_at) // ONE_MS


def _talk_ms(span: _Span, own: Sequence[Event]) -> int | None:
    if span.ended_at is None:
        return None
    talked, since = timedelta(0), None
    for event in own:
        at = _within(event.at, span.started_at, span.ended_at)
        if event.kind == "BRIDGE_ENTER":
            since = since or at
        elif event.kind == "BRIDGE_EXIT" and since is not None:
            talked, since = talked + (at - since), None
    if since is not None:
        talked += span.ended_at - since
    return talked // ONE_MS


def _hangup(events: Sequence[Event]) -> _Hangup:
    """Why the channel ended, from the JSON of its last HANGUP event; whatever it holds, this does not raise."""
    ends = [event for event in events if event.kind == "HANGUP"]
    try:
        extra = json.loads(ends[-1].extra) if ends else {}
    except (ValueError, RecursionError):
        extra = {}
    if not isinstance(extra, dict):
        extra = {}
    cause = extra.get("hangupcause")
    return _Hangup(
        cause if type(cause) is int and 0 <= cause <= _MAX_CAUSE else None,
        _storable(str(extra.get("hangupsource", ""))),
        str(extra.get("dialstatus", "")),
    )


def _storable(text: str) -> str:
    """``text`` without what JSON can spell and PostgreSQL cannot hold: NUL and halves of UTF-16 pairs."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _disposition(state: State, span: _Span, hangup: _Hangup, legs: Sequence[Leg]) -> Disposition | None:
    if span.answered_at is not None:
        return Disposition.ANSWERED
    if state is State.OPEN:
        return None
    if state is State.INTERRUPTED:
        return Disposition.INTERRUPTED
    if hangup.dial_status in _BY_DIAL_STATUS:
        return _BY_DIAL_STATUS[hangup.dial_status]
    if hangup.cause:
        return _BY_CAUSE.get(hangup.cause, Disposition.FAILED)
    said = {leg.disposition for leg in legs}
    return next((what for word, what in _BY_CDR.items() if word in said), Disposition.NO_ANSWER)


def _dialled(own: Sequence[Event], legs: Sequence[Leg]) -> str:
    """The number the call was made to: where it first stood, before any transfer."""
    heads = [event.exten for event in own if event.kind == "CHAN_START"]
    numbers = heads + [event.dnid for event in own] + [event.exten for event in own] + [leg.dialled for leg in legs]
    return _first_of([number for number in numbers if number not in _NO_NUMBERS])


def _trunk(channel: str) -> str:
    found = _TRUNK.fullmatch(channel)
    return "" if found is None else found["pjsip"] or found["dahdi"] or ""


def _count_legs(events: Sequence[Event], legs: Sequence[Leg]) -> int:
    if events:
        return len({event.uniqueid for event in events if not event.channel.startswith("Local/")})
    names = {name for leg in legs for name in (leg.channel, leg.dstchannel)}
    return sum(name != "" and not name.startswith("Local/") for name in names)


def _born(first: str, events: Sequence[Event], legs: Sequence[Leg]) -> list[str]:
    """The channels of this call that did not come from another by a transfer or a bridge."""
    born = {event.uniqueid for event in events if event.kind == "CHAN_START"}
    return sorted({first} | (born if events else {leg.uniqueid for leg in legs}))


def _first_of(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
