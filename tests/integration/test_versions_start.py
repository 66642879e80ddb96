"""Which version a starting ccore runs: the live one, whatever the working copy and the database are like."""

import shutil
import signal
from pathlib import Path

from ccore.shipped import shipped
from ccore.versions import disk
from tests.support.command import Home, lonely_home
from tests.support.postgres import private_postgres
from tests.support.waiting import until


def with_a_copy(home: Home) -> Path:
    """Its working copy."""
    shutil.copytree(shipped("dialplan"), home.directory / "dialplan", ignore=shutil.ignore_patterns("*.sln16"))
    with (home.directory / "ccore.toml").open("a", encoding="utf-8") as file:
        file.write('[paths]\ndialplan = "dialplan"\n')
    return home.directory / "dialplan"


async def run_for_a_moment(home: Home) -> str:
    """What it says until it takes calls."""
    async with home.started("run") as run:
        await run.says("version_applied")
        ended = await run.ended(signal.SIGTERM)
    assert (ended.code, "Traceback" in ended.err) == (0, False)
    return ended.out


async def test_a_broken_working_copy_keeps_no_site_from_starting_that_ran_before(tmp_path: Path, dsn: str) -> None:
    home = lonely_home(tmp_path, dsn)
    copy = with_a_copy(home)
    assert "differ" not in await run_for_a_moment(home)
    first = disk.read(copy)
    (copy / "numbers.toml").write_text("broken", encoding="utf-8")
    (copy / "extensions.d/order.conf").unlink()
    said = await run_for_a_moment(home)
    assert f"dialplan: version 1 runs; 2 files differ from it in {copy}: `ccore publish`" in said
    assert disk.read(home.config.versions_dir / disk.LIVE) == first
    shutil.rmtree(home.config.var)
    await run_for_a_moment(home)  # the database knows it still
    assert disk.read(home.config.versions_dir / disk.LIVE) == first


async def test_with_the_database_away_the_last_version_known_is_run(tmp_path: Path) -> None:
    async with private_postgres() as server:
        home = lonely_home(tmp_path, server.dsn)
        copy = with_a_copy(home)
        await run_for_a_moment(home)
        (copy / "numbers.toml").write_text("broken", encoding="utf-8")
        await server.stop()
        async with home.started("run") as run:
            await run.says("database_awaited")

            async def runs_the_first() -> bool:
                parts = (await home.get("/health"))[1].get("parts")
                return isinstance(parts, dict) and bool(parts["dialplan"] == {"version": 1})

            await until(runs_the_first)
            await server.start()
            await run.says("daemon_started")
            await run.ended(signal.SIGTERM)


async def test_a_site_that_never_ran_is_refused_with_a_broken_copy(tmp_path: Path, dsn: str) -> None:
    home = lonely_home(tmp_path, dsn)
    copy = with_a_copy(home)
    (copy / "numbers.toml").write_text("broken", encoding="utf-8")
    ended = await home.ccore("run")
    assert (ended.code, f"{copy}/numbers.toml:1 NUMBER" in ended.err) == (1, True)
    assert disk.live(home.config.versions_dir) is None
