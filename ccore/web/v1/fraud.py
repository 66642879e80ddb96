"""The fraud desk over HTTP: orders that look wrong, why, and what it decides about them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore import selling
from ccore.log import mask_number
from ccore.nodes import Section
from ccore.ordering.fraud import Desk
from ccore.people.model import Role
from ccore.web.bodies import Page
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.orders import Why

Decided = Literal["open", "cleared", "upheld"]


class Sought(Page):
    """Which flags; ``employee``: of orders that they sold alone."""

    state: Decided | Literal["any"] = "open"
    reason: Annotated[str | None, Field(pattern="^[a-z-]{1,40}$")] = None
    order: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    employee: Annotated[str | None, Field(min_length=1, max_length=40)] = None


class Flag(Told):
    """Why an order looks wrong; ``detail`` are the figures of it.

    ``earned_fen`` is what upholding takes back: all the commission of the order, of which ``held_fen`` are held.
    """

    flag: int
    order: int
    reason: str
    detail: dict[str, Any]
    raised_at: datetime
    state: Decided
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str | None
    order_state: str
    subscriber: str
    called_at: datetime
    price_fen: int
    product: str
    claim: str
    employee: str
    holder: str | None
    held_fen: int
    earned_fen: int


class Flags(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    flags: list[Flag]
    before: int | None


class FraudRule(Told):
    """A rule as it is now, with its ``figures``, and what waits because of it."""

    reason: str
    effect: selling.Effect
    figures: dict[str, int]
    flags: int
    orders: int
    held_fen: int
    oldest_at: datetime | None


class FraudRules(Told):
    """In the order of the configuration; ``flags``, ``orders`` and ``held_fen`` wait in all, each order once."""

    rules: list[FraudRule]
    flags: int
    orders: int
    held_fen: int


class _Fraud:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listed(self, asked: Asked[None, Sought]) -> Flags:
        want = asked.query
        state = None if want.state == "any" else want.state
        rows = await self._desk.flags(state, want.reason, want.order, want.before, want.size, want.employee)
        flags = [_flag(row) for row in rows]
        return Flags(flags=flags, before=flags[-1].flag if len(flags) == want.size else None)

    async def rules(self, _asked: Asked[None, None]) -> FraudRules:
        rows = {row["reason"]: row for row in await self._desk.waiting()}
        known = dict(_rules(self._desk.rules))
        none = {"flags": 0, "orders": 0, "held_fen": 0, "oldest_at": None}
        told = [
            FraudRule.model_validate({**none, **rows.get(reason, {}), **known.get(reason, _GONE), "reason": reason})
            for reason in (*known, *(reason for reason in rows if reason and reason not in known))
        ]
        return FraudRules.model_validate({**rows[None], "rules": told})

    async def clear(self, asked: Asked[Why, None]) -> Done:
        return _done(await self._desk.clear(asked.number("flag"), asked.person.login, asked.body.why))

    async def uphold(self, asked: Asked[Why, None]) -> Done:
        return _done(await self._desk.uphold(asked.number("flag"), asked.person.login, asked.body.why))


def operations(desk: Desk) -> list[Operation[Any, Any]]:
    """For the fraud desk."""
    on, them, one = _Fraud(desk), frozenset({Role.FRAUD}), "/fraud/flags/{flag:int}"
    return [
        Operation("GET", "/fraud/rules", "The rules, and what waits by each", them, on.rules, answer=FraudRules),
        Operation("GET", "/fraud/flags", "What looks wrong", them, on.listed, query=Sought, answer=Flags),
        Operation("POST", f"{one}/clearance", "It was nothing", them, on.clear, body=Why, answer=Done),
        Operation("POST", f"{one}/upholding", "It was fraud: the order ends", them, on.uphold, body=Why, answer=Done),
    ]


_GONE: Mapping[str, object] = {"effect": "off", "figures": {}}  # of a rule that an older ccore had


def _rules(section: selling.Fraud) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each by the reason that it notes, in the order of the configuration."""
    for name in selling.Fraud.model_fields:
        rule = getattr(section, name)
        if isinstance(rule, str):
            yield name.replace("_", "-"), {"effect": rule, "figures": {}}
        elif isinstance(rule, Section):
            said = rule.model_dump()
            figures = {key: value for key, value in said.items() if isinstance(value, int)}
            yield name.replace("_", "-"), {"effect": said["effect"], "figures": figures}


def _flag(row: Record) -> Flag:
    told = {**row, "flag": row["flag_id"], "order": row["order_id"], "subscriber": mask_number(row["subscriber"])}
    return Flag.model_validate(told)


def _done(was_open: bool) -> Done:
    if not was_open:
        raise web.HTTPConflict(text="there is no such flag that is open")
    return Done()
