"""The tab's one socket; what becomes of it when ccore is away is in test_restarts."""

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Console


def watched(page: Page) -> list[WebSocket]:
    """The sockets that the page opens from now on."""
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", opened)
    return sockets


def test_one_socket_serves_all_pages_of_a_tab(console: Console) -> None:
    page = console.as_("supervisor", path="/nowhere")
    state = page.get_by_role("banner").get_by_role("status")
    expect(state).to_have_text("实时")
    sockets = watched(page)
    page.keyboard.type("gu")
    expect(page.get_by_role("heading", name="我的账户")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(state).to_have_text("实时")
    assert sockets == [], "no second one"
