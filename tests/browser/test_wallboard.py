"""The wallboard: callers who wait, agents, alarms, the wall without controls, a link that is cut, and a big floor."""

import json
import re
import signal
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import FULL, Axe, Console, Picture
from tests.support.asterisk import NODE, until_no_channels
from tests.support.keypad import Keypad
from tests.support.ports import free_port
from tests.support.toned import singing_call
from tests.support.watched import Watched, watched
from tests.support.wirecut import wire

BUILT = watched
CALLERS = ["13812345678", "13912340001", "13712340002"]
AGENTS, QUEUES = 1_000, 200
CHANGES, EACH_MS = 100, 20  # 50 a second, for 2 s
LONG_MS = 50
# How long the page kept the browser from anything else, each time it was longer than 50 ms.
WATCH_TASKS = """() => {
  window.longTasks = [];
  const took = (list) => list.getEntries().map((each) => Math.round(each.duration));
  new PerformanceObserver((list) => window.longTasks.push(...took(list))).observe({ type: "longtask" });
}"""


def calls(console: Console, queue: str, callers: list[str]) -> list[Keypad]:
    """They call, one after the other."""
    built: Watched = console.stack.built
    port, number = built.site.sip_port, built.numbers[queue]
    return [console.stack.enter(singing_call(port, number, built.choir, caller)) for caller in callers]


def tile(page: Page, name: str) -> Any:
    """The figure of this name."""
    return page.locator(f"[data-tile={name}]")


def gone(console: Console, called: list[Keypad]) -> None:
    """They have hung up, and nobody is in a call."""
    for call in called:
        if not call.is_over:
            call.hang_up()
    console.stack.run(until_no_channels(console.stack.site.node))


def test_callers_wait_are_answered_and_the_floor_shows_it(console: Console, axe: Axe, picture: Picture) -> None:
    built: Watched = console.stack.built
    page = console.as_("supervisor", path="/wallboard")
    expect(page.get_by_role("heading", name="实时监控")).to_be_visible()
    expect(tile(page, "waiting")).to_contain_text("0")
    expect(page.locator(".agents")).to_contain_text("王磊<b>")  # text, whatever it looks like
    called = calls(console, "service", CALLERS)
    waiting = page.locator(".waiting tbody tr")
    expect(waiting).to_have_count(3)
    expect(waiting.nth(0)).to_contain_text("138 **** 5678")
    expect(waiting.nth(0)).to_contain_text("综合服务")
    expect(tile(page, "waiting")).to_contain_text("3")
    agent = page.locator(".agents tbody tr", has_text="李娜")
    expect(agent).to_contain_text("振铃")
    queue = page.locator(".queues tbody tr", has_text="综合服务")
    expect(queue.get_by_role("cell").nth(1)).to_have_text("3")
    expect(waiting.nth(0).locator("time.late")).to_contain_text("!")  # longer than is promised
    expect(page.locator(".queues tbody tr").nth(0)).to_contain_text("综合服务")  # what is late is first
    alarm = page.locator(".alerts li")
    expect(alarm).to_have_count(1)
    axe(page)
    picture(page, "wallboard")
    english = console.as_("supervisor", language="en", scheme="dark", path="/wallboard")
    expect(english.locator(".waiting tbody tr")).to_have_count(3)
    expect(english.locator(".alerts li")).to_have_count(1)
    axe(english)
    picture(english, "wallboard")

    alarm.get_by_role("button", name="确认").click()
    expect(alarm).to_contain_text("由 a-supervisor 确认")
    expect(english.locator(".alerts li")).to_contain_text("Seen by a-supervisor")

    console.stack.run(built.pick_up("1001"))
    expect(agent).to_contain_text("通话中")
    expect(waiting).to_have_count(2)
    expect(tile(page, "waiting")).to_contain_text("2")
    expect(tile(page, "busy")).to_contain_text("1")
    gone(console, called)
    expect(page.locator(".waiting")).to_contain_text("当前无人排队")
    expect(tile(page, "level")).to_contain_text("0.0%")  # answered, and too late
    expect(tile(page, "today")).to_contain_text("3")
    page.locator(".queues tbody tr", has_text="投诉受理").click()
    expect(agent).to_have_count(0)
    page.get_by_role("button", name="仅看：投诉受理").click()
    expect(agent).to_have_count(1)


def test_the_wall_has_no_controls_and_is_read_from_afar(console: Console, axe: Axe, picture: Picture) -> None:
    called = calls(console, "beta", CALLERS[:2])
    page = console.as_("supervisor", path="/wallboard", size=(1920, 1080))
    expect(tile(page, "waiting")).to_contain_text("2")
    page.context.grant_permissions(
        ["microphone", "screen-wake-lock"]
    )  # as browsers do that nobody has told what to permit
    page.get_by_role("button", name="大屏模式").click()
    expect(page).to_have_url(re.compile("/wall$"))
    expect(page.locator(".wall tbody tr").nth(0)).to_contain_text("投诉受理")
    expect(page.locator(".wall .alarm")).to_be_visible()
    expect(page.locator("button, a, input, select")).to_have_count(0)
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('.wall *')].filter((each) => !each.closest('.unseen') && "
        "[...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())).map((each) => "
        "parseFloat(getComputedStyle(each).fontSize)))"
    )
    assert smallest >= 0.02 * 1920 - 0.5, "letters of two hundredths of the screen's width"
    assert page.evaluate("() => document.querySelector('.wall').scrollHeight <= innerHeight")
    axe(page)
    picture(page, "wall")
    expect(page.locator(".wall")).to_have_attribute("data-awake", "true")  # the screen does not go dark
    english = console.as_("supervisor", language="en", scheme="dark", path="/wall", size=(1920, 1080))
    expect(english.locator(".wall tbody tr").nth(0)).to_contain_text("Complaints")
    axe(english)
    picture(english, "wall")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/wallboard$"))
    gone(console, called)


class BigFloor:
    """A floor of so many agents and queues, told on the page's own socket beside what ccore tells of other topics."""

    def __init__(self) -> None:
        self._socket: WebSocketRoute | None = None
        self._seqs = {"agents": 1, "queues": 1}
        self._at = "2026-11-23T03:00:00Z"

    def join(self, socket: WebSocketRoute) -> None:
        """The page has opened its socket."""
        self._socket, server = socket, socket.connect_to_server()

        def asked(message: str | bytes) -> None:
            said = json.loads(message)
            if said.get("topic") not in self._seqs:
                server.send(message)
            elif said["do"] == "subscribe":
                self._tell(said["topic"], {"snapshot": self._entries(said["topic"])})

        socket.on_message(asked)

    def change(self, number: int) -> None:
        """One agent does something else, and their queue counts it."""
        for topic in self._seqs:
            self._seqs[topic] += 1
        agent = f"{1000 + number * 7 % AGENTS}"
        self._tell("agents", {"set": {agent: self._agent(int(agent), number)}, "unset": []})
        queue = number % QUEUES
        self._tell("queues", {"set": {f"queue-{queue}": self._queue(queue, number)}, "unset": []})

    def _entries(self, topic: str) -> dict[str, Any]:
        if topic == "agents":
            return {str(number): self._agent(number, 0) for number in range(1000, 1000 + AGENTS)}
        return {f"queue-{number}": self._queue(number, 0) for number in range(QUEUES)}

    def _agent(self, number: int, change: int) -> dict[str, Any]:
        state = ["ready", "ringing", "talking", "wrap-up", "paused"][(number + change) % 5]
        return {
            "name": f"坐席{number}", "state": state, "since": self._at, "reason": "", "call": "", "node": NODE,
            "queues": [f"queue-{number % QUEUES}"], "queue": "", "device": str(number), "kind": "phone",
            "wrap_up_until": None,
        }  # fmt: skip

    def _queue(self, number: int, change: int) -> dict[str, Any]:
        return {
            "title": {"zh": f"队列{number}", "en": f"Queue {number}"}, "waiting": change % 4, "ringing": 0,
            "longest_since": self._at if change % 4 else None, "free": 3, "talking": 2, "wrap_up": 0, "paused": 1,
            "offered": change, "answered": change, "abandoned": 0, "service_level_permille": 700 + change % 300,
            "level_calls": 5, "target_permille": 800, "target_within_s": 20, "counted_until": self._at,
        }  # fmt: skip

    def _tell(self, topic: str, what: dict[str, Any]) -> None:
        assert self._socket is not None
        self._socket.send(
            json.dumps({"topic": topic, "epoch": "big", "seq": self._seqs[topic], **what, "at": self._at})
        )


@pytest.mark.figures
def test_a_thousand_agents_and_two_hundred_queues_stay_smooth(console: Console, picture: Picture) -> None:
    page, big = console.as_("supervisor", path="/account"), BigFloor()
    page.route_web_socket(re.compile("/api/v1/live"), big.join)
    page.goto("/wallboard")
    expect(page.get_by_role("heading", name=f"坐席（签入 {AGENTS}）")).to_be_visible()
    expect(page.get_by_role("heading", name=f"队列（{QUEUES}）")).to_be_visible()
    agents = page.get_by_role("group", name="坐席列表")
    expect(page.locator(".agents tbody tr").nth(10)).to_be_visible()
    assert page.locator(".agents tbody tr").count() < 60, "only what is seen is drawn"
    page.wait_for_timeout(1_000)
    page.evaluate(WATCH_TASKS)
    for number in range(1, CHANGES + 1):
        big.change(number)
        if number == CHANGES // 2:
            agents.evaluate("(box) => box.scrollTo(0, 12_000)")
        page.wait_for_timeout(EACH_MS)
    expect(page.locator(".agents tbody tr").nth(15)).to_be_visible()
    long = page.evaluate("() => window.longTasks")
    print(f"{CHANGES} changes in two topics: {len(long)} tasks over {LONG_MS} ms: {sorted(long, reverse=True)[:8]}")
    picture(page, "wallboard-big")
    # Three quarters of the time the page is free for people.
    assert sum(long) < CHANGES * EACH_MS / 4 or not FULL
    page.get_by_label("搜索姓名、工号或话机").fill("1999")
    expect(page.locator(".agents tbody tr")).to_have_count(1)


def test_a_cut_link_to_asterisk_shows_as_a_gap_and_its_end(console: Console, axe: Axe, picture: Picture) -> None:
    console.forgive(r"(error: WebSocket|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE)")
    site = console.stack.site
    between = console.stack.enter(wire(free_port(), site.ami_ports[NODE]))
    console.stack.run(site.signal_ccore(signal.SIGTERM))
    site.ami_ports[NODE] = between.port
    console.stack.run(site.start_ccore(), within_s=90)
    page = console.as_("supervisor", path="/wallboard")
    told = page.locator(".queues header [role=status]")
    expect(told).to_have_text("实时")

    async def cut() -> None:
        between.hold()
        between.reset()

    async def mended() -> None:
        between.release()

    console.stack.run(cut())
    for card in ("queues", "agents", "waiting"):
        expect(page.locator(f".{card} header [role=status]")).to_contain_text("可能缺少部分数据")
    expect(page.locator(".alerts header [role=status]")).to_have_text("实时")  # it is not made of what Asterisk tells
    axe(page)
    picture(page, "wallboard-gap")
    console.stack.run(mended())
    expect(told).to_have_text("实时", timeout=60_000)
