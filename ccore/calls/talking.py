"""Who hears whom: through bridges, and through Local channels, which are ways within Asterisk."""

from collections.abc import Collection, Mapping, Sequence

from ccore.calls.model import Channel

# Made for many strangers, or for one who waits: being in there together does not connect two people.
_OTHER_CREATORS = frozenset({"ConfBridge", "Parking"})


def is_conversation(creator: str, technology: str) -> bool:
    """Whether people in a bridge with this creator and technology talk with each other."""
    return creator not in _OTHER_CREATORS and technology != "holding_bridge"


def other_half(name: str) -> str:
    """The name of the other half of a Local channel; empty for any other channel's name."""
    if not name.startswith("Local/") or name[-2:] not in {";1", ";2"}:
        return ""
    return name[:-1] + ("2" if name.endswith("1") else "1")


def pairs(
    call: Sequence[str],
    channels: Mapping[str, Channel],
    rooms: Mapping[str, Collection[str]],
    named: Mapping[str, str],
) -> dict[tuple[str, str], str]:
    """The pairs of channels of a call that hear each other, the older one first → the channel to a queue's member.

    ``rooms`` maps bridges to the channels in them, ``named`` names of channels to their Uniqueids. The value is empty
    where no queue put the two together.
    """
    found: dict[tuple[str, str], str] = {}
    lines = [uniqueid for uniqueid in call if not channels[uniqueid].is_local]
    for position, uniqueid in enumerate(lines):
        heard = within_earshot(uniqueid, channels, rooms, named)
        member = next((other for other in heard if channels[other].member), "")
        for other in lines[position + 1 :]:
            if other in heard:
                found[uniqueid, other] = member
    return found


def within_earshot(
    start: str, channels: Mapping[str, Channel], rooms: Mapping[str, Collection[str]], named: Mapping[str, str]
) -> list[str]:
    """All channels that ``start`` reaches through bridges and Local channels, itself first."""
    reached = [start]
    for uniqueid in reached:  # grows while it is walked
        channel = channels[uniqueid]
        half = named.get(other_half(channel.name))
        for other in (*rooms.get(channel.bridge, ()), *((half,) if half else ())):
            if other not in reached:
                reached.append(other)
    return reached
