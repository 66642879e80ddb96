"""Announcements on a real Asterisk: mounted by command or by phone, heard at once, and not a moment longer."""

import asyncio
import io
import shutil
import time
import tomllib
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ccore.__main__ import _parser
from ccore.clock import utc_now
from ccore.config import Database as DatabaseSettings
from ccore.config import Paths, load
from ccore.db.pool import Database
from ccore.ivr import audio
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.prompts.chain import alaw, wav
from ccore.shipped import shipped
from tests.support.asterisk import NODE, complaints, until_no_channels
from tests.support.heard import UNKNOWN, Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.prompts import people_alone
from tests.support.site import Site, site
from tests.unit.test_announcing import tone

HEARD_WITHIN_S = 30.0  # 2 s are promised, of a machine that is not so busy
WAITS_S, LASTS_S = 3, 15  # of one that begins and ends by itself: calls are to be made before it and in it
PIN = "482915"
MENUS = """
[main]
do = "menu"
prompt = "t-main"
keys = { 1 = "broadband", 9 = "english" }

[english]
do = "language"
language = "en"
then = "main"

[broadband]
do = "hang-up"
prompt = "t-broadband"

[people]
do = "queue"
"""
OWN_PROMPTS = ["t-main", "t-broadband", "key-invalid", "key-missing", "digits-invalid", "goodbye"]


def voice(hertz: int) -> "array[int]":
    """0.8 s that can be told from any other."""
    return array("h", (sample * (index % hertz) // hertz for index, sample in enumerate(tone(9000, 0.8))))


def operators(directory: Path) -> Path:
    """The shipped dialplan with a small menu for callers and the shipped one for supervisors, all prompts tones."""
    shutil.copytree(shipped("dialplan"), directory, ignore=shutil.ignore_patterns("sounds"))
    spoken = tomllib.loads((directory / "prompts/announce.toml").read_text(encoding="utf-8"))
    for part in ("menus", "prompts"):
        shutil.rmtree(directory / part)
        (directory / part).mkdir()
    shutil.copy(shipped("dialplan") / "menus/supervisor.toml", directory / "menus")
    shutil.copy(shipped("dialplan") / "prompts/order.toml", directory / "prompts")
    people_alone(directory)
    (directory / "menus/test.toml").write_text(MENUS, encoding="utf-8")
    starts = {"10086": "main", "10089": "supervisor", **dict.fromkeys(("1001011", "1001012", "1001013"), "main")}
    hotlines = (f'[[hotline]]\nnumber = "{n}"\nstart = "{start}"\npeople = "people"\n' for n, start in starts.items())
    (directory / "hotlines.toml").write_text("".join(hotlines), encoding="utf-8")
    (directory / "lookups.toml").unlink()
    prompts = (
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{hertz}, 200]]\n'
        for name, hertz in zip([*OWN_PROMPTS, *spoken], range(1013, 3400, 47), strict=False)
    )
    (directory / "prompts/test.toml").write_text("".join(prompts), encoding="utf-8")
    return directory


@dataclass(frozen=True, slots=True)
class Line:
    """A site and what its callers can hear."""

    site: Site
    sounds: Sounds

    def call(self, number: str = "10086") -> AbstractAsyncContextManager[Keypad]:
        """A caller."""
        return dialled(self.site.sip_port, number, sounds=self.sounds)

    async def first_heard(self) -> str:
        """What a caller hears first."""
        async with self.call() as phone:
            return (await phone.until()).name

    async def until_first(self, name: str, within_s: float = HEARD_WITHIN_S) -> None:
        """Call again and again until this is what callers hear first."""
        ends = time.monotonic() + within_s
        while (heard := await self.first_heard()) != name:
            assert time.monotonic() < ends, f"{heard}, not {name}"


@pytest.fixture(scope="module")
async def line(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("announcing")
    own = {"mine": voice(90), "zh-file": voice(110), "en-file": voice(130)}
    for name, samples in own.items():
        (directory / f"{name}.wav").write_bytes(wav(samples, 8000))
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan"))
    async with site(directory, paths=paths) as built:
        files = {name: audio.from_wav(wav(samples, 8000)) for name, samples in own.items()}
        sounds = {**sounds_in(built.node.directory / "sounds/ccore"), **files, "as-said": alaw(own["mine"])}
        yield Line(built, Sounds(sounds))
        await until_no_channels(built.node)
        assert not (lines := complaints(built.node)), "\n".join(lines)
        built.assert_log_is_clean()


@pytest.fixture
def ccore(line: Line, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[int]]:
    """Runs a command of the site's in this process."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", line.site.dsn)
    patient = {"database": DatabaseSettings(acquire_timeout_s=30)}
    settings = load(line.site.directory / "ccore.toml").model_copy(update=patient)

    async def run(*arguments: str) -> int:
        options = _parser().parse_args(arguments)
        code: int = await options.run(options, settings)
        return code

    return run


async def test_a_command_is_heard_in_time_in_the_callers_language_until_it_is_ended(
    line: Line, ccore: Callable[..., Awaitable[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await line.first_heard() == "t-main"
    files = [f"--file={language}={line.site.directory}/{language}-file.wav" for language in ("zh", "en")]
    assert await ccore("announce", "add", "main", "--hours=1", *files) == 0
    number = capsys.readouterr().out.split("announcement ")[-1].split()[0]
    await line.until_first("zh-file")
    async with line.call() as phone:
        await phone.until("t-main")
        await phone.key("9")
        await phone.until("en-file")
    assert next(heard for heard in phone.heard() if heard.name == "zh-file").whole, "no key interrupts it"
    assert await ccore("announce", "end", number) == 0
    await line.until_first("t-main")


async def test_one_begins_diverts_and_ends_by_itself(line: Line) -> None:
    database = Database(line.site.dsn, DatabaseSettings(acquire_timeout_s=30))
    await database.open()
    sound = audio.from_wav((line.site.directory / "zh-file.wav").read_bytes())
    begins = utc_now() + timedelta(seconds=WAITS_S)
    said = {"": Said("", sound)}
    wanted = Wanted("main", said, "upload", "anna", "broadband", begins, lasts=timedelta(seconds=LASTS_S))
    await Announcements(database, {}).add(wanted)
    await database.close()
    heard = await line.first_heard()
    assert heard == "t-main" or utc_now() > begins
    await line.until_first("zh-file")
    async with line.call() as phone:
        await phone.until_over()
    assert [heard.name for heard in phone.heard() if heard.whole] == ["zh-file", "t-broadband"]
    await line.until_first("t-main", within_s=LASTS_S + HEARD_WITHIN_S)


async def test_a_supervisor_records_hears_and_mounts_one_by_phone_and_ends_it(
    line: Line, ccore: Callable[..., Awaitable[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PIN}\n"))
    assert await ccore("announce", "pin", "1001", "--name=Anna") == 0
    heard_dir = line.site.config.heard_dir(NODE)
    assert heard_dir is not None
    before = set(heard_dir.rglob("*.alaw"))
    async with line.call("10089") as phone:
        await phone.until("supervisor-number")
        await phone.key("1001#")
        await phone.until("supervisor-pin")
        await phone.key(f"{PIN}#")
        await phone.until("supervisor-menu")
        await phone.key("1")
        told = await phone.until("supervisor-record", whole=True)
        await phone.until(UNKNOWN, after=told.at)
        await asyncio.sleep(0.8)  # the tone
        await phone.say(alaw(voice(90)))
        await phone.key("#")
        await phone.until("supervisor-heard", whole=True)
        await phone.until("supervisor-confirm", whole=True)
        assert "as-said" in [heard.name for heard in phone.heard()], phone.heard()
        await phone.key("1")
        await phone.until("supervisor-hours")
        await phone.key("2#")
        await phone.until("supervisor-where")
        await phone.key("1")
        await phone.until("supervisor-mounted", whole=True)
        await line.until_first(UNKNOWN)
        (file,) = (path for path in heard_dir.rglob("*.alaw") if path not in before)
        async with dialled(line.site.sip_port, "10086", sounds=Sounds({"it": file.read_bytes()})) as caller:
            await caller.until("it", whole=True)
        await phone.key("2")
        await phone.until("supervisor-end")
        await phone.key("1")
        await phone.until("supervisor-ended", whole=True)
    await line.until_first("t-main")
    (row,) = await line.site.rows("SELECT source, made_by, ended_by FROM announcements WHERE source = 'phone'")
    assert tuple(row) == ("phone", "announcer 1001", "announcer 1001")
    logs = [line.site.log, *(path for path in (line.site.node.directory / "log").rglob("*") if path.is_file())]
    assert [path.name for path in logs if PIN in path.read_text(encoding="utf-8", errors="replace")] == []
    assert "CCORE_WALK" in (line.site.node.directory / "log/cel-custom/ccore.csv").read_text(encoding="utf-8")


async def test_a_wrong_pin_is_refused(line: Line) -> None:
    async with line.call("10089") as phone:
        await phone.until("supervisor-number")
        await phone.key("1001#")
        await phone.until("supervisor-pin")
        await phone.key("999111#")
        await phone.until("supervisor-refused")
        await phone.until_over()
