"""Where agents take calls who sit at no phone of the site."""

from collections.abc import Mapping

from ccore.queues.model import Presence


def number(presences: Mapping[str, Presence], agent: str, node: str) -> str:
    """The number outside that the agent is signed in at by the node; "" if they are at none."""
    presence = presences.get(agent)
    device = presence.device if presence else None
    return device.number if device is not None and device.kind == "outside" and device.node == node else ""
