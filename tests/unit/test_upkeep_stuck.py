"""Which channels look stuck."""

import pytest

from ccore.ami.actions import Hangup
from ccore.ami.snapshot import Channel
from ccore.upkeep.model import Reason
from ccore.upkeep.stuck import stuck_channels
from tests.unit.upkeep_asterisk import LIMITS, channel, observed

BARE = {"application": "", "application_data": ""}
OURS = "agi://127.0.0.1:14573/one_dial_order,1008610001,13800138000"


def found(*channels: Channel, unreadable: int = 0) -> list[tuple[Reason, str]]:
    """What looks stuck, and for which reason; the age of calls aside, which concerns every channel."""
    corrections = stuck_channels(observed(channels=channels, unreadable=unreadable).snapshot, LIMITS)
    return [each.matter for each in corrections if each.reason is not Reason.CALL_TOO_LONG]


@pytest.mark.parametrize(
    "channels",
    [
        [channel()],
        [channel(bridge_id="b1", **BARE)],
        [channel(application="AppDial", application_data="(Outgoing Line)")],
        # one channel of a call that is under way explains the others
        [channel(), channel("PJSIP/1001-00000002", "node1-1.2", linkedid="node1-1.1", **BARE)],
        [channel("Local/7@agents-00000001;1", "a"), channel("Local/7@agents-00000001;2", "b", linkedid="a")],
        # Asterisk's own, which lives for ever
        [channel("Message/ast_msg_queue", **BARE)],
        [channel(uniqueid="/.*/", **BARE)],
        # another server's AGI, a script's, and an application that only looks like it
        [channel(application="AGI", application_data="agi://198.51.100.7/menu")],
        [channel(application="AGI", application_data="agi://127.0.0.1:145730/menu")],
        [channel(application="AGI", application_data="order_fallback.py,1")],
        [channel(application="Verbose", application_data=OURS)],
    ],
)
def test_a_channel_that_is_explained(channels: list[Channel]) -> None:
    assert found(*channels) == []


def test_a_call_in_no_bridge_and_no_application_is_orphaned() -> None:
    other = channel("PJSIP/1001-00000002", "node1-1.2", linkedid="node1-1.1", **BARE)
    assert found(channel(**BARE), other, channel("PJSIP/9-00000003", "node1-1.3")) == [
        (Reason.CHANNEL_ORPHANED, "node1-1.1"),
        (Reason.CHANNEL_ORPHANED, "node1-1.2"),
    ]


@pytest.mark.parametrize("half", ["1", "2"])
def test_half_of_a_local_channel_is_alone(half: str) -> None:
    alone = channel(f"Local/7@agents-00000001;{half}", "a", bridge_id="b1")
    another = [channel(f"Local/7@agents-00000002;{each}", each) for each in "12"]
    assert found(alone, *another) == [(Reason.HALF_ALONE, "a")]


def test_a_channel_that_cannot_be_read_may_be_the_one_that_is_missed() -> None:
    half = channel("Local/7@agents-00000001;1", "a", **BARE)
    assert found(half, channel(**BARE), unreadable=1) == []


def test_a_session_with_ccore_may_be_stuck_and_is_known_by_what_it_asked() -> None:
    seen = observed(channels=[channel(application="AGI", application_data=OURS)], unreadable=1).snapshot
    _, stuck = stuck_channels(seen, LIMITS)
    assert (stuck.reason, stuck.subject, stuck.state) == (Reason.AGI_STUCK, "node1-1.1", OURS)
    assert stuck.actions == (Hangup("node1-1.1"),)


def test_every_call_may_be_too_long_whatever_asterisks_clock_says() -> None:
    seen = observed(channels=[channel(), channel("Message/ast_msg_queue", "m")], unreadable=1).snapshot
    [old] = stuck_channels(seen, LIMITS)
    assert (old.matter, old.call_id) == ((Reason.CALL_TOO_LONG, "node1-1.1"), "node1-1.1")
    assert LIMITS.patience_s(old.reason) == LIMITS.longest_call_s
