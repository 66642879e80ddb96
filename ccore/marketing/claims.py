"""Claims: given, dispatched, ended and handed over; each product's codes one after the other, to nobody twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import structlog
from asyncpg import Record
from prometheus_client import Counter, Gauge

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.marketing.model import Claimed, Facts, Fill, Held, Holder, Policy, Range, Refused, Why, judge

log = structlog.get_logger()

COUNT_EVERY_S = 30.0

ASKED = Counter("ccore_claims_total", "Claims asked for, by what came of them", ["outcome"])
TAKEN = Gauge("ccore_claim_codes_taken", "Codes of a product on sale that are held or in quarantine", ["product"])
CODES = Gauge("ccore_claim_codes", "Codes of a product on sale that can be given", ["product"])


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one claim of somebody who leaves: ``became`` goes on with its code; None: it has ended."""

    claim: int
    product: str
    code: str
    became: int | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which claims: of one person and their groups, of a department and those below, of a product; None: any."""

    employee: int | None = None
    department: int | None = None
    product: str | None = None
    running: bool = True


class Claims:
    """The claims of one database; ``by`` is always who does it. Raises what Database does."""

    def __init__(self, database: Database, policy: Policy, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._policy, self._now = database, policy, now
        self._ranges: Callable[[str], Range | None] = lambda _product: None
        self._trouble = Trouble("claim_codes_not_counted")
        self.fills: tuple[Fill, ...] = ()
        self._unreachable: tuple[str, ...] = ()

    def use(self, ranges: Callable[[str], Range | None]) -> None:
        """Number claims by ``ranges``, which knows the access number of a product's code, from now on."""
        self._ranges = ranges

    async def claim(
        self, product: str, holder: Holder, by: str, *, starts: datetime | None = None, ends: datetime | None = None
    ) -> Claimed | Refused:
        """Give ``holder`` the lowest free code of ``product``, and send them the kit."""
        asked = await self._claim(product, holder, by, starts, ends)
        ASKED.labels(asked.why.value if isinstance(asked, Refused) else "claimed").inc()
        if isinstance(asked, Refused):
            log.info("claim_refused", product=product, holder=holder.kind, why=asked.why.value, by=by)
        else:
            log.info("claim_made", product=product, holder=holder.kind, claim=asked.claim, by=by)
        return asked

    async def end(self, claim: int, by: str, at: datetime | None = None) -> datetime | Refused:
        """End it now, or ``at`` a time to come; when it ends."""
        now = self._now()
        if at is not None and at < now:
            return Refused(Why.PAST)
        row = await self._database.fetch_row("marketing_claims.end", claim, at or now, by)
        if row is None:
            return Refused(Why.OVER)
        log.info("claim_ended", claim=claim, by=by)
        ended: datetime = row["ended_at"]
        return ended

    async def hand_over(
        self, leaver: int, to: Holder, by: str, *, at: datetime | None = None, product: str | None = None
    ) -> list[Handed] | Refused:
        """Let ``to`` go on with the claims of employee ``leaver`` (its row) under the same codes; orders stay theirs.

        What ``to`` holds already just ends. Limits of claims at once do not hold here: a manager knows.
        """
        now = self._now()
        at = at or now
        if at < now:
            return Refused(Why.PAST)
        if (refused := judge(_facts(await self._facts(None, at, to)))) and refused.why is not Why.NO_PRODUCT:
            return refused
        done: list[Handed] = []
        async with self._database.transaction() as transaction:
            for turn in sorted({(leaver, None, None), to.columns}, key=str):
                await transaction.fetch("marketing_claims.turns", *turn)
            found = await transaction.fetch("marketing_claims.to_hand_over", leaver, at, product, *to.columns)
            for row in found:
                became = await self._handed(transaction, row, to, by, at)
                done.append(Handed(row["claim_id"], row["product"], row["code"], became))
        log.info("claims_handed_over", claims=len(done), by=by)
        return done

    async def kit(self, claim: int, by: str) -> int | Refused:
        """Send its kit again; to how many."""
        row = await self._database.fetch_row("marketing_claims.of", claim)
        found = None if row is None else self._ranges(row["product"])
        if row is None or found is None:
            return Refused(Why.OVER if row is None else Why.NO_RANGE)
        kits = await self._database.fetch_value("marketing_claims.kit", claim, by, found.number, found.check_digit)
        return Refused(Why.OVER) if kits is None else int(kits)

    async def of(self, claim: int) -> Record | None:
        """claim_id, product, code, employee_id, team_id, department_id, valid, employee, departments (those above)."""
        return await self._database.fetch_row("marketing_claims.of", claim)

    async def listed(self, sought: Sought, size: int, before: int | None = None) -> list[dict[str, Any]]:
        """Claims, the newest first, with the ``number`` that is dialled ("" if the number plan has none)."""
        rows = await self._database.fetch(
            "marketing_claims.claims", size, before, sought.employee, sought.department, sought.product, sought.running,
            self._now(),
        )  # fmt: skip
        return [{**row, "number": self.number(row["product"], row["code"])} for row in rows]

    async def held(self, holder: Holder) -> Held:
        """What they hold now, or will, and may hold."""
        now = self._now()
        facts = await self._facts(None, now, holder)
        rows = await self._database.fetch("marketing_claims.held", now, *holder.columns)
        detail = facts["detail"] or {}
        return Held(
            frozenset(row["product"] for row in rows), self._policy.at_once, facts["gone"], facts["period"],
            detail.get("rank"), detail.get("of"),
        )  # fmt: skip

    async def holder(
        self, employee: str | None = None, team: int | None = None, department: str | None = None
    ) -> tuple[Holder, tuple[int, ...]] | None:
        """Who is meant by an employee's number, a team's or a department's path, and the departments above them."""
        row = await self._database.fetch_row("marketing_claims.holder", employee, team, department)
        if row is None:
            return None
        kind = Holder("employee" if employee else "team" if team else "department", row["id"])
        return kind, tuple(row["departments"])

    def number(self, product: str, code: str) -> str:
        """What is dialled for a code of a product."""
        found = self._ranges(product)
        return "" if found is None else f"{found.number}{found.complete(product + code)}"

    async def count(self) -> None:
        """Look how full each product on sale is."""
        rows = await self._database.fetch("marketing_claims.taken", self._now(), self._policy.quarantine)
        fills, unreachable = [], []
        for row in rows:
            found = self._ranges(row["product"])
            if found is None or (row["width"] is not None and found.claim_width != row["width"]):
                unreachable.append(row["product"])
            else:
                codes = 10**found.claim_width - len(self._policy.kept_back(found.claim_width))
                fills.append(Fill(row["product"], row["taken"], codes))
        for gone in {fill.product for fill in self.fills} - {fill.product for fill in fills}:
            TAKEN.remove(gone)
            CODES.remove(gone)
        for fill in fills:
            TAKEN.labels(fill.product).set(fill.taken)
            CODES.labels(fill.product).set(fill.of)
        self.fills, self._unreachable = tuple(fills), tuple(dict.fromkeys(unreachable))

    async def keep_counting(self) -> NoReturn:
        """Do so for ever."""
        await self._trouble.every(COUNT_EVERY_S, self.count)

    def warnings(self) -> Iterator[str]:
        """What an operator should look at."""
        for fill in self.fills:
            if fill.is_nearly_full(self._policy):
                left = f"{fill.of - fill.taken} of {fill.of} claim codes left"
                yield f"product {fill.product} has {left}: end claims that nobody uses, or make another product"
        for product in self._unreachable:
            yield f"product {product} is sold under codes that the number plan does not have: numbers.toml has changed"
        if self._trouble.reason:
            yield f"nobody knows how many claim codes are left: {self._trouble.reason}"

    async def _claim(
        self, product: str, holder: Holder, by: str, starts: datetime | None, ends: datetime | None
    ) -> Claimed | Refused:
        now = self._now()
        if (starts or now) < now or (ends is not None and ends <= (starts or now)):
            return Refused(Why.PAST)
        starts = starts or now
        facts = await self._facts(product, starts, holder)
        if refused := judge(_facts(facts)):
            return refused
        if (found := self._ranges(product)) is None:
            return Refused(Why.NO_RANGE)
        row = await self._database.fetch_row(
            "marketing_claims.claim", facts["product_id"], *holder.columns, starts, ends, found.claim_width,
            self._policy.kept_back(found.claim_width), self._policy.quarantine, self._policy.at_once, by, found.number,
            found.check_digit,
        )  # fmt: skip
        assert row is not None, "the query always gives one row"
        if row["claim_id"] is None:
            return Refused(Why(row["reason"]))
        code = found.complete(product + row["code"])
        return Claimed(row["claim_id"], product, found.number + code, code, starts, row["kits"])

    async def _facts(self, product: str | None, starts: datetime, holder: Holder) -> Record:
        row = await self._database.fetch_row("marketing_claims.facts", product, starts, *holder.columns)
        assert row is not None, "the query always gives one row"
        return row

    async def _handed(self, transaction: Transaction, row: Record, to: Holder, by: str, at: datetime) -> int | None:
        if row["has_it"]:
            await transaction.fetch("marketing_claims.end", row["claim_id"], at, by)
            return None
        became: int = await transaction.fetch_value("marketing_claims.hand_over", row["claim_id"], at, *to.columns, by)
        if found := self._ranges(row["product"]):
            await transaction.fetch("marketing_claims.send", became, found.number, found.check_digit)
        return became


def _facts(row: Record) -> Facts:
    return Facts(
        product=row["product_id"] is not None,
        on_sale=row["state"] == "on-sale" and row["sold_then"],
        holder=row["holder"],
        gone=row["gone"],
        barred="" if row["period"] is None else f"{row['period']} {_bar(row['detail'])}".strip(),
    )


def _bar(detail: dict[str, Any]) -> str:
    rank, of = detail.get("rank"), detail.get("of")
    return f"(rank {rank} of {of} before)" if rank and of else ""
