"""How campaigns dial at this moment, as metrics: their agents, what each waits for, and abandonment by its limit."""

from collections import Counter
from collections.abc import Collection, Iterable

import prometheus_client

from ccore.dialer.live_pace import Seat
from ccore.dialer.pacing import AgentState
from ccore.dialer.surroundings import Key, Standing

AGENTS = prometheus_client.Gauge(
    "ccore_dial_agents", "Agents who work for a campaign, by what they do", ["campaign", "node", "state"]
)
WAITS = prometheus_client.Gauge(
    "ccore_dial_waits", "1 for what a campaign waits for before it calls one more", ["campaign", "node", "why"]
)
ABANDONMENT = prometheus_client.Gauge(
    "ccore_dial_abandonment_ratio",
    "Share of those who answered that was abandoned, as the pace counts it, and its limit",
    ["campaign", "node", "kind"],
)

CALLS, NO_LINK, HOURS, NO_CHANNELS, NOBODY_DUE = "calls", "no-link", "hours", "no-channels", "nobody-due"
GATES = (  # of the pace
    "nobody", "progressive", "ratio", "allowance", "exhausted", "per_agent", "channels", "calls_per_s",
)  # fmt: skip
WHYS = (CALLS, NO_LINK, HOURS, NO_CHANNELS, NOBODY_DUE, *GATES)
STATES = tuple(state for state in AgentState if state is not AgentState.OUT)
FEWEST = 100  # answers: a share of fewer says nothing


def waits_for(standing: Standing) -> str:
    """What it waits for, one of WHYS."""
    if not standing.linked:
        return NO_LINK
    if not standing.open_zones:
        return HOURS if standing.zones else NOBODY_DUE
    if standing.free_channels <= 0:
        return NO_CHANNELS
    if standing.found_nobody:
        return NOBODY_DUE
    return CALLS if standing.decision.start else standing.decision.why.gate


class Figures:
    """The metrics of those that dial; of one that does no more nothing is shown."""

    def __init__(self) -> None:
        self._shown: set[Key] = set()

    def show(self, standing: Standing, seats: Iterable[Seat], counted: tuple[int, int], limit: float) -> None:
        """How one stands; ``counted``: who answered and who of them was abandoned, ``limit``: the share that may be."""
        key = (standing.campaign, standing.node)
        self._shown.add(key)
        states = Counter(seat.state for seat in seats)
        for state in STATES:
            AGENTS.labels(*key, state.name.lower()).set(states[state])
        now = waits_for(standing)
        for why in WHYS:
            WAITS.labels(*key, why).set(why == now)
        answered, abandoned = counted
        ABANDONMENT.labels(*key, "now").set(abandoned / answered if answered >= FEWEST else 0.0)
        ABANDONMENT.labels(*key, "limit").set(limit)

    def forget(self, running: Collection[Key]) -> None:
        """Only these dial."""
        names = [state.name.lower() for state in STATES]
        for key in self._shown - set(running):
            for gauge, values in ((AGENTS, names), (WAITS, WHYS), (ABANDONMENT, ("now", "limit"))):
                for value in values:
                    gauge.remove(*key, value)
            self._shown.remove(key)
