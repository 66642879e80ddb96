"""What callers hear: found by its words, played, and spoken where there is no sound yet."""

import re
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ccore.speech import Prompts
from ccore.versions.drafts import Drafts
from ccore.versions.trees import hash_of
from tests.browser.admins import endless
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture
from tests.support.site import Site, site

SINGER = """
import math, sys, array, wave
if "不通" in sys.argv[1]:
    sys.exit(3)
with wave.open(sys.argv[2], "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(array.array("h", (round(9000 * math.sin(at / 2)) for at in range(8000))).tobytes())
"""
OWN = "prompts/own.toml"
NEWS = """
[shop-news]
zh = "新店开业。"
en = "A new shop has opened."
[shop-fault]
zh = "线路不通。"
en = "The line is down."
"""


def singing(directory: Path) -> AbstractAsyncContextManager[Site]:
    """A site whose prompts are sung by a program."""
    singer = directory / "singer.py"
    singer.write_text(SINGER, encoding="utf-8")
    return site(directory, prompts=Prompts(engine="command", command=(sys.executable, str(singer), "{text}", "{out}")))


BUILT = singing


def test_a_prompt_is_found_by_its_words_and_heard(console: Console) -> None:
    page = console.as_("operator", path="/prompts")
    endless(page)
    page.get_by_label("查找").fill("main-welcome")
    page.get_by_role("button", name="查询").or_(page.get_by_role("button", name="搜索")).first.click()
    expect(page.get_by_role("row")).to_have_count(2)
    with page.expect_response("**/api/v1/prompts/main-welcome/en/audio") as answer:
        page.get_by_role("button", name="播放 main-welcome 英文").click()
    assert answer.value.status in {200, 206}
    page.get_by_role("button", name="暂停 main-welcome 英文").click()
    expect(page.get_by_role("button", name="播放 main-welcome 英文")).to_be_visible()


def test_what_has_no_sound_is_spoken_and_told_in_words(console: Console, axe: Axe, picture: Picture) -> None:
    stack = console.stack
    drafts = Drafts(stack.database, stack.site.config.versions_dir)
    login = stack.person("operator")
    stack.run(drafts.put(login, OWN, NEWS.encode(), hash_of(None)))
    page = console.as_("operator", path="/prompts")
    building = page.get_by_role("region", name="合成录音")
    expect(building).to_contain_text("4 个录音缺少或与文字不一致")
    page.get_by_label("显示").select_option("缺少录音的")
    page.get_by_role("button", name="查询").or_(page.get_by_role("button", name="搜索")).first.click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="合成 shop-news 的录音").press("Enter")
    expect(building.get_by_text("合成完成")).to_be_visible()
    expect(building).to_contain_text("草稿中有 2 个新录音")
    expect(page.get_by_role("row")).to_have_count(2)
    building.get_by_role("button", name="全部合成").click()
    expect(building.get_by_text("未全部合成")).to_be_visible()
    expect(building.get_by_role("listitem")).to_contain_text("shop-fault (中文): 语音合成引擎出错")
    axe(page)
    picture(page, "prompts-built")
    page.get_by_role("button", name="播放 shop-fault 英文").click()
    expect(page.get_by_role("button", name=re.compile("(播放|暂停) shop-fault 英文"))).to_be_visible()
    building.get_by_role("link", name="核对并发布").click()
    expect(page.get_by_text("已改动 1 个文件，另有 3 个新合成的录音")).to_be_visible()
    stack.run(drafts.leave(login, None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("operator", language=language, path="/prompts")
    expect(page.get_by_role("heading", name="提示音" if language == "zh" else "Prompts")).to_be_visible()
    expect(page.get_by_role("row").nth(5)).to_be_visible()
    looks(page, "prompts")
