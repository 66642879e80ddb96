"""Pacers side by side in one scenario: which there are, and the figures of each over all seeds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccore.dialer.pacing import Pacer as OurPacer
from ccore.dialer.pacing import Policy
from ccore.dialer.simulation import run
from ccore.dialer.simulation.baselines import AdaptiveLevel, ByHand, FixedRatio, Progressive
from ccore.dialer.simulation.oracle import Oracle
from ccore.dialer.simulation.pacer import Pacer
from ccore.dialer.simulation.result import Result
from ccore.dialer.simulation.scenario import Scenario
from ccore.dialer.simulation.world import MIN_RING_S, Clock

Made = Callable[[Scenario, float | None], Pacer]  # the number after the name's `=`, if there is one

DEFAULT_RATIO = 3.0
DEFAULT_MOST_LEVEL = 3.0  # VICIdial's own


def policy(scenario: Scenario, may_hang_up: bool = True) -> Policy:
    """What our pacer has to keep to in this world."""
    return Policy(
        mode="predictive",
        abandonment_limit=scenario.limit,
        answer_grace_s=scenario.grace_s,
        min_ring_s=MIN_RING_S,
        ring_timeout_s=scenario.ringing.at_most_s,
        max_calls_per_s=scenario.max_calls_per_s,
        may_hang_up=may_hang_up,
        false_positive_rate=scenario.detection.people_taken_for_machines if scenario.detection else 0.0,
    )


PACERS: Mapping[str, Made] = {
    "manual": lambda _scenario, _number: ByHand(),
    "progressive": lambda _scenario, _number: Progressive(),
    "ratio": lambda _scenario, ratio: FixedRatio(ratio or DEFAULT_RATIO),
    "adaptive": lambda scenario, most: AdaptiveLevel(
        scenario.length_s, limit=scenario.limit, most=most or DEFAULT_MOST_LEVEL
    ),
    "predictive": lambda scenario, _number: OurPacer(policy(scenario)),
    "predictive-patient": lambda scenario, _number: OurPacer(policy(scenario, may_hang_up=False)),
    "oracle": lambda _scenario, _number: Oracle(),
}  # in the order they are run
SAID = {
    "manual": "each agent looks numbers up, dials them and waits on the line",
    "progressive": "one line for each idle agent",
    "ratio": f"so many lines for each idle agent: ratio=2.5 (default: {DEFAULT_RATIO:g})",
    "adaptive": f"an adaptive level as VICIdial has it; its highest: adaptive=6 (default: {DEFAULT_MOST_LEVEL:g})",
    "predictive": "ccore's own",
    "predictive-patient": "ccore's own, which hangs nothing up that rings",
    "oracle": "the bound: knows beforehand who will answer, when, and for how long",
}
WITH_NUMBER = frozenset({"ratio", "adaptive"})
DEFAULT = ("manual", "progressive", "ratio", "adaptive", "predictive", "oracle")


@dataclass(frozen=True, slots=True)
class Row:
    """One pacer's runs of a scenario, one for each seed, and their figures together."""

    pacer: str
    runs: tuple[Result, ...]

    @property
    def utilisation(self) -> float:
        """Talk of talk and readiness, of all runs together."""
        talk_s = sum(each.talk_s for each in self.runs)
        return talk_s / max(talk_s + sum(each.ready_s for each in self.runs), 1e-9)

    @property
    def idle_s(self) -> float:
        """Agents' wait for each call."""
        return sum(each.ready_s for each in self.runs) / max(sum(each.connected for each in self.runs), 1)

    @property
    def abandonment(self) -> float:
        """Of all who answered in any run."""
        return sum(each.abandoned for each in self.runs) / max(sum(each.answered for each in self.runs), 1)

    @property
    def worst_abandonment(self) -> float:
        """The worst run's."""
        return max(each.abandonment for each in self.runs)

    @property
    def calls_per_agent_hour(self) -> float:
        """Persons talked with in each hour an agent was logged in."""
        return sum(each.connected for each in self.runs) / max(sum(each.agent_hours for each in self.runs), 1e-9)

    def mean(self, figure: str) -> float | None:
        """Of a figure of the runs; None if they do not have it."""
        values = [getattr(each, figure) for each in self.runs]
        return None if None in values else sum(values) / len(values)


class UnknownPacer(ValueError):
    """A pacer's name that is none."""


def made(pacer: str, scenario: Scenario) -> Pacer:
    """A fresh pacer of this name, such as ``predictive`` or ``ratio=2.5``. Raises UnknownPacer."""
    name, equals, text = pacer.partition("=")
    if name not in PACERS or bool(equals) > (name in WITH_NUMBER):
        raise UnknownPacer(f"{pacer!r} is no pacer; there is: {', '.join(PACERS)}")
    try:
        number = float(text) if equals else None
    except ValueError:
        number = 0.0
    if number is not None and not 0 < number <= 100:
        raise UnknownPacer(f"{pacer!r}: the number is over 0, at most 100")
    return PACERS[name](scenario, number)


def compared(scenario: Scenario, pacers: Sequence[str], seeds: Sequence[int], clock: Clock | None) -> Iterator[Row]:
    """A row for each pacer, as soon as it is there; manual and progressive first, as others are measured by them."""
    order = list(PACERS)
    for pacer in sorted(pacers, key=lambda pacer: order.index(pacer.partition("=")[0])):
        yield Row(pacer, tuple(run(scenario, seed, made(pacer, scenario), clock) for seed in seeds))


HEADINGS = (
    "pacer", "talking %", "idle s", "abandoned %", "worst %", "connects/h", "attempts/h", "calls/agent-h",
    "x manual", "x progressive", "wait p95 s", "ms/decision",
)  # fmt: skip
NAME_WIDTH = max(map(len, PACERS)) + 2


def heading() -> str:
    """The table's first line."""
    return HEADINGS[0].ljust(NAME_WIDTH) + "".join(text.rjust(len(text) + 2) for text in HEADINGS[1:])


def line(row: Row, before: Mapping[str, Row]) -> str:
    """A row of the table; ``before`` are those above it, by pacer."""
    cells = (
        _said(100 * row.utilisation, 1),
        _said(row.idle_s, 1),
        _said(100 * row.abandonment, 2),
        _said(100 * row.worst_abandonment, 2),
        _said(row.mean("connects_h"), 0),
        _said(row.mean("attempts_h"), 0),
        _said(row.calls_per_agent_hour, 1),
        _said(times(row, before.get("manual")), 2),
        _said(times(row, before.get("progressive")), 2),
        _said(row.mean("p95_wait_s"), 2),
        _said(row.mean("decide_mean_ms"), 3),
    )
    padded = "".join(cell.rjust(len(text) + 2) for cell, text in zip(cells, HEADINGS[1:], strict=True))
    return row.pacer.ljust(NAME_WIDTH) + padded


def as_data(scenario: Scenario, seeds: Sequence[int], rows: Sequence[Row]) -> dict[str, Any]:
    """The rows for JSON; rates are shares, times in s unless their names say otherwise."""
    by_name = {row.pacer: row for row in rows}
    return {
        "title": scenario.title, "agents": scenario.agents, "hours": scenario.hours, "limit": scenario.limit,
        "seeds": list(seeds), "pacers": [_row_data(row, by_name) for row in rows],
    }  # fmt: skip


RUN_FIGURES = (
    "utilisation", "idle_s", "abandonment", "attempts", "answered", "abandoned", "connected", "cancelled", "connects_h",
    "attempts_h", "calls_per_agent_hour", "agent_hours", "p95_wait_s", "first_abandonment", "changed_abandonment",
    "worst_rolling", "most_channels", "mean_channels", "people_taken_for_machines", "decisions", "decide_mean_ms",
    "decide_p99_ms",
)  # fmt: skip


def times(row: Row, other: Row | None) -> float | None:
    """How many times as many calls an agent-hour as the other."""
    return row.calls_per_agent_hour / other.calls_per_agent_hour if other and other.calls_per_agent_hour else None


def _row_data(row: Row, rows: Mapping[str, Row]) -> dict[str, Any]:
    return {
        "pacer": row.pacer, "utilisation": row.utilisation, "idle_s": row.idle_s, "abandonment": row.abandonment,
        "worst_abandonment": row.worst_abandonment, "calls_per_agent_hour": row.calls_per_agent_hour,
        "times_manual": times(row, rows.get("manual")), "times_progressive": times(row, rows.get("progressive")),
        "runs": [{figure: getattr(each, figure) for figure in RUN_FIGURES} for each in row.runs],
    }  # fmt: skip


def _said(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
