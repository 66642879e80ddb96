"""How busy the queues of all nodes are: callers who wait, agents who are free."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import get_args

from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls.tracker import Tracker
from ccore.tables import Language

_NOT_IN_USE = "1"  # a device's state as app_queue numbers it
_LANGUAGES = tuple(f"-{language}" for language in get_args(Language))
_MEMBER_EVENTS = ("QueueMemberStatus", "QueueMemberAdded", "QueueMemberPause")


@dataclass(frozen=True, slots=True)
class Load:
    """Callers who wait and agents who are free, by queue."""

    waiting: Mapping[str, int]
    agents: Mapping[str, int]


class Loads:
    """Keeps count from what the nodes tell. Make it before the links run; ``trackers`` are those of their calls."""

    def __init__(self, links: Mapping[str, Link], trackers: Mapping[str, Tracker]) -> None:
        self._trackers = trackers
        self._free: dict[str, dict[tuple[str, str], bool]] = {node: {} for node in links}  # by queue and interface
        for node, link in links.items():
            for event in _MEMBER_EVENTS:
                link.on(event, partial(self._member, node))
            link.on("QueueMemberRemoved", partial(self._removed, node))
            link.on_login(partial(self._logged_in, node))

    def now(self) -> Load:
        """Of all nodes together."""
        channels = (channel for tracker in self._trackers.values() for channel in tracker.channels.values())
        waiting = Counter(_queue(channel.queue) for channel in channels if channel.waits)
        free = {
            (node, _queue(line), interface)  # who is in two lines of a queue is one agent
            for node, members in self._free.items()
            for (line, interface), is_free in members.items()
            if is_free
        }
        return Load(waiting, Counter(queue for _, queue, _ in free))

    async def _member(self, node: str, event: Message) -> None:
        free = event["Status"] == _NOT_IN_USE and event["Paused"] == "0" and event["InCall"] == "0"
        self._free[node][event["Queue"], event["Interface"]] = free

    async def _removed(self, node: str, event: Message) -> None:
        self._free[node].pop((event["Queue"], event["Interface"]), None)

    async def _logged_in(self, node: str, seen: Snapshot) -> None:
        self._free[node] = {
            (member.queue, member.interface): str(member.status) == _NOT_IN_USE
            and not member.paused
            and not member.in_call
            for member in seen.members
        }


def _queue(line: str) -> str:
    """The queue of a line: one for callers of a language has it at the end of its name, which no queue's own has."""
    ending = next(filter(line.endswith, _LANGUAGES), "")
    return line.removesuffix(ending)
