"""Who sits at which browser phone, by which session, and whether that session still lets them in."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ccore.centre.phones import Phones
from ccore.people.model import Person, Role
from ccore.people.service import People
from ccore.queues.free_seat import free_beside
from ccore.queues.model import Device, Presence

LOOK_EVERY_S = 0.4  # at all sessions with a phone, in one query: the cut comes within 1 s
COME_WITHIN_S = 60.0  # a seat that was given to a listener, and at which nobody has sat down yet, is free again then

Presences = Callable[[], Mapping[str, Presence]]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at a browser phone: an agent, or, without an ``agent``, a supervisor who listens to calls there."""

    agent: str
    number: str
    node: str
    session: int


class Seats:
    """Finds the seat of whoever asks, and says whether it is still theirs."""

    def __init__(self, people: People, presences: Presences, phones: Callable[[], Sequence[Phones]]) -> None:
        self._people = people
        self._presences = presences
        self._phones = phones
        self._listeners: dict[int, tuple[Seat, float]] = {}  # by session, and when it was asked for last
        self._watched: Counter[int] = Counter()
        self._still_in: frozenset[int] = frozenset()
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    def of(self, person: Person, session: int) -> Seat | None:
        """Where a person takes calls or listens, if that is a browser and they are signed in by one."""
        device = self._device(person.agent)
        if device is not None and device.kind == "browser" and session:
            return Seat(person.agent, device.number, device.node, session)
        found = self._listeners.get(session)
        return found[0] if found and person.may(Role.SUPERVISOR) else None

    def to_listen(self, person: Person, session: int, node: str) -> Seat | None:
        """A seat at ``node`` for who oversees calls: where they sit already, or one that is free."""
        known = self.of(person, session)
        if known is None or (known.node != node and not known.agent):
            self._forget()
            free = free_beside(self._phones(), [*self._taken(), *self._given(session)], node)
            known = None if free is None or not session else Seat("", free.number, node, session)
        if known is not None and not known.agent:
            self._listeners[session] = known, time.monotonic()
        return known

    @contextmanager
    def watching(self, seat: Seat) -> Iterator[None]:
        """Its session is looked at within the block, together with all the others."""
        self._watched[seat.session] += 1
        self._looked_at = 0.0
        try:
            yield
        finally:
            self._watched -= Counter([seat.session])

    async def why_over(self, seat: Seat) -> str:
        """Why it is no more, or nothing. Raises Unavailable while PostgreSQL does not answer: then nobody knows."""
        if not self._is_theirs(seat):
            return "signed-out"
        async with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._still_in = await self._people.still_in(list(self._watched))
                self._looked_at = time.monotonic()
        return "" if seat.session in self._still_in else "session-ended"

    def _is_theirs(self, seat: Seat) -> bool:
        if seat.agent:
            device = self._device(seat.agent)
            return device is not None and (device.number, device.node) == (seat.number, seat.node)
        known = self._listeners.get(seat.session)
        return known is not None and known[0] == seat and seat.number not in {each.number for each in self._taken()}

    def _device(self, agent: str) -> Device | None:
        presence = self._presences().get(agent) if agent else None
        return None if presence is None else presence.device

    def _taken(self) -> list[Device]:
        return [presence.device for presence in self._presences().values() if presence.device]

    def _given(self, session: int) -> list[Device]:
        others = (seat for own, (seat, _) in self._listeners.items() if own != session)
        return [Device("browser", seat.number, seat.node) for seat in others]

    def _forget(self) -> None:
        """Seats of listeners who have gone, or never came."""
        since = time.monotonic() - COME_WITHIN_S
        gone = [session for session, (_, at) in self._listeners.items() if at < since and not self._watched[session]]
        for session in gone:
            del self._listeners[session]
