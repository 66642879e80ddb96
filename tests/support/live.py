"""A page on the live socket: what it has before it of every topic, by the rules that the console goes by."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sdnotify
from aiohttp import web

from ccore.clock import utc_now
from ccore.config import Database as Settings
from ccore.config import Site, load_secrets, make_secrets
from ccore.daemon import Daemon
from ccore.db.pool import Database
from ccore.parts import Parts
from ccore.running import with_dialplan
from ccore.versions import disk
from ccore.web.app import make_app, serving
from tests.support.asterisk import NODE, node_config
from tests.support.ports import free_port
from tests.support.switch import event
from tests.support.whole_api import Api, served

PATH = "/api/v1/live"
PATIENCE_S = 30.0
AGENT = "1001"  # who Role.AGENT is


@dataclass(slots=True)
class Shown:
    """One topic, as the page has it. ``jumps``: how often it had to begin anew."""

    entries: dict[str, Any] = field(default_factory=dict)
    epoch: str = ""
    seq: int | None = None
    gap: Mapping[str, str] | None = None
    denied: str = ""
    snapshots: int = 0
    resumed: int = 0

    def take(self, frame: Mapping[str, Any]) -> bool:
        """Whether the frame follows on what there was; if not, it has to be subscribed to anew."""
        if "denied" in frame:
            self.denied = frame["denied"]
        elif "snapshot" in frame:
            self.entries, self.epoch, self.seq = dict(frame["snapshot"]), frame["epoch"], frame["seq"]
            self.snapshots += 1
        elif "set" in frame:
            if frame["epoch"] != self.epoch or self.seq is None or frame["seq"] != self.seq + 1:
                return False
            self.entries |= frame["set"]
            for key in frame["unset"]:
                del self.entries[key]
            self.seq = frame["seq"]
            self.resumed += 1
        else:
            self.gap = frame["gap"]
        return True


@dataclass(slots=True)
class Page:
    """A socket that is read by itself."""

    socket: aiohttp.ClientWebSocketResponse
    topics: dict[str, Shown] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, **what: object) -> None:
        """Send a frame."""
        await self.socket.send_str(json.dumps(what))

    async def subscribe(self, topic: str, before: Shown | None = None) -> Shown:
        """Begin with a topic, or go on with what was known before; the first answer is there."""
        shown = self.topics[topic] = before or Shown()
        heard = len(self.heard)
        since = {} if shown.seq is None else {"seq": shown.seq, "epoch": shown.epoch}
        await self.say(do="subscribe", topic=topic, **since)
        await self.until(lambda: any(frame.get("topic") == topic for frame in self.heard[heard:]))
        return shown

    async def until(self, holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        """Wait until it holds."""
        async with asyncio.timeout(within_s):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def closed(self, within_s: float = PATIENCE_S) -> int | None:
        """The code that it is closed with."""
        await self.until(lambda: self.socket.closed, within_s)
        return self.socket.close_code

    async def read(self) -> None:
        """Until it closes."""
        async for message in self.socket:
            frame = json.loads(message.data)
            self.heard.append(frame)
            shown = self.topics.get(frame.get("topic", ""))
            if shown is not None and not shown.take(frame):
                await self.say(do="subscribe", topic=frame["topic"], seq=shown.seq, epoch=shown.epoch)
            self.news.set()
        self.news.set()


@asynccontextmanager
async def page(url: str, *, token: str = "", cookie: str = "", **headers: str) -> AsyncIterator[Page]:
    """A page of who has the token, or the cookie (``name=value``)."""
    known = {"Authorization": f"Bearer {token}"} if token else {"Cookie": cookie}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.ws_connect(url + PATH, headers={**known, **headers}) as socket,
    ):
        opened = Page(socket)
        reading = asyncio.create_task(opened.read())
        try:
            yield opened
        finally:
            await socket.close()
            await reading


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon's application and its live work; nothing else of it runs."""

    api: Api
    parts: Parts

    @property
    def url(self) -> str:
        """Of the application."""
        return self.api.url

    def rings(self, call: str, phone: str, state: str = "Up") -> None:
        """Asterisk tells of a call that has a channel at the phone."""
        fields = {
            "uniqueid": call,
            "linkedid": call,
            "channelstatedesc": state,
            "channel": f"PJSIP/phone-{phone}-00000001",
        }
        self._hear(event("Newchannel", **fields))

    def calls_in(self, call: str, number: str = "+8613812345678") -> None:
        """Somebody calls from outside."""
        fields = {"uniqueid": call, "linkedid": call, "channelstatedesc": "Up", "channel": f"PJSIP/trunk-{call}"}
        self._hear(event("Newchannel", calleridnum=number, **fields))

    def hangs_up(self, call: str) -> None:
        """The call is over."""
        self._hear(event("Hangup", uniqueid=call, linkedid=call, cause="16"))

    def _hear(self, told: Any) -> None:
        facts = self.parts.calls.trackers[NODE].heard(told, utc_now())
        assert facts, "this is news"
        self.parts.feed.publish(facts)


@asynccontextmanager
async def running(
    directory: Path, database: Database, dsn: str, before: Running | None = None
) -> AsyncIterator[Running]:
    """Serve the application of a daemon, with all that is told live; to the same people as ``before``."""
    config = node_config(directory, site=Site(instance="test"), database=Settings(acquire_timeout_s=30))
    make_secrets(config)
    disk.use_directly(config.versions_dir, config.dialplan)
    daemon = Daemon(with_dialplan(config, config.versions_dir / disk.LIVE), load_secrets(config), dsn)
    parts = daemon._parts
    await daemon.database.open()
    work = [asyncio.create_task(each, name=name) for name, each in parts.live.work().items()]
    try:
        app = make_app(daemon.health, daemon.routes)
        async with served(app, database) if before is None else _served_again(app, before.api) as api:
            yield Running(api, parts)
    finally:
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
        await daemon.database.close()


@asynccontextmanager
async def _served_again(app: web.Application, before: Api) -> AsyncIterator[Api]:
    port = free_port()
    async with serving(app, "127.0.0.1", port):
        yield replace(before, url=f"http://127.0.0.1:{port}", app=app)


@pytest.fixture
async def live(database: Database, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """One that is ready, with two agents."""
    monkeypatch.setattr(sdnotify, "SystemdNotifier", lambda: None)
    async with running(tmp_path, database, dsn) as run:
        await staffed(run)
        yield run


async def staffed(run: Running) -> None:
    """Two agents, of whom one is Role.AGENT."""
    for number in (AGENT, "1002"):
        await run.parts.floor.staff.write(number, f"Agent {number}", {"chinese": 5, "sales": 5}, "test")
    await run.parts.floor.agents.look()
