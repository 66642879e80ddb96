"""Supervision: the browser listens, whispers, barges and takes over, heard by tones; waiting callers are moved."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM, FLAGS, OWN_FLAGS, WITHIN_MS, Axe, Console, Picture
from tests.support.asterisk import until_no_channels
from tests.support.browser_desk import voice
from tests.support.toned import singing_call
from tests.support.waiting import until
from tests.support.watched import BOSS_HZ, BOSS_PHONE, Watched, watched

BUILT = watched
PATIENCE_S = 30.0  # of a machine that is busy
# The loudest frequency that comes to the page, by a Fourier transform of what it plays.
LOUDEST = """async (wanted) => {
  const audio = window.ccoreFar, context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(audio.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 500));
  analyser.getFloatFrequencyData(bins);
  const at = (hz) => bins[Math.round(hz * analyser.fftSize / context.sampleRate)];
  const found = wanted.map(at);
  await context.close();
  return found;
}"""
# What the page plays is an element of no document: the test keeps hold of it.
KEEP = """{
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () { window.ccoreFar = this; return play.call(this); };
}"""
HEARD_DB = -60.0  # a tone in what is played; what is not there is far below
SILENT_HZ = 1700  # nobody's


@pytest.fixture(scope="module", name="browser")
def _browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone sings a tone of its own."""
    assert BOSS_HZ == 700, "as the file does"
    file = voice(tmp_path_factory.mktemp("voice") / "voice.wav")
    flags = [*FLAGS, *OWN_FLAGS, f"--use-file-for-fake-audio-capture={file}", "--allow-loopback-in-peer-connection"]
    expect.set_options(timeout=WITHIN_MS)
    opened = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    yield opened
    opened.close()


def hears(page: Page, wanted: list[int]) -> None:
    """The page plays these tones."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        *levels, nothing = page.evaluate(LOUDEST, [*wanted, SILENT_HZ])
        if all(level > max(HEARD_DB, nothing + 15) for level in levels):
            return
    pytest.fail(f"the page plays {dict(zip(wanted, levels, strict=True))} dB, and {nothing} of nothing")


def supervising(console: Console, agent: str = "1001", **look: object) -> Page:
    """The page, with this agent before it."""
    page = console.as_("supervisor", path="/account", script=KEEP, **look)  # type: ignore[arg-type]
    page.get_by_role("link", name=re.compile("现场督导|Supervision")).click()
    page.locator(".agents tbody tr", has_text=agent).click()
    return page


def test_a_supervisor_listens_whispers_barges_and_takes_over(console: Console, axe: Axe, picture: Picture) -> None:
    built: Watched = console.stack.built
    run = console.stack.run
    page = supervising(console)
    panel = page.locator(".panel")
    expect(panel).to_contain_text("当前没有通话")
    call = console.stack.enter(built.call("service"))
    expect(panel).to_contain_text("138 **** 5678")
    listen = panel.get_by_role("button", name="监听")
    expect(listen).to_be_disabled()  # nobody talks yet
    run(built.pick_up("1001"))
    expect(listen).to_be_enabled()
    run(built.choir.until({"caller": {"1001"}, "1001": {"caller"}}))

    listen.click()
    mode = panel.locator("[data-mode]")
    expect(panel).to_contain_text("监听中：双方都听不到您")
    hears(page, [built.choir.tones["caller"], built.choir.tones["1001"]])
    run(built.choir.until({"caller": {"1001"}, "1001": {"caller"}}))
    axe(page)
    picture(page, "supervise")

    page.keyboard.press("Alt+2")
    expect(mode).to_have_attribute("data-mode", "whisper")
    run(built.choir.until({"caller": {"1001"}, "1001": {"caller", "boss"}}))
    panel.get_by_role("button", name="强插").click()
    expect(mode).to_have_attribute("data-mode", "barge")
    run(built.choir.until({"caller": {"1001", "boss"}, "1001": {"caller", "boss"}}))
    panel.get_by_role("button", name="结束监听").click()
    expect(mode).to_have_count(0)
    run(built.choir.until({"caller": {"1001"}, "1001": {"caller"}}))

    panel.get_by_role("button", name="接管").click()
    page.get_by_role("dialog").get_by_role("button", name="接管").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    run(built.choir.until({"caller": {"boss"}}))
    hears(page, [built.choir.tones["caller"]])
    page.get_by_role("button", name="挂断").click()
    run(until_no_channels(built.site.node))
    run(until(lambda: call.is_over))
    run(built.site.until("SELECT count(*) FROM spied_sessions", 4))
    rows = run(built.site.rows("SELECT mode, who FROM spied_sessions ORDER BY session_id"))
    assert [row["mode"] for row in rows] == ["listen", "whisper", "barge", "take-over"]
    assert {row["who"] for row in rows} == {"a-supervisor"}


def test_an_ordinary_telephone_listens_too(console: Console, axe: Axe, picture: Picture) -> None:
    built: Watched = console.stack.built
    run = console.stack.run
    page = supervising(console, "1002", language="en", scheme="dark")
    call = console.stack.enter(built.call("beta"))
    panel, own = page.locator(".panel"), page.get_by_role("region", name="My phone")
    expect(panel).to_contain_text("138 **** 5678")
    run(built.pick_up("1002"))
    own.get_by_label("Where I hear calls").select_option("A telephone")
    listen = panel.get_by_role("button", name="Listen")
    expect(listen).to_be_disabled()  # at what?
    own.get_by_label("Number of my telephone").fill("99")
    expect(own).to_contain_text("Three to five digits")
    own.get_by_label("Number of my telephone").fill(BOSS_PHONE)
    listen.click()
    expect(panel).to_contain_text(f"Phone {BOSS_PHONE} rings")
    run(built.pick_up("desk"))
    expect(panel).to_contain_text("You listen: nobody hears you")
    run(built.choir.until({"desk": {"caller", "1002"}, "1002": {"caller"}, "caller": {"1002"}}))
    axe(page)
    picture(page, "supervise")
    page.keyboard.press("Alt+0")
    expect(panel.locator("[data-mode]")).to_have_count(0)
    run(until(lambda: built.phones["desk"].current is None))
    call.hang_up()
    run(until_no_channels(built.site.node))


def test_waiting_callers_are_moved_queues_closed_and_agents_paused(console: Console, picture: Picture) -> None:
    built: Watched = console.stack.built
    page = supervising(console)
    calls = [
        console.stack.enter(singing_call(built.site.sip_port, built.numbers["service"], built.choir, caller))
        for caller in ("13812345678", "13912340001")
    ]
    waiting = page.locator(".waiting tbody tr")
    expect(waiting).to_have_count(2)
    last = waiting.filter(has_text="139 **** 0001")
    expect(last.get_by_role("cell").nth(3)).to_have_text("2")
    last.get_by_role("button", name="优先").click()
    expect(last.get_by_role("cell").nth(3)).to_have_text("1")
    expect(last.get_by_role("cell").nth(0)).to_have_text(re.compile(r"^0:[0-5][0-9]"))  # not as long as it counts
    last.get_by_role("button", name="转队列").click()
    page.get_by_role("dialog").get_by_role("button", name="转队列").click()
    expect(last).to_contain_text("投诉受理")
    page.set_viewport_size({"width": 1440, "height": 900})
    picture(page, "supervise-waiting")
    for call in calls:
        call.hang_up()
    console.stack.run(until_no_channels(built.site.node))

    page.get_by_role("button", name="关闭队列").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("队列", exact=True).select_option("投诉受理")
    picture(page, "supervise-close")
    dialog.get_by_role("button", name="关闭队列").click()
    closed = page.locator(".closings li")
    expect(closed).to_contain_text("投诉受理")
    closed.get_by_role("button", name="恢复接入").click()
    page.get_by_role("dialog").get_by_role("button", name="恢复接入").click()
    expect(page.locator(".closings")).to_contain_text("没有临时关闭的队列")

    panel = page.locator(".panel")
    expect(panel).to_contain_text("空闲")
    panel.get_by_role("button", name="代为置忙").click()
    with page.expect_response(re.compile("/pause$")):  # one thing is done at a time
        page.get_by_text("小休", exact=True).click()
    expect(panel).to_contain_text("小休")
    panel.get_by_role("button", name="代为置闲").click()
    expect(panel).to_contain_text("空闲")
