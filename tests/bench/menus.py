"""How long a caller waits after a key for the next prompt: ccore's menus, beside the same menus as plain dialplan.

**Load.** 25 new calls a second, each in the menus for 8 s: 200 at once; prompts of 3 s that keys interrupt. Four of
five callers are sipp's, keying by RFC 4733 at fixed moments; every fifth is a telephone of keypad.py that measures:
from the key's last packet to the first packet of the sound that follows. Rounds of both sides alternate, on the same
Asterisk.

**Baseline.** BackGround and WaitExten, an extension for each key: what an Asterisk user would write by hand.

Everything shares all cores; what share of them the callers themselves took is a figure too. Needs root: sipp sends RTP
by a raw socket.
"""

import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ccore.config import Paths
from ccore.ivr.menu import Menu
from ccore.ivr.menus import Menus
from tests.bench import Figure
from tests.support import big_hotline, keytrack
from tests.support.asterisk import until_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.site import Site, site, subscribers

CALLS_PER_S = 25
CALL_S = 8
MEASURED_SHARE = 5  # one caller in so many
ROUNDS = 2
FULL_S = 4  # how long all 200 are there: what is keyed then counts
CALLS = CALLS_PER_S * (CALL_S + FULL_S)
GOAL_P95_MS = 150.0
PROMPTS_MS = (3000,)
KEY_EVERY_S = 1.0
# From the first menu down to the fifth level, and back.
WALK = (("1", "menu-1"), ("1", "menu-11"), ("1", "menu-111"), ("1", "menu-1111"), ("*", "menu-111"), ("*", "menu-11"))
OURS, PLAIN = "10086", "10099"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Side:
    """A number to call, and what was measured there: ms from each key to the next prompt; CPU in s."""

    number: str
    waited_ms: list[float] = field(default_factory=list)
    callers_share: list[float] = field(default_factory=list)
    asterisk_s: list[float] = field(default_factory=list)
    ccore_s: list[float] = field(default_factory=list)


def run() -> list[Figure]:
    """Both sides in turn."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    ours, plain = Side(OURS), Side(PLAIN)
    async with _hotline() as (built, sounds):
        for side in (plain, ours) * ROUNDS:
            await _round(built, sounds, side)
    return list(_figures(ours, plain))


@asynccontextmanager
async def _hotline() -> AsyncIterator[tuple[Site, Sounds]]:
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as name:
        directory = Path(name)
        menus = big_hotline.write(directory / "plan", "http://127.0.0.1:9", PROMPTS_MS)
        paths = Paths(var=directory / "var", dialplan=directory / "plan")
        async with site(directory, durable=True, paths=paths) as built:
            plain = built.node.directory / "etc/extensions.d/zz-plain.conf"
            plain.write_text("".join(_plain(menus)), encoding="utf-8")
            plain.chmod(0o644)
            await built.node.cli("dialplan reload")
            yield built, Sounds(sounds_in(directory / "plan/sounds"))


def _plain(menus: Menus) -> Iterator[str]:
    """The tree of menus as an Asterisk user writes it."""
    yield f"[from-trunk](+)\nexten => {PLAIN},1,Answer()\n same => n,Set(CHANNEL(language)=zh)\n"
    yield " same => n,Goto(plain-main,s,1)\n"
    for name, node in menus.nodes.items():
        if isinstance(node, Menu):
            above = next((each for each, other in menus.nodes.items() if isinstance(other, Menu)
                          and name in other.keys.values()), name)  # fmt: skip
            ways = {**{key: to for key, to in node.keys.items() if isinstance(menus.nodes[to], Menu)}, "*": above}
            yield f"[plain-{name}]\nexten => s,1,BackGround(ccore/{name})\n same => n,WaitExten({node.timeout_s})\n"
            yield "exten => t,1,Goto(s,1)\nexten => i,1,Goto(s,1)\n"
            yield from (f"exten => {key},1,Goto(plain-{to},s,1)\n" for key, to in ways.items())


async def _round(built: Site, sounds: Sounds, side: Side) -> None:
    """One load of calls, up to the end of the last one."""
    callers = iter(subscribers(CALLS))
    bulk = CALLS - CALLS // MEASURED_SHARE
    presses = [(round(KEY_EVERY_S * 1000 * number), key) for number, (key, _) in enumerate(WALK, 1)]
    before, began = _cpu_s(built), time.monotonic()
    placing = asyncio.create_task(
        keytrack.place(
            built.sip_port,
            [(caller, side.number) for caller in itertools.islice(callers, bulk)],
            presses,
            rate=CALLS_PER_S * bulk / CALLS,
            listen_ms=CALL_S * 1000,
        )
    )
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(_measured(built, sounds, side, caller, began + CALL_S))
            await asyncio.sleep(MEASURED_SHARE / CALLS_PER_S)
    calls = await placing
    assert sum(call.code == 200 and call.ended_by == "caller" for call in calls) == len(calls), calls
    spent = {name: after - before[name] for name, after in _cpu_s(built).items()}
    side.callers_share.append(spent["callers"] / (time.monotonic() - began) / (os.cpu_count() or 1))
    side.asterisk_s.append(spent["asterisk"])
    side.ccore_s.append(spent["ccore"])
    await until_channels(built.node, 0, within_s=60)


async def _measured(built: Site, sounds: Sounds, side: Side, caller: str, full_at: float) -> None:
    """One caller who keys as the others do, and notes how long each prompt is in coming while all callers are there."""
    async with dialled(built.sip_port, side.number, caller, sounds=sounds, talks=False) as phone:
        assert phone.code == 200
        heard = await phone.until("zh/main")
        for key, follows in WALK:
            await asyncio.sleep(heard.at + KEY_EVERY_S - time.monotonic())
            pressed = await phone.key(key)
            heard = await phone.until(f"zh/{follows}", after=pressed.down)
            if full_at <= pressed.up < full_at + FULL_S:
                side.waited_ms.append((heard.at - pressed.up) * 1000)
        await asyncio.sleep(phone.answered_at + CALL_S - time.monotonic())


def _cpu_s(built: Site) -> dict[str, float]:
    """CPU time used so far: by Asterisk, by ccore, and by the callers (this process, and every sipp that has ended)."""
    assert built.ccore is not None
    assert built.node.pid is not None
    ours = os.times()
    return {
        "asterisk": _process_cpu_s(built.node.pid),
        "ccore": _process_cpu_s(built.ccore.pid),
        "callers": ours.user + ours.system + ours.children_user + ours.children_system,
    }


def _process_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _figures(ours: Side, plain: Side) -> Iterator[Figure]:
    name = f"key to next prompt, {CALLS_PER_S * CALL_S} callers, {CALLS_PER_S} new a second"
    for percent in (50, 95, 99):
        value, baseline = (_percentile(side.waited_ms, percent) for side in (ours, plain))
        goal, met = (
            ("reported only", None) if percent != 95 else (f"at most {GOAL_P95_MS:.0f} ms", value <= GOAL_P95_MS)
        )
        yield Figure(f"{name}, p{percent}", value, "ms", baseline, goal, met)
    steps = CALLS * (len(WALK) + 1) / 1000
    for part in ("asterisk_s", "ccore_s"):
        value, baseline = (statistics.median(getattr(side, part)) / steps for side in (ours, plain))
        yield Figure(f"menus, CPU of {part[:-2]} for a step", value, "ms", baseline, "reported only", None)
    share = max(ours.callers_share + plain.callers_share)
    yield Figure("menus, share of all cores the callers took", share, "", None, "reported only", None)


def _percentile(values: Iterable[float], percent: int) -> float:
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
