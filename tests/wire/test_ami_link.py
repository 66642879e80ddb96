"""One life of the link after another: log-in, snapshot, epoch, and the order in which listeners are told."""

import asyncio

import pytest

from ccore.ami.actions import Originate
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from tests.wire.ami_server import (
    Action,
    AmiServer,
    Connection,
    Heard,
    counted,
    event,
    new_link,
    refuse,
    running,
)

DIAL = Originate("Local/7@out", "cc-7-1-1", "campaign", "s")


async def test_two_accounts_sign_in_and_only_one_gets_events(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        assert counted("up", node) == 1
    assert [(login["Username"], login["Secret"], login["Events"]) for login in server.received("Login")] == [
        ("ccore-events", "secret-of-events", "on"),
        ("ccore-actions", "secret-of-actions", "off"),
    ]
    assert {action["Action"] for action in server.events.actions} == {"Login", "Ping"}
    assert counted("up", node) == 0


async def test_f1_events_between_login_and_snapshot_are_told_after_it(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on("Newchannel", heard.event)
    link.on_login(heard.login)
    taken: list[Snapshot] = []

    async def keep(told: Snapshot) -> None:
        taken.append(told)

    def a_call_comes_in_between(to: Connection, action: Action) -> None:
        server.events.send(event("Newchannel", "Uniqueid: between"))
        item = (
            "Event: CoreShowChannel|Channel: PJSIP/1-1|ChannelState: 6|ChannelStateDesc: Up|Context: c|Exten: e|"
            "Uniqueid: node1-1.1|Linkedid: node1-1.0|Application: Queue|Duration: 01:02:03"
        )
        cut_short = "Event: CoreShowChannel|Channel: PJSIP/2-2|ChannelState: 6|CallerIDNum: 1"
        strange = "Event: CoreShowChannel|Channel: PJSIP/3-3"
        server.channels(to, action, item, cut_short, strange)

    link.on_login(keep)
    server.answers["CoreShowChannels"] = a_call_comes_in_between
    async with running(link):
        await heard.until("login 1", "between")
        server.booted = "2026-11-23"
        server.events.cut()
        await heard.until("login 1", "between", "login 2", "between")
    assert [each.epoch for each in taken] == [1, 2]
    assert [each.booted_at for each in taken] == ["2026-11-22 07:33:14", "2026-11-23 07:33:14"]
    (channel,) = taken[0].channels
    assert (channel.name, channel.uniqueid, channel.linkedid) == ("PJSIP/1-1", "node1-1.1", "node1-1.0")
    assert (channel.state, channel.application, channel.duration_s) == ("Up", "Queue", 3723)
    assert taken[0].unreadable == 2


async def test_f1_events_before_a_loss_are_told_before_the_next_snapshot(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()

    async def slow(told: Message) -> None:
        await asyncio.sleep(0.01)
        await heard.event(told)

    link.on("Hangup", slow)
    link.on_login(heard.login)
    async with running(link):
        await heard.until("login 1")
        server.events.send(b"".join(event("Hangup", f"Uniqueid: {number}") for number in range(20)))
        server.events.writer.close()  # after what was written
        await heard.until(*map(str, range(20)), "login 2")


async def test_a_snapshot_that_a_listener_did_not_take_in_is_taken_again(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()

    async def fails_once(told: Snapshot) -> None:
        await heard.login(told)
        if told.epoch == 1:
            raise RuntimeError("the database was away")

    link.on_login(fails_once)
    async with running(link):
        await heard.until("login 1", "login 2")
        await link.wait_up()
    assert counted("reconnects_total", node, reason="resync_failed") == 1


async def test_a_snapshot_asterisk_refuses_keeps_the_link_down(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["CoreStatus"] = refuse("Permission denied")
    async with running(link):
        await server.until(lambda: len(server.received("CoreStatus")) == 2)
        assert not link.up
    assert counted("reconnects_total", node, reason="snapshot_failed") >= 1


async def test_t1_a_link_cut_again_and_again_comes_back_each_time(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on_login(heard.login)
    async with running(link):
        for number in range(1, 5):
            await heard.until(f"login {number}")
            (server.events if number % 2 else server.actions).cut()
    assert counted("reconnects_total", node, reason="closed") >= 3


async def test_events_nobody_listens_to_are_counted_and_not_read(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on("Hangup", heard.event)
    async with running(link):
        await link.wait_up()
        server.events.send(event("VarSet", "Value: \0not even legal") * 5 + event("Hangup", "Uniqueid: 1"))
        await heard.until("1")
    assert counted("events_total", node, outcome="unwanted") == 5
    assert counted("refused_total", node, reason="control_character") == 0


async def test_callbacks_are_registered_before_the_filter_is_made(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    async with running(link):
        await link.wait_up()
        with pytest.raises(AssertionError):
            link.on("Hangup", heard.event)
