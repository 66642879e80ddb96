"""The life of a review: who may do what with it, and what it is then."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class State(enum.StrEnum):
    """Where a review is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    SETTLED = "settled"


class Step(enum.StrEnum):
    """What is done with it."""

    WRITE = "write"
    SUBMIT = "submit"
    ACKNOWLEDGE = "acknowledge"
    DISPUTE = "dispute"
    SETTLE = "settle"


# A dispute is settled by somebody else than the reviewer: nobody judges their own judgement.
_NEXT: Mapping[tuple[State, Step], State] = {
    (State.DRAFT, Step.WRITE): State.DRAFT,
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Step.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.SUBMITTED, Step.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Step.SETTLE): State.SETTLED,
}


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose review it is: of which agent, by which reviewer (a login). Calibrations are not for the agent."""

    agent: str
    reviewer: str
    calibration: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants to do something. ``judges``: reviews calls for the site."""

    login: str
    agent: str
    judges: bool


def after(state: State, step: Step) -> State | None:
    """What it is after ``step``; None: it cannot be taken now."""
    return _NEXT.get((state, step))


def sees(actor: Actor, state: State, parties: Parties) -> bool:
    """Whether it is there for them: who judges sees all, agents what was submitted about them."""
    theirs = bool(actor.agent) and actor.agent == parties.agent
    return actor.judges or (theirs and state is not State.DRAFT and not parties.calibration)


def may(actor: Actor, step: Step, parties: Parties) -> bool:
    """Whether the step is theirs."""
    match step:
        case Step.WRITE | Step.SUBMIT:
            return actor.login == parties.reviewer
        case Step.ACKNOWLEDGE | Step.DISPUTE:
            return bool(actor.agent) and actor.agent == parties.agent and not parties.calibration
        case Step.SETTLE:
            return actor.judges and actor.login != parties.reviewer
