"""A number that leaves masked everywhere else, told whole to those who may see it: each time is in the audit."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.db.pool import Database
from ccore.marketing.staff import Staff
from ccore.people import audit
from ccore.people.model import Role
from ccore.web.auth import Auth
from ccore.web.bodies import Said
from ccore.web.v1 import within
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.operations import NUMBERED, Asked, Operation, Told

FOR = {
    "call": frozenset({Role.SUPERVISOR}),
    "contact": frozenset({Role.SUPERVISOR}),
    "order": frozenset({Role.MANAGER, Role.FRAUD}),
}


class Masked(Said):
    """Whose number: that of a call's customer (its LinkedID, or a call key), of an order's subscriber, of a contact."""

    what: Literal["call", "order", "contact"]
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._!-]{1,150}$")]


class WholeNumber(Told):
    """The number as it is known: of a call as it came, which may be no number at all."""

    number: str


class _Unmasking:
    def __init__(self, database: Database, nodes: Sequence[str], live: LiveCalls, staff: Staff, auth: Auth) -> None:
        self._database = database
        self._nodes = list(nodes)
        self._live = live
        self._staff = staff
        self._auth = auth

    async def tell(self, asked: Asked[Masked, None]) -> WholeNumber:
        what, person = asked.body.what, asked.person
        if not self._auth.tells_whole_numbers(person.role):
            raise web.HTTPForbidden(text="your role sees no whole numbers here: [access] whole_numbers in ccore.toml")
        if not person.is_one_of(FOR[what]):
            raise web.HTTPForbidden(text=f"numbers of a {what} are for {', '.join(sorted(FOR[what]))}")
        number = await self._number(asked)
        if not number:
            raise web.HTTPNotFound(text=f"there is no number of such a {what}")
        await audit.note(self._database, person.login, "number-unmasked", f"{what}:{asked.body.id}")
        return WholeNumber(number=number)

    async def _number(self, asked: Asked[Masked, None]) -> str | None:
        name = asked.body.id
        if asked.body.what == "call":
            _, found = self._live.whose(asked.person, name)
            now = found.customer.caller if found and found.customer else ""
            return now or await self._database.fetch_value("unmasking.call", name, self._nodes)
        if re.fullmatch(NUMBERED, name) is None:
            return None
        if asked.body.what == "contact":
            of_contact: str | None = await self._database.fetch_value("unmasking.contact", int(name))
            return of_contact
        mine = await within.department(asked, self._staff) if asked.person.role is Role.MANAGER else None
        of_order: str | None = await self._database.fetch_value("unmasking.order", int(name), mine)
        return of_order


def operations(
    database: Database, nodes: Sequence[str], live: LiveCalls, staff: Staff, auth: Auth
) -> list[Operation[Any, Any]]:
    """The operation."""
    run = _Unmasking(database, nodes, live, staff, auth).tell
    roles = frozenset[Role]().union(*FOR.values())
    summary = "Tell a masked number whole; that is written down"
    return [Operation("POST", "/numbers/unmask", summary, roles, run, body=Masked, answer=WholeNumber, secret=True)]
