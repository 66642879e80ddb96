"""Waiting for what another process or task is about to do."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any


async def until(holds: Callable[[], bool] | Callable[[], Awaitable[object]], within_s: float = 30.0) -> None:
    """Return once ``holds()`` is true; fail if that takes longer than ``within_s``."""
    deadline = time.monotonic() + within_s
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, f"{holds} not within {within_s} s"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """``work`` goes on for the length of the block; if it fails, so does the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
