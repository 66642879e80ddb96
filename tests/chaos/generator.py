"""Callers: chosen by chance, they dial, listen, hang up, try again; what each saw on the wire goes into the history."""

import asyncio
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.chaos.history import Scribe
from tests.chaos.model import Kind
from tests.support.rawsip import Caller, calling

CODES = [
    *(f"1008610{claim:03}" for claim in range(1, 101)),
    *(f"1008611{claim:03}" for claim in range(1, 11)),
    *(f"1008612{claim:03}" for claim in range(1, 11)),
]  # of the demo firm
WRONG_CODES = ("1008610999", "1008655001")
HOTLINES = ("10086", "1001011", "1001012")
RETRANSMIT_S = (0.5, 1.0, 2.0, 4.0)  # RFC 3261, timer A; a caller then hears silence a while longer
LAST_WAIT_S = 4.5
LISTENS_S = 8.0  # a prompt takes one second: who hears no end of it is with people, or on a dead line
TRIES_OF_ONE = 3  # an own order, and two more products at most: a fourth is refused by the day's limit
RECENT = 40  # callers who may call again


@dataclass(frozen=True, slots=True)
class Dial:
    """A call to be made. ``gives_up_s`` after dialling, or ``listens_s`` after the answer, the caller hangs up.

    ``vanishes``: without a word, as a phone whose battery is empty. ``forks``: the INVITE comes by two ways.
    """

    op: int
    caller: str
    number: str
    kind: Kind
    gives_up_s: float | None = None
    listens_s: float = LISTENS_S
    vanishes: bool = False
    forks: bool = False


def dials(chance: random.Random) -> Iterator[Dial]:
    """Calls for ever: most are orders of fresh subscribers; some callers call again, hang up early, or dial wrong."""
    recent: list[tuple[str, str]] = []
    tries: dict[str, int] = {}
    first = chance.randrange(10_000_000)
    for op in range(1, 100_000_000):
        caller, number = f"138{(first + op) % 100_000_000:08}", chance.choice(CODES)
        lot = chance.random()
        if lot < 0.05:
            yield Dial(op, caller, chance.choice(HOTLINES), "hotline", listens_s=chance.uniform(0.5, 4))
            continue
        if lot < 0.06:
            yield Dial(op, caller, chance.choice(HOTLINES), "hotline", listens_s=1.0, vanishes=True)
            continue
        if lot < 0.09:
            yield Dial(op, caller, chance.choice(WRONG_CODES), "wrong-code")
            continue
        if lot < 0.19 and recent:
            caller, earlier = chance.choice(recent)
            number = chance.choice((earlier, number))
        tries[caller] = tries.get(caller, 0) + 1
        recent = [(one, code) for one, code in [*recent, (caller, number)][-RECENT:] if tries[one] < TRIES_OF_ONE]
        gives_up_s = chance.uniform(0, 1.5) if chance.random() < 0.1 else None
        yield Dial(op, caller, number, "order", gives_up_s, forks=chance.random() < 0.02)


class Calls:
    """Places calls at ``rate`` a second for as long as it runs; ``going_on`` are those that have not ended."""

    def __init__(self, port: int, scribe: Scribe, chance: random.Random, rate: float) -> None:
        self.placed = 0
        self.orders = 0
        self.going_on: set[asyncio.Task[None]] = set()
        self._port = port
        self._scribe = scribe
        self._dials = dials(chance)
        self._rate = rate

    async def run(self, enough: Callable[[], bool]) -> None:
        """Dial until it is ``enough``, then let everybody finish. A clock late by some calls dials them at once."""
        began = self._scribe.now
        while not enough():
            await asyncio.sleep(max(began + self.placed / self._rate - self._scribe.now, 0))
            dial = next(self._dials)
            self.placed += 1
            self.orders += dial.kind == "order"
            task = asyncio.create_task(_place(self._port, dial, self._scribe))
            self.going_on.add(task)
            task.add_done_callback(self.going_on.discard)
        await asyncio.gather(*self.going_on)


async def _place(port: int, dial: Dial, scribe: Scribe) -> None:
    scribe.write("dialled", op=dial.op, caller=dial.caller, number=dial.number, kind=dial.kind)
    async with calling(port) as phone:
        call = _Call(phone, dial)
        await call.made()
    scribe.write("ended", op=dial.op, status=call.status, answered_ms=call.answered_ms, by=call.ended_by)


class _Call:
    """One caller's side of one call."""

    def __init__(self, phone: Caller, dial: Dial) -> None:
        self.answered_ms: float | None = None
        self.ended_by = "nobody"
        self._phone = phone
        self._dial = dial
        self._call_id = uuid.uuid4().hex
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    @property
    def status(self) -> int:
        """The final answer, 200 if any branch was answered; 0 if there was none."""
        finals = self._phone.finals()
        return 0 if not finals else 200 if 200 in finals else finals[0]

    async def made(self) -> None:
        """Dial, wait, listen, hang up."""
        await self._dialled()
        if self.status == 0:
            await self._given_up()
        if self.status == 200:
            self.answered_ms = self.answered_ms or self._since_dialled_ms()
            await self._listened()

    async def _dialled(self) -> None:
        branches = (self._call_id, f"{self._call_id}-fork") if self._dial.forks else (self._call_id,)
        for wait_s in (*RETRANSMIT_S, LAST_WAIT_S):
            if not self._phone.heard:
                for branch in branches:
                    self._invite(branch)
            if await self._until(lambda: self.status != 0, wait_s):
                self.answered_ms = self._since_dialled_ms() if self.status == 200 else None
                return
            if self._patience_is_over():
                return

    async def _given_up(self) -> None:
        """CANCEL, until there is a final answer: 487, or 200 from the very last moment."""
        dial = self._dial
        self.ended_by = "caller"
        cancel = partial(self._phone.cancel, self._call_id, dial.number.encode(), dial.caller.encode())
        for wait_s in RETRANSMIT_S:
            cancel()
            if await self._until(lambda: self.status != 0, wait_s):
                return

    async def _listened(self) -> None:
        if self._dial.vanishes:
            await asyncio.sleep(self._dial.listens_s)
            return
        if await self._until(lambda: self._phone.hung_up() > 0, self._dial.listens_s):
            self.ended_by = "callee"
            if self._dial.forks:
                await self._until(lambda: self._phone.hung_up() > 1, 2.0)
            return
        self.ended_by = "caller"
        for wait_s in RETRANSMIT_S:
            self._phone.bye()
            if await self._until(lambda: bool(self._phone.answers(b"BYE")) or self._phone.hung_up() > 0, wait_s):
                return

    def _invite(self, branch: str) -> None:
        dial = self._dial
        self._phone.invite(
            dial.number.encode(), dial.caller.encode(), call_id=self._call_id, branch=branch,
            display=f'"op-{dial.op}" '.encode(),
        )  # fmt: skip

    async def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Whether it came to hold in time; cut short when the caller loses patience before an answer."""
        ends = self._loop.time() + within_s
        if self._dial.gives_up_s is not None and self.answered_ms is None and self.ended_by == "nobody":
            ends = min(ends, self._began + self._dial.gives_up_s)
        while not holds():
            self._phone.news.clear()
            try:
                async with asyncio.timeout_at(ends):
                    await self._phone.news.wait()
            except TimeoutError:
                return holds()
        return True

    def _patience_is_over(self) -> bool:
        gives_up_s = self._dial.gives_up_s
        return gives_up_s is not None and self._loop.time() >= self._began + gives_up_s

    def _since_dialled_ms(self) -> float:
        return round((self._loop.time() - self._began) * 1000, 1)
