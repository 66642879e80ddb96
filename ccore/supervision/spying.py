"""Listens to agents' calls at a supervisor's own phone, and keeps a row of every second of it."""

import asyncio
import uuid
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore.ami.actions import Bridge, Getvar, Hangup, Originate, PlayDTMF, Redirect, Setvar
from ccore.ami.link import Link
from ccore.calls.feed import Feed, Missed
from ccore.calls.legs import Found, Leg
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.centre.phones import endpoint
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import ActionRefused, CcoreError
from ccore.people import audit
from ccore.supervision.model import Mode, Result

log = structlog.get_logger()

CONTEXT = "ccore-spy"
WARN_KEYS = "A2"  # features.conf: ccore-warn
DONE_WITHIN_S = 4.0  # what a channel is told to do
DONE_LOOK_S = 0.1
RINGS_MS = 20_000
LOOK_EVERY_S = 5.0
SURELY_GONE = timedelta(seconds=30)  # from being asked for on: until then its channel may be on its way
_CHANNEL = "spy-"  # of a supervisor's channel, before what makes it unique
_OVER = frozenset({Kind.ENDED, Kind.VANISHED, Kind.DISCONNECTED})  # the last, of one who has taken a call over


class Spying:
    """One ccore's part of all listening. Make it before the links run.

    Asterisk goes on with it when ccore is away; when a supervisor's phone was hung up meanwhile is read from its files.
    """

    def __init__(
        self, database: Database, links: Mapping[str, Link], trackers: Mapping[str, Tracker], feed: Feed
    ) -> None:
        self._database = database
        self._links = links
        self._trackers = trackers
        self._facts = feed.subscribe("spying")

    async def begin(self, who: str, found: Found, leg: Leg, mode: Mode, phone: str) -> int:
        """Have ``phone`` ring, and whoever takes it be in the agent's call; the number of the session.

        Raises as Link.send does: then nothing rings.
        """
        channel = f"{found.node}-{_CHANNEL}{uuid.uuid4().hex}"
        async with self._database.transaction() as transaction:
            number: int = await transaction.fetch_value(
                "handling.begin_spying", found.node, channel, found.call.id, leg.agent, leg.channel.uniqueid,
                who, phone, mode,
            )  # fmt: skip
            detail = {"agent": leg.agent, "mode": mode, "phone": phone, "session": number}
            await audit.note(transaction, who, "listening-asked", f"call:{found.call.id}", detail)
        action = Originate(
            f"PJSIP/{endpoint(phone)}", channel, CONTEXT, mode, timeout_ms=RINGS_MS, caller_id=f"<{leg.agent}>",
            variable=(("CCORE_SPIED", leg.channel.name),),
        )  # fmt: skip
        try:
            await self._links[found.node].send(action)
        except ActionRefused:
            await self._ended(found.node, channel, utc_now())
            raise
        log.info("listening_asked", call_id=found.call.id, agent=leg.agent, mode=mode.value, session=number)
        return number

    async def change(self, session: int, mode: Mode) -> int | None:
        """Go on in another mode, as a session of its own; None: it is over, or the phone still rings."""
        row = await self._database.fetch_row("handling.spying", session)
        channel = self._there(row)
        if row is None or channel is None or row["began_at"] is None:
            return None
        await self._links[row["node"]].send(Redirect(channel, CONTEXT, mode))
        return await self._changed(session, mode)

    async def end(self, session: int) -> Result:
        """Hang the supervisor's phone up."""
        row = await self._database.fetch_row("handling.spying", session)
        channel = self._there(row)
        if row is None or channel is None:
            return Result.NO_SESSION
        await self._links[row["node"]].send(Hangup(channel))
        return Result.DONE

    async def take_over(self, session: int, found: Found) -> int | Result:
        """Once the supervisor's phone has answered, give it the caller; the agent is free. The session it is now."""
        row = await self._answered(session)
        channel = self._there(row)
        if row is None or channel is None or found.customer is None:
            return Result.NOT_ANSWERED
        taken: int | None = session
        if row["mode"] != Mode.TAKE_OVER:
            await self._links[found.node].send(Redirect(channel, CONTEXT, Mode.TAKE_OVER))
            taken = await self._changed(session, Mode.TAKE_OVER)
        if not await _is_set(self._links[found.node], channel, "CCORE_TAKES"):
            return Result.NOT_ANSWERED
        await self._links[found.node].send(Bridge(found.customer.name, channel))
        return Result.NO_SESSION if taken is None else taken

    async def session_of(self, who: str, call: str) -> int | None:
        """The listening of a supervisor to this call that goes on now."""
        number: int | None = await self._database.fetch_value("handling.spying_of", who, call)
        return number

    async def warn(self, found: Found, leg: Leg) -> None:
        """Have the agent hear a tone, to its end: features.conf has what these keys of their channel do.

        Whoever began to listen while it is played would hear the agent alone (Asterisk 22.10).
        """
        link, channel = self._links[found.node], leg.channel.name
        with suppress(ActionRefused):  # the agent has hung up meanwhile
            await link.send(Setvar(channel, "CCORE_WARNED", "0"))
            for key in WARN_KEYS:
                await link.send(PlayDTMF(channel, key, receive=True))
            if not await _is_set(link, channel, "CCORE_WARNED"):
                log.warning("agent_not_warned", call_id=found.call.id, agent=leg.agent)

    async def run(self) -> NoReturn:
        """Follow all sessions, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="follow spying")
            while True:
                await self._tried(self._settle())
                await asyncio.sleep(LOOK_EVERY_S)

    async def _follow(self) -> None:
        async for fact in self._facts:
            if isinstance(fact, Missed):
                continue
            for channel in (fact.channel, fact.peer):
                if f"-{_CHANNEL}" in channel:
                    await self._tried(self._told(fact, channel))

    async def _told(self, fact: Fact, channel: str) -> None:
        if fact.kind is Kind.ANSWERED:
            await self._database.execute("handling.answer_spying", fact.node, channel, fact.at)
        elif fact.kind in _OVER and channel not in self._trackers[fact.node].channels:
            await self._ended(fact.node, channel, fact.at)

    async def _settle(self) -> None:
        """Write down what no fact told: while ccore was away, or of one who has taken a call over and left it."""
        for row in await self._database.fetch("handling.spying_open"):
            node, channel = row["node"], row["channel"]
            tracker = self._trackers.get(node)
            if tracker is None or not self._links[node].up:
                continue
            there = tracker.channels.get(channel)
            if row["began_at"] is None and (answered := row["answered_at"] or (there and _answered_at(there.state))):
                await self._database.execute("handling.answer_spying", node, channel, answered)
            if there is None and (row["gone_at"] or utc_now() - row["asked_at"] > SURELY_GONE):
                await self._ended(node, channel, row["gone_at"] or utc_now())

    async def _ended(self, node: str, channel: str, at: datetime) -> None:
        async with self._database.transaction() as transaction:
            for row in await transaction.fetch("handling.end_spying", node, channel, at):
                detail = {
                    "agent": row["agent"], "mode": row["mode"], "seconds": round(row["seconds"], 1),
                    "session": row["session_id"],
                }  # fmt: skip
                action = "listened" if row["answered"] else "listening-unanswered"
                await audit.note(transaction, row["who"], action, f"call:{row['call_id']}", detail)

    async def _changed(self, session: int, mode: Mode) -> int | None:
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("handling.change_spying", session)
            if row is None:
                return None
            *before, since = row.values()
            number: int = await transaction.fetch_value("handling.continue_spying", *before, mode, since)
            detail = {"agent": row["agent"], "mode": mode, "session": number, "after": session}
            await audit.note(transaction, row["who"], "listening-changed", f"call:{row['call_id']}", detail)
            return number

    async def _answered(self, session: int) -> Record | None:
        """The session once its phone has answered; None if it did not."""
        until = asyncio.get_running_loop().time() + RINGS_MS / 1000 + 1
        while row := await self._database.fetch_row("handling.spying", session):
            if row["began_at"] is not None:
                return row
            if asyncio.get_running_loop().time() > until:
                return None
            await asyncio.sleep(0.1)
        return None

    def _there(self, row: Record | None) -> str | None:
        """The name of a session's channel, if it is there."""
        if row is None or (tracker := self._trackers.get(row["node"])) is None:
            return None
        channel = tracker.channels.get(row["channel"])
        return None if channel is None else channel.name

    async def _tried(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except (CcoreError, asyncpg.PostgresError) as error:
            log.warning("listening_not_written", reason=str(error))


def _answered_at(state: str) -> datetime | None:
    return utc_now() if state == "Up" else None


async def _is_set(link: Link, channel: str, variable: str) -> bool:
    """Whether the dialplan has come to where it sets ``variable`` of ``channel`` to 1, soon."""
    for _ in range(round(DONE_WITHIN_S / DONE_LOOK_S)):
        if (await link.send(Getvar(channel, variable))).response.get("Value") == "1":
            return True
        await asyncio.sleep(DONE_LOOK_S)
    return False
