"""What everybody who sells has earned in a period and is owed, person by person and department by department."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from asyncpg import Record

from ccore.db.pool import Database
from ccore.ordering.commission.tallies import split

LIMIT_S = 25.0  # of a statement: it goes through a day's row of everybody's


@dataclass(frozen=True, slots=True)
class Sums:
    """In fen: earned in the period, net of what was given back, which was so much; paid in it; and owed by now."""

    booked_fen: int = 0
    clawed_back_fen: int = 0
    paid_out_fen: int = 0
    held_fen: int = 0
    payable_fen: int = 0

    @classmethod
    def of(cls, row: Record) -> "Sums":
        """As a row has them."""
        return cls(*(row[name] for name in cls.__slots__))


@dataclass(frozen=True, slots=True)
class PersonSums:
    """One who sells."""

    number: str
    name: str
    department: str
    has_left: bool
    sums: Sums


@dataclass(frozen=True, slots=True)
class DepartmentSums:
    """A department: those of its people, of whom there is something to tell, with what it has by claims of its own."""

    department: str
    people: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Overview:
    """Everybody of whom there is something to tell; who earned most is the first."""

    people: Sequence[PersonSums] = ()
    departments: Sequence[DepartmentSums] = field(default=())

    @property
    def total(self) -> Sums:
        """Of all departments."""
        return added(each.sums for each in self.departments)


async def overview(
    database: Database, zone: ZoneInfo, span: tuple[datetime, datetime], department_id: int | None
) -> Overview:
    """What those in or below the department (None: all) earned within ``span``, and are owed."""
    whole, edges = split(span, zone)
    async with database.transaction() as transaction:
        await transaction.be_patient(LIMIT_S)
        begins, ends = [since for since, _ in edges], [until for _, until in edges]
        rows = await transaction.fetch("commission_overview.people", department_id, *whole, begins, ends, *span)
        own = await transaction.fetch("commission_overview.departments", department_id, *span)
    people = [PersonSums(row["number"], row["name"], row["department"], row["has_left"], Sums.of(row)) for row in rows]
    return Overview(people, by_department(people, {row["department"]: Sums.of(row) for row in own}))


def by_department(people: Iterable[PersonSums], own: dict[str, Sums]) -> list[DepartmentSums]:
    """A line for each department, by its path; ``own`` is what it has beside its people."""
    groups: defaultdict[str, list[Sums]] = defaultdict(list)
    for person in people:
        groups[person.department].append(person.sums)
    return [
        DepartmentSums(path, len(groups.get(path, [])), added([*groups.get(path, []), own.get(path, Sums())]))
        for path in sorted({*groups, *own})
    ]


def added(several: Iterable[Sums]) -> Sums:
    """All of them together."""
    whole = Sums()
    for one in several:
        whole = Sums(*(getattr(whole, name) + getattr(one, name) for name in Sums.__slots__))
    return whole
