"""What a campaign waits for as a metric, and that nothing is shown of one that dials no more."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY

from ccore.dialer.live_figures import WHYS, Figures, waits_for
from ccore.dialer.live_pace import Seat
from ccore.dialer.pacing import AgentState, Decision, Why
from ccore.dialer.surroundings import Standing

ZONES = ("Asia/Shanghai",)
WHY = Why("allowance", 2, 0, 8, 10, 0.03, 1.0, 2.0, 2.0, 0.0)
STANDS = Standing(
    "metrics", "node1", datetime(2026, 11, 23, tzinfo=UTC), Decision(2, (), WHY), "running", 10, 0, 5, ZONES, ZONES,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "calls"),
        ({"decision": Decision(0, (), WHY)}, "allowance"),
        ({"linked": False, "free_channels": 0}, "no-link"),
        ({"open_zones": (), "free_channels": 0}, "hours"),
        ({"zones": (), "open_zones": ()}, "nobody-due"),
        ({"free_channels": 0}, "no-channels"),
        ({"wanted": 2}, "nobody-due"),
        ({"wanted": 2, "decision": Decision(0, (), replace(WHY, gate="channels"))}, "nobody-due"),
        ({"wanted": 2, "decision": Decision(0, (), WHY)}, "allowance"),
        ({"wanted": 2, "got": 1}, "calls"),
    ],
)
def test_what_it_waits_for(changed: dict[str, Any], why: str) -> None:
    assert waits_for(replace(STANDS, **changed)) == why


def shown() -> dict[tuple[str, str], float]:
    """By metric, and the label that is no place."""
    return {
        (sample.name, sample.labels.get("state") or sample.labels.get("why") or sample.labels["kind"]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.labels.get("campaign") == "metrics"
    }


def test_it_is_shown_while_it_dials() -> None:
    figures = Figures()
    seats = [Seat("1001", "node1", AgentState.IDLE), Seat("1002", "node1", AgentState.TALK)]
    figures.show(STANDS, seats, (99, 9), 0.03)
    assert shown()["ccore_dial_abandonment_ratio", "now"] == 0.0
    figures.show(STANDS, seats, (200, 5), 0.03)
    assert {key: value for key, value in shown().items() if value} == {
        ("ccore_dial_agents", "idle"): 1.0, ("ccore_dial_agents", "talk"): 1.0, ("ccore_dial_waits", "calls"): 1.0,
        ("ccore_dial_abandonment_ratio", "now"): 0.025, ("ccore_dial_abandonment_ratio", "limit"): 0.03,
    }  # fmt: skip
    assert {why for name, why in shown() if name == "ccore_dial_waits"} == set(WHYS)
    figures.forget([("metrics", "node1")])
    assert shown()
    figures.forget([])
    assert shown() == {}
