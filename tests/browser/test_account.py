"""One's own account: how the console looks to them, where they are signed in, their password."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture, fits
from tests.support.console import PASSWORD

PHONE = (390, 844)


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("admin", language=language, path="/account")
    expect(page.get_by_role("heading", name="我的账户" if language == "zh" else "My account")).to_be_visible()
    expect(page.get_by_role("table").get_by_text("当前浏览器" if language == "zh" else "This browser")).to_be_visible()
    looks(page, "account")


def test_on_a_narrow_screen_the_navigation_is_behind_a_button(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", path="/account", size=PHONE)
    expect(page.get_by_role("heading", name="我的账户")).to_be_visible()
    fits(page)
    picture(page, "account-narrow")
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.get_by_role("button", name="打开导航").click()
    expect(page.get_by_role("button", name="收起导航")).to_be_visible()
    axe(page)


def test_language_and_scheme_hold_from_then_on(console: Console) -> None:
    page = console.as_("manager", path="/account")
    page.get_by_role("button", name="语言：中文").click()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.url.endswith("/session")):
        page.get_by_text("English", exact=True).last.click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("main").get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-scheme", "dark")
    page.reload()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-scheme", "dark")
    again = console.stranger(path="/account")
    again.get_by_role("textbox", name="登录名或工号").fill("a-manager")
    again.get_by_role("textbox", name="密码", exact=True).fill(PASSWORD)
    again.get_by_role("button", name="登录", exact=True).click()
    expect(again.get_by_role("heading", name="My account")).to_be_visible()


def test_a_session_of_another_browser_is_ended(console: Console) -> None:
    console.forgive("401 GET")
    console.as_("quality", path="/account")
    page = console.as_("quality", path="/account")
    ends = page.get_by_role("table").get_by_role("button", name="退出")
    expect(ends).not_to_have_count(0)
    before = ends.count()
    ends.first.click()
    page.get_by_role("dialog").get_by_role("button", name="退出").click()
    expect(ends).to_have_count(before - 1)


def test_the_password_is_changed_and_the_old_one_is_no_good(console: Console) -> None:
    console.forgive("401 (GET|POST)")
    console.forgive("422 POST .*/password$")
    login = console.stack.person("operator", "changed")
    page = console.as_("operator", login=login, path="/account")
    card = page.get_by_role("region", name="修改密码")
    for label, text in (("当前密码", PASSWORD), ("新密码", "short"), ("再次输入新密码", "short")):
        card.get_by_label(label, exact=True).fill(text)
    card.get_by_role("button", name="修改密码").click()
    expect(card.get_by_role("alert")).to_contain_text("密码长度须为 10 至 200 个字符")
    for label in ("新密码", "再次输入新密码"):
        card.get_by_label(label, exact=True).fill("another horse 4 me")
    card.get_by_role("button", name="修改密码").click()
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="登录名或工号").fill(login)
    page.get_by_role("textbox", name="密码", exact=True).fill("another horse 4 me")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的账户")).to_be_visible()


def test_what_is_not_there_or_not_for_them_says_so(console: Console, axe: Axe) -> None:
    page = console.as_("agent", path="/no-such-page")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    axe(page)
    page.goto("/not-allowed/somewhere")
    expect(page.get_by_role("heading", name="您无权查看此页面")).to_be_visible()
    axe(page)


def test_signing_out_leaves_nothing(console: Console) -> None:
    console.forgive("401 GET")
    page = console.as_("supervisor", path="/account")
    page.get_by_role("button", name=re.compile("我的账户：")).click()
    page.get_by_text("退出登录", exact=True).click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
