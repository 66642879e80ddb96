"""A billing, order and customer system over HTTP: made-up data, always the same for a number, and faults on demand."""

import asyncio
import enum
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

PORT = 18090  # what dialplan/lookups.toml asks
SLOW_S = 0.8  # late, but within an adapter's time
_HANG_S = 3600.0
_SHUTDOWN_LIMIT_S = 0.2  # whoever hangs is left hanging

Document = Mapping[str, object] | None  # None: there is no such thing

ORDER_TYPES = {"1": "INSTALL", "2": "MOVE", "3": "REPAIR"}
ORDER_STATES = ("RECEIVED", "PLANNED", "WORKING", "DONE", "CANCELLED")
ERROR_CODES = frozenset({"651", "678", "691", "720", "797"})


class Fault(enum.StrEnum):
    """What the provider does instead of answering well."""

    NONE = "none"
    SLOW = "slow"
    HANG = "hang"
    ERROR = "error"
    GARBAGE = "garbage"


class Provider:
    """The systems' answers. ``fault`` may be set at any time, or by PUT /fault/hang; ``asked`` are the paths asked.

    Accounts: every number but those that end in 0000; those that end in 9 owe. Orders: eight digits that begin with 1
    (installation), 2 (move) or 3 (repair), the state by the last. Customers: numbers that end in 88 (a VIP) or 66 (who
    is spoken to in English).
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.fault = Fault.NONE
        self.asked: list[str] = []

    def app(self) -> web.Application:
        """The HTTP application."""
        app = web.Application()
        app.router.add_get("/accounts/{number}/balance", self._answering(self._balance))
        app.router.add_get("/accounts/{number}/bill", self._answering(self._bill))
        app.router.add_get("/accounts/{number}/data", self._answering(self._data))
        app.router.add_get("/work-orders/{number}", self._answering(self._order))
        app.router.add_get("/error-codes/{number}", self._answering(self._error_code))
        app.router.add_get("/customers/{number}", self._answering(self._customer))
        app.router.add_put("/fault/{fault}", self._set_fault)
        return app

    def _answering(self, answer: Callable[[str], Document]) -> Handler:
        async def respond(request: web.Request) -> web.StreamResponse:
            self.asked.append(request.path)
            if faulty := await self._faulty():
                return faulty
            document = answer(request.match_info["number"])
            return web.json_response(document or {"error": "not found"}, status=200 if document else 404)

        return respond

    async def _faulty(self) -> web.Response | None:
        match self.fault:
            case Fault.SLOW:
                await asyncio.sleep(SLOW_S)
            case Fault.HANG:
                await asyncio.sleep(_HANG_S)
            case Fault.ERROR:
                return web.json_response({"error": "internal"}, status=500)
            case Fault.GARBAGE:
                return web.Response(text="<html>maintenance</html>", content_type="text/html")
        return None

    async def _set_fault(self, request: web.Request) -> web.Response:
        try:
            self.fault = Fault(request.match_info["fault"])
        except ValueError:
            return web.json_response({"one of": list(Fault)}, status=404)
        return web.json_response({"fault": self.fault})

    def _balance(self, number: str) -> Document:
        seed = _seed(number)
        if seed is None:
            return None
        return {"balance_fen": -(seed % 5_000) if seed % 10 == 9 else seed * 7 % 50_000}

    def _bill(self, number: str) -> Document:
        seed, today = _seed(number), self._now()
        if seed is None:
            return None
        due = (today.replace(day=1) + timedelta(days=31)).replace(day=20)
        return {"month": f"{today:%Y-%m}", "amount": f"{seed % 300}.{seed % 100:02}", "due": f"{due:%Y-%m-%d}"}

    def _data(self, number: str) -> Document:
        seed = _seed(number)
        return None if seed is None else {"used_mb": seed * 37 % 40_000, "left_mb": seed * 13 % 20_000}

    def _order(self, number: str) -> Document:
        if len(number) != 8 or not number.isdecimal() or number[0] not in ORDER_TYPES:
            return None
        state = ORDER_STATES[int(number[-1]) % len(ORDER_STATES)]
        order = {"number": number, "type": ORDER_TYPES[number[0]], "state": state}
        if state == "PLANNED":
            visit = self._now() + timedelta(days=1 + int(number[-2]))
            order["visit_at"] = f"{visit:%Y-%m-%d}T{9 + int(number[-3]):02}:30:00"
        return {"order": order}

    def _error_code(self, number: str) -> Document:
        return {"code": number} if number in ERROR_CODES else None

    def _customer(self, number: str) -> Document:
        match (_seed(number) or 0) % 100:
            case 88:
                return {"name": "王先生", "class": "vip", "language": "zh", "tags": ["broadband"]}
            case 66:
                return {"name": "Ms Smith", "class": "standard", "language": "en", "tags": []}
        return None


def _seed(number: str) -> int | None:
    """The last eight digits of a number, however it is written; None for one without an account."""
    digits = "".join(character for character in number if character.isdecimal())[-8:]
    return None if len(digits) < 8 or digits.endswith("0000") else int(digits)


@asynccontextmanager
async def running(port: int, now: Callable[[], datetime]) -> AsyncIterator[Provider]:
    """The provider at 127.0.0.1:``port`` while the block runs. Raises OSError if the port is taken."""
    provider = Provider(now)
    runner = web.AppRunner(provider.app(), access_log=None, shutdown_timeout=_SHUTDOWN_LIMIT_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield provider
    finally:
        await runner.cleanup()
