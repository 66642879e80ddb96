"""Finds what two keys of a configuration both claim, each of which needs its own."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations

Ports = tuple[str, range, str]  # protocol, ports without a gap, the key that claims them


def just(port: int) -> range:
    """One port, as a range."""
    return range(port, port + 1)


def ports_claimed_twice(claims: Sequence[Ports]) -> Iterator[str]:
    """What to change, for every two claims that overlap."""
    for (protocol, ports, key), (other_protocol, others, other) in combinations(claims, 2):
        both = range(max(ports[0], others[0]), min(ports[-1], others[-1]) + 1)
        if both and protocol == other_protocol:
            which = f"port {both[0]}" if len(both) == 1 else f"ports {both[0]}-{both[-1]}"
            yield f"{key} and {other} both use {protocol} {which}: choose another {other}"


def claimed_twice(claims: Iterable[tuple[str, Hashable]]) -> Iterator[str]:
    """What to change, for every thing that a second key claims; claims are pairs of key and thing."""
    first: dict[Hashable, str] = {}
    for key, thing in claims:
        if (other := first.setdefault(thing, key)) != key:
            yield f"{other} and {key} are the same: each needs its own"
