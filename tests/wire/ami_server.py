"""A forged Asterisk Manager Interface on a real socket: it can lie, be silent, cut and repeat as Asterisk cannot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from prometheus_client import REGISTRY

from ccore.ami.link import Link
from ccore.ami.session import DEFAULTS, Limits
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from tests.support.ports import free_port

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = "Event: FullyBooted|Privilege: system,all|Uptime: 5|LastReload: 5|Status: Fully Booted"
EVENTS_SECRET, ACTIONS_SECRET = "secret-of-events", "secret-of-actions"

# Pings are quick, so that tests of silence are short. Nothing else ends for being slow, which any machine may be:
# a test of that names its own limit.
QUICK = replace(DEFAULTS, connect_s=20.0, banner_s=20.0, login_s=20.0, boot_s=20.0, ping_every_s=0.3, snapshot_s=20.0)

Action = dict[str, str]


def message(text: str) -> bytes:
    """``Response: Success|Ping: Pong`` as Asterisk writes it."""
    return text.replace("|", "\r\n").encode() + b"\r\n\r\n"


def event(name: str, more: str = "") -> bytes:
    """An event as Asterisk broadcasts it, with headers ``more`` separated by bars."""
    start = f"Event: {name}|Privilege: call,all|Timestamp: 1795310780.250074|SystemName: node1"
    return message(start + ("|" + more if more else ""))


@dataclass(eq=False)
class Connection:
    """One connection of the link to the server, and every action it brought, in order."""

    number: int
    writer: asyncio.StreamWriter
    actions: list[Action] = field(default_factory=list)

    @property
    def user(self) -> str:
        """The account that signed in."""
        return next((action["Username"] for action in self.actions if action["Action"] == "Login"), "")

    def send(self, data: bytes) -> None:
        """Write bytes to the link."""
        self.writer.write(data)

    def answer(self, action: Action, *texts: str) -> None:
        """Write messages that carry the action's ActionID."""
        for text in texts:
            first, bar, rest = text.partition("|")
            self.send(message(f"{first}|ActionID: {action['ActionID']}{bar}{rest}"))

    def cut(self) -> None:
        """End the connection at once."""
        self.writer.transport.abort()


Answer = Callable[[Connection, Action], Awaitable[None] | None]


class AmiServer:
    """Answers as an idle Asterisk would, unless a test puts another answer under the action's name."""

    def __init__(self) -> None:
        self.banner = BANNER
        self.booted = "2026-11-22"
        self.connections: list[Connection] = []
        self.answers: dict[str, Answer] = {
            "Login": self.accept,
            "Ping": lambda to, action: to.answer(action, "Response: Success|Ping: Pong"),
            "CoreStatus": self.core_status,
            "CoreShowChannels": self.channels,
            "BridgeList": self.nothing,
            "QueueStatus": self.nothing,
            "DeviceStateList": self.nothing,
        }
        self.changed = asyncio.Condition()
        self.port = free_port()  # its own for as long as the tests run: it is left and taken again
        self._server: asyncio.Server | None = None

    def accept(self, to: Connection, action: Action) -> None:
        """Take any login; tell the account of events that Asterisk is up."""
        to.answer(action, "Response: Success|Message: Authentication accepted")
        if action["Events"] == "on":
            to.send(message(BOOTED))

    def core_status(self, to: Connection, action: Action) -> None:
        """Say when this Asterisk was started."""
        to.answer(action, f"Response: Success|CoreStartupDate: {self.booted}|CoreStartupTime: 07:33:14")

    def channels(self, to: Connection, action: Action, *items: str) -> None:
        """Answer with a list of channels."""
        end = f"Event: CoreShowChannelsComplete|EventList: Complete|ListItems: {len(items)}"
        to.answer(action, "Response: Success|EventList: start|Message: Channels will follow", *items, end)

    def nothing(self, to: Connection, action: Action) -> None:
        """Answer with an empty list."""
        end = f"Event: {action['Action']}Complete|EventList: Complete|ListItems: 0"
        to.answer(action, "Response: Success|EventList: start", end)

    @property
    def events(self) -> Connection:
        """The newest connection of the account for events."""
        return [each for each in self.connections if each.user == "ccore-events"][-1]

    @property
    def actions(self) -> Connection:
        """The newest connection of the account for actions."""
        return [each for each in self.connections if each.user == "ccore-actions"][-1]

    def received(self, verb: str) -> list[Action]:
        """Every action of this name that ever came, on any connection."""
        return [action for each in self.connections for action in each.actions if action["Action"] == verb]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something that came from the link makes ``true`` so."""
        async with self.changed:
            await self.changed.wait_for(true)

    async def start(self) -> None:
        """Listen, on the same port every time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            connection.cut()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(len(self.connections), writer)
        self.connections.append(connection)
        connection.send(self.banner)
        await self._changed()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                lines = block.decode().split("\r\n")[:-2]
                action = dict(line.split(": ", 1) for line in lines)
                action["lines"] = "|".join(lines)
                connection.actions.append(action)
                await self._changed()
                answering = self.answers[action["Action"]](connection, action)
                if answering is not None:
                    await answering
        connection.cut()

    async def _changed(self) -> None:
        async with self.changed:
            self.changed.notify_all()


def silence(_to: Connection, _action: Action) -> None:
    """Take an action and say nothing."""


def refuse(text: str) -> Answer:
    """Answer with an error."""
    return lambda to, action: to.answer(action, f"Response: Error|Message: {text}")


def new_link(server: AmiServer, node: str, limits: Limits = QUICK) -> Link:
    """A link to ``server``, not yet running."""
    return Link(node, "127.0.0.1", server.port, EVENTS_SECRET, ACTIONS_SECRET, limits)


@contextlib.asynccontextmanager
async def running(link: Link) -> AsyncIterator[asyncio.Task[None]]:
    """Run a link for the length of a test; it must end by being cancelled, not before."""
    task = asyncio.create_task(link.run())
    try:
        yield task
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def down(link: Link) -> None:
    """Wait until the link has noticed its loss."""
    while link.up:
        await asyncio.sleep(0.005)


def counted(name: str, node: str, **labels: str) -> float:
    """A figure of the metrics; 0 if nothing was counted."""
    return REGISTRY.get_sample_value(f"ccore_ami_{name}", {"node": node, **labels}) or 0.0


class Heard:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self._changed = asyncio.Condition()

    async def event(self, told: Message) -> None:
        await self.write(told.get("Uniqueid") or told.name)

    async def login(self, told: Snapshot) -> None:
        await self.write(f"login {told.epoch}")

    async def write(self, item: str) -> None:
        self.items.append(item)
        async with self._changed:
            self._changed.notify_all()

    async def until(self, *last: str) -> None:
        """Wait until the last items heard are these."""
        async with self._changed:
            await self._changed.wait_for(lambda: tuple(self.items[-len(last) :]) == last)
