"""The test of a product: it is ordered by every way it is sold, by the number plan and the real orders, and undone."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import product as combinations
from typing import Any

import asyncpg
import phonenumbers
import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.marketing.model import Range, code_of_tests
from ccore.marketing.pool import Refused, State
from ccore.marketing.product import EPOCH
from ccore.marketing.products import Pooled, Products
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()

MOST_TRIED = 60  # numbers that are looked at for one that may order
SELLER = "+8610000000000"  # nobody's
NEEDED_CODE = "000000"  # of the claim by which they have what the product needs
_NO_EXTENSIONS = "(?!)"


@dataclass(frozen=True, slots=True)
class Call:
    """One dry order: ``key`` names it, ``way`` is call, sms, web or agent."""

    key: str
    caller: str
    dialled: str
    at: datetime
    way: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a dry order goes through, of the rest of ccore.

    ``understood``: product and claim of a dialled number; ``placed``: what came of a call, and whether that is an
    order, written within the transaction; ``told``: a message of a kind as it would be sent, which raises ValueError.
    """

    ranges: Callable[[str], Range | None]
    understood: Callable[[str], tuple[str, str] | None]
    placed: Callable[[Transaction, Call], Awaitable[tuple[str, bool]]]
    told: Callable[[str, Mapping[str, Any], str], str]
    region: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the test: whether it held, and what was seen."""

    step: str
    held: bool
    said: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A test that was made; ``state`` is the product's after it."""

    steps: tuple[Step, ...]
    passed: bool
    state: State | Refused


class _Stop(Exception):
    """The rest makes no sense."""


class _Undo(Exception):
    """All of it is undone."""


class Rehearsal:
    """Tests products of one database. Raises what Database does."""

    def __init__(
        self, database: Database, products: Products, around: Around, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._products, self._now = database, products, now
        self.around = around

    async def run(self, code: str, by: str, caller: str | None = None) -> Rehearsed | Refused:
        """Test the product of this code; ``caller`` orders it, by itself somebody who may."""
        now = self._now()
        pooled = await self._products.one(code, now)
        if pooled is None:
            return Refused("there is no such product")
        if pooled.state is State.ENDED:
            return Refused("it has ended")
        regions = await self._products.regions()
        test = _Test(self.around, pooled, now, caller, regions)
        try:
            async with self._database.transaction() as transaction:
                await test.run(transaction)
                raise _Undo
        except (_Undo, _Stop):
            pass
        except asyncpg.PostgresError as error:
            test.steps.append(Step("database", held=False, said=f"PostgreSQL refuses it: {error}"))
        passed = all(step.held for step in test.steps)
        steps = [asdict(step) for step in test.steps]
        state = await self._products.tried(code, pooled.revision, steps, by, passed=passed)
        log.info("product_tested", product=code, passed=passed, steps=len(steps), by=by)
        return Rehearsed(tuple(test.steps), passed, state)


class _Test:
    """One test, within the transaction that is undone."""

    def __init__(
        self, around: Around, pooled: Pooled, now: datetime, caller: str | None, regions: Mapping[str, list[str]]
    ) -> None:
        self._around, self._product, self._caller = around, pooled.product, caller
        eligible = pooled.product.eligibility
        self._beginnings = [*eligible.beginnings, *(each for name in eligible.regions for each in regions[name])]
        sale, rules = pooled.product.sale, pooled.product.commission
        self._at = max(now, sale.starts or EPOCH, rules[0].starts or EPOCH)
        self.steps: list[Step] = []

    def step(self, name: str, said: str, *, held: bool = True) -> None:
        """Keep it; whatever does not hold ends the test. Raises _Stop."""
        self.steps.append(Step(name, held, said))
        if not held:
            raise _Stop

    async def run(self, transaction: Transaction) -> None:
        """All of it. Raises _Stop."""
        access, dialled = self._numbered()
        seller = await self._sold(transaction, access)
        callers = await self._callers(transaction)
        for other in self._product.eligibility.needs[:1]:
            await self._have(transaction, callers, other, seller)
        for way, caller in zip(self._product.ways, callers, strict=True):
            key = f"test!{secrets.token_hex(8)}"
            await self._ordered(transaction, Call(key, caller, dialled, self._at, way))
        await transaction.execute("marketing_rehearsal.settled")
        self.step("books", "every entry of the books has its other side; all of this is undone now")

    def _numbered(self) -> tuple[Range, str]:
        code, access = self._product.code, self._around.ranges(self._product.code)
        if access is None:
            self.step("number plan", f"no access number has products of {len(code)} digits", held=False)
            raise _Stop
        claim = code_of_tests(access.claim_width)
        dialled = f"{access.number}{access.complete(code + claim)}"
        means = self._around.understood(dialled)
        said = "no order code" if means is None else f"product {means[0]}, claim {means[1]}"
        self.step("number plan", f"{dialled} is {said}", held=means == (code, claim))
        return access, dialled

    async def _sold(self, transaction: Transaction, access: Range) -> int:
        """Somebody sells it for a moment, under the code of tests; their row."""
        product = self._product
        if product.combo:
            ended = [row["code"] for row in await transaction.fetch("marketing_rehearsal.parts", product.code)]
            said = f"has ended: {', '.join(ended)}" if ended else ", ".join(product.combo.parts)
            self.step("parts", said, held=not ended)
        sold = await transaction.fetch_value("marketing_rehearsal.sell", product.code, self._at)
        self.step("sale", f"as of {self._at.isoformat(timespec='minutes')}", held=sold is not None)
        seller: int = await transaction.fetch_value("marketing_rehearsal.seller", SELLER)
        claim = code_of_tests(access.claim_width)
        held = seller, product.code, claim, self._at
        made = await transaction.fetch_value("marketing_rehearsal.claim", *held)
        before = await transaction.fetch_value("marketing_rehearsal.last_text")
        await transaction.fetch("marketing_claims.send", made, access.number, access.check_digit)
        self.step("claim", f"{claim} is held by a seller of the test")
        await self._told(transaction, SELLER, before, least=1)
        return seller

    async def _callers(self, transaction: Transaction) -> list[str]:
        """A number that may order for each way: those whom nobody knows, or the one that was named, for the first."""
        wanted = len(self._product.ways)
        tried = [self._caller] if self._caller else []
        tried += _numbers(self._beginnings, self._around.region)
        known = await transaction.fetch("marketing_rehearsal.strangers", tried)
        callers = [row["number"] for row in known if row["number"] != self._caller]
        callers = ([self._caller] if self._caller else []) + callers
        said = f"{len(callers)} of {wanted} numbers that could order it"
        self.step("subscriber", said, held=len(callers) >= wanted)
        return callers[:wanted]

    async def _have(self, transaction: Transaction, callers: Sequence[str], other: str, seller: int) -> None:
        held = await transaction.fetch_value("marketing_rehearsal.claim", seller, other, NEEDED_CODE, EPOCH)
        for caller in callers:
            await transaction.fetch("marketing_rehearsal.has", caller, held, self._at)
        self.step("needs", f"they have product {other}")

    async def _ordered(self, transaction: Transaction, call: Call) -> None:
        before = await transaction.fetch_value("marketing_rehearsal.last_text")
        outcome, ordered = await self._around.placed(transaction, call)
        row = await transaction.fetch_row("marketing_rehearsal.order", call.key)
        if row is None or not ordered:
            reason = "" if row is None else f", because of {row['reason']}"
            self.step(f"order by {call.way}", f"{outcome}{reason}", held=False)
        assert row is not None, "the step has said so"
        confirmed = f", to be confirmed by {row['confirm_by']}" if row["confirm_by"] else ""
        self.step(f"order by {call.way}", f"{outcome}: {row['price_fen']} fen, {row['state']}{confirmed}")
        rule = f"by version {row['version']} ({row['kind']})"
        self.step("commission", f"{row['commission_fen']} fen {rule}", held=row["commission_fen"] is not None)
        await self._told(transaction, call.caller, before, least=0)

    async def _told(self, transaction: Transaction, telephone: str, before: int, least: int) -> None:
        """What was written to a telephone, in both languages."""
        rows = await transaction.fetch("marketing_rehearsal.texts", [telephone], before)
        if len(rows) < least:
            self.step("text message", "there is none", held=False)
        for row, language in combinations(rows, ("zh", "en")):
            self.step(*self._said(row, language))

    def _said(self, row: Record, language: str) -> tuple[str, str]:
        name = f"text message {row['kind']} {language}"
        try:
            return name, self._around.told(row["kind"], row["params"], language)
        except ValueError as error:
            self.step(name, f"cannot be written: {error}", held=False)
            raise


def _numbers(beginnings: Sequence[str], region: str) -> list[str]:
    """Mobile numbers of the region that nobody has to have, and that begin as they must."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return []
    length = len(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    begins = beginnings or (phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[:-6],)
    found = []
    # Lines in towns are shorter than mobiles, and begin with no 0 after their area code.
    for nth, beginning, shorter, first in combinations(range(MOST_TRIED), begins, (0, 1, 2), ("", "6")):
        left = length - shorter - len(beginning) - len(first)
        number = f"{beginning}{first}{nth:0{left}d}" if left >= 3 else ""
        who = subscriber(number, region, _NO_EXTENSIONS)
        if isinstance(who, Subscriber):
            found.append((not who.is_mobile, number))
    return [number for _, number in sorted(found)][:MOST_TRIED]  # mobiles first: they may order everything
