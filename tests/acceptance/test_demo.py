"""`ccore demo` and `ccore run` on embedded defaults, as a person meets them: it works, and nothing is left behind."""

import asyncio
import csv
import json
import os
import pty
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.db.embedded import EmbeddedPostgres
from ccore.pbx.process import AsteriskProcess
from ccore.shipped import shipped
from tests.support.command import Home, can_listen, embedded_home
from tests.support.waiting import until

STEPS = ["ready", "dialling", "call", "order", "employee", "commission", "message", "call record"]
HELD = "the self-test held"
CALLER = 4  # column of the CEL file
ANSI = "\x1b["

pytestmark = pytest.mark.usefixtures("asterisk_root")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """A directory with a configuration of free ports, and nothing else in it."""
    built = embedded_home(tmp_path)
    yield built
    await built.take_down()


async def test_a_demo_holds_twice_and_leaves_nothing_behind(home: Home) -> None:
    first = await home.ccore("demo", "--json")
    assert first.code == 0, first
    report = json.loads(first.out)
    assert (report["held"], [step["name"] for step in report["steps"]]) == (True, STEPS)
    assert all(step["held"] for step in report["steps"])
    assert all(line.startswith("[") for line in first.said)  # progress, and not a line of the log
    home.assert_nothing_left()

    second = await home.ccore("demo")
    assert (second.code, second.err) == (0, ""), second
    told = re.findall(r"^\[ *[\d.]+ s\] ok   (.{12})", second.out, re.MULTILINE)
    assert [name.strip() for name in told] == STEPS
    assert str(home.config.var / "ccore.log") in second.out
    home.assert_nothing_left()
    assert_no_caller_is_named(home, first.err + first.out + second.out)
    placed = [line for line in home.log_lines() if line["event"] == "order_placed"]
    assert len(placed) == 2
    assert all(re.fullmatch(r"node1-\d+\.\d+", str(line["call_id"])) for line in placed)


def assert_no_caller_is_named(home: Home, said: str) -> None:
    """The numbers that called are in none of the logs; the call records, whose purpose they are, name them."""
    with (home.node_directory / "log/cel-custom/ccore.csv").open(encoding="utf-8", newline="") as rows:
        callers = {row[CALLER] for row in csv.reader(rows)} - {""}
    assert callers
    logs = [home.config.var / "ccore.log", home.config.var / "postgres.log"]
    logs += [home.node_directory / "log/messages", home.node_directory / "asterisk.out"]
    for name, text in [("said", said), *((log.name, log.read_text(encoding="utf-8")) for log in logs)]:
        assert not [caller for caller in callers if caller in text], name


async def test_a_demo_fails_if_a_line_does_not_hold(home: Home) -> None:
    shutil.copytree(shipped("dialplan"), home.directory / "dialplan")
    # A sound number plan, without the demo's code.
    for name in ("numbers.toml", "hotlines.toml", "menus/main.toml", "extensions.d/numbers.conf"):
        path = home.directory / "dialplan" / name
        path.write_text(path.read_text(encoding="utf-8").replace("10086", "10087"), encoding="utf-8")
    with (home.directory / "ccore.toml").open("a", encoding="utf-8") as file:
        file.write('[paths]\ndialplan = "dialplan"\n')
    ended = await home.ccore("demo")
    assert ended.code == 1
    assert "FAIL call         refused with SIP 404" in ended.out
    home.assert_nothing_left()


async def test_a_port_that_is_taken_is_told_in_one_line(home: Home) -> None:
    port = home.config.nodes["node1"].sip_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        ended = await home.ccore("run", "--demo")
    assert ended.code == 1
    assert ended.said == [f"ccore: nodes.node1.sip_port: 127.0.0.1 port {port} is taken by another program"]
    home.assert_nothing_left()


async def test_parts_that_die_are_started_again(home: Home) -> None:
    async with home.started("run", "--demo") as run:
        await run.says(HELD)
        asterisk, postgres = asterisk_pid(home), postgres_pid(home)
        assert asterisk is not None
        assert postgres is not None
        os.kill(asterisk, signal.SIGKILL)
        os.kill(postgres, signal.SIGKILL)

        async def back() -> bool:
            now = asterisk_pid(home), postgres_pid(home)
            return None not in now and not {asterisk, postgres} & {*now} and (await home.get("/ready"))[0] == 200

        await until(back, 60)
        call = await home.ccore("call", "1008610002", "--from", "13900000002")
        assert (call.code, "Asterisk hung up" in call.out, "13900000002" in call.out) == (0, True, False), call
        refused = await home.ccore("call", "10010")
        assert (refused.code, "refused with SIP 404" in refused.out, refused.err) == (1, True, "")
        status = await home.ccore("status")
        assert (status.code, status.out.splitlines()[0]) == (0, "ready")
        second = await home.ccore("run")
        assert second.code == 1
        assert second.said == [
            f"ccore: another ccore (process {run.process.pid}) runs in {home.config.var}: stop it first, "
            "by `ccore stop`"
        ]
        ended = await run.ended(signal.SIGINT)
    assert ended.code == 0
    home.assert_nothing_left()


async def test_a_part_that_cannot_be_started_again_ends_ccore_with_one_line(home: Home) -> None:
    port = home.config.nodes["node1"].sip_port
    async with home.started("run") as run:
        await run.says("ami_link_came_up")
        asterisk = asterisk_pid(home)
        assert asterisk is not None
        run.process.send_signal(signal.SIGSTOP)  # or it might be faster than we
        os.kill(asterisk, signal.SIGKILL)
        await until(lambda: can_listen(socket.SOCK_DGRAM, port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", port))
            ended = await run.ended(signal.SIGCONT)
    assert ended.code == 1
    complaints = [line for line in ended.said if not line.startswith("{")]
    assert complaints == [f"ccore: nodes.node1.sip_port: 127.0.0.1 port {port} is taken by another program"]
    home.assert_nothing_runs()  # the killed one's socket stays


async def test_after_kill_9_the_calls_go_on_and_the_next_run_takes_over(home: Home) -> None:
    async with home.started("run", "--demo") as run:
        await run.says(HELD)
        asterisk = asterisk_pid(home)
        await run.ended(signal.SIGKILL)
    await until(lambda: postgres_pid(home) is None)
    assert asterisk_pid(home) == asterisk
    async with home.started("run", "--demo") as run:
        await run.says(HELD)
        assert "taken over" in run.out
        assert asterisk_pid(home) == asterisk
        stop = await home.ccore("stop")
        ended = await run.ended()
    assert (stop.code, ended.code) == (0, 0)
    home.assert_nothing_left()


async def test_stop_ends_what_a_killed_ccore_left(home: Home) -> None:
    async with home.started("run") as run:
        await run.says("ami_link_came_up")
        await run.ended(signal.SIGKILL)
    assert (await home.ccore("stop")).code == 0
    home.assert_nothing_left()


async def test_on_a_terminal_the_log_is_for_people(home: Home) -> None:
    terminal, ours = pty.openpty()
    try:
        async with home.started("run", stderr=ours) as run:
            os.close(ours)
            shown = ""
            while "daemon_started" not in shown:
                shown += (await asyncio.to_thread(os.read, terminal, 65536)).decode()
            await run.ended(signal.SIGTERM)
    finally:
        os.close(terminal)
    assert ANSI in shown
    assert '{"' not in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_start_that_is_broken_off_leaves_nothing(home: Home, number: signal.Signals) -> None:
    async with home.started("run") as run:
        await until(lambda: asterisk_pid(home) is not None)  # it is there, and does not answer yet
        ended = await run.ended(number)
    assert ended.code in {0, 128 + number}, ended  # 0: it was quicker than we, and had begun to serve
    assert "Traceback" not in ended.err
    home.assert_nothing_left()


def asterisk_pid(home: Home) -> int | None:
    found = AsteriskProcess.found_in(home.node_directory)
    return None if found is None else found.pid


def postgres_pid(home: Home) -> int | None:
    server = EmbeddedPostgres(home.config.var / "postgres")
    return server.pid if server.running else None
