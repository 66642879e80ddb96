"""The simulated world: a campaign as discrete events, of which a pacer is told, and which does what it decides."""

import heapq
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.contacts import Contact, Contacts, Kind
from ccore.dialer.simulation.journal import Journal
from ccore.dialer.simulation.pacer import Late, Pacer
from ccore.dialer.simulation.result import Result, Sample
from ccore.dialer.simulation.scenario import Detection, Scenario
from ccore.dialer.simulation.staff import Agent, Move, moves, staffed
from ccore.dialer.simulation.tally import Tally

Clock = Callable[[], float]  # s, of the machine: what decisions cost

MIN_RING_S = 15.0  # we must let it ring; who is hung up sooner was abandoned
MACHINE_HEARD_S = 2.5  # until a machine is known for one, where detection does not err
FOOLED_TALK_S = (6.0, 12.0)  # an agent talks to a machine
FOOLED_WRAP_S = 3.0


class Line:
    """A call: whom it calls, how far it has come, and when."""

    __slots__ = (
        "agent", "answered_at", "connected_at", "contact", "number", "over", "placed_at", "rang_at", "waits",
    )  # fmt: skip

    def __init__(self, number: int, contact: Contact, placed_at: float) -> None:
        self.number = number
        self.contact = contact
        self.placed_at = placed_at
        self.rang_at: float | None = None
        self.answered_at: float | None = None
        self.connected_at: float | None = None
        self.agent: Agent | None = None
        self.waits = False  # for an agent
        self.over = False


class World:
    """One run of a scenario under a pacer."""

    def __init__(
        self, scenario: Scenario, seed: int, pacer: Pacer, clock: Clock | None = None, journal: Journal | None = None
    ) -> None:
        self.scenario = scenario
        self.now = 0.0
        self.contacts = Contacts(scenario, seed)
        self.moves = moves(scenario, seed)
        self.agents = staffed(scenario, self.moves)
        self.calling: dict[int, Line] = {}  # set up or ringing
        self.tally = Tally(clock)
        self._told: Pacer = Late(pacer, scenario.decisions.lag_s, self.later) if scenario.decisions.lag_s else pacer
        self._decide = self.tally.clocked(pacer.decide)
        self._journal = journal
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._pushed = 0
        self._idle: deque[tuple[Agent, int]] = deque()  # with their turn, longest idle first
        self._waiting: deque[Line] = deque()
        self._waits = 0
        self._channels = 0
        self._may_start = 0.0  # calls, of those a second allows
        self._may_since = 0.0

    def run(self) -> Result:
        """From the start to the end."""
        for move in self.moves:
            self._push(move.at, self._move, move)
        self._push(0.0, self._tick)
        events, end, apart_s = self._events, self.scenario.length_s, self.scenario.decisions.apart_s
        decided = -math.inf
        while events and events[0][0] < end:
            at = self.now = events[0][0]
            while events and events[0][0] == at:
                _, _, happen, about = heapq.heappop(events)
                happen(*about)
            if at - decided >= apart_s - 1e-9:
                decided = at
                self._do_as_decided()
        self.now = end
        self._close()
        return self.tally.result(self.scenario, self.agents)

    def later(self, seconds: float, happen: Callable[..., None], *about: object) -> None:
        """Have something happen so much later."""
        self._push(self.now + seconds, happen, *about)

    def place(self) -> Line | None:
        """Dial the next of the list, if a channel is free."""
        if self._channels >= self.scenario.channels:
            return None
        at = self.now
        line = Line(self.tally.attempts, self.contacts.next(at), at)
        self.tally.attempts += 1
        self._use_channel(1)
        self.calling[line.number] = line
        self._told.placed(at, line.number)
        contact = line.contact
        if contact.kind is Kind.BUSY or contact.kind is Kind.INVALID:
            self.later(contact.set_up_s + contact.ring_s, self._comes_to_nothing, line)
        else:
            self.later(contact.set_up_s, self._rings, line)
        return line

    # What happens to calls.

    def _rings(self, line: Line) -> None:
        if line.over:
            return
        line.rang_at = self.now
        self._told.ringing(self.now, line.number)
        kind = line.contact.kind
        happen = self._comes_to_nothing if kind is Kind.NO_ANSWER else self._picked_up
        self.later(line.contact.ring_s, happen, line)

    def _comes_to_nothing(self, line: Line) -> None:
        if line.over:
            return
        del self.calling[line.number]
        self._told.failed(self.now, line.number, line.contact.kind.value)
        self._over(line, _NOTHING[line.contact.kind])
        self.failed(line)

    def hang_up(self, number: Any) -> None:
        """Hang up a call that is set up or rings; one that is neither any more is left as it is."""
        line = self.calling.pop(number, None)
        if line is None:
            return
        self.tally.cancelled += 1
        if line.rang_at is not None and self.now - line.rang_at < MIN_RING_S - 1e-6:
            self.tally.answered.append(self.now)
            self.tally.abandoned.append(self.now)
        self._told.failed(self.now, number, "cancelled")
        self._over(line, Outcome.CANCELLED)

    def _picked_up(self, line: Line) -> None:
        if line.over:
            return
        del self.calling[line.number]
        line.answered_at = self.now
        detection = self.scenario.detection
        if detection is not None:
            self._told.picked_up(self.now, line.number)
            self.later(line.contact.detected_s(detection), self._detected, line, detection)
        elif line.contact.kind is Kind.MACHINE:
            self._told.failed(self.now, line.number, "machine")
            self.later(MACHINE_HEARD_S, self._over, line, Outcome.MACHINE)
            self.failed(line)
        else:
            self._is_person(line)

    def _detected(self, line: Line, detection: Detection) -> None:
        assert line.answered_at is not None
        if line.contact.passes(detection):
            if line.contact.kind is Kind.MACHINE:
                line.answered_at = self.now  # nobody was kept waiting by the detection
            self._is_person(line)
            return
        if line.contact.kind is Kind.PERSON:
            self.tally.taken_for_machine(line.answered_at, self.now, self.scenario.grace_s)
        self._told.failed(self.now, line.number, "machine")
        self._over(line, Outcome.MACHINE)
        self.failed(line)

    def _is_person(self, line: Line) -> None:
        """A person, or a machine that is taken for one."""
        assert line.answered_at is not None
        if line.contact.kind is Kind.PERSON:
            self.tally.answered.append(line.answered_at)
        self._told.answered(self.now, line.number)
        self.answered(line)

    def answered(self, line: Line) -> None:
        """Give the call to whoever has been idle longest, or have it wait."""
        agent = self._longest_idle()
        if agent is not None:
            self.connect(line, agent)
            return
        line.waits = True
        self._waits += 1
        self._waiting.append(line)
        assert line.answered_at is not None
        grace_s = self.scenario.grace_s + (self.scenario.detection.greeting_s if self.scenario.detection else 0.0)
        self._push(max(self.now, line.answered_at + grace_s), self._waited_long_enough, line)

    def failed(self, line: Line) -> None:
        """Nothing came of a call: here nobody has to be told."""

    def _waited_long_enough(self, line: Line) -> None:
        if not line.waits:
            return
        line.waits = False
        self._waits -= 1
        if line.contact.kind is Kind.PERSON:
            self.tally.abandoned.append(self.now)
            self.tally.waits.append(self.scenario.grace_s)
        self._told.abandoned(self.now, line.number)
        self.later(self.scenario.message_s, self._over, line, Outcome.ABANDONED)

    def connect(self, line: Line, agent: Agent) -> None:
        """Have the two talk."""
        at, contact = self.now, line.contact
        assert line.answered_at is not None
        line.connected_at, line.agent = at, agent
        if contact.kind is Kind.PERSON:
            self.tally.connected += 1
            self.tally.waits.append(at - line.answered_at)
            talk_s, wrap_s = self.contacts.talk_s(contact), self.contacts.wrap_s(contact)
        else:
            least_s, most_s = FOOLED_TALK_S
            talk_s, wrap_s = least_s + (most_s - least_s) * contact.throws[5], FOOLED_WRAP_S
        agent.free_at = at + talk_s + wrap_s
        self._turn(agent, AgentState.TALK)
        self._told.connected(at, line.number, agent.number)
        self.later(talk_s, self._talked, line, agent, wrap_s)

    def _talked(self, line: Line, agent: Agent, wrap_s: float) -> None:
        self._told.ended(self.now, line.number)
        self._over(line, Outcome.TALKED)
        self._turn(agent, AgentState.WRAP)
        self.later(wrap_s, self._wrapped_up, agent)

    def _over(self, line: Line, outcome: Outcome) -> None:
        line.over = True
        self._use_channel(-1)
        if self._journal is not None:
            self._journal.attempt(line, self.now, outcome)

    # What agents do.

    def _wrapped_up(self, agent: Agent) -> None:
        if agent.leaving_to is None:
            self.free(agent)
        else:
            self._go(agent, agent.leaving_to, agent.leaving_for_s)

    def free(self, agent: Agent) -> None:
        """The agent is there for the next call: that of who waits longest, if somebody waits."""
        agent.free_at = self.now
        self._turn(agent, AgentState.IDLE)
        self._idle.append((agent, agent.turn))
        while self._waiting:
            line = self._waiting.popleft()
            if line.waits:
                line.waits = False
                self._waits -= 1
                longest = self._longest_idle()
                assert longest is not None
                self.connect(line, longest)
                return

    def _move(self, move: Move) -> None:
        agent = self.agents[move.agent]
        if move.to is AgentState.IDLE:
            agent.stays()
            if agent.state is AgentState.OUT or agent.state is AgentState.PAUSE:
                self.free(agent)
        elif agent.state is AgentState.IDLE and not agent.dialling:
            self._go(agent, move.to, move.for_s)
        elif agent.state is AgentState.PAUSE and move.to is AgentState.OUT:
            self._turn(agent, AgentState.OUT)
        elif agent.state is not AgentState.OUT:
            agent.leaves(move.to, move.for_s)
            if move.notice and agent.state is not AgentState.PAUSE:
                self._told.agent_leaving(self.now, agent.number)

    def _go(self, agent: Agent, to: AgentState, for_s: float | None) -> None:
        agent.stays()
        self._turn(agent, to)
        if for_s is not None:
            self.later(for_s, self._returns, agent, agent.turn)

    def _returns(self, agent: Agent, turn: int) -> None:
        if agent.turn != turn:
            return
        more_s = agent.leaving_for_s
        agent.stays()
        if more_s is None:
            self.free(agent)
        else:  # a pause was to begin while this one lasted
            self.later(more_s, self._returns, agent, turn)

    def _turn(self, agent: Agent, state: AgentState) -> None:
        agent.turn_to(self.now, state)
        self._told.agent(self.now, agent.number, state)
        if self._journal is not None:
            self._journal.agent(agent.number, self.now, state)

    def _longest_idle(self) -> Agent | None:
        while self._idle:
            agent, turn = self._idle.popleft()
            if agent.turn == turn:
                return agent
        return None

    # The machinery.

    def _do_as_decided(self) -> None:
        """Ask the pacer and do as it says; then, as after any event, again: of calls it had hung up it is told."""
        scenario, at = self.scenario, self.now
        most = scenario.max_calls_per_s
        self._may_start = min(max(most, 1.0), self._may_start + (at - self._may_since) * most)
        self._may_since = at
        self.tally.decisions += 1
        decision = self._decide(at, scenario.channels - self._channels)
        for number in decision.hang_up:
            self.hang_up(number)
        starts = int(min(decision.start, scenario.channels - self._channels, self._may_start))
        for _ in range(starts):
            self.place()
        self._may_start -= max(starts, 0)
        if decision.hang_up:
            self.later(scenario.decisions.apart_s, _nothing)

    def _tick(self) -> None:
        self.later(self.scenario.decisions.tick_s, self._tick)
        if self.now >= self.tally.sampled_until:
            self.tally.sample(self._sample())

    def _sample(self) -> Sample:
        count = [0] * len(AgentState)
        for agent in self.agents:
            count[agent.state] += 1
        return Sample(
            self.now, count[AgentState.IDLE], count[AgentState.TALK], count[AgentState.WRAP], count[AgentState.PAUSE],
            len(self.calling), self._waits, self.tally.attempts, len(self.tally.answered), len(self.tally.abandoned),
        )  # fmt: skip

    def _use_channel(self, more: int) -> None:
        self.tally.channels(self.now, self._channels)
        self._channels += more

    def _close(self) -> None:
        self.tally.channels(self.now, self._channels)
        for agent in self.agents:
            self._turn(agent, AgentState.OUT)

    def _push(self, at: float, happen: Callable[..., None], *about: object) -> None:
        self._pushed += 1
        heapq.heappush(self._events, (at, self._pushed, happen, about))


def _nothing() -> None:
    """An event of which only the moment matters."""


_NOTHING = {
    Kind.NO_ANSWER: Outcome.NO_ANSWER,
    Kind.BUSY: Outcome.BUSY,
    Kind.INVALID: Outcome.INVALID,
}
