"""A browser, a site of each module's own, and people who have signed in: ``console.as_("supervisor")`` is a page."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    expect,
    sync_playwright,
)

from ccore.web.auth import CSRF_HEADER
from ccore.web.console import DIST
from ccore.web.once import HEADER
from tests.support.browser import Stack, stack
from tests.support.console import PASSWORD

Language = Literal["zh", "en"]
Scheme = Literal["light", "dark"]
Picture = Callable[[Page, str], None]
Looks = Callable[[Page, str], None]

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox"]
WITHIN_MS = 30_000  # of a machine that is busy
TEST_WITHIN_S = 300  # with the site that it may have to build first
HERE = Path(__file__).resolve().parent
PICTURES = HERE.parents[1] / "var/pictures"
FULL = os.environ.get("CCORE_FULL") == "1"  # the promised figures are measured
WANTED = "CCORE_PICTURES" in os.environ  # nobody looks at those of most runs, and they take a tenth of the time
AXE = DIST.parent / "node_modules/axe-core/axe.min.js"
# Colours that are on their way to others are not those that people read.
SETTLED = """async (most) => {
  const until = performance.now() + most;
  const frame = () => new Promise((drawn) => { requestAnimationFrame(drawn); setTimeout(drawn, 100); });
  const moves = (a) => a.playState === "running" && isFinite(a.effect.getComputedTiming().endTime);
  for (let still = 0; still < 3 && performance.now() < until; ) {
    await frame();
    still = document.getAnimations().some(moves) ? 0 : still + 1;
  }
}"""
MOST_SETTLING_MS = 2_000
NOBODY_YET = re.compile(r"401 .*/api/v1/session$")  # a page asks who is signed in, and it is nobody
# An idle connection that ccore ended just as the browser took it: it asks again on another.
ENDED_AS_TAKEN = re.compile("failed: net::ERR_SOCKET_NOT_CONNECTED")
LEFT_EARLY = re.compile("WebSocket is closed before the connection is established")  # by the page itself
SIZE = (1440, 900)
SCHEMES: tuple[Scheme, ...] = ("dark", "light")
# English is the same pages in other words, of which none is missing (words.test.ts): looked at with the pictures.
LANGUAGES: tuple[Language, ...] = ("zh", "en") if FULL or WANTED else ("zh",)
# A build of one's own, in place of the one that ccore serves: for who works beside others.
OWN_DIST = Path(os.environ["CONSOLE_DIST"]) if "CONSOLE_DIST" in os.environ else None
OWN_FLAGS = ["--disable-features=LocalNetworkAccessChecks"] if OWN_DIST else []  # its pages come from no address


class Axe(Protocol):
    """Fails on what keeps people from using the page; ``colours``: looks at nothing but those."""

    def __call__(self, page: Page, *, colours: bool = False) -> None: ...


@dataclass
class Person:
    """A browser of somebody's, what went wrong in it, and what of that was to be."""

    context: BrowserContext
    language: Language
    scheme: Scheme
    troubles: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Keep what goes wrong on this page."""
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("console", self._said)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before the answer came
            self.troubles.append(f"failed: {request.failure} {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.request.method} {response.url}")


class Console:
    """Opens pages of one stack's console; at the end of the test nothing may have gone wrong but what was forgiven."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self._browser, self.stack = browser, stack
        self._people: list[Person] = []
        self._forgiven = [NOBODY_YET, ENDED_AS_TAKEN, LEFT_EARLY]

    def as_(
        self,
        who: str,
        *,
        language: Language = "zh",
        scheme: Scheme = "light",
        path: str = "/",
        size: tuple[int, int] = SIZE,
        login: str = "",
        script: str = "",
    ) -> Page:
        """A page, signed in as somebody of the role ``who``: as ``login``, if it matters as whom.

        ``script`` is run in each of its documents before anything else.
        """
        name = self.stack.person(who, login)
        person = self._person(language, scheme, size)
        asked = person.context.request
        said = asked.post(f"{self.stack.url}/api/v1/session", data={"name": name, "password": PASSWORD}, max_retries=2)
        assert said.ok, said.text()
        headers = {CSRF_HEADER: said.json()["csrf"], HEADER: f"language-{uuid4()}"}
        put = asked.put(f"{self.stack.url}/api/v1/session", data={"language": language}, headers=headers, max_retries=2)
        assert put.ok, put.text()
        return self._page(person, path, script)

    def stranger(
        self, *, language: Language = "zh", scheme: Scheme = "light", path: str = "/", size: tuple[int, int] = SIZE
    ) -> Page:
        """A page of somebody who has not signed in."""
        return self._page(self._person(language, scheme, size), path)

    def tab(self, page: Page, path: str = "/") -> Page:
        """Another tab of the same browser."""
        return self._page(next(each for each in self._people if each.context is page.context), path)

    def forgive(self, pattern: str) -> None:
        """Let what this regular expression finds go wrong: ``"401 POST .*/session"``, ``"error: WebSocket"``."""
        self._forgiven.append(re.compile(pattern))

    def look_of(self, page: Page) -> str:
        """``zh-light`` and the like."""
        person = next(each for each in self._people if each.context is page.context)
        return f"{person.language}-{person.scheme}"

    def shine(self, page: Page, scheme: Scheme) -> None:
        """From now on it is day (light) or night (dark) where this page is, as the system tells it."""
        next(each for each in self._people if each.context is page.context).scheme = scheme
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-scheme", scheme)

    def close(self) -> None:
        """Close all; fails with what has gone wrong."""
        for person in self._people:
            person.context.close()
        troubles = [each for person in self._people for each in person.troubles]
        assert not [each for each in troubles if not any(pattern.search(each) for pattern in self._forgiven)]

    def _person(self, language: Language, scheme: Scheme, size: tuple[int, int]) -> Person:
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB" if language == "en" else "zh-CN",
            timezone_id="Europe/London",  # not the site's: what is shown is the site's time
            color_scheme=scheme,
            base_url=self.stack.url,
            permissions=["microphone"],
        )
        context.set_default_timeout(WITHIN_MS)
        self._people.append(Person(context, language, scheme))
        return self._people[-1]

    def _page(self, person: Person, path: str, script: str = "") -> Page:
        page = person.context.new_page()
        person.watch(page)
        if script:
            page.add_init_script(script)
        if OWN_DIST is not None:
            page.route(re.compile(r"^[^?]*/(assets/.*|[^./?]*(/[^.?]*)?)(\?.*)?$"), _own_file)
        page.goto(path)
        return page


def fits(page: Page) -> None:
    """Nothing is wider than the screen, once the page has settled."""
    page.evaluate(SETTLED, MOST_SETTLING_MS)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


def _own_file(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path.startswith(("/api/", "/sipws")):
        route.fallback()
    else:
        assert OWN_DIST is not None
        route.fulfill(path=OWN_DIST / (path[1:] if path.startswith("/assets/") else "index.html"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test of a module waits for its site, too."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TEST_WITHIN_S))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with a microphone that beeps."""
    assert (DIST / "index.html").is_file(), "the console has not been built: make console"
    expect.set_options(timeout=WITHIN_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *OWN_FLAGS])
        yield opened
        opened.close()


@pytest.fixture(scope="module", name="stack")
def _stack(
    request: pytest.FixtureRequest, asterisk_root: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A site; ``BUILT`` of a module says how its own is made: ``BUILT = handled``, for ``async with BUILT(path)``."""
    directory = tmp_path_factory.mktemp("browser")
    with stack(directory, getattr(request.module, "BUILT", None)) as built:
        yield built
        built.site.assert_log_is_clean()


@pytest.fixture
def console(browser: Browser, stack: Stack) -> Iterator[Console]:
    """``console.as_("supervisor", language="en", scheme="dark", path="/wallboard")`` is a page."""
    opened = Console(browser, stack)
    yield opened
    opened.close()


@pytest.fixture
def axe() -> Axe:
    """``axe(page)`` fails on all that axe-core calls serious or critical."""
    script = AXE.read_text(encoding="utf-8")

    def look(page: Page, *, colours: bool = False) -> None:
        page.evaluate(SETTLED, MOST_SETTLING_MS)
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)  # past the page's own policy: it is no script of the page's
        wanted = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if colours else {})}
        found: Any = page.evaluate("(wanted) => axe.run(document, wanted)", wanted)
        grave = [
            f"{each['id']}: {each['help']}: {json.dumps([node['target'] for node in each['nodes']][:4])}"
            + f" {each['nodes'][0].get('failureSummary', '')}"
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
        ]
        assert not grave, "\n".join(grave)

    return look


@pytest.fixture
def picture(console: Console) -> Picture:
    """``picture(page, "account")`` is in var/pictures/account-zh-light.png, for people to look at: `make pictures`."""

    def take(page: Page, name: str) -> None:
        if not WANTED:
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.evaluate("() => { scrollTo(0, 0); return document.fonts.ready; }")
        page.screenshot(path=PICTURES / f"{name}-{console.look_of(page)}.png", full_page=True, animations="disabled")

    return take


@pytest.fixture
def looks(console: Console, axe: Axe, picture: Picture) -> Looks:
    """``looks(page, "account")``: its pictures by day and by night, and nothing grave for axe in either."""

    def both(page: Page, name: str) -> None:
        for scheme in SCHEMES:
            console.shine(page, scheme)
            axe(page, colours=scheme == "dark")  # by night it is the same page in other colours
            picture(page, name)

    return both
