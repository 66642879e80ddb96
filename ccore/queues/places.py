"""Where app_queue may ring an agent, by their skills and what they do; and what makes Asterisk follow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ccore.ami.actions import QueueAdd, QueuePause, QueuePenalty, QueueRemove
from ccore.centre.lines import OWN_LINE
from ccore.centre.queue import Queue
from ccore.queues.membership import memberships
from ccore.queues.model import Agent, Presence
from ccore.queues.presence import pause_of

MemberAction = QueueAdd | QueueRemove | QueuePause | QueuePenalty


@dataclass(frozen=True, slots=True)
class Places:
    """An agent's memberships: the penalty in each line at one node; ``pause`` is why they are not rung, or ""."""

    agent: str
    node: str
    interface: str
    penalties: Mapping[str, int]
    pause: str

    def added(self, line: str) -> QueueAdd:
        """What makes them a member of ``line``."""
        return QueueAdd(
            line, self.interface, self.agent, None, self.penalties[line], bool(self.pause), self.pause or None
        )


def places(agent: Agent, presence: Presence, queues: Mapping[str, Queue]) -> Places | None:
    """Where they are to be rung; None if they are signed out, or there are no queues."""
    if presence.device is None or not queues:
        return None
    penalties = {each.line: each.penalty for each in memberships(agent, queues)}
    penalties[OWN_LINE] = agent.own_penalty
    return Places(
        agent.number, presence.device.node, presence.device.interface(agent.number), penalties, pause_of(presence)
    )


def moves(
    before: Places | None, after: Places | None, *, anew: bool = False, released: bool = False
) -> Iterator[tuple[str, MemberAction]]:
    """What each node is to be told, in this order.

    ``anew``: app_queue shall forget the agent's last call. ``released``: it may have been told to pause them for a
    wrap-up that is over, although nobody wanted that of them.
    """
    same = before and after and (before.node, before.interface) == (after.node, after.interface)
    if before and (anew or not same):
        yield from ((before.node, QueueRemove(line, before.interface)) for line in before.penalties)
    if after and (anew or not same):
        yield from ((after.node, after.added(line)) for line in after.penalties)
    elif before and after:
        yield from ((after.node, action) for action in _differences(before, after, released))


def _differences(before: Places, after: Places, released: bool) -> Iterator[MemberAction]:
    for line in before.penalties.keys() - after.penalties.keys():
        yield QueueRemove(line, before.interface)
    for line, penalty in after.penalties.items():
        if line not in before.penalties:
            yield after.added(line)
        elif penalty != before.penalties[line]:
            yield QueuePenalty(after.interface, penalty, line)
    if before.pause != after.pause or (released and not after.pause):
        yield QueuePause(after.interface, bool(after.pause), None, after.pause or None)
