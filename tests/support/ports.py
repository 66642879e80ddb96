"""Free loopback ports, so that test servers never meet a server already there."""

import os
import random
import socket

# Below the ports that outgoing connections get: one of those could take the port before the server does.
# Above those that ccore takes where it is not told others: a test may run it as it comes.
_RANGE = range(19_000, 32_000)
# Of workers side by side each has every n-th port, or two could choose the same one before either listens.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_MINE = _RANGE[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) :: _WORKERS]
_choice = random.SystemRandom().choice  # Hypothesis seeds the common one alike in every process
_given: set[int] = set()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that was free a moment ago, and that this test session has not been given before."""
    while True:
        port = _choice(_MINE)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
