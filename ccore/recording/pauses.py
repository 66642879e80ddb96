"""Pauses of recordings: written down first, then told to Asterisk, and told again until it surely knows."""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from ccore.ami.actions import MixMonitorMute
from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

log = structlog.get_logger()

PAYMENT, ON_DEMAND, AGENT = "payment", "on-demand", "agent"
TELL_S = 2.0  # the row is locked as long
LEAST_S = 1


class Outcome(enum.StrEnum):
    """What came of it."""

    PAUSED = "paused"
    RESUMED = "resumed"
    STARTED = "started"
    NOT_RECORDED = "not-recorded"  # no recording of this call goes on
    NOT_PAUSED = "not-paused"
    NOT_ASKED_FOR = "not-on-demand"  # it goes on without anybody's asking


class Pauses:
    """Of all nodes; ``longest_s`` is how long a pause for payment data lasts at most.

    Any ccore may pause: the recording's row is locked while Asterisk is told, so what is told last is what holds.
    """

    def __init__(
        self, database: Database, links: Mapping[str, Link], trackers: Mapping[str, Tracker], longest_s: int
    ) -> None:
        self._database = database
        self._links = links
        self._trackers = trackers
        self._longest_s = longest_s

    async def pause(self, call: str, by: str, most_s: int | None = None) -> Outcome:
        """Nothing of ``call`` (a LinkedID, or the Uniqueid of a channel) is heard in its recording from now on.

        It ends by ``resume``, with the call, or after ``most_s``. Once this has returned, Asterisk records silence.
        Raises Unavailable and OutcomeUnknown: then it may not, though it is told again each second.
        """
        now = utc_now()
        recording = await self._of_call(call)
        if recording is None:
            return Outcome.NOT_RECORDED
        until = now + timedelta(seconds=min(max(most_s or self._longest_s, LEAST_S), self._longest_s))
        if await self._database.fetch_value("recording.pause", recording, PAYMENT, by, now, until) is None:
            await self._database.execute("recording.prolong", recording, until)
        log.info("recording_paused", call_id=call, recording=recording, by=by, until=until.isoformat())
        await self.tell(recording)
        return Outcome.PAUSED

    async def resume(self, call: str, by: str) -> Outcome:
        """It is recorded again, unless it is silent for another reason. Raises as ``pause``."""
        return await self._end(call, by, PAYMENT, Outcome.RESUMED, Outcome.NOT_PAUSED)

    async def start(self, call: str, by: str) -> Outcome:
        """A call that is recorded on demand is, from now on. Raises as ``pause``."""
        return await self._end(call, by, ON_DEMAND, Outcome.STARTED, Outcome.NOT_ASKED_FOR)

    async def silence(self, recording: int, why: str, by: str, at: datetime) -> None:
        """One recording is silent from now on because of ``why``, for as long as it is not ended."""
        await self._database.execute("recording.pause", recording, why, by, at, None)
        await self.tell(recording)

    async def speak(self, recording: int, why: str, by: str, at: datetime) -> None:
        """One recording is no longer silent because of ``why``."""
        if await self._database.fetch_value("recording.paused", recording, why):
            await self._database.execute("recording.resume", recording, why, by, at)
            await self.tell(recording)

    async def settle(self, node: str) -> None:
        """End what has lasted long enough, and tell ``node`` what it may not know. Raises Unavailable."""
        for row in await self._database.fetch("recording.overdue", node, utc_now()):
            log.warning("recording_pause_over", call_id=row["call_id"], recording=row["recording_id"])
        for row in await self._database.fetch("recording.untold", node):
            try:
                await self.tell(row["recording_id"])
            except (Unavailable, OutcomeUnknown, ActionRefused) as error:
                log.warning("recording_pause_untold", node=node, recording=row["recording_id"], reason=str(error))

    async def tell(self, recording: int) -> None:
        """Tell Asterisk whether to be silent, if it does not know. Raises as ``Link.send``."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("recording.lock", recording)
            if row is None:
                return  # it has not begun, or is over
            silent = await transaction.fetch_value("recording.to_tell", recording)
            if silent is not None:
                await self._tell(transaction, recording, row["node"], row["channel"], silent)

    async def _tell(self, transaction: Transaction, recording: int, node: str, channel: str, silent: bool) -> None:
        await self._links[node].send(MixMonitorMute(channel, silent), TELL_S)
        await transaction.execute("recording.told", recording, utc_now())
        log.info("recording_silenced" if silent else "recording_heard_again", recording=recording, node=node)

    async def _end(self, call: str, by: str, why: str, done: Outcome, nothing: Outcome) -> Outcome:
        now = utc_now()
        recording = await self._of_call(call)
        if recording is None:
            return Outcome.NOT_RECORDED
        if not await self._database.fetch_value("recording.paused", recording, why):
            return nothing
        await self._database.execute("recording.resume", recording, why, by, now)
        log.info("recording_resumed", call_id=call, recording=recording, by=by, why=why)
        await self.tell(recording)
        return done

    async def _of_call(self, call: str) -> int | None:
        for node, tracker in self._trackers.items():
            known = tracker.calls.get(call)
            if known is None and (channel := tracker.channels.get(call)) is not None:
                known = tracker.calls.get(channel.call)
            channels = [call] if known is None else list(known.channels)
            row = await self._database.fetch_row("recording.of_call", node, call, channels)
            if row is not None:
                return int(row["recording_id"])
        return None
