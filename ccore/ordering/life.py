"""The life of an order: in which state it begins, which may follow which, and what its subscriber is told of it."""

import enum
from collections.abc import Mapping


class State(enum.StrEnum):
    """Where an order is; the words stand in the database."""

    RECEIVED = "received"  # being judged: no row is in this state
    PENDING_CONFIRM = "pending_confirm"  # its subscriber has to say that they want it
    CONFIRMED = "confirmed"  # wanted; a provider has to be asked for it
    ACTIVATING = "activating"  # the provider is being asked, or was, and nobody knows what it said
    ACTIVE = "active"
    REJECTED = "rejected"  # the provider does not do it
    EXPIRED = "expired"  # nobody confirmed it in time
    CANCELLED = "cancelled"  # by its subscriber, or by a person


MOVES: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.PENDING_CONFIRM, State.CONFIRMED, State.ACTIVE}),
    State.PENDING_CONFIRM: frozenset({State.CONFIRMED, State.ACTIVE, State.EXPIRED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.ACTIVATING, State.CANCELLED}),
    State.ACTIVATING: frozenset({State.ACTIVE, State.REJECTED, State.CANCELLED}),
    State.ACTIVE: frozenset({State.CANCELLED}),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}

ENDS = frozenset(state for state, after in MOVES.items() if not after)
LIVE = frozenset(State) - ENDS - {State.RECEIVED}  # the subscriber has the product, or is getting it
SOLD = frozenset({State.CONFIRMED, State.ACTIVATING, State.ACTIVE})  # somebody has earned by it

# What the subscriber is told of the state an order has come to: a kind of text message.
_TOLD: Mapping[State, str] = {
    State.PENDING_CONFIRM: "confirm-request",
    State.CONFIRMED: "order-accepted",
    State.ACTIVE: "order-active",
    State.REJECTED: "order-failed",
    State.EXPIRED: "order-expired",
    State.CANCELLED: "order-cancelled",
}


def comes_from(state: State) -> frozenset[State]:
    """The states that ``state`` may follow."""
    return frozenset(before for before, after in MOVES.items() if state in after)


def wanted(*, provided: bool) -> State:
    """The state of an order that its subscriber wants; ``provided``: a provider has to switch it on."""
    return State.CONFIRMED if provided else State.ACTIVE


def told(was: State, became: State) -> str | None:
    """The text message about a move; None: nobody is told.

    What needs no provider is active the moment it is accepted, and accepted is what people are told.
    """
    if became is State.ACTIVE and was in {State.RECEIVED, State.PENDING_CONFIRM}:
        return _TOLD[State.CONFIRMED]
    return _TOLD.get(became)


def gives_back(was: State, became: State) -> bool:
    """Whether a move takes back what was earned."""
    return was in SOLD and became in ENDS
