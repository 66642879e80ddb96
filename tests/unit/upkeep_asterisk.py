"""An Asterisk of values: channels and members as a snapshot tells them, and what corrections would make of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ccore.ami.actions import (
    Action,
    Hangup,
    QueueAdd,
    QueuePause,
    QueuePenalty,
    QueueRemove,
    Setvar,
    StopMixMonitor,
)
from ccore.ami.snapshot import Channel, Member, Queue, Snapshot
from ccore.clock import utc_now
from ccore.upkeep.model import Limits, Observed, Recording, WantedMember

LIMITS = Limits(agi_url="agi://127.0.0.1:14573/", agi_s=20.0, longest_call_s=36_000.0)


def channel(name: str = "PJSIP/trunk-00000001", uniqueid: str = "node1-1.1", **facts: str) -> Channel:
    """A channel that waits in a queue, unless ``facts`` say otherwise; its call is its own."""
    given = {"linkedid": uniqueid, "application": "Queue", "application_data": "service", "bridge_id": "", **facts}
    return Channel(
        name=name, uniqueid=uniqueid, state="Up", context="service", exten="s", duration_s=1, caller="", connected="",
        **given,
    )  # fmt: skip


def member(queue: str = "sales", interface: str = "PJSIP/1001", **facts: object) -> Member:
    """A member at rest that was added by AMI, unless ``facts`` say otherwise."""
    there = Member(
        queue=queue, interface=interface, name=interface, state_interface=interface, membership="dynamic", penalty=0,
        paused=False, reason="", status=1, in_call=False, calls_taken=0, last_call=0, last_pause=0, logged_in_at=0,
        wrapup_s=0,
    )  # fmt: skip
    return replace(there, **facts)  # type: ignore[arg-type]


def wanted(queue: str = "sales", interface: str = "PJSIP/1001", **facts: object) -> WantedMember:
    """The same member as it should be."""
    return replace(WantedMember(queue, interface, interface, interface), **facts)  # type: ignore[arg-type]


def observed(
    members: Iterable[Member] = (),
    channels: Iterable[Channel] = (),
    queues: Iterable[str] = ("sales",),
    recordings: Mapping[str, Recording | None] | None = None,
    unreadable: int = 0,
) -> Observed:
    """What is true."""
    snapshot = Snapshot(
        epoch=1,
        booted_at="2026-11-22 08:00:00",
        channels=tuple(channels),
        unreadable=unreadable,
        asked_at=utc_now(),
        queues=tuple(Queue(name, 0, "rrmemory", 0, 0, 0) for name in queues),
        members=tuple(members),
    )
    return Observed(snapshot, recordings or {})


def after(actions: Iterable[Action], before: Observed) -> Observed:
    """What is true once Asterisk has done ``actions``, which refuses what it would refuse."""
    for action in actions:
        before = _done(action, before)
    return before


def _done(action: Action, before: Observed) -> Observed:
    snapshot = before.snapshot
    members = {(member.queue, member.interface): member for member in snapshot.members}
    match action:
        case QueueAdd():
            assert action.queue in {queue.name for queue in snapshot.queues}, "No such queue"
            assert (action.queue, action.interface) not in members, "Already there"
            members[action.queue, action.interface] = _added(action)
        case QueueRemove():
            assert members.pop((action.queue, action.interface)).membership == "dynamic", "Member not dynamic"
        case QueuePause():
            key = (action.queue or "", action.interface)
            reason = (action.reason or "") if action.paused else ""
            members[key] = replace(members[key], paused=action.paused, reason=reason)
        case QueuePenalty():
            key = (action.queue or "", action.interface)
            members[key] = replace(members[key], penalty=action.penalty)
        case StopMixMonitor():
            running = before.recordings[action.channel]
            assert running is not None
            assert running.monitor == action.mixmonitor_id
            return replace(before, recordings={**before.recordings, action.channel: None})
        case Hangup():
            left = tuple(each for each in snapshot.channels if each.uniqueid != action.channel)
            return replace(before, snapshot=replace(snapshot, channels=left))
        case Setvar():
            return before
        case _:
            raise AssertionError(action)
    return replace(before, snapshot=replace(snapshot, members=tuple(members.values())))


def _added(action: QueueAdd) -> Member:
    return member(
        action.queue,
        action.interface,
        name=action.member_name or action.interface,
        state_interface=action.state_interface or action.interface,
        penalty=action.penalty or 0,
        paused=bool(action.paused),
        reason=(action.reason or "") if action.paused else "",
    )
