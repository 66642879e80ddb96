"""Time to target: from dialling to the first sound of what the caller wanted, on a real call with the shipped prompts.

The quick line and the one-dial order, beside the same thing by the menus of 10086: by a caller who listens to each menu
to its end, and by one who knows the keys and presses them as soon as a menu begins.
"""

import asyncio
import itertools
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ccore.clock import utc_now
from ccore.config import Paths
from ccore.shipped import shipped
from ccore.simulator import provider
from tests.bench import Figure
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import dialled
from tests.support.ports import free_port
from tests.support.site import site, subscribers

ROUNDS = 3
WITHIN_S = 90.0  # of any prompt; the longest menu is far below it
READY_S = 0.3  # between the end of a prompt and a key, of a caller who has listened
Line = tuple[int, Sounds]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ``target``: the number dialled, and what is keyed at which prompt."""

    number: str
    target: str
    keys: Sequence[tuple[str, str]] = ()


# What is wanted: directly, and by the menus.
TARGETS = {
    "balance": (
        Way("1001011", "balance-is"),
        Way("10086", "balance-is", [("main-menu", "1"), ("account-menu", "1")]),
    ),
    "order": (
        Way("1008610001", "order-placed"),
        Way("10086", "order-placed", [("main-menu", "3"), ("order-code-ask", "10001")]),
    ),
}
_callers = iter(subscribers(100, 90_000_001))  # each orders once; all have an account


def run() -> list[Figure]:
    """Both targets side by side, as the menus are long; medians."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    async with _line() as line:
        found = await asyncio.gather(*(_figures(line, what, *ways) for what, ways in TARGETS.items()))
    return [figure for figures in found for figure in figures]


async def _figures(line: Line, what: str, direct: Way, menus: Way) -> list[Figure]:
    dialled_s = await _median(line, direct, listens=True)
    listened_s, known_s = await asyncio.gather(*(_median(line, menus, listens=listens) for listens in (True, False)))
    return [
        Figure(f"{what} by dialling {direct.number}, menus {how}", dialled_s, "s", menus_s, "reported only", None)
        for how, menus_s in (("listened to", listened_s), ("known by heart", known_s))
    ]


@asynccontextmanager
async def _line() -> AsyncIterator[Line]:
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as name:
        directory, port = Path(name), free_port()
        shutil.copytree(shipped("dialplan"), directory / "plan")
        look_ups = directory / "plan/lookups.toml"
        text = look_ups.read_text(encoding="utf-8").replace(str(provider.PORT), str(port))
        look_ups.write_text(text, encoding="utf-8")
        paths = Paths(var=directory / "var", dialplan=directory / "plan")
        async with provider.running(port, utc_now), site(directory, durable=True, paths=paths) as built:
            yield built.sip_port, Sounds(sounds_in(built.node.directory / "sounds/ccore/zh"))


async def _median(line: Line, way: Way, *, listens: bool) -> float:
    return statistics.median(
        await asyncio.gather(*(_seconds(line, caller, way, listens) for caller in itertools.islice(_callers, ROUNDS)))
    )


async def _seconds(line: Line, caller: str, way: Way, listens: bool) -> float:
    """From the INVITE to the first packet of the target."""
    port, sounds = line
    async with dialled(port, way.number, caller, sounds=sounds) as phone:
        for prompt, keys in way.keys:
            await phone.until(prompt, whole=listens, within_s=WITHIN_S)
            await asyncio.sleep(READY_S if listens else 0)
            await phone.key(keys)
        reached = await phone.until(way.target, within_s=WITHIN_S)
        return reached.at - phone.dialled_at
