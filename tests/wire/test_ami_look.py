"""What the link sees of Asterisk's state, at logins and in between, and what it says of its own losses."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccore.ami.link import Link
from ccore.ami.session import Lost, Reason
from ccore.ami.snapshot import Bridge, Member, Queue, Snapshot, Waiting
from ccore.ami.wire import Message
from ccore.clock import utc_now
from ccore.errors import OutcomeUnknown, Unavailable
from tests.wire.ami_server import QUICK, Action, AmiServer, Answer, Connection, down, event, new_link, refuse, running
from tests.wire.ami_server import silence as say_nothing

# As Asterisk 22.10.1 said it: a caller connected by a queue, another who waits.
CHANNEL = (
    "Event: CoreShowChannel|Channel: Local/2@from-trunk-00000001;2|ChannelState: 6|ChannelStateDesc: Up|"
    "CallerIDNum: 123|CallerIDName: x|ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|Language: en|"
    "AccountCode: |Context: from-trunk|Exten: 2|Priority: 2|Uniqueid: o2|Linkedid: t2|Application: Queue|"
    "ApplicationData: service,,,,20|Duration: 01:02:03|BridgeId: 084b456a-80ee-4636-93dc-374c080adcd4"
)
BRIDGE = (
    "Event: BridgeListItem|BridgeUniqueid: 084b456a-80ee-4636-93dc-374c080adcd4|BridgeType: basic|"
    "BridgeTechnology: simple_bridge|BridgeCreator: <unknown>|BridgeName: <unknown>|BridgeNumChannels: 2|"
    "BridgeVideoSourceMode: none"
)
QUEUE = (
    "Event: QueueParams|Queue: service|Max: 0|Strategy: rrmemory|Calls: 1|Holdtime: 2|TalkTime: 0|Completed: 4|"
    "Abandoned: 3|ServiceLevel: 0|ServicelevelPerf: 0.0|ServicelevelPerf2: 0.0|Weight: 0"
)
MEMBER = (
    "Event: QueueMember|Queue: service|Name: 坐席一|Location: Local/ag@from-trunk|StateInterface: PJSIP/ag|"
    "Membership: dynamic|Penalty: 5|CallsTaken: 2|LastCall: 1795344680|LastPause: 0|LoginTime: 1795344686|InCall: 1|"
    "Status: 2|Paused: 1|PausedReason: 吃饭|Wrapuptime: 10"
)
WAITING = (
    "Event: QueueEntry|Queue: service|Position: 1|Channel: PJSIP/trunk-local-00000003|Uniqueid: node1-1.7|"
    "CallerIDNum: 13800138000|CallerIDName: unknown|ConnectedLineNum: unknown|ConnectedLineName: unknown|"
    "Wait: 9|Priority: 0"
)
DEVICE = "Event: DeviceStateChange|Device: PJSIP/ag|State: ONHOLD"


def listing(*items: str) -> Answer:
    """Answer with a list."""

    def answer(to: Connection, action: Action) -> None:
        end = f"Event: {action['Action']}Complete|EventList: Complete|ListItems: {len(items)}"
        to.answer(action, "Response: Success|EventList: start", *items, end)

    return answer


async def test_a_look_sees_everything_a_call_centre_is(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        server.answers |= {
            "CoreShowChannels": listing(CHANNEL),
            "BridgeList": listing(BRIDGE),
            "QueueStatus": listing(QUEUE, MEMBER, WAITING),
            "DeviceStateList": listing(DEVICE),
        }
        before = utc_now()
        seen = await link.look()
        assert before <= seen.asked_at <= utc_now()
        assert seen.epoch == link.epoch == 1
    (channel,) = seen.channels
    assert (channel.caller, channel.connected, channel.duration_s) == ("123", "", 3723)
    assert (channel.application, channel.application_data) == ("Queue", "service,,,,20")
    bridge = "084b456a-80ee-4636-93dc-374c080adcd4"
    assert channel.bridge_id == bridge
    assert seen.bridges == (Bridge(bridge, "simple_bridge", creator="", name="", channels=2),)
    assert seen.queues == (Queue("service", 1, "rrmemory", completed=4, abandoned=3, weight=0),)
    assert seen.members == (
        Member(
            "service",
            "Local/ag@from-trunk",
            "坐席一",
            "PJSIP/ag",
            "dynamic",
            penalty=5,
            paused=True,
            reason="吃饭",
            status=2,
            in_call=True,
            calls_taken=2,
            last_call=1795344680,
            last_pause=0,
            logged_in_at=1795344686,
            wrapup_s=10,
        ),
    )
    place = Waiting("service", "node1-1.7", "PJSIP/trunk-local-00000003", 1, 9, priority=0, caller="13800138000")
    assert seen.waiting == (place,)
    assert seen.devices == {"PJSIP/ag": "ONHOLD"}
    assert seen.unreadable == 0


async def test_what_cannot_be_read_is_counted(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        server.answers |= {
            "CoreShowChannels": listing(CHANNEL, "Event: CoreShowChannel|Channel: PJSIP/1|Duration: 1"),
            "BridgeList": listing("Event: BridgeListItem|BridgeUniqueid: 1"),
            "QueueStatus": listing(QUEUE, MEMBER.replace("Penalty: 5", "Penalty: many"), WAITING + "\nX: y"),
        }
        seen = await link.look()
    assert (len(seen.channels), seen.bridges, seen.members, seen.waiting) == (1, (), (), ())
    assert seen.unreadable == 4


async def test_an_asterisk_without_queues_has_none(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    words = "Invalid/unknown command: {}. Use Action: ListCommands to show available commands."
    for verb in ("QueueStatus", "DeviceStateList"):
        server.answers[verb] = refuse(words.format(verb))
    async with running(link):
        await link.wait_up()
        seen = await link.look()
        assert (seen.queues, seen.members, seen.waiting, seen.devices) == ((), (), (), {})
        server.answers["QueueStatus"] = refuse("Permission denied")  # is no absence
        with pytest.raises(Unavailable, match="Permission denied"):
            await link.look()
        assert link.epoch == 1


async def test_a_look_needs_a_link_and_an_answer(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, snapshot_s=0.5))
    with pytest.raises(Unavailable):
        await link.look()
    async with running(link):
        await link.wait_up()
        server.answers["BridgeList"] = say_nothing
        with pytest.raises(OutcomeUnknown):
            await link.look()
        assert link.up


def losses_of(link: Link) -> list[tuple[Reason, datetime]]:
    """The losses the link tells of, each with how far it had heard."""
    told: list[tuple[Reason, datetime]] = []

    def note(lost: Lost) -> None:
        assert link.heard_until is not None
        told.append((lost.reason, link.heard_until))

    link.on_lost(note)
    return told


def up_since(link: Link) -> datetime:
    assert link.up_since is not None
    return link.up_since


async def test_a_loss_is_told_once_and_only_of_a_link_that_was_up(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    losses = losses_of(link)
    async with running(link):
        await link.wait_up()
        assert utc_now() - up_since(link) < timedelta(minutes=1)
        server.answers["Login"] = refuse("Authentication failed")
        server.events.cut()
        await server.until(lambda: len(server.received("Login")) == 3)
        await down(link)
        assert link.up_since is None
    assert [reason for reason, _ in losses] == [Reason.CLOSED]


async def test_a_silent_loss_began_at_the_last_sign_of_life(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    losses = losses_of(link)
    async with running(link):
        await link.wait_up()
        await server.until(lambda: len(server.received("Ping")) >= 4)
        answer, deaf_from = server.answers["Ping"], utc_now()
        server.answers["Ping"] = say_nothing
        await down(link)
        server.answers["Ping"] = answer
        await link.wait_up()
    ((reason, heard_until),) = losses
    assert reason is Reason.SILENT
    assert heard_until <= deaf_from < utc_now() - timedelta(seconds=2 * QUICK.ping_every_s)
    assert heard_until > deaf_from - timedelta(minutes=1)


async def test_events_that_are_thrown_away_were_not_heard(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, queue=100))
    losses = losses_of(link)
    stuck, gate = asyncio.Event(), asyncio.Event()

    async def slow(_told: Message) -> None:
        stuck.set()
        await gate.wait()

    link.on("Hangup", slow)
    async with running(link):
        await link.wait_up()
        server.events.send(event("Hangup", "Uniqueid: 1") * 50)
        await stuck.wait()
        full_from = utc_now()
        pings = len(server.received("Ping"))
        await server.until(lambda: len(server.received("Ping")) > pings + 4)  # which prove that Asterisk was heard
        assert link.behind_s > QUICK.ping_every_s
        server.events.send(event("Hangup", "Uniqueid: 1") * 100)
        await down(link)
        gate.set()
        await link.wait_up()
    ((reason, heard_until),) = losses
    assert reason is Reason.OVERFLOW
    assert heard_until <= full_from


def test_a_snapshot_is_named_for_the_log() -> None:
    assert Snapshot(3, "", (), asked_at=datetime.now(UTC)).name == "login 3"
