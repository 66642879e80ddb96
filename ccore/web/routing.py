"""Why a caller came where they came, over HTTP: for supervisors."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web
from asyncpg import Record

from ccore.centre.queue import Queue
from ccore.config import Config
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.queues.explained import explained
from ccore.queues.stories import story
from ccore.web.auth import Auth

_VISIT = (
    "call_key", "queue", "line", "number", "tier", "language", "priority", "came_at", "entered_at", "decision",
    "raised",
)  # fmt: skip
_OFFER = ("line", "agent", "rung_at", "decision", "agreed", "outcome", "ended_at")


def routes(
    auth: Auth,
    database: Database,
    queues: Callable[[], Mapping[str, Queue]],
    config: Config,
) -> list[web.RouteDef]:
    """``GET /api/calls/{call}/explanation``: ``{"visits": […], "offers": […], "lines": ["…"]}``, 404 if there is none.

    ``call`` is a call key (node!uniqueid), a Uniqueid, a LinkedID, or a number: then its last call.
    """

    async def explanation(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR)
        found = await explained(database, request.match_info["call"], tuple(config.nodes), config.site.region)
        if found is None:
            raise web.HTTPNotFound(text="no such call came to a queue")
        return web.json_response(
            {
                "visits": [_as_data(row, _VISIT) for row in found.visits],
                "offers": [_as_data(row, _OFFER) for row in found.offers],
                "lines": list(story(found.visits, found.offers, queues(), config.zone)),
            }
        )

    return [web.get("/api/calls/{call}/explanation", explanation)]


def _as_data(row: Record, names: Sequence[str]) -> Mapping[str, object]:
    return {name: value.isoformat() if hasattr(value := row[name], "isoformat") else value for name in names}
