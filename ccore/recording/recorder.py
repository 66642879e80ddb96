"""Puts together what recordings are until the end of their call, and runs what has to go on beside the calls."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, NoReturn

import asyncpg
import structlog

from ccore.ami.link import Link
from ccore.calls.feed import Feed, Missed, Subscription
from ccore.calls.model import Kind
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.recording.disks import Disks
from ccore.recording.ledger import Ledger
from ccore.recording.live import Live
from ccore.recording.pauses import Pauses
from ccore.recording.segmenting import Segmenting
from ccore.recording.sweep import Sweep

log = structlog.get_logger()

SWEEP_EVERY_S = 1.0
Work = Callable[[], Coroutine[Any, Any, None]]
_TOLD = frozenset({Kind.RECORDING_STARTED, Kind.RECORDING_STOPPED, Kind.MERGED, Kind.CONNECTED, Kind.DISCONNECTED})


class Recorder:
    """Recordings of one ccore: ``ledger`` begins them, ``pauses`` are for agents. Make it before the links run.

    ``known`` tells whether all channels of a node are known now.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        feed: Feed,
        known: Callable[[str], bool],
    ) -> None:
        self._folders = {name: folder for name in config.nodes if (folder := config.monitor_dir(name)) is not None}
        self._feed = feed
        self._trackers = trackers
        settings = config.recording
        self._disks = Disks(self._folders, settings.warn_free_percent, settings.least_free_percent)
        self.ledger = Ledger(database, frozenset(self._folders), self._disks.full, config.site.region)
        self.agents_hear_their_own = settings.agents_hear_their_own
        self.pauses = Pauses(database, links, trackers, settings.pause_most_s)
        self._live = {node: Live(database, trackers[node], node, self.ledger, self.pauses) for node in self._folders}
        self._sweeps = {
            node: Sweep(database, node, folder, trackers[node], self.ledger, partial(known, node))
            for node, folder in self._folders.items()
        }
        self._segmenting = {node: Segmenting(database, node) for node in self._folders}
        self._deaf = sorted(config.nodes.keys() - self._folders.keys())

    def use(self, centre: Centre) -> None:
        """Calls are recorded by these rules from now on."""
        self.ledger.use(centre)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"disks of recordings": self._disks.run()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {f"recorder {node}": partial(self.watch, node) for node in self._folders}

    def health(self) -> Mapping[str, object]:
        """How much room there is, by node."""
        return {node: asdict(room) for node, room in self._disks.rooms.items()}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self._disks.warnings()
        for sweep in self._sweeps.values():
            yield from sweep.warnings()
        if self._deaf and self.ledger.rules.records_any:
            yield f"{', '.join(self._deaf)} cannot record calls: nodes.NAME.monitor_dir is not set"

    async def watch(self, node: str) -> None:
        """Follow what ``node`` records, for ever. Two ccores that do so at once do no harm."""
        subscription = self._feed.subscribe(f"recorder {node}")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(node, subscription), name=f"recordings of {node}")
                group.create_task(self._keep(node), name=f"sweep of {node}")
        finally:
            subscription.close()
            self._sweeps[node].forget()

    async def _follow(self, node: str, facts: Subscription) -> None:
        live = self._live[node]
        await _tried(node, live.catch_up())
        async for fact in facts:
            if isinstance(fact, Missed):
                await _tried(node, live.catch_up())
            elif fact.node == node and fact.kind in _TOLD:
                await _tried(node, live.heard(fact))

    async def _keep(self, node: str) -> NoReturn:
        while True:
            await _tried(node, self._sweeps[node].look())
            if self._sweeps[node].adopted:
                await _tried(node, self._live[node].catch_up())
            await _tried(node, self.pauses.settle(node))
            await _tried(node, self._segmenting[node].look())
            await asyncio.sleep(SWEEP_EVERY_S)


async def _tried(node: str, work: Coroutine[Any, Any, None]) -> None:
    """Do it; what keeps it from being done is told, and the next one comes all the same."""
    try:
        await work
    except (CcoreError, asyncpg.PostgresError, OSError) as error:
        log.warning("recordings_not_followed", node=node, reason=str(error) or type(error).__name__)
    except Exception:  # whatever it is about this one, calls and the other recordings must not wait for it
        log.exception("recordings_not_followed", node=node)
