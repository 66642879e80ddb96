"""Keeps orders on their node's disk while PostgreSQL is away: as the node would itself, but with no process each."""

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from prometheus_client import Counter

from ccore.ordering.model import Attempt
from ccore.ordering.spool import line_of

log = structlog.get_logger()

KEPT = Counter("ccore_orders_kept", "Orders that ccore wrote to a node's spool while PostgreSQL was away", ["node"])

LIMIT_S = 0.5  # the caller has waited for PostgreSQL before, and waits for the node's own attempt if this one fails
WRITERS = 4  # a disk that hangs keeps these threads and none of the loop's own
NUMBERED = frozenset("+0123456789")  # whom no text message can reach is told so by the node


class Keeping:
    """The spools (maildir-like: ``tmp/ new/ bad/``) of nodes whose disks ccore sees."""

    def __init__(self, spools: Mapping[str, Path]) -> None:
        self._spools = spools
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="keeping")

    async def keep(self, attempt: Attempt) -> bool:
        """Write the try down; whether it is surely on disk, so that its caller can be told "received".

        If not, it is the node's: should both have written it, it has one call key and is one order.
        """
        node = attempt.call_key.partition("!")[0]
        if node not in self._spools or not NUMBERED.issuperset(attempt.caller):
            return False
        name = f"{time.time_ns()}-{secrets.token_hex(4)}"
        try:
            content = line_of(attempt) + b"\n"
            writing = asyncio.get_running_loop().run_in_executor(
                self._writers, put, self._spools[node], "new", name, content
            )
            await asyncio.wait_for(writing, LIMIT_S)
        except (OSError, ValueError) as error:  # a TimeoutError is an OSError too
            log.warning("order_not_kept", call_id=attempt.call_id, reason=str(error) or type(error).__name__)
            return False
        KEPT.labels(node).inc()
        log.info("order_kept", call_id=attempt.call_id, caller=attempt.caller, dialled=attempt.dialled, node=node)
        return True


def put(spool: Path, folder: str, name: str, content: bytes) -> None:
    """Put a file into ``new/`` or ``bad/``, whole and surely on disk. Raises OSError.

    The folders are the node's to make: made by ccore, they might not let the node write.
    """
    written = spool / "tmp" / name
    try:
        with written.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(written, spool / folder / name)
    except OSError:
        written.unlink(missing_ok=True)
        raise
    handle = os.open(spool / folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
