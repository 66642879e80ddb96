"""The agents of the centre: what each is doing, asked for by people and told by Asterisk, and written down first."""

import asyncio
import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn

import structlog

from ccore.ami.link import Link
from ccore.ami.wire import Unsendable
from ccore.centre.centre import Centre
from ccore.centre.lines import OWN_LINE, lines
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.queues.free_seat import free_seat
from ccore.queues.model import Agent, Device, Presence, State
from ccore.queues.places import MemberAction, Places, moves, places
from ccore.queues.presence import Event, Happened, Policy, after
from ccore.queues.roster import Change, Roster

log = structlog.get_logger()

LOOK_EVERY_S = 0.5  # at what other ccores and commands have changed
TRIES = 5  # of a change, each time somebody else was faster
SEND_LIMIT_S = 2.0  # what Asterisk does not do within it, upkeep does
CCORE = "ccore"  # who did what a call, a device or the clock did

Changed = Callable[[Presence, Presence], None]


class Outcome(enum.StrEnum):
    """What came of a request about an agent's presence."""

    DONE = "done"
    UNKNOWN_AGENT = "unknown-agent"
    UNKNOWN_DEVICE = "unknown-device"  # no phone of phones.toml, no outside number of this agent's
    NO_DEVICE = "no-device"  # every browser phone is taken
    UNKNOWN_REASON = "unknown-reason"  # not of centre.toml
    NOT_SIGNED_IN = "not-signed-in"
    NOT_NOW = "not-now"  # this cannot be in the state they are in
    RESULT_MISSING = "result-missing"  # they have to say first what came of their call


class Agents:
    """Presences are in PostgreSQL, and what this ccore knows of them in memory, half a second late at most.

    ``nudge`` is called with a node of which something else is wanted now. Requests raise Unavailable.
    """

    def __init__(self, database: Database, links: Mapping[str, Link], nudge: Callable[[str], None]) -> None:
        self.trouble = Trouble("agents_not_read")
        self.known = asyncio.Event()  # what was in PostgreSQL when this ccore began
        self._roster = Roster(database)
        self._links = links
        self._nudge = nudge
        self._centre: Centre | None = None
        self._seating = asyncio.Lock()
        self._queues: Mapping[str, Queue] = {}
        self._unfilled = asyncio.Event()  # lines and members may be others than PostgreSQL has
        self._number = -1  # of changes of agents, as far as they are known
        self._read_at = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
        self._agents: Mapping[str, Agent] = {}
        self._outside: Mapping[str, str] = {}
        self._presences: dict[str, Presence] = {}
        self._told: list[Changed] = []
        self._owes: Callable[[str], Awaitable[bool]] | None = None

    def use(self, centre: Centre) -> None:
        """The queues, phones and reasons there are from now on."""
        self._centre, self._queues = centre, centre.queues
        self._unfilled.set()

    def on_change(self, callback: Changed) -> None:
        """Tell ``callback`` of every presence that changes, with what it was before; it must not wait."""
        self._told.append(callback)

    def agents(self) -> Mapping[str, Agent]:
        """Who there is, by number."""
        return self._agents

    def presences(self) -> Mapping[str, Presence]:
        """What everybody does, by number."""
        return self._presences

    def count(self) -> Mapping[str, int]:
        """How many agents are in each state."""
        counted = Counter(presence.state.value for presence in self._presences.values())
        return {state.value: counted[state.value] for state in State}

    def queues(self) -> Mapping[str, Queue]:
        """The queues there are."""
        return self._queues

    async def sign_in(self, agent: str, device: Device, by: str) -> Outcome:
        """They take calls at ``device`` from now on; whoever did so there does no more."""
        if agent not in self._agents:
            await self.look()  # they may be new
        if agent in self._agents and not self._may_use(agent, device):
            return Outcome.UNKNOWN_DEVICE
        return await self._change(agent, Event(Happened.SIGN_IN, device=device), by)

    async def sign_in_anywhere(self, agent: str, by: str, number: str | None, node: str | None) -> Outcome:
        """As ``sign_in`` at the browser phone they sit at already, or at one where nobody does."""
        async with self._seating:  # two who come at once do not get the same
            sits = {other: presence.device for other, presence in self._presences.items() if presence.device}
            device = sits.get(agent)
            if device is None or device.kind != "browser" or number not in {None, device.number}:
                ranges = self._centre.phones if self._centre else ()
                device = free_seat(ranges, self._links.keys(), sits.values(), number, node)
            return Outcome.NO_DEVICE if device is None else await self.sign_in(agent, device, by)

    async def sign_out(self, agent: str, by: str) -> Outcome:
        """They take no more calls; one that they are in goes on."""
        return await self._change(agent, Event(Happened.SIGN_OUT), by)

    async def pause(self, agent: str, reason: str, by: str) -> Outcome:
        """They take no calls for now; in a call or a wrap-up, after it."""
        if self._centre is None or reason not in self._centre.words.pause:
            return Outcome.UNKNOWN_REASON
        return await self._change(agent, Event(Happened.PAUSE, reason=reason), by)

    async def resume(self, agent: str, by: str) -> Outcome:
        """They take calls again."""
        return await self._change(agent, Event(Happened.RESUME), by)

    async def extend_wrap_up(self, agent: str, seconds: int, by: str) -> Outcome:
        """Their wrap-up lasts for so many seconds from now, or as long as the queue allows."""
        until = utc_now() + timedelta(seconds=seconds)
        return await self._change(agent, Event(Happened.EXTEND, until=until), by)

    def wait_for(self, owes: Callable[[str], Awaitable[bool]]) -> None:
        """No wrap-up is ended by people while ``owes`` says that the agent has something to write about the call."""
        self._owes = owes

    async def end_wrap_up(self, agent: str, by: str) -> Outcome:
        """Their wrap-up is over."""
        if self._owes is not None and await self._owes(agent):
            return Outcome.RESULT_MISSING
        return await self._change(agent, Event(Happened.END_WRAP_UP), by)

    async def happened(self, agent: str, event: Event) -> Outcome:
        """Asterisk or the clock told of something."""
        return await self._change(agent, event, CCORE)

    def pauses(self) -> list[str]:
        """The reasons for a pause, in the order of the operator's file."""
        return [] if self._centre is None else list(self._centre.words.pause)

    def kind_of(self, phone: str) -> Literal["phone", "browser"]:
        """What the phone of this number is."""
        ranges = self._centre.phones if self._centre else ()
        browser = any(each.kind == "browser" and phone in each.numbers for each in ranges)
        return "browser" if browser else "phone"

    async def queue_of_call(self, call_key: str) -> str:
        """The queue that a caller came to last."""
        return await self._roster.queue_of_call(call_key)

    async def run(self) -> NoReturn:
        """Keep up with what other ccores and commands change, and fill the lines of the queues, for ever."""
        while True:
            with self.trouble.noted():
                await self.look()
            try:
                await asyncio.wait_for(self._unfilled.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue
            if self.trouble.reason:
                await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Take in what was changed elsewhere, and let PostgreSQL have the members that follow from it."""
        number, now = await self._roster.number()
        if number != self._number:
            self._agents, self._outside = await self._roster.agents()
            self._unfilled.set()
        for presence in await self._roster.presences(self._read_at):
            self._take_in_anothers(presence)
        self._number, self._read_at = number, now
        self.known.set()
        await self._sign_out_the_removed()
        if self._unfilled.is_set() and self._centre is not None:
            self._unfilled.clear()
            await self._fill()

    async def _fill(self) -> None:
        queues = self._queues
        names = [line for name in queues for line in lines(name, queues)]
        pairs = [(node, line) for node in self._links for line in (*names, OWN_LINE)] if names else []
        signed_in = [each for each in self._presences.values() if each.device]
        try:
            filled = await self._roster.fill(pairs, [(each, self._places(each)) for each in signed_in])
        except BaseException:
            self._unfilled.set()
            raise
        if not filled.whole:
            self._unfilled.set()
        for node in filled.nodes & self._links.keys():
            self._nudge(node)

    async def _sign_out_the_removed(self) -> None:
        for agent in self._presences.keys() - self._agents.keys():
            if (presence := await self._roster.presence(agent)) and presence.device:
                self._presences[agent] = presence
                await self._change(agent, Event(Happened.SIGN_OUT), CCORE)
            self._presences.pop(agent, None)

    async def _change(self, agent: str, event: Event, by: str) -> Outcome:
        for _ in range(TRIES):
            before = self._presences.get(agent)
            if before is None:
                return Outcome.UNKNOWN_AGENT
            now = utc_now()
            later = after(before, event, self._policy(event.queue or before.queue), now)
            if later is None:
                return Outcome.NOT_SIGNED_IN if before.state is State.SIGNED_OUT else Outcome.NOT_NOW
            if later is before:
                return Outcome.DONE
            changes = [*self._displaced(event, agent, now), self._step(before, later, by, now)]
            if await self._save(changes, [agent]):
                await self._carry_out(changes, anew=event.what is Happened.END_WRAP_UP)
                return Outcome.DONE
        raise Unavailable(f"agent {agent} is being changed by others all the time")

    def _displaced(self, event: Event, agent: str, now: datetime) -> list[Change]:
        """Signs out whoever has the device that is signed in at."""
        if event.device is None:
            return []
        number, found = event.device.number, []
        for other in self._presences.values():
            if other.device and other.device.number == number and other.agent != agent:
                out = after(other, Event(Happened.SIGN_OUT), Policy(), now)
                assert out is not None, "who has a device is signed in"
                found.append(self._step(other, out, f"agent {agent}", now))
        return found

    async def _save(self, changes: list[Change], agents: Iterable[str]) -> bool:
        """Whether they are true now; if not, what the agents do is known anew."""
        try:
            saved = await self._roster.save(*changes)
        except OutcomeUnknown:
            saved = False  # if it is true after all, it is found out now
        if not saved:
            for agent in {*agents, *(change.after.agent for change in changes)}:
                if presence := await self._roster.presence(agent):
                    self._take_in(presence)
            return False
        for change in changes:
            self._take_in(change.after)
            if change.is_told:
                log.info("agent_changed", agent=change.after.agent, **_words(change))
        return True

    async def _carry_out(self, changes: list[Change], *, anew: bool) -> None:
        """Have Asterisk follow at once; what it does not take is left to upkeep."""
        told = [
            action
            for change in changes
            for action in moves(change.places_before, change.places, anew=anew, released=_released(change))
        ]
        await asyncio.gather(*(self._send(node, action) for node, action in told))

    async def _send(self, node: str, action: MemberAction) -> None:
        try:
            await self._links[node].send(action, SEND_LIMIT_S)
        except (Unavailable, OutcomeUnknown, ActionRefused, Unsendable) as error:
            log.debug("agent_action_left_to_upkeep", node=node, action=type(action).__name__, reason=str(error))
            self._nudge(node)

    def _take_in_anothers(self, presence: Presence) -> None:
        """Of another ccore or a command, which may have no link to the Asterisk that is to follow."""
        before = self._presences.get(presence.agent)
        self._take_in(presence)
        if before is None:
            return
        was, now = self._places(before), self._places(self._presences[presence.agent])
        for node in {place.node for place in (was, now) if place and was != now} & self._links.keys():
            self._nudge(node)

    def _take_in(self, presence: Presence) -> None:
        before = self._presences.get(presence.agent)
        if before is not None and before.version >= presence.version:
            return
        self._presences[presence.agent] = presence
        for callback in self._told:
            callback(before or Presence(presence.agent, State.SIGNED_OUT, presence.since), presence)

    def _step(self, before: Presence, later: Presence, by: str, now: datetime) -> Change:
        return Change(before, later, self._places(before), self._places(later), by, now)

    def _places(self, presence: Presence) -> Places | None:
        agent = self._agents.get(presence.agent)
        return None if agent is None else places(agent, presence, self._queues)

    def _policy(self, queue: str) -> Policy:
        known = self._queues.get(queue)
        return Policy() if known is None else Policy(known.wrap_up_s, known.wrap_up_most_s, known.missed_most)

    def _may_use(self, agent: str, device: Device) -> bool:
        if device.node not in self._links:
            return False
        if device.kind == "outside":
            return device.number == self._outside.get(agent)
        return any(
            device.number in phones.numbers and (phones.nodes is None or device.node in phones.nodes)
            for phones in (self._centre.phones if self._centre else ())
            if phones.kind == ("sip" if device.kind == "phone" else "browser")
        )


def _released(change: Change) -> bool:
    """Whether a wrap-up is over, for which they may have been paused when they were added anew."""
    return change.before.wrap_up_until is not None and change.after.wrap_up_until is None


def _words(change: Change) -> dict[str, str]:
    """For the log."""
    later = change.after
    words = {"state": later.state.value, "before": change.before.state.value, "by": change.by}
    more = {"reason": later.reason, "queue": later.queue, "call_id": later.call}
    device = {"device": later.device.number} if later.device and later.device.kind != "outside" else {}
    return words | device | {name: value for name, value in more.items() if value}
