"""A TCP wire that a test can cut, hold or jam: before Asterisk's manager, ccore's AGI, PostgreSQL."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, 0 s: closing sends RST
_PIECE = 65536


class Wire:
    """Carries what comes to 127.0.0.1:``port`` to ``target``, a port of 127.0.0.1 or the path of a Unix socket."""

    def __init__(self, port: int, target: int | Path) -> None:
        self.port = port
        self.tells_ends = True  # else neither side hears that the other has closed, as behind a firewall that drops
        self.loses_answers = 0  # so many times what the target says first is lost, and its connection is cut with RST
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._jam: list[socket.socket] = []

    async def start(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Cut everything and take no more."""
        self._stop_listening()
        self.reset()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def reset(self) -> None:
        """Cut every connection with RST on both sides, as a crashed peer or a firewall does."""
        for end in list(self._ends):
            _cut(end)

    def finish(self) -> None:
        """End every connection in good order, with FIN on both sides."""
        for end in list(self._ends):
            end.close()

    def hold(self) -> None:
        """A black hole: connections stay and are taken, and not a byte passes until ``release``."""
        self._flowing.clear()

    def release(self) -> None:
        """Bytes flow again, those that were under way first."""
        self._flowing.set()

    async def jam(self) -> None:
        """No connection can be made any more: the listener's backlog is full, so SYNs are dropped."""
        self._stop_listening()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(0)
        self._jam = [listener, *(socket.socket() for _ in range(3))]
        for filler in self._jam[1:]:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
        await asyncio.sleep(0)

    async def unjam(self) -> None:
        """Take connections again."""
        for one in self._jam:
            one.close()
        self._jam = []
        await self.start()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._open(writer):
            await self._flowing.wait()
            with contextlib.suppress(OSError):  # nobody is there: so it is closed, too
                there, back = await self._connect()
                async with self._open(back):
                    await asyncio.gather(self._pump(reader, back), self._pump(there, writer, answers=True))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        while data := await reader.read(_PIECE):
            await self._flowing.wait()
            if answers and self.loses_answers:
                self.loses_answers -= 1
                _cut(writer)
                return
            writer.write(data)
            await writer.drain()
        await self._flowing.wait()
        if not self.tells_ends:
            await asyncio.Event().wait()
        if not writer.is_closing():
            writer.write_eof()

    @asynccontextmanager
    async def _open(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._ends.add(writer)
        try:
            yield
        finally:
            self._ends.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _cut(end: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # it has ended already, and nobody has looked yet
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    end.transport.abort()


@asynccontextmanager
async def wire(port: int, target: int | Path) -> AsyncIterator[Wire]:
    """A wire that carries while the block runs."""
    built = Wire(port, target)
    await built.start()
    try:
        yield built
    finally:
        await built.stop()
