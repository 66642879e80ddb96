"""How the site is, over HTTP: what /health says, with what PostgreSQL and each Asterisk say of themselves."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from asyncpg import Record
from pydantic import Field

from ccore.ami.itself import Selves
from ccore.ami.session import Reason
from ccore.calls.service import Calls
from ccore.clock import utc_now
from ccore.config import Config
from ccore.people.model import Role
from ccore.recording.disks import free_part
from ccore.versions.instances import HERE
from ccore.web.app import Health
from ccore.web.bodies import Page
from ccore.web.domains import Domains
from ccore.web.v1.operations import Asked, Operation, Told

PHONE, TRUNK = "PJSIP/", "PJSIP/trunk-"
NOT_THERE = frozenset({"UNAVAILABLE", "UNKNOWN", "INVALID"})  # Asterisk's words for a phone that is not registered


class NodeHealth(Told):
    """One Asterisk, as this ccore sees it. While it is not linked, ``since`` is when it was heard last, and ``why`` and
    ``detail`` say what keeps the link; ``asterisk`` and ``booted_at`` are its own words.

    What null says is not known here: another ccore reads it. ``disk_free_permille`` is of where Asterisk writes.
    """

    node: str
    kind: Literal["embedded", "external"]
    up: bool
    since: datetime | None
    why: Annotated[str, Field(json_schema_extra={"enum": ["", *(each.value for each in Reason)]})]
    detail: str
    asterisk: str
    booted_at: datetime | None
    calls: int
    channels: int
    calls_begun: Annotated[int, Field(description="within the last minute")]
    phones: Annotated[int, Field(description="that are registered")]
    phones_known: int
    lag_s: float
    records_behind_s: float | None
    records_behind_bytes: int | None
    spool_files: int | None
    spool_oldest_s: float | None
    spool_set_aside: int | None
    gaps_open: int
    corrections: int
    given_up: list[str]
    disk_free_permille: int | None


class InstanceWork(Told):
    """What one ccore does of all, and since when."""

    name: str
    since: datetime


class InstanceLink(Told):
    """The link of a ccore to a node; ``since``: it is up, or was lost."""

    node: str
    up: bool
    since: datetime
    why: str


class InstanceHealth(Told):
    """A ccore on this database. ``here``: it has told of itself within 8 s; else it is gone without a word."""

    instance: str
    this: bool
    here: bool
    software: str
    began_at: datetime
    seen_at: datetime
    loop_lag_ms: int
    version: Annotated[int | None, Field(description="of the operators' files")]
    applied_at: datetime | None
    trouble: str
    leads: list[InstanceWork]
    links: list[InstanceLink]


class Standby(Told):
    """A PostgreSQL that follows; ``behind_s`` is null where nothing is to follow, or we may not know."""

    name: str
    state: str
    kept: str
    behind_s: float | None


class DatabaseHealth(Told):
    """PostgreSQL, and the connections to it: ``in_use`` of at most ``pool`` here, ``connections`` of everybody."""

    up: bool
    standby: bool
    version: str
    began_at: datetime
    size_bytes: int
    connections: int
    most_connections: int
    in_use: int
    pool: int
    standbys: list[Standby]


class TextsHealth(Told):
    """The gateway of text messages. ``left_alone``: it does not take them, because of ``reason``."""

    gateway: str
    left_alone: bool
    reason: str
    trouble: str
    waiting: int
    given_up: int
    unread: int
    set_aside: int


class SiteHealth(Told):
    """All of it; ``warnings`` and ``why_not`` are those of /health, in English."""

    at: datetime
    ready: bool
    why_not: list[str]
    warnings: list[str]
    agi_sessions: int
    nodes: list[NodeHealth]
    instances: list[InstanceHealth]
    database: DatabaseHealth
    texts: TextsHealth


class GapsWanted(Page):
    """Of which node; none named: of all."""

    node: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")] = None


class NodeGap(Told):
    """A time in which no ccore heard a node; once it is ``closed_at`` its calls are all known from Asterisk's files."""

    gap: int
    node: str
    began_at: datetime
    ended_at: datetime
    why: str
    closed_at: datetime | None


class NodeGaps(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    gaps: list[NodeGap]
    before: int | None


class _Nodes:
    def __init__(self, config: Config, of: Domains, selves: Selves) -> None:
        self._config, self._links, self._database, self._selves = config, of.links, of.database, selves
        self._health, self._instances, self._calls = of.health, of.instances, of.calls

    async def tell(self, _asked: Asked[None, None]) -> SiteHealth:
        health, names = self._health(), list(self._config.nodes)
        links = await self._database.fetch("nodes.links", names, HERE)
        by_instance: dict[str, list[InstanceLink]] = {}
        for row in links:
            since = row["up_at"] if row["up"] else row["lost_at"] or row["up_at"]
            link = InstanceLink(node=row["node"], up=row["up"], since=since, why=row["why"])
            by_instance.setdefault(row["instance"], []).append(link)
        return SiteHealth(
            at=utc_now(),
            ready=not health.not_ready,
            why_not=list(health.not_ready),
            warnings=list(health.warnings),
            agi_sessions=_number(health.parts["agi"]["sessions"]),
            nodes=list(await asyncio.gather(*(self._node(name, health) for name in names))),
            instances=[self._instance(row, by_instance) for row in await self._instances.listed()],
            database=await self._postgres(),
            texts=TextsHealth.model_validate(health.parts["messages"]),
        )

    async def gaps(self, asked: Asked[None, GapsWanted]) -> NodeGaps:
        want = asked.query
        rows = await self._database.fetch("nodes.gaps", want.before, want.node, want.size)
        gaps = [NodeGap.model_validate({**row, "gap": row["gap_id"]}) for row in rows]
        return NodeGaps(gaps=gaps, before=gaps[-1].gap if len(gaps) == want.size else None)

    async def _node(self, name: str, health: Health) -> NodeHealth:
        link, part = self._links[name], health.parts[f"node {name}"]
        asterisk, booted_at = await self._selves.of(name)
        phones = _phones(self._calls, name)
        return NodeHealth.model_validate(
            {
                **{each: part[each] for each in ("up", "calls", "channels", "lag_s", "gaps_open", "corrections")},
                **{f"records_{each}": count for each, count in _part(part["records"], "behind_s", "behind_bytes")},
                **{f"spool_{each}": count for each, count in _part(part["spool"], "files", "oldest_s")},
                "spool_set_aside": dict(_part(part["spool"], "bad_files"))["bad_files"],
                "given_up": part["given_up"],
                "node": name,
                "kind": self._config.nodes[name].kind,
                "since": link.up_since if link.up else link.heard_until,
                "why": "" if link.up or link.lost is None else link.lost.reason.value,
                "detail": "" if link.up or link.lost is None else link.lost.detail,
                "asterisk": asterisk,
                "booted_at": booted_at,
                "calls_begun": self._calls.begun(name),
                "phones": sum(state not in NOT_THERE for state in phones),
                "phones_known": len(phones),
                "disk_free_permille": await asyncio.to_thread(_free_permille, self._config, name),
            }
        )

    def _instance(self, row: Record, links: Mapping[str, list[InstanceLink]]) -> InstanceHealth:
        name = row["instance"]
        return InstanceHealth.model_validate(
            {
                **row,
                "this": name == self._config.instance,
                "trouble": row["error"] or "",
                "links": links.get(name, []),
            }
        )

    async def _postgres(self) -> DatabaseHealth:
        database = self._database
        row = await database.fetch_row("nodes.server")
        assert row is not None, "the query always gives a row"
        standbys = [Standby.model_validate(dict(each)) for each in await database.fetch("nodes.standbys")]
        told = {**row, "size_bytes": row["bytes"], "up": database.up, "in_use": database.in_use, "pool": database.most}
        return DatabaseHealth.model_validate({**told, "standbys": standbys})


def operations(config: Config, of: Domains, selves: Selves) -> list[Operation[Any, Any]]:
    """For admins, and to read for those who hear of it first: supervisors and operators."""
    on, may = _Nodes(config, of, selves), frozenset({Role.SUPERVISOR, Role.OPERATOR})
    return [
        Operation("GET", "/nodes", "How the site is", may, on.tell, answer=SiteHealth),
        Operation(
            "GET", "/nodes/gaps", "When which node was not heard", may, on.gaps, query=GapsWanted, answer=NodeGaps
        ),
    ]


def _phones(calls: Calls, node: str) -> list[str]:
    """The states of the telephones that a node knows."""
    devices = calls.devices(node).items()
    return [state for name, state in devices if name.startswith(PHONE) and not name.startswith(TRUNK)]


def _free_permille(config: Config, node: str) -> int | None:
    try:
        return round(free_part(config.log_dir(node)) * 1000)
    except OSError:
        return None


def _part(part: object, *names: str) -> list[tuple[str, Any]]:
    """Of a part that only the ccore that does the work can tell."""
    return [(name, part[name] if isinstance(part, Mapping) else None) for name in names]


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
