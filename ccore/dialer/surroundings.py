"""What dialling works with and stands among, and how it stands: values that its parts hand one another."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.tracker import Tracker
from ccore.db.pool import Database
from ccore.dialer.claiming import Claiming
from ccore.dialer.gate import Records
from ccore.dialer.live_pace import Presence
from ccore.dialer.pacing import Decision
from ccore.dialer.preview import Seats
from ccore.dialer.trunks.state import Trunks

Key = tuple[str, str]  # campaign and node


@dataclass(frozen=True, slots=True)
class Around:
    """What dialling needs of the rest of ccore.

    ``presences``: what all agents do; ``agents_of`` a line of app_queue; ``known``: whether all channels of a node are;
    ``sure``: whether nobody else dials; ``kept_free``: agents who look at somebody before they call;
    ``records``: whether a call of a campaign is recorded.
    """

    presences: Callable[[], Mapping[str, Presence]]
    agents_of: Callable[[str], Iterable[str]]
    known: Callable[[str], bool]
    sure: Callable[[], bool]
    kept_free: Seats
    records: Records


@dataclass(frozen=True, slots=True)
class Parts:
    """What it works with; ``here`` is the time now, of the site's zone."""

    database: Database
    links: Mapping[str, Link]
    trackers: Mapping[str, Tracker]
    feed: Feed
    trunks: Trunks
    claiming: Claiming
    around: Around
    here: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign stood at a node at its last decision, for people: the figures by which it dialled, or did not.

    ``seats``: agents who worked for it; ``kept_for_inbound``: those of all campaigns who were left to callers;
    ``free_channels`` outside; ``zones``: where its contacts are, ``open_zones`` where they could be called. ``fresh``:
    the node's events came; without, nobody is called ahead of agents. ``decision`` is the Pacer's, with its figures.
    ``under_way``: attempts by state. ``wanted``, ``got``: contacts, by the last claim; it got fewer if nobody else was
    due whom no limit forbids.
    """

    campaign: str
    node: str
    at: datetime
    decision: Decision
    state: str = "stopped"
    seats: int = 0
    kept_for_inbound: int = 0
    free_channels: int = 0
    zones: tuple[str, ...] = ()
    open_zones: tuple[str, ...] = ()
    linked: bool = True
    fresh: bool = True
    under_way: Mapping[str, int] = field(default_factory=dict)
    wanted: int = 0
    got: int = 0

    @property
    def found_nobody(self) -> bool:
        """Whether it would call, and the last claim gave nobody: the lists are not asked again for a moment."""
        would = bool(self.decision.start) or (self.decision.why.gate == "channels" and self.free_channels > 0)
        return would and self.wanted > 0 and self.got == 0
