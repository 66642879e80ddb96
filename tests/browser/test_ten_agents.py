"""Ten agents in one Chromium for 5 minutes (CCORE_FULL=1; else a few, shortly): all calls are heard and wrapped up.

Each caller sings a tone of their own, so that it is told who hears whom; an agent has heard a call when the tone that
their page plays is that of the caller whose number stands on the page.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from ccore.db.pool import Database
from ccore.queues.staff import Staff
from tests.browser.conftest import FULL, Console, Picture
from tests.browser.desks import CONNECTION, seated, singing
from tests.support.asterisk import until_no_channels
from tests.support.browser_desk import AGENT_HZ, QUEUES, Browsers, browsers, voice
from tests.support.call_centre import NUMBERS
from tests.support.toned import Choir, singing_call

AGENTS = [str(1101 + n) for n in range(int(os.environ.get("CCORE_AGENTS", "10" if FULL else "2")))]
CALLS_FOR_S = 300.0 if FULL else 5.0
TALK_S = 8.0 if FULL else 4.0  # after they heard the agent
AGENTS_TALK_S = 6.0 if FULL else 3.0  # of every second caller it is the agent who hangs up
PAUSE_S = 1.0  # between two calls of a caller
SAVED_WITHIN_S = 15.0  # or the agent says it once more
PATIENCE_S = 120.0  # of a machine that is busy
TONES_HZ = (400, 500, 600, 800, 900, 1000, 1100, 1200, 1300, 1400)  # of the callers
GROWS_MOST_BYTES = 3_000_000  # a page, in the second half of the time
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# What the page shows, plays and counts now.
LOOK = """async () => {
  const phone = document.querySelector(".phone[data-phase]").dataset, pop = document.querySelector(".pop");
  const ear = (window.ccoreEar ??= { context: new AudioContext(), bins: new Float32Array(4096) });
  const stream = window.ccoreFar?.srcObject;
  if (stream && stream !== ear.stream) {
    ear.source?.disconnect();
    ear.stream = stream;
    ear.analyser = ear.context.createAnalyser();
    ear.analyser.fftSize = 8192;
    ear.source = ear.context.createMediaStreamSource(stream);
    ear.source.connect(ear.analyser);
  }
  const seen = { phase: phone.phase, doing: document.querySelector(".doing-now").innerText, hz: 0,
                 caller: (/\\*{4} (\\d{4})/.exec(pop.innerText) ?? [])[1] ?? "", call: pop.dataset.call,
                 took_ms: pop.dataset.tookMs, received: 0, sent: 0,
                 written: document.querySelector(".result .list")?.innerText ?? "" };
  if (phone.phase !== "talking") return seen;
  ear.analyser?.getFloatFrequencyData(ear.bins);
  const top = ear.bins.reduce((best, each, at) => (each > ear.bins[best] ? at : best), 1);
  if (ear.bins[top] > -60) seen.hz = top * ear.context.sampleRate / 8192;
  for (const each of (await window.ccoreConnection.getStats()).values()) {
    if (each.type === "inbound-rtp") seen.received = each.packetsReceived;
    if (each.type === "outbound-rtp") seen.sent = each.packetsSent;
  }
  return seen;
}"""


@asynccontextmanager
async def ten(directory: Path) -> AsyncIterator[Browsers]:
    """All agents are of one queue, and ring for as long as it takes."""
    patient = {name: text.replace("ring_s = 20", "ring_s = 60\nmissed_most = 0") for name, text in QUEUES.items()}
    async with (
        browsers(directory, patient) as built,
        Database.opened(built.site.postgres.dsn, built.site.config.database) as database,
    ):
        for agent in AGENTS:
            await Staff(database, "CN").write(agent, f"坐席 {agent}", {"alpha": 5}, by="test")
        yield Browsers(built.site, Choir({"agent": AGENT_HZ, **{_digits(n): hz for n, hz in enumerate(TONES_HZ)}}))


BUILT = ten


@pytest.fixture(scope="module", name="browser")
def _browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone sings a tone of its own."""
    opened = singing(browser, voice(tmp_path_factory.mktemp("voice") / "voice.wav"))
    yield opened
    opened.close()


def _digits(caller: int) -> str:
    """The end of a caller's number, which the page shows."""
    return f"{7000 + caller}"


@dataclass
class Heard:
    """One call, as the agent's page had it."""

    took_ms: int
    since: float
    first: tuple[int, int] | None = None  # packets received and sent
    last: tuple[int, int] = (0, 0)
    hears_caller: bool = False
    ended: bool = False


@dataclass
class Seat:
    """One agent at their page."""

    agent: str
    page: Page
    tools: CDPSession
    calls: dict[str, Heard] = field(default_factory=dict)
    saved: dict[str, float] = field(default_factory=dict)  # when the result of a call was last said
    is_free: bool = True

    def step(self) -> None:
        """Look, and do what an agent does then."""
        seen = self.page.evaluate(LOOK)
        self.is_free = seen["phase"] == "none" and "空闲" in seen["doing"]
        if seen["phase"] == "ringing":
            self.page.keyboard.press("Alt+a")
        elif seen["phase"] == "talking" and seen["call"]:
            self._talks(seen)
        elif seen["phase"] == "none" and "话后处理" in seen["doing"]:
            self._wraps_up(seen)

    def _talks(self, seen: dict[str, Any]) -> None:
        call = self.calls.setdefault(seen["call"], Heard(int(seen["took_ms"] or 0), time.monotonic()))
        counts = seen["received"], seen["sent"]
        call.first, call.last = call.first or counts, counts
        wanted = TONES_HZ[int(seen["caller"]) - 7000] if seen["caller"] else 0
        call.hears_caller |= abs(seen["hz"] - wanted) < 15
        long_enough = time.monotonic() - call.since > AGENTS_TALK_S and call.hears_caller
        if seen["caller"] and int(seen["caller"]) % 2 and long_enough and not call.ended:
            call.ended = True
            self.page.keyboard.press("Alt+x")

    def _wraps_up(self, seen: dict[str, Any]) -> None:
        if "已解决" in seen["written"]:
            self.page.keyboard.press("Alt+w")
        elif time.monotonic() - self.saved.get(seen["call"], 0.0) > SAVED_WITHIN_S:
            self.saved[seen["call"]] = time.monotonic()
            self.page.get_by_label("已解决").press("Space", timeout=PATIENCE_S * 1000)
            self.page.keyboard.press("Alt+s")

    def memory(self) -> tuple[int, int]:
        """Bytes of the page's heap that are in use, and its nodes, once what is not needed is gone."""
        self.tools.send("HeapProfiler.collectGarbage")
        figures = {each["name"]: each["value"] for each in self.tools.send("Performance.getMetrics")["metrics"]}
        return int(figures["JSHeapUsedSize"]), int(figures["Nodes"])


async def _calls(built: Browsers, caller: int, until: float) -> list[bool]:
    """Of each call of this caller, one after the other: whether they heard an agent."""
    number, name, found = dict(zip(QUEUES, NUMBERS, strict=False))["service"], _digits(caller), []
    await asyncio.sleep(caller * 0.7)
    while time.monotonic() < until:
        async with singing_call(built.site.sip_port, number, built.choir, f"1381234{name}", name) as phone:
            ear, deadline = built.choir.singers[name].ear, time.monotonic() + PATIENCE_S
            while not (hears := ear.hears({"agent": AGENT_HZ})) and time.monotonic() < deadline and not phone.is_over:
                await asyncio.sleep(0.1)
            found.append(bool(hears))
            leaves_at = time.monotonic() + (TALK_S if caller % 2 == 0 else PATIENCE_S)
            while time.monotonic() < leaves_at and not phone.is_over:
                await asyncio.sleep(0.1)
        await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.5))
    return found


@pytest.mark.figures
@pytest.mark.timeout(1200)
def test_ten_agents_in_one_browser(console: Console, picture: Picture) -> None:
    if not FULL:
        console.forgive("503 ")  # of a machine that is busy: the page asks again
    built, stack = console.stack.built, console.stack
    seats = [_seat(console, agent) for agent in AGENTS]
    before, began, cpu_before = [seat.memory() for seat in seats], time.monotonic(), _cpu_s(built)
    until = began + CALLS_FOR_S
    callers = [
        asyncio.run_coroutine_threadsafe(_calls(built, n, until), stack.loop) for n in range(len(AGENTS))
    ]  # fmt: skip
    half: list[tuple[int, int]] = []
    while not all(caller.done() for caller in callers) or not all(seat.is_free for seat in seats):
        for seat in seats:
            seat.step()
        if not half and time.monotonic() - began > CALLS_FOR_S / 2:
            half = [seat.memory() for seat in seats]
            picture(seats[0].page, "desk-of-ten")
        assert time.monotonic() < until + 2 * PATIENCE_S, [(seat.agent, seat.page.evaluate(LOOK)) for seat in seats]
        seats[0].page.wait_for_timeout(400)
    took_s = time.monotonic() - began
    cpu = {part: (now - cpu_before[part]) / took_s for part, now in _cpu_s(built).items()}
    after = [seat.memory() for seat in seats]

    heard = [each for caller in callers for each in caller.result()]
    calls = [call for seat in seats for call in seat.calls.values()]
    pops = sorted(call.took_ms for call in calls)
    p95 = pops[int(0.95 * (len(pops) - 1))]
    shares = ", ".join(f"{part} {share:.2f}" for part, share in cpu.items())
    print(f"{len(AGENTS)} agents, {len(heard)} calls in {took_s:.0f} s; processors: {shares}")
    print(f"ring to pop: median {statistics.median(pops):.0f} ms, p95 {p95} ms, most {pops[-1]} ms")
    for when, measured in (("at first", before), ("at half-time", half), ("at the end", after)):
        heap, nodes = (statistics.median(each) for each in zip(*measured, strict=True))
        print(f"a page {when}: heap {heap / 1e6:.1f} MB, {nodes:.0f} nodes")
    assert len(heard) >= len(AGENTS)
    assert all(heard), f"{heard.count(False)} of {len(heard)} callers heard nobody"
    assert len(calls) == len(heard)
    assert all(call.hears_caller for call in calls)
    assert all(call.first and all(b > a for a, b in zip(call.first, call.last, strict=True)) for call in calls)
    assert max(last[0] - middle[0] for middle, last in zip(half, after, strict=True)) < GROWS_MOST_BYTES
    stack.run(until_no_channels(built.site.node))
    rows = stack.run(built.site.rows("SELECT agent, count(*) AS calls FROM dispositions GROUP BY agent"))
    assert {row["agent"]: row["calls"] for row in rows} == {seat.agent: len(seat.calls) for seat in seats if seat.calls}
    stack.run(built.site.until("SELECT count(*) FROM presences WHERE state = 'ready'", len(AGENTS)))


def _seat(console: Console, agent: str) -> Seat:
    page = seated(console, agent, size=(1200, 800))
    page.evaluate(CONNECTION)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    return Seat(agent, page, tools)


def _cpu_s(built: Browsers) -> dict[str, float]:
    """Processor time used so far, by part; ``test`` is the callers and this process."""
    assert built.site.ccore is not None
    assert built.site.node.pid is not None
    ours, parents, names, used = os.getpid(), {}, {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended
            continue
        pid, fields = int(stat.parent.name), text.rpartition(")")[2].split()
        names[pid], parents[pid] = text[text.index("(") + 1 : text.rindex(")")], int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def is_ours(pid: int) -> bool:
        while pid not in (0, ours):
            pid = parents.get(pid, 0)
        return pid == ours

    browser = sum(used[pid] for pid, name in names.items() if name.startswith("chromium") and is_ours(pid))
    known = {"asterisk": used[built.site.node.pid], "ccore": used[built.site.ccore.pid], "test": used[ours]}
    return {"browser": browser, **known}
