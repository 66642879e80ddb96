"""A FastAGI server that does as a test says: the wire to ccore cut, delayed or silent, and what Asterisk sent kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto


class Does(Enum):
    """What becomes of a session after its header block."""

    ANSWER = auto()
    HANG = auto()  # never says a word
    CLOSE = auto()  # closes at once
    RESET = auto()  # dies in the middle of the dialogue


@dataclass(slots=True)
class ScriptedAgi:
    """``result`` is set as CCORE_RESULT while ``does`` is ANSWER; ``asked`` are the header lines of every session.

    Other routes than ``routes`` are not known here: their sessions are closed at once, and not in ``asked``.
    """

    does: Does = Does.ANSWER
    result: str = "placed"
    routes: tuple[str, ...] = ("menu", "one_dial_order")
    asked: list[list[str]] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def arguments(self) -> list[list[str]]:
        """The AGI arguments of every session."""
        return [[line.split(": ", 1)[1] for line in lines if line.startswith("agi_arg_")] for lines in self.asked]

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of Asterisk's."""
        self._open.add(writer)
        with contextlib.suppress(ConnectionError):
            block = await reader.readuntil(b"\n\n")
            lines = block.decode(errors="backslashreplace").split("\n")[:-2]
            if any(line.startswith("agi_network_script: ") and line.split()[1] in self.routes for line in lines):
                self.asked.append(lines)
                await self._act(reader, writer)
        self._open.discard(writer)
        writer.close()

    def cut(self) -> None:
        """Close every session."""
        for writer in self._open:
            writer.close()

    async def _act(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.does is Does.HANG:
            await reader.read()
        elif self.does is Does.RESET:
            writer.write(b'VERBOSE "about to die" 1\n')
            await reader.readline()
            writer.transport.abort()
        elif self.does is Does.ANSWER:
            writer.write(f'SET VARIABLE CCORE_RESULT "{self.result}"\n'.encode())
            await reader.readline()


@asynccontextmanager
async def scripted_agi(port: int) -> AsyncIterator[ScriptedAgi]:
    """Serve on 127.0.0.1:``port``."""
    script = ScriptedAgi()
    server = await asyncio.start_server(script.session, "127.0.0.1", port)
    try:
        yield script
    finally:
        server.close()
        script.cut()
        await server.wait_closed()
