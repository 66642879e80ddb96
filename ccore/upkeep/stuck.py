"""Finds what looks stuck in an Asterisk: channels that nothing will ever end, devices in use that are not."""

import re
from collections.abc import Iterable, Iterator

from ccore.ami.actions import Hangup
from ccore.ami.snapshot import Channel, Snapshot
from ccore.upkeep.model import Correction, Limits, Reason

# What carries calls. Asterisk keeps channels for its own use too (Message/ast_msg_queue lives for ever).
_CARRIES_CALLS = re.compile(r"(PJSIP|SIP|IAX2|DAHDI|Local)/.*")
_NO_PATTERN = re.compile(r"[^/].*")  # whoever originates a call may choose its id; Hangup takes /…/ for a pattern
_HALF = re.compile(r"(Local/.*;)([12])")
# The technology whose device state is nothing but its channels; Custom: and Local/ devices are what somebody says.
_HAS_CHANNELS = re.compile(r"PJSIP/[^/@&,]+")


def stuck_channels(snapshot: Snapshot, limits: Limits) -> Iterator[Correction]:
    """The channels to hang up, should they still look so after ``limits``.

    A channel that cannot be read may be the one that explains another: then nothing is called an orphan.
    """
    calls = [
        channel
        for channel in snapshot.channels
        if _CARRIES_CALLS.fullmatch(channel.name) and _NO_PATTERN.fullmatch(channel.uniqueid)
    ]
    for channel in calls:
        # How long Asterisk says it has lived is not asked: a clock set forward would end every call there is.
        yield _hang_up(Reason.CALL_TOO_LONG, channel)
        if channel.application == "AGI" and channel.application_data.startswith(limits.agi_url):
            yield _hang_up(Reason.AGI_STUCK, channel, channel.application_data)
    if not snapshot.unreadable:
        yield from _orphans(calls)
        yield from _lone_halves(calls)


def devices_without_channel(devices: Iterable[str], snapshot: Snapshot) -> set[str]:
    """Those of the devices that surely have no channel now."""
    if snapshot.unreadable:
        return set()
    with_channel = {channel.name.rpartition("-")[0] for channel in snapshot.channels}
    return {device for device in devices if _HAS_CHANNELS.fullmatch(device)} - with_channel


def _orphans(calls: list[Channel]) -> Iterator[Correction]:
    alive = {channel.linkedid for channel in calls if channel.bridge_id or channel.application}
    return (_hang_up(Reason.CHANNEL_ORPHANED, channel) for channel in calls if channel.linkedid not in alive)


def _lone_halves(calls: list[Channel]) -> Iterator[Correction]:
    names = {channel.name for channel in calls}
    for channel in calls:
        half = _HALF.fullmatch(channel.name)
        if half and half[1] + ("2" if half[2] == "1" else "1") not in names:
            yield _hang_up(Reason.HALF_ALONE, channel)


def _hang_up(reason: Reason, channel: Channel, state: str = "") -> Correction:
    return Correction(reason, channel.uniqueid, (Hangup(channel.uniqueid),), state, channel.linkedid)
