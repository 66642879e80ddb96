"""What a forged or broken Asterisk may say (reliability.md section 8, rows 69 to 78), and what the log keeps of it."""

import asyncio
import socket
from dataclasses import replace

import pytest
import structlog

from ccore.ami import refusals
from ccore.ami.actions import Hangup, Originate, Ping, QueueStatus
from ccore.ami.link import Link
from ccore.errors import Unavailable
from tests.wire.ami_server import (
    BOOTED,
    QUICK,
    Action,
    AmiServer,
    Connection,
    Heard,
    counted,
    event,
    message,
    new_link,
    refuse,
    running,
    silence,
)

DIAL = Originate("Local/7@out", "cc-7-1-1", "campaign", "s")


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01" * 200])
async def test_row_69_wrong_banner(server: AmiServer, node: str, banner: bytes) -> None:
    link = new_link(server, node)
    server.banner = banner
    async with running(link):
        await server.until(lambda: len(server.connections) == 2)
        assert not link.up
        assert server.received("Login") == []  # no secret goes to something that is no Asterisk
    assert counted("reconnects_total", node, reason="not_asterisk") >= 1


@pytest.mark.parametrize("banner", [b"", b"Asterisk Call"])
async def test_row_69_no_banner_as_from_a_frozen_asterisk(server: AmiServer, node: str, banner: bytes) -> None:
    link = new_link(server, node, replace(QUICK, banner_s=0.5))
    server.banner = banner
    async with running(link):
        await server.until(lambda: len(server.connections) == 2)
        assert server.received("Login") == []
    assert counted("reconnects_total", node, reason="silent") >= 1


async def test_a_port_that_does_not_answer_is_left_in_time(node: str) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # what its queue holds: the kernel drops every SYN after these
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        limits = replace(QUICK, connect_s=0.1)
        link = Link(node, "127.0.0.1", deaf.getsockname()[1], "", "", limits)
        async with running(link):
            while counted("reconnects_total", node, reason="unreachable") < 2:
                await asyncio.sleep(0.01)


async def test_row_70_a_message_that_is_neither_event_nor_response(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on("Hangup", heard.event)
    async with running(link):
        await link.wait_up()
        server.events.send(message("Uniqueid: 1|Cause: 16") + message("") + event("Hangup", "Uniqueid: 2"))
        await heard.until("2")
    assert heard.items == ["2"]
    assert counted("refused_total", node, reason="neither_event_nor_response") == 1
    assert counted("refused_total", node, reason="header_shape") == 1


async def test_row_72_an_event_of_1_mb_is_a_reconnect(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on("Hangup", heard.event)
    link.on_login(heard.login)
    async with running(link):
        await heard.until("login 1")
        server.events.send(event("Hangup", "Uniqueid: " + "x" * (1 << 20)))
        await heard.until("login 1", "login 2")
    assert counted("reconnects_total", node, reason="too_long") == 1


async def test_row_73_a_response_for_an_unknown_action_id(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        for connection in (server.actions, server.events):
            connection.send(message("Response: Success|ActionID: nobody-1") + message("Response: Error"))
        server.actions.send(message("Event: CoreShowChannel|ActionID: nobody-2") + event("Hangup"))
        await link.send(Ping())
        assert link.epoch == 1
        assert counted("refused_total", node, reason="unexpected") >= 4


async def test_row_74_two_responses_for_one_action_id(server: AmiServer, node: str) -> None:
    link = new_link(server, node)

    def twice(to: Connection, action: Action) -> None:
        to.answer(action, "Response: Success|Message: first", "Response: Error|Message: second")

    def twice_in_a_list(to: Connection, action: Action) -> None:
        to.answer(action, "Response: Success|EventList: start", "Response: Error|Message: second")
        to.answer(action, "Event: QueueMember|Name: a", "Event: QueueStatusComplete|EventList: Complete")

    async with running(link):
        await link.wait_up()
        server.answers |= {"Hangup": twice, "QueueStatus": twice_in_a_list}
        assert (await link.send(Hangup("PJSIP/1-1"))).response["Message"] == "first"
        assert [item["Name"] for item in (await link.send(QueueStatus())).items] == ["a"]
    assert counted("refused_total", node, reason="unexpected") == 2


async def test_row_75_originate_response_before_the_response(server: AmiServer, node: str) -> None:
    link, heard = new_link(server, node), Heard()
    link.on("OriginateResponse", heard.event)

    async def early(to: Connection, action: Action) -> None:
        came = f"ActionID: {action['ActionID']}|Response: Failure|Uniqueid: cc-7-1-1"
        server.events.send(event("OriginateResponse", came))
        to.answer(action, "Event: OriginateResponse|Response: Failure|Uniqueid: cc-7-1-1")
        await heard.until("cc-7-1-1")
        to.answer(action, "Response: Success|Message: Originate successfully queued")

    server.answers["Originate"] = early
    async with running(link):
        await link.wait_up()
        assert (await link.send(DIAL)).response["Message"] == "Originate successfully queued"
    assert heard.items == ["cc-7-1-1"]
    assert counted("refused_total", node, reason="unexpected") == 1


async def test_row_77_asterisk_is_shutting_down(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    async with running(link):
        await link.wait_up()
        for verb in ("Ping", "Hangup", "Login"):
            server.answers[verb] = refuse("Asterisk is shutting down")
        with pytest.raises(Unavailable, match="shutting down"):
            await link.send(Hangup("PJSIP/1-1"))
        pings = len(server.received("Ping"))
        await server.until(lambda: len(server.received("Ping")) > pings + 8)
        assert link.epoch == 1  # its calls go on, and so do the events: four refused pings are four signs of life
        server.events.cut()
        await server.until(lambda: len(server.received("Login")) == 4)  # soon again, not as for a wrong password
        server.answers["Login"] = server.accept
        await link.wait_up()
    assert counted("reconnects_total", node, reason="shutting_down") >= 1


@pytest.mark.parametrize("version", ["9.0.0", "12.0.0"])
async def test_row_78_other_asterisk_versions_are_spoken_to(server: AmiServer, node: str, version: str) -> None:
    link = new_link(server, node)
    server.banner = f"Asterisk Call Manager/{version}\r\n".encode()
    async with running(link):
        await link.wait_up()
        await link.send(Ping())


async def test_a_login_that_is_never_answered_ends(server: AmiServer, node: str) -> None:
    link = new_link(server, node, replace(QUICK, login_s=0.1))
    server.answers["Login"] = silence
    async with running(link):
        await server.until(lambda: len(server.received("Login")) == 3)
        assert not link.up
    assert counted("reconnects_total", node, reason="silent") >= 2


async def test_fully_booted_may_come_late(server: AmiServer, node: str) -> None:
    link = new_link(server, node)
    server.answers["Login"] = lambda to, action: to.answer(action, "Response: Success|Message: Authentication accepted")
    async with running(link):
        await server.until(lambda: len(server.received("Login")) == 2)
        assert server.received("CoreStatus") == []
        server.events.send(message(BOOTED))
        await link.wait_up()


async def test_a_flood_of_forged_messages_is_counted_whole_and_told_once(
    server: AmiServer, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = structlog.testing.CapturingLogger()
    monkeypatch.setattr(refusals, "log", structlog.wrap_logger(lines, processors=[]))
    link, heard = new_link(server, node), Heard()
    link.on("Hangup", heard.event)
    async with running(link):
        await link.wait_up()
        server.events.send(event("Hangup", "CallerIDNum: 13812345678\nX: y") * 500 + event("Hangup", "Uniqueid: 1"))
        await heard.until("1")
    assert counted("refused_total", node, reason="control_character") == 500
    (line,) = lines.calls
    assert line.kwargs == {
        "security": True,
        "node": node,
        "reason": "control_character",
        "claims_to_be": "Hangup",
        "since_last_line": 1,
        "event": "ami_message_refused",
    }
