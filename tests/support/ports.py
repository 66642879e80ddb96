"""Free loopback ports, so that test servers never meet a server already there."""

import random
import socket

# Below the ports that outgoing connections get: one of those could take the port before the server does.
_RANGE = range(10_000, 32_000)
_given: set[int] = set()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that was free a moment ago, and that this test session has not been given before."""
    while True:
        port = random.choice(_RANGE)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
