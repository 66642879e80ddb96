"""Agents and presences in PostgreSQL: read, and changed only by who knew what they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
from asyncpg import Record

from ccore.db.pool import Database, Statements, Transaction
from ccore.queues.model import Agent, Device, Presence, State
from ccore.queues.places import Places

LOOK_BACK = timedelta(seconds=5)  # a change is seen when it is committed, which is so much later than its time at most


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an agent's presence, with where they were to be rung and are now; ``by`` whom."""

    before: Presence
    after: Presence
    places_before: Places | None
    places: Places | None
    by: str
    at: datetime

    @property
    def is_told(self) -> bool:
        """Whether it is a step for people: of what is only remembered there is no log."""
        before, after = self.before, self.after
        return (before.state, before.reason, before.queue, before.call, before.device) != (
            after.state, after.reason, after.queue, after.call, after.device
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """The ``nodes`` of which something else is wanted now; ``whole`` unless somebody's presence was just changing."""

    nodes: set[str]
    whole: bool


class Roster:
    """The tables of agents. Everything raises Unavailable, OutcomeUnknown and asyncpg.PostgresError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def number(self) -> tuple[int, datetime]:
        """How often agents were changed so far, and PostgreSQL's time."""
        row = await self._database.fetch_row("agents.changes")
        assert row is not None, "the migration writes this row"
        return row["number"], row["now"]

    async def agents(self) -> tuple[dict[str, Agent], dict[str, str]]:
        """All agents by number, and the outside numbers of those who have one."""
        rows = await self._database.fetch("agents.all")
        agents = {
            row["agent"]: Agent(row["agent"], row["name"], row["skills"], row["echelon"], row["own_penalty"])
            for row in rows
        }
        return agents, {row["agent"]: row["mobile"] for row in rows if row["mobile"]}

    async def presences(self, since: datetime) -> list[Presence]:
        """Those changed after ``since``, and some before."""
        return [_presence(row) for row in await self._database.fetch("agents.presences", since - LOOK_BACK)]

    async def presence(self, agent: str) -> Presence | None:
        """What one agent does."""
        row = await self._database.fetch_row("agents.presence", agent)
        return None if row is None else _presence(row)

    async def save(self, *changes: Change) -> bool:
        """Make all of them true, or none: False if somebody else has changed one of the presences meanwhile."""
        if len(changes) == 1 and changes[0].places == changes[0].places_before:
            return await _changed(self._database, changes[0])
        try:
            async with self._database.transaction() as transaction:
                for change in changes:
                    if not await _changed(transaction, change):
                        raise _Stale
                    await want(transaction, change.after.agent, change.places)
        except (_Stale, asyncpg.UniqueViolationError):  # the device became another agent's meanwhile
            return False
        return True

    async def queue_of_call(self, call_key: str) -> str:
        """The queue that a caller came to last; "" if it is not known."""
        return await self._database.fetch_value("agents.queue_of_call", call_key) or ""

    async def fill(self, pairs: Sequence[tuple[str, str]], wanted: Sequence[tuple[Presence, Places | None]]) -> Filled:
        """Let the ``pairs`` of node and line have the members that are ``wanted``, of every agent who is signed in.

        Nobody's presence changes meanwhile; whose has changed before is left as it is.
        """
        async with self._database.transaction() as transaction:
            versions = {row["agent"]: row["version"] for row in await transaction.fetch("agents.lock_presences")}
            managed = await transaction.execute(
                "agents.manage", [node for node, _ in pairs], [line for _, line in pairs]
            )
            there = _places(await transaction.fetch("agents.members"))
            now = {presence.agent: places for presence, places in wanted if places}
            known = {presence.agent: presence.version for presence, _ in wanted}
            differing = [agent for agent in sorted(there.keys() | now.keys()) if there.get(agent) != now.get(agent)]
            ours = [agent for agent in differing if versions.get(agent) == known.get(agent)]
            for agent in ours:
                await want(transaction, agent, now.get(agent))
        touched = {place.node for agent in ours for place in (there.get(agent), now.get(agent)) if place}
        return Filled(touched | ({node for node, _ in pairs} if managed else set()), whole=len(ours) == len(differing))


class _Stale(Exception):
    """Somebody else was faster."""


async def want(transaction: Transaction, agent: str, places: Places | None) -> None:
    """Write down where ``agent`` is to be rung."""
    if places is None:
        await transaction.execute("agents.want_members", agent, None, None, [], [], False, "")
        return
    lines = list(places.penalties)
    penalties = [places.penalties[line] for line in lines]
    await transaction.execute(
        "agents.want_members",
        *(agent, places.node, places.interface, lines, penalties, bool(places.pause), places.pause),
    )


async def _changed(statements: Statements, change: Change) -> bool:
    before, after = change.before, change.after
    device = after.device
    row = await statements.fetch_value(
        "agents.change",
        *(before.agent, before.version, before.state, after.state, after.since),
        *((device.kind, device.number, device.node) if device else (None, None, None)),
        *(after.paused, after.reason, after.queue, after.call, after.wrap_up_until, after.idle_since),
        *(after.extended, after.lost, after.missed, after.version, change.at, change.by, change.is_told),
    )
    return row is not None


def _presence(row: Record) -> Presence:
    kind = row["device_kind"]
    return Presence(
        agent=row["agent"],
        state=State(row["state"]),
        since=row["since"],
        device=Device(kind, row["device_number"], row["node"]) if kind else None,
        paused=row["paused"],
        reason=row["reason"],
        queue=row["queue"],
        call=row["call_id"],
        wrap_up_until=row["wrap_up_until"],
        idle_since=row["idle_since"],
        extended=row["extended"],
        lost=row["lost"],
        missed=row["missed"],
        version=row["version"],
    )


def _places(rows: Sequence[Record]) -> dict[str, Places]:
    found: dict[str, Places] = {}
    for row in rows:
        place = found.get(row["agent"])
        known = dict(place.penalties) if place else {}
        found[row["agent"]] = Places(
            row["agent"], row["node"], row["interface"], known | {row["queue"]: row["penalty"]}, row["pause_reason"]
        )
    return found
