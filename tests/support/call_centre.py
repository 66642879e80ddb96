"""A whole call centre of a test's own: queues as files, agents in the database, telephones at their desks."""

import asyncio
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from types import MappingProxyType
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
from tests.support.agents import Phone, phones
from tests.support.asterisk import NODE
from tests.support.prompts import as_if_built, short_dialplan
from tests.support.site import Site, site

NUMBERS = ("10086", "10089", "1001011", "1001012", "1001013")  # of the shipped number plan: a queue each, in order
READY_WITHIN_S = 60.0
SILENCE_MS = 200
SERVICE = "[offer]\nkeys = { 1 = 'voicemail' }\n"  # there has to be one, whoever comes to it


@dataclass(frozen=True, slots=True)
class Desk:
    """One agent of the test: their phone, and what they can."""

    agent: str
    phone: str
    skills: Mapping[str, int]


class CallCentre:
    """A site with ``queues``; ``number[queue]`` is dialled to come to it; ``phones`` are at the desks, by agent."""

    def __init__(self, built: Site, database: Database, queues: Sequence[str], token: str) -> None:
        self.site = built
        self.database = database
        self.number = dict(zip(queues, NUMBERS, strict=False))
        self.phones: dict[str, Phone] = {}
        self._token = token

    async def ask(self, method: str, path: str, said: object = None) -> Any:
        """What the API of the running ccore answers a supervisor; fails if it does not do what is asked."""
        status, answer = await self._asked(method, path, said)
        assert status in {200, 201}, f"{method} {path}: {status} {answer}"
        return answer

    async def _asked(self, method: str, path: str, said: object = None) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.site.config.http.port}{path}"
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": secrets.token_hex(8)}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url, json=said) as answer,
        ):
            return answer.status, await answer.json()

    async def sign_in(self, desks: Sequence[Desk], paused: Mapping[str, str]) -> None:
        """All of them, some ``paused`` for a reason, and wait until Asterisk has every one in its lines."""
        deadline = time.monotonic() + READY_WITHIN_S
        for desk in desks:
            path, said = f"/api/v1/agents/{desk.agent}/sign-in", {"kind": "phone", "number": desk.phone, "node": NODE}
            # Just hired: ccore does not know them yet. Or so many that one person asks too often.
            while (answer := await self._asked("POST", path, said))[0] in {404, 429}:
                assert time.monotonic() < deadline, answer
                await asyncio.sleep(0.1)
            assert answer[0] == 200, answer
        for agent, reason in paused.items():
            await self.ask("POST", f"/api/v1/agents/{agent}/pause", {"reason": reason})
        await self.until_members()

    async def until_members(self) -> None:
        """Wait until every member that is wanted is in Asterisk, as it is wanted."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            wanted = await self.site.rows("SELECT DISTINCT queue, name, paused FROM wanted_members")
            shown = await self.site.node.cli("queue show")
            missing = [row for row in wanted if not _is_there(_of(shown, row["queue"]), row["name"], row["paused"])]
            if wanted and not missing:
                return
            assert time.monotonic() < deadline, f"{missing} are not in\n{shown}"
            await asyncio.sleep(0.2)


def _is_there(line: str, agent: str, paused: bool) -> bool:
    found = next((member for member in line.splitlines() if f" {agent} (" in member), "")
    return found != "" and ("(paused" in found) == paused


def _of(shown: str, line: str) -> str:
    """What `queue show` says of one line."""
    return next((part for part in shown.split("\n\n") if part.startswith(f"{line} has ")), "")


def operators(directory: Path, queues: Mapping[str, str], words: str = "") -> Path:
    """The shipped files, with these queues (TOML by name) in place of the shipped ones, each at a number of its own."""
    shutil.copytree(short_dialplan(), directory)
    for part in ("queues", "menus"):
        shutil.rmtree(directory / part)
        (directory / part).mkdir()
    for part in ("scorecards", "campaigns"):  # they speak of the shipped dispositions and queues
        shutil.rmtree(directory / part, ignore_errors=True)
    for name, text in {"service": SERVICE, **queues}.items():
        (directory / f"queues/{name}.toml").write_text(text, encoding="utf-8")
    nodes = [f'[to-{name}]\ndo = "queue"\nqueue = "{name}"\n' for name in queues]
    (directory / "menus/test.toml").write_text("\n".join(nodes), encoding="utf-8")
    names = [*queues, *[next(iter(queues))] * len(NUMBERS)]
    hotlines = [
        f'[[hotline]]\nnumber = "{number}"\nstart = "to-{name}"\npeople = "to-{name}"\n'
        for number, name in zip(NUMBERS, names, strict=False)
    ]
    (directory / "hotlines.toml").write_text("\n".join(hotlines), encoding="utf-8")
    (directory / "centre.toml").write_text(words, encoding="utf-8")
    as_if_built(directory)
    for sound in (directory / SOUNDS).rglob("*.alaw"):
        sound.write_bytes(sound.read_bytes() or SILENCE_MS * 8 * b"\xd5")  # of a prompt that nobody has spoken yet
    return directory


@asynccontextmanager
async def call_centre(
    directory: Path,
    queues: Mapping[str, str],
    desks: Sequence[Desk],
    words: str = "",
    paused: Mapping[str, str] = MappingProxyType({}),
    files: Mapping[str, str] = MappingProxyType({}),
    **sections: Any,
) -> AsyncIterator[CallCentre]:
    """It runs, and every agent is at their desk and signed in; some are ``paused``, for the reason given.

    ``files`` stand in place of the operator's own, by their paths.
    """
    plan = operators(directory / "plan", queues, words)
    for path, text in files.items():
        (plan / path).parent.mkdir(exist_ok=True)
        (plan / path).write_text(text, encoding="utf-8")
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000)
    paths = Paths(var=directory / "var", dialplan=plan)
    async with (
        site(directory, **{"paths": paths, "trunks": {"local": trunk}, **sections}) as built,
        Database.opened(built.postgres.dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        staff = Staff(database, "CN")
        for desk in desks:
            await staff.write(desk.agent, f"agent {desk.agent}", dict(desk.skills), by="test")
        people = People(database)
        await people.add("boss", "Boss", Role.SUPERVISOR, "", "test")
        token = await people.new_token("boss", 1, "", "test")
        assert token is not None
        secret = built.secrets.phone_secret
        assert secret is not None
        async with phones(built.sip_port, secret.get_secret_value(), [desk.phone for desk in desks]) as rung:
            centre = CallCentre(built, database, list(queues), token.token)
            centre.phones = {desk.agent: rung[desk.phone] for desk in desks}
            await centre.sign_in(desks, paused)
            yield centre
