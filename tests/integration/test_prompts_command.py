"""``ccore prompts`` and the page on which every prompt can be played."""

import array
import io
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from ccore.prompts import chain
from ccore.web import prompts
from ccore.web.app import Health, make_app, serving
from tests.support.command import Home
from tests.support.ports import free_port

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


@pytest.fixture(scope="module")
async def url(home: Home) -> AsyncIterator[str]:
    """Where a daemon would show the page."""
    port = free_port()
    app = make_app(lambda: Health({}), prompts.routes(home.directory / "dialplan"))
    async with serving(app, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


async def got(url: str) -> tuple[int, str, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.content_type, await answer.read()


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


async def test_the_page_shows_every_prompt_and_no_text_becomes_html(url: str) -> None:
    status, kind, page = await got(f"{url}/prompts")
    text = page.decode()
    assert (status, kind) == (200, "text/html")
    assert "您好，&lt;b&gt;欢迎&lt;/b&gt;。" in text
    assert "Hello &amp; &lt;i&gt;welcome&lt;/i&gt;." in text
    assert '<audio controls preload="none" src="/prompts/zh/greeting.wav">' in text
    assert text.count("a tone") == 2


async def test_the_page_plays_what_callers_hear(url: str, home: Home) -> None:
    status, kind, content = await got(f"{url}/prompts/zh/greeting.wav")
    assert (status, kind) == (200, "audio/wav")
    with wave.open(io.BytesIO(content)) as file:
        played = array.array("h", file.readframes(file.getnframes()))
    assert chain.alaw(played) == (home.directory / "dialplan/sounds/zh/greeting.alaw").read_bytes()


@pytest.mark.parametrize(
    "path",
    ["zh/none.wav", "fr/greeting.wav", "zh/beep.wav", "zh/..%2f..%2fown.toml", "..%2f/greeting.wav", "zh/Greeting.wav",
     "zh/greeting.alaw", "zh/%00.wav", "zh/" + "a" * 4000 + ".wav"],
)  # fmt: skip
async def test_only_sounds_can_be_fetched(url: str, path: str) -> None:
    assert (await got(f"{url}/prompts/{path}"))[0] == 404


async def test_a_fault_of_the_catalogue_is_told_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/own.toml").write_text("[greeting]\n", encoding="utf-8")
    port = free_port()
    async with serving(make_app(lambda: Health({}), prompts.routes(tmp_path)), "127.0.0.1", port):
        status, kind, text = await got(f"http://127.0.0.1:{port}/prompts")
    assert (status, kind) == (500, "text/plain")
    assert b"own.toml:1 PROMPT greeting.zh" in text
