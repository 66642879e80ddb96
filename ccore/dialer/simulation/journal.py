"""Keeps the log of a simulated campaign, as a real one's is exported."""

from typing import TYPE_CHECKING

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.log import AgentLog, AttemptLog, CampaignLog, Row
from ccore.dialer.simulation.scenario import UNLIMITED, Scenario

if TYPE_CHECKING:
    from ccore.dialer.simulation.world import Line


class Journal:
    """The rows of a run, as of a campaign that began at ``epoch``."""

    def __init__(self, scenario: Scenario, epoch: float = 0.0) -> None:
        channels = scenario.channels if scenario.channels < UNLIMITED else None
        campaign = CampaignLog(scenario.title, scenario.limit, scenario.grace_s, channels, scenario.max_calls_per_s)
        self.rows: list[Row] = [campaign]
        self._epoch = epoch

    def attempt(self, line: "Line", now: float, outcome: Outcome) -> None:
        """An attempt is over."""
        agent = None if line.agent is None else str(line.agent.number)
        rang, answered, connected = (self._time(at) for at in (line.rang_at, line.answered_at, line.connected_at))
        placed, ended = self._epoch + line.placed_at, self._epoch + now
        self.rows.append(AttemptLog(placed, rang, answered, connected, ended, outcome, agent))

    def agent(self, agent: int, at: float, state: AgentState) -> None:
        """An agent's state is another."""
        self.rows.append(AgentLog(str(agent), self._epoch + at, state))

    def _time(self, at: float | None) -> float | None:
        return None if at is None else self._epoch + at
