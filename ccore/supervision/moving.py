"""Moves callers who wait: to another queue with all their waiting counted, or to the front of their own."""

from dataclasses import replace

from ccore.ami.actions import Getvar, Redirect, Setvar
from ccore.ami.link import Link
from ccore.calls.model import Channel
from ccore.queues import travelling
from ccore.queues.visit import Next, Visit

PLACE = ("desk-moved", "s")  # of dialplan/extensions.d/desk.conf
AHEAD_S = 7200  # to the front: as one who came so much sooner


async def move(link: Link, caller: Channel, queue: str | None, *, front: bool) -> None:
    """Send a waiting ``caller`` on. Raises as Link.send does: ActionRefused if they have just been answered or left."""
    state = (await link.send(Getvar(caller.name, "CCORE_VISIT"))).response.get("Value")
    visit = _visit(state)
    if visit is not None:
        await link.send(Setvar(caller.name, "CCORE_VISIT", travelling.dump(moved(visit, queue, front=front))))
    if queue is not None:
        await link.send(Setvar(caller.name, "CCORE_QUEUE", queue))
    await link.send(Redirect(caller.name, *PLACE))


def moved(visit: Visit, queue: str | None, *, front: bool) -> Visit:
    """Where somebody is who is moved; they have not been to the new queue, wherever they were before."""
    came_at = visit.came_at - AHEAD_S if front else visit.came_at
    if queue is None or queue == visit.queue:
        return replace(visit, came_at=came_at, then=Next.WAIT)
    behind = (*(each for each in visit.behind if each != queue), visit.queue)
    return replace(visit, queue=queue, came_at=came_at, then=Next.WAIT, behind=behind)


def _visit(state: str) -> Visit | None:
    """None: ccore was away when they came, and whoever is asked next begins anew."""
    try:
        return travelling.load(state) if state else None
    except ValueError:
        return None
