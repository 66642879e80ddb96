"""Rings when PostgreSQL notifies: for work that looks by itself as well, and only wants to be told sooner."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import asyncpg
import structlog

from ccore.config import Database as Settings
from ccore.db.connections import LOST, Connection, connect

log = structlog.get_logger()

AGAIN_S = 2.0  # before another connection is tried
LOOK_EVERY_S = 30.0  # at a connection on which nothing comes: it may be dead
ASK_LIMIT_S = 5.0


class Bell:
    """``ring`` is called at each NOTIFY on ``channel``; those of the time without a connection are missed."""

    def __init__(self, dsn: str, settings: Settings, channel: str, ring: Callable[[], None]) -> None:
        self._dsn = dsn
        self._settings = settings
        self._channel = channel
        self._ring = ring

    async def run(self) -> NoReturn:
        """Listen for ever, on a connection of its own."""
        while True:
            try:
                async with asyncio.timeout(ASK_LIMIT_S):
                    connection = await connect(self._dsn, self._settings)
                await self._listen(connection)
            except (*LOST, asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # TimeoutError is an OSError
                log.debug("bell_connection_lost", channel=self._channel, reason=type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, connection: Connection) -> None:
        try:
            await connection.add_listener(self._channel, partial(self._rung))
            while not connection.is_closed():
                await asyncio.sleep(LOOK_EVERY_S)
                await connection.execute("SELECT 1", timeout=ASK_LIMIT_S)
        finally:
            connection.terminate()

    def _rung(self, *_told: object) -> None:
        self._ring()
