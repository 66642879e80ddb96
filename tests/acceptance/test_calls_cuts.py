"""What ccore knows of calls is right again after every loss of its link to Asterisk (reliability.md, P5, F1 and T1)."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccore.calls.model import Kind
from ccore.config import Config
from ccore.pbx.node import AsteriskNode
from tests.support import busy
from tests.support.asterisk import NODE, node_config, running, secrets_of
from tests.support.ports import free_port
from tests.support.wirecut import Wire, wire
from tests.support.witness import Witness, witness

FULL = os.environ.get("CCORE_FULL") == "1"
RATE = 20
BETWEEN_CUTS_S = 0.5
MOST_S = 2.0  # from a login to right
SOON_S = 20.0  # what has only to be waited for
RELOGIN_WITHIN_S = 20.0  # a black hole is noticed after three pings
HOLE_S = 4.0
WAYS = (
    ["reset", "finish"] * 45 + ["black hole"] * 9 + ["kill"]
    if FULL
    else ["reset", "finish"] * 4 + ["black hole", "kill"]
)


@dataclass(frozen=True, slots=True)
class Rig:
    """What is cut, and what is left to look with."""

    config: Config
    node: AsteriskNode
    wire: Wire
    witness: Witness


async def reset(rig: Rig) -> None:
    rig.wire.reset()


async def finish(rig: Rig) -> None:
    rig.wire.finish()


async def black_hole(rig: Rig) -> None:
    """Nothing passes until the link is given up, nor for the new connections it makes then."""
    rig.wire.hold()
    await until(lambda: not rig.witness.link.up)
    await asyncio.sleep(HOLE_S)
    rig.wire.reset()  # what was under way is lost
    rig.wire.release()


async def kill(rig: Rig) -> None:
    """kill -9 of Asterisk; another is started in its place."""
    rig.node.kill()
    await until(lambda: not rig.witness.link.up)
    await rig.node.start()
    await busy.log_agents_in(rig.config)


CUTS: dict[str, Callable[[Rig], Awaitable[None]]] = {
    "reset": reset,
    "finish": finish,
    "black hole": black_hole,
    "kill": kill,
}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(RELOGIN_WITHIN_S):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.mark.figures
@pytest.mark.timeout(1200 if FULL else 120)
async def test_t1_after_every_cut_the_state_is_right_within_2_seconds(asterisk_root: Path, tmp_path: Path) -> None:
    config = node_config(tmp_path, busy.DIALPLAN)
    secrets, ami_port, wire_port = secrets_of(config), config.nodes[NODE].ami_port, free_port()
    passwords = (secrets.ami_events_secret.get_secret_value(), secrets.ami_actions_secret.get_secret_value())
    async with (
        running(config) as node,
        wire(wire_port, ami_port) as cut,
        witness(wire_port, ami_port, *passwords) as seen,
    ):
        rig = Rig(config, node, cut, seen)
        await busy.log_agents_in(config)
        async with busy.calls(config, RATE):
            await asyncio.sleep(busy.HOLD_MS / 1000)
            await seen.until_right(SOON_S)
            told = sorted([await right_after(rig, way) for way in WAYS])
        print(
            f"{len(WAYS)} cuts at {RATE} calls/s: right {told[len(told) // 2]:.2f} s after login (median), "
            f"{told[int(len(told) * 0.99)]:.2f} s (p99), {told[-1]:.2f} s (max)"
        )
        await node.cli("channel request hangup all")
        await until(lambda: not seen.tracker.channels)
        assert not seen.tracker.calls
        await seen.until_right(SOON_S)
        assert_gaps_are_noted(seen, len(WAYS))
        assert_every_call_ended_once(seen)
    assert told[int(len(told) * 0.99)] <= MOST_S


async def right_after(rig: Rig, way: str) -> float:
    """Cut the link ``way``; returns the seconds from the next login until the state is right."""
    link, epoch = rig.witness.link, rig.witness.link.epoch
    await CUTS[way](rig)
    await until(lambda: link.up and link.epoch > epoch)
    came_up = time.monotonic()
    await rig.witness.until_right(SOON_S)
    right_after_s = time.monotonic() - came_up
    await asyncio.sleep(BETWEEN_CUTS_S)
    return right_after_s


def assert_gaps_are_noted(seen: Witness, gaps: int) -> None:
    """Each loss once, and each before the login that ends it."""
    assert [what for what, _, _ in seen.notes.lines] == ["linked", *["lost", "linked"] * gaps]
    moments = [at for _, at, _ in seen.notes.lines]
    assert moments == sorted(moments)


def assert_every_call_ended_once(seen: Witness) -> None:
    """A call that was merged into another goes on in that one."""
    began = Counter(fact.call for fact in seen.facts if fact.kind is Kind.STARTED)
    ended = Counter(fact.call for fact in seen.facts if fact.kind in {Kind.ENDED, Kind.VANISHED})
    ended += Counter(fact.peer for fact in seen.facts if fact.kind is Kind.MERGED)
    assert set(began.values()) == {1}
    assert began == ended
    assert [fact.number for fact in seen.facts] == list(range(1, len(seen.facts) + 1))
