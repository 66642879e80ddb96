"""One-dial orders by real SIP calls, beside the same dialplan without AGI and database; and the daemon's memory.

**Baseline.** A second Asterisk, of the same configuration and dialplan but for the AGI step, which is
``Set(CCORE_RESULT=placed)``, and with no ccore. On both sides a call runs through all of the dialplan: checks, ringing,
answer, prompt, hang-up. The prompt lasts 20 ms; sipp sends no media, so Answer() waits its 500 ms for some.

**Equal means.** The callers (sipp) are on the same machine. At the steps each Asterisk has one core, the same, to
itself, and all else (sipp, ccore, PostgreSQL) has the others: so what is compared is how much of a telephone node
orders cost. What each side reaches when everything shares every core is measured too.

**Bounded.** The steps end after STEPS_S, the climbs after CLIMB_S each, wherever they are: the figures are of what was
measured by then, and standard error says how far it is.

**Saturated** is who does not sustain a rate: fewer than 98 % of the calls offered are answered in the time they were
offered in, or the 99th percentile of call set-up is over 1 s. The steps end where the baseline is.
"""

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ccore.pbx.node import AsteriskNode
from ccore.shipped import shipped
from tests.bench import Figure
from tests.bench.load import Load, offer
from tests.support.asterisk import NODE, node_config, secrets_of, until_channels
from tests.support.postgres import children
from tests.support.site import Site, site

RATES = (100, 200, 300, 350, 400, 450)  # calls per second; one core is saturated by the baseline at some 430
STEP_S = 3.0
ROUNDS = 3
SHARE = 0.9
CLIMB = 50  # calls per second from one try to the next, with all cores shared
AGI_RATE = 100
AGI_P99_MS = 50.0
SHORT_PROMPT = 160  # bytes: 20 ms
STEPS_S = 90.0  # on a machine that is idle the steps take as long
CLIMB_S = 30.0
HELD_CALLS = 500
HELD_RATE = 20  # calls per second: a machine that answers fewer has others to do, and the callers go elsewhere
HELD_WITHIN_S = 45.0
RECORDS_WITHIN_S = 30.0

AGI_STEP = "AGI(${CCORE_AGI}/one_dial_order,${CCORE_DIALLED},${CCORE_CALLER},${SYSTEMNAME},${CCORE_TRUNK})"
PROMPT_STEP = "same => n,Playback(ccore/order-${CCORE_RESULT})"
WITHOUT_RECORD = """
SELECT (SELECT count(*) FROM orders)
     - (SELECT count(*) FROM call_records WHERE order_id IS NOT NULL AND state = 'ended')
"""


@dataclass(frozen=True, slots=True)
class Side:
    """An Asterisk that takes calls; ``site`` is what stands behind it, if it is ours."""

    node: AsteriskNode
    port: int
    site: Site | None = None

    async def take(self, rate: float) -> Load:
        """Take a load of calls, up to the end of the last one. Of ours those count whose order was committed."""
        before = await self._orders()
        load = await offer(self.port, rate, round(rate * STEP_S))
        await until_channels(self.node, 0, within_s=60)
        return load if self.site is None else replace(load, good=min(load.good, await self._orders() - before))

    async def _orders(self) -> int:
        if self.site is None:
            return 0
        found = await self.site.value("SELECT count(*) FROM orders WHERE channel = 'call'")
        assert isinstance(found, int)
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """Both sides at the same rate, round after round.

    ``records_s``: from the end of the last call until the record of every order is in.
    """

    rate: float
    ours: list[Load] = field(default_factory=list)
    baseline: list[Load] = field(default_factory=list)
    records_s: list[float] = field(default_factory=list)
    agi_p99_ms: list[float] = field(default_factory=list)

    @property
    def saturated(self) -> bool:
        """Whether the baseline is, in most rounds."""
        return sum(load.sustained for load in self.baseline) * 2 <= len(self.baseline)


def run() -> list[Figure]:
    """Both sides in turn at every rate, until the baseline is saturated; medians."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as name:
        async with _baseline(Path(name) / "baseline") as baseline, _ours(Path(name) / "ours") as ours:
            assert ours.site is not None
            idle = _memory(ours.site)
            with _core_of_its_own(ours, baseline):
                steps = await _steps(ours, baseline)
            highest = [await _highest(side) for side in (ours, baseline)]
            held = await _memory_with_calls(ours)
    return [*_step_figures(steps), *_time_figures(steps), *_other_figures(highest, idle, held)]


@asynccontextmanager
async def _ours(directory: Path) -> AsyncIterator[Side]:
    async with site(directory, durable=True, dialplan=_dialplan(directory / "dialplan")) as built:
        yield Side(built.node, built.sip_port, built)


@asynccontextmanager
async def _baseline(directory: Path) -> AsyncIterator[Side]:
    settings = node_config(directory, _dialplan(directory / "dialplan", {AGI_STEP: "Set(CCORE_RESULT=placed)"}))
    node = AsteriskNode(settings, NODE, secrets_of(settings))
    await node.start()
    try:
        yield Side(node, settings.nodes[NODE].sip_port)
    finally:
        await node.stop(grace_s=0.2)


def _dialplan(directory: Path, changes: Mapping[str, str] = {}) -> Path:
    """A copy of the shipped dialplan with a short prompt, and with ``changes`` to the context of orders."""
    shutil.copytree(shipped("dialplan"), directory)
    for language in ("zh", "en"):
        sound = directory / f"sounds/{language}/order-placed.alaw"
        sound.write_bytes(sound.read_bytes()[:SHORT_PROMPT])
    _change(directory / "extensions.d/order.conf", changes)
    return directory


def _change(file: Path, changes: Mapping[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, f"{file.name} has changed: {old}"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


async def _steps(ours: Side, baseline: Side) -> list[Step]:
    for side in (baseline, ours):
        await side.take(RATES[0])  # the first calls of a process are slower: statements are planned, caches filled
    steps, ends = [], time.monotonic() + STEPS_S
    for rate in RATES:
        steps.append(await _step(Step(rate), ours, baseline, ends))
        if steps[-1].saturated or time.monotonic() > ends:
            break
    return steps


async def _step(step: Step, ours: Side, baseline: Side, ends: float) -> Step:
    assert ours.site is not None
    for done in range(ROUNDS):
        if done and time.monotonic() > ends:
            break
        print(f"{step.rate} calls/s, round {done + 1}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        step.baseline.append(await baseline.take(step.rate))
        before = await ours.site.metrics()
        step.ours.append(await ours.take(step.rate))
        ended = time.monotonic()
        await _records_in(ours.site)
        step.records_s.append(time.monotonic() - ended)
        step.agi_p99_ms.append(_agi_p99_ms(before, await ours.site.metrics()))
    return step


def _agi_p99_ms(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """The 99th percentile of AGI sessions between two looks at the metrics, within its bucket by interpolation."""
    bound = re.compile(r'ccore_agi_session_seconds_bucket\{.*le="([^"]+)".*route="one_dial_order".*')
    counts: dict[float, float] = {}
    for name, value in after.items():
        if found := bound.fullmatch(name):
            counts[float(found[1])] = counts.get(float(found[1]), 0) + value - before.get(name, 0)
    wanted, low_s, below = 0.99 * counts[float("inf")], 0.0, 0.0
    for high_s, count in sorted(counts.items()):
        if count >= wanted:
            return (low_s + (high_s - low_s) * (wanted - below) / max(count - below, 1)) * 1000
        low_s, below = high_s, count
    raise AssertionError("every session is within the last bucket")


async def _highest(side: Side) -> float:
    """The highest rate sustained when everything shares all cores."""
    rate = RATES[0]
    reached, ends = 0.0, time.monotonic() + CLIMB_S
    while time.monotonic() < ends and (
        (load := await side.take(rate)).sustained or (load := await side.take(rate)).sustained
    ):
        print(f"{rate} calls/s on all cores, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        reached, rate = load.achieved, rate + CLIMB
        if side.site is not None:
            await _records_in(side.site)
    return reached


@contextmanager
def _core_of_its_own(ours: Side, baseline: Side) -> Iterator[None]:
    """The first core for both Asterisks, one of which works at a time; the others for all else. Nothing on one core."""
    cores = sorted(os.sched_getaffinity(0))
    asterisks = [pid for side in (ours, baseline) if (pid := side.node.pid) is not None]
    everything = [*asterisks, *_behind(ours), os.getpid()]
    if len(cores) > 1:
        _bind(everything, cores[1:])
        _bind(asterisks, cores[:1])
    yield
    _bind(everything, cores)


def _behind(ours: Side) -> list[int]:
    assert ours.site is not None
    assert ours.site.ccore is not None
    return [ours.site.ccore.pid, ours.site.postgres.pid, *children(ours.site.postgres.pid)]


def _bind(pids: Iterable[int], cores: Iterable[int]) -> None:
    """Threads and processes they start from now on are bound as well."""
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cores)


async def _memory_with_calls(ours: Side) -> tuple[int, dict[str, float]]:
    """How many callers who have ordered stay on the line, and the daemon's memory meanwhile."""
    assert ours.site is not None
    _change(ours.node.directory / "etc/extensions.d/order.conf", {PROMPT_STEP: "same => n,Wait(90)"})
    await ours.node.cli("dialplan reload")
    calls = asyncio.create_task(offer(ours.port, HELD_RATE, HELD_CALLS))
    with contextlib.suppress(AssertionError):  # fewer, then, and the figure says of how many it is
        await until_channels(ours.node, HELD_CALLS, HELD_WITHIN_S)
    await asyncio.sleep(2)  # the records of what has happened so far are read
    held, found = int((await ours.node.cli("core show channels count")).split()[0]), _memory(ours.site)
    await ours.node.cli("channel request hangup all")
    await calls
    return held, found


async def _records_in(site: Site) -> None:
    """Wait for the record of every order, or RECORDS_WITHIN_S, which then is what the figure says."""
    with contextlib.suppress(AssertionError):
        await site.until(WITHOUT_RECORD, 0, RECORDS_WITHIN_S)


def _memory(ours: Site) -> dict[str, float]:
    """RSS and PSS of the daemon, in MB."""
    assert ours.ccore is not None
    lines = Path(f"/proc/{ours.ccore.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {name: int(size.split()[0]) / 1024 for name, _, size in (line.partition(":") for line in lines)}
    return {"RSS": sizes["Rss"], "PSS": sizes["Pss"]}


def _step_figures(steps: Sequence[Step]) -> Iterator[Figure]:
    for step in steps:
        ours = statistics.median(load.achieved for load in step.ours)
        baseline = statistics.median(load.achieved for load in step.baseline)
        goal = "the baseline is saturated" if step.saturated else f"at least {SHARE} of the baseline"
        met = None if step.saturated else ours >= SHARE * baseline
        yield Figure(f"one-dial orders, {step.rate} calls/s offered", ours, "orders/s", baseline, goal, met)


def _time_figures(steps: Sequence[Step]) -> Iterator[Figure]:
    (step,) = (step for step in steps if step.rate == AGI_RATE)
    agi = statistics.median(step.agi_p99_ms)
    goal = f"at most {AGI_P99_MS:.0f} ms"
    yield Figure(f"AGI session at {AGI_RATE} calls/s, 99th percentile", agi, "ms", None, goal, agi <= AGI_P99_MS)
    ours = statistics.median(load.set_up_p99_ms for load in step.ours)
    baseline = statistics.median(load.set_up_p99_ms for load in step.baseline)
    yield Figure(f"call set-up at {AGI_RATE} calls/s, 99th percentile", ours, "ms", baseline, "reported only", None)
    slowest = max(statistics.median(step.records_s) for step in steps)
    yield Figure("all call records in, after the last call's end", slowest, "s", None, "reported only", None)


def _other_figures(
    highest: Sequence[float], idle: Mapping[str, float], with_calls: tuple[int, Mapping[str, float]]
) -> Iterator[Figure]:
    (ours, baseline), (calls, held) = highest, with_calls
    yield Figure("highest rate sustained, all cores shared", ours, "orders/s", baseline, "reported only", None)
    for kind, size in idle.items():
        yield Figure(f"memory of the idle daemon, {kind}", size, "MB", None, "reported only", None)
    for kind, size in held.items():
        yield Figure(f"memory of the daemon at {calls} calls, {kind}", size, "MB", None, "reported only", None)
