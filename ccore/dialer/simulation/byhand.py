"""A simulated world in which nobody paces: each agent looks a number up, dials it and waits on the line."""

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.staff import Agent
from ccore.dialer.simulation.world import Line, World

TRY_AGAIN_S = 1.0  # if no channel is free


class ManualWorld(World):
    """One line for each agent, who has it until somebody answers or nothing comes of it."""

    def free(self, agent: Agent) -> None:
        agent.free_at = self.now
        self._turn(agent, AgentState.IDLE)
        self.later(self.scenario.look_up_s, self._dial, agent, agent.turn)

    def answered(self, line: Line) -> None:
        assert line.agent is not None
        line.agent.dialling = False
        self.connect(line, line.agent)

    def failed(self, line: Line) -> None:
        agent = line.agent
        assert agent is not None
        agent.dialling = False
        if agent.leaving_to is not None:
            self._go(agent, agent.leaving_to, agent.leaving_for_s)
        else:
            self.later(self.scenario.look_up_s, self._dial, agent, agent.turn)

    def _dial(self, agent: Agent, turn: int) -> None:
        if agent.turn != turn:
            return
        line = self.place()
        if line is None:
            self.later(TRY_AGAIN_S, self._dial, agent, turn)
            return
        line.agent = agent
        agent.dialling = True
