"""Listening to agents, as values."""

import enum


class Mode(enum.StrEnum):
    """How a supervisor is in an agent's call. The words are places of ``[ccore-spy]``, and stand in the database."""

    LISTEN = "listen"  # hears both, is heard by nobody
    WHISPER = "whisper"  # hears both, is heard by the agent
    BARGE = "barge"  # hears both, is heard by both
    TAKE_OVER = "take-over"  # has the caller; the agent is released


class Result(enum.StrEnum):
    """What came of a request; the words are told."""

    DONE = "done"
    NO_CALL = "there is no such call"
    NOT_TALKING = "no agent talks in this call"
    NOT_WAITING = "the caller of this call does not wait in a queue"
    NO_PHONE = "name one of the site's phones: yours"
    OWN_PHONE = "that phone is in this call"
    NO_SESSION = "there is no such listening, or it is over"
    NO_QUEUE = "there is no such queue"
    NOT_ANSWERED = "your phone did not answer"
