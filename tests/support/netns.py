"""A network of the test's own with a wire that can go dead: not a byte passes and nobody is told, on neither side."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NOBODY = "02:00:00:00:00:01"  # a hardware address that no interface has: what is sent there is lost without a word


class Far:
    """A network namespace, seen from here at ``there``; it sees us at ``here``."""

    def __init__(self, name: str, net: str) -> None:
        self.name = name
        self.here, self.there = f"{net}.1", f"{net}.2"
        self.into = ["ip", "netns", "exec", name]  # what to put before a command that shall run there

    def go_dead(self) -> None:
        """From now on everything between here and there is dropped, both ways."""
        _ip(f"neigh replace {self.there} lladdr {NOBODY} nud permanent dev {self.name}")
        _ip(f"-n {self.name} neigh replace {self.here} lladdr {NOBODY} nud permanent dev far")


@contextmanager
def far() -> Iterator[Far]:
    """A namespace joined to ours by a wire. Skips the test where the machine does not let us have one."""
    made = Far(f"ccore-{os.getpid() % 100000}", f"10.251.{random.randrange(1, 255)}")
    if shutil.which("ip") is None or _ip(f"netns add {made.name}", check=False):
        pytest.skip("network namespaces need root and iproute2")
    try:
        if _ip(f"link add {made.name} type veth peer name far netns {made.name}", check=False):
            pytest.skip("this kernel has no veth")
        _ip(f"addr add {made.here}/30 dev {made.name}")
        _ip(f"link set {made.name} up")
        for words in ("link set lo up", f"addr add {made.there}/30 dev far", "link set far up"):
            _ip(f"-n {made.name} {words}")
        yield made
    finally:
        _ip(f"link del {made.name}", check=False)
        _ip(f"netns del {made.name}", check=False)


def _ip(words: str, *, check: bool = True) -> int:
    return subprocess.run(["ip", *words.split()], check=check, capture_output=True).returncode
