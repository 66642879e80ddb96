"""What the pace of a campaign has gained: beside progressive with the same agents and contacts, simulated."""

from collections.abc import Iterator

from ccore.dialer.model import Outcome
from ccore.dialer.reports.tables import Cell, Table
from ccore.dialer.simulation.comparison import compared
from ccore.dialer.simulation.log import Log
from ccore.dialer.simulation.replay import SEEDS, replayed

BESIDE = ("manual", "progressive")


def gain(log: Log, name: str) -> Table:
    """The table; it takes some seconds for each hour of many agents. Raises CannotReplay."""
    return Table("gain", ("figure", "value"), list(_gain(log, name)))


def _gain(log: Log, name: str) -> Iterator[tuple[str, Cell]]:
    scenario = replayed(log, name)
    signed_in_s = sum(each.to_s - each.from_s for day in scenario.staff.measured for each in day)
    talks = [each for each in log.attempts if each.outcome is Outcome.TALKED]
    calls_h = len(talks) / (signed_in_s / 3600)
    talk_s = sum((each.ended_at or 0) - (each.connected_at or each.ended_at or 0) for each in talks)
    yield "calls_per_agent_hour", round(calls_h, 2)
    yield "talk_min_per_agent_hour", round(talk_s / 60 / (signed_in_s / 3600), 2)
    for row in compared(scenario, BESIDE, SEEDS, None):
        talk_min_h = sum(run.talk_s for run in row.runs) / 60 / max(sum(run.agent_hours for run in row.runs), 1e-9)
        yield f"{row.pacer}_calls_per_agent_hour", round(row.calls_per_agent_hour, 2)
        yield f"{row.pacer}_talk_min_per_agent_hour", round(talk_min_h, 2)
        if row.calls_per_agent_hour:
            yield f"times_{row.pacer}", round(calls_h / row.calls_per_agent_hour, 2)
