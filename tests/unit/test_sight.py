"""What the channels at a device say of the agent who sits there."""

from datetime import UTC, datetime

import pytest

from ccore.ami.link import Link
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.queues.model import Device, Presence, State
from ccore.queues.presence import Happened
from ccore.queues.sight import Seen, Sight, interface_of, news, seen
from tests.support.switch import event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def channel(state: str = "Up", **more: object) -> Channel:
    """One of phone 2001."""
    return Channel("u1", "PJSIP/phone-2001-00000001", "c1", state, NOON, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("PJSIP/phone-2001-0000002a", "PJSIP/phone-2001"),
        ("Local/1003@ccore-outside-00000007;1", "Local/1003@ccore-outside/n"),
        ("Local/1003@ccore-outside-00000007;2", ""),
        ("PJSIP/trunk-local-0000002a", ""),
        ("PJSIP/phone-2001", ""),
    ],
)
def test_channels_belong_to_what_app_queue_calls(name: str, interface: str) -> None:
    assert interface_of(name) == interface
    if interface:
        kind = "outside" if interface.startswith("Local") else "phone"
        assert Device(kind, "2001", "node1").interface("1003") == interface  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channels", "found"),
    [
        ([], Seen()),
        ([channel("Ring")], Seen(call="")),
        ([channel("Down")], Seen(call="")),
        ([channel("Down", member="1001", queue="sales")], Seen(rings=True, line="sales", call="c1")),
        ([channel("Ringing", member="1001", queue="sales")], Seen(rings=True, line="sales", call="c1")),
        ([channel("Ringing")], Seen(rings=True, call="c1")),
        ([channel("Ringing", member="1001", queue="sales", missed=True)], Seen()),
        ([channel()], Seen(up=True)),
        ([channel(bridge="b")], Seen(up=True, talks=True, call="c1")),
        ([channel("Ring"), channel(bridge="b", member="1001", queue="s")], Seen(True, True, False, "s", "c1")),
    ],
)
def test_what_channels_come_to(channels: list[Channel], found: Seen) -> None:
    assert seen(channels) == found


def test_a_phone_that_rings_before_its_queue_is_told_is_rung_by_the_line_in_which_its_caller_waits() -> None:
    """Or its agent would be rung twice by the log: by nobody, and then by the queue."""
    tracker = Tracker("node1")
    sight = Sight(Link("node1", "127.0.0.1", 1, "", ""), tracker)
    caller, phone = {"uniqueid": "c1", "linkedid": "c1"}, {"uniqueid": "u1", "linkedid": "c1"}
    for told in (
        event("Newchannel", **caller, channel="PJSIP/trunk-local-00000000", channelstatedesc="Up"),
        event("QueueCallerJoin", **caller, queue="sales"),
        event("Newchannel", **phone, channel="PJSIP/phone-2001-00000001", channelstatedesc="Down"),
    ):
        tracker.heard(told, NOON)
    assert sight.devices() == {"PJSIP/phone-2001": Seen()}
    rings = {"PJSIP/phone-2001": Seen(rings=True, line="sales", call="c1")}
    tracker.heard(event("Newstate", **phone, channelstatedesc="Ringing"), NOON)
    assert sight.devices() == rings
    called = {f"dest{name}": value for name, value in phone.items()}
    tracker.heard(event("AgentCalled", **caller, **called, queue="sales", membername="1001"), NOON)
    assert sight.devices() == rings


RINGS, TALKS, UP = Seen(rings=True, line="s", call="c1"), Seen(up=True, talks=True, line="s", call="c1"), Seen(up=True)


@pytest.mark.parametrize(
    ("state", "found", "queue", "happened"),
    [
        (State.READY, Seen(), "", []),
        (State.READY, RINGS, "sales", [Happened.RANG]),
        (State.READY, TALKS, "sales", [Happened.TALKED]),
        (State.READY, UP, "", []),
        (State.RINGING, RINGS, "sales", []),
        (State.RINGING, UP, "", []),
        (State.RINGING, TALKS, "sales", [Happened.TALKED]),
        (State.RINGING, Seen(), "", [Happened.STOPPED]),
        (State.TALKING, TALKS, "sales", []),
        (State.TALKING, TALKS, "", []),
        (State.TALKING, UP, "", []),
        (State.TALKING, Seen(), "", [Happened.ENDED]),
        (State.TALKING, RINGS, "sales", [Happened.ENDED, Happened.RANG]),
        (State.WRAP_UP, Seen(), "", []),
        (State.UNREACHABLE, TALKS, "", [Happened.TALKED]),
    ],
)
def test_what_is_news(state: State, found: Seen, queue: str, happened: list[Happened]) -> None:
    presence = Presence("1001", state, NOON, Device("phone", "2001", "node1"), queue="sales", call="c1")
    assert [event.what for event in news(presence, found, queue)] == happened
