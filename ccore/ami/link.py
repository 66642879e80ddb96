"""The supervised link to one Asterisk: two logins, reconnected for ever; typed actions out, ordered events in."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

import structlog

from ccore.ami import metrics, snapshot
from ccore.ami.actions import Action, Login, Reply
from ccore.ami.inbox import Inbox
from ccore.ami.listeners import EventCallback, Listeners, LoginCallback
from ccore.ami.refusals import Refusals
from ccore.ami.session import DEFAULTS, Limits, Lost, Reason, Session
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message, Unsendable
from ccore.clock import utc_now
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

EventSink = Callable[[Message], None]
LossCallback = Callable[[Lost], None]
EVENTS_USER, ACTIONS_USER = "ccore-events", "ccore-actions"

FIRST_WAIT_S = 0.25
REFUSED_FIRST_WAIT_S = 5.0  # a wrong password does not mend itself, and each try costs Asterisk a thread and a second
AWAY_WAIT_S = 2.0  # an Asterisk that restarts is back within a second: callers wait for us, a try costs nothing
LONGEST_WAIT_S = 30.0
STEADY_S = 30.0  # a link that held this long begins again with the shortest wait

_OUTCOMES: dict[type[Exception], str] = {
    Unavailable: "unavailable",
    OutcomeUnknown: "unknown",
    ActionRefused: "refused",
    Unsendable: "unsendable",
}

# Asterisk or the network is away. Every other reason is a fault that a quick new try will most likely meet again.
_AWAY = frozenset({Reason.UNREACHABLE, Reason.CLOSED, Reason.SILENT, Reason.SHUTTING_DOWN, Reason.NOT_BOOTED})

log = structlog.get_logger()


def wait_s(reason: Reason, failures: int, jitter: float) -> float:
    """How long to wait before the next try, after ``failures`` in a row (from 1); ``jitter`` is random in 0…1."""
    first = REFUSED_FIRST_WAIT_S if reason is Reason.LOGIN_REFUSED else FIRST_WAIT_S
    longest = AWAY_WAIT_S if reason in _AWAY else LONGEST_WAIT_S
    return min(first * 2.0 ** min(failures - 1, 10), longest) * (0.75 + jitter / 4)


class Link:
    """The link to one node's AMI. Register callbacks, then run it for as long as the daemon lives.

    Callbacks are awaited one at a time, in Asterisk's order: after each login first those of ``on_login``, with the
    state as it is, then the events since that login. A callback that fails is logged and counted, no more; after a
    failed ``on_login`` the link is made anew, because what its listener knows would be wrong.
    """

    def __init__(
        self,
        node: str,
        host: str,
        port: int,
        events_secret: str,
        actions_secret: str,
        limits: Limits = DEFAULTS,
    ) -> None:
        self.node = node
        self.epoch = 0  # logins so far; each snapshot carries its own
        self._address = (host, port)
        self._events_login = Login(EVENTS_USER, events_secret, "on")
        self._actions_login = Login(ACTIONS_USER, actions_secret, "off")
        self._limits = limits
        self._inbox = Inbox(limits.queue)
        self._refusals = Refusals(node)
        self._listeners = Listeners(node, limits.burst_s, self._resync)
        self._on_lost: list[LossCallback] = []
        self._running = False
        self.lost: Lost | None = None  # how it ended last, or why it does not come up; None: it never was down
        self._up = asyncio.Event()
        self._sessions: tuple[Session, Session] | None = None  # events, actions; of the life that is up
        self._up_since: float | None = None
        self._heard: tuple[Session, datetime] | None = None  # the last that came up for events, and from when on
        metrics.QUEUE_DEPTH.labels(node).set_function(self._inbox.__len__)
        metrics.UP.labels(node).set_function(self._up.is_set)

    @property
    def up(self) -> bool:
        """Whether actions can be sent and events come."""
        return self._up.is_set()

    @property
    def up_since(self) -> datetime | None:
        """UTC of when the link came up; None while it is down."""
        return _utc(self._up_since) if self.up and self._up_since is not None else None

    @property
    def heard_until(self) -> datetime | None:
        """UTC: all that Asterisk told before has reached the callbacks, or is sure to; None before the first login.

        Past a loss it stays where it was, until the next login. A frozen ccore does not move it.
        """
        if self._heard is None:
            return None
        session, linked_at = self._heard
        return max(linked_at, _utc(min(session.proven_at, time.monotonic() - self.behind_s)))

    @property
    def behind_s(self) -> float:
        """For how long the oldest event that came has waited for its callbacks."""
        return self._inbox.behind_s

    async def wait_up(self) -> None:
        """Return as soon as the link is up."""
        await self._up.wait()

    def on(self, event_name: str, callback: EventCallback) -> None:
        """Await ``callback`` with every event of this name, such as "Hangup". Before ``run`` only.

        An event into which a caller wrote line breaks never comes: state built on events needs a look at the snapshot,
        or at CoreShowChannels, from time to time. FullyBooted is the link's own; listen with ``on_login`` instead.
        """
        assert not self._running, "the names go into the filter at login: register before run"
        self._listeners.on(event_name, callback)

    def on_login(self, callback: LoginCallback) -> None:
        """Await ``callback`` with the snapshot of every login. Before ``run`` only."""
        assert not self._running, "register before run"
        self._listeners.on_login(callback)

    def on_lost(self, callback: LossCallback) -> None:
        """Call ``callback`` once for every loss of a link that had come up. Before ``run`` only.

        ``heard_until`` says then where the gap begins. It must not wait, nor raise.
        """
        assert not self._running, "register before run"
        self._on_lost.append(callback)

    async def look(self) -> Snapshot:
        """Asterisk's state now. Raises Unavailable and OutcomeUnknown.

        Events still on their way, some ``behind_s`` and within Asterisk itself, may be older than what it says.
        """
        if self._sessions is None:
            raise Unavailable(f"{self.node}: no link to Asterisk")
        try:
            return await self._take(self._sessions[1], self.epoch)
        except (ActionRefused, KeyError) as error:
            raise Unavailable(f"{self.node}: {error}") from error

    async def send(self, action: Action, timeout_s: float = 5.0) -> Reply:
        """Send one action, once, and wait for its answer.

        Raises Unavailable (not sent, or Asterisk shuts down: nothing was done), OutcomeUnknown (sent, but the answer
        was lost or late), ActionRefused (Asterisk said no) and Unsendable (it cannot be written safely).
        """
        outcome = "given_up"
        try:
            if self._sessions is None:
                raise Unavailable(f"{self.node}: no link to Asterisk")
            reply = await self._sessions[1].send_action(action, timeout_s)
            outcome = "answered"
            return reply
        except tuple(_OUTCOMES) as error:
            outcome = _OUTCOMES[type(error)]
            raise
        finally:
            metrics.ACTIONS.labels(self.node, type(action).__name__, outcome).inc()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        self._running = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listeners.tell_all(self._inbox), name=f"ami callbacks {self.node}")
            group.create_task(self._reconnect(), name=f"ami link {self.node}")

    async def _reconnect(self) -> NoReturn:
        failures = 0
        lost = Lost(Reason.UNREACHABLE, "not tried yet")
        while True:
            previous = lost.reason
            try:
                await self._live()
            except* Lost as group:
                self.lost = lost = _first(group)
            steady = self._up_since is not None and time.monotonic() - self._up_since > STEADY_S
            failures = 1 if steady or lost.reason is not previous else failures + 1
            pause_s = wait_s(lost.reason, failures, random.random())  # noqa: S311 jitter is no secret
            self._tell(lost, failures, pause_s)
            await asyncio.sleep(pause_s)

    async def _live(self) -> None:
        """One life of the link, from connecting to its loss; always ends by raising Lost, alone or in a group."""
        self._up_since = None
        self._inbox.hold()
        events = self._session(self._events_login, self._listeners.events, self._inbox.put)
        actions = self._session(self._actions_login)
        try:
            await events.open()
            await actions.open()
            async with asyncio.TaskGroup() as group:
                group.create_task(events.watch(), name=f"ami events {self.node}")
                group.create_task(actions.watch(), name=f"ami actions {self.node}")
                await self._come_up(events, actions)
        finally:
            self._up.clear()
            self._sessions = None
            events.close()
            actions.close()

    async def _come_up(self, events: Session, actions: Session) -> None:
        """Subscribed first, then asked: what happens in between is among the events that follow the snapshot."""
        hint = "no FullyBooted: Asterisk is still starting, or its account may not read class system"
        await events.happens(events.booted, self._limits.boot_s, Lost(Reason.NOT_BOOTED, hint))
        try:
            taken = await self._take(actions, self.epoch + 1)
        except (Unavailable, OutcomeUnknown, ActionRefused, KeyError) as error:
            raise actions.loss(Lost(Reason.SNAPSHOT_FAILED, str(error))) from error
        self.epoch = taken.epoch
        self._inbox.release(taken)
        self._sessions, self._heard = (events, actions), (events, taken.asked_at)
        self._up_since = time.monotonic()
        self._up.set()
        log.info(
            "ami_link_came_up",
            node=self.node,
            epoch=self.epoch,
            booted_at=taken.booted_at,
            channels=len(taken.channels),
            unreadable=taken.unreadable,
        )

    async def _take(self, actions: Session, epoch: int) -> Snapshot:
        return await snapshot.take(partial(actions.send_action, timeout_s=self._limits.snapshot_s), epoch)

    def _session(self, login: Login, wanted: frozenset[str] | None = None, deliver: EventSink | None = None) -> Session:
        return Session(self.node, *self._address, login, self._limits, self._refusals, wanted, deliver)

    def _tell(self, lost: Lost, failures: int, pause_s: float) -> None:
        metrics.RECONNECTS.labels(self.node, lost.reason).inc()
        if self._up_since is not None:
            for callback in self._on_lost:
                callback(lost)
        dropped = self._inbox.clear() if lost.reason is Reason.OVERFLOW else 0
        metrics.EVENTS.labels(self.node, "dropped").inc(dropped)
        still = failures > 1 and self._up_since is None  # an Asterisk that stays away is told once
        (log.debug if still else log.warning)(
            "ami_link_lost",
            node=self.node,
            reason=lost.reason.value,
            detail=lost.detail,
            events_dropped=dropped,
            next_try_s=round(pause_s, 2),
        )

    def _resync(self, taken: Snapshot) -> None:
        """A listener failed on a snapshot: what it knows is wrong until it has seen another."""
        if self._sessions is not None and taken.epoch == self.epoch:
            self._sessions[0].lose(Lost(Reason.RESYNC_FAILED, "a listener did not take the snapshot in"))


def _utc(monotonic_s: float) -> datetime:
    """The wall clock at a monotonic time of the past, by what it says now."""
    return utc_now() - timedelta(seconds=time.monotonic() - monotonic_s)


def _first(group: BaseExceptionGroup[Lost]) -> Lost:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
