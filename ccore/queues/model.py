"""Agents and callers of queues, as values."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ccore.centre.phones import endpoint

OUTSIDE_CONTEXT = "ccore-outside"  # of the dialplan: calls an agent at a number outside, who accepts with key 1


class State(enum.StrEnum):
    """What an agent is doing. The words stand in the database, in the API and in reports."""

    SIGNED_OUT = "signed-out"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"  # in a call of a queue or in one of their own
    WRAP_UP = "wrap-up"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"  # their device is lost; as soon as it is back, what was before


@dataclass(frozen=True, slots=True)
class Device:
    """Where an agent takes calls: a phone or browser of ``phones.toml`` by its number, or an outside number (E.164)."""

    kind: Literal["phone", "browser", "outside"]
    number: str
    node: str

    def interface(self, agent: str) -> str:
        """What app_queue calls."""
        return f"Local/{agent}@{OUTSIDE_CONTEXT}/n" if self.kind == "outside" else f"PJSIP/{endpoint(self.number)}"


@dataclass(frozen=True, slots=True)
class Agent:
    """One who takes calls. ``skills`` have levels from 1 to 9; ``echelon`` 0 is regular staff, 1 to 4 standby."""

    number: str  # digits: what they sign in with, and the member's name in every queue
    name: str
    skills: Mapping[str, int]
    echelon: int = 0
    own_penalty: int = 0  # in the line of head starts (lines.OWN_LINE), where nobody else has it


@dataclass(frozen=True, slots=True)
class Presence:
    """What an agent does since when. ``reason`` is a pause's; ``call`` is the LinkedID they ring or talk in.

    ``paused`` is what they asked for: a call or lost device goes before it in ``state``, and it is there again after.
    """

    agent: str
    state: State
    since: datetime
    device: Device | None = None
    paused: bool = False
    reason: str = ""
    queue: str = ""
    call: str = ""
    wrap_up_until: datetime | None = None
    idle_since: datetime | None = None  # when the last call of a queue ended: who rests longest is next; None: never
    extended: bool = False  # the wrap-up is not the queue's own, or app_queue does not know of it
    lost: bool = False  # Asterisk does not reach the device
    missed: int = 0  # calls in a row they did not answer
    version: int = 0  # one more with each change


def seated(presences: Mapping[str, Presence]) -> dict[tuple[str, str], str]:
    """By node and number of a device: the agent who sits there."""
    devices = ((agent, presence.device) for agent, presence in presences.items())
    return {(device.node, device.number): agent for agent, device in devices if device is not None}


@dataclass(frozen=True, slots=True)
class Caller:
    """One who comes to a queue: what is known of them decides their place. ``number`` is E.164, or empty."""

    call_key: str
    number: str
    tier: str
    language: str
    came_at: datetime
    sticky: str = ""  # the agent who served them last, if the queue wants that
    menu_priority: int = 0
