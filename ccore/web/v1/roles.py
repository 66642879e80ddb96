"""What each role may do: made of the operations themselves, of which nobody has one that does not name their role."""

from collections.abc import Sequence
from typing import Any, Literal

from ccore.people.model import Role
from ccore.web.v1.openapi import plain
from ccore.web.v1.operations import EVERYBODY, Asked, Operation, Told


class Deed(Told):
    """One thing that can be asked of ccore. ``roles`` may besides admins; ``open``: also who has not signed in."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    subject: str
    summary: str
    everybody: bool
    open: bool
    roles: list[Role]


class Roles(Told):
    """All that can be done, by subject: what names nobody is for admins only."""

    roles: list[Role]
    deeds: list[Deed]


def operation(operations: Sequence[Operation[Any, Any]]) -> Operation[None, None]:
    """For admins: who may ask each of ``operations``, and this one."""

    async def tell(_asked: Asked[None, None]) -> Roles:
        every = sorted([*operations, itself], key=lambda each: (each.subject, each.path, each.method))
        return Roles(roles=list(Role), deeds=[_deed(each) for each in every])

    itself = Operation("GET", "/roles", "What each role may do", frozenset(), tell, answer=Roles, tag="people")
    return itself


def _deed(of: Operation[Any, Any]) -> Deed:
    everybody = not of.open and of.roles == EVERYBODY
    return Deed(
        method=of.method,
        path=plain(of.path),
        subject=of.subject,
        summary=of.summary,
        everybody=everybody,
        open=of.open,
        roles=[] if everybody or of.open else sorted(of.roles - {Role.ADMIN}),
    )
