"""When a number is called again after an attempt, if it is, and when other numbers of the same contact: pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccore.centre.campaign import Campaign, Retried
from ccore.dialer.model import Outcome

LONGEST = timedelta(days=30)
# Nobody's number was dialled: the contact is as it was, and its turn comes again after a little while.
UNDIALLED = frozenset({Outcome.REFUSED, Outcome.NOT_SENT})
UNDIALLED_AGAIN = timedelta(seconds=30)
# Nobody was there: they may be at another of their numbers.
_UNREACHED = frozenset(
    {Outcome.NO_ANSWER, Outcome.CANCELLED, Outcome.BUSY, Outcome.INVALID, Outcome.FAX, Outcome.MACHINE}
    | {Outcome.CONGESTION}
)
BETWEEN_NUMBERS = timedelta(minutes=1)  # who has put one telephone down does not hear the other ring at once
# By the outcomes that the operator's rules name; who was hung up on while it rang has not answered.
_RULES: dict[Outcome, Retried] = {
    Outcome.NO_ANSWER: "no-answer",
    Outcome.CANCELLED: "no-answer",
    Outcome.BUSY: "busy",
    Outcome.CONGESTION: "congestion",
    Outcome.MACHINE: "machine",
    Outcome.ABANDONED: "abandoned",
    Outcome.HUNG_UP: "hung-up",
    Outcome.LOST: "lost",
}


def next_try(
    campaign: Campaign, before: Sequence[Outcome], outcome: Outcome, now: datetime, *, elsewhere: int = 0
) -> datetime | None:
    """When a number is called again whose attempt has ended ``now`` with ``outcome``; None: by this campaign never.

    ``before`` are the outcomes of the attempts before it, in which it was dialled; ``elsewhere``: how many there were
    at other numbers of the same contact.
    """
    if outcome in UNDIALLED:
        return now + UNDIALLED_AGAIN
    rule = _RULES.get(outcome)
    retry = campaign.attempts.retry.get(rule) if rule is not None else None
    times = sum(_RULES.get(earlier) == rule for earlier in before)
    if retry is None or times >= retry.most or len(before) + elsewhere + 1 >= campaign.attempts.most:
        return None
    pause = min(timedelta(seconds=retry.after_s) * min(retry.times**times, LONGEST.total_seconds()), LONGEST)
    if outcome is Outcome.ABANDONED:
        pause = max(pause, timedelta(seconds=campaign.abandoned.again_after_s))
    return now + pause


def others_try(
    campaign: Campaign, before: int, outcome: Outcome, now: datetime, again: datetime | None
) -> datetime | None:
    """When other numbers of the contact may be called; None: not any more.

    After ``before`` attempts at all of them, and one that has ended with ``outcome``; its number is called ``again``.
    If a person may have been reached, the others rest as long as that number does.
    """
    if before + 1 >= campaign.attempts.most and outcome not in UNDIALLED:
        return None
    return now + BETWEEN_NUMBERS if outcome in _UNREACHED else again
