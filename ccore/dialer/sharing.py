"""Which campaign each agent works for now, where several share their agents: pure."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One campaign that dials: for which ``agents`` (who are on its node), and how many it could keep busy."""

    campaign: str
    priority: int
    agents: frozenset[str]
    could_use: int


def shared(
    needs: Sequence[Need], held: Mapping[str, str], settled: Collection[str], inbound: int
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Agent → campaign, each for one; and those who are kept for callers, ``inbound`` of the free ones.

    ``held`` is who worked for which until now, and ``settled`` those who are in a call or its wrap-up: they stay. Free
    agents stay as well unless a campaign of higher priority could use them or theirs has more than its share of equals;
    the others go where the fewest are of those that could be used.
    """
    by_name = {need.campaign: need for need in needs}
    given = {
        agent: campaign
        for agent, campaign in held.items()
        if agent in settled and campaign in by_name and agent in by_name[campaign].agents
    }
    free = sorted({agent for need in needs for agent in need.agents} - set(settled))
    kept = frozenset(free[:inbound])
    counted = Counter(given.values())
    for agent in free[inbound:]:
        found = _best(agent, needs, counted, held.get(agent, ""))
        if found is not None:
            given[agent] = found
            counted[found] += 1
    for agent in sorted({agent for need in needs for agent in need.agents} & set(settled) - set(given)):
        found = _best(agent, needs, counted, held.get(agent, ""))  # in a call of callers: for when they are free
        if found is not None:
            given[agent] = found
            counted[found] += 1
    return given, kept


def _best(agent: str, needs: Sequence[Need], counted: Mapping[str, int], now: str) -> str | None:
    able = [need for need in needs if agent in need.agents]
    if not able:
        return None
    wanting = [need for need in able if counted.get(need.campaign, 0) < need.could_use] or able
    first = max(need.priority for need in wanting)
    equal = [need for need in wanting if need.priority == first]
    mine = next((need for need in equal if need.campaign == now), None)
    if mine is not None and counted.get(now, 0) < _fair(mine, equal):
        return now
    return min(equal, key=lambda need: (counted.get(need.campaign, 0) / max(need.could_use, 1), need.campaign)).campaign


def _fair(need: Need, equal: Sequence[Need]) -> int:
    """Its share of its agents, by what it and its equals could use."""
    wanted = sum(each.could_use for each in equal)
    return math.ceil(len(need.agents) * need.could_use / wanted) if wanted else len(need.agents)
