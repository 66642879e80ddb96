"""The standby staff: which echelon is proposed, calling it up by text message, and who came; and the volume plans."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import structlog

from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.errors import Fault, FaultsFound
from ccore.numbers.echelons import Standby, proposed, text
from ccore.people import audit

log = structlog.get_logger()

VOLUME_CODE = "VOLUME"  # of every fault in a file of volume plans
COLUMNS = ("queue", "weekday", "hour", "calls")
SHOWN_FOR = timedelta(hours=12)  # a shift: who was called up is shown so long
MOST_CALLS = 1_000_000

Plan = tuple[str, int, int, int]


def hour_of(at: datetime, zone: tzinfo) -> datetime:
    """The local hour that holds ``at``."""
    local = at.astimezone(zone)
    return local.replace(minute=0, second=0, microsecond=0, fold=local.fold)


class StandbyStaff:
    """Calls up agents of the echelons of ``use``."""

    def __init__(self, database: Database, site: str, zone: tzinfo) -> None:
        self._database = database
        self._site = site
        self._zone = zone
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """These echelons and words from now on."""
        self._centre = centre

    async def shown(self, now: datetime) -> dict[str, object]:
        """What stands by for each queue, whom that would call up, and who was called up lately. Raises Unavailable."""
        people = await self._people()
        states = await self._database.fetch("numbers.echelon_states")
        called = await self._database.fetch("numbers.called_up", now - SHOWN_FOR)
        return {
            "queues": [{**dict(row), "people": _named(proposed(people, row["level"]))} for row in states],
            "called_up": [dict(row) for row in called],
        }

    async def call_up(self, level: int, queue: str, by: str, now: datetime) -> Sequence[str]:
        """Text everybody of echelon 1 to ``level`` who is not signed in; the agents who had not been in this hour.

        Asked twice, it texts nobody twice. Raises Unavailable or OutcomeUnknown: then ask again.
        """
        people, words = proposed(await self._people(), level), self._words(level)
        hour = hour_of(now, self._zone)
        async with self._database.transaction() as transaction:
            called = [one for one in people if await transaction.fetch_value(
                "numbers.call_up", one.agent, hour, level, queue, by)]  # fmt: skip
            for one in called:
                params = {"language": "zh", "text": text(words, self._site, queue, level), "agent": one.agent}
                await transaction.execute("numbers.text", "echelon-call-up", one.mobile, params)
            detail = {"queue": queue, "agents": [one.agent for one in called]}
            await audit.note(transaction, by, "echelon-called-up", f"echelon:{level}", detail)
        log.info("echelon_called_up", level=level, queue=queue, agents=len(called), by=by)
        return [one.agent for one in called]

    async def _people(self) -> list[Standby]:
        return [Standby(**row) for row in await self._database.fetch("numbers.standby")]

    def _words(self, level: int) -> str:
        echelons = self._centre.words.echelon if self._centre else ()
        return echelons[level - 1].text if level <= len(echelons) else ""


def _named(people: Iterable[Standby]) -> list[dict[str, object]]:
    return [{"agent": one.agent, "name": one.name, "echelon": one.echelon} for one in people]


async def plan(database: Database, plans: Sequence[Plan]) -> None:
    """Take these plans in place of those their queues had: all of it or nothing."""
    async with database.transaction() as transaction:
        await transaction.execute("numbers.clear_plan", sorted({queue for queue, *_ in plans}))
        await transaction.execute_many("numbers.plan", plans)


def read_plans(file: Path, queues: Iterable[str]) -> list[Plan]:
    """The plans of a CSV file with the columns of COLUMNS. Raises FaultsFound with every fault and its line."""
    known, faults = set(queues), list[Fault]()
    plans: dict[tuple[str, int, int], Plan] = {}
    try:
        text_ = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(file, 0, VOLUME_CODE, f"cannot be read, save it as UTF-8 text: {error}")]) from error
    rows = csv.reader(text_.splitlines())
    if (head := tuple(cell.strip() for cell in next(rows, []))) != COLUMNS:
        raise FaultsFound([Fault(file, 1, VOLUME_CODE, f"the first line must be {','.join(COLUMNS)}, not {head}")])
    for row in rows:
        found = _plan(row, known)
        if isinstance(found, str):
            faults.append(Fault(file, rows.line_num, VOLUME_CODE, found))
        elif plans.setdefault(found[:3], found) is not found:
            faults.append(Fault(file, rows.line_num, VOLUME_CODE, "this hour of this queue stands there before"))
    if faults:
        raise FaultsFound(faults)
    return list(plans.values())


def _plan(row: Sequence[str], queues: set[str]) -> Plan | str:
    """The row as a plan, or what is wrong with it."""
    cells = [cell.strip() for cell in row]
    if len(cells) != len(COLUMNS):
        return f"has {len(cells)} columns, not {len(COLUMNS)}"
    queue, *numbers = cells
    if queue not in queues:
        return f"there is no queue {queue}"
    if not all(cell.isascii() and cell.isdigit() for cell in numbers):
        return "weekday, hour and calls are whole numbers"
    weekday, hour, calls = map(int, numbers)
    if not (1 <= weekday <= 7 and 0 <= hour <= 23 and calls <= MOST_CALLS):
        return "weekday is 1 (Monday) to 7, hour 0 to 23, calls at most a million"
    return queue, weekday, hour, calls
