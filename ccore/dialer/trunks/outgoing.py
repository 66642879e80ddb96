"""Which trunk a campaign's next call goes by, and how many more may begin: pure."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccore.centre.outgoing import Outgoing
from ccore.subscriber import national

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Way:
    """A trunk as it ends at a node: ``channels`` are all it has there."""

    name: str
    channels: int
    settings: Outgoing

    @property
    def most(self) -> int:
        """The channels campaigns may use at once."""
        return min(self.channels, self.settings.channels or self.channels)


@dataclass(frozen=True, slots=True)
class Usage:
    """How a trunk is used now.

    ``ours`` are its calls by campaigns, ``others`` all other calls. ``tokens`` is how many calls may begin now by its
    calls_per_s. Fen are spent, and for calls under way taken as spent for their first minute.
    """

    ours: int = 0
    others: int = 0
    tokens: float = 1.0
    killed: bool = False
    rests_until: datetime | None = None
    fen_today: int = 0
    fen_this_month: int = 0


class Why(enum.StrEnum):
    """Why no more calls may begin by a trunk."""

    NONE = ""
    NOT_HERE = "not-here"  # it does not end at this node, or is not of outgoing.toml
    KILLED = "killed"
    RESTS = "rests"
    DAY_CAP = "day-cap"
    MONTH_CAP = "month-cap"
    FULL = "full"
    KEPT = "kept-for-inbound"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Room:
    """How many more calls may be under way by a trunk; why not more, in a word."""

    calls: int
    why: Why = Why.NONE


@dataclass(frozen=True, slots=True)
class Choice:
    """The trunk for a call; None: no trunk, and ``why`` says of each one why not."""

    trunk: str | None
    why: Mapping[str, Why]


def room(way: Way, usage: Usage, now: datetime) -> Room:
    """The calls that may begin by a trunk, but for its calls per second."""
    if usage.killed:
        return Room(0, Why.KILLED)
    if usage.rests_until is not None and now < usage.rests_until:
        return Room(0, Why.RESTS)
    settings, cost = way.settings, fen(way.settings, MINUTE_S)
    return min(
        Room(way.most - usage.ours, Why.FULL),
        Room(way.channels - settings.kept_for_inbound - usage.ours - usage.others, Why.KEPT),
        _within(settings.most_fen_per_day, usage.fen_today, cost, Why.DAY_CAP),
        _within(settings.most_fen_per_month, usage.fen_this_month, cost, Why.MONTH_CAP),
        key=lambda each: each.calls,
    )


def _within(cap: int | None, spent: int, cost: int, why: Why) -> Room:
    """The calls whose first minute is still under a cap."""
    if cap is None or (cost == 0 and spent < cap):
        return Room(1_000_000, why)
    return Room((cap - spent) // cost if cost else 0, why)


def free(wanted: Iterable[str], ways: Mapping[str, Way], usages: Mapping[str, Usage], now: datetime) -> int:
    """How many more calls may be under way by the ``wanted`` trunks together."""
    return sum(max(_room(name, ways, usages, now).calls, 0) for name in set(wanted))


def may_start(wanted: Iterable[str], ways: Mapping[str, Way], usages: Mapping[str, Usage], now: datetime) -> int:
    """How many of them may begin at this moment, by calls per second as well."""
    rooms = {name: _room(name, ways, usages, now).calls for name in set(wanted)}
    return sum(max(min(calls, int(usages.get(name, Usage()).tokens)), 0) for name, calls in rooms.items())


def choose(wanted: Sequence[str], ways: Mapping[str, Way], usages: Mapping[str, Usage], now: datetime) -> Choice:
    """The trunk of the highest priority that has room; of equals the least used one, for its size."""
    why = {name: _why_not(name, ways, usages, now) for name in wanted}
    able = [ways[name] for name in wanted if not why[name]]
    if not able:
        return Choice(None, why)
    best = min(able, key=lambda way: (-way.settings.priority, _share(way, usages), wanted.index(way.name)))
    return Choice(best.name, why)


def _share(way: Way, usages: Mapping[str, Usage]) -> float:
    usage = usages.get(way.name, Usage())
    return (usage.ours + usage.others) / way.channels


def _why_not(name: str, ways: Mapping[str, Way], usages: Mapping[str, Usage], now: datetime) -> Why:
    there = _room(name, ways, usages, now)
    if there.calls < 1:
        return there.why
    return Why.NONE if usages.get(name, Usage()).tokens >= 1 else Why.RATE


def _room(name: str, ways: Mapping[str, Way], usages: Mapping[str, Usage], now: datetime) -> Room:
    way = ways.get(name)
    return Room(0, Why.NOT_HERE) if way is None else room(way, usages.get(name, Usage()), now)


def fen(settings: Outgoing, answered_s: float) -> int:
    """What a call costs that was dialled, and talked for so long: each minute begun counts whole. 0 s: not answered."""
    minutes = -int(-answered_s // MINUTE_S)
    return settings.fen_per_call + minutes * settings.fen_per_minute


def written(settings: Outgoing, number: str) -> str:
    """An E.164 number as this trunk wants it."""
    if settings.form == "e164":
        return number
    if settings.form == "00":
        return settings.prefix + "00" + number.removeprefix("+")
    return settings.prefix + national(number)


def caller_id(settings: Outgoing, number: str, attempt: int) -> str:
    """What who is called sees: the number of their region, or in its turn one of the trunk's; "" for the trunk's own.

    The same for one attempt however often it is asked.
    """
    there = [beginning for beginning in settings.caller_ids_for if number.startswith(beginning)]
    if there:
        return settings.caller_ids_for[max(there, key=len)]
    if not settings.caller_ids:
        return ""
    return settings.caller_ids[attempt % len(settings.caller_ids)]
