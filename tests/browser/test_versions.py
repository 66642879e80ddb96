"""The operator's workbench: a mistake is seen at its line, mended, compared, published, heard, and undone again."""

import re

import pytest
from playwright.sync_api import Page, expect

from ccore.config import Config
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled

pytestmark = pytest.mark.usefixtures("asterisk_root")

LINE = 'prompt = "main-menu"'
WHOLE_MS = 120_000  # a publication on a machine that is busy
TITLES = {"zh": "配置发布", "en": "Publishing"}


async def heard_after_the_welcome(port: int, *names: str) -> str:
    """Which of these sounds a caller of 10086 hears."""
    sounds = Sounds(sounds_in(Config().dialplan / "sounds/zh"))
    async with dialled(port, "10086", sounds=sounds) as caller:
        return (await caller.until(*names, within_s=20)).name


def opened(page: Page) -> None:
    """The editor is there, with the main menu."""
    expect(page.locator(".cm-content")).to_contain_text("[main]")
    expect(
        page.get_by_role("complementary", name="文件").or_(page.get_by_role("complementary", name="Files"))
    ).to_be_visible()


def retype(page: Page, old: str, new: str) -> None:
    """Type another line over the first one that says ``old``, by keyboard."""
    page.locator(".cm-line", has_text=old).first.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(new)


def checked(page: Page) -> None:
    """The linter has answered after what was typed."""
    expect(page.get_by_text("已保存到你的草稿")).to_be_visible()
    expect(page.get_by_text("检查中…")).to_be_hidden(timeout=60_000)


def test_a_mistake_is_mended_published_heard_and_undone(console: Console, axe: Axe, picture: Picture) -> None:
    port = console.stack.site.sip_port
    page = console.as_("operator", path="/versions/edit")
    opened(page)
    retype(page, LINE, 'prompt = "main-manu"')
    told = page.locator(".fault-line").first
    expect(told).to_contain_text("没有提示音 main-manu", timeout=60_000)
    problem = page.get_by_role("button", name=re.compile("main-manu"))
    expect(problem).to_contain_text("menus/main.toml:")
    axe(page)
    picture(page, "versions-fault")
    page.get_by_role("link", name=re.compile("核对并发布")).click()
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_disabled()
    page.get_by_role("link", name="去修改").click()

    opened(page)
    retype(page, "main-manu", 'prompt = "account-menu"')
    checked(page)
    expect(page.get_by_text("检查通过")).to_be_visible(timeout=60_000)
    expect(page.locator(".fault-line")).to_have_count(0)

    page.get_by_role("link", name=re.compile("核对并发布")).click()
    diff = page.get_by_role("region", name="menus/main.toml")
    expect(diff.locator(".minus")).to_contain_text(LINE)
    expect(diff.locator(".plus")).to_contain_text('prompt = "account-menu"')
    axe(page)
    picture(page, "versions-review")
    page.get_by_role("button", name="发布", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("说明").fill("主菜单改为账户菜单")
    dialog.get_by_role("button", name="发布", exact=True).click()
    progress = page.get_by_role("region", name="发布进度")
    expect(progress).to_contain_text("进行中")
    picture(page, "versions-progress")
    expect(progress.get_by_text("成功")).to_be_visible(timeout=WHOLE_MS)
    expect(page.get_by_text("没有改动")).to_be_visible()
    picture(page, "versions-published")
    assert console.stack.run(heard_after_the_welcome(port, "account-menu", "main-menu")) == "account-menu"

    page.get_by_role("link", name="历史版本").click()
    row = page.get_by_role("row", name=re.compile("主菜单改为账户菜单"))
    expect(row.get_by_text("线上", exact=True)).to_be_visible()
    row.click()
    expect(page.get_by_role("region", name="menus/main.toml")).to_contain_text("account-menu")
    axe(page)
    picture(page, "versions-history")
    before = page.get_by_role("row").filter(has=page.get_by_role("button", name="回退")).first
    before.get_by_role("button", name="回退").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("回退到版本")).click()
    expect(progress.get_by_role("heading", name=re.compile("回退到版本"))).to_be_visible()
    expect(progress.get_by_text("成功")).to_be_visible(timeout=WHOLE_MS)
    assert console.stack.run(heard_after_the_welcome(port, "account-menu", "main-menu")) == "main-menu"
    made = console.stack.run(console.stack.site.rows("SELECT actor, action FROM audit ORDER BY audit_id"))
    doings = [row["action"] for row in made if row["actor"] == "a-operator"]
    for action in ("publish-begun", "publish-done", "rollback-begun", "rollback-done"):
        assert action in doings


def test_two_windows_do_not_write_over_each_other(console: Console) -> None:
    console.forgive(r"409 PUT .*/draft/file")
    console.stack.person("operator", "qian", name="钱明")
    one = console.as_("operator", login="qian", path="/versions/edit?file=hours.toml")
    other = console.as_("operator", login="qian", path="/versions/edit?file=hours.toml")
    for page in (one, other):
        expect(page.locator(".cm-content")).to_contain_text("[")
    one.locator(".cm-line").first.click()
    one.keyboard.type("# one ")
    expect(one.get_by_text("已保存到你的草稿")).to_be_visible()
    expect(one.get_by_role("button", name=re.compile("hours.toml 已修改"))).to_be_visible()
    other.locator(".cm-line").first.click()
    other.keyboard.type("# two ")
    expect(other.get_by_text("此文件已在另一个窗口中修改")).to_be_visible()
    other.get_by_role("button", name="载入最新内容").click()
    expect(other.locator(".cm-content")).to_contain_text("# one")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = console.as_("operator", language=language, path="/versions/edit")
    expect(page.get_by_role("heading", name=TITLES[language])).to_be_visible()
    opened(page)
    expect(page.get_by_text("检查通过" if language == "zh" else "No fault found")).to_be_visible(timeout=60_000)
    looks(page, "versions-edit")
