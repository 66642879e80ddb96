"""Everybody who is told of what moves: sockets, the topics they want, sessions that end, gaps in what is heard."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NoReturn

import structlog

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.people.service import IDLE, SEEN_EVERY
from ccore.web.live import metrics
from ccore.web.live.board import frame
from ccore.web.live.client import GOING_AWAY, OVER, Client
from ccore.web.live.room import Room, Source, Stand
from ccore.web.live.topics import TOPICS

log = structlog.get_logger()

TURN_S = 0.06  # what happens within it is told together
LOOK_EVERY_S = 0.25  # at links, and at sockets that were too slow
SESSIONS_EVERY_S = 0.7  # what is revoked is cut off within a second
AGAIN_EVERY_S = 10.0  # everything is looked at again: a fact can be lost
MOST_CLIENTS = 3_000  # a file descriptor each
MOST_OF_ONE = 20  # tabs of one person

Gaps = Callable[[], Mapping[str, datetime]]  # by topic: since when facts of it may be missing


class Hub:
    """The live sockets of one ccore. ``sources`` by topic; ``gaps`` is asked often and must not wait."""

    def __init__(self, database: Database, sources: Mapping[str, Source], gaps: Gaps) -> None:
        epoch = secrets.token_hex(4)  # no other run of any ccore has it
        self.rooms = {name: Room(TOPICS[name], source, epoch) for name, source in sources.items()}
        self._database = database
        self._gaps = gaps
        self._clients: dict[Client, None] = {}
        self._news = asyncio.Event()
        self._moved: set[str] = set()

    def is_full(self, login: str) -> bool:
        """Whether there is no place for one more socket, or for one of this person."""
        theirs = sum(client.person.login == login for client in self._clients)
        return len(self._clients) >= MOST_CLIENTS or theirs >= MOST_OF_ONE

    def mark(self, topic: str, *keys: str) -> None:
        """These entries may be other than they were; never waits."""
        self.rooms[topic].mark(*keys)
        self._news.set()

    def mark_all(self, topic: str) -> None:
        """Any of its entries may be other than it was."""
        self.rooms[topic].mark_all()
        self._news.set()

    def moved(self, topic: str) -> None:
        """Some of those who see this topic may see something else of it from now on."""
        self._moved.add(topic)

    def watched(self, topic: str) -> bool:
        """Whether anybody looks at it."""
        return bool(self.rooms[topic].stands)

    def join(self, client: Client) -> None:
        """There is one more socket."""
        self._clients[client] = None
        metrics.CLIENTS.set(len(self._clients))

    def leave(self, client: Client) -> None:
        """It is gone."""
        for topic in tuple(client.stands):
            self.unsubscribe(client, topic)
        client.closed = True
        self._clients.pop(client, None)
        metrics.CLIENTS.set(len(self._clients))

    async def subscribe(self, client: Client, topic: str, epoch: str, seq: int | None) -> str:
        """Tell a client of a topic from now on; "" or why not. Raises Unavailable."""
        room = self.rooms.get(topic)
        if room is None:
            return "there is no such topic"
        if not client.may(room.topic):
            return "this is not for you"
        stand = await room.enter(client.person)
        if stand is None:
            return "there is nothing of this for you"
        self._seat(client, room, stand)
        missed = None if seq is None else stand.since(epoch, seq)
        if missed is None:
            client.tell(topic, stand.snapshot())
        for diff in missed or ():
            client.tell(topic, frame(diff.text))
        if room.gap is not None or missed is not None:
            client.tell(topic, room.gap_frame())
        return ""

    def unsubscribe(self, client: Client, topic: str) -> None:
        """No more of it."""
        stand = client.stands.pop(topic, None)
        client.missed.discard(topic)
        if stand is not None:
            stand.clients.pop(client, None)
            stand.left_at = time.monotonic()

    async def run(self) -> None:
        """For ever; at the end everybody is sent away."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._turn(), name="live turns")
                group.create_task(self._look(), name="live looks")
                group.create_task(self._look_again(), name="live rooms")
                group.create_task(Trouble("live_sessions_not_seen").every(SESSIONS_EVERY_S, self.look_at_sessions))
        finally:
            for client in tuple(self._clients):
                client.end(GOING_AWAY, "going-away")

    def turn(self) -> None:
        """Tell what was marked."""
        for room in self.rooms.values():
            if (waited_since := room.turn()) is not None:
                metrics.LAG.observe(time.monotonic() - waited_since)

    async def look_at_sessions(self) -> None:
        """Close the sockets of those who are let in no more, and keep the sessions of those who are active.

        Raises Unavailable.
        """
        clients = tuple(self._clients)
        if not clients:
            return
        sessions = list({client.session for client in clients if client.session})
        if active := list({client.session for client in clients if client.session and client.active}):
            await self._database.execute("live.seen", active, IDLE, SEEN_EVERY)
        tokens = list({client.token for client in clients if client.token})
        if displays := list({client.display for client in clients if client.display}):
            await self._database.execute("displays.seen", displays, SEEN_EVERY)
        rows = await self._database.fetch("live.let_in", sessions, IDLE, tokens, displays)
        let_in = {tuple(row) for row in rows}
        for client in clients:
            client.active = False
            who = client.person
            if (client.session, client.token, client.display, who.agent, who.employee) not in let_in:
                client.end(OVER, "session-over")

    async def _turn(self) -> NoReturn:
        while True:
            await self._news.wait()
            await asyncio.sleep(TURN_S)
            self._news.clear()
            self.turn()

    async def _look(self) -> NoReturn:
        while True:
            gaps = self._gaps()
            for name, room in self.rooms.items():
                room.gapped(gaps.get(name))
            for client in [each for each in self._clients if each.missed]:
                self._tell_anew(client, client.catch_up())
            await self._move()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look_again(self) -> NoReturn:
        while True:
            await asyncio.sleep(AGAIN_EVERY_S)
            now = time.monotonic()
            for name, room in self.rooms.items():
                room.forget(now)
                self.mark_all(name)
                await asyncio.sleep(TURN_S * 2)  # one after the other: calls go on

    def _tell_anew(self, client: Client, topics: Iterable[str]) -> None:
        for topic in topics:
            metrics.LATE.inc()
            client.tell(topic, client.stands[topic].snapshot())
            client.tell(topic, self.rooms[topic].gap_frame())

    async def _move(self) -> None:
        moved, self._moved = self._moved, set()
        for topic in moved & self.rooms.keys():
            for client in [each for each in self._clients if topic in each.stands]:
                with Trouble("live_audience_not_known").noted():
                    await self._move_one(client, self.rooms[topic])

    async def _move_one(self, client: Client, room: Room) -> None:
        topic, stand = room.topic.name, await room.enter(client.person)
        if topic not in client.stands or client.stands[topic] is stand:
            return
        if stand is None:
            self.unsubscribe(client, topic)
            client.tell(topic, refused(topic, "there is nothing of this for you"))
        else:
            self._seat(client, room, stand)
            client.tell(topic, stand.snapshot())

    def _seat(self, client: Client, room: Room, stand: Stand) -> None:
        topic = room.topic.name
        self.unsubscribe(client, topic)
        if not client.closed:
            client.stands[topic] = stand
            stand.clients[client] = None


def refused(topic: str, why: str) -> bytes:
    """A frame that says that a topic is not told, and why."""
    return said({"topic": topic, "denied": why})


def said(what: Mapping[str, object]) -> bytes:
    """A frame that says this."""
    return frame(json.dumps(what))
