"""The daemon as systemd, Prometheus and an admin meet it: its signals, its notices, its faults, its HTTP."""

import asyncio
import json
import re
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import sdnotify
from prometheus_client.parser import text_string_to_metric_families

from ccore.daemon import DRAIN_S
from ccore.db.embedded import EmbeddedPostgres
from ccore.signals import feed_watchdog
from ccore.web import app
from tests.support import sip
from tests.support.command import Home, Process, lonely_home
from tests.support.shop import sql, writes_held
from tests.support.site import site
from tests.support.waiting import until
from tests.wire.agi_asterisk import calling, headers

SET = re.compile(rb'SET VARIABLE "CCORE_RESULT" "[a-z-]+"')  # what the route of an order asks of Asterisk at its end
ORDER = headers().replace(b"agi_arg_2: +8613800138000\n", b"agi_arg_2: 13800138000\nagi_arg_3: node1\n")
WHOLE_STOP_S = 60
SESSION_S = 90  # that a call in session may last: longer than any test looks at it


@pytest.fixture
async def home(tmp_path: Path, dsn: str) -> Home:
    built = lonely_home(tmp_path, dsn)
    file = tmp_path / "ccore.toml"
    text = file.read_text(encoding="utf-8").replace("[agi]\n", f"[agi]\nsession_deadline_s = {SESSION_S}\n")
    file.write_text(text, encoding="utf-8")
    return built


@asynccontextmanager
async def running(home: Home, environment: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    """The daemon, taking calls; afterwards it has written no traceback."""
    async with home.started("run", environment=environment) as run:
        await run.says("daemon_started")
        yield run
    assert "Traceback" not in run.err, run.err


async def refused(port: int) -> bool:
    """Whether nobody listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def test_the_first_sigterm_lets_calls_in_session_finish(home: Home) -> None:
    async with running(home) as run, calling(home.config.agi.port, ORDER) as asterisk:
        assert SET.fullmatch(await asterisk.hear())  # the call waits for nothing but our answer
        run.process.send_signal(signal.SIGTERM)
        await run.says("drain_started")
        await until(lambda: refused(home.config.agi.port))  # Asterisk takes the next call to the fallback
        status, said = await home.get("/ready")
        assert (status, "draining" in str(said["why_not"])) == (503, True)
        assert (await home.ccore("status")).out.startswith("NOT READY: draining, no Asterisk is linked\n")
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()
        ended = await asyncio.wait_for(run.ended(), WHOLE_STOP_S)
    assert (ended.code, '"left": 0' in ended.err) == (0, True)


async def test_the_second_sigterm_stops_at_once(home: Home) -> None:
    async with running(home) as run, calling(home.config.agi.port, ORDER) as asterisk:
        assert SET.fullmatch(await asterisk.hear())
        run.process.send_signal(signal.SIGTERM)
        await run.says("drain_started")
        began = time.monotonic()
        ended = await run.ended(signal.SIGTERM)
    assert ended.code == 128 + signal.SIGTERM
    assert time.monotonic() - began < DRAIN_S  # of which the session would have taken all


async def test_a_daemon_before_its_database_waits_for_it_and_can_be_stopped(tmp_path: Path) -> None:
    home = lonely_home(tmp_path, f"postgresql://ccore@/ccore?host={tmp_path}")
    async with home.started("run") as run:
        await run.says("database_awaited")
        assert "PostgreSQL does not answer" in str((await home.get("/ready"))[1]["why_not"])
        ended = await run.ended(signal.SIGTERM)
    assert (ended.code, "Traceback" in ended.err) == (0, False)


@contextmanager
def notified(directory: Path) -> Iterator[socket.socket]:
    """A socket as systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(directory / "notify"))
        systemd.setblocking(False)
        yield systemd


def heard(systemd: socket.socket) -> list[bytes]:
    """What has been notified since the last look."""
    messages = []
    with suppress(BlockingIOError):
        while True:
            messages.append(systemd.recv(100))
    return messages


async def test_systemd_is_told_of_start_life_and_stop(home: Home) -> None:
    with notified(home.directory) as systemd:
        environment = {"NOTIFY_SOCKET": str(home.directory / "notify"), "WATCHDOG_USEC": "200000"}
        async with running(home, environment) as run:
            first = heard(systemd)
            assert first[0] == b"READY=1"
            await until(lambda: heard(systemd).count(b"WATCHDOG=1") > 0)
            run.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.2)
            heard(systemd)
            await asyncio.sleep(1)
            assert heard(systemd) == []  # systemd would have restarted it by now
            run.process.send_signal(signal.SIGCONT)
            await until(lambda: heard(systemd).count(b"WATCHDOG=1") > 0)
            ending, told = asyncio.create_task(run.ended(signal.SIGTERM)), list[bytes]()
            while not ending.done():  # the kernel keeps ten messages: who says more waits until they are heard
                told += heard(systemd)
                await asyncio.sleep(0.01)
            await ending
        assert b"STOPPING=1" in [*told, *heard(systemd)]


def test_a_loop_that_stands_still_feeds_no_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    blocked, go_on = threading.Event(), threading.Event()

    def block() -> None:
        blocked.set()
        go_on.wait()

    async def live() -> None:
        systemd = sdnotify.SystemdNotifier()
        feeding = asyncio.create_task(feed_watchdog(systemd))
        await asyncio.sleep(0.3)
        asyncio.get_running_loop().call_soon(block)
        await asyncio.sleep(0)
        feeding.cancel()
        systemd.socket.close()

    with notified(tmp_path) as systemd:
        thread = threading.Thread(target=lambda: asyncio.run(live()))
        thread.start()
        assert blocked.wait(30)
        assert b"WATCHDOG=1" in heard(systemd)
        time.sleep(0.5)
        assert heard(systemd) == []
        go_on.set()
        thread.join()


CALLERS = {  # as the network sends them: the digits that no log may hold
    "13812345671": "13812345671",
    "+8613812345672": "13812345672",
    "008613812345673": "13812345673",
    "01062345674": "1062345674",
    "4006123456": "4006123456",
}
OF_CALLS = re.compile("order_|agi_session_|abandoned_call_")


async def test_no_log_of_a_full_run_names_a_subscriber(asterisk_root: Path, tmp_path: Path) -> None:
    assert asterisk_root
    code = "1008610001"
    async with site(tmp_path) as shop:
        rows = [(caller, code, f'"{caller}" ') for caller in CALLERS]
        await sip.place(shop.sip_port, [*rows, *rows, *((caller, "1008610999", "") for caller in CALLERS)], rate=20)
        await sip.place(shop.sip_port, [("anonymous", code, ""), ("138%0A1234", code, ""), ("13812345671", "404", "")])
        async with writes_held(shop.postgres.dsn, "order_attempts"):  # for longer than the caller waits
            await sip.place(shop.sip_port, [("13812345675", code)])
        await shop.until("SELECT count(*) FROM orders WHERE subscriber LIKE '%13812345675'", 1)  # it was only slow
        await shop.postgres.stop()
        await sip.place(shop.sip_port, [("13812345676", code)])
        await shop.postgres.start()
        await shop.until("SELECT count(*) FROM orders WHERE subscriber LIKE '%1234567_'", 5)
        await shop.signal_ccore(signal.SIGTERM)
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in (
            shop.log, shop.postgres.log_file, shop.node.directory / "log/messages", shop.node.directory / "asterisk.out"
        )]  # fmt: skip
    for digits in (*CALLERS.values(), "13812345675", "13812345676"):
        assert [text[max(text.find(digits) - 200, 0) :][:400] for text in texts if digits in text] == []
    lines = [json.loads(line) for line in texts[0].splitlines()]
    of_calls = [line for line in lines if OF_CALLS.match(line["event"])]
    assert {line["event"] for line in of_calls} >= {"order_placed", "order_refused", "order_unanswered"}
    assert [line for line in of_calls if not re.fullmatch(r"node1-\d+\.\d+", line.get("call_id", ""))] == []
    assert "duration: " in texts[1]  # PostgreSQL has logged a statement that was slow, without its values


@pytest.mark.parametrize("section", ["agi", "http"])
async def test_a_port_that_is_taken_ends_it_with_one_line(home: Home, section: str) -> None:
    port = {"agi": home.config.agi.port, "http": home.config.http.port}[section]
    with socket.create_server(("127.0.0.1", port)):
        ended = await home.ccore("run")
    assert ended.code == 1
    assert complaints(ended.err) == [f"ccore: {section}.port: 127.0.0.1 port {port} is taken by another program"]


def complaints(err: str) -> list[str]:
    """The lines that are not of the log."""
    return [line for line in err.splitlines() if not line.startswith("{")]


async def test_a_newer_schema_is_refused(home: Home, dsn: str) -> None:
    assert (await home.ccore("migrate")).code == 0
    await sql(dsn, "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_later', '')")
    ended = await home.ccore("run")
    assert ended.code == 1
    assert complaints(ended.err) == [
        "9999_later.sql:0 MIGRATION was applied by a newer ccore: run that version, or restore a backup"
    ]


WRONG_WAYS_IN = {
    "postgresql://ccore@/nowhere{at}": 'PostgreSQL does not let ccore in: database "nowhere" does not exist',
    "postgresql://nobody@/ccore{at}": 'PostgreSQL does not let ccore in: role "nobody" does not exist',
    "postgresql://teller:s3cret-w0rd@/ccore{at}": "PostgreSQL does not let ccore in: password authentication failed "
    'for user "teller"',
    "postgresql://ccore:s3cret/w0rd@host/ccore": "database_dsn (CCORE_DATABASE_DSN) cannot be understood",
    "mysql://ccore:s3cret-w0rd@host/ccore": "SECRET database_dsn: Value error, no DSN",
    "": "SECRET database_dsn: Value error, no DSN",
}


@pytest.mark.parametrize("way", WRONG_WAYS_IN)
async def test_a_wrong_way_to_the_database_is_told_without_the_password(
    tmp_path: Path, postgres: EmbeddedPostgres, way: str
) -> None:
    await ask_for_a_password(postgres)
    home = lonely_home(tmp_path, way.replace("{at}", f"?host={postgres.socket_dir}"))
    ended = await home.ccore("run")
    (complaint,) = complaints(ended.err)
    assert WRONG_WAYS_IN[way] in complaint
    assert ended.code == 1
    assert not re.search("s3cret|w0rd", ended.out + ended.err)


async def ask_for_a_password(postgres: EmbeddedPostgres) -> None:
    """The server has a user ``teller`` who needs one."""
    rules = postgres.data / "pg_hba.conf"
    if "teller" not in rules.read_text(encoding="utf-8"):
        rules.write_text("local all teller scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
        admin = postgres.dsn_for("postgres", user="postgres")
        await sql(admin, "CREATE ROLE teller LOGIN PASSWORD 'quite another'")
        ((before,),) = await sql(admin, "SELECT pg_conf_load_time()")
        await sql(admin, "SELECT pg_reload_conf()")

        async def taken_up() -> bool:
            ((at,),) = await sql(admin, "SELECT pg_conf_load_time()")
            return bool(at > before)

        await until(taken_up)


async def test_metrics_are_for_prometheus(home: Home) -> None:
    url = f"http://127.0.0.1:{home.config.http.port}/metrics"
    async with running(home), aiohttp.ClientSession() as session, session.get(url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        found = {family.name: family for family in text_string_to_metric_families(await answer.text())}
    assert found["ccore_db_up"].samples[0].value == 1
    assert found["ccore_ami_up"].samples[0].labels == {"node": "node1"}


async def test_http_limits_what_a_client_may_take(home: Home) -> None:
    port = home.config.http.port
    async with running(home) as run:
        memory = resident_kb(run.process.pid)
        for request in (
            b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nX: ",
            b"GET /",
        ):
            for _ in range(20):
                await send_much(port, request)
        assert resident_kb(run.process.pid) - memory < 30_000  # of the 400 MB that were offered
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * app.MOST_CONNECTIONS)]
        assert (await home.get("/health"))[0] == 200
        await asyncio.wait_for(idle[0][0].read(), app.IDLE_LIMIT_S - 1)  # the oldest had to go
        slow = await asyncio.open_connection("127.0.0.1", port)
        slow[1].write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        dripping = asyncio.create_task(drip(slow[1]))
        for reader, _ in (slow, idle[-1]):
            await asyncio.wait_for(reader.read(), app.IDLE_LIMIT_S + 30)
        dripping.cancel()
        for _, writer in (slow, *idle):
            writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte of a header now and then, for ever."""
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.1)


async def send_much(port: int, request: bytes) -> None:
    """A request with 5 MB behind it, or as much of them as is taken."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError, TimeoutError):
        writer.write(request)
        for _ in range(5):
            writer.write(b"x" * 1_000_000)
            await asyncio.wait_for(writer.drain(), 1)
    writer.transport.abort()


def resident_kb(pid: int) -> int:
    """The memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])
