"""When the busy agents will be free again: learnt from how long talks and wrap-ups of their age went on."""

from typing import Any

from ccore.dialer.pace.hazards import Hazard
from ccore.dialer.pace.horizon import SECONDS, Chances, Dense, ending, midway, places, sampled
from ccore.dialer.pace.policy import Policy
from ccore.dialer.pace.staff import TALK_STEP_S, AgentState, Staff

TALK_AGES_S = 600
WRAP_AGES_S = 91
TALK_EDGES = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 540, 900)
WRAP_EDGES = (0, 2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60, 120)
MEMORY = 3000.0  # endings
FORGETS = 0.998  # whether agents come back after wrap-up: of the last 500
UNTOLD = 10.0  # endings the first guess is taken to be worth when its doubt is counted


class Returns:
    """Talk and wrap-up in a row, each ending at a rate by its age; then the agent comes back, or takes a break."""

    def __init__(self, policy: Policy) -> None:
        self._talk = Hazard(TALK_EDGES, lambda _: 1.0 / policy.prior_talk_s, 2.0, MEMORY)
        self._wrap = Hazard(WRAP_EDGES, lambda _: 1.0 / policy.prior_wrap_s, 2.0, MEMORY)
        self._back, self._over = 60.0, 60.2  # who came back, of those who ended a wrap-up
        self.serve_within(policy.answer_grace_s)

    def serve_within(self, grace_s: float) -> None:
        """An agent free ``grace_s`` after the answer is still in time."""
        self._places = places(grace_s)
        self._seconds = SECONDS + int(grace_s) + 1
        self.learn()

    @property
    def seen(self) -> float:
        """How many talks were learnt from."""
        return self._talk.seen

    @property
    def doubt(self) -> float:
        """The relative variance of the expected returns that comes of having seen few."""
        return 1.0 / (self._talk.seen + UNTOLD)

    def ended(self, state: AgentState, low: float, high: float, to: AgentState) -> None:
        """A talk or wrap-up that was told of up to age ``low`` ended at ``high``, and the agent went over to ``to``."""
        if state == AgentState.TALK:
            self._talk.ended(low, high)
            if to == AgentState.IDLE:  # no wrap-up
                self._wrap.ended(0.0, 0.0)
        else:
            self._wrap.ended(low, high)
        if to != AgentState.WRAP:
            self._over = self._over * FORGETS + 1.0
            self._back = self._back * FORGETS + (to in {AgentState.IDLE, AgentState.TALK})

    def lived(self, state: AgentState, low: float, high: float, number: float = 1.0) -> None:
        """So many went on from age ``low`` to ``high``."""
        (self._talk if state == AgentState.TALK else self._wrap).lived(low, high, number)

    def sweep(self, staff: Staff, now: float) -> None:
        """Count the time of those still busy."""
        for state, cohort in staff.cohorts.items():
            for low, high, number in cohort.sweep(now):
                self.lived(state, low, high, number)

    def learn(self) -> None:
        """Work the chances out anew."""
        back = self._back / self._over
        dense = [0.0] * (self._seconds + 1)
        wrap: list[Chances] = []
        for rate in reversed(self._wrap.by_second(WRAP_AGES_S + self._seconds)):
            ends = ending(rate)
            dense = [0.0, *[ends * back + (1.0 - ends) * x for x in dense[:-1]]]
            wrap.append(sampled(dense, self._places))
        wrap.reverse()
        self._rows = {AgentState.TALK: self._talking(midway(dense)), AgentState.WRAP: wrap[:WRAP_AGES_S]}

    def _talking(self, over: Dense) -> list[Chances]:
        """The chances of those who talk, if a talk that ends now is followed by ``over``."""
        rows: list[Chances] = []
        dense = told = [0.0] * (self._seconds + 1)
        same, last = 0, 0.0
        rates = self._talk.by_second(TALK_AGES_S + self._seconds)
        for age in reversed(range(len(rates))):
            rate = rates[age]
            same = same + 1 if rate == last else 0
            last = rate
            if same < self._seconds:  # after that, nothing within sight is different from a second later
                ends = ending(rate)
                stays = 1.0 - ends
                dense = [0.0, *[ends * y + stays * x for x, y in zip(dense, over[1:], strict=False)]]
            if age % TALK_STEP_S == 0 and age <= TALK_AGES_S:
                rows.append(rows[-1] if dense is told else sampled(dense, self._places))
                told = dense
        rows.reverse()
        return rows

    def by_age(self, state: AgentState) -> list[Chances]:
        """For each step of the cohort's age, the chances of being back by each moment."""
        return self._rows[state]

    def snapshot(self) -> dict[str, Any]:
        """What was learnt, for JSON."""
        return {
            "talk": self._talk.snapshot(),
            "wrap": self._wrap.snapshot(),
            "back": self._back,
            "over": self._over,
        }

    def restore(self, learnt: dict[str, Any]) -> None:
        """Go on from ``snapshot``."""
        self._talk.restore(learnt["talk"])
        self._wrap.restore(learnt["wrap"])
        self._back, self._over = float(learnt["back"]), float(learnt["over"])
        self.learn()
