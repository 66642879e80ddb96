"""Calls as they are told live, and the agent who looks: their state, their call, what they are to call next."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccore.calls.legs import Found, describe
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.queues.model import Presence, seated
from ccore.web.live.room import Source
from ccore.web.live.topics import ALL, Live, LiveCall, LiveChannel, LiveLeg, LiveMe, LivePreview

Presences = Callable[[], Mapping[str, Presence]]


def key_of(node: str, call: str) -> str:
    """Of a call, among those of all nodes."""
    return f"{node}!{call}"


class CallsNow(Source):
    """The topic ``calls``: for agents their own."""

    def __init__(self, trackers: Mapping[str, Tracker], presences: Presences) -> None:
        self._trackers, self._presences = trackers, presences

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """The calls of all nodes."""
        agents = seated(self._presences())
        found: dict[str, Live] = {}
        for node, tracker in self._trackers.items():
            for call in tracker.calls.values() if keys is None else ():
                found[key_of(node, call.id)] = told(describe(node, tracker, call, agents))
        for key in keys or ():
            node, _, name = key.partition("!")
            if (one := self._trackers[node].calls.get(name)) is not None:
                found[key] = told(describe(node, self._trackers[node], one, agents))
        return found

    async def audience(self, person: Person) -> str | None:
        """Supervisors see all of them."""
        return ALL if person.may(Role.SUPERVISOR) else person.agent or None

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """Whoever has a part in it."""
        assert isinstance(entry, LiveCall)
        return [each for each in {ALL, *(leg.agent for leg in entry.agents)} if each in there]

    def told_as(self, key: str) -> str:
        """LinkedIDs are told of no node."""
        return key.partition("!")[2]


def told(found: Found) -> LiveCall:
    """A call as the API tells it."""
    return LiveCall(
        call=found.call.id,
        node=found.node,
        began_at=found.call.began_at,
        caller=mask_number(found.customer.caller) if found.customer and found.customer.caller else "",
        waits_in=found.waiting.queue if found.waiting else "",
        agents=[
            LiveLeg(
                agent=leg.agent,
                phone=leg.phone,
                state=leg.channel.state,
                talks=found.talks(leg),
                consults=found.consults(leg),
                queue=leg.channel.queue,
            )
            for leg in found.legs
        ],
        channels=[_channel(each) for each in found.channels],
    )


def _channel(channel: Channel) -> LiveChannel:
    return LiveChannel(
        channel=channel.uniqueid,
        state=channel.state,
        since=channel.began_at,
        held=channel.held,
        recording=channel.recording,
    )


@dataclass(frozen=True, slots=True)
class Today:
    """What agents have done today, as far as ``at``: the columns of ``numbers.agents``, added up."""

    sums: Mapping[str, Counter[str]] = field(default_factory=dict)
    at: datetime | None = None


Target = Callable[[str], tuple[int | None, int | None]]


class MeNow(Source):
    """The topic ``me``. ``target`` gives an agent's service level and what is promised, in permille."""

    def __init__(self, presences: Presences, target: Target) -> None:
        self.today = Today()
        self.previews: Mapping[str, LivePreview] = {}
        self.there: set[str] = set()  # agents who look
        self._presences, self._target = presences, target

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """Those who look."""
        presences = self._presences()
        theirs = self.there if keys is None else self.there & set(keys)
        return {agent: self._entry(presences[agent]) for agent in theirs if agent in presences}

    async def audience(self, person: Person) -> str | None:
        """Everybody has their own."""
        return person.agent or None

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """Oneself."""
        return [key] if key in there else []

    def told_as(self, key: str) -> str:
        """Whoever it is."""
        return "me"

    async def begin(self, audience: str) -> None:
        """They look."""
        self.there.add(audience)

    def end(self, audience: str) -> None:
        """They do no more."""
        self.there.discard(audience)

    def _entry(self, presence: Presence) -> LiveMe:
        device, sums = presence.device, self.today.sums.get(presence.agent, Counter())
        level, target = self._target(presence.agent)
        return LiveMe(
            agent=presence.agent,
            state=presence.state.value,
            since=presence.since,
            reason=presence.reason,
            paused=presence.paused,
            queue=presence.queue,
            call=presence.call,
            node=device.node if device else "",
            device=device.number if device else "",
            wrap_up_until=presence.wrap_up_until,
            preview=self.previews.get(presence.agent),
            answered=sums["answered"],
            missed=sums["missed"],
            talk_s=sums["talk_ms"] // 1000,
            wrap_up_s=sums["wrap_up_ms"] // 1000,
            paused_s=sums["paused_ms"] // 1000,
            signed_in_s=sums["signed_in_ms"] // 1000,
            counted_at=self.today.at,
            service_level_permille=level,
            target_permille=target,
        )
