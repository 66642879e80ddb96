"""The product pool over HTTP: designers make, test and release products; those who sell see what is on sale."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.clock import utc_now
from ccore.marketing.pool import Refused, State
from ccore.marketing.product import Product, ProductFile, Rule, Time
from ccore.marketing.products import Pooled
from ccore.marketing.service import Marketing
from ccore.people.model import Role
from ccore.web.v1.claims import Nothing
from ccore.web.v1.operations import Asked, Operation, Told

MOST_BYTES = 500_000
StateWord = Literal["draft", "tested", "on-sale", "ended"]


class ProductsWanted(ProductFile):
    """Products to make or change, all or none of them. ``dated``: when price, confirmation and commission of what is on
    sale change."""

    dated: Time | None = None


class InPool(Told):
    """A product. ``next``: what it is from ``changes_at`` on, if a change is dated."""

    product: Product
    state: StateWord
    revision: int
    claims: int
    changes_at: datetime | None
    next: Product | None


class RegionKnown(Told):
    """A region that products may name, by what its numbers begin with."""

    region: str
    beginnings: list[str]


class Products(Told):
    """By code, and the regions that they may name."""

    products: list[InPool]
    regions: list[RegionKnown]


class ProductChange(Told):
    """What became of one: ``keys`` are those that changed."""

    code: str
    new: bool
    keys: list[str]
    state: StateWord


class ProductChanges(Told):
    """Of each product that was sent."""

    changes: list[ProductChange]


class TestStep(Told):
    """One step of a test."""

    step: str
    held: bool
    said: str


class Tested(Told):
    """A test; ``state`` is the product's after it, null if it was changed meanwhile."""

    passed: bool
    steps: list[TestStep]
    state: StateWord | None


class ProductState(Told):
    """The state it is in now."""

    state: StateWord


class ProductEnded(Told):
    """How many claims ended with it."""

    claims: int


class RuleVersion(Told):
    """Of the rule."""

    version: int = Field(ge=1)


class _Products:
    def __init__(self, of: Marketing) -> None:
        self._of = of

    async def all(self, asked: Asked[None, None]) -> Products:
        found = await self._of.products.all(utc_now())
        regions = await self._of.products.regions()
        return Products(
            products=[_told(each) for each in found if _may_see(asked, each)],
            regions=[RegionKnown(region=name, beginnings=beginnings) for name, beginnings in regions.items()],
        )

    async def one(self, asked: Asked[None, None]) -> InPool:
        found = await self._of.products.one(asked.path["code"], utc_now())
        if found is None or not _may_see(asked, found):
            raise web.HTTPNotFound(text="there is no such product")
        return _told(found)

    async def put(self, asked: Asked[ProductsWanted, None]) -> ProductChanges:
        file, by = asked.body, asked.person.login
        taken = await self._of.products.take_in(file, by, utc_now(), dated=file.dated)
        if taken.refused:
            said = "; ".join(f"{code}: {why}".lstrip(": ") for code, why in taken.refused)
            raise web.HTTPConflict(text=said)
        changes = [{**asdict(change), "state": change.state.value} for change in taken.changes]
        return ProductChanges.model_validate({"changes": changes})

    async def test(self, asked: Asked[Nothing, None]) -> Tested:
        made = await self._of.rehearsal.run(asked.path["code"], asked.person.login)
        if isinstance(made, Refused):
            raise _refusal(made)
        steps = [TestStep.model_validate(each, from_attributes=True) for each in made.steps]
        state = made.state.value if isinstance(made.state, State) else None
        return Tested(passed=made.passed, steps=steps, state=state)

    async def rule(self, asked: Asked[Rule, None]) -> RuleVersion:
        version = await self._of.products.rule(asked.path["code"], asked.body, asked.person.login, utc_now())
        if isinstance(version, Refused):
            raise _refusal(version)
        return RuleVersion(version=version)

    async def sale(self, asked: Asked[Nothing, None]) -> ProductState:
        became = await self._of.products.release(asked.path["code"], asked.person.login)
        if isinstance(became, Refused):
            raise _refusal(became)
        return ProductState(state=became.value)

    async def end(self, asked: Asked[Nothing, None]) -> ProductEnded:
        ended = await self._of.products.end(asked.path["code"], asked.person.login, utc_now())
        if isinstance(ended, Refused):
            raise _refusal(ended)
        return ProductEnded(claims=ended)


def operations(of: Marketing) -> list[Operation[Any, Any]]:
    """For designers; those who sell see what is on sale."""
    on = _Products(of)
    designers = frozenset({Role.DESIGNER})
    everybody, one = designers | {Role.EMPLOYEE, Role.MANAGER}, "/products/{code:[0-9]{1,6}}"
    return [
        Operation("GET", "/products", "The product pool", everybody, on.all, answer=Products),
        Operation("GET", one, "One product", everybody, on.one, answer=InPool),
        Operation("POST", "/products", "Make or change products, all or none", designers, on.put, body=ProductsWanted,
                  answer=ProductChanges, most_bytes=MOST_BYTES),
        Operation("POST", f"{one}/test", "Order it without leaving anything", designers, on.test, body=Nothing,
                  answer=Tested),
        Operation("POST", f"{one}/rules", "What it earns from a time on", designers, on.rule, body=Rule,
                  answer=RuleVersion, status=201),
        Operation("POST", f"{one}/sale", "Sell it; its test has to be passed", designers, on.sale, body=Nothing,
                  answer=ProductState),
        Operation("POST", f"{one}/end", "Sell it no more", designers, on.end, body=Nothing, answer=ProductEnded),
    ]  # fmt: skip


def _may_see(asked: Asked[Any, Any], pooled: Pooled) -> bool:
    return pooled.state is State.ON_SALE or asked.person.may(Role.DESIGNER)


def _told(pooled: Pooled) -> InPool:
    return InPool(
        product=pooled.product,
        state=pooled.state.value,
        revision=pooled.revision,
        claims=pooled.claims,
        changes_at=pooled.changes_at,
        next=pooled.last if pooled.changes_at is not None else None,
    )


def _refusal(refused: Refused) -> web.HTTPException:
    if refused.reason == "there is no such product":
        return web.HTTPNotFound(text=refused.reason)
    return web.HTTPConflict(text=refused.reason)
