"""What each Asterisk says of itself, asked once for each time its link comes up."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ccore.ami.actions import CoreSettings, CoreStatus
from ccore.ami.link import Link
from ccore.errors import CcoreError

ASKED_WITHIN_S = 2.0


class Itself(NamedTuple):
    """Its version ("": it has never answered), and when it was started (None: it is away, or said nothing of that)."""

    version: str = ""
    booted_at: datetime | None = None


class Selves:
    """Of all nodes; ``zones`` are theirs, in which they tell the time."""

    def __init__(self, links: Mapping[str, Link], zones: Mapping[str, str]) -> None:
        self._links, self._zones = links, zones
        self._known: dict[str, tuple[datetime | None, Itself]] = {}  # since when the link is up, and what was said

    async def of(self, node: str) -> Itself:
        """That of a node."""
        link = self._links[node]
        since, known = self._known.get(node, (None, Itself()))
        if not link.up:
            return Itself(known.version)
        if since != link.up_since or not known.version:
            since, known = link.up_since, await _said(link, self._zones[node])
            self._known[node] = since, known
        return known


async def _said(link: Link, zone: str) -> Itself:
    try:
        settings = await link.send(CoreSettings(), ASKED_WITHIN_S)
        status = await link.send(CoreStatus(), ASKED_WITHIN_S)
    except (CcoreError, TimeoutError):  # it has just gone: the link says so
        return Itself()
    version = str(settings.response.get("AsteriskVersion") or "")
    try:
        began = f"{status.response['CoreStartupDate']} {status.response['CoreStartupTime']}"
        return Itself(version, datetime.fromisoformat(began).replace(tzinfo=ZoneInfo(zone)))
    except (KeyError, ValueError):
        return Itself(version)
