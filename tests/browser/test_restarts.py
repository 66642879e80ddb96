"""ccore, and then Asterisk, is killed under every page of the console at once: each is back by itself."""

import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Axe, Console, Picture

BACK_WITHIN_MS = 60_000  # many tabs, on a machine that is busy


def link(page: Page, state: str) -> None:
    """How the page says it stands with ccore."""
    expect(page.get_by_role("banner").get_by_role("status")).to_have_text(state, timeout=BACK_WITHIN_MS)


@pytest.mark.timeout(240)
def test_every_page_is_back_after_ccore_and_after_asterisk(console: Console, axe: Axe, picture: Picture) -> None:
    console.forgive(r"(error: WebSocket|failed: net::ERR_|error: .*ERR_CONNECTION_|warning: .*net::ERR_)")
    console.forgive(r"50[234] ")  # said while what they ask for is away
    # Nobody has more than 20 live tabs, and there are more pages: two people look.
    first = console.as_("admin", path="/account")
    expect(first.get_by_role("navigation").get_by_role("link").first).to_be_visible()
    paths = [each.get_attribute("href") or "" for each in first.get_by_role("navigation").get_by_role("link").all()]
    assert len(paths) > 12, paths
    both = first, console.as_("admin", login="another", path="/account")
    pages = {path: console.tab(both[number % 2], path) for number, path in enumerate(paths)}
    for page in pages.values():
        link(page, "实时")
    headings = {path: page.get_by_role("heading", level=1).first.inner_text() for path, page in pages.items()}
    first.get_by_label("当前密码").fill("typed before")
    site = console.stack.site

    console.stack.run(site.signal_ccore(signal.SIGKILL))
    for page in pages.values():
        link(page, "已断开")
    axe(first)
    picture(first, "away")
    console.stack.run(site.start_ccore(), within_s=90)
    came_back(pages, headings)

    site.node.kill()
    console.stack.run(site.node.wait())
    console.stack.run(site.node.start(), within_s=90)
    came_back(pages, headings)
    expect(first.get_by_label("当前密码")).to_have_value("typed before")


def came_back(pages: dict[str, Page], headings: dict[str, str]) -> None:
    """All of them are live, as they were, and complain of nothing any more."""
    for path, page in pages.items():
        link(page, "实时")
        expect(page.get_by_role("heading", level=1).first).to_have_text(headings[path])
    for path, page in pages.items():
        expect(page.get_by_role("main").get_by_role("alert"), path).to_have_text([], timeout=BACK_WITHIN_MS)
