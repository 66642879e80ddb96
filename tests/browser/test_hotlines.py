"""A hotline's menus as a picture, and a telephone beside it on which they are tried, with sound."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admins import endless
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture


def suppose_it_is(page: Page, when: str) -> None:
    page.get_by_text("设定条件").click()
    page.get_by_label("来电时间").fill(when)


def test_a_menu_is_walked_through_with_sound(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("operator", path="/hotlines/10086")
    endless(page)
    suppose_it_is(page, "2026-06-17T10:00")  # a Wednesday: engineers work
    with page.expect_response("**/api/v1/prompts/main-welcome/zh/audio") as answer:
        page.get_by_role("button", name="呼叫 10086").click()
    assert answer.value.status in {200, 206}
    said = page.get_by_role("list", name="来电者听到的内容")
    expect(said).to_contain_text("main · 等待按键")
    expect(said.locator(".now")).to_be_visible()
    page.get_by_role("button", name="2", exact=True).click()
    expect(said).to_contain_text("broadband")
    expect(page.locator(".box.here strong")).to_have_text("broadband")
    expect(page.locator("path.taken")).to_have_count(1)
    page.keyboard.press("1")
    expect(said).to_contain_text("进入队列")
    axe(page)
    picture(page, "hotlines-walk")
    page.get_by_role("button", name="无人接听").click()
    expect(page.locator(".box.here strong")).not_to_have_text("broadband")
    page.get_by_role("button", name="挂断").click()
    expect(page.get_by_role("button", name="呼叫 10086")).to_be_visible()
    suppose_it_is(page, "2026-06-17T21:00")
    page.get_by_role("button", name="呼叫 10086").click()
    page.get_by_role("button", name="2", exact=True).click()
    page.get_by_role("button", name="1", exact=True).click()
    expect(said).to_contain_text("engineers-closed")


def test_a_node_leads_to_its_line_in_the_editor(console: Console) -> None:
    page = console.as_("operator", path="/hotlines")
    page.locator(".box:has(strong:text-is('broadband'))").click()
    page.get_by_role("link", name="编辑 menus/main.toml 第").click()
    expect(page.locator(".cm-activeLine")).to_contain_text("[broadband]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("operator", language=language, path="/hotlines")
    expect(page.get_by_role("heading", name="热线菜单" if language == "zh" else "Hotlines")).to_be_visible()
    expect(page.locator(".box").first).to_be_visible()
    looks(page, "hotlines")
