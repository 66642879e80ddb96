"""A real Asterisk with the rendered configuration: it boots clean, takes calls, keeps records, lets nobody further."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from ccore.config import Config, load_secrets
from ccore.errors import AsteriskFailed, Unavailable
from ccore.nodes import Node, SipTrunk
from ccore.pbx.node import AsteriskNode
from ccore.pbx.render import render
from tests.support import sip
from tests.support.asterisk import NODE, cdrs, events_of, node_config, records, running, secrets_of, until_channels
from tests.support.manager import manager
from tests.support.waiting import until

CDR_COLUMNS, CEL_COLUMNS = 21, 20
DIALPLAN = """
[from-trunk]
exten => 100,1,Answer()
 same => n,Playback(ccore/short)
 same => n,Hangup()
exten => 101,1,Hangup(34)
exten => 102,1,Ringing()
 same => n,Wait(60)
exten => 103,1,Answer()
 same => n,Wait(60)
exten => 104,1,Answer()
 same => n,Playback(hello-world)
 same => n,Hangup()
exten => 105,1,AGI(order_fallback.py,1008610001,13800138000,${SYSTEMNAME},${UNIQUEID})
 same => n,GotoIf($["${CCORE_RESULT}" = "received"]?yes)
 same => n,Hangup(41)
 same => n(yes),Answer()
 same => n,Hangup()
exten => 106,1,Answer()
 same => n,Queue(service,r,,,30)
 same => n,Playback(ccore/short)
 same => n,Hangup()
"""
PROMPTS = '[short]\nzh = "短"\nen = "short"\ntone = [[440, 100]]\n'


@pytest.fixture
def dialplan(tmp_path: Path) -> Path:
    directory = tmp_path / "dialplan"
    (directory / "extensions.d").mkdir(parents=True)
    (directory / "prompts").mkdir()
    (directory / "extensions.d/test.conf").write_text(DIALPLAN, encoding="utf-8")
    (directory / "prompts/test.toml").write_text(PROMPTS, encoding="utf-8")
    return directory


@pytest.fixture
def config(asterisk_root: Path, tmp_path: Path, dialplan: Path) -> Config:
    return node_config(tmp_path, dialplan)


@pytest.fixture
async def node(config: Config) -> AsyncIterator[AsteriskNode]:
    async with running(config) as node:
        yield node


@pytest.fixture
def sip_port(config: Config) -> int:
    return config.nodes[NODE].sip_port


async def test_every_module_of_the_list_runs(node: AsteriskNode, config: Config) -> None:
    wanted = set(re.findall(r"^load = (\S+)", render(config, NODE, load_secrets(config))["modules.conf"], re.MULTILINE))
    table = await node.cli("module show")
    states = dict(re.findall(r"^(\S+\.so) .*? (Running|Not Running) ", table, re.MULTILINE))
    assert states == dict.fromkeys(wanted, "Running")


async def test_callers_who_vanish_are_let_go(node: AsteriskNode) -> None:
    endpoint = await node.cli("pjsip show endpoint trunk-local")
    for setting in ("rtp_timeout +: 30", "rtp_timeout_hold +: 300", "timers +: yes", "trust_id_inbound +: false"):
        assert re.search(rf"^ {setting}$", endpoint, re.MULTILINE), setting


async def test_it_runs_without_any_privilege(node: AsteriskNode) -> None:
    assert node.pid is not None
    status = Path(f"/proc/{node.pid}/status").read_text(encoding="ascii")
    assert re.search(r"^Name:\s+asterisk$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert not re.search(r"^Uid:\s+0\b", status, re.MULTILINE)
    inside = Path(f"/proc/{node.pid}/root")
    for path in ("/", "/srv/ccore/etc"):
        assert os.statvfs(f"{inside}{path}").f_flag & os.ST_RDONLY


async def test_calls_are_answered_refused_and_recorded(node: AsteriskNode, sip_port: int) -> None:
    rows = [("13800138001", "100"), ("13800138002", "101"), ("13800138003", "999"), ("13800138004", "104")]
    answered, congested, unknown, greeted = await sip.place(sip_port, rows)
    assert (answered.code, answered.ended_by) == (200, "callee")
    assert (greeted.code, greeted.ended_by) == (200, "callee")
    assert congested.code == 503
    assert unknown.code == 404
    found = {row[5]: row for row in await cdrs(node, 3)}
    assert {len(row) for row in found.values()} == {CDR_COLUMNS}
    assert found.keys() == {"13800138001", "13800138002", "13800138004"}
    row = found["13800138001"]
    assert row[0] == NODE
    assert row[1] == row[2]
    assert row[1].startswith(f"{NODE}-")
    assert (row[6], row[7], row[18]) == ("100", "from-trunk", "ANSWERED")
    start, answer, end = (float(value) for value in row[13:16])
    assert start <= answer < end
    assert all(re.fullmatch(r"\d+\.\d{6}", value) for value in row[13:16])
    assert (found["13800138002"][14], found["13800138002"][18]) == ("", "CONGESTION")


async def test_a_caller_who_gives_up_is_recorded_too(node: AsteriskNode, sip_port: int) -> None:
    (call,) = await sip.place(sip_port, [("13800138005", "103")], hold_ms=300)
    assert call.ended_by == "caller"
    (row,) = await cdrs(node, 1)
    assert (row[5], row[18]) == ("13800138005", "ANSWERED")
    await until(lambda: events_of(node, "LINKEDID_END") == 1)
    events = [row for row in records(node, "cel") if row[16] == records(node, "cdr")[0][2]]
    assert {len(row) for row in events} == {CEL_COLUMNS}
    assert [row[1] for row in events] == ["CHAN_START", "ANSWER", "HANGUP", "CHAN_END", "LINKEDID_END"]
    assert all(row[0] == NODE and re.fullmatch(r"\d+\.\d{6}", row[2]) for row in events)


async def test_nothing_a_caller_sends_breaks_a_record(node: AsteriskNode, sip_port: int) -> None:
    rows = [
        ("13800138001", "100", r'"a\"b, ${SHELL(touch /tmp/ccore-pwned)} `id` 张三" '),
        ("138%0Aagi_extension%3A%2010086999", "100", '"=cmd|x" '),
        ("1%0D%0A%0D%0AEvent%3A%20QueueMemberStatus%0D%0AQueue%3A%20s", "100"),
        ("1%22%2C%22x", "100"),
    ]
    calls = await sip.place(sip_port, rows)
    assert [call.code for call in calls] == [200] * len(rows)
    found = await cdrs(node, len(rows))
    assert {len(row) for row in found} == {CDR_COLUMNS}
    assert {len(row) for row in records(node, "cel")} == {CEL_COLUMNS}
    assert {row[5] for row in found} == {
        "13800138001",
        "138\nagi_extension: 10086999",
        "1\r\n\r\nEvent: QueueMemberStatus\r\nQueue: s",
        '1","x',
    }
    assert any("${SHELL(touch /tmp/ccore-pwned)} `id` 张三" in row[8] for row in found)
    assert not Path("/tmp/ccore-pwned").exists()


async def test_forged_events_are_not_sent(node: AsteriskNode, config: Config, sip_port: int) -> None:
    forger = "1%0D%0A%0D%0AEvent%3A%20QueueMemberStatus%0D%0AQueue%3A%20s"
    async with manager(config, "ccore-events") as events:
        assert (await sip.place(sip_port, [(forger, "100")]))[0].code == 200
        assert (await sip.place(sip_port, [("13800138001", "100", '"客户张三" ')]))[0].code == 200
        heard = await events.until("Event: Hangup")
        names = [message.split("\r\n")[0] for message in heard]
        assert not [message for message in heard if "QueueMemberStatus" in message]
        assert "客户张三" in "".join(heard)
        assert {"Event: Newchannel", "Event: Hangup"} <= set(names)
        assert not {"Event: VarSet", "Event: Newexten", "Event: TestEvent"} & set(names)


async def test_the_account_that_hears_can_do_nothing(node: AsteriskNode, config: Config) -> None:
    async with manager(config, "ccore-events") as events:
        assert "FullyBooted" in await events.message()
        assert "Pong" in await events.ask("Ping")
        for action in (
            ("Originate", "Channel: Local/100@from-trunk", "Application: Wait", "Data: 1", "Async: true"),
            ("Hangup", "Channel: /.*/"),
            ("CoreShowChannels",),
            ("Setvar", "Variable: X", "Value: 1"),
            ("Command", "Command: core show version"),
        ):
            assert "Permission denied" in await events.ask(*action), action


async def test_the_account_that_acts_can_do_what_it_should_and_no_more(
    node: AsteriskNode, config: Config, tmp_path: Path
) -> None:
    async with manager(config, "ccore-actions") as actions:
        assert "AsteriskVersion: 22." in await actions.ask("CoreSettings")
        assert "Success" in await actions.ask("CoreShowChannels")
        assert "Success" in await actions.ask("QueueStatus")
        assert "Success" in await actions.ask("DeviceStateList")
        originate = ("Originate", "Channel: Local/100@from-trunk", "Async: true")
        assert "Success" in await actions.ask(*originate, "Application: Wait", "Data: 0")
        for action in (
            ("Command", "Command: core stop now"),
            ("GetConfig", "Filename: manager.conf"),
            ("UpdateConfig", "SrcFilename: manager.conf", "DstFilename: manager.conf"),
            ("ModuleLoad", "Module: app_system.so", "LoadType: load"),
            ("Reload",),
            ("AGI", "Channel: x", "Command: y"),
            ("DBPut", "Family: a", "Key: b", "Val: c"),
            ("DialplanExtensionAdd", "Context: a", "Extension: 1", "Priority: 1", "Application: System"),
            ("Filter", "Operation: Add", "Filter: x"),
        ):
            assert "Permission denied" in await actions.ask(*action), action
        assert "Forbidden" in await actions.ask(*originate, "Application: System", "Data: id")
        # FILE() would write where AMI's own check does not look (CVE-2024-42365): the function is not loaded.
        written = "/srv/ccore/spool/pwned"
        await actions.ask(*originate, "Application: Wait", "Data: 0", f"Variable: FILE({written})=x")
    log = node.directory / "log/messages"
    await until(lambda: "Function FILE not registered" in log.read_text(encoding="utf-8"))
    await until_channels(node, 0)
    assert not (node.directory / "spool/pwned").exists()
    log.write_text("", encoding="utf-8")


async def test_a_wrong_secret_opens_nothing(node: AsteriskNode, config: Config) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", config.nodes[NODE].ami_port)
    writer.write(b"Action: Login\r\nUsername: ccore-actions\r\nSecret: ccore-secret\r\n\r\n")
    assert b"Authentication failed" in await asyncio.wait_for(reader.read(), 30)
    writer.close()


async def test_strangers_are_refused_and_leave_no_line_in_the_log(node: AsteriskNode, sip_port: int) -> None:
    size = (node.directory / "log/messages").stat().st_size
    calls = await sip.place(sip_port, [(f"{n}", "100") for n in range(400)], rate=400, source="127.0.0.2")
    assert {call.code for call in calls} == {401}
    assert (node.directory / "log/messages").stat().st_size == size
    assert (await sip.place(sip_port, [("13800138001", "100")]))[0].code == 200


async def test_nobody_waits_where_nobody_works(node: AsteriskNode, sip_port: int) -> None:
    (call,) = await sip.place(sip_port, [("13800138001", "106")])
    assert call.ended_by == "callee"


async def test_the_fallback_runs_under_the_roots_own_python(node: AsteriskNode, config: Config, sip_port: int) -> None:
    (call,) = await sip.place(sip_port, [("13800138000", "105")])
    assert call.code == 200
    (order,) = (config.spool_dir(NODE) / "new").iterdir()
    assert '"dialled": "1008610001"' in order.read_text(encoding="utf-8")


async def test_stopping_hangs_up_and_records_calls_that_are_up(config: Config, sip_port: int) -> None:
    async with running(config) as node:
        calling = asyncio.create_task(sip.place(sip_port, [(f"1380013800{n}", "103") for n in range(5)], rate=50))
        await until(lambda: events_of(node, "ANSWER") == 5)
        await node.stop(grace_s=0.2)
        assert node.pid is None
        assert {call.ended_by for call in await calling} == {"callee"}
        assert len(records(node, "cdr")) == 5


async def test_a_running_one_is_taken_over(node: AsteriskNode, config: Config) -> None:
    second = AsteriskNode(config, NODE, load_secrets(config))
    await second.start()
    assert second.pid == node.pid
    await second.start()
    assert second.pid == node.pid
    await second.stop(grace_s=0.2)
    assert node.pid is None
    with pytest.raises(Unavailable):
        await node.cli("core show uptime")


async def test_a_running_one_takes_up_a_changed_dialplan_and_is_replaced_for_anything_else(
    node: AsteriskNode, config: Config, dialplan: Path
) -> None:
    before = node.pid
    (dialplan / "extensions.d/more.conf").write_text("[from-trunk]\nexten => 200,1,Hangup()\n", encoding="utf-8")
    (dialplan / "extensions.d/test.conf").unlink()
    await AsteriskNode(config, NODE, load_secrets(config)).start()
    shown = await node.cli("dialplan show from-trunk")
    assert (node.pid, "200" in shown, "'100'" in shown) == (before, True, False)
    await AsteriskNode(config.model_copy(update={"trunks": {}}), NODE, load_secrets(config)).start()
    assert node.pid != before


async def test_a_frozen_one_is_replaced(node: AsteriskNode, config: Config) -> None:
    frozen = node.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    second = AsteriskNode(config, NODE, load_secrets(config))
    await second.start()
    assert second.pid == node.pid not in {None, frozen}
    assert not Path(f"/proc/{frozen}").exists()


async def test_a_killed_one_is_started_again(node: AsteriskNode, sip_port: int) -> None:
    keeping = asyncio.create_task(node.keep())
    first = node.pid
    node.kill()
    while node.pid in {None, first} or not (await sip.place(sip_port, [("13800138001", "100")]))[0].code:
        await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_a_number_that_went_to_a_stranger_is_not_touched(config: Config) -> None:
    node = AsteriskNode(config, NODE, secrets_of(config))
    (node.directory / "run").mkdir(parents=True)
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        (node.directory / "run/asterisk.pid").write_text(f"{stranger.pid}\n", encoding="ascii")
        assert node.pid is None
        await node.stop()
        os.kill(stranger.pid, 0)
    finally:
        stranger.kill()
        await stranger.wait()


async def test_two_nodes_run_from_one_root(asterisk_root: Path, tmp_path: Path, dialplan: Path) -> None:
    config = node_config(tmp_path, dialplan, names=("east", "west"))
    nodes = config.nodes
    async with running(config, "east") as east, running(config, "west") as west:
        assert east.pid != west.pid
        for name in ("east", "west"):
            (call,) = await sip.place(nodes[name].sip_port, [("13800138001", "100")])
            assert call.code == 200
        assert [(await cdrs(node, 1))[0][0] for node in (east, west)] == ["east", "west"]


async def test_the_files_of_an_external_node_load_as_well(asterisk_root: Path, tmp_path: Path, dialplan: Path) -> None:
    ours = node_config(tmp_path).nodes[NODE]
    external = Node(
        kind="external", ami_port=ours.ami_port, sip_port=ours.sip_port, rtp_ports=ours.rtp_ports,
        log_dir=Path("log"), spool_dir=Path("spool"), agi_url_host=IPv4Address("127.0.0.1"),
    )  # fmt: skip
    trunk = SipTrunk(
        kind="sip", peers=[IPv4Network("127.0.0.1/32"), IPv4Network("198.51.100.0/24")], trust_identity=True
    )
    async with running(node_config(tmp_path, dialplan, nodes={NODE: external}, trunks={"carrier": trunk})):
        headers = ["P-Asserted-Identity: <sip:+8613900139000@127.0.0.1>"]
        (call,) = await sip.place(ours.sip_port, [("13800138001", "100")], headers=headers)
        assert call.code == 200


async def test_identity_is_believed_from_trusted_trunks_only(node: AsteriskNode, sip_port: int) -> None:
    headers = ["P-Asserted-Identity: <sip:+8613900139000@127.0.0.1>"]
    assert (await sip.place(sip_port, [("13800138001", "100")], headers=headers))[0].code == 200
    assert (await cdrs(node, 1))[0][5] == "13800138001"


async def test_a_taken_port_is_named(config: Config) -> None:
    node = AsteriskNode(config, NODE, secrets_of(config))
    with (
        socket.create_server(("127.0.0.1", config.nodes[NODE].ami_port)),
        pytest.raises(AsteriskFailed, match=rf"nodes\.{NODE}\.ami_port.*taken"),
    ):
        await node.start()
    assert node.pid is None


async def test_a_failed_start_shows_why(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asterisk_root: Path
) -> None:
    hollow = tmp_path / "cache/ccore" / asterisk_root.name  # a root file system whose Asterisk was lost
    for path in ("etc", "dev", "proc", "tmp", "srv/ccore"):
        (hollow / path).mkdir(parents=True)
    (hollow / "etc/passwd").write_text("asterisk:x:101:101::/:/bin/sh\n", encoding="ascii")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    node = AsteriskNode(config, NODE, secrets_of(config))
    with pytest.raises(AsteriskFailed, match=r"(?s)did not start.*chroot:.*No such file"):
        await node.start()
    assert node.pid is None


NO_NAMESPACES = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode != 0


@pytest.mark.skipif(NO_NAMESPACES, reason="this machine lets nobody make user namespaces")
async def test_a_user_without_privileges_can_run_it(asterisk_root: Path, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, os, sys
        from pathlib import Path
        from tests.support import sip
        from tests.support.asterisk import node_config, running

        async def main():
            config = node_config(Path(sys.argv[1]), "[from-trunk]\\nexten => 100,1,Answer()\\n same => n,Hangup()\\n")
            async with running(config) as node:
                status = Path(f"/proc/{node.pid}/status").read_text()
                (call,) = await sip.place(config.nodes["node1"].sip_port, [("13800138001", "100")])
                print(os.geteuid(), call.code, *(status.split(f"{key}:")[1].split()[0] for key in ("Uid", "CapEff")))

        asyncio.run(main())
    """)
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", sys.executable, "-c", program, str(tmp_path)]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0, errors.decode()
    assert "1000 200 1000 0000000000000000" in output.decode().splitlines()
