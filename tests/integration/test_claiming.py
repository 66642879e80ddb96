"""Claim and gate against the real tables: whom a limit forbids is not called, however many ask at once."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ccore.centre.campaign import Campaign
from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.db.queries import load
from ccore.dialer.claiming import Claimed, Claiming
from ccore.dialer.gate import FRESH
from ccore.shipped import shipped
from tests.support.calling_out import put
from tests.support.shop import sql

HERE, THERE = "Asia/Shanghai", "Asia/Urumqi"
EPOCH, NODE = 7, "node1"


def campaign(**more: Any) -> Campaign:
    rules = {"queue": "outbound", "lists": [{"list": "people"}], "hours": "calling", "trunks": ["far"], **more}
    return Campaign.model_validate(rules)


PLAIN = campaign()


def number(place: int) -> str:
    return f"+86138{place:08}"


async def people(dsn: str, count: int, name: str = "people", **more: object) -> None:
    """Contacts with numbers from 0 on."""
    usual = {"list": name, "zone": HERE, "region": "CN", **more}
    await put(dsn, [{"number": number(place), **usual} for place in range(count)])


async def gate(database: Database, attempt: int, **more: Any) -> str | None:
    """What the gate says of an attempt; None: nothing, it was asked before."""
    told: dict[str, Any] = {
        "node": NODE, "trunk": "far", "fresh": FRESH, "zones": [HERE], "most": 6, "per_day": 3, "rested": None,
        "purpose": None, **more,
    }  # fmt: skip
    reason: str | None = await database.fetch_value("dialling.may_dial", attempt, *told.values())
    return reason


async def over(database: Database, attempt: int, outcome: str = "no-answer", state: str = "dialling") -> None:
    now = datetime.now(UTC)
    assert await database.execute("dialling.over", attempt, state, now, outcome, "", now, now) == 1


async def anew(dsn: str) -> None:
    """As it was at the beginning of the test."""
    tables = "contacts, attempts, do_not_call, do_not_call_prefixes, consents, trunk_kills, campaigns, leases"
    await sql(dsn, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    await begin(dsn)


async def begin(dsn: str) -> None:
    """Two campaigns run, and somebody dials."""
    await sql(
        dsn, "INSERT INTO campaigns (name, state, by) VALUES ('spring', 'running', 't'), ('autumn', 'running', 't')"
    )
    await sql(
        dsn,
        "INSERT INTO leases (name, epoch, holder, life, expires_at)"
        f" VALUES ('dialler', {EPOCH}, 'a', 'b', now() + interval '1 h')",
    )


@pytest.fixture
async def claiming(database: Database, dsn: str) -> Claiming:
    await begin(dsn)
    return Claiming(database)


async def claim(claiming: Claiming, wanted: int = 50, of: Campaign = PLAIN, name: str = "spring") -> Sequence[Claimed]:
    return await claiming.claim(name, of, NODE, EPOCH, wanted, [HERE])


async def test_the_most_important_first_and_then_who_has_waited_longest(claiming: Claiming, dsn: str) -> None:
    await people(dsn, 6)
    await sql(dsn, "UPDATE contacts SET next_at = now() - contact_id * interval '1 min', priority = contact_id % 2")
    first, second = await claim(claiming, 2), await claim(claiming, 4)
    assert [each.contact for each in first] == [5, 3]
    assert [each.contact for each in second] == [1, 6, 4, 2]
    assert await claim(claiming) == []
    rows = await sql(dsn, "SELECT DISTINCT channel = 'attempt-' || attempt_id, state, epoch FROM attempts")
    assert [tuple(row) for row in rows] == [(True, "claimed", EPOCH)]


FORBIDDEN = {
    "on the list of do-not-call": "INSERT INTO do_not_call (number, made_by) VALUES ('{number}', 't')",
    "by prefix": "INSERT INTO do_not_call_prefixes (prefix, made_by) VALUES ('+861380', 't')",
    "had all attempts": "UPDATE contacts SET attempts = 6",
    "later": "UPDATE contacts SET next_at = now() + interval '1 h'",
    "not before": "UPDATE contacts SET not_before = now() + interval '1 h'",
    "elsewhere": f"UPDATE contacts SET zone = '{THERE}'",
    "somebody's own": "UPDATE contacts SET agent = '1001'",
    "done": "UPDATE contacts SET state = 'done'",
    "called too often by all campaigns": "{earlier} SELECT 'autumn', 'over', 'busy', 'other', "
    "now() - h * interval '7 h' FROM generate_series(1, 3) h",
    "called by another at this moment": "{earlier} VALUES ('autumn', 'ringing', NULL, 'other', now())",
    "abandoned": "{earlier} VALUES ('autumn', 'over', 'abandoned', 'other', now() - interval '71 h')",
    "stopped": "UPDATE campaigns SET state = 'stopped'",
    "drained": "UPDATE campaigns SET state = 'draining'",
    "of an epoch that has passed": "UPDATE leases SET epoch = epoch + 1",
}
EARLIER = (
    "INSERT INTO attempts (campaign, state, outcome, list, dialled_at, contact_id, number, node, mode, epoch)"
    " SELECT x.*, 99, '{number}', 'n', 'predictive', 1 FROM ("
)


def told(statement: str) -> str:
    if "{earlier}" in statement:
        statement = statement.replace("{earlier}", EARLIER) + ") x"
    return statement.replace("{number}", number(0))


async def test_whom_a_limit_forbids_is_not_claimed(claiming: Claiming, dsn: str) -> None:
    for why, statement in FORBIDDEN.items():
        await anew(dsn)
        await people(dsn, 1)
        await sql(dsn, told(statement))
        assert [await claim(claiming), await claim(claiming)] == [[], []], why


async def test_whom_no_limit_forbids_any_more_is_claimed(claiming: Claiming, dsn: str) -> None:
    for statement in (
        "{earlier} SELECT 'autumn', 'over', 'busy', 'other', now() - h * interval '9 h' FROM generate_series(1, 3) h",
        "{earlier} VALUES ('autumn', 'over', 'abandoned', 'other', now() - interval '73 h')",
        "INSERT INTO do_not_call (number, made_by) VALUES ('+8613800000001', 't')",
        "INSERT INTO do_not_call_prefixes (prefix, made_by) VALUES ('+861381', 't')",
    ):
        await anew(dsn)
        await people(dsn, 1)
        await sql(dsn, told(statement))
        assert len(await claim(claiming)) == 1, statement


async def test_who_must_have_agreed_is_called_with_a_consent_that_stands(claiming: Claiming, dsn: str) -> None:
    await people(dsn, 3)
    await sql(
        dsn,
        "INSERT INTO consents (number, purpose, given_at, evidence, noted_by, withdrawn_at, withdrawn_by)"
        " SELECT n, p, now(), 'c', 't', w, CASE WHEN w IS NOT NULL THEN 't' END FROM (VALUES"
        f" ('{number(0)}', 'marketing', now()), ('{number(1)}', 'marketing', NULL), ('{number(2)}', 'other', NULL)"
        ") given (n, p, w)",
    )
    assert [each.number for each in await claim(claiming, of=campaign(consent="required"))] == [number(1)]


async def test_a_full_quota_is_left_out_and_the_others_go_on(claiming: Claiming, dsn: str) -> None:
    await people(dsn, 2, fields='{"city": "Xian"}')
    await people(dsn, 1, "more", fields='{"city": "Xian"}', disposition="sold", state="done")
    await people(dsn, 1, "more-2", fields='{"city": "Kunming"}')
    quota = {"field": "city", "value": "Xian", "disposition": "sold", "most": 1}
    lists = [{"list": "people"}, {"list": "more"}, {"list": "more-2"}]
    assert [each.list for each in await claim(claiming, of=campaign(lists=lists, quotas=[quota]))] == ["more-2"]


async def test_whoever_cannot_be_called_is_moved_out_of_the_way(claiming: Claiming, dsn: str) -> None:
    await people(dsn, 600)
    await sql(dsn, "INSERT INTO do_not_call (number, made_by) SELECT number, 't' FROM contacts WHERE contact_id <= 500")
    claimed = [each for _ in range(6) for each in await claim(claiming)]
    assert sorted(each.contact for each in claimed) == list(range(501, 601))
    rows = await sql(dsn, "SELECT state, last_outcome, count(*) FROM contacts GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("claimed", None, 100), ("done", "do-not-call", 500)]


async def test_who_was_called_too_often_comes_back_when_the_first_call_is_a_day_old(
    claiming: Claiming, dsn: str
) -> None:
    await people(dsn, 1)
    await sql(dsn, told(FORBIDDEN["called too often by all campaigns"]))
    assert await claim(claiming) == []
    [(hours,)] = await sql(dsn, "SELECT extract(epoch FROM next_at - now()) / 3600 FROM contacts")
    assert round(hours) == 3


async def test_lists_have_their_shares_also_one_at_a_time(claiming: Claiming, dsn: str) -> None:
    await people(dsn, 40, "a-list")
    await put(dsn, [{"number": number(100 + n), "list": "b-list", "zone": HERE, "region": "CN"} for n in range(40)])
    mixed = campaign(lists=[{"list": "a-list", "weight": 3}, {"list": "b-list"}])
    taken = Counter([each.list for _ in range(20) for each in await claim(claiming, 1, mixed)])
    assert taken == {"a-list": 15, "b-list": 5}
    taken += Counter(each.list for each in await claim(claiming, 40, mixed))
    assert taken == {"a-list": 40, "b-list": 20}  # one that is empty leaves its share to the other
    assert await claim(claiming, 1, mixed)


@pytest.fixture
async def second(dsn: str) -> AsyncIterator[Database]:
    """Another instance on the same database."""
    async with Database.opened(dsn, Settings(acquire_timeout_s=30)) as database:
        yield database


async def test_two_instances_claim_one_number_once_whatever_lists_and_campaigns_it_is_in(
    claiming: Claiming, second: Database, dsn: str
) -> None:
    await people(dsn, 300)
    await people(dsn, 300, "other")
    autumn, other = campaign(lists=[{"list": "other"}]), Claiming(second)
    both = [
        claiming.claim("spring", PLAIN, NODE, EPOCH, 20, [HERE]) if turn % 2 else
        other.claim("autumn", autumn, NODE, EPOCH, 20, [HERE]) for turn in range(30)
    ]  # fmt: skip
    claimed = [each for found in await asyncio.gather(*both) for each in found]
    assert Counter(each.number for each in claimed).most_common(1)[0][1] == 1
    assert {each.number for each in claimed} >= {number(place) for place in range(20)}
    [(most,)] = await sql(dsn, "SELECT max(times) FROM (SELECT count(*) AS times FROM attempts GROUP BY number) n")
    assert most == 1


# Locked in one order, as several do so at once.
HOURS_LATER = """
UPDATE contacts SET next_at = now()
WHERE contact_id IN (SELECT contact_id FROM contacts WHERE state = 'open' ORDER BY contact_id FOR UPDATE)
"""


async def test_the_limit_of_a_day_holds_whoever_asks_at_once(
    claiming: Claiming, database: Database, second: Database, dsn: str
) -> None:
    """Each number is in two lists; attempts end as soon as they are dialled, so the next can begin at any moment."""
    await people(dsn, 12)
    await people(dsn, 12, "other")
    often = {"per_day": 2, "most": 50}
    mine, theirs = campaign(attempts=often), campaign(attempts=often, lists=[{"list": "other"}])

    async def dials(name: str, of: Campaign, by: Database) -> None:
        own = Claiming(by)
        for _ in range(12):
            for each in await own.claim(name, of, NODE, EPOCH, 3, [HERE]):
                if await gate(by, each.attempt, per_day=2, most=50) == "":
                    await over(by, each.attempt)
            await sql(dsn, HOURS_LATER)

    await asyncio.gather(
        *(dials(*one) for one in [("spring", mine, database), ("autumn", theirs, second)] * 3),
    )
    rows = await sql(dsn, "SELECT number, count(*) AS times FROM attempts WHERE dialled_at IS NOT NULL GROUP BY 1")
    assert {row["number"]: row["times"] for row in rows} == {number(place): 2 for place in range(12)}


CHANGED = {
    "do-not-call": "INSERT INTO do_not_call (number, made_by) VALUES ('{number}', 't')",
    "stopped": "UPDATE campaigns SET state = 'stopped'",
    "lease-lost": "UPDATE leases SET epoch = epoch + 1",
    "too-late": "UPDATE attempts SET claimed_at = claimed_at - interval '11 s'",
    "contact-removed": "UPDATE contacts SET state = 'removed'",
    "outside-hours": f"UPDATE contacts SET zone = '{THERE}'",
    "attempts": "UPDATE contacts SET attempts = 6",
    "per-day": "{earlier} SELECT 'autumn', 'over', 'busy', 'other', now() FROM generate_series(1, 3)",
    "abandoned": "{earlier} VALUES ('autumn', 'over', 'abandoned', 'other', now())",
    "trunk-killed": "INSERT INTO trunk_kills (trunk, by) VALUES ('*', 't')",
    "no-consent": "DELETE FROM consents",
}


async def test_what_has_changed_since_the_claim_counts_at_the_gate(
    claiming: Claiming, database: Database, dsn: str
) -> None:
    asked = {"purpose": "marketing", "rested": timedelta(hours=72)}
    for reason, statement in CHANGED.items():
        await anew(dsn)
        await people(dsn, 1)
        await sql(
            dsn,
            "INSERT INTO consents (number, purpose, given_at, evidence, noted_by)"
            f" VALUES ('{number(0)}', 'marketing', now(), 'c', 't')",
        )
        [claimed] = await claim(claiming, of=campaign(consent="required"))
        await sql(dsn, told(statement))
        assert await gate(database, claimed.attempt, **asked) == reason
        assert await gate(database, claimed.attempt, **asked) is None
        [row] = await sql(
            dsn,
            "SELECT a.state, outcome, reason, dialled_at, trunk, c.state AS contact"
            " FROM attempts a JOIN contacts c USING (contact_id) WHERE a.channel = $1",
            claimed.channel,
        )
        contact = {"do-not-call": "done", "contact-removed": "removed"}.get(reason, "open")
        assert tuple(row) == ("over", "refused", reason, None, None, contact)


async def test_the_gate_says_yes_once_whoever_asks_at_once(
    claiming: Claiming, database: Database, second: Database, dsn: str
) -> None:
    await people(dsn, 1)
    [claimed] = await claim(claiming)
    asked = [gate(database if turn % 2 else second, claimed.attempt) for turn in range(20)]
    assert Counter(await asyncio.gather(*asked)) == {"": 1, None: 19}
    [row] = await sql(dsn, "SELECT a.state, trunk, attempts FROM attempts a JOIN contacts c USING (contact_id)")
    assert tuple(row) == ("dialling", "far", 1)


async def test_what_was_released_is_not_dialled_and_what_is_dialled_not_released(
    claiming: Claiming, database: Database, second: Database, dsn: str
) -> None:
    """A new leader gives back what the one before had claimed, at the very moment at which it is asked for."""
    await people(dsn, 40)
    claimed = await claim(claiming, 40)
    said, _ = await asyncio.gather(
        asyncio.gather(*(gate(second, each.attempt) for each in claimed)),
        database.execute("dialling.not_sent", EPOCH + 1, timedelta(seconds=15)),
    )
    rows = await sql(dsn, "SELECT attempt_id, state, outcome, dialled_at IS NOT NULL AS dialled FROM attempts")
    allowed = {each.attempt for each, word in zip(claimed, said, strict=True) if word == ""}
    assert {row["attempt_id"] for row in rows if row["state"] == "dialling" and row["dialled"]} == allowed
    assert {(row["state"], row["outcome"]) for row in rows if row["attempt_id"] not in allowed} <= {
        ("over", "not-sent")
    }
    assert len(rows) == 40


async def test_the_claim_reads_no_contact_that_is_not_due(claiming: Claiming, dsn: str) -> None:
    """Of many thousands, with nearly all for later, it looks at some dozens."""
    await sql(
        dsn,
        "INSERT INTO contacts (list, number, zone, region, priority, next_at)"
        f" SELECT 'people', '+86138' || lpad(i::text, 8, '0'), '{HERE}', 'CN', i % 3,"
        " now() + CASE WHEN i % 200 = 0 THEN interval '-1 h' ELSE interval '1 h' END FROM generate_series(1, 10000) i",
    )
    await sql(dsn, "ANALYZE contacts")
    statement = load(shipped("sql") / "queries")["dialling.claim"].sql
    asked = ["spring", NODE, EPOCH, "predictive", ["people"], [0.0], [1], [HERE], 6, 3, None, None, "[]", 30]
    [(plan,)] = await sql(dsn, f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", *asked)
    assert sum(_read(json.loads(plan)[0]["Plan"])) < 600
    assert await sql(dsn, "SELECT FROM attempts") != []  # that explained it has done it


def _read(plan: dict[str, Any]) -> Iterator[float]:
    """The contacts that each part of a plan has read."""
    if plan.get("Relation Name") == "contacts" and "Scan" in plan["Node Type"]:
        yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from _read(part)
