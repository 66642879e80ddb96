"""What callers hear: found by its words, and played."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Language, Looks


def test_a_prompt_is_found_by_its_words_and_heard(console: Console) -> None:
    page = console.as_("operator", path="/prompts")
    page.get_by_label("查找").fill("main-welcome")
    page.get_by_role("button", name="查询").or_(page.get_by_role("button", name="搜索")).first.click()
    expect(page.get_by_role("row")).to_have_count(2)
    with page.expect_response("**/api/v1/prompts/main-welcome/en/audio") as answer:
        page.get_by_role("button", name="播放 main-welcome 英文").click()
    assert answer.value.status in {200, 206}
    page.get_by_role("button", name="暂停 main-welcome 英文").click()
    expect(page.get_by_role("button", name="播放 main-welcome 英文")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("operator", language=language, path="/prompts")
    expect(page.get_by_role("heading", name="提示音" if language == "zh" else "Prompts")).to_be_visible()
    expect(page.get_by_role("row").nth(5)).to_be_visible()
    looks(page, "prompts")
