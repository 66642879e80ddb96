"""Whose turn it is to be called back, and what has become of those who were called: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ccore.calls.model import Channel
from ccore.centre.lines import equal_from_s, is_aged, line_of
from ccore.centre.queue import Queue
from ccore.queues.model import Presence, State
from ccore.queues.routing import Waiting, max_penalty, priority

ABOUT_TO_BE_FREE = timedelta(seconds=15)  # as long as a customer takes to answer

Became = Literal["asked", "accepted", "connected", "gone"]
Outcome = Literal["no-answer", "not-accepted", "hung-up"]


@dataclass(frozen=True, slots=True)
class Due:
    """An open call-back. ``came_at``: when its caller came to the queue, which is the place that is kept."""

    number: int
    to: str
    queue: str
    tier: str
    language: str
    menu_priority: int
    came_at: datetime
    node: str

    def line(self, queues: Mapping[str, Queue]) -> str:
        """The line of app_queue where the place was taken."""
        return line_of(self.queue, queues, self.language, 0)

    def waited_s(self, now: datetime) -> float:
        """All the waiting so far."""
        return (now - self.came_at).total_seconds()


def turns(
    queues: Mapping[str, Queue], due: Iterable[Due], waiting: Iterable[Waiting], free: int, now: datetime
) -> Sequence[Due]:
    """Who of one line's call-backs is called now: whoever is among the first so many as there are ``free`` agents.

    Those who wait on the line and those who wait for their call are one row: who has waited so long that they are in a
    line of their own, then by priority, then by when they came.
    """
    ranks: list[tuple[bool, int, datetime, Due | None]] = [
        (not is_aged(each.line), -each.priority, each.came_at, None) for each in waiting
    ]
    for each in due:
        waited_s, equal_s = each.waited_s(now), equal_from_s(each.queue, queues)
        own = priority(queues[each.queue], each.tier, each.menu_priority, waited_s)
        ranks.append((equal_s is None or waited_s < equal_s, -own, each.came_at, each))
    ranks.sort(key=lambda rank: rank[:3])
    return [each for *_, each in ranks[:free] if each is not None]


def free_agents(
    queue: Queue, waited_s: float, roster: Mapping[str, int], presences: Mapping[str, Presence], now: datetime
) -> frozenset[str]:
    """The agents of a line (agent → penalty) who are free, or about to be, and may serve one who waited so long."""
    most = max_penalty(queue, waited_s)
    able = (agent for agent, penalty in roster.items() if penalty <= most and agent in presences)
    return frozenset(agent for agent in able if _is_free(presences[agent], now))


def _is_free(presence: Presence, now: datetime) -> bool:
    if presence.paused:
        return False
    ends = presence.wrap_up_until
    wraps_up = presence.state is State.WRAP_UP and ends is not None and ends <= now + ABOUT_TO_BE_FREE
    return presence.state is State.READY or wraps_up


def became(state: str, channel: Channel | None) -> Became | None:
    """What has become of a call-back in ``state`` whose channel, as far as Asterisk tells, is ``channel``.

    None: it is as it was.
    """
    if channel is None:
        return "gone"
    if channel.bridge:
        return "connected"
    if channel.waits:
        return None if state == "accepted" else "accepted"
    return "asked" if state == "dialling" and channel.state == "Up" else None


def outcome(state: str, *, answered: bool) -> Outcome:
    """What it was that ended without an agent, in this state, and was ``answered`` for all that Asterisk told."""
    if state == "accepted":
        return "hung-up"
    return "not-accepted" if answered or state == "asked" else "no-answer"
