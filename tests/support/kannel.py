"""A real Kannel of a test's own, with the test as its network: what telephones get, and what they send."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import aiohttp

from ccore import config
from ccore.config import Config, Secrets
from ccore.messaging.embedded import EmbeddedKannel
from ccore.messaging.gateways.chosen import account
from ccore.messaging.gateways.kannel import KannelGateway
from ccore.messaging.kannel_files import as_sent
from tests.support.ports import free_port
from tests.support.waiting import until

SECRETS = {
    "ami_events_secret": "events-secret-of-the-tests",
    "ami_actions_secret": "actions-secret-of-the-tests",
    "kannel_password": "kannel-password-of-the-tests",
    "messages_key": "messages-key-of-the-tests",
}


# An hour of trouble in some seconds: what is configured is shorter, not what is done.
QUICK = """
longest_pause_s = 0.4
give_up_after_s = 600
per_second = 2000
breaker = { failures = 5, open_s = 0.1 }
"""
PATIENT_S, IMPATIENT_S = 15.0, 0.4  # for an answer


@dataclass(frozen=True, slots=True)
class Got:
    """One short message as a telephone gets it: a whole one, or a part of a long one, whose encoding is not told."""

    sender: str
    recipient: str
    content: bytes
    encoding: str

    @property
    def text(self) -> str:
        """What it says."""
        return self.content.decode(self.encoding)


class Network:
    """Takes what Kannel sends, as fakesmsc does, and plays the telephones."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self._phones: asyncio.StreamWriter | None = None

    @asynccontextmanager
    async def connected(self, kannel: EmbeddedKannel) -> AsyncIterator[None]:
        """It is there while the block runs."""
        reader, writer = await asyncio.open_connection("127.0.0.1", kannel.ports.network)
        _, phones = await asyncio.open_connection("127.0.0.1", kannel.ports.phones)
        self._phones = phones
        taking = asyncio.create_task(self._take(reader))
        try:
            yield
        finally:
            taking.cancel()
            await asyncio.wait((taking,))
            for end in (writer, phones):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def send(self, sender: str, receiver: str, text: str) -> None:
        """A telephone sends a text message."""
        assert self._phones is not None
        self._phones.write(as_sent(sender, receiver, text))
        await self._phones.drain()

    def texts(self, recipient: str) -> list[str]:
        """What a telephone has got."""
        return [got.text for got in self.got if got.recipient == recipient]

    def times(self) -> Counter[str]:
        """How many short messages each telephone has got."""
        return Counter(got.recipient for got in self.got)

    async def until(self, count: int, within_s: float = 30.0) -> None:
        """Wait until telephones have got so many."""
        await until(lambda: len(self.got) >= count, within_s)

    async def _take(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            self.got.append(_got(line.decode().rstrip("\n")))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A Kannel, its network, and a configuration that sends by it."""

    config: Config
    secrets: Secrets
    kannel: EmbeddedKannel
    network: Network


def texting_config(directory: Path, messages: str = "") -> Config:
    """A configuration with keys for ``[messages]``."""
    file = directory / "ccore.toml"
    text = f'[http]\nport = {free_port()}\n[site]\ninstance = "own"\n[messages]\n{messages}\n'
    file.write_text(text, encoding="utf-8")
    return config.load(file)


@asynccontextmanager
async def kannel_running(settings: Config) -> AsyncIterator[Surroundings]:
    """A Kannel for ``settings`` whose network is there."""
    secrets = Secrets.model_validate(SECRETS)
    kannel, network = EmbeddedKannel(settings, secrets, simulates=False), Network()
    await kannel.prepare(print)
    await kannel.start()
    try:
        async with network.connected(kannel):
            await _ready(settings, secrets, kannel, network)
            yield Surroundings(settings, secrets, kannel, network)
    finally:
        await kannel.stop()


def by_kannel(around: Surroundings, port: int | None = None, *, patient: bool = False) -> KannelGateway:
    """The gateway; ``port`` is a wire before Kannel's own, and then little patience unless it is said."""
    url = f"http://127.0.0.1:{port or around.kannel.ports.sendsms}/cgi-bin/sendsms"
    own = account(around.config, around.secrets, url)
    return KannelGateway(own, around.config.messages.at_once, PATIENT_S if patient or port is None else IMPATIENT_S)


async def _ready(settings: Config, secrets: Secrets, kannel: EmbeddedKannel, network: Network) -> None:
    """Have it send once: it takes a second to see its network, and whoever asks before waits."""
    own = account(settings, secrets, kannel.sendsms)
    query = {"username": own.username, "password": own.password, "to": "0", "text": "ready"}
    async with aiohttp.ClientSession() as session, session.get(own.url, params=query) as answer:
        assert answer.status == 202
    await network.until(1)
    network.got.clear()


def _got(line: str) -> Got:
    """One line of fakesmsc's protocol: sender, recipient, then text, data or ucs-2, or a udh before one of them."""
    sender, recipient, kind, rest = line.split(" ", 3)
    if kind == "udh":
        _, kind, rest = rest.split(" ", 2)
    content = rest.encode() if kind == "text" else unquote_to_bytes(rest.replace("+", " "))
    return Got(sender, recipient, content, "utf-16-be" if kind == "ucs-2" else "utf-8")
