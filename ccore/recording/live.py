"""Follows the recordings of one node as its calls go on: what begins, who talks, and for whom it is silent."""

from asyncpg import Record

from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.recording.ledger import ATTEMPT, Ledger
from ccore.recording.pauses import AGENT, ON_DEMAND, Pauses
from ccore.recording.policy import Subject
from ccore.recording.segments import phone_of

Pair = tuple[str, str]


class Live:
    """Of the node whose calls ``tracker`` knows. All of it raises Unavailable while PostgreSQL or Asterisk is away.

    What is missed here costs nothing but time: the sweep finds recordings that began and ended unheard, and channel
    events tell afterwards who talked.
    """

    def __init__(self, database: Database, tracker: Tracker, node: str, ledger: Ledger, pauses: Pauses) -> None:
        self._database = database
        self._tracker = tracker
        self._node = node
        self._ledger = ledger
        self._pauses = pauses

    async def heard(self, fact: Fact) -> None:
        """Write down what a fact says of a recording."""
        match fact.kind:
            case Kind.RECORDING_STARTED:
                await self._started(fact)
            case Kind.RECORDING_STOPPED if fact.channel in self._tracker.channels:
                await self._database.execute("recording.stopped", self._node, fact.channel, fact.at)
            case Kind.MERGED:
                await self._database.execute("recording.merged", self._node, fact.peer, fact.call)
            case Kind.CONNECTED:
                await self._connected(fact)
            case Kind.DISCONNECTED:
                await self._disconnected(fact)

    async def catch_up(self) -> None:
        """Write down who talks now, whoever told it before."""
        now = utc_now()
        talking = {pair for call in self._tracker.calls.values() for pair in call.talking}
        written = {(row["channel"], row["peer"]) for row in await self._database.fetch("recording.talking", self._node)}
        for one, other in written:
            if (one, other) not in talking and (other, one) not in talking:
                await self._database.execute("recording.disconnected", self._node, one, other, now)
        for one, other in talking:
            here, there = self._tracker.channels.get(one), self._tracker.channels.get(other)
            if here is None or there is None:  # they hung up while others were written down
                continue
            if (one, other) not in written and (other, one) not in written:
                member, call = there.member or here.member, here.call
                await self._connected(Fact(self._node, 0, 0, now, Kind.CONNECTED, call, one, other, member=member))

    async def _started(self, fact: Fact) -> None:
        recording = await self._database.fetch_value("recording.started", self._node, fact.channel, fact.call, fact.at)
        if recording is None and fact.call.startswith(ATTEMPT):
            recording = await self._ledger.attempted(self._node, fact.call, fact.channel, fact.at)
        if recording is not None:
            await self._pauses.tell(recording)

    async def _connected(self, fact: Fact) -> None:
        channels = self._tracker.channels
        names = [channels[each].name for each in (fact.channel, fact.peer) if each in channels]
        phone = next(filter(None, map(phone_of, reversed(names))), "")
        rows = await self._database.fetch(
            "recording.connected", self._node, fact.channel, fact.peer, fact.at, phone, fact.member
        )
        for row in rows:
            if self._ledger.rules.names_agents:
                await self._agent_came(row, fact)

    async def _agent_came(self, row: Record, fact: Fact) -> None:
        """The agent may have a rule of their own."""
        subject = Subject(
            row["call_key"], row["direction"], row["hotline"], row["queue"], row["campaign"], row["agent"],
            menu=row["rule"] == "menu",
        )  # fmt: skip
        decision = self._ledger.rules.decide(subject)
        recording = row["recording_id"]
        if not decision.records:
            await self._pauses.silence(recording, AGENT, decision.rule, fact.at)
        elif row["kind"] == "on-demand" and decision.kind != "on-demand":
            await self._pauses.speak(recording, ON_DEMAND, decision.rule, fact.at)

    async def _disconnected(self, fact: Fact) -> None:
        rows = await self._database.fetch("recording.disconnected", self._node, fact.channel, fact.peer, fact.at)
        for row in rows:
            if self._ledger.rules.names_agents:
                await self._pauses.speak(row["recording_id"], AGENT, "ccore", fact.at)
