"""Gives customers who wait an agent the moment one is free: their line by itself looks for one once a second."""

from collections.abc import Iterable, Iterator, Mapping

import structlog

from ccore.ami.actions import PlayDTMF
from ccore.ami.link import Link
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.dialer.live import PREFIX, Live, call_of
from ccore.dialer.model import State
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

log = structlog.get_logger()

NO_KEY = "D"  # is on no telephone and means nothing, but the line looks at once
COMES_S = 0.1  # who has just come looks by themselves
AGAIN_S = 0.1  # app_queue may have known a moment later than we that the agent is free
SEND_WITHIN_S = 1.0


def to_nudge(lives: Iterable[Live], free: int, now: float) -> Iterator[Live]:
    """Of those who wait, as many as agents are free: those who have waited longest."""
    waiting = [live for live in lives if live.state is State.ANSWERED and not live.abandoned and live.gone_at is None]
    waiting = [live for live in waiting if live.answered_at is not None and now - live.answered_at > COMES_S]
    for live in sorted(waiting, key=lambda live: live.answered_at or 0.0)[:free]:
        if live.nudged_at is None or now - live.nudged_at > AGAIN_S:
            live.nudged_at = now
            yield live


def lines_of_callers(channels: Iterable[Channel]) -> frozenset[str]:
    """Where somebody waits who has called by themselves: the agents of these lines are theirs first."""
    return frozenset(each.queue for each in channels if each.waits and not each.call.startswith(PREFIX))


class Handing:
    """Of all nodes."""

    def __init__(self, links: Mapping[str, Link], trackers: Mapping[str, Tracker]) -> None:
        self._links = links
        self._trackers = trackers

    async def nudge(self, live: Live) -> None:
        """Have the line in which the customer waits look for an agent now."""
        tracker = self._trackers[live.node]
        call = call_of(tracker, live)
        for channel in [tracker.channels[uniqueid] for uniqueid in call.channels] if call else []:
            if channel.waits:
                try:
                    await self._links[live.node].send(PlayDTMF(channel.name, NO_KEY, 40, receive=True), SEND_WITHIN_S)
                except (ActionRefused, OutcomeUnknown, Unavailable) as error:  # gone meanwhile; or it looks by itself
                    log.debug("customer_not_nudged", call_id=live.channel, reason=str(error))
