"""The pace of one campaign at one node, live: reports to its Pacer, and keeps it safe when it hears nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from ccore.centre.campaign import Campaign
from ccore.dialer.attempt import Event
from ccore.dialer.live import Live
from ccore.dialer.model import Outcome, State
from ccore.dialer.pacing import AgentState, Decision, Pacer, Policy


@dataclass(frozen=True, slots=True)
class Seat:
    """One who takes calls: at which node, what they do, with which call (its LinkedID), whether it is their last.

    ``called``: their telephone rings. ``idle_since`` is when their last call of a queue ended.
    """

    agent: str
    node: str
    state: AgentState
    call: str = ""
    leaving: bool = False
    called: bool = False
    idle_since: datetime | None = None

    def seen(self, wrap_up_s: int, now: datetime) -> "Seat":
        """As app_queue sees them, which keeps a wrap-up of so long by whole seconds: up to one more."""
        if self.state is not AgentState.IDLE or self.idle_since is None or not wrap_up_s:
            return self
        rests = now.timestamp() < math.floor(self.idle_since.timestamp()) + wrap_up_s + 1
        return replace(self, state=AgentState.WRAP) if rests else self


STATES: Mapping[str, AgentState] = {  # by the words that agents' states have in the database
    "signed-out": AgentState.OUT,
    "unreachable": AgentState.OUT,
    "ready": AgentState.IDLE,
    "ringing": AgentState.TALK,
    "talking": AgentState.TALK,
    "wrap-up": AgentState.WRAP,
    "paused": AgentState.PAUSE,
}
_BUSY = frozenset({AgentState.TALK, AgentState.WRAP})


class Device(Protocol):
    """Where an agent takes calls."""

    @property
    def node(self) -> str:
        """The Asterisk it is registered at."""


class Presence(Protocol):
    """What an agent does, as queues tell it: ``call`` is a LinkedID, ``paused`` what they have asked for."""

    @property
    def state(self) -> str: ...
    @property
    def device(self) -> Device | None: ...
    @property
    def call(self) -> str: ...
    @property
    def paused(self) -> bool: ...
    @property
    def idle_since(self) -> datetime | None: ...


def seats(presences: Mapping[str, Presence]) -> Mapping[str, Seat]:
    """Everybody who has a device, by agent."""
    return {
        agent: Seat(
            agent,
            now.device.node,
            state,
            now.call,
            now.paused and state in _BUSY,
            now.state == "ringing",
            now.idle_since,
        )
        for agent, now in presences.items()
        if now.device is not None and (state := STATES[now.state]) is not None
    }


def policy_of(campaign: Campaign) -> Policy:
    """What the campaign's pace has to keep to."""
    pacing, detection = campaign.pacing, campaign.detection
    return Policy(
        mode="progressive" if campaign.mode == "preview" else campaign.mode,
        ratio=pacing.ratio,
        abandonment_limit=pacing.abandonment_percent / 100,
        answer_grace_s=pacing.answer_grace_s,
        min_ring_s=pacing.least_ring_s,
        ring_timeout_s=pacing.ring_s,
        max_calls_per_s=pacing.most_calls_per_s,
        may_hang_up=pacing.may_hang_up,
        false_positive_rate=0.0 if detection.mode == "off" else detection.false_positive_percent / 100,
        least_agents=pacing.least_agents,
    )


class Pace:
    """Times are seconds of this machine's monotonic clock; calls are numbers of attempts."""

    def __init__(self, campaign: Campaign, learnt: dict[str, Any] | None = None) -> None:
        self.decision: Decision | None = None
        self.fell_back = False
        self._campaign = campaign
        self._told: dict[str, Seat] = {}
        policy = policy_of(campaign)
        self._pacer = Pacer(policy) if learnt is None else Pacer.restore(policy, learnt)

    def use(self, campaign: Campaign) -> None:
        """It is so from now on; what was learnt stays."""
        if campaign != self._campaign:
            self._campaign = campaign
            self._pacer.renew(policy_of(campaign))

    def counted(self, answered: int, abandoned: int) -> None:
        """So many people have answered in the time the limit is for, and so many of them were abandoned."""
        self._pacer.allowance(answered, abandoned)

    @property
    def tally(self) -> tuple[int, int]:
        """What was ``counted``, and since: who answered, and who of them was abandoned."""
        return self._pacer.counted

    def learnt(self) -> dict[str, Any]:
        """For whoever goes on."""
        return self._pacer.snapshot()

    def staffed(self, at: float, seats: Mapping[str, Seat]) -> None:
        """These work for it now, and do that."""
        for agent in self._told.keys() - seats.keys():
            self._pacer.agent(at, agent, AgentState.OUT)
        for agent, seat in seats.items():
            before = self._told.get(agent)
            if before is None or before.state is not seat.state:
                self._pacer.agent(at, agent, seat.state)
            if seat.leaving and (before is None or not before.leaving):
                self._pacer.agent_leaving(at, agent)
        self._told = dict(seats)

    def placed(self, at: float, live: Live) -> None:
        """The attempt was begun."""
        self._pacer.placed(at, live.attempt)

    def found(self, at: float, live: Live) -> None:
        """It was under way when this ccore began to follow it, since the times it had as far as they are known."""
        self._pacer.placed(_or(live.placed_at, at), live.attempt)
        if live.rang_at is not None or live.state is State.RINGING:
            self._pacer.ringing(_or(live.rang_at, at), live.attempt)
        if live.state is State.PICKED_UP:
            self._pacer.picked_up(at, live.attempt)
        elif live.state is State.ANSWERED:
            self._pacer.answered(_or(live.answered_at, at), live.attempt)
        elif live.state is State.CONNECTED:
            self._pacer.connected(at, live.attempt, live.agent)

    def moved(self, at: float, live: Live, event: Event) -> None:
        """The attempt is in the state that this event has brought it to."""
        match event:
            case Event.RANG:
                self._pacer.ringing(at, live.attempt)
            case Event.PICKED_UP:
                self._pacer.picked_up(at, live.attempt)
            case Event.ANSWERED:
                self._pacer.answered(at, live.attempt)
            case Event.CONNECTED:
                self._pacer.connected(at, live.attempt, live.agent)

    def over(self, at: float, live: Live, outcome: Outcome) -> None:
        """The attempt is over, with this outcome for all that is known so far."""
        match outcome:
            case Outcome.TALKED | Outcome.HUNG_UP:
                self._pacer.ended(at, live.attempt)
            case Outcome.ABANDONED:
                self.abandoned(at, live)
                self._pacer.ended(at, live.attempt)
            case _:
                self._pacer.failed(at, live.attempt, _CAUSES[outcome])

    def ended(self, at: float, live: Live) -> None:
        """Its call is over, and it is not known yet what came of it: it holds no channel and will not be answered."""
        if live.state is State.PICKED_UP:
            self._pacer.failed(at, live.attempt, "machine")
        elif live.unanswered:
            self._pacer.failed(at, live.attempt, "lost")
        else:
            self._pacer.ended(at, live.attempt)

    def abandoned(self, at: float, live: Live) -> None:
        """No agent was there in time; they hear so still, for longer than the Pacer remembers them: it is told once."""
        if not live.abandoned:
            live.abandoned = True
            self._pacer.abandoned(at, live.attempt)

    def decide(self, at: float, free_channels: int, *, fresh: bool) -> Decision:
        """How many to call now. Without ``fresh`` events nobody is called ahead of agents, and nobody hung up on."""
        decision = self._pacer.decide(at, free_channels)
        self.fell_back = not fresh
        if not fresh:
            why = decision.why
            surely = max(why.idle - why.outstanding - why.waiting, 0)
            decision = replace(decision, start=min(decision.start, surely), hang_up=())
        self.decision = decision
        return decision


def _or(told: float | None, at: float) -> float:
    return at if told is None else min(told, at)


_CAUSES: Mapping[Outcome, str] = {
    Outcome.NO_ANSWER: "noanswer",
    Outcome.BUSY: "busy",
    Outcome.INVALID: "invalid",
    Outcome.FAX: "fax",
    Outcome.MACHINE: "machine",
    Outcome.CONGESTION: "congestion",
    Outcome.CANCELLED: "cancelled",
    Outcome.REFUSED: "cancelled",
    Outcome.NOT_SENT: "cancelled",
    Outcome.LOST: "lost",
}
