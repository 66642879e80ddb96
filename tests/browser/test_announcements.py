"""An announcement is mounted from a file, callers hear it first, and it is ended again."""

import pytest
from playwright.sync_api import expect

from ccore.prompts.chain import wav
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture
from tests.unit.test_announcing import tone

HIGH_RATE = 44_100  # as phones record: the browser makes of it what ccore takes


def test_one_is_mounted_heard_and_ended(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("operator", path="/announcements")
    page.get_by_role("button", name="新建公告").click()
    form = page.get_by_role("form", name="新建公告")
    form.get_by_label("菜单节点").select_option("broadband")
    form.get_by_label("录音文件").set_input_files(
        {"name": "检修.wav", "mimeType": "audio/wav", "buffer": wav(tone(3000, 2.0, HIGH_RATE), HIGH_RATE)}
    )
    form.get_by_label("内容").fill("城东片区宽带检修,预计 18 点恢复。<b>x</b>")
    expect(form.get_by_label("试听")).to_be_visible()
    axe(page)
    picture(page, "announcements-new")
    form.get_by_role("button", name="开始播放").click()
    row = page.get_by_role("row", name="城东片区")
    expect(row.get_by_text("播放中")).to_be_visible()
    expect(row).to_contain_text("<b>x</b>")
    with page.expect_response("**/api/v1/announcements/*/audio*") as answer:
        row.get_by_role("button", name="播放 broadband").click()
    assert answer.value.status in {200, 206}
    found = console.stack.run(console.stack.site.rows("SELECT node, source FROM announcements"))
    assert [tuple(each) for each in found] == [("broadband", "upload")]
    picture(page, "announcements")
    row.get_by_role("button", name="结束").click()
    page.get_by_role("dialog").get_by_role("button", name="结束").click()
    expect(row.get_by_text("已结束")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("operator", language=language, path="/announcements")
    expect(page.get_by_role("heading", name="公告" if language == "zh" else "Announcements")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    looks(page, "announcements-list")
