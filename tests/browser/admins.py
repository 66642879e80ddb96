"""What tests of the admin's pages do over and over: sign in by hand, say yes, look into the audit, ask as a program."""

import urllib.error
import urllib.request

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Console


def sign_in(page: Page, name: str, password: str) -> None:
    """By hand."""
    page.get_by_role("textbox", name="登录名或工号").fill(name)
    page.get_by_role("textbox", name="密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()


def at_sign_in(page: Page) -> None:
    """The page is the sign-in."""
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()


def sure(page: Page, button: str, within: Locator | None = None) -> None:
    """Press a button that asks first, and say yes."""
    (within or page).get_by_role("button", name=button, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def asked(console: Console, path: str, token: str) -> int:
    """What a program with a token is answered."""
    request = urllib.request.Request(console.stack.url + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def endless(page: Page) -> None:
    """Sounds are played again and again until they are stopped: those of tests are over before anybody has looked."""
    page.evaluate(
        """() => {
          const play = HTMLMediaElement.prototype.play;
          HTMLMediaElement.prototype.play = function () { this.loop = true; return play.call(this); };
        }"""
    )


def audited(page: Page, words: str) -> Locator:
    """A row of the audit page that says so."""
    return page.get_by_role("table", name="审计").get_by_role("row").filter(has_text=words)
