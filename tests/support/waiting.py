"""Waiting for what another process or task is about to do."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], bool] | Callable[[], Awaitable[object]], within_s: float = 10.0) -> None:
    """Return once ``holds()`` is true; fail if that takes longer than ``within_s``."""
    deadline = time.monotonic() + within_s
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, f"{holds} not within {within_s} s"
        await asyncio.sleep(0.01)
