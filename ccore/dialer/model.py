"""Attempts to reach somebody, as values: their states and outcomes, in words that stand in the database and the API."""

import enum


class State(enum.StrEnum):
    """Where an attempt is. Only the gate moves one to ``dialling``, and only once: the number is dialled once."""

    CLAIMED = "claimed"  # ours, not sent or not known to be
    DIALLING = "dialling"  # the dialplan has asked, and was told the number
    RINGING = "ringing"
    PICKED_UP = "picked-up"  # it is being found out whether it is a machine
    ANSWERED = "answered"  # a person, who waits for an agent
    CONNECTED = "connected"
    OVER = "over"


class Outcome(enum.StrEnum):
    """What came of an attempt that is over."""

    TALKED = "talked"  # with an agent
    ABANDONED = "abandoned"  # answered, and no agent in time
    HUNG_UP = "hung-up"  # by whom we called, at once after answering
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    INVALID = "invalid"  # no such number
    FAX = "fax"
    MACHINE = "machine"
    CONGESTION = "congestion"  # the network's or the trunk's fault, not the number's
    CANCELLED = "cancelled"  # we hung up while it rang
    REFUSED = "refused"  # the gate said no: nothing was dialled
    NOT_SENT = "not-sent"  # Asterisk was never asked: nothing was dialled
    LOST = "lost"  # nobody knows; counts as dialled
