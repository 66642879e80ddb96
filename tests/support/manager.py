"""Just enough of the manager interface to try what an account may do, byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ccore.config import Config, load_secrets
from tests.support.asterisk import NODE


@asynccontextmanager
async def manager(config: Config, user: str) -> AsyncIterator["Manager"]:
    """A manager session of ``user``, logged in."""
    secrets = load_secrets(config)
    secret = secrets.ami_events_secret if user == "ccore-events" else secrets.ami_actions_secret
    reader, writer = await asyncio.open_connection("127.0.0.1", config.nodes[NODE].ami_port)
    try:
        await reader.readuntil(b"\r\n")
        session = Manager(reader, writer)
        assert "Success" in await session.ask("Login", f"Username: {user}", f"Secret: {secret.get_secret_value()}")
        yield session
    finally:
        writer.close()


class Manager:
    """One session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, action: str, *headers: str) -> str:
        """The response to an action."""
        self._writer.write("\r\n".join([f"Action: {action}", *headers, "", ""]).encode())
        while not (message := await self.message()).startswith("Response:"):
            pass
        return message

    async def message(self) -> str:
        """The next message, whatever it is."""
        return (await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 30)).decode(errors="replace")

    async def until(self, words: str) -> list[str]:
        """All messages up to one that holds ``words``."""
        messages = [await self.message()]
        while words not in messages[-1]:
            messages.append(await self.message())
        return messages
