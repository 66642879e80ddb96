"""The commands for what callers leave and hear: voicemail, call-backs, surveys, announcements."""

import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccore import config
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.ivr.announcements import Announcements
from ccore.ivr.audio import as_wav
from ccore.ivr.notes import Notes
from ccore.prompts.chain import wav
from ccore.prompts.engines import EngineMissing
from ccore.prompts.engines.kokoro import Kokoro
from tests.support.commands import Run, running
from tests.support.menus import PEOPLE, written
from tests.unit.test_announcing import tone

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
MENUS = '[main]\ndo = "hang-up"\n' + PEOPLE


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    written(tmp_path / "dialplan", MENUS)
    (tmp_path / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    settings = config.load(tmp_path / "ccore.toml")
    return running(settings, capsys)


async def test_voicemail_is_listed_without_its_callers_number_and_exported(
    ccore: Run, database: Database, tmp_path: Path
) -> None:
    assert await ccore("voicemail", "list") == (0, ["there is no voicemail"])
    sound = bytes(range(256)) * 63  # 2.0 s
    await database.execute(
        "notes.voicemail", "node1!1.1", "service_13812345678_1.alaw", "node1", "service", "13812345678", AT, 2016, sound
    )
    _, (line,) = await ccore("voicemail", "list")
    assert line.split()[1:] == ["2026-11-22", "15:00:00", "service", "138****5678", "2", "s", "new"]
    number = line.split()[0]
    code, _ = await ccore("voicemail", "export", number, str(tmp_path / "one.wav"))
    assert code == 0
    assert (tmp_path / "one.wav").read_bytes() == as_wav(sound)
    assert stat.S_IMODE((tmp_path / "one.wav").stat().st_mode) == 0o600
    assert await ccore("voicemail", "list") == (0, ["there is no voicemail"])
    _, (line,) = await ccore("voicemail", "list", "--all", "--box=service")
    assert line.endswith("heard")
    with pytest.raises(CcoreError, match="no voicemail 77"):
        await ccore("voicemail", "export", "77", str(tmp_path / "two.wav"))
    with pytest.raises(CcoreError, match="cannot be written"):
        await ccore("voicemail", "export", number, str(tmp_path / "no/one.wav"))


async def test_call_backs_are_done_once(ccore: Run, database: Database) -> None:
    assert await ccore("callbacks", "list") == (0, ["nobody waits to be called back"])
    notes = Notes(database, "CN", r"[2-8]\d{2,4}", 30.0)
    await notes.call_back("node1!1.1", "service", "13812345678", AT)
    _, (line,) = await ccore("callbacks", "list")
    number, *rest = line.split()
    assert rest == ["2026-11-22", "15:00", "service", "+8613812345678", "open"], "whole: somebody has to dial it"
    assert (await ccore("callbacks", "done", number))[0] == 0
    assert (await ccore("callbacks", "done", number))[0] == 1
    assert await ccore("callbacks", "list") == (0, ["nobody waits to be called back"])
    assert "done, called by " in (await ccore("callbacks", "list", "--all"))[1][0]


async def test_a_survey_is_told_by_question(ccore: Run, database: Database) -> None:
    notes = Notes(database, "CN", r"[2-8]\d{2,4}", 30.0)
    now = utc_now()
    for number, score in enumerate((5, 4, 4)):
        await notes.answers(f"node1!{number}.1", "service", {"friendly": score}, now - timedelta(hours=1))
    await notes.answers("node1!9.1", "service", {"friendly": 1}, now - timedelta(days=40))
    _, (line,) = await ccore("survey", "service")
    assert line.split() == ["friendly", "3", "answers", "mean", "4.33"]
    _, (line,) = await ccore("survey", "service", "--from=2026-01-01", f"--to={now - timedelta(days=2):%Y-%m-%d}")
    assert line.split()[1] == "1"
    assert await ccore("survey", "sales") == (0, ["nobody has answered sales in this time"])


async def test_what_makes_no_announcement_is_refused_with_what_to_do(ccore: Run, tmp_path: Path) -> None:
    good, music = tmp_path / "good.wav", tmp_path / "music.mp3"
    good.write_bytes(wav(tone(3000, 1.0), 8000))
    music.write_bytes(b"ID3")
    for arguments, complaint in (
        ((), "give --file, or --text"),
        (("--file=nothing.wav",), "nothing.wav cannot be used"),
        ((f"--file={music}",), "music.mp3 cannot be used: no WAV file"),
        ((f"--file={good}", f"--file=en={good}"), "name the language of each"),
        ((f"--file={good}", "--divert=nowhere"), "have no node nowhere: they have main, people"),
    ):
        with pytest.raises(CcoreError, match=complaint):
            await ccore("announce", "add", "main", "--hours=1", *arguments)
    for given, complaint in (
        (("mian", "--hours=1"), "have no node mian"),
        (("main", "--until=2020-01-01"), "--until has passed"),
        (("main", "--hours=-1"), "would end before it begins"),
        (("main", "--from=2030-01-02", "--until=2030-01-01"), "would end before it begins"),
    ):
        with pytest.raises(CcoreError, match=complaint):
            await ccore("announce", "add", *given, f"--file={good}")
    assert await ccore("announce", "list") == (0, ["there are no announcements"])
    assert (await ccore("announce", "end", "77"))[0] == 1


async def test_times_are_the_sites_and_the_list_says_how_things_are(
    ccore: Run, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "good.wav"
    file.write_bytes(wav(tone(3000, 1.0), 8000))
    times = ("--from=2030-01-01T09:00", "--until=2030-01-01T18:00")
    assert (await ccore("announce", "add", "main", f"--file={file}", "--text=线路检修", *times))[0] == 0
    assert (await ccore("announce", "add", "main", f"--file={file}", "--hours=0.5", "--divert=people"))[0] == 0
    _, (newest, older) = await ccore("announce", "list")
    assert "  plays  " in newest
    assert "main → people" in newest
    assert "  waits  2030-01-01 09:00 – 2030-01-01 18:00  main  1 s by upload" in older
    assert older.endswith("线路检修")
    (first, *_) = await Announcements(database, {}).listed(utc_now())
    assert first["ends_at"] - first["starts_at"] == timedelta(minutes=30)


async def test_a_text_without_a_speech_engine_is_refused(ccore: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Kokoro:
        raise EngineMissing("the speech engine is not installed")

    monkeypatch.setattr("ccore.commands.announce.chosen_engine", missing)
    with pytest.raises(EngineMissing):
        await ccore("announce", "add", "main", "--text=线路检修", "--hours=1")


async def test_the_right_to_announce_by_phone_is_given_and_taken(ccore: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("123456\n482915\n"))
    with pytest.raises(CcoreError, match="guessed first"):
        await ccore("announce", "pin", "1001")
    assert (await ccore("announce", "pin", "1001", "--name=Anna"))[0] == 0
    assert (await ccore("announce", "pin", "1001", "--remove"))[0] == 0
    assert (await ccore("announce", "pin", "1001", "--remove"))[0] == 1
