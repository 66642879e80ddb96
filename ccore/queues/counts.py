"""What app_queue counts of its members, as it tells: when their last call ended, how many they have had."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls.events import stamp_of
from ccore.centre.lines import queue_of
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.queues.choosing import Count
from ccore.queues.history import History

KEPT_S = 60.0  # decisions are looked at some seconds after they were taken
_EVENTS = ("QueueMemberStatus", "QueueMemberAdded", "QueueMemberPause", "QueueMemberPenalty")

Key = tuple[str, str, str]  # node, line, agent


class Counts:
    """The counts of all nodes. Make it before the links run."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._history: History[Key, Count] = History(KEPT_S)
        self._lines: dict[tuple[str, str], set[str]] = {}  # by node and agent
        self._queues: Mapping[str, Queue] = {}
        for node, link in links.items():
            for event in _EVENTS:
                link.on(event, partial(self._member, node))
            link.on("QueueMemberRemoved", partial(self._removed, node))
            link.on("AgentComplete", partial(self._completed, node))
            link.on_login(partial(self._logged_in, node))

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These have the wrap-ups from now on."""
        self._queues = queues

    def at(self, node: str, line: str, agent: str, moment: float) -> Count:
        """What was counted at ``moment``, in epoch seconds of Asterisk's clock."""
        return self._history.at((node, line, agent), moment) or Count()

    def knows(self, node: str, line: str, agent: str) -> bool:
        """Whether app_queue has this member, as far as it has told."""
        return self._history.now((node, line, agent)) is not None

    def calls_changed(self, node: str, line: str, agent: str, begin: float, end: float) -> bool:
        """Whether another call was counted from ``begin`` to ``end``."""
        return len({count.calls for count in self._history.during((node, line, agent), begin, end)}) > 1

    def told(self, node: str, line: str, agent: str, moment: float, count: Count) -> None:
        """app_queue counts this of a member since."""
        self._lines.setdefault((node, agent), set()).add(line)
        self._history.note((node, line, agent), moment, count)

    async def _member(self, node: str, event: Message) -> None:
        line, agent, last_call = event["Queue"], event["MemberName"], int(event["LastCall"])
        known = self._history.now((node, line, agent))
        rest_s = known.rest_s if known and last_call <= known.last_call + 1 else self.rest_s(line)
        count = Count(last_call, int(event["CallsTaken"]), int(event["LoginTime"]), rest_s if last_call else 0)
        self.told(node, line, agent, _moment(event), count)

    async def _completed(self, node: str, event: Message) -> None:
        """A call of a queue is over, which counts in every line the agent serves."""
        moment, agent, rest_s = _moment(event), event["MemberName"], self.rest_s(event["Queue"])
        for line in self._lines.get((node, agent), ()):
            known = self._history.now((node, line, agent)) or Count()
            count = replace(known, last_call=int(moment), calls=known.calls + 1, rest_s=rest_s)
            self.told(node, line, agent, moment, count)

    async def _removed(self, node: str, event: Message) -> None:
        self._lines.get((node, event["MemberName"]), set()).discard(event["Queue"])
        self._history.forget((node, event["Queue"], event["MemberName"]))

    async def _logged_in(self, node: str, seen: Snapshot) -> None:
        for key in self._history.known():
            if key[0] == node:
                self._history.forget(key)
        for member in seen.members:
            rest_s = self.rest_s(member.queue) if member.last_call else 0
            count = Count(member.last_call, member.calls_taken, member.logged_in_at, rest_s)
            self.told(node, member.queue, member.name, seen.asked_at.timestamp(), count)

    def rest_s(self, line: str) -> int:
        """app_queue's own wrap-up after calls by a line: one second more than the queue's (``ccore.pbx.lines``)."""
        queue = self._queues.get(queue_of(line, self._queues))
        return queue.wrap_up_s + 1 if queue and queue.wrap_up_s else 0


def _moment(event: Message) -> float:
    return stamp_of(event) or utc_now().timestamp()
