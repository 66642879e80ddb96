"""The forged Asterisk that tests of the link are given."""

from collections.abc import AsyncIterator

import pytest

from tests.wire.ami_server import AmiServer


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    server = AmiServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def node(request: pytest.FixtureRequest) -> str:
    """A node's name that no other test counts under."""
    return str(request.node.name)
