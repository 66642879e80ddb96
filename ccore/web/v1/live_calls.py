"""Finds the calls there are now for those who ask for them: agents see their own, supervisors all."""

from collections.abc import Callable, Mapping

from aiohttp import web

from ccore.calls.legs import Found, Leg, everything, find
from ccore.calls.tracker import Tracker
from ccore.people.model import Person, Role
from ccore.queues.model import Presence, seated

CALL = "{call:[A-Za-z0-9._-]{1,150}}"  # a LinkedID, in paths of operations
Presences = Callable[[], Mapping[str, Presence]]


class LiveCalls:
    """``presences`` says who sits at which phone. That somebody may ask at all has been seen to before."""

    def __init__(self, trackers: Mapping[str, Tracker], presences: Presences) -> None:
        self._trackers = trackers
        self._presences = presences

    def call(self, person: Person, call: str) -> tuple[Found, Leg | None]:
        """The call ``call``, and the agent's part in it that is meant: an agent's own.

        Raises HTTPNotFound if there is no such call, or it is not theirs.
        """
        found = find(self._trackers, call, seated(self._presences()))
        leg = _meant(person, found) if found else None
        if found is None or (leg is None and not oversees(person)):
            raise web.HTTPNotFound(text="you have no such call now")
        return found, leg

    def part(self, person: Person, call: str) -> tuple[Found, Leg]:
        """As ``call``, of which an agent has to have a part. Raises HTTPConflict too."""
        found, leg = self.call(person, call)
        if leg is None:
            raise web.HTTPConflict(text="no agent is in this call")
        return found, leg

    def whose(self, person: Person, call: str) -> tuple[str, Found | None]:
        """The LinkedID of a call that may be over, and the call if it is there.

        Raises HTTPNotFound for an agent whose last call it is not.
        """
        found = find(self._trackers, call, seated(self._presences()))
        if person.role is Role.AGENT and not (found and _meant(person, found)):
            presence = self._presences().get(person.agent)
            if presence is None or presence.call != call:
                raise web.HTTPNotFound(text="that is no call of yours")
        return (found.call.id if found else call), found

    def listed(self, person: Person) -> list[Found]:
        """Those that a person may see."""
        calls = everything(self._trackers, seated(self._presences()))
        return [found for found in calls if oversees(person) or _meant(person, found)]

    def presence(self, agent: str) -> Presence | None:
        """What an agent does now."""
        return self._presences().get(agent)


def oversees(person: Person) -> bool:
    """Whether everybody's calls are their business."""
    return person.may(Role.SUPERVISOR)


def _meant(person: Person, found: Found) -> Leg | None:
    if oversees(person):
        return found.leg()
    return found.leg(person.agent) if person.agent else None
