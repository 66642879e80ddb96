"""Makes the segments of ended recordings from the channel events of their calls, whatever ccore missed of them."""

from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Database
from ccore.recording.segments import Event, phone_of, segments, within

AT_ONCE = 50


class Segmenting:
    """Of the recordings of one node."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node

    async def look(self) -> None:
        """Write the segments of all recordings whose calls have been told whole. Raises Unavailable."""
        while rows := await self._database.fetch("recording.to_segment", self._node, AT_ONCE):
            for row in rows:
                await self._write(row)

    async def _write(self, row: Record) -> None:
        events = [Event(*told) for told in await self._database.fetch("recording.events", self._node, row["calls"])]
        began = row["started_at"] or row["ended_at"]
        found = segments(events, row["channel"], await self._seats(events, row["ended_at"]))
        talked = [(each, heard) for each in found if (heard := within(each, began, row["ended_at"]))]
        async with self._database.transaction() as transaction:
            await transaction.execute("recording.forget_segments", row["recording_id"])
            await transaction.execute_many(
                "recording.segment",
                [
                    (row["recording_id"], number, each.agent, each.channel, each.began_at, each.ended_at, *heard)
                    for number, (each, heard) in enumerate(talked, 1)
                ],
            )
            await transaction.execute("recording.segmented", row["recording_id"], row["calls"][0])

    async def _seats(self, events: list[Event], at: datetime) -> dict[str, str]:
        phones = sorted({phone for event in events if (phone := phone_of(event.name))})
        rows = await self._database.fetch("recording.seats", phones, at)
        return {row["device_number"]: row["agent"] for row in rows}
