"""Compares what should be true of an Asterisk with what is, and names what would close the difference."""

from collections.abc import Iterator

from ccore.ami.actions import QueueAdd, QueuePause, QueuePenalty, QueueRemove, Setvar, StopMixMonitor
from ccore.ami.snapshot import Member
from ccore.upkeep.model import (
    RECORDING_ID,
    RESTS,
    Correction,
    Desired,
    Limits,
    Observed,
    Reason,
    WantedMember,
    member_subject,
)
from ccore.upkeep.stuck import devices_without_channel, stuck_channels

AUTO_PAUSE = "Auto-Pause"  # app_queue's own words when it pauses who does not answer
_BUSY = frozenset({2, 3, 6, 7, 8})  # in use, busy, ringing, ringing while in use, on hold


def reconcile(desired: Desired, observed: Observed, limits: Limits) -> list[Correction]:
    """Everything that differs or looks stuck, members to be removed first.

    Some of it may pass by itself: ``damping.decide`` says what to do about it at which look.
    """
    return [*_queues(desired, observed), *_recordings(desired, observed), *stuck_channels(observed.snapshot, limits)]


def _queues(desired: Desired, observed: Observed) -> Iterator[Correction]:
    known = {queue.name for queue in observed.snapshot.queues}
    wanted = {(member.queue, member.interface): member for member in desired.members}
    there = {
        (member.queue, member.interface): member
        for member in observed.snapshot.members
        if member.queue in desired.queues
    }
    idle = devices_without_channel({found.state_interface for found in there.values()}, observed.snapshot)
    for key, found in there.items():
        if key not in wanted and _ours(found):
            yield _about(Reason.MEMBER_UNWANTED, *key, QueueRemove(*key))
    for key, member in wanted.items():
        if key in there:
            yield from _differences(member, there[key], there[key].state_interface in idle)
        elif member.queue in known:
            yield _about(Reason.MEMBER_MISSING, *key, _added(member))
    for queue in sorted(desired.queues - known):
        yield Correction(Reason.QUEUE_MISSING, queue, ())


def _differences(wanted: WantedMember, found: Member, idle: bool) -> Iterator[Correction]:
    """What is wrong with a member that is there; ``idle``: its device has no channel."""
    queue, interface = wanted.queue, wanted.interface
    anew = (QueueRemove(queue, interface), _added(wanted))
    if _ours(found) and (found.name, found.state_interface) != (wanted.name, wanted.state_interface):
        # These cannot be changed in place, and a member made anew in its call would be rung before its wrap-up is over.
        if not found.in_call:
            yield _about(Reason.MEMBER_DIFFERS, queue, interface, *anew)
        return
    if found.penalty != wanted.penalty:
        yield _about(Reason.PENALTY_WRONG, queue, interface, QueuePenalty(interface, wanted.penalty, queue))
    if not _pause_right(wanted, found):
        pause = QueuePause(interface, wanted.paused, queue, wanted.pause_reason or None)
        yield _about(Reason.PAUSE_WRONG, queue, interface, pause)
    if _ours(found) and found.status in _BUSY and idle:
        yield _about(Reason.MEMBER_STUCK, queue, interface, *anew)


def _pause_right(wanted: WantedMember, found: Member) -> bool:
    """Whom app_queue paused because they did not answer stays paused, until somebody decides otherwise."""
    if not wanted.paused:
        return not found.paused or found.reason == AUTO_PAUSE or (wanted.rests and found.reason == RESTS)
    return found.paused and found.reason == wanted.pause_reason


def _recordings(desired: Desired, observed: Observed) -> Iterator[Correction]:
    for wanted in desired.recordings:
        if wanted.channel not in observed.recordings:
            continue
        running = observed.recordings[wanted.channel]
        if wanted.recorded and (running is None or not running.file.endswith(f"/{wanted.file}")):
            # Only an account that may run commands as well may start one: Asterisk asks for class system.
            yield Correction(Reason.RECORDING_MISSING, wanted.channel, (), call_id=wanted.call_id)
        elif running is not None and not wanted.recorded:
            stop = (StopMixMonitor(wanted.channel, running.monitor), Setvar(wanted.channel, RECORDING_ID, ""))
            yield Correction(Reason.RECORDING_UNWANTED, wanted.channel, stop, call_id=wanted.call_id)


def _ours(found: Member) -> bool:
    """Whether it can be removed; a member written in queues.conf cannot."""
    return found.membership == "dynamic"


def _added(member: WantedMember) -> QueueAdd:
    rests = member.rests and not member.paused
    return QueueAdd(
        member.queue,
        member.interface,
        member.name,
        member.state_interface,
        member.penalty,
        member.paused or rests,
        (RESTS if rests else member.pause_reason) or None,
    )


def _about(
    reason: Reason, queue: str, interface: str, *actions: QueueAdd | QueueRemove | QueuePause | QueuePenalty
) -> Correction:
    return Correction(reason, member_subject(queue, interface), actions)
