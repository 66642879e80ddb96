"""What those who sell see of themselves over HTTP: what they may claim and why not, their days, where they stand."""

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.people.model import Role
from tests.integration.test_marketing_api import CLAIMS, ask, hired, let_in, on_sale, whole
from tests.support.sales import days
from tests.support.shop import sql
from tests.support.whole_api import Api

__all__ = ["whole"]

MY = "/api/v1/my"


async def seller(whole: Api, database: Database, number: str = "E777") -> str:
    """Somebody's token who has never sold."""
    await hired(whole, f"{number},王芳,13800000777,东区")
    return await let_in(database, number.lower(), Role.EMPLOYEE, number)


async def test_before_the_tap_one_reads_what_one_may_claim_and_why_not(
    whole: Api, database: Database, dsn: str
) -> None:
    await on_sale(whole, "20", "21", "22")
    her = await seller(whole, database)
    await sql(dsn, "UPDATE products SET sale = tstzrange(now() + interval '1 day', NULL) WHERE code = '21'")
    await sql(dsn, "UPDATE products SET sale = tstzrange('2020-01-01', '2021-01-01') WHERE code = '22'")

    async def whys() -> dict[str, str | None]:
        status, pool = await ask(whole, her, "GET", f"{MY}/pool")
        assert status == 200, pool
        assert pool["at_once"] == 20
        return {offer["product"]["code"]: offer["why_not"] for offer in pool["offers"]}

    assert await whys() == {"20": None, "21": "not-on-sale"}  # 22 is over
    assert (await ask(whole, her, "POST", CLAIMS, {"product": "20"}))[0] == 201
    assert (await whys())["20"] == "held"


async def test_who_is_barred_reads_in_which_period_and_for_which_rank(whole: Api, database: Database, dsn: str) -> None:
    await on_sale(whole, "20")
    her = await seller(whole, database)
    assert (await ask(whole, her, "GET", f"{MY}/standing"))[0] == 409
    await database.execute("periods.make", "spring", utc_now() - days(1), utc_now() + days(30))
    status, told = await ask(whole, her, "GET", f"{MY}/standing")
    assert (status, told["period"], told["rank"], told["bar"], told["last_percent"]) == (200, "spring", None, None, 10)
    await sql(
        dsn,
        """INSERT INTO claim_bars (employee_id, period_id, because_of, detail)
           SELECT employee_id, period_id, period_id, '{"rank": 9, "of": 10}' FROM employees, sales_periods
           WHERE number = 'E777'""",
    )
    bar = {"period": "spring", "rank": 9, "of": 10}
    _, pool = await ask(whole, her, "GET", f"{MY}/pool")
    assert (pool["bar"], pool["offers"][0]["why_not"]) == (bar, "barred")
    assert (await ask(whole, her, "GET", f"{MY}/standing"))[1]["bar"] == bar


async def test_one_sees_ones_own_days_and_number_to_ask_by(whole: Api, database: Database) -> None:
    her = await seller(whole, database)
    _, told = await ask(whole, her, "GET", f"{MY}/sales?since=2026-11-01&until=2026-12-01&by=product")
    assert (told["lines"], told["total"]["orders"]) == ([], 0)
    assert (await ask(whole, her, "GET", f"{MY}/sales?since=2026-11-02&until=2026-11-01"))[0] == 422
    assert await ask(whole, her, "GET", f"{MY}/enquiry") == (200, {"numbers": ["1008619000777"]})
