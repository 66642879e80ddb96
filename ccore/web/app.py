"""The HTTP application: ``/health``, ``/ready`` and Prometheus ``/metrics``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one ccore: each part by name, whether it is up, and what there is to say of it.

    ``not_ready`` names, in words for an admin, why no call should be sent here; empty means ready.
    """

    parts: Mapping[str, Mapping[str, object]]
    not_ready: tuple[str, ...] = ()


def make_app(health: Callable[[], Health]) -> web.Application:
    """The application; ``health`` is asked anew for each request and must not wait for anything."""

    async def get_health(_request: web.Request) -> web.Response:
        state = health()
        return web.json_response({"ready": not state.not_ready, "parts": state.parts})

    async def get_ready(_request: web.Request) -> web.Response:
        state = health()
        return web.json_response(
            {"ready": not state.not_ready, "why_not": state.not_ready}, status=503 if state.not_ready else 200
        )

    async def get_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=1024)
    app.add_routes([web.get("/health", get_health), web.get("/ready", get_ready), web.get("/metrics", get_metrics)])
    return app
