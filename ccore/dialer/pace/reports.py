"""What is reported of calls and agents, put into the books and learnt from."""

import math
from collections.abc import Callable, Hashable

from ccore.dialer.pace.allowance import Allowance
from ccore.dialer.pace.answers import Answers
from ccore.dialer.pace.calls import Call, Calls, Stage
from ccore.dialer.pace.policy import LOST_AFTER_S, Policy
from ccore.dialer.pace.returns import Returns
from ccore.dialer.pace.staff import AgentState, Staff
from ccore.dialer.pace.throttle import Throttle

SWEEP_S, AGENTS_SWEEP_S = 1.0, 3.0  # how often what goes on is learnt from
LEARN_S = 60.0  # how often the chances are worked out anew at least
MUCH, LITTLE = 1.4, 10.0  # sooner, if so many times as much was seen and this more


class Reports:
    """Who is dialled, rings, waits, talks, and is there to talk, as far as it was reported.

    Reports come up to 2 s late, out of order, twice or not at all, and contradict each other. A call only goes on, from
    dialled to over; a report of a stage it has passed is late and tells nothing; one of a later stage stands for those
    that were lost. An agent's state is the one that began last.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._now = 0.0
        self._calls = Calls()
        self._staff = Staff()
        self._throttle = Throttle(policy.max_calls_per_s)
        self._allowance = Allowance(policy.spendable)
        self._answers = Answers(policy)
        self._returns = Returns(policy)
        self._tidied = self._swept = self._agents_swept = self._learnt = -math.inf
        self._learnt_from = 0.0
        self._todo: list[Callable[[], None]] = []  # pieces of learning, the last one first

    # Calls.

    def placed(self, at: float, call: Hashable) -> None:
        """The call was begun."""
        at = self._heard(at)
        self._throttle.placed()
        if self._calls.unknown(call):
            self._calls.add(call, Stage.DIALLED, at)

    def ringing(self, at: float, call: Hashable) -> None:
        """It rings at the far end."""
        at = self._heard(at)
        known = self._unanswered(at, call)
        if known and known.stage == Stage.DIALLED:
            self._answers.rang(self._calls.cohorts[Stage.DIALLED], known.since, at)
            self._calls.move(call, known, Stage.RINGING, at)

    def picked_up(self, at: float, call: Hashable) -> None:
        """Somebody or something picked up, and it is being found out which."""
        known = self._unanswered(self._heard(at), call)
        if known:
            known.picked_up = True

    def answered(self, at: float, call: Hashable) -> None:
        """A person is on the line, for an agent."""
        at = self._heard(at)
        if self._calls.unknown(call):
            self._calls.add(call, Stage.WAITING, at)
            self._allowance.answer(self._staff.working)
            return
        known = self._unanswered(at, call)
        if known:
            self._answers.answered(known.stage, self._calls.cohorts[known.stage], known.since, at)
            self._calls.move(call, known, Stage.WAITING, at)
            self._allowance.answer(self._staff.working)

    def connected(self, at: float, call: Hashable, agent: Hashable) -> None:
        """The person and the agent hear each other."""
        self.answered(at, call)
        at = self._heard(at)
        known = self._calls.get(call)
        ours = self._takes(at, agent, call)
        if known and ours:
            self._calls.move(call, known, Stage.TALKING, at)
            known.agent = agent
        elif known:  # of an agent who is not ours, or has another call by now
            self._calls.drop(call, known, at)

    def ended(self, at: float, call: Hashable) -> None:
        """The call is over."""
        self._over(self._heard(at), call, "ended")

    def abandoned(self, at: float, call: Hashable) -> None:
        """A person answered, and no agent was there in time."""
        self.answered(at, call)
        at = self._heard(at)
        known = self._calls.get(call)
        if known and not known.abandoned:
            known.abandoned = True
            self._allowance.abandon()
        if known and known.stage == Stage.WAITING:
            self._calls.drop(call, known, at)

    def failed(self, at: float, call: Hashable, cause: str) -> None:
        """The call ended without a person for an agent."""
        self._over(self._heard(at), call, cause)

    def _heard(self, at: float) -> float:
        """The moment reported; now, if it is none."""
        if not math.isfinite(at):
            return self._now
        self._now = max(self._now, at)
        return at

    def _unanswered(self, at: float, key: Hashable) -> Call | None:
        """The call, if nobody answered it; one never heard of was dialled all the same."""
        if self._calls.unknown(key):
            return self._calls.add(key, Stage.DIALLED, at)
        known = self._calls.get(key)
        return known if known and known.stage in self._calls.cohorts else None

    def _over(self, at: float, key: Hashable, cause: str) -> None:
        known = self._calls.get(key)
        if known is None:
            self._calls.remember_gone(key, at)
            return
        if known.stage in self._calls.cohorts:
            self._answers.failed(known.stage, self._calls.cohorts[known.stage], known.since, at, cause)
        self._calls.drop(key, known, at)
        agent = self._staff.get(known.agent) if known.stage == Stage.TALKING else None
        if agent and agent.state == AgentState.TALK and agent.call == key:
            self._turns(at, known.agent, AgentState.WRAP)

    # Agents.

    def agent(self, at: float, agent: Hashable, state: AgentState) -> None:
        """The agent is in that state from now on."""
        at = self._heard(at)
        known = self._staff.get(agent)
        if known is None or (known.state != state and at >= known.since):
            self._turns(at, agent, state)

    def agent_leaving(self, at: float, agent: Hashable) -> None:
        """The agent will take no other call."""
        at = self._heard(at)
        known = self._staff.get(agent)
        if known is None or known.leaving:
            return
        if known.state in self._staff.cohorts:  # how it ends is not the usual way: it counts as far as it has come
            age = max(0.0, at - known.since)
            self._returns.lived(known.state, self._staff.cohorts[known.state].told(known.since, age), age)
        self._staff.leaves(known)

    def _takes(self, at: float, key: Hashable, call: Hashable) -> bool:
        """Whether the agent talks with that call now."""
        known = self._staff.get(key)
        if known is None or (at < known.since and (known.state != AgentState.TALK or known.call is not None)):
            return False
        if known.call is not None and known.call != call:  # the end of the last one was not reported
            self._turns(at, key, AgentState.WRAP)
        self._turns(at, key, AgentState.TALK)
        self._staff.takes(key, call)
        return True

    def _turns(self, at: float, key: Hashable, state: AgentState) -> None:
        known = self._staff.get(key)
        if known and known.state == state:
            return
        if known and known.state in self._staff.cohorts and not known.leaving:
            age = max(0.0, at - known.since)
            self._returns.ended(known.state, self._staff.cohorts[known.state].told(known.since, age), age, state)
        self._staff.move(key, state, at)
        call = self._calls.get(known.call) if known else None
        if known and call and call.agent == key:
            self._calls.drop(known.call, call, at)

    # What passes without a report.

    def _keep_up(self, at: float) -> float:
        """Now; what must be over is given up on, and one piece of learning done: a decision is not to wait for all."""
        self._heard(at)
        at = self._now
        if at - self._tidied >= SWEEP_S:
            self._tidied = at
            self._tidy(at)
        if self._todo:
            self._todo.pop()()
        elif at - self._swept >= SWEEP_S:
            self._sweep(at)
        return at

    def _tidy(self, at: float) -> None:
        self._calls.forget(at)
        policy = self._policy
        for key in self._calls.lost(at, policy.longest_attempt_s, policy.answer_grace_s + LOST_AFTER_S):
            self._over(at, key, "lost")

    def _sweep(self, at: float) -> None:
        """Learn from what still goes on, and see what is to be worked out anew."""
        self._swept = at
        self._answers.sweep(self._calls, at)
        seen = self._answers.seen + self._returns.seen
        if at - self._learnt > LEARN_S or seen > MUCH * self._learnt_from + LITTLE:
            self._learnt, self._learnt_from = at, seen
            self._todo = [self._returns.learn, self._answers.learn]
        elif self._answers.moved:
            self._todo = [self._answers.tabulate]
        if at - self._agents_swept >= AGENTS_SWEEP_S:
            self._agents_swept = at
            self._todo.append(lambda: self._returns.sweep(self._staff, self._now))
