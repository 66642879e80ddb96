"""The topic ``trunks``: how many calls go in and out by each trunk now, and why campaigns may not begin one by it."""

from collections import Counter
from collections.abc import Mapping

from ccore.ami.link import Link
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.config import Config
from ccore.dialer.trunks.state import Status, Trunks
from ccore.nodes import E1Trunk, SipTrunk
from ccore.pbx.campaign_trunk import trunk_of
from ccore.web.live.polled import Polled
from ccore.web.live.topics import Live, LiveTrunk

EVERY_S = 1.0


def source(config: Config, links: Mapping[str, Link], trackers: Mapping[str, Tracker], trunks: Trunks) -> Polled:
    """Every trunk at every node."""

    async def look() -> Mapping[str, Live]:
        statuses = {(each.node, each.trunk): each for each in trunks.statuses()}
        found: dict[str, Live] = {}
        for node in config.nodes:
            lines = config.trunks_of(node)
            used = directions(trackers[node], lines)
            for name, line in lines.items():
                found[f"{node} {name}"] = _entry(node, name, line, used, statuses.get((node, name)), links[node].up)
        return found

    return Polled("trunks", EVERY_S, look)


def directions(tracker: Tracker, lines: Mapping[str, SipTrunk | E1Trunk]) -> Counter[tuple[str, bool]]:
    """By trunk, and whether they came in, how many channels there are."""
    used: Counter[tuple[str, bool]] = Counter()
    for channel in tracker.channels.values():
        if (trunk := trunk_of(channel.name, lines)) is not None:
            used[trunk, _came_in(tracker, channel)] += 1
    return used


def _came_in(tracker: Tracker, channel: Channel) -> bool:
    """A call that comes in begins with its trunk's channel; one that goes out, with somebody who calls."""
    call = tracker.calls.get(channel.call)
    return call is not None and channel.uniqueid in {call.first, *call.merged}


def _entry(
    node: str, name: str, line: SipTrunk | E1Trunk, used: Counter[tuple[str, bool]], status: Status | None, linked: bool
) -> LiveTrunk:
    return LiveTrunk(
        node=node,
        trunk=name,
        kind=line.kind,
        channels=line.channels,
        inward=used[name, True],
        outward=used[name, False],
        linked=linked,
        campaigns=status is not None,
        most=status.most if status else 0,
        ours=status.ours if status else 0,
        why=status.why.value if status else "",
        killed_by=status.killed_by if status else "",
        rests_until=status.rests_until if status else None,
        reason=status.reason if status else "",
        fen_today=status.fen_today if status else 0,
        fen_this_month=status.fen_this_month if status else 0,
    )
