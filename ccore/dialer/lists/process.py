"""A process of its own that reads a file which somebody has sent, so that nothing in it can harm ccore or its calls."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

HUNG_S = 600.0  # of the process, which says nothing while it unpacks the texts of a workbook
_LINE_LIMIT = 1 << 20  # a head with 500 long headings, or 5000 numbers


@asynccontextmanager
async def reading(command: Sequence[str], told: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """What the process that reads says, told what by a line; it has ended when the block has."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=_LINE_LIMIT,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(told)
        with suppress(ConnectionError):  # one that has ended at once says so by its silence
            await process.stdin.drain()
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def within(answer: Coroutine[Any, Any, bytes]) -> bytes:
    """What it says next. Raises TimeoutError if it hangs."""
    async with asyncio.timeout(HUNG_S):
        return await answer
