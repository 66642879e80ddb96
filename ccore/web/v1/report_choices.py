"""Whose sales somebody is told, and what there is to ask reports of them by."""

from typing import Annotated, Any

from pydantic import Field

from ccore.db.pool import Database
from ccore.marketing.staff import Staff
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.reports import SEE
from ccore.web.v1.within import department

MOST_FOUND = 20


class ReportPeopleSought(Said):
    """What is in their number or name."""

    find: Annotated[str, Field(min_length=1, max_length=100)]


class ReportProduct(Told):
    """A product that is or was sold."""

    code: str
    name_zh: str
    name_en: str


class ReportChoices(Told):
    """``scope``: the department whose sales, with all under it, whoever asks is told; null: those of all. Departments
    are paths, the scope's own first."""

    scope: str | None
    departments: list[str]
    teams: list[str]
    products: list[ReportProduct]


class ReportPerson(Told):
    """Somebody who sells, or did."""

    number: str
    name: str
    department: str


class ReportPeople(Told):
    """By number, the first of them."""

    people: list[ReportPerson]


def operations(database: Database, staff: Staff) -> list[Operation[Any, Any]]:
    """For whom reports are for."""

    async def scope(asked: Asked[Any, Any]) -> int | None:
        return await department(asked, staff) if asked.person.role is Role.MANAGER else None

    async def choices(asked: Asked[None, None]) -> ReportChoices:
        mine = await scope(asked)
        paths = [row["path"] for row in await database.fetch("reports.paths_under", mine)]
        products = await database.fetch("reports.products")
        return ReportChoices(
            scope=None if mine is None else paths[0],
            departments=paths,
            teams=[row["name"] for row in await database.fetch("reports.teams_under", mine)],
            products=sorted((ReportProduct(**row) for row in products), key=lambda product: product.code),
        )

    async def people(asked: Asked[None, ReportPeopleSought]) -> ReportPeople:
        rows = await database.fetch("reports.people_under", await scope(asked), asked.query.find, MOST_FOUND)
        return ReportPeople(people=[ReportPerson(**row) for row in rows])

    return [
        Operation("GET", "/reports/choices", "What sales can be asked by", SEE, choices, answer=ReportChoices),
        Operation("GET", "/reports/people", "Who sells", SEE, people, query=ReportPeopleSought, answer=ReportPeople),
    ]
