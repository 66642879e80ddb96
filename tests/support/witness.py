"""ccore's knowledge of calls without the rest of ccore, and an eye of its own on the same Asterisk to check it by.

As a process of its own (``python -m tests.support.witness``) it can be frozen: the first line of its standard input
is JSON, the port and the two secrets; for each further line it says in JSON what it knows, and whether that is right.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from prometheus_client import REGISTRY

from ccore import log
from ccore.ami import snapshot
from ccore.ami.actions import Login
from ccore.ami.link import ACTIONS_USER, Link
from ccore.ami.refusals import Refusals
from ccore.ami.session import DEFAULTS, Session
from ccore.ami.snapshot import Snapshot
from ccore.calls.feed import Feed, Missed
from ccore.calls.model import Fact
from ccore.calls.service import Calls
from tests.support.asterisk import NODE

HOST = "127.0.0.1"
ON_THE_WAY_S = 0.05  # for events older than a snapshot
ASK_AGAIN_S = 0.05
EVERYTHING = 10_000_000  # facts: a subscriber that loses none


class Notes:
    """A ledger of gaps that is only read by tests: (what, when, epoch or why)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, datetime, int | str]] = []

    def linked(self, node: str, at: datetime, epoch: int, booted_at: str = "") -> None:
        self.lines.append(("linked", at, epoch))

    def lost(self, node: str, at: datetime, why: str) -> None:
        self.lines.append(("lost", at, why))


class Eye:
    """A manager session that sees what Asterisk's state is, whatever becomes of the link."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self._session: Session | None = None

    async def look(self, epoch: int) -> Snapshot:
        """The state now, over a new connection if the last one is gone; as if asked in the link's life ``epoch``."""
        if self._session is None or self._session.lost.done():
            self._session = Session(
                NODE, HOST, self._port, Login(ACTIONS_USER, self._secret, "off"), DEFAULTS, Refusals(NODE)
            )
            await self._session.open()
        return await snapshot.take(partial(self._session.send_action, timeout_s=10.0), epoch)

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()


class Witness:
    """The link over ``port`` with all that hears it; ``eye`` looks at ``asterisk_port``."""

    def __init__(self, port: int, asterisk_port: int, events_secret: str, actions_secret: str) -> None:
        self.link = Link(NODE, HOST, port, events_secret, actions_secret)
        self.notes = Notes()
        feed = Feed()
        self._facts = feed.subscribe("witness", EVERYTHING)
        self.calls = Calls({NODE: self.link}, feed, self.notes)
        self.tracker = self.calls.trackers[NODE]
        self.eye = Eye(asterisk_port, actions_secret)
        self.facts: list[Fact] = []

    async def until_right(self, within_s: float) -> float:
        """The seconds until the tracker says what Asterisk says; fails with the difference after ``within_s``."""
        began = time.monotonic()
        while difference := await self.difference():
            waited = time.monotonic() - began
            assert waited < within_s, f"after {waited:.1f} s, epoch {self.link.epoch}: {difference}"
            await asyncio.sleep(ASK_AGAIN_S)
        return time.monotonic() - began

    async def difference(self) -> list[str]:
        """What Asterisk says otherwise than the tracker, in words."""
        seen = await self.eye.look(self.link.epoch)
        await asyncio.sleep(ON_THE_WAY_S)
        return self.tracker.difference(seen)

    async def listen(self) -> None:
        """Keep every fact; for ever."""
        async for fact in self._facts:
            assert not isinstance(fact, Missed)
            self.facts.append(fact)


@asynccontextmanager
async def witness(port: int, asterisk_port: int, events_secret: str, actions_secret: str) -> AsyncIterator[Witness]:
    """A witness whose link is up. Nothing mends what it knows between logins: no look is taken."""
    built = Witness(port, asterisk_port, events_secret, actions_secret)
    tasks = [asyncio.create_task(built.link.run()), asyncio.create_task(built.listen())]
    try:
        await asyncio.wait_for(built.link.wait_up(), 10)
        yield built
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        built.eye.close()


async def answer(built: Witness) -> dict[str, object]:
    """What is known, and what of it stays wrong once the link is up."""
    await asyncio.wait_for(built.link.wait_up(), 60)
    difference, seconds = [], 0.0
    try:
        seconds = await built.until_right(within_s=20.0)
    except AssertionError as error:
        difference = [str(error)]
    return {
        "difference": difference,
        "seconds": seconds,
        "epoch": built.link.epoch,
        "calls": len(built.tracker.calls),
        "channels": len(built.tracker.channels),
        "events": sum(
            REGISTRY.get_sample_value("ccore_ami_events_total", {"node": NODE, "outcome": outcome}) or 0
            for outcome in ("handled", "unwanted")
        ),
        "losses": [why for what, _, why in built.notes.lines if what == "lost"],
    }


async def main() -> None:
    """Answer each line until there is none."""
    log.configure("console", "warning")  # to standard error
    loop = asyncio.get_running_loop()
    port, events_secret, actions_secret = json.loads(sys.stdin.readline())
    async with witness(port, port, events_secret, actions_secret) as built:
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await answer(built)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
