"""Recordings and quality: a real call is found, heard with both sides, reviewed, seen by its agent, and shared."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Axe, Console, Picture
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.recorded import TONES, singing_caller
from tests.support.toned import Choir, singing

AGENT, CALLER = "1001", "13812345678"
QUEUES = {
    "service": 'title = { zh = "综合服务", en = "Service" }\nwants = { first = 1 }\nwrap_up_s = 60\n'
    'dispositions = ["solved", "complaint"]\n[offer]\nkeys = { 1 = "voicemail" }\n[recording]\nwhen = "always"\n'
}
WORDS = '[skill.first]\n[disposition.solved]\ntitle = "已解决"\n[disposition.complaint]\ntitle = "投诉"\n'
CARD = Path(__file__).resolve().parents[2] / "dialplan/scorecards/service.toml"
# How loud each side of what the page plays is, and which tone: by decoding what the page itself has fetched.
SIDES = """async (src) => {
  const context = new OfflineAudioContext(2, 16000, 16000);
  const sound = await context.decodeAudioData(await (await fetch(src)).arrayBuffer());
  const loud = (samples) => Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
  return { sides: sound.numberOfChannels, seconds: sound.duration,
           loud: Array.from({ length: sound.numberOfChannels }, (_, side) => loud(sound.getChannelData(side))) };
}"""


@asynccontextmanager
async def recorded(directory: Path) -> AsyncIterator[CallCentre]:
    """A centre whose agent sings, the shipped scorecard, and one call that was held, paused, disposed and stored."""
    card = CARD.read_text(encoding="utf-8").replace("per_agent = 2", "per_agent = 2\nleast_s = 1")
    files = {"scorecards/service.toml": card}
    async with (
        call_centre(directory, QUEUES, [Desk(AGENT, "2001", {"first": 5})], WORDS, files=files) as centre,
        singing(Choir(TONES), centre.phones),
    ):
        await _call(centre)
        yield centre


async def _call(centre: CallCentre) -> None:
    phone = centre.phones[AGENT]
    async with singing_caller(centre.site.sip_port, centre.number["service"], CALLER):
        await phone.until_answered()
        await centre.site.until("SELECT count(*) FROM recording_segments WHERE until_at IS NULL", 1)
        call = (await centre.ask("GET", "/api/v1/calls"))["calls"][0]["call"]
        path = f"/api/v1/calls/{call}"
        await asyncio.sleep(2)  # of talk
        await centre.ask("POST", f"{path}/hold", {})
        await asyncio.sleep(1)
        await centre.ask("POST", f"{path}/resume", {})
        await asyncio.sleep(1)
        await centre.ask("POST", f"{path}/recording/pause", {})
        await asyncio.sleep(1)
        await centre.ask("POST", f"{path}/recording/resume", {})
        await asyncio.sleep(2)
        said = {"disposition": "complaint", "fields": {}, "agent": AGENT}
        await centre.ask("POST", f"{path}/disposition", said)
    await until_no_channels(centre.site.node)
    await centre.site.until("SELECT count(*) FROM recordings WHERE state = 'stored'", 1, 90)


BUILT = recorded
AT_ONCE = "(it, keys) => keys.forEach((key) => it.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))"


def plays(page: Page) -> None:
    """Space plays what is on the page, and its time moves; space again, and it stands."""
    player = page.locator(".player[data-state=ready]")
    expect(player).to_be_visible()
    player.focus()
    page.keyboard.press("Space")
    expect(player).not_to_have_attribute("data-at", re.compile(r"^0\.[0-3]$"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name=re.compile("^(播放|Play)$"))).to_be_visible()
    page.keyboard.press("Home")
    expect(player).to_have_attribute("data-at", "0.0")
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-at", "5.0")
    player.evaluate(AT_ONCE, ["Home", "ArrowRight", "ArrowLeft", "ArrowRight"])  # each while the one before is sought
    expect(player).to_have_attribute("data-at", "5.0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label(re.compile("播放速度|Speed"))).to_have_value("1.25")


def opened(page: Page) -> str:
    """The recording that is found by its agent and caller, open; its number."""
    page.get_by_label(re.compile("^(坐席|Agent)$")).select_option(f"{AGENT} agent {AGENT}")
    page.get_by_label(re.compile("客户号码|Customer")).fill("138 1234 5678")
    page.get_by_label(re.compile("^(小结|Disposition)$")).select_option("投诉")
    page.get_by_role("button", name=re.compile("查询|Search")).click()
    expect(page.locator("tbody tr.opens")).to_have_count(1)
    page.locator("tbody tr.opens").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/recordings/\d+$"))
    return page.url.rpartition("/")[2]


@pytest.fixture(name="quality")
def _quality(console: Console) -> Page:
    return console.as_("quality", path="/recordings")


def test_a_call_is_found_and_heard_with_both_sides(quality: Page, axe: Axe, picture: Picture) -> None:
    page = quality
    expect(page.locator("tbody tr.opens")).to_have_count(1)
    picture(page, "recordings")
    axe(page)
    page.get_by_label("质检得分").select_option("90 分及以上")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("没有符合条件的录音")).to_be_visible()
    page.get_by_role("button", name="清空条件").click()
    number = opened(page)
    plays(page)
    marks = page.get_by_role("list", name="标记")
    for mark in ("通话保持", "支付信息，暂停录音", "小结：投诉", f"agent {AGENT} {AGENT} 通话"):
        expect(marks).to_contain_text(mark)
    marks.get_by_role("button", name=re.compile("通话保持")).click()
    expect(page.locator(".player")).not_to_have_attribute("data-at", "0.0")
    picture(page, "recording")
    axe(page)
    heard: Any = page.evaluate(SIDES, f"/api/v1/recordings/{number}/audio")
    assert heard["sides"] == 2
    assert heard["seconds"] > 5
    assert min(heard["loud"]) > 0.02, heard
    page.reload()
    expect(page.get_by_role("table", name="播放记录")).to_contain_text("a-quality")


def test_it_is_held_for_a_reason(quality: Page) -> None:
    opened(quality)
    quality.get_by_role("button", name="冻结").click()
    dialog = quality.get_by_role("dialog")
    dialog.get_by_label("原因").fill("客户投诉，<b>留证</b>")
    dialog.get_by_role("button", name="冻结").click()
    expect(quality.get_by_text("已冻结", exact=True).first).to_be_visible()


def test_a_shared_link_is_heard_without_a_session_until_it_ends(
    console: Console, axe: Axe, picture: Picture, quality: Page
) -> None:
    number = opened(quality)
    quality.get_by_role("button", name="分享").click()
    quality.get_by_role("button", name="生成链接").click()
    address = quality.get_by_label("链接", exact=True).input_value()
    picture(quality, "recording-share")
    path = address.removeprefix(console.stack.url)
    assert path.startswith("/shared/"), address
    page = console.stranger(path=path, size=(390, 844))
    plays(page)
    expect(page.get_by_text("138")).to_have_count(0)
    picture(page, "shared")
    axe(page)
    loud: Any = page.evaluate(SIDES, f"/api/v1/recordings{path}/audio")
    assert min(loud["loud"]) > 0.02
    made: Any = quality.evaluate(
        """async (number) => {
          const me = await (await fetch('/api/v1/session')).json();
          const own = { 'X-CSRF-Token': me.csrf, 'Idempotency-Key': 'short-link' };
          const headers = { 'Content-Type': 'application/json', ...own };
          const path = `/api/v1/recordings/${number}/links`;
          return (await fetch(path, { method: 'POST', headers, body: JSON.stringify({ seconds: 1 }) })).json();
        }""",
        number,
    )
    time.sleep(1.1)  # it is good for one second
    console.forgive(r"410 GET .*/recordings/shared/")
    page.goto(f"/shared/{made['token']}")
    expect(page.get_by_text("此链接已失效或不存在")).to_be_visible()
    refused = page.request.get(f"{console.stack.url}/api/v1/recordings/shared/{made['token']}/audio")
    assert refused.status == 410
    audited = console.stack.run(
        console.stack.site.rows(
            "SELECT count(*) AS n FROM audit WHERE actor = 'a-quality' AND action = 'recording-shared'"
        )
    )
    assert audited[0]["n"] == 2


def fill(page: Page) -> None:
    """Every question answered, as the shipped scorecard asks them."""
    for name, answer in {
        "greeted": "是", "identified": "是", "understood": "5", "solved": "4", "offered": "不适用", "polite": "5",
        "no-payment-data": "是", "closed": "否",
    }.items():  # fmt: skip
        page.locator(f"[data-question={name}]").get_by_text(answer, exact=True).click()


def test_it_is_reviewed_and_its_agent_answers(console: Console, axe: Axe, picture: Picture, quality: Page) -> None:
    page = quality
    page.goto("/quality")
    expect(page.get_by_role("button", name="开始评分")).to_be_visible()
    picture(page, "quality-tasks")
    axe(page)
    page.get_by_role("button", name="开始评分").first.click()
    expect(page).to_have_url(re.compile(r"/reviews/\d+$"))
    expect(page.get_by_text("还有 8 题未评分")).to_be_visible()
    fill(page)
    page.locator("[data-question=closed]").get_by_role("button", name="添加评语").click()
    page.get_by_label(re.compile("^评语：")).fill("结束语<script>缺失</script>")
    page.get_by_label("总评").fill("整体良好")
    expect(page.locator(".big")).to_have_text("85.5%")
    expect(page.get_by_text("已自动保存")).to_be_visible()
    expect(page.locator(".player[data-state=ready]")).to_be_visible()
    picture(page, "review")
    axe(page)
    page.get_by_role("button", name="加入案例库").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标题").fill("投诉安抚得当")
    dialog.get_by_label("理由").fill("先道歉，再处理")
    dialog.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="辅导坐席").click()
    page.get_by_role("dialog").get_by_label("辅导内容").fill("结束前请确认无其他需求")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="提交").click()
    page.get_by_role("dialog").get_by_role("button", name="提交").click()
    expect(page.get_by_text("待坐席确认")).to_be_visible()

    console.stack.person("agent", "li", agent=AGENT, name="李娜")
    own = console.as_("agent", login="li", path="/my-quality")
    expect(own.get_by_role("row", name=re.compile("85.5%"))).to_be_visible()
    own.locator("tbody tr.opens").first.click()
    expect(own.get_by_text("结束语<script>缺失</script>")).to_be_visible()
    expect(own.get_by_text("坐席不可播放录音")).to_be_visible()
    picture(own, "review-agent")
    axe(own)
    own.get_by_role("button", name="申诉").click()
    own.get_by_role("dialog").get_by_label("理由").fill("客户先挂断了")
    own.get_by_role("dialog").get_by_role("button", name="申诉").click()
    expect(own.get_by_text("申诉中")).to_be_visible()
    own.goto("/my-quality/coaching")
    own.get_by_role("button", name="已阅").click()
    expect(own.get_by_text("已读")).to_be_visible()
    picture(own, "coaching-agent")

    other = console.as_("supervisor", language="en", scheme="dark", path=page.url.removeprefix(console.stack.url))
    other.locator("[data-question=closed]").get_by_text("Yes", exact=True).click()
    picture(other, "review")
    other.get_by_role("button", name="Settle").click()
    other.get_by_role("dialog").get_by_label("Why").fill("The customer hung up first")
    other.get_by_role("dialog").get_by_role("button", name="Settle").click()
    expect(other.get_by_role("main").get_by_text("Settled", exact=True)).to_be_visible()
    axe(other)
    for tab in ("cases", "scores", "reviews", "calibration", "coaching"):
        other.goto(f"/quality/{tab}")
        expect(other.get_by_role("link", name={"cases": "Case library"}.get(tab, tab.title()))).to_be_visible()
        other.wait_for_load_state("networkidle")
        picture(other, f"quality-{tab}")
        axe(other)


def test_in_english_and_in_the_dark(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("supervisor", language="en", scheme="dark", path="/recordings")
    opened(page)
    plays(page)
    picture(page, "recording")
    axe(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    picture(page, "recordings")
    axe(page)
