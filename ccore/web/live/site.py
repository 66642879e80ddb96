"""The site as it is told live: alarms, what is being published, and how each part is."""

from collections.abc import Callable, Mapping
from datetime import datetime

from asyncpg import Record

from ccore import __version__
from ccore.ami.link import Link
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.numbers.service import Numbers
from ccore.versions import building
from ccore.versions.model import Live as LiveVersion
from ccore.versions.model import Running
from ccore.versions.publications import listed, state
from ccore.versions.service import Versions
from ccore.web.live.polled import Polled
from ccore.web.live.topics import (
    Live,
    LiveAlert,
    LiveBuild,
    LiveBuildFailure,
    LiveHealth,
    LiveLine,
    LivePublication,
    LivePublishing,
)

EVERY_S = 1.0
PUBLISHING_EVERY_S = 0.5
MOST_ALERTS = 200
MOST_PUBLICATIONS = MOST_BUILDS = 5


class SiteLive:
    """The topics ``alerts``, ``wall-alerts``, ``publishing``, ``prompt-builds``, ``health``.

    ``version`` tells which of the operators' files run here.
    """

    def __init__(
        self, database: Database, numbers: Numbers, links: Mapping[str, Link], version: Callable[[], int]
    ) -> None:
        self._database, self._numbers, self._links, self._version = database, numbers, links, version
        self._began_at = self._database_since = utc_now()
        self._database_up = True
        self.sources = {
            "alerts": Polled("alerts", EVERY_S, self._alerts),
            "wall-alerts": Polled("wall-alerts", EVERY_S, self._wall_alerts),
            "publishing": Polled("publishing", PUBLISHING_EVERY_S, self._publishing),
            "prompt-builds": Polled("prompt-builds", PUBLISHING_EVERY_S, self._builds),
            "health": Polled("health", EVERY_S, self._health),
        }

    async def _wall_alerts(self) -> Mapping[str, Live]:
        """Those about queues and the site: whoever passes by a wall need not read about one agent, by their number."""
        alerts = await self._alerts()
        return {
            key: alert.model_copy(update={"acknowledged_by": ""})
            for key, alert in alerts.items()
            if not alert.subject.isdigit()
        }

    async def _alerts(self) -> Mapping[str, LiveAlert]:
        rows = await self._numbers.alerts(every=False, before=None, most=MOST_ALERTS)
        return {
            str(row["alert_id"]): LiveAlert(
                name=row["name"],
                subject=row["subject"],
                raised_at=row["raised_at"],
                value=row["value"],
                text=row["text"],
                text_en=row["text_en"],
                acknowledged_at=row["acknowledged_at"],
                acknowledged_by=row["acknowledged_by"] or "",
            )
            for row in rows
        }

    async def _publishing(self) -> Mapping[str, Live]:
        versions, newest = Versions(self._database), await listed(self._database, None, MOST_PUBLICATIONS)
        found: dict[str, Live] = {f"publication {row['publication_id']}": publication_told(row) for row in newest}
        if (live := await versions.live()) is None:
            return found
        runs = {f"ccore {each.instance}": _run(live, each) for each in await versions.running()}
        return {**found, **runs, "live": _live(live)}

    async def _builds(self) -> Mapping[str, Live]:
        return {str(row["build_id"]): build_told(row) for row in await building.newest(self._database, MOST_BUILDS)}

    async def _health(self) -> Mapping[str, Live]:
        if self._database.up != self._database_up:
            self._database_up, self._database_since = self._database.up, utc_now()
        return {
            "ccore": _health(__version__, f"version {self._version()}", since=self._began_at, up=True),
            "postgresql": _health("", "", since=self._database_since, up=self._database_up),
            **{f"node {name}": _link(link) for name, link in self._links.items()},
        }


def _since(link: Link) -> datetime | None:
    return link.up_since if link.up else link.heard_until


def _link(link: Link) -> LiveHealth:
    why = "" if link.up or link.lost is None else link.lost.reason.value
    return _health("", why, since=_since(link), up=link.up)


def _health(version: str, told: str, *, since: datetime | None, up: bool) -> LiveHealth:
    return LiveHealth(up=up, since=since, version=version, told=told)


def _live(live: LiveVersion) -> LivePublishing:
    return LivePublishing(
        version=live.number,
        switch=live.switch,
        at=live.at,
        by=live.by,
        reason=live.reason,
        step="trial" if live.on_trial else "live",
        nodes=[],
        error="",
    )


def _run(live: LiveVersion, running: Running) -> LivePublishing:
    step = "failed" if running.error else "applied" if running.switch == live.switch else "applies"
    return LivePublishing(
        version=running.number,
        switch=running.switch,
        at=running.at,
        by="",
        reason="",
        step=step,
        nodes=list(running.nodes),
        error=running.error or "",
    )


def publication_told(row: Record) -> LivePublication:
    """A row of ``ccore.versions.publications``, as the API tells it."""
    return LivePublication(
        publication=row["publication_id"],
        kind=row["kind"],
        version=row["version"],
        by=row["asked_by"],
        note=row["note"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
        state=state(row),
        told=[LiveLine.model_validate(line) for line in row["told"]],
    )


def build_told(row: Record) -> LiveBuild:
    """A row of ``ccore.versions.building``, as the API tells it."""
    return LiveBuild(
        build=row["build_id"],
        by=row["asked_by"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
        wanted=row["wanted"],
        spoken=row["spoken"],
        state=building.state(row),
        trouble=row["trouble"],
        why=row["why"],
        failed=[LiveBuildFailure.model_validate(each) for each in row["failed"]],
    )
