"""A firm for tests of marketing: departments, people, products on sale, and a number plan they are numbered by."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ccore import config
from ccore.centre.centre import load_centre
from ccore.claiming import Claims as Settings
from ccore.db.pool import Database
from ccore.dry_orders import dry_orders
from ccore.marketing.model import Holder
from ccore.marketing.product import Product, ProductFile
from ccore.marketing.service import Marketing
from ccore.marketing.staff import Taken
from ccore.marketing.staff_model import Site
from ccore.marketing.staff_sheet import read
from ccore.ordering import number
from ccore.ordering.number import load_plan
from ccore.sheets import Anyhow, opened
from ccore.shipped import shipped

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
SITE = Site("CN", ZoneInfo("Asia/Shanghai"))
HEADING = "工号,姓名,手机号,部门"


@dataclass(frozen=True, slots=True)
class Access:
    """One line of a number plan."""

    number: str = "10086"
    claim_width: int = 3
    check_digit: bool = False

    def complete(self, code: str) -> str:
        """As the number plan does it."""
        return number.Access(number=self.number, check_digit=self.check_digit).complete(code)


@dataclass(slots=True)
class Clock:
    """The time that the firm goes by."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def after(self, **time: float) -> datetime:
        """Later, from now on."""
        self.at += timedelta(**time)
        return self.at


@dataclass(slots=True)
class Firm:
    """A firm on an empty database."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    access: Access = field(default_factory=Access)
    settings: Settings = field(default_factory=Settings)
    marketing: Marketing = field(init=False)

    def __post_init__(self) -> None:
        plan, centre = load_plan(shipped("dialplan")), load_centre(shipped("dialplan"))
        real = replace(dry_orders(config.Config(), plan, centre), ranges=lambda _product: self.access)
        self.marketing = Marketing(self.database, self.settings, real, self.clock)

    async def staff(self, path: Path, lines: Sequence[str], heading: str = HEADING, *, whole: bool = False) -> Taken:
        """Take in a list of these lines."""
        path.write_text("\n".join([heading, *lines]), encoding="utf-8")
        return await self.take(path, whole=whole)

    async def take(self, path: Path, *, whole: bool = False, dry_run: bool = False) -> Taken:
        """Take in a file."""
        with opened(path, Anyhow()) as sheet:
            found = read(sheet.rows, SITE)
        return await self.marketing.staff.take_in(found, "lead", whole=whole, dry_run=dry_run)

    async def people(self, count: int, department: str = "市场部") -> list[Holder]:
        """E001 and so on."""
        lines = [[f"E{n:03d}", f"员工{n}", f"138{n:08d}", department] for n in range(1, count + 1)]
        found = read(enumerate([HEADING.split(","), *lines], 1), SITE)
        taken = await self.marketing.staff.take_in(found, "lead")
        assert len(taken.new) == count, taken
        return [await self.holder(employee=number) for number in taken.new]

    async def holder(
        self, employee: str | None = None, team: int | None = None, department: str | None = None
    ) -> Holder:
        """Somebody who is there."""
        found = await self.marketing.claims.holder(employee, team, department)
        assert found is not None, (employee, team, department)
        return found[0]

    async def on_sale(self, *products: Product) -> None:
        """Products that have been tested, and are sold."""
        taken = await self.marketing.products.take_in(ProductFile(product=products), "designer", self.clock())
        assert not taken.refused, taken
        for product in products:
            await self.marketing.products.tried(product.code, 1, [], "designer", passed=True)
            assert await self.marketing.products.release(product.code, "designer") == "on-sale"


def product(code: str = "20", **keys: object) -> Product:
    """A product of 15 yuan that earns 2."""
    whole: dict[str, object] = {
        "code": code,
        "name": {"zh": f"产品{code}", "en": f"Product {code}"},
        "price_fen": 1500,
        "commission": [{"kind": "flat", "fen": 200}],
        **keys,
    }
    return Product.model_validate(whole)
