"""The life of a text message: which state may follow which, and what a receipt makes of it."""

from collections.abc import Mapping

from ccore.messaging.model import State, Word

# Receipts overtake the answer of the gateway, and prove what a lost answer left open: so a message that is queued again
# can still come to be sent or delivered. A person may queue again whatever was not delivered.
MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({
        State.SENDING, State.SENT, State.DELIVERED, State.FAILED, State.GIVEN_UP, State.EXPIRED, State.WITHHELD,
        State.CANCELLED,
    }),
    State.SENDING: frozenset({
        State.QUEUED, State.SENDING, State.SENT, State.DELIVERED, State.FAILED, State.GIVEN_UP, State.EXPIRED,
        State.WITHHELD,
    }),
    State.SENT: frozenset({State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset({State.DELIVERED, State.QUEUED}),  # of two parts, or two tries, one may get through
    State.GIVEN_UP: frozenset({State.SENT, State.DELIVERED, State.QUEUED}),
    State.EXPIRED: frozenset({State.SENT, State.DELIVERED, State.QUEUED}),
    State.WITHHELD: frozenset({State.SENT, State.DELIVERED, State.QUEUED}),
    State.CANCELLED: frozenset({State.SENT, State.DELIVERED, State.QUEUED}),
}  # fmt: skip

ENDS = frozenset(State) - {State.QUEUED, State.SENDING, State.SENT}

_MEANS: Mapping[Word, State] = {
    Word.ACCEPTED: State.SENT,
    Word.BUFFERED: State.SENT,
    Word.DELIVERED: State.DELIVERED,
    Word.FAILED: State.FAILED,
    Word.REJECTED: State.FAILED,
}


def comes_from(state: State) -> frozenset[State]:
    """The states that ``state`` may follow."""
    return frozenset(before for before, after in MOVES.items() if state in after)


def meaning(word: Word) -> State:
    """What a receipt makes of a message that may come to that; for others it says what is known, or comes too late."""
    return _MEANS[word]
