"""Agents' desktops in a browser whose microphone sings, for the tests of that page."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM, FLAGS, OWN_FLAGS, WITHIN_MS, Console
from tests.support.browser_desk import LI, WANG

# The loudest frequency that comes to the page, by a Fourier transform of what it plays.
LOUDEST = """async () => {
  const audio = window.ccoreFar, context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(audio.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 500));
  analyser.getFloatFrequencyData(bins);
  const top = bins.reduce((best, each, at) => (each > bins[best] ? at : best), 1);
  await context.close();
  return [top * context.sampleRate / analyser.fftSize, bins[top]];
}"""
# How loud each of these frequencies is in what comes to the page, in dB.
LEVELS = """async (wanted) => {
  const audio = window.ccoreFar, context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(audio.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 500));
  analyser.getFloatFrequencyData(bins);
  const found = wanted.map((hz) => bins[Math.round(hz * analyser.fftSize / context.sampleRate)]);
  await context.close();
  return found;
}"""
HEARD_DB = -60.0  # what is not there is far below
SILENT_HZ = 1700  # nobody's
# What the page plays is an element of no document: the test keeps hold of it.
KEEP = """{
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { window.ccoreFar = this; return play.call(this); };
}"""
PATIENCE_S = 30.0  # of a machine that is busy
CALL_WITHIN_MS = 60_000  # through ccore, Asterisk and two browsers

# The page's connection, the last one that was made.
CONNECTION = """() => {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...all) { super(...all); window.ccoreConnection = this; }
  };
}"""


def singing(browser: Browser, file: Path) -> Browser:
    """Another browser, whose microphone says what is in a WAV file; to be closed."""
    expect.set_options(timeout=WITHIN_MS)
    flags = [*FLAGS, *OWN_FLAGS, f"--use-file-for-fake-audio-capture={file}", "--allow-loopback-in-peer-connection"]
    return browser.browser_type.launch(executable_path=CHROMIUM, args=flags)


def desk(console: Console, agent: str = LI, **look: Any) -> Page:
    """The desktop of an agent."""
    console.stack.person(
        "agent", f"agent-{agent}", agent=agent, name={LI: "李娜", WANG: "王磊"}.get(agent, f"坐席 {agent}")
    )
    console.forgive(r"404 GET .*/calls/[^/]+/written$")  # a phone may ring before ccore has heard whom it rings
    page = console.as_("agent", login=f"agent-{agent}", path="/account", script=KEEP, **look)
    page.get_by_role("link", name=re.compile("工作台|My desk")).click()
    return page


def seated(console: Console, agent: str = LI, *, moves: bool = False, **look: Any) -> Page:
    """The desktop of an agent who takes calls there; ``moves``: they sit at a telephone before."""
    page = desk(console, agent, **look)
    # Until it is known where they sit there is nothing to press.
    sit = page.get_by_role("button", name=re.compile("签入本浏览器|Take calls in this"), disabled=False)
    if moves:
        leave = re.compile("签出|Stop taking calls")
        page.get_by_role("button", name=leave).click()
        page.get_by_role("dialog").get_by_role("button", name=leave).click()
        expect(sit).to_be_visible()
    phone = page.locator(".phone[data-line]")
    expect(sit.or_(page.locator(".phone[data-line=ready]"))).to_be_visible()
    if sit.is_visible():
        sit.click()
    expect(phone).to_have_attribute("data-line", "ready")
    ready(page)
    return page


def ready(page: Page) -> None:
    """Write what came of the call before, if something did, and wait for the next."""
    doing, solved = page.locator(".doing-now"), page.get_by_label("已解决")
    expect(doing).to_contain_text(re.compile("空闲|Ready|话后处理|Wrap-up"))
    if re.search("话后处理|Wrap-up", doing.inner_text()):
        solved.check()
        page.keyboard.press("Alt+s")
        expect(page.get_by_role("list", name=re.compile("本次通话的记录|Written"))).to_contain_text("已解决")
        page.keyboard.press("Alt+w")
    expect(doing).to_contain_text(re.compile("空闲|Ready"))


def hears(page: Page, hz: int) -> None:
    """The page plays this tone."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        loudest, _loudness = page.evaluate(LOUDEST)
        if abs(loudest - hz) < 15:
            return
    pytest.fail(f"the page plays {loudest} Hz, not {hz}")


def hears_all(page: Page, *wanted: int) -> None:
    """The page plays all these tones at once."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        *levels, nothing = page.evaluate(LEVELS, [*wanted, SILENT_HZ])
        if all(level > max(HEARD_DB, nothing + 15) for level in levels):
            return
    pytest.fail(f"the page plays {dict(zip(wanted, levels, strict=True))} dB, and {nothing} of nothing")


def phase(page: Page, phase: str) -> None:
    expect(page.locator(".phone[data-phase]")).to_have_attribute("data-phase", phase, timeout=CALL_WITHIN_MS)


def answered(page: Page) -> None:
    """The call that rings is answered by a key, and ccore knows it: before, it would refuse what is done with it."""
    phase(page, "ringing")
    page.keyboard.press("Alt+a")
    phase(page, "talking")
    deadline = time.monotonic() + PATIENCE_S
    while not any(leg["talks"] for call in _calls(page) for leg in call["agents"]):
        assert time.monotonic() < deadline, _calls(page)
        page.wait_for_timeout(50)


def _calls(page: Page) -> list[Any]:
    """Those of the page's agent that ccore knows of."""
    found: list[Any] = page.request.get("/api/v1/calls", max_retries=2).json()["calls"]
    return found
