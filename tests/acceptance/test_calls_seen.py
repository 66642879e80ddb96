"""The tracker beside a real Asterisk: at every moment it has what a snapshot says, whether it heard or only looked."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.config import Config
from tests.support.asterisk import NODE, node_config, running, secrets_of, until_no_channels
from tests.support.manager import manager
from tests.wire.record_calls import DIALPLAN, SCENES, Stage

SEEN = ("conference", "parked", "local_kept", "attended_transfer", "queue_abandoned")
PAUSE_S = 0.1  # an event that is on its way when the look begins has come by then, on this machine
LATE_S = 5.0
ANYWHEN = datetime(2026, 11, 22, tzinfo=UTC)


class Watcher:
    """A tracker that hears everything, compared again and again with trackers that only look."""

    def __init__(self, config: Config) -> None:
        secrets = secrets_of(config)
        self.link = Link(
            NODE,
            "127.0.0.1",
            config.nodes[NODE].ami_port,
            secrets.ami_events_secret.get_secret_value(),
            secrets.ami_actions_secret.get_secret_value(),
        )
        self.tracker = Tracker(NODE)
        self.heard = 0
        self.compared: list[int] = []  # channels there were at each comparison
        for name in Tracker.EVENTS:
            self.link.on(name, self._hear)
        self.link.on_login(self._look)

    async def _hear(self, event: Message) -> None:
        self.heard += 1
        self.tracker.heard(event, utc_now())

    async def _look(self, seen: Snapshot) -> None:
        self.tracker.looked(seen, utc_now())

    async def compare(self) -> None:
        """Compare, if nothing happens in the meantime."""
        before = self.heard
        seen = await self.link.look()
        await asyncio.sleep(PAUSE_S)
        if self.heard != before:
            return
        if self.tracker.difference(seen):  # told of by an event that is late, on a machine that is busy
            await asyncio.sleep(LATE_S)
            if self.heard != before:
                return
        looker = Tracker(NODE)
        looker.looked(seen, utc_now())
        assert self.tracker.difference(seen) == looker.difference(seen) == []
        assert state(self.tracker) == state(looker)
        self.compared.append(len(looker.channels))


def state(tracker: Tracker) -> tuple[dict[str, Channel], set[frozenset[str]]]:
    """What both must agree on: all but what no snapshot tells (who is held, recorded or called as an agent)."""
    channels = {
        each.uniqueid: each._replace(
            began_at=ANYWHEN,
            caller="",
            held=False,
            recording=False,
            queue=each.queue if each.waits else "",
            member="",
            missed=False,
        )
        for each in tracker.channels.values()
    }
    return channels, {frozenset(pair) for call in tracker.calls.values() for pair in call.talking}


async def test_hearing_and_looking_come_to_the_same(asterisk_root: Path, tmp_path: Path) -> None:
    config = node_config(tmp_path, DIALPLAN)
    async with running(config) as node, AsyncExitStack() as stack:
        actions = await stack.enter_async_context(manager(config, "ccore-actions"))
        await actions.ask("Events", "EventMask: off")
        stage = Stage(node, config, actions, stack)
        watcher = Watcher(config)
        linked = asyncio.create_task(watcher.link.run())
        await watcher.link.wait_up()
        for name in SEEN:
            watcher.compared.clear()
            scene = asyncio.create_task(SCENES[name](stage))
            while not scene.done():
                await watcher.compare()
            await scene
            await until_no_channels(node)
            assert max(watcher.compared) > 0, name
            while watcher.tracker.channels:
                await asyncio.sleep(0.02)
        assert not watcher.tracker.calls
        linked.cancel()
        await asyncio.gather(linked, return_exceptions=True)
