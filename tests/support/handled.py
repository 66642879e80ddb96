"""A call centre whose people sing: who hears whom is told by their tones, and what is asked goes over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from ccore.config import Database as Settings
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.people.model import Role
from ccore.people.service import People
from ccore.prompts.sounds import SOUNDS
from ccore.queues.staff import Staff
from tests.support.agents import Phone, phone, phones
from tests.support.asterisk import NODE, until_no_channels
from tests.support.call_centre import NUMBERS, Desk, operators
from tests.support.keypad import Keypad
from tests.support.ports import free_port
from tests.support.site import Site, site
from tests.support.toned import Choir, Line, singing, singing_call, tone
from tests.support.waiting import until

CALLER = "13812345678"
TONES = {
    "caller": 500,
    "1001": 700,
    "1002": 900,
    "boss": 1100,
    "office": 1300,
    "warning": 1500,
}  # Hz, far from one another
DESKS = [Desk("1001", "2001", {"alpha": 5}), Desk("1002", "2002", {"beta": 5})]
BOSS_PHONE = "2009"
COMMON = """
ring_s = 20
wrap_up_s = 0
wrap_up_most_s = 60
[comfort]
position = false
expected_wait = false
[offer]
after_s = 600
keys = { 2 = "voicemail" }
"""
QUEUES = {"service": f"wants = {{ alpha = 1 }}{COMMON}", "beta": f"wants = {{ beta = 1 }}{COMMON}"}  # an agent each
WORDS = "[skill.alpha]\n[skill.beta]\n[pause.rest]\n"
OFFICE = '[office]\nnumber = "02088886666"\ntrunk = "local"\n'
SURVEY = """
[asked]
do = "survey"
name = "agents"
question = [{ name = "friendly", prompt = "survey-solved" }]
thanks = "goodbye"
"""
Said = tuple[int, Any]


@dataclass
class Handled:
    """The site, its telephones by agent (and ``boss``, ``office``), and everybody's token."""

    site: Site
    numbers: Mapping[str, str]  # to be dialled, by queue
    choir: Choir
    phones: Mapping[str, Phone]
    tokens: Mapping[str, str]
    keys: Any = field(default_factory=lambda: count(1))

    async def sign_in(self, desk: Desk) -> None:
        """As a supervisor may for an agent, and wait until Asterisk has them in their line."""
        device = {"number": desk.phone, "node": NODE}

        async def done() -> bool:  # a new agent is known half a second later
            return (await self.ask("boss", "POST", f"agents/{desk.agent}/sign-in", device))[0] == 200

        await until(done)

        async def there() -> bool:
            return f"{desk.agent} (" in await self.site.node.cli("queue show")

        await until(there, 20)

    def call(self, queue: str) -> AbstractAsyncContextManager[Keypad]:
        """A caller of a queue, who sings."""
        return singing_call(self.site.sip_port, self.numbers[queue], self.choir, CALLER)

    async def ask(self, who: str, method: str, path: str, said: object = None, key: str = "") -> Said:
        """What comes of a request under /api/v1/."""
        url = f"http://127.0.0.1:{self.site.config.http.port}/api/v1/{path}"
        headers = {
            "Authorization": f"Bearer {self.tokens[who]}",
            "Idempotency-Key": key or f"test-{next(self.keys):06}",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=said, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def calls(self, who: str = "boss") -> list[dict[str, Any]]:
        """Those that one may see."""
        status, said = await self.ask(who, "GET", "calls")
        assert status == 200, said
        found: list[dict[str, Any]] = said["calls"]
        return found

    async def talking(self, agent: str) -> str:
        """The call in which this agent talks with the caller, once ccore knows it and they hear each other."""
        await self.choir.until({"caller": {agent}, agent: {"caller"}})

        async def known() -> bool:
            return any(
                each["agent"] == agent and each["talks"] for call in await self.calls() for each in call["agents"]
            )

        await until(known)
        return str(
            next(call["call"] for call in await self.calls() for each in call["agents"] if each["agent"] == agent)
        )

    async def until_quiet(self) -> None:
        """Nobody is in a call any more, and both agents wait for one."""
        await until_no_channels(self.site.node)
        for desk in DESKS:
            await self.site.until(f"SELECT state FROM presences WHERE agent = '{desk.agent}'", "ready", 30.0)

    def line_of(self, name: str) -> Line:
        """What a telephone hears, and the keys that come to it."""
        media = self.choir.singers[name].media
        assert isinstance(media, Line)
        return media


def plan(directory: Path, queues: Mapping[str, str], words: str) -> Path:
    """The files of such a site: after a call of the first queue, its caller is asked one thing."""
    built = operators(directory, queues, words)
    first = next(iter(queues))
    menus = built / "menus/test.toml"
    text = menus.read_text(encoding="utf-8").replace(f'queue = "{first}"\n', f'queue = "{first}"\nafter = "asked"\n')
    menus.write_text(text + SURVEY, encoding="utf-8")
    (built / "transfers.toml").write_text(OFFICE, encoding="utf-8")
    for sound in (built / SOUNDS).rglob("supervisor-listens.alaw"):
        sound.write_bytes(tone(TONES["warning"], 0.6))
    return built


@asynccontextmanager
async def handled(directory: Path, queues: Mapping[str, str] = QUEUES, words: str = WORDS) -> AsyncIterator[Handled]:
    """It runs: agents 1001 and 1002 are signed in, the boss's phone and one outside are there."""
    office_port = free_port()
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000, port=office_port)
    paths = Paths(var=directory / "var", dialplan=plan(directory / "plan", queues, words))
    async with (
        site(directory, paths=paths, trunks={"local": trunk}) as built,
        Database.opened(built.postgres.dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        staff = Staff(database, "CN")
        for desk in DESKS:
            await staff.write(desk.agent, f"agent {desk.agent}", dict(desk.skills), by="test")
        secret = built.secrets.phone_secret
        assert secret is not None
        numbers = [*(desk.phone for desk in DESKS), BOSS_PHONE]
        async with (
            phones(built.sip_port, secret.get_secret_value(), numbers) as rung,
            phone(built.sip_port, "office", port=office_port, register=False) as office,
        ):
            by_name = {desk.agent: rung[desk.phone] for desk in DESKS} | {"boss": rung[BOSS_PHONE], "office": office}
            choir = Choir(TONES)
            async with singing(choir, by_name):
                centre = Handled(
                    built, dict(zip(queues, NUMBERS, strict=False)), choir, by_name, await _tokens(database)
                )
                for desk in DESKS:
                    await centre.sign_in(desk)
                yield centre


async def _tokens(database: Database) -> dict[str, str]:
    people, tokens = People(database), {}
    for login, role, agent in (("boss", Role.SUPERVISOR, ""), ("li", Role.AGENT, "1001"), ("wang", Role.AGENT, "1002")):
        assert await people.add(login, login, role, agent, "test")
        made = await people.new_token(login, 1, "", "test")
        assert made is not None
        tokens[login] = made.token
    return tokens
