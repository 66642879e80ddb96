"""A call centre that calls out: campaigns as files, contacts in the database, agents' telephones, and a far end."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg

from ccore.config import Database as Settings
from ccore.config import Paths
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.pbx.far_end import Subscriber
from ccore.people.model import Role
from ccore.people.service import People
from ccore.queues.staff import Staff
from tests.support.agents import phones
from tests.support.call_centre import CallCentre, Desk, operators
from tests.support.far_end import Far, trunk_to
from tests.support.site import Site, site

QUEUE = "outbound"
# Nobody is waited for longer than a test needs.
QUEUES = {
    QUEUE: "wants = {}\nring_s = 20\nwrap_up_s = 0\nwrap_up_most_s = 60\n"
    "[comfort]\nposition = false\nexpected_wait = false\n[offer]\nkeys = { 2 = 'voicemail' }\n"
}
ALWAYS = '[hours.always]\nworkdays = ["00:00-24:00"]\nweekends = ["00:00-24:00"]\nholidays = ["00:00-24:00"]\n'
NEVER = '[hours.never]\ndates = { "2020-01-01" = ["00:00-24:00"] }\n'
OUTGOING = "[far]\ncalls_per_s = 50\n"
QUICK = Subscriber("answers at once, and talks for a second", 0.2, talk_s=1.0)
SLOW = Subscriber("rings for long", 30, 480, 19)
BUSY = Subscriber("is busy", 0.2, 486, 17, "-")
NOBODY = Subscriber("no such number", 0.2, 404, 1, "-")


def table(ordinary: Subscriber = QUICK, **by_digit: Subscriber) -> Mapping[str, Subscriber]:
    """What comes of calls by the last digit, ``d5=BUSY``; all others are ``ordinary``."""
    return {f"{number:02}": by_digit.get(f"d{number % 10}", ordinary) for number in range(100)}


def campaign(*lists: str, hours: str = "always", **more: Any) -> str:
    """A campaign's file."""
    words = {"mode": "progressive", "queue": QUEUE, "hours": hours, "trunks": ["far"], **more}
    lines = [f"{name} = {_toml(value)}" for name, value in words.items()]
    return "\n".join([*lines, "lists = [" + ", ".join(f'{{ list = "{each}" }}' for each in lists) + "]"]) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


class CallingOut:
    """The site that calls; ``far`` is whom it calls, ``centre`` its agents and API."""

    def __init__(self, built: Site, centre: CallCentre, far: Far) -> None:
        self.site = built
        self.centre = centre
        self.far = far

    async def contacts(self, name: str, numbers: Iterable[str], **more: object) -> None:
        """Contacts of a list: numbers without +86."""
        rows = [
            {"list": name, "number": f"+86{number}", "zone": "Asia/Shanghai", "region": "CN", **more}
            for number in numbers
        ]
        await put(self.site.postgres.dsn, rows)

    async def set(self, name: str, state: str) -> None:
        """Have the campaign run, drain or stop."""
        await self.site.rows(
            "INSERT INTO campaigns (name, state, by) VALUES ($1, $2, 'test')"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state, epoch = campaigns.epoch + 1",
            name, state,
        )  # fmt: skip

    async def outcomes(self) -> Mapping[str, int]:
        """How many attempts are over, by outcome, or under way, by state."""
        rows = await self.site.rows(
            "SELECT coalesce(outcome, state) AS what, count(*) AS times FROM attempts GROUP BY 1"
        )
        return {row["what"]: row["times"] for row in rows}


async def put(dsn: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Contacts, by the columns of their table."""
    connection = await asyncpg.connect(dsn)
    try:
        names = list(rows[0])
        await connection.copy_records_to_table("contacts", columns=names, records=[list(row.values()) for row in rows])
    finally:
        await connection.close()


@asynccontextmanager
async def calling_out(
    directory: Path,
    far: Far,
    campaigns: Mapping[str, str],
    desks: Sequence[Desk],
    channels: int = 30,
    queues: Mapping[str, str] = MappingProxyType(QUEUES),
    words: str = "",
    hours: str = "",
    local_channels: int = 1000,
    **sections: Any,
) -> AsyncIterator[CallingOut]:
    """It runs, every agent is signed in, and the campaigns are stopped. ``hours``: more of hours.toml.

    ``local_channels`` are those of the trunk by which callers come.
    """
    plan = operators(directory / "plan", queues, words)
    (plan / "campaigns").mkdir(exist_ok=True)
    for shipped in (plan / "campaigns").glob("*.toml"):
        shipped.unlink()
    for name, text in campaigns.items():
        (plan / f"campaigns/{name}.toml").write_text(text, encoding="utf-8")
    (plan / "outgoing.toml").write_text(OUTGOING, encoding="utf-8")
    with (plan / "hours.toml").open("a", encoding="utf-8") as file:
        file.write(ALWAYS + NEVER + hours)
    local = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=local_channels)
    trunks = {"local": local, "far": trunk_to(far.port, channels)}
    async with (
        site(directory, paths=Paths(var=directory / "var", dialplan=plan), trunks=trunks, **sections) as built,
        Database.opened(built.postgres.dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        centre = CallCentre(built, database, [QUEUE], await _token(database))
        staff = Staff(database, "CN")
        for desk in desks:
            await staff.write(desk.agent, f"agent {desk.agent}", dict(desk.skills), by="test")
        secret = built.secrets.phone_secret
        assert secret is not None
        async with phones(built.sip_port, secret.get_secret_value(), [desk.phone for desk in desks]) as rung:
            centre.phones = {desk.agent: rung[desk.phone] for desk in desks}
            await centre.sign_in(desks, {})
            yield CallingOut(built, centre, far)


async def _token(database: Database) -> str:
    people = People(database)
    await people.add("boss", "Boss", Role.SUPERVISOR, "", "test")
    token = await people.new_token("boss", 1, "", "test")
    assert token is not None
    return token.token
