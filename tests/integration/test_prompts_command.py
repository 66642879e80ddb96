"""``ccore prompts``, and prompts over HTTP."""

import array
import io
import sys
import wave
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ccore.config import Config, Paths
from ccore.db.pool import Database
from ccore.prompts import chain
from ccore.versions import disk
from ccore.versions.drafts import Drafts
from ccore.web.v1 import prompts
from ccore.web.v1.operations import Operation
from tests.support.api import Api, api, of, tokens
from tests.support.command import Home

SINGER = """
import math, sys, array, wave
with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(array.array("h", (round(9000 * math.sin(at / 2)) for at in range(8000))).tobytes())
"""
CATALOGUE = """
[greeting]
zh = "您好，<b>欢迎</b>。"
en = "Hello & <i>welcome</i>."
[beep]
zh = "嘟"
en = "beep"
tone = [[440, 100]]
"""


@pytest.fixture(scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An operator's directory in which one prompt has been spoken by the command."""
    directory = tmp_path_factory.mktemp("prompts")
    (directory / "dialplan/prompts").mkdir(parents=True)
    (directory / "dialplan/prompts/own.toml").write_text(CATALOGUE, encoding="utf-8")
    (directory / "singer.py").write_text(SINGER, encoding="utf-8")
    engine = f'engine = "command"\ncommand = ["{sys.executable}", "{directory / "singer.py"}", "{{out}}"]\n'
    built = Home(directory, f'[paths]\ndialplan = "dialplan"\n[prompts]\n{engine}')
    ended = await built.ccore("prompts", "build", "--only", "greeting")
    assert (ended.code, ended.err) == (0, "2 spoken, 0 kept, 0 removed, 0 failed\n"), ended
    assert ended.out.splitlines()[0].startswith("zh/greeting  1.0 s  ")
    return built


@pytest.fixture
async def listed(home: Home, database: Database) -> AsyncIterator[Api]:
    """What a daemon tells of them."""
    async with api(of(running(home.directory, database), database), await tokens(database)) as served:
        yield served


def running(directory: Path, database: Database) -> Sequence[Operation[Any, Any]]:
    """Prompts over HTTP, where ``dialplan`` in this directory is what runs."""
    config = Config(paths=Paths(var=directory / "var"), source=directory / "ccore.toml")
    disk.use_directly(config.versions_dir, directory / "dialplan")
    return prompts.operations(database, config, Drafts(database, config.versions_dir))


async def test_the_list_says_how_each_prompt_is_heard(home: Home) -> None:
    ended = await home.ccore("prompts", "list", "--lang", "zh")
    assert [line.split()[:3] for line in ended.out.splitlines()] == [
        ["zh/greeting", "1.0", "s"],
        ["zh/beep", "a", "tone"],
    ]


async def test_verify_names_what_is_missing(home: Home) -> None:
    ended = await home.ccore("prompts", "verify", "--lang", "en")
    assert (ended.code, ended.out, ended.err) == (1, "en/beep: has no sound\n", "1 to be looked after\n")


async def test_play_writes_a_file_that_any_player_can_play(home: Home) -> None:
    ended = await home.ccore("prompts", "play", "greeting", "--out", "heard.wav")
    assert (ended.code, ended.out) == (0, "heard.wav\n")
    with wave.open(str(home.directory / "heard.wav")) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert chain.active_rms([at / 32768 for at in array.array("h", file.readframes(9000))], 8000) > 0.1
    assert (await home.ccore("prompts", "play", "beep")).code == 1


async def test_every_prompt_is_told_with_how_it_is_heard(listed: Api) -> None:
    greeting, beep = (await listed.get("/api/v1/prompts?after=b", "olga")).data["prompts"][::-1]
    assert beep["said"][1] == {"language": "en", "text": "beep", "sound": "tone", "milliseconds": None}
    assert (greeting["prompt"], greeting["said"][0]) == (
        "greeting",
        {"language": "zh", "text": "您好，<b>欢迎</b>。", "sound": "built", "milliseconds": 1000},
    )
    for query, names, after in [
        ("size=1", ["beep"], "beep"), ("size=1&after=beep", ["greeting"], None), ("find=欢迎", ["greeting"], None),
        ("find=EEP", ["beep"], None), ("find=nothing", [], None),
    ]:  # fmt: skip
        told = (await listed.get(f"/api/v1/prompts?{quote(query, safe='=&')}", "olga")).data
        assert ([each["prompt"] for each in told["prompts"]], told["after"]) == (names, after), query
    assert (await listed.get("/api/v1/prompts", "abel")).status == 403


async def test_what_callers_hear_is_played(listed: Api, home: Home) -> None:
    answer = await listed.get("/api/v1/prompts/greeting/zh/audio", "olga")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.body)) as file:
        played = array.array("h", file.readframes(file.getnframes()))
    assert chain.alaw(played) == (home.directory / "dialplan/sounds/zh/greeting.alaw").read_bytes()


@pytest.mark.parametrize(
    "path",
    ["none/zh/audio", "greeting/fr/audio", "beep/zh/audio", "..%2f..%2fown.toml/zh/audio", "greeting/../audio",
     "Greeting/zh/audio", "greeting/zh", "%00/zh/audio", "a" * 4000 + "/zh/audio"],
)  # fmt: skip
async def test_only_sounds_can_be_fetched(listed: Api, path: str) -> None:
    assert (await listed.get(f"/api/v1/prompts/{path}", "olga")).status == 404


async def test_a_fault_of_the_catalogue_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "dialplan/prompts").mkdir(parents=True)
    (tmp_path / "dialplan/prompts/own.toml").write_text("[greeting]\n", encoding="utf-8")
    async with api(of(running(tmp_path, database), database), await tokens(database)) as served:
        answer = await served.get("/api/v1/prompts", "olga")
    assert answer.status == 409
    assert "own.toml:1 PROMPT greeting.zh" in answer.data["error"]
