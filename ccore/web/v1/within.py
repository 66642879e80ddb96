"""Whose business those who sell are: everybody's their own, a manager's all those of their department and below."""

from collections.abc import Collection
from typing import Any

from aiohttp import web

from ccore.marketing.staff import Staff
from ccore.people.model import Role
from ccore.web.v1.operations import Asked


async def own_row(asked: Asked[Any, Any], staff: Staff) -> int:
    """The row of whoever asks, as one who sells. Raises HTTPForbidden."""
    row = await staff.of_number(asked.person.employee) if asked.person.employee else None
    if row is None:
        raise web.HTTPForbidden(text="you sell under no employee number")
    found: int = row["employee_id"]
    return found


def no_period() -> web.HTTPException:
    """Said where nobody sells yet."""
    return web.HTTPConflict(text="there is no period of sales yet / 还没有销售周期")


async def department(asked: Asked[Any, Any], staff: Staff) -> int | None:
    """The department that is a manager's business with all below it; None: an admin, whose business all of them are.

    Raises HTTPForbidden for whoever is no manager, or in no department.
    """
    person = asked.person
    if person.role is Role.ADMIN:
        return None
    row = await staff.of_number(person.employee) if person.role is Role.MANAGER and person.employee else None
    if row is None:
        raise web.HTTPForbidden(text="that is for managers who are in a department")
    found: int = row["departments"][-1]
    return found


async def see_to(asked: Asked[Any, Any], staff: Staff, departments: Collection[int]) -> None:
    """Raises HTTPNotFound unless a department with these above it (itself among them) is a manager's business."""
    mine = await department(asked, staff)
    if mine is not None and mine not in departments:
        raise web.HTTPNotFound(text="there is nobody of this number in your department, and no such team or claim")
