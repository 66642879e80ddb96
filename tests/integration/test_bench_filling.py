"""What the bench of reports fills in is what triggers and counting make of the same orders."""

from datetime import datetime

from ccore.db.embedded import EmbeddedPostgres
from tests.bench import filling
from tests.support.postgres import fresh_database


async def test_filled_counts_are_those_that_counting_makes(postgres: EmbeddedPostgres, postgres_template: str) -> None:
    year = filling.Year(1, 1_500, datetime.fromisoformat("2026-01-01 00:00+08"))
    async with (
        fresh_database(postgres, postgres_template) as counted,
        fresh_database(postgres, postgres_template) as filled,
    ):
        await filling.prove(counted, filled, year)


def test_slices_cover_the_year_once() -> None:
    year = filling.Year(11, 1_007, datetime.fromisoformat("2026-01-01 00:00+08"))
    covered = [number for begin, end, *_ in year.slices() for number in range(begin, end)]
    assert covered == list(range(11, 11 + 1_007))
    assert year.before().first == 11 + 1_007
