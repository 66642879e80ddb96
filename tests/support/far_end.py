"""The exchange at the other end of a trunk, and what it saw of every call."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Network

from ccore.nodes import E1_CHANNELS, SipTrunk
from ccore.pbx.far_end import HOST, TABLE, FarEnd, Happened, Subscriber, far_end, most_at_once
from tests.support.ports import free_port
from tests.support.waiting import until

__all__ = ["Far", "Happened", "Subscriber", "exchange", "trunk_to"]

NAME = "far-end"  # of the trunk


class Far:
    """A far end that runs. Its trunk is ``trunk_to(far.port)``."""

    def __init__(self, there: FarEnd) -> None:
        self.there = there
        self.port = there.port

    def saw(self, what: str | None = None) -> list[Happened]:
        """All that happened, or what of it is of this kind (``Happened.what``), in order."""
        return [each for each in self.there.happened() if what in (None, each.what)]

    def invites(self) -> Mapping[str, list[float]]:
        """By number as it was dialled, when each INVITE for it came; those refused for want of a channel as well."""
        times: dict[str, list[float]] = {}
        for each in self.saw("invited"):
            times.setdefault(each.number, []).append(each.at)
        return times

    @property
    def most_at_once(self) -> int:
        """The most channels that were in use at once."""
        return most_at_once(self.there.happened())

    @property
    def most_wanted(self) -> int:
        """The most calls that were there at once, refused ones as well."""
        return max((each.up for each in self.saw("invited")), default=0)

    async def until(self, what: str, count: int, within_s: float = 30.0) -> None:
        """Wait until something has happened so often."""
        await until(lambda: len(self.saw(what)) >= count, within_s)


@asynccontextmanager
async def exchange(
    channels: int = E1_CHANNELS, table: Mapping[str, Subscriber] = TABLE, port: int | None = None
) -> AsyncIterator[Far]:
    """A far end with so many channels on a free port. ``table``: by the last two digits, all hundred of them."""
    async with far_end(port or free_port(socket.SOCK_DGRAM), channels, table) as there:
        yield Far(there)


def trunk_to(port: int, channels: int = E1_CHANNELS) -> SipTrunk:
    """The trunk of ccore.toml that leads there."""
    return SipTrunk(kind="sip", peers=[IPv4Network(f"{HOST}/32")], port=port, channels=channels)
