"""A real Asterisk for a test: started in half a second, with a dialplan of the test's own, and nothing left of it."""

import asyncio
import contextlib
import csv
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ccore.config import Agi, Config, Http, Paths, Secrets, load_secrets, make_secrets
from ccore.nodes import Node
from ccore.pbx.node import AsteriskNode
from ccore.pbx.rootfs import ensure_root
from tests.support.ports import free_port
from tests.support.prompts import short_dialplan

NODE = "node1"
RTP_PORTS_PER_NODE = 2000

# Lines of Asterisk's log at warning or above that are no fault of ours, each with its reason.
HARMLESS = (
    "built by",  # the first line of every start
    "Unable to join queue",  # nobody is logged in there: what the dialplan does next is what counts
)

Started = Callable[..., contextlib.AbstractAsyncContextManager[AsteriskNode]]


@pytest.fixture(scope="session")
def asterisk_root() -> Path:
    """The root file system every node of this session runs in."""
    return ensure_root(print)


def node_config(
    directory: Path, dialplan: str | Path | None = None, names: Sequence[str] = (NODE,), **changes: Any
) -> Config:
    """A configuration in ``directory`` with free ports: ``changes`` replace whole sections (``trunks=…``, ``agi=…``).

    ``dialplan`` is an operator's directory, the text of an extensions file, or None: the shipped one with its prompts
    cut short. ``names`` are those of its nodes.
    """
    if isinstance(dialplan, str):
        (directory / "dialplan/extensions.d").mkdir(parents=True, exist_ok=True)
        (directory / "dialplan/extensions.d/test.conf").write_text(dialplan, encoding="utf-8")
        dialplan = directory / "dialplan"
    settings: dict[str, Any] = {
        "paths": Paths(var=directory / "var", dialplan=dialplan or short_dialplan()),
        "agi": Agi(port=free_port()),
        "http": Http(port=free_port()),
        "nodes": {name: Node.model_validate(ports) for name, ports in node_ports(names).items()},
        "source": directory / "ccore.toml",
    }
    return Config(**{**settings, **changes})


def node_ports(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Free ports for embedded nodes of these names, as their keys in the configuration."""
    # Above the ports that `free_port` gives.
    rtp = random.sample(range(33_000, 60_000, RTP_PORTS_PER_NODE), len(names))
    return {
        name: {
            "ami_port": free_port(),
            "http_port": free_port(),
            "sip_port": free_port(socket.SOCK_DGRAM),
            "rtp_ports": [first, first + RTP_PORTS_PER_NODE - 1],
        }
        for name, first in zip(names, rtp, strict=True)
    }


@pytest.fixture
def asterisk_node(asterisk_root: Path, tmp_path: Path) -> Started:
    """``async with asterisk_node(dialplan, **changes) as node``: it runs (``node_config``, ``running``)."""

    def start(
        dialplan: str | Path | None = None, **changes: Any
    ) -> contextlib.AbstractAsyncContextManager[AsteriskNode]:
        return running(node_config(tmp_path, dialplan, **changes))

    return start


@asynccontextmanager
async def running(config: Config, name: str = NODE, expected: Sequence[str] = ()) -> AsyncIterator[AsteriskNode]:
    """The node ``name`` of ``config``, running; afterwards no channel may be left, and no complaint in its log.

    ``expected``: words of the complaints that are this test's purpose.
    """
    node = AsteriskNode(config, name, secrets_of(config))
    await node.start()
    try:
        yield node
        if node.pid is not None:
            await until_channels(node, 0)
        assert not (lines := complaints(node, expected)), "\n".join(lines)
    finally:
        await node.stop(grace_s=0.2)


async def until_no_channels(node: AsteriskNode, within_s: float = 30.0) -> None:
    """Wait until the node has no channel; fails with those that are left."""
    await until_channels(node, 0, within_s)


async def until_channels(node: AsteriskNode, count: int, within_s: float = 30.0) -> None:
    """Wait until the node has ``count`` channels; fails with those it has."""
    began = time.monotonic()
    while not (await node.cli("core show channels count")).startswith(f"{count} active channel"):
        assert time.monotonic() - began < within_s, await node.cli("core show channels concise")
        await asyncio.sleep(0.05)


async def until_told(node: AsteriskNode, within_s: float = 30.0) -> None:
    """Wait until the node has no channel, and has written down all channel events: it does a moment later."""
    await until_channels(node, 0, within_s)
    began = time.monotonic()
    while going_on := _going_on(records(node, "cel")):
        assert time.monotonic() - began < within_s, f"channel events of {going_on} are missing"
        await asyncio.sleep(0.05)


def _going_on(rows: Sequence[Sequence[str]]) -> set[str]:
    """The LinkedIDs of calls that have begun and not ended."""
    return {row[16] for row in rows} - {row[16] for row in rows if row[1] == "LINKEDID_END"}


def complaints(node: AsteriskNode, expected: Sequence[str] = ()) -> list[str]:
    """The warnings and errors in the node's log, but for the harmless and the expected ones."""
    lines = (node.directory / "log/messages").read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip() and not any(words in line for words in (*HARMLESS, *expected))]


def secrets_of(config: Config) -> Secrets:
    """The secrets of ``config``, made now if it has none yet."""
    make_secrets(config)
    return load_secrets(config)


def records(node: AsteriskNode, kind: str) -> list[list[str]]:
    """The rows of cdr-custom or cel-custom."""
    path = node.directory / f"log/{kind}-custom/ccore.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return list(csv.reader(file))


def events_of(node: AsteriskNode, name: str) -> int:
    """How many channel events of this name are written so far."""
    return sum(row[1] == name for row in records(node, "cel"))


async def cdrs(node: AsteriskNode, count: int) -> list[list[str]]:
    """The call records, once there are ``count``."""
    began = time.monotonic()
    while len(rows := records(node, "cdr")) < count:
        assert time.monotonic() - began < 30, rows
        await asyncio.sleep(0.05)
    return rows
