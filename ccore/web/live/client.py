"""One live socket: what is written to it as it stands, and how long it may be too slow for that."""

import asyncio
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from ccore.people.model import Person
from ccore.web.live import metrics
from ccore.web.live.room import Stand
from ccore.web.live.topics import Topic

MOST_BYTES = 262_144  # that may wait to be read: a snapshot of a large centre
LEFT_BYTES = 32_768  # with so few waiting it is told again
STUCK_S = 10.0  # without reading anything, of what it is told
LINGER_S = 5.0  # for it to read why it was closed
TOO_SLOW, GOING_AWAY, OVER, TOO_MUCH = 1013, 1001, 4401, 1008  # why a socket is closed


@dataclass(slots=True, eq=False)
class Client:
    """The socket of ``person``, who came by session ``session``, or with the token that has the hash ``token``, or of
    the screen ``display`` on a wall.

    ``close`` closes it in order, with a code and a reason. Nothing here waits.
    """

    person: Person
    transport: asyncio.Transport
    close: Callable[[int, str], None]
    session: int = 0
    token: bytes = b""
    display: int = 0
    stands: dict[str, Stand] = field(default_factory=dict)  # by topic
    missed: set[str] = field(default_factory=set)  # topics, while it is too slow
    wanted: set[str] = field(default_factory=set)  # topics, of which some may not be told yet
    closed: bool = False
    active: bool = False  # somebody has used its page since the session was looked at
    _waiting: int = 0
    _read_at: float = 0.0

    def may(self, topic: Topic) -> bool:
        """Whether a topic is for it."""
        return topic.may(self.person) and (topic.on_walls or not self.display)

    def tell(self, topic: str, content: bytes) -> bool:
        """Write a frame, if it can be read in time; else the topic is told again once it can. Whether it was written.

        What waits to be read is never more than MOST_BYTES and one frame.
        """
        if self.closed:
            return False
        if self.missed or self.transport.get_write_buffer_size() > MOST_BYTES:
            if not self.missed:
                self._waiting, self._read_at = self.transport.get_write_buffer_size(), time.monotonic()
            self.missed.add(topic)
            return False
        self.transport.write(content)
        metrics.FRAMES.inc()
        return True

    def catch_up(self) -> Set[str]:
        """For one that was too slow: the topics to tell it anew, as it reads again; closed if it does not."""
        waiting, now = self.transport.get_write_buffer_size(), time.monotonic()
        if self.closed or self.transport.is_closing():
            return frozenset()
        if waiting <= LEFT_BYTES:
            missed, self.missed = self.missed, set()
            return missed & self.stands.keys()
        if waiting < self._waiting:
            self._waiting, self._read_at = waiting, now
        elif now - self._read_at > STUCK_S:
            self._cut(TOO_SLOW)
        return frozenset()

    def end(self, code: int, why: str) -> None:
        """Close it in order."""
        if not self.closed:
            self.closed = True
            metrics.CLOSED.labels(why).inc()
            self.close(code, why)

    def _cut(self, code: int) -> None:
        """As ``end``, for one that does not read: the close stands behind what it has not read yet."""
        self.closed = True
        metrics.CLOSED.labels("too-slow").inc()
        self.transport.write(b"\x88\x02" + code.to_bytes(2, "big"))
        self.transport.close()
        asyncio.get_running_loop().call_later(LINGER_S, self.transport.abort)
