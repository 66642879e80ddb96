"""Where browsers find the sound of a node: the addresses of its own machine, and what they are seen as."""

import re
from ipaddress import IPv4Address
from pathlib import Path

from ccore.nodes import Node

# The kernel's own table: "|-- 192.0.2.2" and, below it, "/32 host LOCAL".
_OWN_ADDRESSES = Path("/proc/net/fib_trie")
LOOPBACK = IPv4Address("127.0.0.1")
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n +/32 host LOCAL")


def seen_as(node: Node) -> list[tuple[IPv4Address, IPv4Address]]:
    """Each address of this machine, and the one that browsers are told instead.

    Asterisk never offers its loopback address by itself, nor one that a router maps to it.
    """
    told = node.rtp_seen_as or (LOOPBACK if node.sip_bind == LOOPBACK else None)
    if told is None:
        return []
    found = {IPv4Address(own) for own in _LOCAL.findall(_OWN_ADDRESSES.read_text(encoding="ascii"))}
    return [(own, told) for own in sorted(found) if not own.is_loopback]
