"""The link to Asterisk has none of panoramisk's faults (asterisk-facts.md), nor L4 to L11 (reliability.md)."""

import asyncio
import time
from dataclasses import replace

import pytest

from ccore.ami.actions import CoreShowChannels, Hangup, Originate, Ping, QueueAdd, QueuePause, QueueStatus
from ccore.ami.wire import Message, Unsendable
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from tests.support.waiting import until
from tests.wire.ami_server import (
    QUICK,
    Action,
    AmiServer,
    Connection,
    Heard,
    counted,
    down,
    event,
    new_link,
    refuse,
    running,
    silence,
)

DIAL = Originate("Local/7@out", "cc-7-1-1", "campaign", "s")


async def test_l4_an_unanswered_action_is_not_sent_again(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Originate"] = silence
    async with running(link):
        await link.wait_up()
        sending = asyncio.create_task(link.send(DIAL))
        await server.until(lambda: len(server.received("Originate")) == 1)
        server.actions.cut()
        with pytest.raises(OutcomeUnknown, match="Originate: the connection to Asterisk ended"):
            await sending
        await server.until(lambda: len(server.received("CoreShowChannels")) == 2)
        await link.wait_up()
        await link.send(Ping())
        assert len(server.received("Originate")) == 1
    assert counted("actions_total", node, verb="Originate", outcome="unknown") == 1


async def test_an_action_while_offline_is_refused_and_not_sent_later(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    with pytest.raises(Unavailable):
        await link.send(DIAL)
    async with running(link):
        await link.wait_up()
        await server.stop()
        await down(link)
        with pytest.raises(Unavailable):
            await link.send(DIAL)
        await server.start()
        await link.wait_up()
        await link.send(Ping())
    assert server.received("Originate") == []
    assert counted("actions_total", node, verb="Originate", outcome="unavailable") == 2


async def test_originate_is_async_and_does_not_drop_the_link(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Originate"] = lambda to, action: to.answer(
        action, "Response: Success|Message: Originate successfully queued"
    )
    async with running(link):
        await link.wait_up()
        reply = await link.send(DIAL)
        assert reply.response["Message"] == "Originate successfully queued"
        assert link.epoch == 1
    (sent,) = server.received("Originate")
    assert (sent["Async"], sent["ChannelId"]) == ("true", "cc-7-1-1")


async def test_l7_an_exception_in_a_callback_does_not_close_the_link(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()

    async def fails(_event: Message) -> None:
        raise RuntimeError("a listener's own fault")

    link.on("Hangup", fails)
    link.on("Hangup", heard.event)
    async with running(link):
        await link.wait_up()
        server.events.send(event("Hangup", "Uniqueid: 1") + event("Hangup", "Uniqueid: 2"))
        await heard.until("1", "2")
        await link.send(Ping())
        assert link.epoch == 1
    assert counted("events_total", node, outcome="failed") == 2


@pytest.mark.parametrize("account", ["ccore-events", "ccore-actions"])
async def test_l8_a_half_open_link_is_dropped_after_three_pings(server: AmiServer, node: str, account: str) -> None:
    link = new_link(server, node)
    pinged: list[Connection] = []

    def deaf_at_first(to: Connection, action: Action) -> None:
        if to.user == account and to.number < 2:
            pinged.append(to)
        else:
            to.answer(action, "Response: Success|Ping: Pong")

    server.answers["Ping"] = deaf_at_first
    async with running(link):
        await server.until(lambda: len(server.received("CoreShowChannels")) == 2)
        await link.wait_up()
    assert len(pinged) == 3
    assert counted("reconnects_total", node, reason="silent") == 1


async def test_l5_no_action_waits_for_an_event_that_never_comes(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Hangup"] = silence
    async with running(link):
        await link.wait_up()
        with pytest.raises(OutcomeUnknown, match=r"0\.1 s"):
            await link.send(Hangup("PJSIP/1-1"), timeout_s=0.1)
        await link.send(Ping())


async def test_l5_an_account_that_may_not_see_fully_booted_is_told_so(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, boot_s=0.1))
    server.answers["Login"] = lambda to, action: to.answer(action, "Response: Success|Message: Authentication accepted")
    async with running(link):
        await server.until(lambda: len(server.received("Login")) == 4)
        assert not link.up
    assert counted("reconnects_total", node, reason="not_booted") >= 1


async def test_l6_row_71_a_name_split_over_two_segments_arrives_whole(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()

    async def name(told: Message) -> None:
        await heard.write(told["CallerIDName"])

    link.on("Newchannel", name)
    async with running(link):
        await link.wait_up()
        whole = event("Newchannel", "CallerIDName: 客户张三")
        cut = whole.index("客".encode()) + 1
        server.events.send(whole[:cut])
        await link.send(Ping())  # the first segment has been read by now, or will be read as one with the second
        server.events.send(whole[cut:])
        await heard.until("客户张三")


async def test_queue_add_is_answered(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["QueueAdd"] = lambda to, action: to.answer(
        action, "Response: Success|Message: Added interface to queue"
    )
    async with running(link):
        await link.wait_up()
        reply = await link.send(QueueAdd("sales", "PJSIP/1"))
        assert reply.items == ()


async def test_a_list_that_is_refused_does_not_hang(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        server.answers["QueueStatus"] = refuse("No such queue")
        with pytest.raises(ActionRefused, match="QueueStatus: No such queue"):
            await link.send(QueueStatus("none"))
    assert counted("actions_total", node, verb="QueueStatus", outcome="refused") == 1


async def test_a_list_comes_whole_and_without_its_end(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    items = [f"Event: CoreShowChannel|Channel: PJSIP/{number}" for number in range(3)]
    async with running(link):
        await link.wait_up()
        server.answers["CoreShowChannels"] = lambda to, action: server.channels(to, action, *items)
        reply = await link.send(CoreShowChannels())
        assert [item["Channel"] for item in reply.items] == ["PJSIP/0", "PJSIP/1", "PJSIP/2"]


async def test_a_list_broken_off_is_no_answer(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        server.answers["QueueStatus"] = lambda to, action: to.answer(
            action, "Response: Success|EventList: start", "Event: QueueStatusComplete|EventList: cancelled"
        )
        with pytest.raises(ActionRefused, match="broke"):
            await link.send(QueueStatus())


async def test_actions_that_nobody_waits_for_any_more_are_forgotten(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, in_flight=3))
    kept: list[tuple[Connection, Action]] = []
    server.answers["Hangup"] = lambda to, action: kept.append((to, action))
    async with running(link):
        await link.wait_up()
        for _ in range(5):  # more than may be in flight
            with pytest.raises(OutcomeUnknown):
                await link.send(Hangup("PJSIP/1-1"), timeout_s=0.02)
        await until(lambda: len(kept) == 5)  # the last may still be on its way
        for to, action in kept:
            to.answer(action, "Response: Success|Message: Channel Hungup")
        await link.send(Ping())
    assert counted("refused_total", node, reason="unexpected") == 5  # the late answers


async def test_more_actions_in_flight_than_asterisk_keeps_up_with_are_refused(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, in_flight=3, ping_every_s=60.0))
    kept: list[tuple[Connection, Action]] = []
    server.answers["Hangup"] = lambda to, action: kept.append((to, action))
    async with running(link):
        await link.wait_up()
        await server.until(lambda: len(server.received("Ping")) == 2)
        await link.send(Ping())  # whose answer comes after those of the link's own: nothing is in flight now
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(link.send(Hangup("PJSIP/1-1"), 60.0)) for _ in range(3)]
            await until(lambda: len(kept) == 3)
            with pytest.raises(Unavailable):
                await link.send(Hangup("PJSIP/1-1"))
            for to, action in kept:
                to.answer(action, "Response: Success|Message: Channel Hungup")
        assert all(task.result().response["Message"] == "Channel Hungup" for task in waiting)
    assert len(server.received("Hangup")) == 3


async def test_a_link_that_was_ended_does_not_connect_again(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
    connections = len(server.connections)
    assert not link.up
    with pytest.raises(Unavailable):
        await link.send(Ping())
    await asyncio.sleep(0.6)  # longer than the wait before a first new try
    assert len(server.connections) == connections


async def test_callbacks_are_awaited_one_at_a_time_in_asterisks_order(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    inside = 0

    async def slow_at_first(told: Message) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        await asyncio.sleep(0.02 if told["Uniqueid"] < "5" else 0)
        await heard.event(told)
        inside -= 1

    for name in ("Newchannel", "Hangup", "OriginateResponse"):
        link.on(name, slow_at_first)
    names = ["Newchannel", "Hangup", "OriginateResponse", "Hangup"] * 2
    async with running(link):
        await link.wait_up()
        server.events.send(b"".join(event(name, f"Uniqueid: {at}") for at, name in enumerate(names)))
        await heard.until(*map(str, range(8)))
    assert counted("events_total", node, outcome="handled") == 8


async def test_a_callback_that_hangs_is_cut_and_the_others_are_told(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node, replace(QUICK, burst_s=0.1)), Heard()

    async def hangs(told: Message) -> None:
        if told["Uniqueid"] == "1":
            await asyncio.Event().wait()
        await heard.event(told)

    link.on("Hangup", hangs)
    async with running(link):
        await link.wait_up()
        server.events.send(b"".join(event("Hangup", f"Uniqueid: {number}") for number in range(4)))
        await heard.until("0", "2", "3")
    assert counted("events_total", node, outcome="failed") == 1


@pytest.mark.parametrize(
    "poison", ["lunch\r\n\r\nAction: Command\r\nCommand: core stop now", "a\nb", "a\0b", "x" * 1001]
)
async def test_l9_rows_79_80_a_poisoned_value_is_refused_and_nothing_is_sent(
    server: AmiServer, node: str, poison: str
) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        with pytest.raises(Unsendable, match="Reason"):
            await link.send(QueuePause("PJSIP/1", paused=True, reason=poison))
        await link.send(Ping())
    assert {action["Action"] for each in server.connections for action in each.actions} == {
        "Login", "Ping", "CoreStatus", "CoreShowChannels", "BridgeList", "QueueStatus", "DeviceStateList",
    }  # fmt: skip
    assert counted("actions_total", node, verb="QueuePause", outcome="unsendable") == 1


async def test_l10_row_76_a_refused_login_is_not_tried_again_at_once(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Login"] = refuse("Authentication failed")
    async with running(link):
        await server.until(lambda: len(server.received("Login")) == 1)
        await asyncio.sleep(1.5)  # panoramisk tries again after 2 s, ours after 3.75 s at the earliest
        assert len(server.received("Login")) == 1
        assert not link.up
    assert counted("reconnects_total", node, reason="login_refused") == 1


async def test_l11_s1_forged_events_reach_nobody(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    for name in ("Newchannel", "QueueMemberStatus", "Hangup"):
        link.on(name, heard.event)
    poison = {
        "s1": "1\r\n\r\nEvent: QueueMemberStatus\r\nQueue: s",
        "marks": "\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795310780.250074\r\nCause: 16",
        "closed": "1\r\n\r\nEvent: QueueMemberStatus\r\nQueue: s\r\n\r\nX: y",
        "header": "1\r\nUniqueid: 9",
        "line": "1\nUniqueid: 9",
        "empty lines": "1\n\nEvent: Hangup",
    }
    async with running(link):
        await link.wait_up()
        for number in poison.values():
            server.events.send(
                event("Newchannel", f"ChannelState: 4|CallerIDNum: {number}|CallerIDName: x|Uniqueid: 7|Linkedid: 7")
            )
        server.events.send(event("Hangup", "Uniqueid: 8"))
        await heard.until("8")
        assert heard.items == ["8"]
        assert link.epoch == 1
    flaws = ("cut_short", "not_as_broadcast", "neither_event_nor_response", "repeated_header", "control_character")
    assert [counted("refused_total", node, reason=flaw) for flaw in flaws] == [3, 3, 1, 1, 2]


async def test_f2_overflow_is_a_counted_reconnect_with_a_new_snapshot(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node, replace(QUICK, queue=100)), Heard()
    gate = asyncio.Event()

    async def slow(told: Message) -> None:
        await gate.wait()
        await heard.event(told)

    link.on("Hangup", slow)
    link.on_login(heard.login)
    async with running(link):
        await heard.until("login 1")
        server.events.send(b"".join(event("Hangup", f"Uniqueid: {number}") for number in range(200)))
        await server.until(lambda: len(server.received("CoreShowChannels")) == 2)
        gate.set()
        await heard.until("login 2")
        server.events.send(event("Hangup", "Uniqueid: after"))
        await heard.until("login 2", "after")
    told = [int(item) for item in heard.items if item.isdecimal()]
    assert told == list(range(len(told)))  # a run from the start, and then the snapshot: no gap in silence
    assert len(told) + counted("events_total", node, outcome="dropped") == 200
    assert counted("reconnects_total", node, reason="overflow") == 1


async def test_f10_a_clock_that_differs_is_measured(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Ping"] = lambda to, action: to.answer(
        action, f"Response: Success|Ping: Pong|Timestamp: {time.time() - 3600:.6f}"
    )
    async with running(link):
        await link.wait_up()
        await server.until(lambda: len(server.received("Ping")) > 4)
    assert counted("clock_difference_seconds", node) == pytest.approx(-3600, abs=60)


async def test_a_ping_answered_with_nonsense_does_not_end_the_link(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Ping"] = lambda to, action: to.answer(action, "Response: Success|Timestamp: noon")
    async with running(link):
        await link.wait_up()
        await server.until(lambda: len(server.received("Ping")) > 4)
        assert link.epoch == 1
