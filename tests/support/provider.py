"""A provider that switches products on and off: a small HTTP server that can be slow, fail, refuse, or lose answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Mood = Literal["well", "failing", "refusing", "not-yet", "losing", "slow", "cut", "twice"]
_A_MOMENT_S = 0.05
_SECOND = (
    b"""HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{"reason": "another line"}"""
)


@dataclass
class Provider:
    """What it has done: ``on`` has (order, product) as often as they were switched on, which should be once.

    ``mood`` says how it takes the next request: ``losing`` and ``slow`` do what is asked, and say nothing, or say it
    too late; ``cut`` does nothing and breaks the connection; ``twice`` answers, and a moment later again, otherwise.
    ``moods`` decides for each request, if it is there.
    """

    url: str = ""
    mood: Mood = "well"
    moods: Callable[[int], Mood] | None = None
    slow_s: float = 0.5
    asked: list[tuple[str, str]] = field(default_factory=list)  # (key, action)
    on: Counter[tuple[int, str]] = field(default_factory=Counter)
    off: Counter[tuple[int, str]] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)
    _known: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, answered the same way if it comes again with its key."""
        key, said = request.headers["Idempotency-Key"], await request.json()
        mood = self.mood if self.moods is None else self.moods(len(self.asked))
        self.asked.append((key, said["action"]))
        self.tokens.add(request.headers.get("Authorization", ""))
        if mood == "cut":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if mood in {"failing", "not-yet"}:
            return web.Response(status=500 if mood == "failing" else 202)
        if key not in self._known:
            self._known[key] = self._done(said, refuses=mood == "refusing")
        status, body = self._known[key]
        if mood == "slow":
            await asyncio.sleep(self.slow_s)
        if mood == "losing":
            assert request.transport is not None
            request.transport.abort()
        answer = web.json_response(body, status=status)
        if mood == "twice":
            await answer.prepare(request)
            await answer.write_eof()
            assert request.transport is not None
            asyncio.get_running_loop().call_later(_A_MOMENT_S, request.transport.write, _SECOND)
        return answer

    def _done(self, said: dict[str, Any], *, refuses: bool) -> tuple[int, dict[str, Any]]:
        if refuses:
            return 422, {"reason": "no such line"}
        self._count(said)
        return 200, {"state": "done"}

    def _count(self, said: dict[str, Any]) -> None:
        for product in said["products"]:
            (self.on if said["action"] == "on" else self.off)[said["order"], product] += 1


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider on a port of its own."""
    built = Provider()
    app = web.Application()
    app.router.add_post("/provision", built.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    built.url = f"http://127.0.0.1:{runner.addresses[0][1]}/provision"
    try:
        yield built
    finally:
        await runner.cleanup()
