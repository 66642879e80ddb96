"""Agents and queues as they are told live: of presences as they change, and of the counts of today."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ccore.centre.queue import Queue
from ccore.people.model import Person, Role
from ccore.queues.agents import Agents
from ccore.queues.choosing import Rosters
from ccore.queues.model import Agent, Presence, State
from ccore.web.live.lines import Lines
from ccore.web.live.room import Source
from ccore.web.live.topics import ALL, Live, LiveAgent, LiveQueue, LiveState

T = TypeVar("T")
OF_QUEUES = "+"  # begins the audience of those who see just the queues that follow


class Serving:
    """Which agents serve which queues, and how many of each do what: kept as they change."""

    def __init__(self, agents: Agents, rosters: Rosters) -> None:
        self._agents, self._rosters = agents, rosters
        self._of: tuple[Mapping[str, Agent], Mapping[str, Queue]] = ({}, {})
        self._queues: dict[str, tuple[str, ...]] = {}
        self._states: dict[str, State] = {}
        self._counts: dict[str, Counter[State]] = {}

    def look(self) -> bool:
        """Whether other agents serve other queues than before."""
        of = self._agents.agents(), self._agents.queues()
        if of[0] is self._of[0] and of[1] is self._of[1]:
            return False
        before, self._of, found = self._queues, of, dict[str, list[str]]()
        for queue in sorted(of[1]):
            for agent in self._rosters.of(queue):
                found.setdefault(agent, []).append(queue)
        self._queues = {agent: tuple(queues) for agent, queues in found.items()}
        self._states, self._counts = {}, {queue: Counter() for queue in of[1]}
        for agent, presence in self._agents.presences().items():
            self.presence(agent, presence)
        return self._queues != before

    def of(self, agent: str) -> tuple[str, ...]:
        """The queues that an agent serves."""
        return self._queues.get(agent, ())

    def count(self, queue: str) -> Counter[State]:
        """How many of those who serve it do what."""
        return self._counts.get(queue, Counter())

    def presence(self, agent: str, presence: Presence) -> tuple[str, ...]:
        """An agent does this from now on; the queues whose counts change by that."""
        queues, before = self.of(agent), self._states.get(agent)
        self._states[agent] = presence.state
        for queue in queues:
            counts = self._counts.setdefault(queue, Counter())
            if before is not None:
                counts[before] -= 1
            counts[presence.state] += 1
        return queues


class AgentsNow(Source):
    """The topic ``agents``."""

    def __init__(self, agents: Agents, serving: Serving) -> None:
        self._agents, self._serving = agents, serving

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """Everybody who is an agent."""
        presences, found = self._agents.presences(), {}
        self._serving.look()
        for number, agent in _among(self._agents.agents(), keys):
            if presence := presences.get(number):
                found[number] = self._entry(agent, presence)
        return found

    def _entry(self, agent: Agent, presence: Presence) -> LiveAgent:
        device = presence.device
        return LiveAgent(
            name=agent.name,
            state=presence.state.value,
            since=presence.since,
            reason=presence.reason,
            queues=list(self._serving.of(agent.number)),
            queue=presence.queue,
            call=presence.call,
            node=device.node if device else "",
            device=device.number if device and device.kind != "outside" else "",
            kind=device.kind if device else "",
            wrap_up_until=presence.wrap_up_until,
        )


class StatesNow(Source):
    """The topic ``states``."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """How many agents do what."""
        return {state: LiveState(agents=count) for state, count in self._agents.count().items()}


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of queues: of today, and of the last half hour, as far as ``until``."""

    today: Mapping[str, Counter[str]] = field(default_factory=dict)
    level_permille: Mapping[str, int] = field(default_factory=dict)
    level_calls: Mapping[str, int] = field(default_factory=dict)  # that the level is of
    until: datetime | None = None


class QueuesNow(Source):
    """The topic ``queues``: for agents those that they serve."""

    def __init__(self, agents: Agents, serving: Serving, lines: Lines) -> None:
        self.counted = Counted()
        self._agents, self._serving, self._lines = agents, serving, lines

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """The queues of the files."""
        self._serving.look()
        return {name: self._entry(name, queue) for name, queue in _among(self._agents.queues(), keys)}

    async def audience(self, person: Person) -> str | None:
        """Supervisors see all of them."""
        if person.may(Role.SUPERVISOR):
            return ALL
        self._serving.look()
        return OF_QUEUES + ",".join(self._serving.of(person.agent)) if person.agent else None

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """Audiences are named by their queues."""
        return [each for each in there if each == ALL or key in each[len(OF_QUEUES) :].split(",")]

    def _entry(self, name: str, queue: Queue) -> LiveQueue:
        waiting, counts, today = (
            self._lines.of(name),
            self._serving.count(name),
            self.counted.today.get(name, Counter()),
        )
        return LiveQueue(
            title=dict(queue.title),
            waiting=len(waiting),
            longest_since=min((self._lines.since(each) for each in waiting), default=None),
            free=counts[State.READY],
            ringing=counts[State.RINGING],
            talking=counts[State.TALKING],
            wrap_up=counts[State.WRAP_UP],
            paused=counts[State.PAUSED],
            offered=today["offered"],
            answered=today["answered"],
            abandoned=today["abandoned"],
            service_level_permille=self.counted.level_permille.get(name),
            level_calls=self.counted.level_calls.get(name, 0),
            target_permille=queue.service_level.percent * 10,
            target_within_s=queue.service_level.within_s,
            counted_until=self.counted.until,
        )


def _among(everything: Mapping[str, T], keys: Collection[str] | None) -> Iterator[tuple[str, T]]:
    for key in everything if keys is None else keys:
        if key in everything:
            yield key, everything[key]
