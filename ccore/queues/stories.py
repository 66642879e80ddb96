"""Tells in plain words what was decided for a caller and why: of what ``visits`` and ``offers`` keep."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from ccore.centre.lines import OWN_LINE
from ccore.centre.queue import Queue


class Row(Protocol):
    """A row of a table."""

    def __getitem__(self, column: str, /) -> Any: ...


_OUTCOMES = {"answered": "answered", "missed": "did not answer", "caller-left": "rang until the caller left"}
OTHERS_TOLD = 10


def story(visits: Sequence[Row], offers: Sequence[Row], queues: Mapping[str, Queue], zone: tzinfo) -> Iterator[str]:
    """The call, line by line; ``visits`` and ``offers`` are rows of these tables, the first ones first."""
    first = visits[0]
    yield f"call {first['call_key']} of {first['number'] or 'an unknown number'}"
    for visit in visits:
        yield ""
        yield from _entering(visit, zone)
        yield from _waiting(visit, queues.get(visit["queue"]), _until(offers), zone)
    for offer in offers:
        yield ""
        yield from _offer(offer, visits, zone)
    if not offers:
        yield ""
        yield "nobody was rung"


def _entering(visit: Row, zone: tzinfo) -> Iterator[str]:
    who = f"class {visit['tier']}" if visit["tier"] else "no class"
    yield f"{_clock(visit['entered_at'], zone)}  comes to queue {visit['queue']}: {who}, language {visit['language']}"
    for number, entry in enumerate(visit["decision"]):
        at = _clock(datetime.fromtimestamp(entry["at"], UTC), zone)
        place = f"place {entry['position']}, after {entry['waited_s']:.0f} s of waiting"
        yield f"{at}  {'enters' if number == 0 else 'enters again'}: {place}"
        yield from (f"          {reason}" for reason in entry["reasons"])
        start = f" and has {entry['head_start_s']} s before all others" if entry["sticky"] else ""
        yield f"          own agent: {entry['sticky_why']}{start}"


def _waiting(visit: Row, queue: Queue | None, until: datetime | None, zone: tzinfo) -> Iterator[str]:
    """What the waiting itself changed: who may serve, and before whom they go."""
    changes = [(at, f"goes before more others: priority {number}") for at, number in visit["raised"]]
    for after_s, wants in queue.stages[1:] if queue else ():
        at = visit["came_at"].timestamp() + after_s
        if until is not None and at <= until.timestamp():
            enough = " and ".join(f"{skill} {level}" for skill, level in wants.items())
            changes.append((at, f"after {after_s} s agents with {enough or 'any skill'} are enough"))
    for at, what in sorted(changes):
        yield f"{_clock(datetime.fromtimestamp(at, UTC), zone)}  {what}"


def _offer(offer: Row, visits: Sequence[Row], zone: tzinfo) -> Iterator[str]:
    decision, agent = offer["decision"], offer["agent"]
    yield f"{_clock(offer['rung_at'], zone)}  {_line(offer['line'])} rings agent {agent}"
    yield f"          why {agent}: {_why(offer)}"
    yield f"          why now: {_why_now(offer, visits, zone)}"
    others = list(decision["others"].items())
    for name, why in others[:OTHERS_TOLD]:
        yield f"          not {name}: {why}"
    if more := len(others) - OTHERS_TOLD + decision["more"] if len(others) > OTHERS_TOLD else decision["more"]:
        yield f"          and {more} more"
    if offer["outcome"]:
        yield f"{_clock(offer['ended_at'], zone)}  agent {agent} {_OUTCOMES[offer['outcome']]}"


def _line(line: str) -> str:
    return "the head start" if line == OWN_LINE else f"line {line}"


def _why(offer: Row) -> str:
    decision, agent = offer["decision"], offer["agent"]
    if agent in decision["because"]:
        return str(decision["because"][agent])
    if offer["agreed"]:
        return f"penalty {decision['penalty']}; as good as {', '.join(decision['chosen']) or 'anybody'} within a second"
    return f"NOT as ccore would have chosen: {decision['objection']}"


def _why_now(offer: Row, visits: Sequence[Row], zone: tzinfo) -> str:
    """What the caller has waited for until then."""
    free_since, rung_at = offer["decision"]["free_since"], offer["rung_at"].timestamp()
    came_at = min(visit["entered_at"].timestamp() for visit in visits)
    waited_s = rung_at - came_at
    if free_since is None:
        return f"after {waited_s:.0f} s"
    if free_since > came_at:
        since = _clock(datetime.fromtimestamp(free_since, UTC), zone)
        return f"after {waited_s:.0f} s: nobody better was free before, and {offer['agent']} not until {since}"
    if waited_s < 2:  # app_queue looks once a second
        return f"{offer['agent']} was free"
    return f"after {waited_s:.0f} s: {offer['agent']} was free, but for others before, or not for this caller yet"


def _until(offers: Sequence[Row]) -> datetime | None:
    return offers[-1]["rung_at"] if offers else None


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"
