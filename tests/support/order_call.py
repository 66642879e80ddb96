"""ccore's AGI route one_dial_order over a real socket; a test plays Asterisk's part of the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import agi_scripts
from ccore.agi.server import Server
from ccore.ordering.keeping import Keeping
from ccore.ordering.service import Ordering

UNIQUEID = "node1-1763800000.77"


class Asterisk:
    """Asterisk's end of one FastAGI session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def command(self) -> str:
        """The next command ccore sends."""
        return (await self._reader.readline()).decode().strip()

    async def answer(self, line: str) -> None:
        """Answer it."""
        await self.say(line)

    async def say(self, line: str) -> None:
        """Say anything."""
        self._writer.write(line.encode() + b"\n")
        await self._writer.drain()

    async def ended(self) -> bool:
        """Whether ccore ends the session without another command."""
        try:
            return await self._reader.read() == b""
        except ConnectionResetError:
            return True


NO_MENUS = cast(Any, None)  # orders alone are called for here


@asynccontextmanager
async def serving(
    shop: Ordering, call_deadline_s: float = 15.0, session_deadline_s: float = 60, keeping: Keeping | None = None
) -> AsyncIterator[int]:
    """The AGI server with ccore's routes; its port."""
    routes = agi_scripts.routes(agi_scripts.Services(shop, NO_MENUS, call_deadline_s, keeping))
    server = Server("127.0.0.1", 0, routes, max_sessions=100, session_deadline_s=session_deadline_s)
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop(drain_s=1)


@asynccontextmanager
async def dialling(port: int, *arguments: str, uniqueid: str = UNIQUEID) -> AsyncIterator[Asterisk]:
    """A call that asks for one_dial_order and proves to be Asterisk's; hung up at the end of the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asterisk = Asterisk(reader, writer)
    writer.write(HEADERS.format(uniqueid=uniqueid, port=port).encode())
    for number, argument in enumerate(arguments, 1):
        writer.write(f"agi_arg_{number}: {argument}\n".encode())
    await asterisk.say("")
    word = (await asterisk.command()).removeprefix("GET FULL VARIABLE ").strip('"')
    await asterisk.answer(f"200 result=1 ({word})")
    try:
        yield asterisk
    finally:
        writer.close()


HEADERS = """\
agi_network: yes
agi_network_script: one_dial_order
agi_request: agi://127.0.0.1:{port}/one_dial_order
agi_channel: PJSIP/local-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: {uniqueid}
agi_version: 22.10.1
agi_callerid: 13812345678
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 1008610001
agi_rdnis: unknown
agi_context: order
agi_extension: s
agi_priority: 9
agi_enhanced: 0.0
agi_accountcode: none
agi_threadid: 140000000000000
"""
