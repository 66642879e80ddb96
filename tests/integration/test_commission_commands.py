"""``ccore commission`` and ``ccore periods`` on a real database: what they print, and what they refuse."""

import csv
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore import config
from ccore.clock import utc_now
from ccore.commands.given import NotDone
from ccore.config import Config
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ordering.commission.ledger import Ledger
from tests.support.commands import Run, running
from tests.support.sales import Firm, days, firm_on, tampered


@pytest.fixture
async def firm(database: Database, dsn: str) -> AsyncIterator[Firm]:
    now = utc_now()
    async with firm_on(database, dsn) as firm:
        for name, since, until in (("over", -9, -2), ("running", -2, 30), ("next", 30, 60)):
            assert await database.execute("periods.make", name, now + days(since), now + days(until)) == 1
        for number in range(3):
            await firm.sold("E001", now - days(6 + number / 10))
        await firm.sold("E002", now - days(1))
        await Ledger(database).release_some()
        yield firm


@pytest.fixture
def run(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    monkeypatch.setenv("CCORE_AMI_EVENTS_SECRET", "events-secret-of-the-tests")
    monkeypatch.setenv("CCORE_AMI_ACTIONS_SECRET", "actions-secret-of-the-tests")
    settings = Config(source=tmp_path / "ccore.toml", paths=config.Paths(var=tmp_path / "var"))
    return running(settings, capsys)


async def test_a_period_is_closed_its_ranks_shown_and_a_bar_lifted(firm: Firm, run: Run) -> None:
    code, lines = await run("periods", "list")
    assert code == 0
    assert [line.split()[0] for line in lines[-3:]] == ["next", "running", "over"]
    with pytest.raises(NotDone, match="there is no closed period over"):
        await run("periods", "ranks", "over")
    code, [said] = await run("periods", "close", "over")
    assert (code, said) == (
        0, "over is closed: 100 ranked, 0 may not claim in the next; volume adds 0.00 yuan to 0 orders",
    )  # fmt: skip
    with pytest.raises(NotDone, match="it is closed"):
        await run("periods", "close", "over")
    code, [head, first, *_] = await run("periods", "ranks", "over")
    assert head == "over, by sales"
    assert first.split() == [
        "1", "of", "100", "E001", "李芳", "3", "orders", "30.00", "sales", "6.00", "commission", "safe",
    ]  # fmt: skip
    with pytest.raises(NotDone, match="is not barred"):
        await run("periods", "lift", "over", "E001", "--why", "no reason")


async def test_what_somebody_earned_is_shown_paid_and_adjusted(firm: Firm, run: Run, tmp_path: Path) -> None:
    code, lines = await run("commission", "show", "E002")
    assert code == 0
    assert lines[1] == "running: 1 orders, 10.00 yuan of sales, commission 2.00, rank 1 of 100"
    assert lines[2] == "owed: 0.00 held, 2.00 payable; paid: 0.00"
    assert [line.split()[2] for line in lines[3:]] == ["sale", "release"]
    with pytest.raises(NotDone, match="there is no employee E777"):
        await run("commission", "show", "E777")

    code, [said] = await run("commission", "adjust", "E002", "-0.50", "--note", "a key was lost")
    assert said.endswith("-0.50 yuan for E002")
    out = tmp_path / "payout.csv"
    code, [said] = await run("commission", "payout", "make", "--least", "2", "--out", str(out))
    assert said == "payout 1: 6.00 yuan to 1"
    [row] = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")))
    assert (row["employee"], row["yuan"]) == ("E001", "6.00")
    with pytest.raises(NotDone, match="is there already"):
        await run("commission", "payout", "make", "--out", str(out))
    again = tmp_path / "again.csv"
    assert (await run("commission", "payout", "file", "1", "--out", str(again)))[0] == 0
    assert again.read_bytes() == out.read_bytes()
    code, [said] = await run("commission", "payout", "list")
    assert "1 payees  6.00 yuan" in said
    with pytest.raises(NotDone, match="there is no payout 2"):
        await run("commission", "payout", "file", "2", "--out", str(again))


async def test_the_books_are_proved_and_what_differs_is_an_exit_code(
    firm: Firm, run: Run, postgres: EmbeddedPostgres, dsn: str
) -> None:
    code, [said] = await run("commission", "verify")
    assert (code, said.rpartition(";")[0]) == (0, "no differences in 4 orders, 8 postings and 0 closed periods")
    superuser = postgres.dsn_for(dsn.partition("?")[0].rpartition("/")[2], user="postgres")
    async with tampered(superuser, "UPDATE commission_entries SET amount_fen = 900 WHERE account = 'payable'"):
        code, lines = await run("commission", "verify")
    assert code == 1
    assert lines[0] == "order 3: the entries of posting 7 sum to 700 fen"


async def test_disputes_by_hand(firm: Firm, run: Run) -> None:
    assert (await run("commission", "dispute", "open", "E001", "--period", "over", "--note", "too little"))[1] == [
        "dispute 1 is open"
    ]
    assert (await run("commission", "dispute", "answer", "1", "--note", "all of it"))[0] == 0
    assert (await run("commission", "dispute", "reopen", "1", "--note", "no"))[0] == 0
    _, [said] = await run("commission", "dispute", "list", "--state", "open")
    assert said.split()[:2] == ["1", "open"]
    assert (await run("commission", "dispute", "close", "1", "--note", "yes"))[0] == 0
    _, lines = await run("commission", "dispute", "show", "1")
    assert [line.rpartition(": ")[2] for line in lines] == ["too little", "all of it", "no", "yes"]
    with pytest.raises(NotDone, match="no dispute 1 that is not closed"):
        await run("commission", "dispute", "close", "1", "--note", "again")


async def test_a_pin_that_would_be_guessed_is_refused(firm: Firm, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("123456\n"))
    with pytest.raises(NotDone, match="guessed"):
        await run("commission", "pin", "E001")
    monkeypatch.setattr(sys, "stdin", io.StringIO("284017\n"))
    assert await run("commission", "pin", "E001") == (0, ["E001 can ask by telephone"])
