"""The product pool: designers put products in, change, test, release and end them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from asyncpg import Record

from ccore.db.pool import Database, Transaction
from ccore.marketing import pool
from ccore.marketing.pool import Event, Refused, State
from ccore.marketing.product import (
    EPOCH,
    Combo,
    Eligibility,
    Intro,
    Names,
    Product,
    ProductFile,
    Rule,
    Span,
    covered,
    normal,
)
from ccore.people import audit

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pooled:
    """A product of the pool. ``last`` is what it is once all dated changes hold; ``product`` what it is now."""

    product_id: int
    state: State
    revision: int
    product: Product
    last: Product
    changes_at: datetime | None
    claims: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a file did to one product: ``keys`` are those that changed, all of them for a new one."""

    code: str
    new: bool
    keys: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: with ``refused`` (code or region, why) nothing of it was taken."""

    changes: tuple[Change, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


class _Nothing(Exception):
    """Some of the file cannot be taken, so none of it is."""


class Products:
    """The products of one database; ``by`` is always who does it. Raises what Database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, now: datetime) -> list[Pooled]:
        """Every product, by its code."""
        return [_pooled(row) for row in await self._database.fetch("marketing_products.products", None, now)]

    async def one(self, code: str, now: datetime) -> Pooled | None:
        """The product of this code."""
        row = await self._database.fetch_row("marketing_products.products", code, now)
        return None if row is None else _pooled(row)

    async def take_in(self, file: ProductFile, by: str, now: datetime, *, dated: datetime | None = None) -> Taken:
        """Make the pool's products what the file says, all or none; the same file again changes nothing.

        ``dated``: price, confirmation and commission of what is on sale change then, which has to be after ``now``.
        """
        if dated is not None and dated <= now:
            return Taken(refused=(("", "a dated change is for a time to come: orders of before are judged already"),))
        changes: list[Change] = []
        refused: list[tuple[str, str]] = []
        try:
            async with self._database.transaction() as transaction:
                refused += await self._regions(transaction, file, by)
                for product in file.product:
                    done = await _put(transaction, normal(product), by, now, dated)
                    if isinstance(done, Refused):
                        refused.append((product.code, done.reason))
                    else:
                        changes.append(done)
                for product in file.product:  # once all of them are there
                    refused += await _put_others(transaction, product)
                if refused:
                    raise _Nothing
        except _Nothing:
            return Taken(refused=tuple(refused))
        except asyncpg.UniqueViolationError:
            return Taken(refused=(("", "somebody else puts the same products in at this moment: try again"),))
        for change in changes:
            keys = "all" if change.new else ",".join(change.keys)
            log.info("product_changed", product=change.code, state=change.state.value, keys=keys, by=by)
        return Taken(tuple(changes))

    async def rule(self, code: str, rule: Rule, by: str, now: datetime) -> int | Refused:
        """Let ``rule`` hold from its ``starts`` on, instead of the last one; its version."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("marketing_products.lock", code)
            if row is None:
                return Refused("there is no such product")
            state = pool.after_change(State(row["state"]), {"commission"}, dated=(rule.starts or EPOCH) > now)
            if isinstance(state, Refused):
                return state
            if state is State.ON_SALE:
                version = await _next_rule(transaction, row["product_id"], rule, by)
            else:
                version = await _only_rule(transaction, await _pooled_by(transaction, code, now), rule, by)
            if not isinstance(version, Refused):
                said = rule.model_dump(mode="json", exclude_defaults=True)
                await audit.note(
                    transaction, by, "commission-rule-set", f"product:{code}", {"version": version, **said}
                )
            return version

    async def release(self, code: str, by: str) -> State | Refused:
        """Put it on sale."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("marketing_products.lock", code)
            became = _moved(row, Event.RELEASED)
            if row is None or isinstance(became, Refused):
                return became
            await transaction.execute("marketing_products.set_state", row["product_id"], became)
            await audit.note(transaction, by, "product-released", f"product:{code}", {"revision": row["revision"]})
        log.info("product_released", product=code, by=by)
        return became

    async def end(self, code: str, by: str, now: datetime) -> int | Refused:
        """End it for ever, with its claims; how many those were. Orders go on."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("marketing_products.lock", code)
            became = _moved(row, Event.ENDED)
            if row is None or isinstance(became, Refused):
                return became if isinstance(became, Refused) else Refused("there is no such product")
            await transaction.execute("marketing_products.turn", row["product_id"])
            claims: int = await transaction.fetch_value("marketing_products.end_sale", row["product_id"], now, by)
            await audit.note(transaction, by, "product-ended", f"product:{code}", {"claims": claims})
        log.info("product_ended", product=code, claims=claims, by=by)
        return claims

    async def tried(
        self, code: str, revision: int, steps: Sequence[Mapping[str, object]], by: str, *, passed: bool
    ) -> State | Refused:
        """Keep a test of ``revision``; the state after it. One of what the product was before counts for nothing."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("marketing_products.lock", code)
            if row is None:
                return Refused("there is no such product")
            kept = row["product_id"], revision, passed, list(steps), by
            test = await transaction.fetch_value("marketing_products.add_test", *kept)
            detail = {"test": test, "passed": passed, "revision": revision}
            await audit.note(transaction, by, "product-tested", f"product:{code}", detail)
            if not passed:
                return State(row["state"])
            if row["revision"] != revision:
                return Refused("it was changed while it was tested: test it again")
            became = _moved(row, Event.PASSED)
            if isinstance(became, State):
                await transaction.execute("marketing_products.set_state", row["product_id"], became)
            return became

    async def last_test(self, code: str) -> Record | None:
        """test_id, revision, passed, steps, tested_by, tested_at."""
        return await self._database.fetch_row("marketing_products.last_test", code)

    async def regions(self) -> dict[str, list[str]]:
        """The regions that products may name, with their beginnings."""
        return {row["region"]: row["beginnings"] for row in await self._database.fetch("marketing_products.regions")}

    async def _regions(self, transaction: Transaction, file: ProductFile, by: str) -> list[tuple[str, str]]:
        for name, region in file.region.items():
            beginnings = sorted(set(region.beginnings))
            if await transaction.fetch_value("marketing_products.put_region", name, beginnings) is not None:
                await audit.note(transaction, by, "region-set", f"region:{name}", {"beginnings": beginnings})
        known = {row["region"] for row in await transaction.fetch("marketing_products.regions")}
        return [
            (product.code, f"there is no region {', '.join(sorted(unknown))}: the file can say what it is")
            for product in file.product
            if (unknown := set(product.eligibility.regions) - known)
        ]


async def _put(
    transaction: Transaction, product: Product, by: str, now: datetime, dated: datetime | None
) -> Change | Refused:
    if await transaction.fetch_row("marketing_products.lock", product.code) is None:
        return await _added(transaction, product, by)
    old = await _pooled_by(transaction, product.code, now)
    wanted = product
    if old.state is State.ON_SALE and _same_rule(
        old.last, product
    ):  # the file has not kept up with versions: no matter
        wanted = product.model_copy(update={"commission": old.last.commission})
    keys = pool.changed(old.last, wanted)
    state = pool.after_change(old.state, keys, dated=dated is not None)
    if isinstance(state, Refused) or not keys:
        return state if isinstance(state, Refused) else Change(product.code, new=False, keys=(), state=state)
    if not covered(wanted.commission, wanted.sale):  # versions of before, and another time of sale
        return Refused("there would be times of the sale when no version of its commission holds")
    if old.state is State.ON_SALE:
        refused = await _change_on_sale(transaction, old, wanted, keys, by, dated)
        if refused is not None:
            return refused
    else:
        judged = bool(keys - pool.WORDS)
        await transaction.execute("marketing_products.change", *_columns(product), state, judged)
        if "commission" in keys:
            await transaction.execute("marketing_products.forget_rules", old.product_id)
            for rule in product.commission:
                await _add_rule(transaction, old.product_id, rule, by)
    before, after = old.last.model_dump(mode="json"), wanted.model_dump(mode="json")
    detail: dict[str, object] = {key: {"was": before[key], "is": after[key]} for key in sorted(keys)}
    detail |= {"state": state.value} | ({"from": dated.isoformat()} if dated and keys & pool.DATED else {})
    await audit.note(transaction, by, "product-changed", f"product:{product.code}", detail)
    return Change(product.code, new=False, keys=tuple(sorted(keys)), state=state)


async def _added(transaction: Transaction, product: Product, by: str) -> Change:
    product_id = await transaction.fetch_value("marketing_products.add", *_columns(product))
    for rule in product.commission:
        await _add_rule(transaction, product_id, rule, by)
    said = product.model_dump(mode="json", exclude_defaults=True)
    await audit.note(transaction, by, "product-added", f"product:{product.code}", said)
    return Change(product.code, new=True, keys=tuple(sorted(Product.model_fields)), state=State.DRAFT)


async def _put_others(transaction: Transaction, product: Product) -> list[tuple[str, str]]:
    """What it needs, excludes and is made of, if that is not there yet; what is wrong with them."""
    eligible, parts = product.eligibility, list(product.combo.parts if product.combo else ())
    named = {*eligible.needs, *eligible.excludes, *parts}
    known = {row["code"]: row["combo"] for row in await transaction.fetch("marketing_products.codes", sorted(named))}
    if unknown := named - known.keys():
        return [(product.code, f"there is no product {', '.join(sorted(unknown))}")]
    if combos := [code for code in parts if known[code]]:
        return [(product.code, f"{', '.join(combos)} is a combo itself: name its parts")]
    row = await transaction.fetch_row("marketing_products.lock", product.code)
    if row is None or State(row["state"]) not in {State.DRAFT, State.TESTED}:
        return []
    await transaction.execute("marketing_products.forget_others", row["product_id"])
    await transaction.execute(
        "marketing_products.add_relations", row["product_id"], list(eligible.needs), list(eligible.excludes)
    )
    await transaction.execute("marketing_products.add_parts", row["product_id"], parts)
    return []


async def _change_on_sale(
    transaction: Transaction, old: Pooled, new: Product, keys: frozenset[str], by: str, dated: datetime | None
) -> Refused | None:
    sale = new.sale
    words = new.code, new.name.zh, new.name.en, new.intro.zh, new.intro.en, sale.starts, sale.ends
    await transaction.execute("marketing_products.words", *words)
    if not keys & pool.DATED:
        return None
    assert dated is not None, "pool.after_change has seen to it"
    if keys & (pool.DATED - {"commission"}):
        if await transaction.fetch_value("marketing_products.later_terms", old.product_id, dated):
            return Refused("other terms begin at that time or later")
        await transaction.fetch("marketing_products.end_terms", old.product_id, dated)
        terms = old.product_id, dated, new.price_fen, new.confirm, new.confirm_within_h, by
        await transaction.execute("marketing_products.add_terms", *terms)
    if "commission" in keys:
        if len(new.commission) > 1:
            return Refused("it is on sale: give the one version that holds from then on")
        rule = new.commission[0].model_copy(update={"starts": dated, "ends": None})
        version = await _next_rule(transaction, old.product_id, rule, by)
        return version if isinstance(version, Refused) else None
    return None


async def _only_rule(transaction: Transaction, pooled: Pooled, rule: Rule, by: str) -> int | Refused:
    product = normal(pooled.product.model_copy(update={"commission": (rule,)}))
    if not covered(product.commission, product.sale):
        return Refused("there would be times of the sale when no version of its commission holds")
    await transaction.execute("marketing_products.forget_rules", pooled.product_id)
    await transaction.execute("marketing_products.change", *_columns(product), State.DRAFT, True)
    return await _add_rule(transaction, pooled.product_id, product.commission[0], by)


async def _next_rule(transaction: Transaction, product_id: int, rule: Rule, by: str) -> int | Refused:
    if rule.ends is not None:
        return Refused("it is on sale: the next version ends this one, give no end")
    if await transaction.fetch_value("marketing_products.end_rule", product_id, rule.starts) is None:
        return Refused("another version begins at that time or later, or none holds then: at no time may two hold")
    return await _add_rule(transaction, product_id, rule, by)


async def _add_rule(transaction: Transaction, product_id: int, rule: Rule, by: str) -> int:
    amount = "fen" if rule.kind == "flat" else "basis_points"
    tiers = [{"from": tier.nth, amount: getattr(tier, amount)} for tier in rule.tiers]
    version: int = await transaction.fetch_value(
        "marketing_products.add_rule", product_id, rule.starts or EPOCH, rule.ends, rule.kind, rule.fen,
        rule.basis_points, tiers, rule.hold_days, rule.clawback_days, by,
    )  # fmt: skip
    return version


async def _pooled_by(transaction: Transaction, code: str, now: datetime) -> Pooled:
    row = await transaction.fetch_row("marketing_products.products", code, now)
    assert row is not None, "it is locked"
    return _pooled(row)


def _moved(row: Record | None, event: Event) -> State | Refused:
    return Refused("there is no such product") if row is None else pool.moved(State(row["state"]), event)


def _same_rule(old: Product, new: Product) -> bool:
    return len(new.commission) == 1 and new.commission[0].earns_as(old.commission[-1])


def _columns(product: Product) -> tuple[Any, ...]:
    return (
        product.code, product.name.zh, product.name.en, product.intro.zh, product.intro.en, product.price_fen,
        product.term_days, product.lines, list(product.ways), product.confirm, product.confirm_within_h,
        product.sale.starts, product.sale.ends, product.provision_as, list(product.eligibility.beginnings),
        list(product.eligibility.regions), product.combo.part_held if product.combo else "refuse",
    )  # fmt: skip


def _pooled(row: Record) -> Pooled:
    product = Product.model_construct(
        code=row["code"],
        name=Names.model_construct(zh=row["name_zh"], en=row["name_en"]),
        intro=Intro.model_construct(zh=row["intro_zh"], en=row["intro_en"]),
        price_fen=row["price_fen"],
        term_days=row["term_days"],
        lines=row["lines"],
        ways=tuple(sorted(row["ways"])),
        confirm=row["confirm"],
        confirm_within_h=row["confirm_within_h"],
        sale=Span.model_construct(starts=row["sale_from"], ends=row["sale_until"]),
        provision_as=row["provision_as"],
        eligibility=Eligibility.model_construct(
            beginnings=tuple(row["beginnings"]),
            regions=tuple(row["regions"]),
            needs=tuple(row["needs"]),
            excludes=tuple(row["excludes"]),
        ),
        combo=Combo.model_construct(parts=tuple(row["parts"]), part_held=row["part_held"]) if row["parts"] else None,
        commission=tuple(_rule(each) for each in row["commission"]),
    )
    last = {key: row[f"last_{key}"] for key in ("price_fen", "confirm", "confirm_within_h")}
    return Pooled(
        row["product_id"],
        State(row["state"]),
        row["revision"],
        product,
        product.model_copy(update=last),
        row["last_from"],
        row["claims"],
    )


def _rule(said: Mapping[str, Any]) -> Rule:
    tiers = [{"nth": tier["from"], **{key: tier[key] for key in tier.keys() - {"from"}}} for tier in said["tiers"]]
    return Rule.model_validate({key: said[key] for key in said.keys() - {"version"}} | {"tiers": tiers})
