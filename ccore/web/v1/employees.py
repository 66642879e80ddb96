"""Those who sell, over HTTP: admins take lists in, managers see their department and below, and let people go."""

import asyncio
import base64
import binascii
import secrets
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.config import Config
from ccore.marketing.model import Refused, Why
from ccore.marketing.product import Time
from ccore.marketing.service import Marketing
from ccore.marketing.staff_model import SAID, Read, Site
from ccore.marketing.staff_sheet import read
from ccore.people.model import Role
from ccore.sheets import Anyhow, NoSheet, opened
from ccore.web.bodies import MOST_BYTES_EVER, Said
from ccore.web.v1 import within
from ccore.web.v1.claims import Handed, Number, refusal
from ccore.web.v1.files import FULL, arrived
from ccore.web.v1.operations import Asked, Operation, Told

MOST_FAULTS = 1000  # rows of a list that are told of
Department = Annotated[str, Field(min_length=1, max_length=1000, description="its path, such as Sales/East")]


class EmployeesWanted(Said):
    """Which people: in a department and below, with ``find`` in number, name or telephone, after this number."""

    size: Annotated[int, Field(ge=1, le=200)] = 50
    after: Number | None = None
    find: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    department: Department | None = None
    left: bool = False


Encoding = Literal["auto", "utf-8", "utf-16", "gb18030", "big5"]


class StaffFile(Said):
    """What is to be done with a list that is the body (CSV or XLSX), as ``StaffList`` has it."""

    file: Annotated[str, Field(min_length=1, max_length=200, description="its name")]
    encoding: Encoding = "auto"
    whole: bool = False
    dry_run: bool = False
    sign_in: bool = False


class StaffList(Said):
    """A list that is not long: the ``file`` (CSV or XLSX) in base64. ``whole``: one wrong row, and nothing is taken;
    ``dry_run``: nothing is taken anyhow; ``sign_in``: new people may sign in by their number.
    """

    file: Annotated[str, Field(min_length=4, max_length=MOST_BYTES_EVER, pattern="^[A-Za-z0-9+/]+={0,2}$")]
    encoding: Encoding = "auto"
    whole: bool = False
    dry_run: bool = False
    sign_in: bool = False


class Leave(Said):
    """When (by itself now), and who goes on with their codes."""

    at: Time | None = None
    hand_over_to: Number | None = None


class Employee(Told):
    """Somebody who sells."""

    number: str
    name: str
    phone: str
    department: str
    kind: Literal["staff", "contracted", "friend"]
    joined_at: datetime
    left_at: datetime | None
    language: Literal["zh", "en"]
    claims: int
    signs_in: bool


class Employees(Told):
    """By number; ``after`` gives the next page, and is null on the last."""

    employees: list[Employee]
    after: str | None


class OneDepartment(Told):
    """A department, by its path from the top, and how many people are in it."""

    department: int
    path: str
    people: int


class Departments(Told):
    """By path."""

    departments: list[OneDepartment]


class ListRow(Told):
    """What there is to say of a row, as a spreadsheet counts."""

    row: int
    what: str
    column: str
    shown: str
    en: str
    zh: str


class ListTaken(Told):
    """What came of a list. ``done`` false: nothing was taken."""

    done: bool
    rows: int
    new: int
    changed: int
    same: int
    left: int
    claims_ended: int
    codes: int
    departments: int
    bad: int
    let_in: int
    codes_sent: int
    said: list[ListRow]
    left_out: list[str]


class Gone(Told):
    """What became of their claims, and the teams that have to share otherwise."""

    claims_ended: int
    handed: list[Handed]
    teams: list[str]


class _Employees:
    def __init__(self, of: Marketing, config: Config) -> None:
        self._of, self._site = of, Site(config.site.region, config.zone)
        self._directory = config.var / "uploads"

    async def listed(self, asked: Asked[None, EmployeesWanted]) -> Employees:
        want = asked.query
        mine = await within.department(asked, self._of.staff)
        if want.department is not None:
            found = await self._of.claims.holder(department=want.department)
            if found is None:
                raise refusal(Refused(Why.NO_HOLDER))
            await within.see_to(asked, self._of.staff, found[1])
            mine = found[0].row
        rows = await self._of.staff.employees(
            want.size, want.after, department=mine, find=want.find, also_left=want.left
        )
        people = [Employee.model_validate(dict(row)) for row in rows]
        return Employees(employees=people, after=people[-1].number if len(people) == want.size else None)

    async def departments(self, asked: Asked[None, None]) -> Departments:
        rows = await self._of.staff.departments(await within.department(asked, self._of.staff))
        found = [{**row, "department": row["department_id"]} for row in rows]
        return Departments.model_validate({"departments": found})

    async def take_in(self, asked: Asked[StaffList, None]) -> ListTaken:
        said = asked.body
        try:
            content = base64.b64decode(said.file, validate=True)
        except binascii.Error as error:
            raise web.HTTPBadRequest(text="file: no base64") from error
        with tempfile.TemporaryDirectory(prefix="ccore-list-") as directory:
            path = Path(directory) / "list"
            await asyncio.to_thread(path.write_bytes, content)
            return await self._taken(path, said, asked.person.login)

    async def take_file_in(self, asked: Asked[None, StaffFile]) -> ListTaken:
        """A second one with the same key finds all as it says, and changes nothing more."""
        path = self._directory / secrets.token_hex(16)
        try:
            await arrived(asked.request, path, asked.query.file)
            return await self._taken(path, asked.query, asked.person.login)
        finally:
            path.unlink(missing_ok=True)

    async def _taken(self, path: Path, said: StaffList | StaffFile, by: str) -> ListTaken:
        found = await asyncio.to_thread(self._read, path, said.encoding)
        taken = await self._of.staff.take_in(found, by, whole=said.whole, dry_run=said.dry_run)
        let_in, sent = await self._of.staff.let_in(taken.new, by) if said.sign_in and taken.done else (0, 0)
        rows = [
            ListRow(row=each.row, what=each.what.value, column=each.column, shown=each.shown, en=SAID[each.what][0],
                zh=SAID[each.what][1])
            for each in taken.said[:MOST_FAULTS]
        ]  # fmt: skip
        return ListTaken(
            done=taken.done, rows=taken.rows, new=len(taken.new), changed=len(taken.changed), same=taken.same,
            left=len(taken.left), claims_ended=taken.claims_ended, codes=taken.codes, departments=taken.departments,
            bad=taken.bad, let_in=let_in, codes_sent=sent, said=rows, left_out=list(found.left_out),
        )  # fmt: skip

    async def leave(self, asked: Asked[Leave, None]) -> Gone:
        said, by, number = asked.body, asked.person.login, asked.path["number"]
        row = await self._of.staff.of_number(number)
        if row is None:
            raise refusal(Refused(Why.NO_HOLDER))
        await within.see_to(asked, self._of.staff, row["departments"])
        handed: list[Handed] = []
        if said.hand_over_to is not None:
            handed = await self._handed(asked, row["employee_id"], said.hand_over_to)
        gone = await self._of.staff.leave(number, by, said.at)
        if gone is None:
            raise web.HTTPConflict(text="they have left already / 已离职")
        return Gone(claims_ended=gone.claims, handed=handed, teams=list(gone.teams))

    async def _handed(self, asked: Asked[Leave, None], leaver: int, to: str) -> list[Handed]:
        found = await self._of.claims.holder(employee=to)
        if found is None:
            raise refusal(Refused(Why.NO_HOLDER))
        await within.see_to(asked, self._of.staff, found[1])
        handed = await self._of.claims.hand_over(leaver, found[0], asked.person.login, at=asked.body.at)
        if isinstance(handed, Refused):
            raise refusal(handed)
        return [Handed.model_validate(each, from_attributes=True) for each in handed]

    def _read(self, path: Path, encoding: str) -> Read:
        """The list. Raises HTTPBadRequest."""
        try:
            with opened(path, Anyhow(encoding=encoding)) as sheet:
                return read(sheet.rows, self._site)
        except NoSheet as error:
            raise web.HTTPBadRequest(text=str(error)) from error


def operations(of: Marketing, config: Config) -> list[Operation[Any, Any]]:
    """For managers; lists are for admins."""
    on, managers = _Employees(of, config), frozenset({Role.MANAGER})
    return [
        Operation("GET", "/employees", "Those who sell", managers, on.listed, query=EmployeesWanted, answer=Employees),
        Operation("GET", "/employees/departments", "The tree of departments", managers, on.departments,
                  answer=Departments),
        Operation("POST", "/employees/import", "Take a list in", frozenset(), on.take_in, body=StaffList,
                  answer=ListTaken, most_bytes=MOST_BYTES_EVER),
        Operation("POST", "/employees/files", "Take a long list in", frozenset(), on.take_file_in, query=StaffFile,
                  answer=ListTaken, file=True, also={507: FULL}),
        Operation("POST", "/employees/{number}/leave", "Somebody leaves", managers, on.leave, body=Leave, answer=Gone),
    ]  # fmt: skip
