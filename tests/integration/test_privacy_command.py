"""``ccore privacy``: an admin tells and erases a person at the command line, with or without a ccore that runs."""

import stat
import zipfile
from pathlib import Path

import pytest

from ccore import config
from ccore.errors import CcoreError
from ccore.privacy.forms import pattern
from tests.integration.test_recordings_commands import write_keys
from tests.support.commands import Run, running
from tests.support.recordings import KEYS, NODE, archive_on, finished, value
from tests.support.whole_person import Somebody, made, may_stay, standing

NUMBER = "+8613812345678"
WHY = ("13812345678", "--reason", "letter 7")


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    write_keys(tmp_path, KEYS)
    return running(config.load(tmp_path / "ccore.toml"), capsys, "privacy")


@pytest.fixture
async def person(dsn: str, tmp_path: Path) -> str:
    """Somebody of whom there is something everywhere."""
    raw = await finished(dsn, tmp_path / "monitor", number=NUMBER)
    async with archive_on(dsn, tmp_path) as kept:
        assert await kept.store.look(NODE)
    await made(dsn, Somebody(NUMBER, f"{NODE}-1795330800.1", raw.number, 41))
    return NUMBER


async def test_a_person_is_told(ccore: Run, person: str, tmp_path: Path) -> None:
    file = tmp_path / "told.zip"
    code, lines = await ccore("export", *WHY, "--out", str(file))
    assert code == 0
    assert f"{file}: {file.stat().st_size} bytes" in lines
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as told:
        assert "data/orders.json" in told.namelist()
    with pytest.raises(CcoreError, match="cannot be written"):
        await ccore("export", *WHY, "--out", str(file))
    assert person not in "".join(lines)


async def test_nobody_is_erased_before_somebody_has_looked(ccore: Run, person: str, dsn: str) -> None:
    with pytest.raises(CcoreError, match="say --yes"):
        await ccore("erase", *WHY)
    assert len(await standing(dsn, pattern(person))) > 35
    code, lines = await ccore("erase", *WHY, "--yes")
    assert code == 0
    assert any("Orders loses the number" in line for line in lines)
    assert set(await standing(dsn, pattern(person))) <= set(may_stay())
    assert await value(dsn, "SELECT count(*) FROM recording_objects WHERE gone_at IS NULL") == 0
    assert (await ccore("list"))[1][0].split()[3:6] == ["erasure", "+86138****5678", "done"]


async def test_the_map_names_every_place(ccore: Run) -> None:
    lines = (await ccore("map"))[1]
    assert any(line.startswith("do_not_call ") and "protects the person" in line for line in lines)
