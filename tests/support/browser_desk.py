"""A call centre whose agents sit at browsers: its queues, a hotline to each, and tones for voices."""

import math
import secrets
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import aiohttp

from ccore.config import Database as Settings
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.people.model import Role
from ccore.people.service import People
from ccore.queues.staff import Staff
from tests.support.agents import Phone, phones
from tests.support.call_centre import NUMBERS
from tests.support.handled import plan
from tests.support.keypad import Keypad
from tests.support.site import Site, site
from tests.support.toned import Choir, singing, singing_call
from tests.support.waiting import until

CALLER = "13812345678"
AGENT_HZ, CALLER_HZ, COLLEAGUE_HZ = 700, 500, 900
TONES = {"caller": CALLER_HZ, "agent": AGENT_HZ, "colleague": COLLEAGUE_HZ}
LI, WANG = "1001", "1002"  # an agent of each queue
COMMON = """
ring_s = 20
wrap_up_s = 30
dispositions = ["solved", "complaint"]
[recording]
when = "always"
[comfort]
position = false
expected_wait = false
[offer]
after_s = 600
keys = { 2 = "voicemail" }
"""
QUEUES = {
    "service": f'title = {{ zh = "综合服务", en = "Service" }}\nwants = {{ alpha = 1 }}{COMMON}',
    "beta": f'title = {{ zh = "投诉受理", en = "Complaints" }}\nwants = {{ beta = 1 }}\nauto_answer = true{COMMON}',
}
WORDS = """
[skill.alpha]
[skill.beta]
[pause.rest]
title = "小休"
[disposition.solved]
title = "已解决"
[disposition.complaint]
title = "投诉"
fields = { about = { title = "投诉内容" } }
"""
_RATE_HZ = 48_000


@dataclass
class Browsers:
    """The site, and who sings in it."""

    site: Site
    choir: Choir

    def call(self, queue: str = "service", caller: str = CALLER) -> AbstractAsyncContextManager[Keypad]:
        """A caller of a queue, who sings."""
        number = dict(zip(QUEUES, NUMBERS, strict=False))[queue]
        return singing_call(self.site.sip_port, number, self.choir, caller)

    @asynccontextmanager
    async def at_telephone(self, agent: str, number: str) -> AsyncIterator[Phone]:
        """An agent at a telephone on their desk, who sings as ``colleague`` and picks up when they are told to."""
        site, secret = self.site, self.site.secrets.phone_secret
        assert secret is not None
        async with (
            phones(site.sip_port, secret.get_secret_value(), [number], answers_after_s=None) as desk,
            singing(self.choir, {"colleague": desk[number]}),
        ):
            await self._sign_in(agent, {"number": number, "node": site.node.name})
            yield desk[number]

    async def _sign_in(self, agent: str, device: dict[str, str]) -> None:
        async with Database.opened(self.site.postgres.dsn, Settings(acquire_timeout_s=30)) as database:
            people = People(database)
            await people.add("boss", "boss", Role.SUPERVISOR, "", "test")  # False: they are there
            token = await people.new_token("boss", 1, "", "test")
        assert token is not None
        url = f"http://127.0.0.1:{self.site.config.http.port}/api/v1/agents/{agent}/sign-in"

        async def done() -> bool:  # a new agent is known half a second later
            headers = {"Authorization": f"Bearer {token.token}", "Idempotency-Key": secrets.token_hex(8)}
            async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=device) as answer:
                return answer.status == 200

        await until(done)


@asynccontextmanager
async def browsers(directory: Path, queues: Mapping[str, str] = QUEUES, **sections: Any) -> AsyncIterator[Browsers]:
    """It runs; its agents are known, and nobody is signed in."""
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000)
    paths = Paths(var=directory / "var", dialplan=plan(directory / "plan", queues, WORDS))
    async with (
        site(directory, paths=paths, trunks={"local": trunk}, **sections) as built,
        Database.opened(built.postgres.dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        staff = Staff(database, "CN")
        await staff.write(LI, "李娜", {"alpha": 5}, by="test")
        await staff.write(WANG, "王磊", {"beta": 5}, by="test")
        yield Browsers(built, Choir(TONES))


def voice(path: Path) -> Path:
    """A WAV file for Chromium's microphone: a tone that comes and goes as speech does, so that no filter takes it."""
    frames = bytearray()
    for n in range(_RATE_HZ):
        loud = 0.5 - 0.5 * math.cos(2 * math.pi * 2 * n / _RATE_HZ)
        sample = round(20_000 * loud * math.sin(2 * math.pi * AGENT_HZ * n / _RATE_HZ))
        frames += sample.to_bytes(2, "little", signed=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(bytes(frames))
    return path
