"""All that one ccore answers over HTTP beside its own state: the routes of every domain, put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from ccore.calls.tracker import Tracker
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.desk.service import Desk
from ccore.ivr.hotlines import Hotlines
from ccore.numbers.service import Numbers
from ccore.people.service import People
from ccore.quality.service import Quality
from ccore.queues.floor import Floor
from ccore.recording.archive import Archive
from ccore.recording.recorder import Recorder
from ccore.supervision.service import Supervision
from ccore.versions import disk
from ccore.web import (
    agents,
    announcements,
    calls,
    desk,
    numbers,
    prompts,
    quality,
    recordings,
    recordings_audio,
    routing,
    supervision,
    waiting,
)
from ccore.web.auth import Auth
from ccore.web.once import Once


@dataclass(frozen=True, slots=True)
class Domains:
    """What is asked."""

    database: Database
    trackers: Mapping[str, Tracker]
    people: People
    hotlines: Hotlines
    floor: Floor
    recorder: Recorder
    archive: Archive
    supervision: Supervision
    desk: Desk
    numbers: Numbers


def routes(config: Config, secrets: Secrets, of: Domains) -> list[web.RouteDef]:
    """Every route there is."""
    auth = Auth(of.people)
    once = Once(of.database, auth)
    live = calls.Live(auth, of.trackers, of.floor.agents.presences)
    reviews = Quality(of.database, config.zone, config.versions_dir / disk.LIVE)
    own = config.recording.agents_hear_their_own
    return [
        *prompts.routes(config.dialplan),
        *announcements.routes(of.hotlines.announcements, of.hotlines.nodes, secrets.upload_token),
        *agents.routes(auth, of.floor.agents, of.floor.staff),
        *waiting.routes(of.database, of.floor.waiting, config.dialplan, auth, once),
        *numbers.routes(auth, of.numbers, config.zone),
        *routing.routes(auth, of.database, of.floor.agents.queues, config),
        *calls.routes(live),
        *desk.routes(live, of.desk, once),
        *supervision.routes(live, of.supervision, of.database, once),
        *recordings.routes(live, of.recorder, of.database, config.zone),
        *recordings_audio.routes(of.archive.playback, auth, agents_hear_their_own=own),
        *quality.routes(reviews, auth),
    ]
