"""A dialplan that keeps an Asterisk busy with calls of every sort, and those who place them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, cycle, islice

from ccore.config import Config
from tests.support import sip
from tests.support.asterisk import NODE
from tests.support.manager import manager

HOLD_MS = 2_500
AGENTS = 5
NOISE_PAUSE_S = 0.01
NOISE_WORDS = 260  # 6 KB an event: in some 6 s of 1,000 events/s even large buffers of the kernel are full

# 100 is answered, 200 waits for an agent or leaves, 300 rings two telephones of which one answers, 400 is refused,
# 500 is answered and hung up by Asterisk; noise makes some 95 events a second that nobody listens to.
DIALPLAN = f"""
[from-trunk]
exten => 100,1,Answer()
 same => n,Wait(10)
exten => 200,1,Answer()
 same => n,Queue(service,,,,2)
 same => n,Hangup()
exten => 300,1,Dial(Local/answers@inside&Local/rings@inside,5)
exten => 400,1,Hangup(17)
exten => 500,1,Answer()
 same => n,Wait(0.5)
 same => n,Hangup()
[inside]
exten => answers,1,Ringing()
 same => n,Wait(0.3)
 same => n,Answer()
 same => n,Wait(10)
exten => rings,1,Ringing()
 same => n,Wait(10)
exten => _agent.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(10)
exten => listens,1,Answer()
 same => n,Wait(1000)
exten => noise,1,Answer()
 same => n(on),UserEvent(Noise,Text: {"nobody listens to this " * NOISE_WORDS})
 same => n,Wait({NOISE_PAUSE_S})
 same => n,Goto(on)
"""

_callers = count(13_800_000_000)


@asynccontextmanager
async def calls(config: Config, rate: float) -> AsyncIterator[None]:
    """Real SIP calls of every sort, ``rate`` a second, while the block runs; then their sipp is ended, they are not."""
    dialled = cycle(("100", "200", "300", "400", "500"))
    rows = [(str(caller), next(dialled)) for caller in islice(_callers, 60_000)]
    placing = asyncio.create_task(sip.place(config.nodes[NODE].sip_port, rows, rate=rate, hold_ms=HOLD_MS))
    try:
        yield
        assert not placing.done(), placing
    finally:
        placing.cancel()
        await asyncio.wait([placing])


async def log_agents_in(config: Config) -> None:
    """Agents who take calls from the queue; lost when Asterisk restarts."""
    async with manager(config, "ccore-actions") as session:
        for number in range(AGENTS):
            answer = await session.ask("QueueAdd", "Queue: service", f"Interface: Local/agent{number}@inside/n")
            assert "Success" in answer, answer


async def make_noise(config: Config, channels: int) -> None:
    """Begin calls that make events which cross the wire and interest nobody, until they are hung up."""
    async with manager(config, "ccore-actions") as session:
        for _ in range(channels):
            where = ("Channel: Local/noise@inside/n", "Context: inside", "Exten: listens", "Priority: 1", "Async: true")
            answer = await session.ask("Originate", *where)
            assert "Success" in answer, answer
