"""What the simulated world tells a pacer and asks of it: the calls of the live dialler, with the same meaning."""

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

from ccore.dialer.pacing import AgentState

Call = Hashable
Agent = Hashable
Tell = Callable[..., None]
Later = Callable[..., None]  # (seconds, what, its arguments): does it so much later


class Start(Protocol):
    """What a pacer wants done: so many calls started, and these hung up that still ring."""

    @property
    def start(self) -> int: ...

    @property
    def hang_up(self) -> Sequence[Call]: ...


class Pacer(Protocol):
    """A pacer. ``at`` is in s, never goes back; nothing more is told of a call that was abandoned, ended or failed."""

    def placed(self, at: float, call: Call) -> None: ...
    def ringing(self, at: float, call: Call) -> None: ...
    def picked_up(self, at: float, call: Call) -> None: ...
    def answered(self, at: float, call: Call) -> None: ...
    def connected(self, at: float, call: Call, agent: Agent) -> None: ...
    def ended(self, at: float, call: Call) -> None: ...
    def abandoned(self, at: float, call: Call) -> None: ...
    def failed(self, at: float, call: Call, cause: str) -> None: ...
    def agent(self, at: float, agent: Agent, state: AgentState) -> None: ...
    def agent_leaving(self, at: float, agent: Agent) -> None: ...
    def decide(self, at: float, free_channels: int) -> Start: ...


class Late:
    """A pacer that hears of everything ``lag_s`` late, but of what it does itself: that it knows at once."""

    def __init__(self, pacer: Pacer, lag_s: float, later: Later) -> None:
        self._pacer = pacer
        self._lag_s = lag_s
        self._later = later
        self.placed = pacer.placed
        self.decide = pacer.decide
        self.ringing = self._delayed(pacer.ringing)
        self.picked_up = self._delayed(pacer.picked_up)
        self.answered = self._delayed(pacer.answered)
        self.connected = self._delayed(pacer.connected)
        self.ended = self._delayed(pacer.ended)
        self.abandoned = self._delayed(pacer.abandoned)
        self.failed = self._delayed(pacer.failed)
        self.agent = self._delayed(pacer.agent)
        self.agent_leaving = self._delayed(pacer.agent_leaving)

    def _delayed(self, tell: Tell) -> Tell:
        return lambda *what: self._later(self._lag_s, tell, *what)
