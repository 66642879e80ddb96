"""A call centre that a supervisor watches: two queues, people at telephones, and one who only looks and listens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from ccore.config import Paths
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.people.model import Role
from ccore.people.service import People
from ccore.queues.staff import Staff
from tests.support.agents import phones
from tests.support.call_centre import NUMBERS, Desk
from tests.support.handled import COMMON, Handled, plan
from tests.support.site import site
from tests.support.toned import Choir, singing
from tests.support.waiting import until

BOSS = "1009"  # an agent's number, so that they have a phone; they can nothing, so that no queue calls them
BOSS_HZ = 700  # what the browser's microphone sings
BOSS_PHONE = "2009"
LATE_S = 4  # what is promised to callers
TONES = {"caller": 500, "1001": 900, "1002": 1100, "boss": BOSS_HZ, "desk": 1300}
DESKS = [Desk("1001", "2001", {"alpha": 5}), Desk("1002", "2002", {"beta": 5})]
NAMES = {"1001": "李娜", "1002": "王磊<b>", BOSS: "周敏"}
LEVEL = f"[service_level]\npercent = 80\nwithin_s = {LATE_S}\n"
RINGS = COMMON.replace("ring_s = 20", "ring_s = 60\nmissed_most = 0")  # until somebody picks up
QUEUES = {
    "service": f'title = {{ zh = "综合服务", en = "Service" }}\nwants = {{ alpha = 1 }}{RINGS}{LEVEL}',
    "beta": f'title = {{ zh = "投诉受理", en = "Complaints" }}\nwants = {{ beta = 1 }}{RINGS}{LEVEL}',
}
WORDS = '[skill.alpha]\n[skill.beta]\n[pause.rest]\ntitle = "小休"\nmost_s = 600\n'
ALERTS = """
[alert.long-wait]
measure = "longest-wait"
raise_at = 3
raise_after_s = 0
clear_at = 1
clear_after_s = 600
"""


@dataclass
class Watched(Handled):
    """As ``Handled``; its agents are signed in, and ring until somebody picks up."""

    async def pick_up(self, name: str) -> None:
        """Somebody takes the call that rings, as soon as it does."""
        await until(lambda: self.phones[name].current is not None)
        self.phones[name].pick_up()


@asynccontextmanager
async def watched(directory: Path) -> AsyncIterator[Watched]:
    """It runs."""
    operators = plan(directory / "plan", QUEUES, WORDS)
    (operators / "alerts.toml").write_text(ALERTS, encoding="utf-8")
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=1000)
    paths = Paths(var=directory / "var", dialplan=operators)
    async with (
        site(directory, paths=paths, trunks={"local": trunk}) as built,
        Database.opened(built.postgres.dsn, built.config.database) as database,
    ):
        staff, skills = Staff(database, "CN"), {desk.agent: dict(desk.skills) for desk in DESKS}
        for agent, name in NAMES.items():
            await staff.write(agent, name, skills.get(agent, {}), by="test")
        secret = built.secrets.phone_secret
        assert secret is not None
        numbers = [*(desk.phone for desk in DESKS), BOSS_PHONE]
        async with phones(built.sip_port, secret.get_secret_value(), numbers, answers_after_s=None) as rung:
            by_name = {desk.agent: rung[desk.phone] for desk in DESKS} | {"desk": rung[BOSS_PHONE]}
            choir = Choir(TONES)
            async with singing(choir, by_name):
                dialled = dict(zip(QUEUES, NUMBERS, strict=False))
                centre = Watched(built, dialled, choir, by_name, await _tokens(database))
                for desk in DESKS:
                    await centre.sign_in(desk)
                yield centre


async def _tokens(database: Database) -> Mapping[str, str]:
    people = People(database)
    assert await people.add("boss", "boss", Role.SUPERVISOR, "", "test")
    made = await people.new_token("boss", 1, "", "test")
    assert made is not None
    return {"boss": made.token}
