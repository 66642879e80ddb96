"""How many calls to place now, and which to give up: what is reported in, a decision out, at times it is told.

The same object paces a campaign and its simulation: no clock, no chance, no I/O. The same reports and questions get
the same decisions.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Self

from ccore.dialer.pace.hanging_up import for_their_lines, for_want_of_agents
from ccore.dialer.pace.horizon import SOON
from ccore.dialer.pace.policy import Policy
from ccore.dialer.pace.reports import Reports
from ccore.dialer.pace.shortage import Outlook, outlook
from ccore.dialer.pace.staff import AgentState

__all__ = ["AgentState", "Decision", "Pacer", "Policy", "Why"]

AGAIN_S = 0.5  # without a report, time alone makes another decision worth while
SNAPSHOT_VERSION = 2


@dataclass(frozen=True, slots=True)
class Why:
    """The figures behind a decision.

    ``gate`` is what kept it from placing one more call: ``nobody`` is there, one line per agent is out
    (``progressive``), the ``ratio``, the ``allowance`` (one more would risk more than ``theta``), it is ``exhausted``,
    or there are too many calls ``per_agent``, no ``channels``, or as many ``calls_per_s`` as may be. ``idle`` to
    ``outstanding`` are how things stood before it; ``expected_free`` agents and ``expected_answers`` are those within
    5 s (of idle agents and calls that are out; 0 answers where nothing is forecast). ``bank``: calls that may still be
    abandoned. ``wake_at``: when to ask again if nothing is reported before.
    """

    gate: str
    idle: int
    waiting: int
    busy: int
    outstanding: int
    theta: float
    bank: float
    expected_free: float
    expected_answers: float
    wake_at: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Start so many calls, on channels that are free now, and hang up those."""

    start: int
    hang_up: tuple[Hashable, ...]
    why: Why


class Pacer(Reports):
    """The pace of one campaign."""

    def decide(self, at: float, free_channels: int) -> Decision:
        """How many calls to start and which to hang up, with so many channels free."""
        at = self._keep_up(at)
        free = max(0, free_channels)
        pending = self._throttle.pending(at)
        outstanding = self._calls.outstanding + pending
        ahead = self._ahead(at, pending)
        start, gate = self._wanted(ahead, outstanding, free)
        start, gate = least(start, gate, self._per_agent(outstanding), "per_agent")
        start, gate = least(start, gate, self._throttle.room(at), "calls_per_s")
        hang_up = self._given_up(at, ahead, start - free) if ahead else ()
        start, gate = least(start, gate, free, "channels")
        self._throttle.start(at, start)
        return Decision(start, hang_up, self._why(at, gate, outstanding, ahead, bool(hang_up)))

    def _ahead(self, at: float, pending: int) -> Outlook | None:
        """How things stand, if it is to be dialled ahead by that."""
        policy, staff = self._policy, self._staff
        if policy.mode != "predictive" or staff.working < max(1, policy.least_agents):
            return None
        return outlook(at, self._calls, pending, self._answers, staff, self._returns)

    def _wanted(self, ahead: Outlook | None, outstanding: int, free: int) -> tuple[int, str]:
        """The calls that would do good now, never fewer than one for each idle agent; and why not one more."""
        staff, policy, allowance = self._staff, self._policy, self._allowance
        covered = outstanding + self._calls.waiting
        one_each = max(0, staff.idle - covered)
        if policy.mode == "ratio" and allowance.bank >= 0:
            return max(one_each, int(policy.ratio * staff.idle) - covered), "ratio"
        if ahead is None:
            return one_each, "progressive" if staff.working else "nobody"
        if allowance.exhausted(staff.working):
            return one_each, "exhausted"
        reach = min(self._per_agent(outstanding), free + self._calls.outstanding)  # if all that rings were hung up
        return max(one_each, ahead.most(allowance.theta(staff.working), reach + 1)), "allowance"

    def _per_agent(self, outstanding: int) -> int:
        return max(0, int(self._policy.at_most_per_agent * self._staff.working) - outstanding)

    def _given_up(self, at: float, ahead: Outlook, lines_short: int) -> tuple[Hashable, ...]:
        if not self._policy.may_hang_up:
            return ()
        least_ring_s = self._policy.min_ring_s
        rung = self._calls.rung(at, least_ring_s)
        if lines_short > 0:
            return tuple(for_their_lines(rung, at, lines_short, self._answers, least_ring_s))
        return tuple(for_want_of_agents(rung, at, ahead, self._answers))

    def _why(self, at: float, gate: str, outstanding: int, ahead: Outlook | None, hung_up: bool) -> Why:
        staff = self._staff
        return Why(
            gate=gate,
            idle=staff.idle,
            waiting=self._calls.waiting,
            busy=staff.busy,
            outstanding=outstanding,
            theta=self._allowance.theta(staff.working),
            bank=self._allowance.bank,
            expected_free=staff.idle + (ahead.returns[SOON] if ahead else 0.0),
            expected_answers=ahead.answers[SOON] if ahead else 0.0,
            wake_at=at if hung_up else at + AGAIN_S,  # fewer can answer now, and their lines are free for others
        )

    # Policy and restart.

    @property
    def policy(self) -> Policy:
        """What it keeps to."""
        return self._policy

    def renew(self, policy: Policy) -> None:
        """Keep to another policy from now on; what was learnt and counted stays."""
        self._policy = policy
        self._throttle.rate = policy.max_calls_per_s
        self._allowance.keep_to(policy.spendable)
        self._answers.keep_to(policy)
        self._returns.serve_within(policy.answer_grace_s)

    def allowance(self, answered: int, abandoned: int) -> None:
        """Count on from these: calls answered by people, and abandoned of them, in the time the limit is for."""
        self._allowance.answered, self._allowance.abandoned = answered, abandoned

    @property
    def counted(self) -> tuple[int, int]:
        """Calls answered by people, and abandoned of them, since the beginning or ``allowance``."""
        return self._allowance.answered, self._allowance.abandoned

    def snapshot(self) -> dict[str, Any]:
        """What was counted and learnt, for JSON; not who is on the line or at work."""
        return {
            "version": SNAPSHOT_VERSION,
            "allowance": self._allowance.snapshot(),
            "answers": self._answers.snapshot(),
            "returns": self._returns.snapshot(),
        }

    @classmethod
    def restore(cls, policy: Policy, snapshot: dict[str, Any]) -> Self:
        """A pacer that has counted and learnt that, of calls and agents it is yet to hear.

        Report to it the calls that are not answered (``placed``, ``ringing``, with the times they had) and the agents'
        states. Of another version only what was counted is taken over.
        """
        pacer = cls(policy)
        pacer._allowance.restore(snapshot["allowance"])
        if snapshot["version"] == SNAPSHOT_VERSION:
            pacer._answers.restore(snapshot["answers"])
            pacer._returns.restore(snapshot["returns"])
        return pacer


def least(number: int, gate: str, limit: int, limited_by: str) -> tuple[int, str]:
    """The number and what limits it, with another limit."""
    return (limit, limited_by) if limit < number else (number, gate)
