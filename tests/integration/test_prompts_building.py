"""Prompts built over HTTP: spoken by a process apart into one's own draft, one build at a time, and told in words."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccore.config import Config, Paths
from ccore.db.pool import Database
from ccore.prompts.catalogue import load_catalogue
from ccore.prompts.sounds import (
    MANIFEST_FILE,
    Built,
    Manifest,
    load_manifest,
    save_manifest,
    says_its_text,
    sound_file,
)
from ccore.speech import Prompts
from ccore.versions import disk, trees
from ccore.versions.drafts import Drafts
from ccore.web.v1 import prompts
from tests.support.api import Answer, Api, api, of, tokens
from tests.support.shop import sql
from tests.support.waiting import until

SINGER = """
import math, pathlib, sys, time, array, wave
text, out = sys.argv[1:3]
print("singing")  # as some programs do
if "broken" in text:
    sys.exit(3)
while "slow" in text and not (pathlib.Path(__file__).parent / "go").exists():
    time.sleep(0.02)
with wave.open(out, "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(array.array("h", (round(9000 * math.sin(at / 2)) for at in range(8000))).tobytes())
"""
OWN, BUILDS = "prompts/own.toml", "/api/v1/prompts/builds"
LIVE = '[beep]\nzh = "嘟"\nen = "beep"\ntone = [[440, 100]]\n'
NEWS = LIVE + '[news]\nzh = "新闻。"\nen = "{en}"\n'


@dataclass(frozen=True, slots=True)
class Studio:
    """An API whose operators have prompts spoken, their drafts, and where the singer is."""

    api: Api
    drafts: Drafts
    directory: Path

    async def write(self, text: str, login: str = "olga") -> None:
        """Have this catalogue in somebody's draft."""
        seen = trees.hash_of((await self.drafts.of(login)).content(OWN))
        await self.drafts.put(login, OWN, text.encode(), seen)

    async def listed(self, who: str = "olga", query: str = "") -> Any:
        """What is told of all prompts."""
        return (await self.api.get(f"/api/v1/prompts?{query}", who)).data

    async def sounds(self, who: str = "olga") -> dict[str, str]:
        """How each prompt is heard."""
        shown = (await self.listed(who))["prompts"]
        return {f"{said['language']}/{each['prompt']}": said["sound"] for each in shown for said in each["said"]}

    async def begun(self, *names: str, who: str = "olga") -> Answer:
        """Have these built, or all."""
        return await self.api.post(BUILDS, {"prompts": list(names)}, who)

    async def ended(self) -> Any:
        """The newest build, once it has ended."""
        async with asyncio.timeout(20):
            while True:
                build = (await self.api.get(BUILDS, "olga")).data["builds"][0]
                if build["state"] != "running":
                    return build
                await asyncio.sleep(0.05)


@pytest.fixture
def told(tmp_path: Path) -> Prompts:
    return Prompts(engine="command", command=(sys.executable, str(tmp_path / "singer.py"), "{text}", "{out}"))


@pytest.fixture
async def studio(database: Database, tmp_path: Path, told: Prompts) -> AsyncIterator[Studio]:
    (tmp_path / "dialplan/prompts").mkdir(parents=True)
    (tmp_path / "dialplan" / OWN).write_text(LIVE, encoding="utf-8")
    (tmp_path / "singer.py").write_text(SINGER, encoding="utf-8")
    config = Config(paths=Paths(var=tmp_path / "var"), source=tmp_path / "ccore.toml", prompts=told)
    disk.use_directly(config.versions_dir, tmp_path / "dialplan")
    drafts = Drafts(database, config.versions_dir)
    routes = of(prompts.operations(database, config, drafts), database)
    async with api(routes, await tokens(database)) as running:
        yield Studio(running, drafts, tmp_path)


async def test_what_is_missing_is_spoken_into_ones_own_draft(studio: Studio, dsn: str) -> None:
    await studio.write(NEWS.format(en="The news."))
    before = await studio.listed()
    assert (before["missing"], before["ready"], before["engine"]) == (4, 0, {"name": "command", "lacks": ""})
    assert await studio.sounds() == {"zh/beep": "tone", "en/beep": "tone", "zh/news": "none", "en/news": "none"}
    answer = await studio.begun("news")
    assert answer.status == 202, answer.data
    build = await studio.ended()
    assert (build["build"], build["by"], build["state"]) == (answer.data["build"], "olga", "done")
    assert (build["wanted"], build["spoken"], build["failed"]) == (2, 2, [])
    assert await studio.sounds() == {"zh/beep": "tone", "en/beep": "tone", "zh/news": "ready", "en/news": "ready"}
    only = await studio.listed(query="only=missing")
    assert ([each["prompt"] for each in only["prompts"]], only["missing"], only["ready"]) == (["beep"], 2, 2)
    heard = await studio.api.get("/api/v1/prompts/news/en/audio", "olga")
    assert (heard.status, heard.body[:4]) == (200, b"RIFF")
    assert (await studio.api.get("/api/v1/prompts/news/en/audio", "ada")).status == 404, "it is in olga's draft"
    draft = await studio.drafts.of("olga")
    laid = studio.directory / "laid"
    trees.lay(draft.tree, draft.contents(), laid)
    news = load_catalogue(laid)["news"]
    assert says_its_text(laid, load_manifest(laid), "zh", "news", news), "and would be heard if it were published"
    assert not sound_file(laid, "zh", "news", ".sln16").exists(), "no trunk carries 16 kHz"
    assert not (studio.directory / "dialplan/sounds").exists(), "callers hear what they heard"
    done = await sql(dsn, "SELECT actor, action FROM audit WHERE action LIKE 'prompts-build-%' ORDER BY audit_id")
    assert [tuple(row) for row in done] == [("olga", "prompts-build-begun"), ("olga", "prompts-build-ended")]


async def test_other_words_are_another_sound(studio: Studio) -> None:
    await studio.write(NEWS.format(en="The news."))
    await studio.begun()
    await studio.ended()
    assert (await studio.listed())["missing"] == 0
    refused = await studio.begun()
    assert (refused.status, "words" in refused.data["error"]) == (409, True)
    await studio.write(NEWS.format(en="The latest news."))
    assert (await studio.sounds())["en/news"] == "changed"
    await studio.begun()
    assert (await studio.ended())["spoken"] == 1
    assert (await studio.sounds())["en/news"] == "ready"


async def test_what_others_publish_meanwhile_stays_and_what_is_published_leaves_the_draft(studio: Studio) -> None:
    await studio.write(NEWS.format(en="The news."))
    await studio.begun("news")
    await studio.ended()
    theirs = Built(key="0" * 64, wording="0" * 16, ms=100)
    save_manifest(studio.directory / "dialplan", Manifest(sounds={"zh": {"beep": theirs}}))
    draft = await studio.drafts.of("olga")
    laid = Manifest.model_validate_json(draft.contents()[MANIFEST_FILE] or b"")
    assert laid.built("zh", "beep") == theirs
    assert laid.built("zh", "news") is not None
    await studio.drafts.published("olga", draft.own())
    assert (await studio.drafts.of("olga")).changes == {}


async def test_one_build_at_a_time(studio: Studio) -> None:
    await studio.write(NEWS.format(en="The slow news."))
    await studio.write(NEWS.format(en="The news."), "ada")
    assert (await studio.begun()).status == 202
    other = await studio.begun(who="ada")
    assert (other.status, "now" in other.data["error"]) == (409, True)
    (studio.directory / "go").touch()
    assert (await studio.ended())["spoken"] == 4
    assert (await studio.begun(who="ada")).status == 202
    assert (await studio.ended())["by"] == "ada"


async def test_what_cannot_be_spoken_is_told_and_the_rest_is_kept(studio: Studio) -> None:
    await studio.write(NEWS.format(en="The broken news."))
    await studio.begun("news")
    build = await studio.ended()
    assert (build["state"], build["trouble"], build["spoken"]) == ("failed", "", 1)
    [failed] = build["failed"]
    assert (failed["language"], failed["prompt"], failed["reason"]) == ("en", "news", "engine")
    assert "exit status 3" in failed["why"]
    assert (await studio.sounds())["zh/news"] == "ready"
    await studio.write(NEWS.format(en="The news."))
    await studio.begun("news")
    assert (await studio.ended())["wanted"] == 1, "it goes on there"


async def test_files_that_cannot_be_read_are_told_with_their_line(studio: Studio) -> None:
    await studio.write("[news]\n")
    for answer in (await studio.begun(), await studio.api.get("/api/v1/prompts", "olga")):
        assert (answer.status, "own.toml:1 PROMPT news.zh" in answer.data["error"]) == (409, True), answer.data
        assert "ccore-draft" not in answer.data["error"]


async def test_only_those_who_publish_have_prompts_built(studio: Studio) -> None:
    assert [(await studio.begun(who=who)).status for who in ("abel", "super", "anna")] == [403, 403, 403]
    assert (await studio.api.post(BUILDS, {"prompts": ["../x"]}, "olga")).status == 400


async def test_a_build_of_a_ccore_that_is_gone_is_lost_and_another_one_can_begin(studio: Studio, dsn: str) -> None:
    await sql(dsn, "INSERT INTO prompt_builds (asked_by, wanted, seen_at) VALUES ('li', 3, now() - interval '1 hour')")
    [build] = (await studio.api.get(BUILDS, "olga")).data["builds"]
    assert (build["state"], build["by"]) == ("lost", "li")
    assert (await studio.begun()).status == 202
    await studio.ended()
    states = [each["state"] for each in (await studio.api.get(BUILDS, "olga")).data["builds"]]
    assert states == ["done", "lost"]


async def test_a_build_that_was_taken_for_lost_keeps_nothing_more(studio: Studio, dsn: str) -> None:
    await studio.write(NEWS.format(en="The slow news."))
    await studio.begun()
    await sql(dsn, "UPDATE prompt_builds SET ended_at = now(), trouble = 'lost'")
    (studio.directory / "go").touch()
    await until(lambda: sql(dsn, "SELECT FROM audit WHERE action = 'prompts-build-ended'"))
    assert not (await studio.drafts.of("olga")).sounds()
    assert (await studio.ended())["state"] == "lost"


@pytest.mark.parametrize("told", [Prompts(models=Path("nowhere"))])
async def test_without_an_engine_it_is_told_what_to_do(studio: Studio) -> None:
    assert (await studio.listed())["engine"]["lacks"] in {"models", "tts"}
    assert (await studio.begun()).status == 202
    build = await studio.ended()
    assert (build["state"], build["trouble"], build["spoken"]) == ("failed", "engine", 0)
    assert "[prompts] models" in build["why"]
