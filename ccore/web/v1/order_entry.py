"""Orders that are entered for a customer: by an agent in a call with them, by those who sell from the browser."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import Field, model_validator

from ccore.calls.model import Channel as Line
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.marketing.claims import Sought
from ccore.marketing.product import Code
from ccore.marketing.service import Marketing
from ccore.ordering.assembly import Selling
from ccore.ordering.book import of_call
from ccore.ordering.life import State
from ccore.ordering.model import Attempt, Outcome
from ccore.ordering.number import access_of
from ccore.ordering.texts import Order as Dialled
from ccore.ordering.texts import understand
from ccore.pbx.campaign_trunk import trunk_of
from ccore.people.model import Role
from ccore.web.bodies import Said, telephone
from ccore.web.once import HEADER
from ccore.web.v1 import within
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.operations import Asked, Operation, Told

MOST_OWN = 200  # claims of one product that are looked through
_FIRST = ("employee", "team", "department")  # whose claim it is that is meant where no code is named


class NewOrder(Said):
    """What is ordered: ``code`` as it is dialled or texted (1008610001, 10001), or ``product`` with the code of a
    ``claim``; without one it is the claim of whoever asks.

    For whom: in ``call`` for the customer of a call that the agent is in; or for ``subscriber``, who has to confirm it
    by text message, and then by a claim of whoever asks.
    """

    code: Annotated[str | None, Field(pattern="^[0-9]{3,30}$")] = None
    product: Code | None = None
    claim: Code | None = None
    call: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,150}$")] = None
    subscriber: Annotated[str | None, Field(min_length=3, max_length=20)] = None

    @model_validator(mode="after")
    def _clear(self) -> Self:
        if (self.code is None) == (self.product is None) or (self.claim is not None and self.product is None):
            raise ValueError("send code, or product with or without claim")
        if (self.call is None) == (self.subscriber is None):
            raise ValueError("send call or subscriber")
        return self


class Entered(Told):
    """What came of it, in the word that a caller would be told by; ``order`` is null if it became none."""

    outcome: Outcome
    order: int | None
    state: State | None
    confirm_by: Literal["key", "sms"] | None
    confirm_until: datetime | None


@dataclass(frozen=True, slots=True)
class _Entry:
    database: Database
    config: Config
    selling: Selling
    marketing: Marketing
    calls: LiveCalls

    async def enter(self, asked: Asked[NewOrder, None]) -> Entered:
        attempt = await (self._for_caller(asked) if asked.body.call else self._for_customer(asked))
        outcome = await self.selling.ordering.place(attempt)
        row = await of_call(self.database, attempt.call_key) if outcome.ordered else None
        if row is None:
            return Entered(outcome=outcome, order=None, state=None, confirm_by=None, confirm_until=None)
        return Entered.model_validate({**row, "outcome": outcome, "order": row["order_id"]})

    async def _for_caller(self, asked: Asked[NewOrder, None]) -> Attempt:
        """The number is the network's word: an agent says which call, never whose."""
        node, customer = self._customer(asked)
        dialled = self._dialled(asked.body) or await self._own(asked)
        key = f"{node}!{customer.uniqueid}!{_once(asked)}"
        trunk = trunk_of(customer.name, self.config.trunks) or ""
        by = asked.person.login, asked.person.employee
        return Attempt(key, customer.caller, dialled, utc_now(), "agent", trunk, *by)

    async def _for_customer(self, asked: Asked[NewOrder, None]) -> Attempt:
        number = telephone(asked.body.subscriber or "", self.config.site.region)
        dialled, by = await self._own(asked), (asked.person.login, asked.person.employee)
        return Attempt(f"web!{asked.person.login}!{_once(asked)}", number, dialled, utc_now(), "web", "", *by)

    def _customer(self, asked: Asked[NewOrder, None]) -> tuple[str, Line]:
        """Raises HTTPNotFound unless the agent who asks is in the call, and HTTPConflict if nobody else is."""
        found, _ = self.calls.call(asked.person, asked.body.call or "")
        if not asked.person.agent or found.leg(asked.person.agent) is None:
            raise web.HTTPNotFound(text="you are in no such call now")
        if found.customer is None:
            raise web.HTTPConflict(text="there is no customer in this call")
        return found.node, found.customer

    def _dialled(self, said: NewOrder) -> str | None:
        """What would be dialled for it; None: nobody's claim is named. What no code is, orders say of it themselves."""
        if said.code is not None:
            asked = understand(said.code, self.selling.plan)
            return asked.dialled if isinstance(asked, Dialled) else said.code
        if said.claim is None:
            return None
        access, code = access_of(self.selling.plan, said.product or ""), f"{said.product}{said.claim}"
        return code if access is None else access.number + access.complete(code)

    async def _own(self, asked: Asked[NewOrder, None]) -> str:
        """What would be dialled for a claim of whoever asks, of their team or department: the one that is named.

        Raises HTTPForbidden for who sells nothing, and HTTPConflict for what is none of theirs.
        """
        sought = Sought(employee=await within.own_row(asked, self.marketing.staff), product=asked.body.product)
        rows = [row for row in await self.marketing.claims.listed(sought, MOST_OWN) if row["number"]]
        named = self._dialled(asked.body)
        numbers = [row["number"] for row in sorted(rows, key=_whose) if named in (None, row["number"])]
        if not numbers:
            raise web.HTTPConflict(text="that is no claim of yours / 这不是您认领的产品")
        found: str = numbers[0]
        return found


def operations(
    database: Database, config: Config, selling: Selling, marketing: Marketing, calls: LiveCalls
) -> list[Operation[Any, Any]]:
    """For agents in a call, and for all who sell."""
    on = _Entry(database, config, selling, marketing, calls)
    roles = frozenset({Role.AGENT, Role.SUPERVISOR, Role.EMPLOYEE, Role.MANAGER})
    return [Operation("POST", "/orders", "Order for a customer", roles, on.enter, body=NewOrder, answer=Entered)]


def _whose(row: dict[str, Any]) -> tuple[int, int]:
    return _FIRST.index(row["holder_kind"]), row["claim_id"]


def _once(asked: Asked[Any, Any]) -> str:
    """Of this request, and of the same one sent again, whichever ccore gets it."""
    said = f"{asked.person.login} {asked.request.headers[HEADER]}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
