"""A wire to PostgreSQL that loses an answer: the server has done what was asked, and the client never hears of it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

_SOCKET = ".s.PGSQL.5432"
_READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"  # the server's last word, after the commit


class Lossy:
    """The wire; ``dsn`` leads over it."""

    def __init__(self, dsn: str, server: str, directory: Path) -> None:
        self.dsn = dsn
        self.lost = 0
        self._server = server
        self.path = directory / _SOCKET
        self._marker: bytes | None = None
        self._to_pass = 0

    def lose_answer_to(self, marker: bytes, nth: int) -> None:
        """Lose the answer to the ``nth`` message from now that holds ``marker``, and close that connection."""
        self._marker, self._to_pass = marker, nth - 1

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One connection, until either side closes it."""
        server, to_server = await asyncio.open_unix_connection(self._server)
        losing = asyncio.Event()
        forth = asyncio.create_task(self._forth(client, to_server, losing))
        back = asyncio.create_task(self._back(server, to_client, losing))
        await asyncio.wait((forth, back), return_when=asyncio.FIRST_COMPLETED)
        for task in (forth, back):
            task.cancel()
        to_client.close()
        to_server.close()

    async def _forth(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        while data := await client.read(65536):
            if self._marker is not None and self._marker in data:
                if self._to_pass == 0:
                    self._marker = None
                    losing.set()
                self._to_pass -= 1
            to_server.write(data)

    async def _back(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, losing: asyncio.Event) -> None:
        while data := await server.read(65536):
            if not losing.is_set():
                to_client.write(data)
            elif data.endswith(_READY_FOR_QUERY):
                self.lost += 1
                return


@asynccontextmanager
async def lossy(dsn: str) -> AsyncIterator[Lossy]:
    """A wire to the server of ``dsn``, which listens on a Unix socket."""
    parts = urlsplit(dsn)
    [host] = parse_qs(parts.query)["host"]
    with tempfile.TemporaryDirectory(prefix="ccore-wire-") as directory:
        through = parts._replace(query=f"host={quote(directory, safe='')}&port=5432").geturl()
        wire = Lossy(through, f"{host}/{_SOCKET}", Path(directory))
        server = await asyncio.start_unix_server(wire.serve, wire.path)
        try:
            yield wire
        finally:
            server.close()
