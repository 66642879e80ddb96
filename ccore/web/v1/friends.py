"""Family and friends of those who sell, over HTTP: a manager adds them, and they share in teams."""

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.marketing.product import Line
from ccore.marketing.service import Marketing
from ccore.people.model import Role
from ccore.web.bodies import PhoneNumber, Said, telephone
from ccore.web.v1 import within
from ccore.web.v1.operations import Asked, Operation, Told


class NewFriend(Said):
    """Who it is, and where they sell; without a ``department`` in the one of who adds them."""

    name: Line
    phone: PhoneNumber
    department: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    language: Literal["zh", "en"] = "zh"


class FriendAdded(Told):
    """The number that they have from now on, as others have that of their staff."""

    number: str


def operations(of: Marketing, region: str) -> list[Operation[Any, Any]]:
    """For managers."""

    async def add(asked: Asked[NewFriend, None]) -> FriendAdded:
        said = asked.body
        phone, where = telephone(said.phone, region), await department(asked)
        number = await of.staff.add_friend(said.name, phone, where, said.language, asked.person.login)
        if number is None:
            raise web.HTTPConflict(text="somebody has that telephone already / 此手机号已有人使用")
        return FriendAdded(number=number)

    async def department(asked: Asked[NewFriend, None]) -> int:
        path = asked.body.department
        if path is None:
            row = await of.staff.of_number(asked.person.employee) if asked.person.employee else None
            if row is None:
                raise web.HTTPUnprocessableEntity(text="say which department / 请选择部门")
            own: int = row["departments"][-1]
            return own
        found = await of.claims.holder(department=path)
        if found is None:
            raise web.HTTPNotFound(text="there is no such department / 没有此部门")
        await within.see_to(asked, of.staff, found[1])
        return found[0].row

    return [
        Operation("POST", "/employees/friends", "Somebody's family or friend sells too", {Role.MANAGER}, add,
                  NewFriend, None, FriendAdded, 201),
    ]  # fmt: skip
