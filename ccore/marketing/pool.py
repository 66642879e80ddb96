"""产品池: the states of a product, what moves it between them, and which changes ask for another test."""

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ccore.marketing.product import Product


class State(enum.StrEnum):
    """The words stand in the database and in the API."""

    DRAFT = "draft"
    TESTED = "tested"
    ON_SALE = "on-sale"
    ENDED = "ended"


class Event(enum.StrEnum):
    """What happens to a product."""

    CHANGED = "changed"  # in something that a test tries
    PASSED = "passed"  # a test of what it is now
    RELEASED = "released"
    ENDED = "ended"


# Whatever is not here cannot happen. Nothing but a passed test makes it tested, and nothing sells without.
MOVES: Mapping[State, Mapping[Event, State]] = {
    State.DRAFT: {Event.CHANGED: State.DRAFT, Event.PASSED: State.TESTED, Event.ENDED: State.ENDED},
    State.TESTED: {
        Event.CHANGED: State.DRAFT,
        Event.PASSED: State.TESTED,
        Event.RELEASED: State.ON_SALE,
        Event.ENDED: State.ENDED,
    },
    State.ON_SALE: {Event.PASSED: State.ON_SALE, Event.ENDED: State.ENDED},
    State.ENDED: {},
}

WORDS = frozenset(
    {"name", "intro", "sale"}
)  # change at any time: no order is judged otherwise, but when it can be placed
DATED = frozenset({"price_fen", "confirm", "confirm_within_h", "commission"})  # of what is on sale: from a date


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done as things are; ``reason`` says why, for people."""

    reason: str


def changed(old: Product, new: Product) -> frozenset[str]:
    """The keys in which two versions of a product differ."""
    return frozenset(key for key in Product.model_fields if getattr(old, key) != getattr(new, key))


def after_change(state: State, keys: AbstractSet[str], *, dated: bool) -> State | Refused:
    """The state of a product in which ``keys`` are changed; ``dated``: from a date to come."""
    if state is State.ENDED:
        return Refused("it has ended: make a new product")
    judged = keys - WORDS
    if not judged:
        return state
    if state is not State.ON_SALE:
        return MOVES[state][Event.CHANGED]
    if fixed := judged - DATED:
        return Refused(f"it is on sale, and {', '.join(sorted(fixed))} cannot change: end it and make a new product")
    if not dated:
        return Refused(f"it is on sale: {', '.join(sorted(judged))} can only change from a date to come")
    return state


def moved(state: State, event: Event) -> State | Refused:
    """The state after ``event``."""
    became = MOVES[state].get(event)
    return Refused(_WHY_NOT[state, event]) if became is None else became


_WHY_NOT: Mapping[tuple[State, Event], str] = {
    (State.DRAFT, Event.RELEASED): "it has not passed its test: ccore product test CODE",
    (State.ON_SALE, Event.RELEASED): "it is on sale already",
    (State.ON_SALE, Event.CHANGED): "it is on sale",
    **{(State.ENDED, event): "it has ended" for event in Event},
}
