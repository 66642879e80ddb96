"""The tab's one socket: a page says when ccore is away, and goes on by itself when it is back."""

import signal

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Axe, Console, Picture


def watched(page: Page) -> list[WebSocket]:
    """The sockets that the page opens from now on."""
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", opened)
    return sockets


def test_a_page_says_that_ccore_is_away_and_comes_back_by_itself(console: Console, axe: Axe, picture: Picture) -> None:
    console.forgive(r"(error: WebSocket|failed: net::ERR_CONNECTION_REFUSED|error: .*ERR_CONNECTION_REFUSED)")
    page = console.as_("supervisor", path="/account")
    sockets = watched(page)
    state = page.get_by_role("banner").get_by_role("status")
    expect(state).to_have_text("实时")
    page.get_by_label("当前密码").fill("typed before")
    site = console.stack.site
    console.stack.run(site.signal_ccore(signal.SIGTERM))
    expect(state).to_have_text("已断开")
    axe(page)
    picture(page, "away")
    console.stack.run(site.start_ccore(), within_s=90)
    expect(state).to_have_text("实时")
    assert sockets, "it has tried"
    expect(page.get_by_label("当前密码")).to_have_value("typed before")


def test_one_socket_serves_all_pages_of_a_tab(console: Console) -> None:
    page = console.as_("supervisor", path="/nowhere")
    state = page.get_by_role("banner").get_by_role("status")
    expect(state).to_have_text("实时")
    sockets = watched(page)
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="我的账户")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(state).to_have_text("实时")
    assert sockets == [], "no second one"
