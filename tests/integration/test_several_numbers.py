"""Contacts with several numbers: from a file into a list, and called one after the other by the rules of each."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccore.centre.centre import Centre, CentreFile
from ccore.db.pool import Database
from ccore.dialer.claiming import Claimed, Claiming
from ccore.dialer.explanation.gathering import of_number
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.contacts import EVIDENCE, Lists, Sought
from ccore.dialer.live import Live
from ccore.dialer.model import State
from ccore.dialer.settling import Settling
from ccore.dialer.trunks.state import Trunks
from ccore.hours import Calendar, Hours
from tests.integration.test_claiming import EPOCH, HERE, begin, campaign, gate
from tests.integration.test_settling import EVENT
from tests.support.asterisk import NODE, node_config
from tests.support.contact_files import Desk, as_csv
from tests.support.shop import sql

FIRST, SECOND, THIRD = "+8613800138000", "+8613900000001", "+862088886666"
HEADING = ("手机号", "姓名", "备用号码", "office")
RETRY = {name: {"after_s": 600} for name in ("busy", "no-answer")}
SPRING = campaign(attempts={"retry": RETRY, "per_day": 2})
BUSY, NO_SUCH_NUMBER = "BUSY 17 486", "CHANUNAVAIL 1 404"


class Called:
    """A list with one person, of three numbers, and the campaign that calls them."""

    def __init__(self, database: Database, dsn: str, directory: Path) -> None:
        self.database, self.dsn = database, dsn
        self.claiming = Claiming(database)
        self.settling = Settling(database, Trunks(node_config(directory), database, {}), lambda _live, _outcome: None)
        self.settling.use({"spring": SPRING})

    async def claimed(self) -> Sequence[Claimed]:
        return await self.claiming.claim("spring", SPRING, NODE, EPOCH, 5, [HERE])

    async def ends(self, words: str) -> str:
        """Their next number is dialled, and the call ends so; which number that was."""
        (claimed,) = await self.claimed()
        assert await gate(self.database, claimed.attempt, node=NODE) == ""
        told = json.dumps({"extra": f"ended {claimed.attempt} {words}"})
        for kind, extra in (("CCORE_DIAL", told), ("LINKEDID_END", "")):
            event = EVENT.replace("'attempt-1000000'", f"'{claimed.channel}'").replace(
                "$2 || $4", f"'{claimed.channel}' || $2 || $4"
            )
            await sql(self.dsn, event, NODE, kind, "", extra)
        live = Live(claimed.attempt, "spring", NODE, claimed.channel, State.DIALLING, gone_at=time.monotonic())
        assert await self.settling.settle(live)
        return claimed.number

    async def state(self) -> tuple[str, float]:
        """Of the contact, and in how many seconds they are due."""
        [(state, due_s)] = await sql(
            self.dsn, "SELECT state, round(extract(epoch FROM next_at - clock_timestamp()))::float8 FROM contacts"
        )
        return state, due_s

    async def later(self, seconds: float) -> None:
        """So much time has passed."""
        passed = timedelta(seconds=seconds)
        await sql(self.dsn, "UPDATE contacts SET next_at = next_at - $1::interval", passed)
        await sql(self.dsn, "UPDATE contact_numbers SET next_at = next_at - $1::interval", passed)

    async def explained(self, number: str) -> str:
        hours = {"calling": Hours(workdays=("00:00-24:00",), weekends=("00:00-24:00",), holidays=("00:00-24:00",))}
        centre = Centre({}, (), CentreFile(), hours, Calendar(country=""), {}, campaigns={"spring": SPRING})
        return "\n".join(said.text for said in await of_number(self.database, centre, number, datetime.now(UTC)))


@pytest.fixture
async def person(database: Database, dsn: str, tmp_path: Path) -> Called:
    await begin(dsn)
    desk = Desk(database, tmp_path / "uploads")
    rows = [("138 0013 8000", "王伟", "139 0000 0001", "020-88886666")]
    ended = await desk.upload(
        as_csv(rows, heading=HEADING), to="people", columns={"others": ["备用号码", "office"], "fields": {}}
    )
    assert (ended.state, ended.counts["new"]) == ("done", 1)
    return Called(database, dsn, tmp_path)


async def test_a_file_has_several_numbers_of_a_person(person: Called, tmp_path: Path) -> None:
    desk, lists = Desk(person.database, tmp_path / "more"), Lists(person.database)
    rows = [("13800138007", "a", "13800138008"), ("13800138009", "b", "1380"), ("13800138001", "c", "")]
    ended = await desk.upload(as_csv(rows, heading=HEADING[:3]))
    assert ended.columns is not None
    assert (ended.columns["others"], ended.said) == (["备用号码"], {"other-left-out": 1})
    assert (ended.counts["new"], ended.counts["bad"]) == (3, 0)
    found = {row["name"]: row["others"] for row in await lists.search(Sought(list="spring"), 9)}
    assert found == {"a": ["+8613800138008"], "b": [], "c": []}
    [row] = await lists.search(Sought(number=THIRD), 9)
    assert (row["number"], row["others"]) == (FIRST, [SECOND, THIRD])
    updated = await desk.upload(as_csv([("13800138007", "a", "13800138002")], heading=HEADING[:3]), in_list="update")
    assert updated.counts["updated"] == 1
    [row] = await lists.search(Sought(number="+8613800138007"), 9)
    assert row["others"] == ["+8613800138002"]


async def test_one_number_after_the_other_and_each_by_its_own_rules(person: Called) -> None:
    assert "campaign spring can call them now at the earliest" in await person.explained(SECOND)
    assert await person.ends(BUSY) == FIRST
    state, due_s = await person.state()
    assert (state, 50 < due_s <= 60) == ("open", True), "the next number, though not at once"
    await person.later(60)
    assert await person.ends(NO_SUCH_NUMBER) == SECOND
    await person.later(60)
    assert await person.ends(BUSY) == THIRD
    state, due_s = await person.state()
    assert (state, 400 < due_s <= 480) == ("open", True), "all of them were tried: the first is busy for 10 minutes"
    assert "others of the contact are called" in await person.explained(SECOND)
    assert "(number 3 of 3 of this contact)" in await person.explained(THIRD)
    assert "the retry rules of this number say so" in await person.explained(THIRD)
    await person.later(480)
    assert await person.ends(NO_SUCH_NUMBER) == FIRST
    await person.later(120)
    assert await person.ends(NO_SUCH_NUMBER) == THIRD
    assert (await person.state())[0] == "done", "there is no number left"


async def test_limits_are_of_each_number(person: Called) -> None:
    await sql(person.dsn, "INSERT INTO do_not_call (number, made_by) VALUES ($1, 't')", FIRST)
    await sql(
        person.dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, outcome, dialled_at)"
        " SELECT 'autumn', 99, 'others', $1, 'n', 'preview', 1, 'over', 'busy', now() - h * interval '1 h'"
        " FROM generate_series(1, 2) h",
        SECOND,
    )
    assert [each.number for each in await person.claimed()] == [THIRD]


async def test_who_is_not_to_be_called_at_any_number_is_done(person: Called) -> None:
    await sql(person.dsn, "INSERT INTO do_not_call (number, made_by) SELECT number, 't' FROM contact_numbers")
    assert await person.claimed() == []
    assert (await person.state())[0] == "done"


async def test_who_was_reached_at_a_number_is_called_there_first(person: Called) -> None:
    await sql(person.dsn, "UPDATE contact_numbers SET reached_at = now() WHERE number = $1", SECOND)
    assert [each.number for each in await person.claimed()] == [SECOND]


async def test_a_person_is_erased_by_any_of_their_numbers(person: Called) -> None:
    assert await Lists(person.database).erase(SECOND, "boss") == (1, 0)
    assert await sql(person.dsn, "SELECT FROM contact_numbers") == []
    assert await sql(person.dsn, "SELECT FROM contacts") == []


async def test_evidence_of_an_erased_person_is_nobodys_after_its_time(person: Called) -> None:
    barring, lists = Barring(person.database), Lists(person.database)
    await barring.add([SECOND], "asked us", "", "boss")
    await barring.consent(FIRST, "marketing", datetime.now(UTC), "contract 7", "boss")
    await sql(
        person.dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, outcome, claimed_at)"
        " SELECT 'spring', 1, 'people', number, 'n', 'preview', 1, 'over', 'busy', now() - days * interval '1 day'"
        " FROM unnest($1::text[]) number, unnest(array[40, 29]) days",
        [FIRST, THIRD],
    )
    await lists.erase(FIRST, "boss")
    seen = "SELECT DISTINCT number FROM attempts WHERE claimed_at {} now() - $1::interval"
    old = [row["number"] for row in await sql(person.dsn, seen.format("<"), EVIDENCE)]
    assert (len(old), all(number.startswith("+0") for number in old)) == (2, True)
    assert {row["number"] for row in await sql(person.dsn, seen.format(">"), EVIDENCE)} == {FIRST, THIRD}
    [consent] = await barring.consents(FIRST)
    assert (consent["withdrawn_by"], consent["evidence"]) == ("boss", "contract 7")
    for table, columns in (
        ("attempts", "claimed_at"),
        ("consents", "withdrawn_at, noted_at"),
        ("erased_numbers", "asked_at"),
    ):
        aged = ", ".join(f"{column} = {column} - interval '40 days'" for column in columns.split(", "))
        await sql(person.dsn, f"UPDATE {table} SET {aged}")
    await lists.pseudonymise()
    everywhere = "SELECT number FROM attempts UNION SELECT number FROM consents UNION SELECT number FROM erased_numbers"
    assert all(row["number"].startswith("+0") for row in await sql(person.dsn, everywhere))
    assert [row["number"] for row in await sql(person.dsn, "SELECT number FROM do_not_call")] == [SECOND]


async def test_a_list_is_deleted_though_a_campaign_runs_only_by_force(person: Called) -> None:
    lists = Lists(person.database)
    assert await lists.delete("people", "boss", ["spring"], force=False) == (0, "spring")
    assert await lists.delete("no-such", "boss", [], force=True) is None
    (claimed,) = await person.claimed()
    assert await lists.delete("people", "boss", ["spring"], force=True) == (1, "")
    assert await gate(person.database, claimed.attempt, node=NODE) == "contact-removed"
    assert (await person.state())[0] == "removed"
    assert await lists.listed() == []
    [noted] = await sql(person.dsn, "SELECT actor, detail FROM audit WHERE action = 'contact-list-deleted'")
    assert (noted["actor"], json.loads(noted["detail"])) == ("boss", {"contacts": 1, "forced": True})
    assert await lists.delete("people", "boss", [], force=True) is None, "it is deleted already"
    await lists.make("people", "again", "boss")
    assert [row["list"] for row in await lists.listed()] == ["people"]
