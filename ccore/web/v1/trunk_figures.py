"""What came of the calls by each trunk in the last hour or day: answered, how long, by the hour, and why not."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from asyncpg import Record

from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told

KEPT_S = 10.0  # however many look
SPANS = {"hour": timedelta(hours=1), "day": timedelta(hours=24)}

Direction = Literal["in", "out"]


class FiguresWanted(Said):
    """Of the last hour, or of the last 24."""

    span: Literal["hour", "day"] = "hour"


class TrunkFigure(Told):
    """Calls of a trunk: of those ``answered`` (all ends of them together) the sum of seconds they lasted.

    Those that go ``out`` are the campaigns'; calls that are not over, or not read yet, are not counted.
    """

    trunk: str
    direction: Direction
    calls: int
    answered: int
    seconds: int


class TrunkHour(Told):
    """Calls that began in the hour from ``at``."""

    trunk: str
    direction: Direction
    at: datetime
    calls: int


class TrunkFailure(Told):
    """So many calls were not answered, with this cause: Q.850's, and a SIP status, each 0 where nobody told it."""

    trunk: str
    direction: Direction
    cause: int
    sip: int
    calls: int


class TrunkFigures(Told):
    """Since ``since``; the failures of which there are most come first."""

    since: datetime
    figures: list[TrunkFigure]
    hours: list[TrunkHour]
    failures: list[TrunkFailure]


Line = tuple[str, str]  # node, and how channels name the trunk there


class _Figures:
    def __init__(self, config: Config, database: Database) -> None:
        self._database = database
        self._inward = _lines(config)
        self._outward = {(node, name): name for node in config.nodes for name in config.trunks_of(node)}
        self._kept: dict[str, TrunkFigures] = {}
        self._at: dict[str, datetime] = {}
        self._counting = asyncio.Lock()

    async def tell(self, asked: Asked[None, FiguresWanted]) -> TrunkFigures:
        span = asked.query.span
        async with self._counting:
            now = utc_now()
            if span not in self._at or now - self._at[span] > timedelta(seconds=KEPT_S):
                self._kept[span], self._at[span] = await self._counted(now - SPANS[span]), now
            return self._kept[span]

    async def _counted(self, since: datetime) -> TrunkFigures:
        words = sorted({line for _, line in self._inward})
        fetch = self._database.fetch
        told: list[tuple[Direction, list[Record], list[Record]]] = [
            ("in", await fetch("trunks.inward", since, words), await fetch("trunks.inward_failures", since, words)),
            ("out", await fetch("trunks.outward", since), await fetch("trunks.outward_failures", since)),
        ]
        figures: dict[tuple[str, Direction], list[int]] = {}
        hours: dict[tuple[datetime, str, Direction], int] = {}
        failures: dict[tuple[str, Direction, int, int], int] = {}
        for direction, counts, faults in told:
            for row in counts:
                if (trunk := self._named(direction, row)) is None:
                    continue
                sums = figures.setdefault((trunk, direction), [0, 0, 0])
                sums[:] = [one + row[name] for one, name in zip(sums, ("calls", "answered", "seconds"), strict=True)]
                at = row["hour"], trunk, direction
                hours[at] = hours.get(at, 0) + row["calls"]
            for row in faults:
                if (trunk := self._named(direction, row)) is not None:
                    why = trunk, direction, row["cause"], row["sip"]
                    failures[why] = failures.get(why, 0) + row["calls"]
        return TrunkFigures(
            since=since,
            figures=[
                TrunkFigure(trunk=trunk, direction=direction, calls=calls, answered=answered, seconds=seconds)
                for (trunk, direction), (calls, answered, seconds) in sorted(figures.items())
            ],
            hours=[
                TrunkHour(trunk=trunk, direction=direction, at=at, calls=calls)
                for (at, trunk, direction), calls in sorted(hours.items())
            ],
            failures=[
                TrunkFailure(trunk=trunk, direction=direction, cause=cause, sip=sip, calls=calls)
                for (trunk, direction, cause, sip), calls in sorted(failures.items(), key=lambda each: -each[1])
            ],
        )

    def _named(self, direction: Direction, row: Record) -> str | None:
        """The trunk of a row; None: there is none of that name any more."""
        return (self._inward if direction == "in" else self._outward).get((row["node"], row["line"]))


def operations(config: Config, database: Database) -> list[Operation[Any, Any]]:
    """For supervisors."""
    on = _Figures(config, database)
    may = frozenset({Role.SUPERVISOR})
    summary = "What came of calls by them"
    return [Operation("GET", "/trunks/figures", summary, may, on.tell, query=FiguresWanted, answer=TrunkFigures)]


def _lines(config: Config) -> Mapping[Line, str]:
    """Trunks, by what the names of their channels say of them (ccore.cdr.fold)."""
    return {
        (node, f"i{trunk.span}" if trunk.kind == "e1" else f"trunk-{name}"): name
        for node in config.nodes
        for name, trunk in config.trunks_of(node).items()
    }
