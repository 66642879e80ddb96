"""Breaks one part after another, chosen by chance or by a schedule, and heals what it broke."""

import asyncio
import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.history import Scribe
from tests.chaos.rig import Rig

LOOK_AGAIN_S = 0.05  # for a part that is whole

Planned = tuple[Fault, float]

_ITEM = re.compile(r"(?P<name>[a-z-]+)(?::(?P<lasts>[0-9.]+))?(?:\*(?P<times>[0-9]+))?")


def possible(rig: Rig) -> list[Fault]:
    """The faults this machine allows."""
    return [fault for fault in FAULTS.values() if not fault.needs or getattr(rig, fault.needs) is not None]


def by_chance(chance: random.Random, faults: Sequence[Fault]) -> Iterator[Planned]:
    """Faults for ever, each as often as any other."""
    while True:
        fault = chance.choice(faults)
        yield fault, chance.uniform(*fault.lasts_s)


def by_schedule(text: str) -> list[Planned]:
    """The faults of a schedule such as ``pg-stop:60,pg-freeze:60,ccore-kill*20``: name, seconds, times.

    Raises ValueError for a name or a form that is none.
    """
    planned: list[Planned] = []
    for item in text.split(","):
        found = _ITEM.fullmatch(item.strip())
        if found is None or found["name"] not in FAULTS:
            raise ValueError(f"{item!r} is no fault: name[:seconds][*times], name one of {', '.join(FAULTS)}")
        fault = FAULTS[found["name"]]
        lasts_s = float(found["lasts"]) if found["lasts"] else sum(fault.lasts_s) / 2
        planned += [(fault, lasts_s)] * int(found["times"] or 1)
    return planned


class Nemesis:
    """Strikes every ``every_s`` seconds. Faults of different parts may go on together, those of one part never.

    ``struck`` counts them; ``over`` says that a schedule is at its end.
    """

    def __init__(self, rig: Rig, scribe: Scribe, chance: random.Random, every_s: float) -> None:
        self.struck = 0
        self.over = False
        self._rig = rig
        self._scribe = scribe
        self._chance = chance
        self._every_s = every_s
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._numbers = count(1)

    async def run(self, planned: Iterator[Planned], enough: Callable[[], bool]) -> None:
        """Strike until it is ``enough``, then heal everything. A fault whose part is broken already is left out."""
        for fault, lasts_s in planned:
            if enough():
                break
            free = fault.part not in self._under_way
            if free:
                self._begin(fault, lasts_s)
            await asyncio.sleep(self._every_s if free else LOOK_AGAIN_S)
            self._raise_failed()
        await self._healed()

    async def follow(self, schedule: Sequence[Planned]) -> None:
        """Strike as the schedule says, one after the other, ``every_s`` between the end of one and the next."""
        for fault, lasts_s in schedule:
            self._begin(fault, lasts_s)
            await self._healed()
            await asyncio.sleep(self._every_s)
        self.over = True

    def _begin(self, fault: Fault, lasts_s: float) -> None:
        self._under_way[fault.part] = asyncio.create_task(self._strike(fault, lasts_s), name=fault.name)
        self.struck += 1

    async def _strike(self, fault: Fault, lasts_s: float) -> None:
        number, chance = next(self._numbers), random.Random(self._chance.random())
        until = round(self._scribe.now + lasts_s, 3)
        self._scribe.write("fault", number=number, fault=fault.name, part=fault.part, until=until)
        async with fault.broken(self._rig, chance) as detail:
            await asyncio.sleep(lasts_s)
        self._scribe.write("healed", number=number, detail=detail or "")

    async def _healed(self) -> None:
        await asyncio.gather(*self._under_way.values())
        self._under_way.clear()

    def _raise_failed(self) -> None:
        for part, task in list(self._under_way.items()):
            if task.done():
                task.result()
                del self._under_way[part]
