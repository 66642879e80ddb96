"""The people of the list that is dialled: what each of them does, the same whoever paces."""

import enum
import math
import random
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ccore.dialer.simulation.lengths import cut_at
from ccore.dialer.simulation.scenario import AnswerRate, Detection, Scenario

LEAST_RING_S = 1.0  # nobody picks up sooner
DICE = 6  # thrown for each contact: outcome, set-up, ring, talk, wrap, and one for detection


class Kind(enum.Enum):
    """What comes of dialling a number, if it is let ring."""

    PERSON = "person"
    NO_ANSWER = "noanswer"
    BUSY = "busy"
    INVALID = "invalid"
    MACHINE = "machine"


class Contact(NamedTuple):
    """Somebody of the list, as they turn out when they are dialled at a certain time."""

    kind: Kind
    set_up_s: float
    ring_s: float
    throws: tuple[float, ...]

    def detected_s(self, detection: Detection) -> float:
        """How long after they are picked up it is known, rightly or not, who did."""
        least_s, most_s = detection.between_s
        return least_s + (most_s - least_s) * self.throws[5]

    def passes(self, detection: Detection) -> bool:
        """Whether who picked up is given to an agent: persons, and machines that are taken for one."""
        throw = (self.throws[5] * 997.0) % 1.0
        if self.kind is Kind.PERSON:
            return throw >= detection.people_taken_for_machines
        return throw < detection.machines_taken_for_people


class Contacts:
    """The list. Contact number i has the same throws under every pacer: only the hour it is dialled may differ."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._throw = random.Random(seed * 7919 + 17).random  # noqa: S311 - dice, no secret
        self._rate = rate_at(scenario.answers)
        ringing = scenario.ringing
        self._set_up = ringing.set_up.quantile()
        person = ringing.person.quantile()
        self._rings = {
            Kind.PERSON: cut_at(person, ringing.at_most_s),
            Kind.NO_ANSWER: lambda _throw: ringing.at_most_s,
            Kind.BUSY: ringing.busy.quantile(),
            Kind.INVALID: ringing.invalid.quantile(),
            Kind.MACHINE: ringing.machine.quantile(),
        }
        self._others = _bounds(scenario)
        self._talk, self._wrap = scenario.talk.quantile(), scenario.wrap.quantile()
        self._seen: deque[tuple[float, ...]] = deque()  # by the oracle, before they are dialled

    def next(self, at: float) -> Contact:
        """Whoever is dialled next, at this time."""
        throws = self._seen.popleft() if self._seen else self._thrown()
        return self._contact(throws, at)

    def ahead(self, number: int, at: float) -> Contact:
        """Whoever comes ``number`` places after the next one, as they would turn out if dialled now."""
        while len(self._seen) <= number:
            self._seen.append(self._thrown())
        return self._contact(self._seen[number], at)

    def talk_s(self, contact: Contact) -> float:
        """How long they talk with an agent."""
        return self._talk(contact.throws[3])

    def wrap_s(self, contact: Contact) -> float:
        """How long the agent works on after the talk."""
        return self._wrap(contact.throws[4])

    def _thrown(self) -> tuple[float, ...]:
        return tuple([self._throw() for _ in range(DICE)])

    def _contact(self, throws: tuple[float, ...], at: float) -> Contact:
        rate = self._rate(at)
        kind = Kind.PERSON if throws[0] < rate else self._other((throws[0] - rate) / (1.0 - rate))
        ring_s = self._rings[kind](throws[2])
        return Contact(
            kind, self._set_up(throws[1]), max(LEAST_RING_S, ring_s) if kind is Kind.PERSON else ring_s, throws
        )

    def _other(self, throw: float) -> Kind:
        for kind, bound in self._others:
            if throw < bound:
                return kind
        return Kind.MACHINE


def rate_at(answers: AnswerRate) -> Callable[[float], float]:
    """The rate at each time, in s since the start."""
    if (drift := answers.drift) is not None:
        turn = 2 * math.pi / drift.period_s
        return lambda at: answers.rate + drift.swing * math.sin(turn * at)
    if not answers.steps:
        return lambda _at: answers.rate

    def stepped(at: float) -> float:
        rate = answers.rate
        for step in answers.steps:
            if at < step.at_s:
                break
            rate = step.rate
        return rate

    return stepped


def _bounds(scenario: Scenario) -> tuple[tuple[Kind, float], ...]:
    others = scenario.others
    invalid = others.no_answer + others.busy + others.invalid
    return (Kind.NO_ANSWER, others.no_answer), (Kind.BUSY, others.no_answer + others.busy), (Kind.INVALID, invalid)
