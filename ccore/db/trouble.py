"""What keeps lasting work from PostgreSQL: told in the log once, when it begins, and shown for as long as it lasts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import asyncpg
import structlog

from ccore.errors import CcoreError

log = structlog.get_logger()


class Trouble:
    """Of one piece of work, whose log line is ``event``. ``reason`` is "" while there is none."""

    def __init__(self, event: str) -> None:
        self.reason = ""
        self._event = event

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Try the work within this block. If PostgreSQL is away or refuses, that is noted, and there is a next time."""
        try:
            yield
        except (CcoreError, asyncpg.PostgresError) as error:
            if not self.reason:
                log.error(self._event, reason=str(error))
            self.reason = str(error) or type(error).__name__
        else:
            self.reason = ""

    async def every(self, seconds: float, work: Callable[[], Awaitable[object]]) -> NoReturn:
        """Do the work for ever, with so long a rest each time; while PostgreSQL is away, it waits."""
        while True:
            with self.noted():
                await work()
            await asyncio.sleep(seconds)


async def until_none(piece: Callable[[], Awaitable[int]]) -> int:
    """Do the work piece by piece until one finds nothing to do; how much all of them did."""
    did = 0
    while done := await piece():
        did += done
    return did
