"""Whom campaigns must not call, and who has said they may: numbers, prefixes and consents."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.dialer.lists.numbers_reading import order
from ccore.dialer.lists.process import reading, within
from ccore.dialer.lists.sheet_model import What
from ccore.dialer.lists.sheet_rows import Site
from ccore.sheets import NoSheet

log = structlog.get_logger()

AT_ONCE = 10_000  # numbers of one statement; a file has more
COMMAND = (sys.executable, "-m", "ccore.dialer.lists.numbers_reading")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of numbers: its rows, how many are new, and what is wrong, for which none were taken."""

    rows: int
    new: int
    faults: tuple[tuple[int, What], ...] = ()


class _Faulty(Exception):
    """A row is wrong: the transaction is to be undone."""


class Barring:
    """The tables. Numbers are E.164, ``who`` a login; everything raises Unavailable and OutcomeUnknown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def why(self, number: str) -> list[Record]:
        """What keeps a number from being called: ``what`` (itself or a prefix), reason, source, made_by, made_at."""
        return await self._database.fetch("barring.barred", number)

    async def numbers(self, after: str, source: str | None, most: int) -> list[Record]:
        """Numbers that are not to be called, in order, those after ``after``."""
        return await self._database.fetch("barring.numbers", after, source, most)

    async def add(self, numbers: Sequence[str], reason: str, source: str, who: str) -> int:
        """Nobody calls these any more, from now on; how many are new."""
        new = 0
        async with self._database.transaction() as transaction:
            for begin in range(0, len(numbers), AT_ONCE):
                some = list(numbers[begin : begin + AT_ONCE])
                new += await transaction.fetch_value("barring.add", some, reason, source, who)
        log.info("do_not_call_added", count=new)
        return new

    async def import_file(self, file: Path, site: Site, reason: str, source: str, who: str) -> Imported:
        """As ``add``, with all numbers of a file, or none if a row of it is wrong. Raises NoSheet."""
        new = 0
        try:
            async with self._database.transaction() as transaction, reading(COMMAND, order(file, site)) as stream:
                while "over" not in (said := json.loads(await within(stream.readline()) or '{"refused": ""}')):
                    if "refused" in said:
                        raise NoSheet(said["refused"] or "it could not be read / 无法读取")
                    new += await transaction.fetch_value("barring.add", said["numbers"], reason, source, who)
                if said["faults"]:
                    raise _Faulty
        except _Faulty:
            return Imported(said["over"], 0, tuple((row, What(what)) for row, what in said["faults"]))
        log.info("do_not_call_added", count=new)
        return Imported(said["over"], new)

    async def remove(self, number: str, who: str) -> bool:
        """A number may be called again; False if it might all along."""
        return await self._database.fetch_value("barring.remove", number, who) is not None

    async def prefixes(self) -> list[Record]:
        """What numbers begin with that are not to be called."""
        return await self._database.fetch("barring.prefixes")

    async def add_prefix(self, prefix: str, reason: str, who: str) -> bool:
        """Nobody calls numbers that begin with ``prefix``, such as +8610; False if that was so."""
        return await self._database.fetch_value("barring.add_prefix", prefix, reason, who) is not None

    async def remove_prefix(self, prefix: str, who: str) -> bool:
        """Numbers with this beginning may be called again; False if they might all along."""
        return await self._database.fetch_value("barring.remove_prefix", prefix, who) is not None

    async def consents(self, number: str) -> list[Record]:
        """What the owner of a number has consented to, the newest first, and what was withdrawn."""
        return await self._database.fetch("barring.consents", number)

    async def consent(self, number: str, purpose: str, given_at: datetime, evidence: str, who: str) -> bool:
        """Note a consent; False if there is one for this purpose that was not withdrawn."""
        added = await self._database.fetch_value("barring.consent", number, purpose, given_at, evidence, who)
        return added is not None

    async def import_consents(self, rows: Sequence[tuple[str, datetime, str]], purpose: str, who: str) -> int:
        """Note consents (number, since when, evidence) for a purpose, all or none; how many are new."""
        new = 0
        async with self._database.transaction() as transaction:
            for begin in range(0, len(rows), AT_ONCE):
                columns = (list(column) for column in zip(*rows[begin : begin + AT_ONCE], strict=True))
                new += await transaction.fetch_value("barring.import_consents", *columns, purpose, who)
        return new

    async def withdraw(self, number: str, purpose: str | None, who: str) -> int:
        """The owner of a number takes back a consent, or all of theirs (None); how many that were."""
        count: int = await self._database.fetch_value("barring.withdraw", number, purpose, who)
        return count
