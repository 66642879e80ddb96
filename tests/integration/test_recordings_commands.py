"""``ccore recordings``: what an admin does with recordings, and that the audit knows."""

import base64
import stat
from pathlib import Path

import pytest

from ccore import config
from ccore.__main__ import _parser
from ccore.errors import CcoreError
from tests.support.commands import Run, running
from tests.support.recordings import KEYS, NODE, archive_on, finished, value

SECRETS = 'ami_events_secret = "Zq3xT7vBn1LpKd8w"\nami_actions_secret = "Yw3xT7vBn1LpKd8w"\n[recording_keys]\n'


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    write_keys(tmp_path, KEYS)
    settings = config.load(tmp_path / "ccore.toml")
    return running(settings, capsys, "recordings")


def write_keys(directory: Path, keys: dict[str, str]) -> None:
    path = directory / "var/secrets.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SECRETS + "".join(f'{name} = "{key}"\n' for name, key in keys.items()), encoding="utf-8")
    path.chmod(0o600)


async def two_stored(dsn: str, directory: Path) -> tuple[int, int]:
    raws = [await finished(dsn, directory / "monitor", 1.0, number) for number in (1, 2)]
    async with archive_on(dsn, directory) as kept:
        for _ in raws:
            await kept.store.look(NODE)
    return raws[0].number, raws[1].number


async def test_play_writes_a_file_for_oneself_and_the_audit_says_so(ccore: Run, dsn: str, tmp_path: Path) -> None:
    first, _ = await two_stored(dsn, tmp_path)
    code, lines = await ccore("play", str(first), "--out", str(tmp_path / "one.flac"))
    assert (code, lines) == (0, [f"{tmp_path / 'one.flac'} is recording {first}: 1.0 s, flac"])
    assert (tmp_path / "one.flac").read_bytes()[:4] == b"fLaC"
    assert stat.S_IMODE((tmp_path / "one.flac").stat().st_mode) == 0o600
    assert await value(dsn, "SELECT count(*) FROM audit WHERE action = 'recording-heard'") == 1
    with pytest.raises(CcoreError, match="not there"):
        await ccore("play", "999", "--out", str(tmp_path / "x"))


async def test_hold_erase_release_verify(ccore: Run, dsn: str, tmp_path: Path) -> None:
    first, second = await two_stored(dsn, tmp_path)
    assert (await ccore("verify"))[1] == ["2 recordings were read: all as they were stored"]
    assert (await ccore("hold", "recording", str(second), "--reason", "a court"))[1] == ["hold 1"]
    assert "a court" in (await ccore("holds"))[1][0]
    code, lines = await ccore("erase", "+8613812345678", "--reason", "asked for")
    assert (code, [line.split(maxsplit=1) for line in lines]) == (
        1, [[str(first), "erased"], [str(second), "it is held, and stays"]],
    )  # fmt: skip
    assert (await ccore("release", "1"))[1] == ["hold 1 is over"]
    assert (await ccore("holds"))[1] == ["nothing is held"]
    assert (await ccore("erase", str(second), "--reason", "asked for"))[0] == 0
    assert (await ccore("erase", "+8613812345678", "--reason", "again"))[1] == [
        "there is no recording of +86138****5678"
    ]
    assert not list((tmp_path / "var/recordings").rglob("*.ccr"))
    assert (await ccore("verify"))[0] == 0


async def test_verify_says_what_is_amiss(ccore: Run, dsn: str, tmp_path: Path) -> None:
    first, _ = await two_stored(dsn, tmp_path)
    (path,) = (tmp_path / "var/recordings").rglob(f"{first}-*.ccr")
    path.write_bytes(path.read_bytes()[:-1])
    code, lines = await ccore("verify")
    assert code == 1
    assert f"recording {first}: " in lines[0]
    assert lines[1] == "2 recordings were read: 1 faults"


async def test_keys_change(ccore: Run, dsn: str, tmp_path: Path) -> None:
    await two_stored(dsn, tmp_path)
    (line,) = (await ccore("new-key"))[1]
    name, key = line.replace('"', "").split(" = ")
    assert len(base64.b64decode(key)) == 32
    write_keys(tmp_path, {**KEYS, name: key})
    assert (await ccore("rekey"))[1] == ["2 recordings have the current key now"]
    write_keys(tmp_path, {name: key})
    assert (await ccore("verify"))[0] == 0


async def test_broken_ones_are_listed_and_tried_again(ccore: Run, dsn: str, tmp_path: Path) -> None:
    raw = await finished(dsn, tmp_path / "monitor")
    raw.tx.unlink()
    async with archive_on(dsn, tmp_path) as kept:
        await kept.store.look(NODE)
    assert "tx.sln16 is missing" in (await ccore("failed"))[1][0]
    assert (await ccore("retry", str(raw.number), "--as-it-is"))[0] == 0
    assert (await ccore("failed"))[1] == ["no recording is broken"]
    with pytest.raises(CcoreError, match="not broken"):
        await ccore("retry", str(raw.number))


@pytest.mark.parametrize(
    "arguments", [("erase", "1"), ("erase", "x", "--reason", "y"), ("erase", "1", "--reason", " ")]
)
def test_who_erases_says_what_and_why(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["recordings", *arguments])
