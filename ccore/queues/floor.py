"""Puts together what the queues of one ccore are made of, and runs what has to go on beside the calls."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.config import Config
from ccore.db.pool import Database
from ccore.queues.agents import Agents
from ccore.queues.at_phone import AtPhone
from ccore.queues.decisions import Routing
from ccore.queues.kept_free import KeptFree
from ccore.queues.outside import number as number_outside
from ccore.queues.sight import Sight
from ccore.queues.staff import Staff
from ccore.queues.waiting_room import Outside, WaitingRoom
from ccore.queues.watch import Watch

Work = Callable[[], Coroutine[Any, Any, None]]


class Floor:
    """The queues and agents of one ccore. Make it after the trackers of calls, and before the links run.

    ``nudge`` is called with a node of which something else is wanted now; ``outside`` is the rest of ccore.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        feed: Feed,
        nudge: Callable[[str], None],
        outside: Outside,
    ) -> None:
        self.staff = Staff(database, config.site.region)
        self.agents = Agents(database, links, nudge)
        self.at_phone = AtPhone(database, self.agents)
        self.kept_free = KeptFree(self.agents)
        self.routing = Routing(database, links, trackers, feed, self.agents)
        self.waiting = WaitingRoom(config, database, links, trackers, self.agents, self.routing, outside)
        self._watches = {node: Watch(node, self.agents, Sight(link, trackers[node])) for node, link in links.items()}

    def outside_number(self, agent: str, node: str) -> str:
        """The number outside that an agent is signed in at by the node; "" if they are at none."""
        return number_outside(self.agents.presences(), agent, node)

    def use(self, centre: Centre) -> None:
        """New callers find these queues, and agents these phones and reasons."""
        self.agents.use(centre)
        self.routing.use(centre)
        self.waiting.use(centre)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"agents": self.agents.run(), **self.routing.work(), **self.waiting.work()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        following: dict[str, Work] = {f"agents {node}": watch.follow for node, watch in self._watches.items()}
        return following | self.routing.led() | self.waiting.led()

    def health(self) -> Mapping[str, object]:
        """How many agents do what, and how callers are routed."""
        return {"agents": self.agents.count(), "routing": self.routing.health(), **self.waiting.health()}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        for trouble in (self.agents.trouble, *(watch.trouble for watch in self._watches.values())):
            if trouble.reason:
                yield f"what agents do is not written down: {trouble.reason}"
                break
        yield from self.routing.warnings()
        yield from self.waiting.warnings()
