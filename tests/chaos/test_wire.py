"""The wires do what the faults are made of: they carry, hold, cut and refuse."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.ports import free_port
from tests.support.wirecut import Wire, wire

SOON_S = 30.0
NEVER_S = 0.3  # so long nothing comes that never comes


@pytest.fixture
async def echoed() -> AsyncIterator[Wire]:
    """A wire to a server that says back what it is told."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(100):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", target := free_port())
    async with wire(free_port(), target) as built:
        yield built
    server.close()


async def connected(built: Wire, within_s: float = SOON_S) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", built.port), within_s)


async def test_it_carries_and_ends_with_either_side(echoed: Wire) -> None:
    reader, writer = await connected(echoed)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_what_is_held_comes_late_and_whole(echoed: Wire) -> None:
    reader, writer = await connected(echoed)
    echoed.hold()
    writer.write(b"hel")
    new_reader, new_writer = await connected(echoed)
    new_writer.write(b"new")
    for one in (reader, new_reader):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.readexactly(1), NEVER_S)
    writer.write(b"lo")
    echoed.release()
    assert await reader.readexactly(5) == b"hello"
    assert await new_reader.readexactly(3) == b"new"
    writer.close()
    new_writer.close()


async def test_a_reset_cuts_with_rst_and_an_end_with_fin(echoed: Wire) -> None:
    reader, writer = await connected(echoed)
    writer.write(b"x")
    await reader.readexactly(1)
    echoed.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    reader, writer = await connected(echoed)
    writer.write(b"x")
    await reader.readexactly(1)
    echoed.finish()
    assert await reader.read() == b""
    writer.close()


async def test_jammed_it_answers_no_connection_and_unjammed_it_does(echoed: Wire) -> None:
    await echoed.jam()
    with pytest.raises(TimeoutError):
        await connected(echoed, NEVER_S)
    await echoed.unjam()
    reader, writer = await connected(echoed)
    writer.write(b"x")
    assert await reader.readexactly(1) == b"x"
    writer.close()
