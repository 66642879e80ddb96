"""Paces the call records: soon after a nudge, at the latest after a while, and never one transaction for each call."""

import asyncio
from contextlib import suppress

SETTLE_S = 0.05  # after a nudge: the rows of a call come together
POLL_S = 0.5  # without a nudge, after the pause


class Pace:
    """Says when to look again: not before ``pause_s`` has passed, so that many calls share a look."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """There is something to look at."""
        self._nudged.set()

    async def rest(self) -> None:
        """Return when the next look is due. What is nudged after that has another look."""
        await asyncio.sleep(self._pause_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):  # wait_for would pass over being cancelled in the moment of a nudge
                await self._nudged.wait()
            await asyncio.sleep(SETTLE_S)
        self._nudged.clear()
