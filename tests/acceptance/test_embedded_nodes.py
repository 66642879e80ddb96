"""`ccore run` with two Asterisks of its own: both tried, each kept by itself, one away and the other serving."""

import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.pbx.caller import place_call
from ccore.pbx.process import AsteriskProcess
from tests.support.command import Home, can_listen, embedded_home
from tests.support.waiting import until

FIRST, SECOND = "node1", "node2"
STEPS_OF_A_CALL = ["dialling", "call", "order", "employee", "commission", "message", "call record"]

pytestmark = pytest.mark.usefixtures("asterisk_root")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """A directory with a configuration of two nodes."""
    built = embedded_home(tmp_path, (FIRST, SECOND))
    yield built
    await built.take_down()


async def test_the_self_test_calls_every_node(home: Home) -> None:
    ended = await home.ccore("demo")
    assert (ended.code, ended.err) == (0, ""), ended
    told = re.findall(r"^\[ *[\d.]+ s\] ok   (.{12})", ended.out, re.MULTILINE)
    assert [name.strip() for name in told] == ["ready", *STEPS_OF_A_CALL, *STEPS_OF_A_CALL]
    for name, node in home.config.nodes.items():
        assert re.search(rf"ok   dialling .* at 127\.0\.0\.1:{node.sip_port} \({name}\)", ended.out)
        assert re.search(rf"asterisk {name}: 22\.\S+ started", ended.out)
    home.assert_nothing_left()


async def test_a_node_that_does_not_start_is_tried_again_while_the_other_serves(home: Home) -> None:
    port = home.config.nodes[SECOND].sip_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        async with home.started("run") as run:
            await run.says("ami_link_came_up")
            await run.says(f"asterisk {SECOND}: NOT STARTED, and tried again")
            await run.says(f"nodes.{SECOND}.sip_port: 127.0.0.1 port {port} is taken by another program")
            await until_served(home, FIRST)
            assert [await called(home, name) for name in (FIRST, SECOND)] == [0, 1]
            await assert_told(home)

            other.close()
            await until_served(home, SECOND)
            run.process.send_signal(signal.SIGSTOP)  # or it might be faster than the thief
            await kill(home, SECOND)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
                await until(lambda: can_listen(socket.SOCK_DGRAM, port))
                thief.bind(("127.0.0.1", port))
                run.process.send_signal(signal.SIGCONT)
                await until(lambda: run.err.count("asterisk_not_started") == 2)  # once for each time it is away
                await until_served(home, FIRST)
            await until_served(home, SECOND)
            ended = await run.ended(signal.SIGTERM)
    assert (ended.code, "Traceback" in ended.err) == (0, False)
    home.assert_nothing_runs()  # the killed one's socket stays


async def called(home: Home, name: str) -> int:
    """The exit code of `ccore call` to the node."""
    return (await home.ccore("call", "1008610001", "--node", name)).code


async def until_served(home: Home, name: str) -> None:
    """Wait until the node is linked and a call to it is answered and ended by it."""

    async def linked() -> bool:
        parts = (await home.get("/health"))[1].get("parts", {})
        assert isinstance(parts, dict)
        return bool(parts and parts[f"node {name}"]["up"])

    await until(linked, 60)
    call = await place_call("127.0.0.1", home.config.nodes[name].sip_port, "1008610002", "13900000002")
    assert (call.code, call.ended_by) == (200, "callee")


async def assert_told(home: Home) -> None:
    """That the second node is away is told, and is no reason to send no calls to the first."""
    warning = f"the Asterisk of {SECOND} is not linked"
    told = (200, {"ready": True, "why_not": [], "warnings": [warning]})

    async def ready() -> bool:
        return await home.get("/ready") == told

    await until(ready)
    status = await home.ccore("status")
    assert (status.code, status.out.splitlines()[:2]) == (0, ["ready, but", f"  ! {warning}"])
    assert re.search(rf"^  node {FIRST} +linked for ", status.out, re.MULTILINE)
    assert re.search(rf"^  node {SECOND} +NOT LINKED", status.out, re.MULTILINE)


async def kill(home: Home, name: str) -> None:
    """kill -9 of the node's Asterisk."""
    process = AsteriskProcess.found_in(home.config.node_dir(name))
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
