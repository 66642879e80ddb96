"""Folds the channel events of one call into its visits to queues and the rings at agents: any rows, in any order."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from ccore.numbers.model import Folded, How, Rang, Ring, Row, Visit

WORDS = "CCORE_QUEUE"  # the channel event that the dialplan writes
ONE_MS = timedelta(milliseconds=1)
# When a caller leaves, app_queue takes its ring back first: so much later at most the caller's own event is dated. A
# ring whose time is up is followed by another round, which begins a second later.
TAKEN_BACK = timedelta(seconds=1)

_CHANNEL = re.compile(r"(?P<device>.+?)-[0-9a-f]{8}(?:;[12])?(?:<.*>)?")
_SAFE = re.compile(r"[A-Za-z0-9._+-]{1,80}")
_GONE = ("HANGUP", "CHAN_END")
_TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")
_NO_LINE = "no-line"  # app_queue has no such line
_REFUSED = frozenset({_NO_LINE, "full", "joinempty", "leaveempty", "joinunavail", "leaveunavail"})
_MOST_NUMBER = 2**31 - 1


@dataclass(slots=True)
class _Stay:
    """One entry into app_queue: the words of its ``entered`` and, once it is over, of its ``left``."""

    at: datetime
    line: str
    queue: str
    language: str
    tier: str
    priority: int
    number: int
    until: datetime | None = None
    how: str = ""  # of ``left``; none came if it is empty
    answer: "_Answer | None" = None


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    channel: str
    agent: str


@dataclass(slots=True)
class _Channel:
    """One channel of the call."""

    name: str = ""
    caller: str = ""
    gone_at: datetime | None = None
    hung_up_by: str = ""
    rows: list[Row] = field(default_factory=list)

    def took(self, row: Row) -> None:
        self.rows.append(row)
        self.name = self.name or row.channel
        self.caller = self.caller or row.caller
        if row.kind in _GONE and self.gone_at is None:
            self.gone_at = row.at
        if row.kind == "HANGUP":
            self.hung_up_by = str(_json(row.extra).get("hangupsource", ""))


def fold(node: str, linkedid: str, rows: Iterable[Row], cut_at: datetime | None = None) -> Folded:
    """The visits and rings that the rows of one call tell of.

    ``cut_at``: its Asterisk has lost the call, whose last sign of life was then; what is open ends there.
    """
    channels: dict[str, _Channel] = {}
    told = sorted(set(rows))
    for row in told:
        channels.setdefault(row.uniqueid, _Channel()).took(row)
    words = [(row, said) for row in told if row.kind == WORDS and (said := _words(row.extra))]
    answers = _answers(words)
    stays = {uniqueid: _stays(uniqueid, words, answers) for uniqueid in channels}
    for uniqueid, channel in channels.items():
        _close(stays[uniqueid], channel.gone_at)
    visits = [
        _visit(node, linkedid, uniqueid, group, after, channels, cut_at)
        for uniqueid, entries in stays.items()
        for group, after in _grouped(entries)
    ]
    rings = [
        _ring(node, linkedid, row, said, channels, stays, answers, cut_at)
        for row, said in _first_of_each(words, "rings")
    ]
    return Folded(tuple(sorted(visits, key=lambda v: (v.entered_at, v.uniqueid))),
                  tuple(sorted(rings, key=lambda r: (r.rung_at, r.uniqueid))))  # fmt: skip


def _json(extra: str) -> Mapping[str, object]:
    try:
        found = json.loads(extra) if extra else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(extra: str) -> list[str]:
    """The words of the dialplan's row, ``-`` as empty; none if it is not the dialplan that wrote them."""
    text = _json(extra).get("extra")
    words = text.split(" ") if isinstance(text, str) else []
    sizes = {"entered": 7, "left": 5, "rings": 5, "answered": 5}
    if not words or len(words) != sizes.get(words[0]) or not all(_SAFE.fullmatch(word) for word in words):
        return []
    return ["" if word == "-" else word for word in words]


def _number(word: str) -> int:
    digits = word.lstrip("-")
    return min(int(word), _MOST_NUMBER) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0


def _first_of_each(words: Sequence[tuple[Row, list[str]]], what: str) -> list[tuple[Row, list[str]]]:
    """The first of the rows ``what`` of each channel."""
    found: dict[str, tuple[Row, list[str]]] = {}
    for row, said in words:
        if said[0] == what:
            found.setdefault(row.uniqueid, (row, said))
    return list(found.values())


def _answers(words: Sequence[tuple[Row, list[str]]]) -> dict[str, list[_Answer]]:
    """By the caller's channel, in order."""
    found: dict[str, list[_Answer]] = {}
    for row, (_, _, _, agent, caller) in _first_of_each(words, "answered"):
        found.setdefault(caller, []).append(_Answer(row.at, row.uniqueid, agent))
    return found


def _stays(
    uniqueid: str, words: Sequence[tuple[Row, list[str]]], answers: Mapping[str, Sequence[_Answer]]
) -> list[_Stay]:
    """The entries of one channel, each with its end as far as it is told, and with who answered in it."""
    stays: dict[int, _Stay] = {}
    mine = [(row.at, said) for row, said in words if row.uniqueid == uniqueid]
    for at, said in mine:
        if said[0] == "entered":
            _, line, queue, language, tier, priority, number = said
            stays.setdefault(
                _number(number), _Stay(at, line, queue, language, tier, _number(priority), _number(number))
            )
    for at, said in mine:
        if said[0] == "left" and (stay := stays.get(_number(said[4]))) and stay.until is None:
            stay.until, stay.how = max(at, stay.at), said[3] or _NO_LINE
    entries = sorted(stays.values(), key=lambda stay: (stay.at, stay.number))
    for stay, after in pairwise(entries):
        stay.until = min(stay.until or after.at, after.at)
    for answer in answers.get(uniqueid, ()):
        within = [stay for stay in entries if stay.at <= answer.at and (stay.until is None or answer.at <= stay.until)]
        if within and within[-1].answer is None:
            within[-1].answer = answer
    return entries


def _close(entries: Sequence[_Stay], gone_at: datetime | None) -> None:
    if entries and entries[-1].until is None and gone_at is not None:
        entries[-1].until = max(gone_at, entries[-1].at)


def _grouped(entries: Sequence[_Stay]) -> list[tuple[list[_Stay], _Stay | None]]:
    """Entries that are one visit: one after the other into a queue until it answers; and the entry after them."""
    groups: list[list[_Stay]] = []
    for stay in entries:
        if groups and groups[-1][-1].queue == stay.queue and groups[-1][-1].answer is None:
            groups[-1].append(stay)
        else:
            groups.append([stay])
    firsts: list[_Stay | None] = [group[0] for group in groups]
    return list(zip(groups, [*firsts[1:], None], strict=False))


def _visit(
    node: str, linkedid: str, uniqueid: str, group: Sequence[_Stay], after: _Stay | None,
    channels: Mapping[str, _Channel], cut_at: datetime | None,
) -> Visit:  # fmt: skip
    first, last, channel = group[0], group[-1], channels[uniqueid]
    answer = last.answer
    how = How.ANSWERED if answer else _how(last, after, channel)
    left_at = answer.at if answer else _left_at(how, last, channel)
    ended_at = _talked_until(answer, last, channel, channels) if answer else None
    if cut_at is not None:
        how = How.INTERRUPTED if how is How.WAITING else how
        left_at = left_at or max(cut_at, first.at)
        ended_at = ended_at or (max(cut_at, answer.at) if answer else None)
    talk = None if answer is None or ended_at is None else (ended_at - answer.at) // ONE_MS
    return Visit(
        node, linkedid, uniqueid, first.number, first.queue, last.line, first.language, first.tier, first.priority,
        channel.caller, first.at, left_at, how,
        None if left_at is None else max(left_at - first.at, timedelta(0)) // ONE_MS,
        answer.at if answer else None, answer.agent if answer else "",
        _device(channels, answer.channel) if answer else "", ended_at, talk,
        0 if talk is None or answer is None else min(_held_ms(channel, answer.at, ended_at), talk),
        answer is not None and _transferred(channels.get(answer.channel), answer.at, ended_at), len(group),
    )  # fmt: skip


def _how(last: _Stay, after: _Stay | None, channel: _Channel) -> How:
    """What became of a caller whom nobody answered."""
    hung_up = not last.how or last.how == "abandon" or channel.hung_up_by == channel.name
    cases = (
        (after is not None, How.OVERFLOWED),
        (last.until is None, How.WAITING),
        (last.how.startswith("key-"), How.CHOSE),
        (last.how in _REFUSED, How.REFUSED),
        (last.how != "" and channel.gone_at is None, How.WAITING),  # told something, then back into it, or out of it
        (hung_up, How.ABANDONED),
    )
    return next((how for holds, how in cases if holds), How.TIMED_OUT)


def _left_at(how: How, last: _Stay, channel: _Channel) -> datetime | None:
    if how is How.WAITING:
        return None
    return channel.gone_at if how is How.ABANDONED and channel.gone_at else last.until


def _talked_until(answer: _Answer, stay: _Stay, caller: _Channel, channels: Mapping[str, _Channel]) -> datetime | None:
    """The first end of what the talk needs: both channels, the queue, and that the agent does not hand it on."""
    agent = channels.get(answer.channel, _Channel())
    handed_on = [row.at for row in agent.rows if row.kind in _TRANSFERS and row.at >= answer.at]
    ends = [agent.gone_at, caller.gone_at, stay.until, *handed_on]
    return min((max(end, answer.at) for end in ends if end is not None), default=None)


def _held_ms(caller: _Channel, since: datetime, until: datetime | None) -> int:
    """While the caller, once connected, was connected to nobody and then again."""
    held, out_at = timedelta(0), None
    for row in caller.rows:
        if row.at < since or (until is not None and row.at > until):
            continue
        if row.kind == "BRIDGE_EXIT":
            out_at = row.at
        elif row.kind == "BRIDGE_ENTER" and out_at is not None:
            held, out_at = held + (row.at - out_at), None
    return held // ONE_MS


def _transferred(agent: _Channel | None, since: datetime, until: datetime | None) -> bool:
    rows = agent.rows if agent else []
    return any(row.kind in _TRANSFERS and since <= row.at and (until is None or row.at <= until) for row in rows)


def _ring(
    node: str, linkedid: str, row: Row, said: Sequence[str], channels: Mapping[str, _Channel],
    stays: Mapping[str, Sequence[_Stay]], answers: Mapping[str, Sequence[_Answer]], cut_at: datetime | None,
) -> Ring:  # fmt: skip
    _, line, queue, agent, caller = said
    entries = stays.get(caller, ())
    groups = [group for group, _ in _grouped(entries) if group[0].at <= row.at]
    answered = next((each for each in answers.get(caller, ()) if each.channel == row.uniqueid), None)
    stay = next((each for each in reversed(entries) if each.at <= row.at), None)
    gone_at = channels[row.uniqueid].gone_at or cut_at
    ended_at = answered.at if answered else gone_at
    return Ring(
        node, linkedid, row.uniqueid, caller, groups[-1][0].number if groups else 0, queue, line,
        agent or (answered.agent if answered else ""), _device(channels, row.uniqueid), row.at,
        None if ended_at is None else max(ended_at, row.at),
        Rang.ANSWERED if answered else _rang(ended_at, stay, cut=channels[row.uniqueid].gone_at is None),
    )  # fmt: skip


def _rang(ended_at: datetime | None, stay: _Stay | None, *, cut: bool) -> Rang:
    """What came of a ring that was not answered."""
    if ended_at is None:
        return Rang.RINGING
    ends = [] if stay is None else [stay.until, stay.answer.at if stay.answer else None]
    taken_back = any(end is not None and end <= ended_at + TAKEN_BACK for end in ends)
    return Rang.CANCELLED if cut or taken_back else Rang.MISSED


def _device(channels: Mapping[str, _Channel], uniqueid: str) -> str:
    """``PJSIP/phone-2001`` of ``PJSIP/phone-2001-0000002a``."""
    name = channels[uniqueid].name if uniqueid in channels else ""
    found = _CHANNEL.fullmatch(name)
    return found["device"] if found else name
