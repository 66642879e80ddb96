"""The calls there are now, over HTTP, and whose they are: agents see their own, supervisors all."""

from collections.abc import Callable, Mapping

from aiohttp import web

from ccore.calls.legs import Found, Leg, everything, find
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.queues.model import Presence
from ccore.web.auth import Auth

CALL = "{call:[A-Za-z0-9._-]{1,150}}"  # a LinkedID, in paths
Presences = Callable[[], Mapping[str, Presence]]


class Live:
    """Finds calls for those who ask for them; ``presences`` says who sits at which phone."""

    def __init__(self, auth: Auth, trackers: Mapping[str, Tracker], presences: Presences) -> None:
        self.auth = auth
        self._trackers = trackers
        self._presences = presences

    async def call(self, request: web.Request) -> tuple[Person, Found, Leg | None]:
        """Who asks, the call of the path, and the agent's part in it that is meant: an agent's own.

        Raises HTTPNotFound if there is no such call, or it is not theirs.
        """
        person = await self.auth.person(request, Role.AGENT, Role.SUPERVISOR)
        found = find(self._trackers, request.match_info["call"], self._seated())
        leg = self._meant(person, found) if found else None
        if found is None or (leg is None and not oversees(person)):
            raise web.HTTPNotFound(text="you have no such call now")
        return person, found, leg

    async def part(self, request: web.Request) -> tuple[Person, Found, Leg]:
        """As ``call``, of which an agent has to have a part."""
        person, found, leg = await self.call(request)
        if leg is None:
            raise web.HTTPConflict(text="no agent is in this call")
        return person, found, leg

    async def whose(self, request: web.Request, *others: Role) -> tuple[Person, str, Found | None]:
        """Who asks about a call that may be over, its LinkedID, and the call if it is there; ``others`` may as well.

        Raises HTTPNotFound for an agent whose last call it is not.
        """
        person = await self.auth.person(request, Role.AGENT, Role.SUPERVISOR, *others)
        call = request.match_info["call"]
        found = find(self._trackers, call, self._seated())
        if person.role is Role.AGENT and not (found and self._meant(person, found)):
            presence = self._presences().get(person.agent)
            if presence is None or presence.call != call:
                raise web.HTTPNotFound(text="that is no call of yours")
        return person, found.call.id if found else call, found

    def listed(self, person: Person) -> list[Found]:
        """Those that a person may see."""
        calls = everything(self._trackers, self._seated())
        return [found for found in calls if oversees(person) or self._meant(person, found)]

    def presence(self, agent: str) -> Presence | None:
        """What an agent does now."""
        return self._presences().get(agent)

    def _meant(self, person: Person, found: Found) -> Leg | None:
        if oversees(person):
            return found.leg()
        return found.leg(person.agent) if person.agent else None

    def _seated(self) -> dict[tuple[str, str], str]:
        devices = ((agent, presence.device) for agent, presence in self._presences().items())
        return {(device.node, device.number): agent for agent, device in devices if device is not None}


def oversees(person: Person) -> bool:
    """Whether everybody's calls are their business."""
    return person.may(Role.SUPERVISOR)


def routes(live: Live) -> list[web.RouteDef]:
    """``GET /api/calls`` and ``GET /api/calls/{call}``."""

    async def calls(request: web.Request) -> web.Response:
        person = await live.auth.person(request, Role.AGENT, Role.SUPERVISOR)
        return web.json_response({"calls": [as_data(found) for found in live.listed(person)]})

    async def one(request: web.Request) -> web.Response:
        _, found, _ = await live.call(request)
        return web.json_response(as_data(found))

    return [web.get("/api/calls", calls), web.get(f"/api/calls/{CALL}", one)]


def as_data(found: Found) -> dict[str, object]:
    """A call as JSON tells it: numbers are masked."""
    waiting = found.waiting
    return {
        "call": found.call.id,
        "node": found.node,
        "began_at": found.call.began_at.isoformat(),
        "caller": mask_number(found.customer.caller) if found.customer and found.customer.caller else "",
        "waits_in": waiting.queue if waiting else "",
        "agents": [
            {
                "agent": leg.agent,
                "phone": leg.phone,
                "state": leg.channel.state,
                "talks": found.talks(leg),
                "consults": found.consults(leg),
                "queue": leg.channel.queue,
            }
            for leg in found.legs
        ],
        "channels": [_channel(each) for each in found.channels],
    }


def _channel(channel: Channel) -> dict[str, object]:
    return {
        "channel": channel.uniqueid,
        "state": channel.state,
        "since": channel.began_at.isoformat(),
        "held": channel.held,
        "recording": channel.recording,
    }
