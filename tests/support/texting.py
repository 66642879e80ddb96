"""The messaging of one ccore beside a test: its outbox goes out by a gateway, and Kannel brings receipts over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from asyncpg import Record

from ccore.centre.centre import Centre, load_centre
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.messaging.gateways import Gateway
from ccore.messaging.model import Handle, Incoming
from ccore.messaging.service import Messaging
from ccore.shipped import shipped
from ccore.web import sms
from ccore.web.app import Health, make_app, serving
from tests.support.ports import free_port
from tests.support.waiting import beside, until

NOW = "2026-11-22T12:34:00+00:00"
ORDER: Mapping[str, object] = {"product_zh": "畅享包", "product_en": "Data pack", "price_fen": 1990, "called_at": NOW}


async def nothing(_message: Incoming) -> str:
    """What is done with messages that come in, by default."""
    return "nothing"


@asynccontextmanager
async def messaging(
    settings: Config,
    secrets: Secrets,
    database: Database,
    dsn: str,
    gateway: Gateway | None,
    handle: Handle = nothing,
    centre: Centre | None = None,
) -> AsyncIterator[Messaging]:
    """It runs while the block does, with its HTTP."""
    made = Messaging(settings, database, dsn, gateway, handle)
    made.use(centre or load_centre(shipped("dialplan")))
    here, key = settings.http.host, secrets.messages_key
    app = make_app(lambda: Health({}), sms.routes(settings.messages, here, key, made.receiving.take))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(app, "127.0.0.1", settings.http.port))
        for work in [*made.work().values(), *(led() for led in made.led().values())]:
            await stack.enter_async_context(beside(work))
        yield made


class Box:
    """The outbox, as those who write messages see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(
        self, recipient: str, text: str = "", kind: str = "test", params: Mapping[str, object] | None = None
    ) -> int:
        """A message is queued; its number."""
        found = await self._row(
            "INSERT INTO outbox (kind, recipient, params) VALUES ($1, $2, $3) RETURNING message_id",
            kind, recipient, {**(params or {}), **({"text": text} if text else {})},
        )  # fmt: skip
        number: int = found[0]["message_id"]
        return number

    async def queue_many(self, count: int, text: str = "hello", first: int = 0, prefix: str = "+86138") -> list[str]:
        """As many messages, each to a telephone of its own; the telephones."""
        numbers = [f"{prefix}{first + index:08}" for index in range(count)]
        await self._row(
            "INSERT INTO outbox (kind, recipient, params) SELECT 'test', n, $2 FROM unnest($1::text[]) n",
            numbers, {"text": text},
        )  # fmt: skip
        return numbers

    async def row(self, number: int) -> Record:
        """One message."""
        (row,) = await self._row("SELECT * FROM outbox WHERE message_id = $1", number)
        return row

    async def states(self) -> dict[str, int]:
        """How many messages are in which state."""
        return {row["state"]: row["n"] for row in await self._row("SELECT state, count(*) AS n FROM outbox GROUP BY 1")}

    async def comes_to(self, number: int, state: str, within_s: float = 30.0) -> Record:
        """Wait until a message is in a state."""

        async def there() -> bool:
            return bool((await self.row(number))["state"] == state)

        await until(there, within_s)
        return await self.row(number)

    async def all_come_to(self, state: str, count: int, within_s: float = 30.0) -> None:
        """Wait until so many messages are in a state, and no other is there."""

        async def there() -> bool:
            return await self.states() == {state: count}

        try:
            await until(there, within_s)
        except AssertionError:
            raise AssertionError(await self.states()) from None

    async def sql(self, statement: str, *arguments: object) -> list[Record]:
        """What a statement answers."""
        return await self._row(statement, *arguments)

    async def _row(self, statement: str, *arguments: object) -> list[Record]:
        connection = await self._database._connections.take()
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            self._database._connections.give_back(connection)


@asynccontextmanager
async def answering(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    """Something at HTTP that answers whatever it is asked as ``answer`` has it; where it is."""

    async def answered(request: web.Request) -> web.Response:
        return answer(request)

    app, port = web.Application(), free_port()
    app.router.add_route("*", "/{path:.*}", answered)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/cgi-bin/sendsms"
    finally:
        await runner.cleanup()
