"""Screens on walls: each is let in by a link that opens once, for weeks, and may do nothing but show the floor."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asyncpg import Record

from ccore.db.pool import Database
from ccore.people import passwords
from ccore.people.model import Entrance, Person, Role

LINK_GOOD_FOR = timedelta(hours=1)  # long enough to go to the screen
LONGEST_DAYS = 366
MOST = 200
SEEN_EVERY = timedelta(seconds=30)  # that one is looked at is written down so often
SCOPES = frozenset({"wall", "live"})  # subjects of the API, of which a display only reads
_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A display, and what is told once: ``secret`` opens it until ``link_until``."""

    number: int
    secret: str = field(repr=False)
    link_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A display that was opened; its browser has ``secret`` from now on."""

    number: int
    secret: str = field(repr=False)
    expires_at: datetime


class Displays:
    """The displays of one database. Raises Unavailable and OutcomeUnknown as the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, login: str, name: str, language: str, days: int) -> Made | None:
        """One that lasts for ``days``, and ends before if ``login`` may no more. None: they may not now."""
        secret = passwords.new_token()
        given = login, name, language, timedelta(days=days), passwords.token_hash(secret), LINK_GOOD_FOR
        row = await self._database.fetch_row("displays.make", *given)
        return None if row is None else Made(row["display_id"], secret, row["link_until"], row["expires_at"])

    async def listed(self) -> list[Record]:
        """Those that last: display_id, name, language, made_by, made_at, link_until, opened_at, seen_at, expires_at,
        address, browser."""
        return await self._database.fetch("displays.displays", MOST)

    async def open(self, secret: str, address: str, browser: str) -> Opened | None:
        """Let in the browser that has a link's ``secret``. None: it is none, or was opened before, or is too old."""
        own = passwords.new_session()
        hashes = passwords.token_hash(secret), passwords.token_hash(own)
        given = hashes[0], address, browser[:_LONGEST_BROWSER], hashes[1]
        row = await self._database.fetch_row("displays.open", *given)
        return None if row is None else Opened(row["display_id"], own, row["expires_at"])

    async def one(self, number: int) -> Record | None:
        """display_id, name, language, expires_at."""
        return await self._database.fetch_row("displays.one", number)

    async def end(self, number: int, by: str) -> bool:
        """Its next request is refused, and its socket closed. False: there is none that lasts."""
        return await self._database.fetch_value("displays.finish", number, by) is not None


async def by_secret(database: Database, secret: str) -> Entrance | None:
    """The display whose browser has ``secret``: it comes as somebody of its own, with a supervisor's eyes."""
    row = await database.fetch_row("displays.of_secret", passwords.token_hash(secret))
    if row is None:
        return None
    number = row["display_id"]
    return Entrance(Person(f"display:{number}", row["name"], Role.SUPERVISOR), SCOPES, display=number)
