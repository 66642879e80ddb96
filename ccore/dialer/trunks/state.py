"""The trunks campaigns call out by as they are now: how full, how fast, how dear, resting, or shut by somebody."""

import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import prometheus_client
import structlog
from asyncpg import Record

from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.db.trouble import Trouble, until_none
from ccore.dialer.model import Outcome
from ccore.dialer.trunks import causes, outgoing
from ccore.dialer.trunks.causes import Meaning
from ccore.dialer.trunks.failing import Failing, Rested
from ccore.dialer.trunks.outgoing import MINUTE_S, Choice, Usage, Way, Why
from ccore.nodes import E1Trunk, SipTrunk
from ccore.pbx.campaign_trunk import ATTEMPT, trunk_of

log = structlog.get_logger()

CHANNELS = prometheus_client.Gauge(
    "ccore_trunk_channels", "Channels in use of trunks campaigns call out by", ["node", "trunk", "by"]
)
CLOSED = prometheus_client.Gauge(
    "ccore_trunk_closed", "1 while campaigns may not use the trunk, by why", ["node", "trunk", "why"]
)
FAULTS = prometheus_client.Counter(
    "ccore_trunk_faults", "Calls of campaigns that failed by the trunk's own fault", ["node", "trunk"]
)

LOOK_EVERY_S = 0.5  # at kills, rests and money: what another ccore did counts here by then, a kill at the gate at once
COUNTED_S = 0.1  # so long channels are not counted anew
JUST_S = 0.5  # so late Asterisk tells of a call it has asked the gate for; if later, its own count is the last stop
UNSEEN_S = 10.0  # a call that was let begin has a channel by then, or never will
COUNT_AT_ONCE = 1000  # attempts
ALL = "*"  # trunks, in trunk_kills
_CLOSING = (Why.KILLED, Why.RESTS, Why.DAY_CAP, Why.MONTH_CAP)

Key = tuple[str, str]  # node and trunk


@dataclass(slots=True)
class _Live:
    """What this ccore knows by itself of a trunk at a node. ``taken``: when each call was let begin, by our clock."""

    tokens: float
    filled_at: float
    taken: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Status:
    """One trunk at one node, for people."""

    node: str
    trunk: str
    channels: int
    most: int
    ours: int
    others: int
    why: Why  # no more calls of campaigns may begin now; "" if they may
    fen_today: int
    fen_this_month: int
    killed_by: str = ""
    rests_until: datetime | None = None
    reason: str = ""


class Trunks:
    """Make it after the trackers. Who calls by a trunk asks ``take`` before, and says ``ended`` or ``given_back``."""

    def __init__(self, config: Config, database: Database, trackers: Mapping[str, Tracker]) -> None:
        self.trouble = Trouble("trunks_not_seen")
        self._config = config
        self._database = database
        self._trackers = trackers
        self._ways: dict[str, dict[str, Way]] = {}
        self._live: dict[Key, _Live] = {}
        self._failing: dict[Key, Failing] = {}
        self._kills: Mapping[str, Record] = {}
        self._rests: dict[Key, Rested] = {}
        self._unwritten: dict[Key, Rested | None] = {}  # None: it rests no longer
        self._spent: Mapping[str, Record] = {}
        self._counted: dict[str, tuple[float, Mapping[str, Counter[bool]]]] = {}

    def use(self, centre: Centre) -> None:
        """Campaigns call out by these trunks from now on."""
        self._ways = {
            node: {
                name: Way(name, line.channels, centre.outgoing[name])
                for name, line in self._config.trunks_of(node).items()
                if name in centre.outgoing
            }
            for node in self._config.nodes
        }

    # What the dialler asks.

    def free(self, wanted: Iterable[str], node: str) -> int:
        """How many more calls may be under way by these trunks, without regard to calls per second."""
        return outgoing.free(wanted, self._ways_of(node), self._usages(node), utc_now())

    def may_start(self, wanted: Iterable[str], node: str) -> int:
        """How many calls may begin by them at this moment."""
        return outgoing.may_start(wanted, self._ways_of(node), self._usages(node), utc_now())

    def choice(self, wanted: Sequence[str], node: str) -> Choice:
        """The trunk that ``take`` would give, and why none of the others."""
        return outgoing.choose(wanted, self._ways_of(node), self._usages(node), utc_now())

    def take(self, wanted: Sequence[str], node: str) -> str | None:
        """A channel for a call that begins now; None: there is none."""
        name = self.choice(wanted, node).trunk
        if name is not None:
            live = self._live[node, name]
            live.tokens -= 1
            live.taken.append(time.monotonic())
        return name

    def given_back(self, trunk: str, node: str) -> None:
        """A call that was let begin was not dialled."""
        if (live := self._live.get((node, trunk))) and live.taken:
            live.taken.pop()
            live.tokens += 1

    def ended(self, trunk: str, node: str, meaning: Meaning | None, seconds: float = 0.0) -> None:
        """A call is over after ``seconds`` of talk; ``meaning`` None: nobody knows why."""
        if (live := self._live.get((node, trunk))) and live.taken:
            live.taken.pop(0)
        if meaning is not None and meaning.outcome not in {Outcome.CANCELLED, Outcome.LOST, Outcome.REFUSED}:
            self._judge(node, trunk, fault=meaning.trunk_fault and seconds == 0)

    def meaning(self, trunk: str, node: str, q850: int, sip: int, dialstatus: str) -> Meaning:
        """What a cause says, by the tables and by what the trunk's own codes say instead."""
        way = self._ways_of(node).get(trunk)
        return causes.meaning(q850, sip, dialstatus, way.settings.codes if way else {})

    def killed(self, trunk: str) -> bool:
        """Whether somebody has shut it, or all of them. The gate asks the database, which knows sooner."""
        return trunk in self._kills or ALL in self._kills

    def number(self, trunk: str, node: str, number: str) -> str:
        """An E.164 number as the trunk wants it."""
        return outgoing.written(self._ways[node][trunk].settings, number)

    def caller_id(self, trunk: str, node: str, number: str, attempt: int) -> str:
        """What who is called by this attempt sees; "" for the trunk's own number."""
        return outgoing.caller_id(self._ways[node][trunk].settings, number, attempt)

    # What goes on by itself.

    def work(self) -> dict[str, Coroutine[Any, Any, NoReturn]]:
        """What every ccore does for ever, by name."""
        return {"trunks": self.trouble.every(LOOK_EVERY_S, self.look)}

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        return {"trunk spend": self._count_for_ever}

    async def look(self) -> None:
        """Write down which trunks rest, and see what everybody did. Raises Unavailable and OutcomeUnknown."""
        await self._write_rests()
        self._kills = {row["trunk"]: row for row in await self._database.fetch("outgoing.kills")}
        rows = await self._database.fetch("outgoing.rests")
        known = {(row["node"], row["trunk"]): _rested(row) for row in rows} | self._unwritten
        self._rests = {key: rest for key, rest in known.items() if rest is not None}
        today = utc_now().astimezone(self._config.zone).date()
        self._spent = {row["trunk"]: row for row in await self._database.fetch("outgoing.spent", today)}
        self._show()

    async def count_spend(self) -> int:
        """Count what attempts that are over have cost; how many there were."""
        settings = {name: way.settings for ways in self._ways.values() for name, way in ways.items()}
        counted: int = await self._database.fetch_value(
            "outgoing.count_spend", list(settings), [each.fen_per_call for each in settings.values()],
            [each.fen_per_minute for each in settings.values()], str(self._config.zone), COUNT_AT_ONCE,
        )  # fmt: skip
        return counted

    def statuses(self) -> list[Status]:
        """Every trunk at every node, for people."""
        return [self._status(node, way) for node, ways in self._ways.items() for way in ways.values()]

    def health(self) -> Mapping[str, object]:
        """Trunks by which no call of a campaign may begin now, and why."""
        return {f"{each.node} {each.trunk}": each.why.value for each in self.statuses() if each.why}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self.trouble.reason:
            yield f"what trunks do is not known: {self.trouble.reason}"
        yield from dict.fromkeys(filter(None, map(self._warning, self.statuses())))

    def _warning(self, each: Status) -> str:
        match each.why:
            case Why.KILLED:
                return (
                    f"trunk {each.trunk} is shut for campaigns by {each.killed_by}: {each.reason or 'no reason given'}"
                )
            case Why.RESTS:
                assert each.rests_until is not None
                until = f"{each.rests_until.astimezone(self._config.zone):%H:%M:%S}"
                return f"trunk {each.trunk} at {each.node} rests until {until}: {each.reason}"
            case Why.DAY_CAP | Why.MONTH_CAP:
                return f"trunk {each.trunk} has spent what it may: {each.why}"
        return ""

    async def _count_for_ever(self) -> NoReturn:
        await Trouble("trunk_spend_not_counted").every(LOOK_EVERY_S, lambda: until_none(self.count_spend))

    def _ways_of(self, node: str) -> Mapping[str, Way]:
        return self._ways.get(node, {})

    def _judge(self, node: str, trunk: str, *, fault: bool) -> None:
        way = self._ways_of(node).get(trunk)
        if way is None:
            return
        now, key = utc_now(), (node, trunk)
        failing = self._failing.setdefault(key, Failing())
        if not fault:
            failing.came_off()
            if key in self._rests and self._rests[key].until <= now:
                del self._rests[key]
                self._unwritten[key] = None
            return
        FAULTS.labels(node, trunk).inc()
        if rest := failing.failed(now, way.settings.rest, self._rests.get(key)):
            self._rests[key] = self._unwritten[key] = rest
            log.error("trunk_rests", node=node, trunk=trunk, until=rest.until.isoformat(), reason=rest.reason)

    async def _write_rests(self) -> None:
        for (node, trunk), rest in list(self._unwritten.items()):
            if rest is None:
                await self._database.execute("outgoing.wake", node, trunk)
            else:
                told = (rest.since, rest.until, rest.times, rest.reason)
                await self._database.execute("outgoing.rest", node, trunk, *told)
            if self._unwritten[node, trunk] is rest:
                del self._unwritten[node, trunk]

    def _usages(self, node: str) -> Mapping[str, Usage]:
        seen, now = self._seen(node), time.monotonic()
        return {
            name: self._usage(node, way, seen.get(name, Counter()), now) for name, way in self._ways_of(node).items()
        }

    def _usage(self, node: str, way: Way, seen: Counter[bool], now: float) -> Usage:
        live = self._filled(node, way, now)
        young = sum(now - at < UNSEEN_S for at in live.taken)
        # Those of which nobody has said that they ended: another ccore was asked, or it was killed.
        del live.taken[: max(len(live.taken) - seen[True] - young, 0)]
        just = sum(now - at < JUST_S for at in live.taken)
        # Nor of those whose end another ccore was told of: each that lasts is a call of an attempt.
        ours = max(seen[True], min(len(live.taken), self._attempts(node) + just))
        rest = self._rests.get((node, way.name))
        spent = self._spent.get(way.name)
        held = max(spent["open"] if spent else 0, ours) * outgoing.fen(way.settings, MINUTE_S)
        return Usage(
            ours, seen[False], live.tokens, self.killed(way.name), rest.until if rest else None,
            (spent["today"] if spent else 0) + held, (spent["this_month"] if spent else 0) + held,
        )  # fmt: skip

    def _attempts(self, node: str) -> int:
        """The calls of attempts that are there."""
        tracker = self._trackers.get(node)
        return 0 if tracker is None else sum(call.startswith(ATTEMPT) for call in tracker.calls)

    def _filled(self, node: str, way: Way, now: float) -> _Live:
        """The bucket of calls per second: one second of them at most may begin at once."""
        most = max(way.settings.calls_per_s, 1.0)
        live = self._live.setdefault((node, way.name), _Live(most, now))
        live.tokens = min(live.tokens + (now - live.filled_at) * way.settings.calls_per_s, most)
        live.filled_at = now
        return live

    def _seen(self, node: str) -> Mapping[str, Counter[bool]]:
        """By trunk, the channels that are there: of campaigns (True), and of others."""
        now = time.monotonic()
        at, seen = self._counted.get(node, (-COUNTED_S, {}))
        if now - at >= COUNTED_S and node in self._trackers:
            seen = count(self._trackers[node].channels.values(), self._config.trunks_of(node))
            self._counted[node] = now, seen
        return seen

    def _status(self, node: str, way: Way) -> Status:
        usage = self._usages(node)[way.name]
        kill, rest = self._kills.get(way.name) or self._kills.get(ALL), self._rests.get((node, way.name))
        spent = self._spent.get(way.name)
        room = outgoing.room(way, usage, utc_now())
        why = Why.NONE if room.calls > 0 else room.why
        return Status(
            node, way.name, way.channels, way.most, usage.ours, usage.others, why,
            spent["today"] if spent else 0, spent["this_month"] if spent else 0,
            kill["by"] if kill else "", usage.rests_until if why is Why.RESTS else None,
            kill["reason"] if kill else rest.reason if rest and why is Why.RESTS else "",
        )  # fmt: skip

    def _show(self) -> None:
        for each in self.statuses():
            CHANNELS.labels(each.node, each.trunk, "campaigns").set(each.ours)
            CHANNELS.labels(each.node, each.trunk, "others").set(each.others)
            for why in _CLOSING:
                CLOSED.labels(each.node, each.trunk, why.value).set(each.why is why)


def count(channels: Iterable[Channel], trunks: Mapping[str, SipTrunk | E1Trunk]) -> Mapping[str, Counter[bool]]:
    """By trunk, how many of its channels belong to attempts (True), and how many do not."""
    seen: dict[str, Counter[bool]] = {}
    for channel in channels:
        if (trunk := trunk_of(channel.name, trunks)) is not None:
            seen.setdefault(trunk, Counter())[channel.call.startswith(ATTEMPT)] += 1
    return seen


def _rested(row: Record) -> Rested:
    return Rested(row["since"], row["until"], row["times"], row["reason"])
