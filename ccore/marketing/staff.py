"""Those who sell: taken in from lists all at once, found again, and let go with their claims."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.marketing.product import EPOCH
from ccore.marketing.staff_model import Listed, Read, Said, What
from ccore.people import audit
from ccore.people.model import Role
from ccore.people.service import People
from ccore.people.sign_in import SignIn

log = structlog.get_logger()

PATIENCE_S = 300.0  # for a list of 100,000; nobody waits for it but who sent it
AT_ONCE = 500  # rows written by one statement: to make its JSON is in the way of calls for a moment
MOST_CODES = 200  # each is good for some minutes: of more people, many would read theirs too late, and ask for one


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a list. ``done`` False: nothing was taken, as asked, or a row was wrong and all were to be right."""

    rows: int
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    left: tuple[str, ...] = ()
    claims_ended: int = 0
    codes: int = 0
    departments: int = 0
    said: tuple[Said, ...] = ()
    done: bool = True

    @property
    def bad(self) -> int:
        """Rows that there is something wrong with."""
        return len({said.row for said in self.said if said.what is not What.REPEATED})


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who leaves: how many claims of theirs ended, and the teams that have to find somebody else."""

    claims: int
    teams: tuple[str, ...]


class _Nothing(Exception):
    """All of it is undone; what would have come of it is known."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        super().__init__()


class Staff:
    """The people of one database; ``by`` is always who does it. Raises what Database does."""

    def __init__(self, database: Database, quarantine: timedelta, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._quarantine, self._now = database, quarantine, now

    async def take_in(self, read: Read, by: str, *, whole: bool = False, dry_run: bool = False) -> Taken:
        """Make the staff what a list says; the same list again changes nothing, and who is not in it stays.

        ``whole``: one wrong row, and nothing is taken.
        """
        try:
            async with self._database.transaction() as transaction:
                await transaction.be_patient(PATIENCE_S)
                await transaction.fetch("marketing_staff.turn")
                taken = await _Import(transaction, by, self._now(), self._quarantine).run(read)
                if dry_run or (whole and taken.bad):
                    raise _Nothing(taken)
                await audit.note(transaction, by, "employees-imported", "employees", _counts(taken))
        except _Nothing as nothing:
            return replace(nothing.taken, done=False)
        log.info("employees_imported", by=by, **_counts(taken))
        return taken

    async def add_friend(self, name: str, phone: str, department_id: int, language: str, by: str) -> str | None:
        """Somebody of a seller's family or friends, who sells in teams and is never ranked: their number.

        None: somebody has that telephone already.
        """
        async with self._database.transaction() as transaction:
            await transaction.fetch("marketing_staff.turn")
            if await transaction.fetch("marketing_staff.phones", [phone], []):
                return None
            number: str = await transaction.fetch_value("marketing_staff.next_friend")
            joined = _utc(self._now())
            row = {"number": number, "name": name, "phone": phone, "department_id": department_id, "kind": "friend",
                   "joined_at": joined, "left_at": None, "language": language, "new": True, "detail": {}}  # fmt: skip
            await transaction.fetch("marketing_staff.put", [row], by)
        log.info("friend_added", number=number, by=by)
        return number

    async def let_in(self, numbers: Sequence[str], by: str) -> tuple[int, int]:
        """Let those of ``numbers`` sign in who cannot, by their number: how many, and how many codes were sent."""
        people, sign_in = People(self._database), SignIn(self._database)
        strangers = await self._database.fetch("marketing_staff.strangers", list(numbers))
        added = []
        for row in strangers:
            login = row["number"].lower()
            if await people.add(login, row["name"], Role.EMPLOYEE, "", by, employee=row["number"]):
                added.append(login)
        for login in added[:MOST_CODES]:
            await sign_in.send_code(login)
        return len(added), min(len(added), MOST_CODES)

    async def leave(self, number: str, by: str, at: datetime | None = None) -> Gone | None:
        """They leave now, or ``at`` another time, and their claims end. None: there is nobody, or they have left."""
        now = self._now()
        async with self._database.transaction() as transaction:
            person = await transaction.fetch_value("marketing_staff.leave", number, at or now, by)
            if person is None:
                return None
            await transaction.fetch("marketing_staff.turns", [person])
            claims: int = await transaction.fetch_value("marketing_staff.end_claims", [person], now, by)
            teams = await transaction.fetch("marketing_staff.teams_of", person, at or now)
        log.info("employee_left", claims=claims, by=by)
        return Gone(claims, tuple(row["name"] for row in teams))

    async def employees(
        self, size: int, after: str | None = None, *, department: int | None = None, find: str | None = None,
        also_left: bool = False,
    ) -> list[Record]:  # fmt: skip
        """employee_id, number, name, phone, department (path), kind, joined_at, left_at, language, claims, signs_in."""
        now = self._now()
        return await self._database.fetch("marketing_staff.employees", size, after, department, find, also_left, now)

    async def departments(self, within: int | None = None) -> list[Record]:
        """department_id, path, ids (from the top), people; by path."""
        return await self._database.fetch("marketing_staff.departments", self._now(), within)

    async def of_number(self, number: str) -> Record | None:
        """employee_id, left_at, departments (theirs and those above) of an employee number."""
        return await self._database.fetch_row("marketing_staff.of_number", number)


class _Import:
    """One list on its way in, within a transaction."""

    def __init__(self, transaction: Transaction, by: str, now: datetime, quarantine: timedelta) -> None:
        self._transaction, self._by, self._now, self._quarantine = transaction, by, now, quarantine
        self._departments: dict[str, int] = {}
        self._made = 0

    async def run(self, read: Read) -> Taken:
        numbers = [one.number.lower() for one in read.listed]
        rows = await self._transaction.fetch("marketing_staff.there", numbers)
        there = {row["number"].lower(): row for row in rows}
        taken = await self._transaction.fetch("marketing_staff.phones", _phones(read.listed), numbers)
        # Of a long list this takes seconds: in a thread, calls go on.
        listed, said = await asyncio.to_thread(_without_clashes, read.listed, there, {row["phone"] for row in taken})
        new, known = await asyncio.to_thread(_compared, listed, there)
        changed = [(one, keys) for one, keys in known if keys]
        put = [(one, None) for one in new] + [(one, there[one.number.lower()]) for one, _ in changed]
        ids = await self._put(put, {one.number: keys for one, keys in changed})
        ids |= {row["number"]: row["employee_id"] for row in rows}
        left = [one for one, old in put if one.left is not None and (old is None or old["left_at"] != one.left)]
        claims = await self._end_claims([ids[one.number] for one in left])
        codes, wrong = await self._codes([one for one in listed if one.codes and one.left is None], ids)
        return Taken(
            rows=read.rows,
            new=tuple(one.number for one in new),
            changed=tuple(one.number for one, _ in changed),
            same=len(known) - len(changed),
            left=tuple(one.number for one in left),
            claims_ended=claims,
            codes=codes,
            departments=self._made,
            said=tuple(sorted([*read.said, *said, *wrong], key=lambda each: (each.row, each.what))),
        )

    async def _put(
        self, put: Sequence[tuple[Listed, Record | None]], keys: Mapping[str, Sequence[str]]
    ) -> dict[str, int]:
        """The rows of them, piece by piece, as calls go on meanwhile."""
        ids: dict[str, int] = {}
        for begin in range(0, len(put), AT_ONCE):
            ids |= await self._put_piece(put[begin : begin + AT_ONCE], keys)
        return ids

    async def _put_piece(
        self, put: Sequence[tuple[Listed, Record | None]], keys: Mapping[str, Sequence[str]]
    ) -> dict[str, int]:
        rows = []
        for one, old in put:
            row = _row(one, old) | {"department_id": await self._department(one.department)}
            detail = {"row": one.row} if old is None else {"row": one.row, "changed": list(keys[one.number])}
            rows.append(row | {"new": old is None, "detail": detail})
        made = await self._transaction.fetch("marketing_staff.put", rows, self._by)
        ids: dict[str, int] = {row["number"]: row["employee_id"] for row in made}
        for kind in ("others", "family"):
            said = [(ids[one.number], getattr(one, kind)) for one, _ in put if getattr(one, kind) is not None]
            word = "own" if kind == "others" else "family"
            await self._transaction.execute("marketing_staff.forget_numbers", [person for person, _ in said], word)
            pairs = [(person, number) for person, numbers in said for number in numbers]
            people, numbers = [person for person, _ in pairs], [number for _, number in pairs]
            await self._transaction.execute("marketing_staff.add_numbers", people, numbers, word)
        return ids

    async def _department(self, path: tuple[str, ...]) -> int:
        name = "/".join(path)
        if not self._departments:
            known = await self._transaction.fetch("marketing_staff.departments", self._now, None)
            self._departments = {row["path"]: row["department_id"] for row in known}
        if name not in self._departments:
            parent = await self._department(path[:-1]) if path[:-1] else None
            made: int = await self._transaction.fetch_value("marketing_staff.add_department", path[-1], parent)
            self._departments[name] = made
            self._made += 1
        return self._departments[name]

    async def _end_claims(self, people: list[int]) -> int:
        await self._transaction.fetch("marketing_staff.turns", people)
        count: int = await self._transaction.fetch_value("marketing_staff.end_claims", people, self._now, self._by)
        return count

    async def _codes(self, listed: Sequence[Listed], ids: Mapping[str, int]) -> tuple[int, list[Said]]:
        """Codes that were given before there was ccore."""
        if not listed:
            return 0, []
        products = {row["code"]: row["product_id"] for row in await self._transaction.fetch("marketing_staff.sold")}
        said: list[Said] = []
        asked = []
        for one in listed:
            for code in one.codes:
                product = next((each for each in products if code.startswith(each) and code != each), None)
                if product is None:
                    said.append(Said(one.row, What.NO_PRODUCT, shown=code))
                else:
                    asked.append((one, product, code))
        await self._transaction.fetch("marketing_staff.turns", sorted({ids[one.number] for one, _, _ in asked}))
        for product in sorted({product for _, product, _ in asked}):
            await self._transaction.fetch("marketing_products.turn", products[product])
        made = 0
        for one, product, code in asked:
            wanted = (
                ids[one.number],
                products[product],
                code.removeprefix(product),
                self._now,
                self._by,
                self._quarantine,
            )
            row = await self._transaction.fetch_row("marketing_staff.take_code", *wanted)
            made += row is not None and not row["same"]
            if row is None:
                said.append(Said(one.row, What.CODE_TAKEN, shown=code))
        return made, said


def _phones(listed: Sequence[Listed]) -> list[str]:
    return [one.phone for one in listed if one.left is None]


def _without_clashes(
    listed: Sequence[Listed], there: Mapping[str, Record], taken: Collection[str]
) -> tuple[list[Listed], list[Said]]:
    """Those who neither have somebody else's telephone (``taken``), nor their number but for its capitals."""
    kept, said = [], []
    for one in listed:
        old = there.get(one.number.lower())
        if old is not None and old["number"] != one.number:
            said.append(Said(one.row, What.TWO_OWNERS, shown=old["number"]))
        elif one.left is None and one.phone in taken:
            said.append(Said(one.row, What.PHONE_TAKEN))
        else:
            kept.append(one)
    return kept, said


def _compared(
    listed: Sequence[Listed], there: Mapping[str, Record]
) -> tuple[list[Listed], list[tuple[Listed, tuple[str, ...]]]]:
    """Who is new, and the others with the keys in which the database says otherwise."""
    new = [one for one in listed if one.number.lower() not in there]
    known = [(one, _wanted(one, there[one.number.lower()])) for one in listed if one.number.lower() in there]
    return new, known


def _wanted(one: Listed, old: Record) -> tuple[str, ...]:
    """The keys in which the database says otherwise."""
    new = _row(one, old) | {"department": "/".join(one.department)}
    keys = [key for key in ("name", "phone", "department", "kind", "language") if new[key] != old[key]]
    keys += [key for key in ("joined_at", "left_at") if new[key] != (old[key] and old[key].isoformat())]
    keys += [
        key for key in ("others", "family") if getattr(one, key) is not None and list(getattr(one, key)) != old[key]
    ]
    return tuple(keys)


def _row(one: Listed, old: Record | None) -> dict[str, Any]:
    """What the database has of somebody, by their row, and by what it had where the file says nothing."""
    joined = one.joined or (EPOCH if old is None else old["joined_at"])
    left = one.left if one.says_left or one.left or old is None else old["left_at"]
    return {
        "number": one.number,
        "name": one.name,
        "phone": one.phone,
        "kind": one.kind or (old["kind"] if old else "staff"),
        "language": one.language or (old["language"] if old else "zh"),
        "joined_at": _utc(joined),
        "left_at": None if left is None else _utc(left),
    }


def _utc(at: datetime) -> str:
    return at.astimezone(EPOCH.tzinfo).isoformat()


def _counts(taken: Taken) -> dict[str, int]:
    lists = {"new": taken.new, "changed": taken.changed, "left": taken.left}
    counts = {name: len(numbers) for name, numbers in lists.items()}
    counts |= {name: getattr(taken, name) for name in ("rows", "same", "claims_ended", "codes", "departments", "bad")}
    return counts
