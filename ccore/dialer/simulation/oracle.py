"""The bound no pacer can pass: one who knows beforehand who answers when, how long they talk, when agents leave."""

import math
from bisect import insort
from typing import TYPE_CHECKING

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.baselines import NOTHING, Counting, Wanted
from ccore.dialer.simulation.contacts import Contact, Kind
from ccore.dialer.simulation.pacer import Call

if TYPE_CHECKING:
    from ccore.dialer.simulation.staff import Agent
    from ccore.dialer.simulation.world import World

HORIZON_S = 45.0  # longer than an attempt takes
KEEPS_CLEAR_S = 40.0  # an agent who leaves sooner is not counted on
MAY_WAIT_S = 0.9  # an answered call may wait that long for its agent
LOOKS_AHEAD = 2000  # attempts, for one that is answered


class Oracle(Counting):
    """Dials strictly in the order of the list: attempts nobody answers hold their channels. Hangs nothing up."""

    def __init__(self) -> None:
        super().__init__()
        self._world: World | None = None
        self._answers: dict[Call, float] = {}  # of calls on their way: when they will be answered

    def sees(self, world: "World") -> None:
        """The world, all of it."""
        self._world = world

    def placed(self, at: float, call: Call) -> None:
        super().placed(at, call)
        assert self._world is not None
        contact = self._world.calling[call].contact  # type: ignore[index]  # the world numbers its calls
        if (wants_s := self._wants_agent_s(contact)) is not None:
            self._answers[call] = at + wants_s

    def answered(self, at: float, call: Call) -> None:
        super().answered(at, call)
        self._answers.pop(call, None)

    def decide(self, at: float, free_channels: int) -> Wanted:
        assert self._world is not None
        free = self._free_times(at)
        wanted = sorted([at] * self.waiting + list(self._answers.values()))
        starts = 0
        while len(wanted) < len(free) and starts < free_channels:
            following = self._next_person(starts, at)
            if following is None:
                break
            number, wants_s = following
            insort(wanted, at + wants_s)
            if any(free_at > answer + MAY_WAIT_S for free_at, answer in zip(free, wanted, strict=False)):
                break
            starts = number + 1
        return Wanted(starts) if starts else NOTHING

    def _free_times(self, at: float) -> list[float]:
        assert self._world is not None
        times = (self._free_at(agent, at) for agent in self._world.agents)
        return sorted(time for time in times if time < at + HORIZON_S)

    @staticmethod
    def _free_at(agent: "Agent", at: float) -> float:
        if agent.state is AgentState.IDLE:
            free_at = at
        elif agent.state in {AgentState.TALK, AgentState.WRAP} and agent.leaving_to is None:
            free_at = agent.free_at
        else:
            return math.inf
        return math.inf if free_at >= agent.next_leave(at) - KEEPS_CLEAR_S else free_at

    def _next_person(self, start: int, at: float) -> tuple[int, float] | None:
        """Their place in the list, and in how many s they want an agent."""
        assert self._world is not None
        for number in range(start, start + LOOKS_AHEAD):
            if (wants_s := self._wants_agent_s(self._world.contacts.ahead(number, at))) is not None:
                return number, wants_s
        return None

    def _wants_agent_s(self, contact: Contact) -> float | None:
        """How long after dialling; None if never."""
        assert self._world is not None
        picked_up_s = contact.set_up_s + contact.ring_s
        detection = self._world.scenario.detection
        if detection is None or contact.kind not in {Kind.PERSON, Kind.MACHINE}:
            return picked_up_s if contact.kind is Kind.PERSON else None
        passed = contact.passes(detection)
        return picked_up_s + contact.detected_s(detection) if passed else None
