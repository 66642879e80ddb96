"""Contacts as agents leave them: results carried over, call-backs, previews with their limits, samples of machines."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from ccore.centre.campaign import Abandoned, Attempts, Campaign, Detection, ListShare, Preview
from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.dialer.at_desk import AtDesk
from ccore.dialer.claiming import Claiming
from ccore.dialer.preview import Answer
from ccore.dialer.preview import Preview as Offered
from ccore.dialer.results import Wish
from ccore.dialer.samples import Verdict
from ccore.hours import Calendar, Hours
from ccore.queues.staff import Staff
from tests.support.shop import sql
from tests.support.waiting import until

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALWAYS = Hours(workdays=("00:00-24:00",), weekends=("00:00-24:00",), holidays=("00:00-24:00",))
BECOMES = {"sold": "done", "later": "call-back", "away": "again", "never": "do-not-call"}


def campaign(**changes: object) -> Campaign:
    """One of list `one` by agents of `outbound`, at any hour."""
    known = {
        "mode": "preview", "queue": "outbound", "lists": (ListShare(list="one"),), "hours": "always",
        "trunks": ("local",), "dispositions": BECOMES, "script": "Hello {name}, your {plan} ends {when}.",
        "preview": Preview(within_s=60, skips=2),
    }  # fmt: skip
    return Campaign.model_validate(known | changes)


def centre(**campaigns: Campaign) -> Centre:
    """The files of a centre with these campaigns."""
    return Centre(
        {"outbound": Queue()}, (), CentreFile(), {"always": ALWAYS}, Calendar(country=""), {}, campaigns=campaigns
    )


@dataclass
class Desks:
    """Agents who sit and are free, as the queues would tell."""

    free: set[str] = field(default_factory=lambda: {"1001", "1002"})
    held: set[str] = field(default_factory=set)

    def seat(self, agent: str) -> tuple[str, str] | None:
        return ("node1", "2001") if agent in self.free | self.held else None

    def serves(self, agent: str, queue: str) -> bool:
        return queue == "outbound"

    async def hold(self, agent: str) -> bool:
        if agent in self.free:
            self.free.remove(agent)
            self.held.add(agent)
        return agent in self.held

    async def release(self, agent: str) -> None:
        if agent in self.held:
            self.held.remove(agent)
            self.free.add(agent)


@dataclass
class Office:
    """One campaign, `test`, that runs."""

    database: Database
    dsn: str
    desks: Desks
    at_desk: AtDesk
    claiming: Claiming

    async def sql(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """What the database answers."""
        return await sql(self.dsn, query, *arguments)

    async def contact(self, number: str = "+8613812345678", **columns: object) -> int:
        """A new contact; its number in the table."""
        known = {"list": "one", "number": number, "zone": "Asia/Shanghai", "region": "CN", **columns}
        places = ", ".join(f"${place}" for place in range(1, len(known) + 1))
        query = f"INSERT INTO contacts ({', '.join(known)}) VALUES ({places}) RETURNING contact_id"
        return int((await self.sql(query, *known.values()))[0]["contact_id"])

    async def talked(self, contact: int, agent: str = "1001") -> str:
        """They have talked; the call."""
        rows = await self.sql(
            "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, agent, state, outcome,"
            " dialled_at, answered_at, ended_at)"
            " SELECT 'test', contact_id, list, number, 'node1', 'progressive', 1, $2, 'over', 'talked',"
            " clock_timestamp(), clock_timestamp(), clock_timestamp() FROM contacts WHERE contact_id = $1"
            " RETURNING channel",
            contact, agent,
        )  # fmt: skip
        await self.sql("UPDATE contacts SET state = 'done', attempts = attempts + 1 WHERE contact_id = $1", contact)
        return str(rows[0]["channel"])

    async def disposed(self, call: str, disposition: str, at: datetime | None = None, *, own: bool = False) -> None:
        """Their agent says what came of it, and it is carried over."""
        await self.database.execute("handling.dispose", call, "1001", "outbound", disposition, {}, "li", at, own)
        await self.at_desk.results.look()

    async def of(self, contact: int) -> asyncpg.Record:
        """The contact as it stands."""
        return (await self.sql("SELECT * FROM contacts WHERE contact_id = $1", contact))[0]


@pytest.fixture
async def office(database: Database, dsn: str) -> Office:
    desks, claiming = Desks(), Claiming(database)
    at_desk = AtDesk(database, {}, claiming, desks, lambda: datetime.now(SHANGHAI))
    at_desk.use(centre(test=campaign()))
    built = Office(database, dsn, desks, at_desk, claiming)
    await built.sql("INSERT INTO campaigns (name, state, by) VALUES ('test', 'running', 'boss')")
    for agent in ("1001", "1002"):
        await Staff(database, "CN").write(agent, agent, {}, by="test")
        await built.sql(
            "UPDATE presences SET state = 'ready', device_kind = 'phone', device_number = agent, node = 'node1'"
            " WHERE agent = $1", agent,
        )  # fmt: skip
    return built


async def test_what_agents_say_becomes_the_contacts(office: Office) -> None:
    contact = await office.contact()
    call = await office.talked(contact)
    await office.disposed(call, "sold")
    told = await office.of(contact)
    assert (told["state"], told["disposition"]) == ("done", "sold")
    later = utc_now() + timedelta(days=3)
    await office.disposed(call, "away", later)
    told = await office.of(contact)
    assert (told["state"], told["next_at"], told["agent"]) == ("open", later, None), "the last word counts"
    await office.disposed(call, "unheard-of")
    assert (await office.of(contact))["state"] == "done"
    assert await office.sql("SELECT * FROM disposed_contacts") == []


async def test_a_call_back_is_their_own_and_goes_first(office: Office) -> None:
    await office.contact("+8613800000001", priority=8)
    contact = await office.contact(priority=3)
    call = await office.talked(contact)
    soon = utc_now() + timedelta(milliseconds=300)
    await office.disposed(call, "later", soon, own=True)
    told = await office.of(contact)
    assert (told["state"], told["agent"], told["priority"], told["next_at"]) == ("open", "1001", 9, soon)
    other = await office.at_desk.previews.next("1002")
    assert isinstance(other, Offered)
    assert other.contact != contact, "it is another agent's"
    await until(lambda: utc_now() > soon)
    own = await office.at_desk.previews.next("1001")
    assert isinstance(own, Offered)
    assert own.contact == contact
    await office.disposed(await office.talked(contact), "sold")
    told = await office.of(contact)
    assert (told["state"], told["priority"]) == ("done", 3), "and is what it was before"
    assert [row["state"] for row in await office.sql("SELECT state FROM contact_call_backs")] == ["done"]


async def test_call_backs_are_moved_shared_and_cancelled(office: Office) -> None:
    contact = await office.contact()
    await office.disposed(await office.talked(contact), "later", utc_now() + timedelta(hours=2), own=True)
    results = office.at_desk.results
    (row,) = await results.call_backs("test", "1001")
    number = row["contact_call_back_id"]
    assert await results.call_backs(None, "1002") == []
    assert await results.move(number, "1002", utc_now() - timedelta(hours=1)) == ["at is not within the next 90 days"]
    assert await results.move(number, "1002", None) == []
    assert (await office.of(contact))["agent"] == "1002"
    age = "UPDATE contact_call_backs SET due_at = clock_timestamp() - $1::interval"
    await office.sql(age, timedelta(minutes=31))
    await results.look()
    assert (await office.of(contact))["agent"] == "1002", "who is there may still come to it"
    await office.sql(
        "UPDATE presences SET state = 'signed-out', device_kind = NULL, device_number = NULL, node = NULL"
        " WHERE agent = '1002'"
    )
    await results.look()
    assert (await office.of(contact))["agent"] is None
    assert await results.owner(number) == ""
    assert await results.cancel(number, "boss")
    assert not await results.cancel(number, "boss")
    told = await office.of(contact)
    assert (told["state"], told["priority"]) == ("done", 0)


async def test_whoever_is_not_to_be_called_is_called_by_nobody(office: Office) -> None:
    contact, elsewhere = await office.contact(), await office.contact(list="two")
    await office.disposed(await office.talked(contact), "never")
    assert (await office.of(contact))["state"] == (await office.of(elsewhere))["state"] == "done"
    (row,) = await office.sql("SELECT number, source, made_by FROM do_not_call")
    assert dict(row) == {"number": "+8613812345678", "source": "campaign test", "made_by": "li"}
    assert await office.at_desk.previews.next("1001") is Answer.NOBODY


async def test_an_agent_says_that_it_was_a_machine(office: Office) -> None:
    office.at_desk.use(centre(test=campaign(detection={"dispositions": ["away"]})))
    call = await office.talked(await office.contact())
    await office.disposed(call, "away")
    assert [row["machine_met"] for row in await office.sql("SELECT machine_met FROM attempts")] == [True]
    await office.disposed(call, "sold")
    assert [row["machine_met"] for row in await office.sql("SELECT machine_met FROM attempts")] == [False]


async def test_who_has_several_numbers_is_not_called_at_any_of_them(office: Office) -> None:
    contact = await office.contact()
    numbers = {"+8613812345678", "+862088886666"}
    for place, number in enumerate(sorted(numbers)):
        await office.sql("INSERT INTO contact_numbers VALUES ($1, $2, $3)", contact, number, place)
    await office.disposed(await office.talked(contact), "never")
    assert {row["number"] for row in await office.sql("SELECT number FROM do_not_call")} == numbers


async def test_what_is_wrong_with_a_result_is_told(office: Office) -> None:
    contact = await office.contact()
    call = await office.talked(contact)
    wrong, soon = office.at_desk.results.wrong, utc_now() + timedelta(hours=1)
    assert await wrong(call, "later", Wish(soon, own=True)) == []
    assert await wrong(call, "sold", Wish()) == []
    assert await wrong("node1-1.2", "sold", Wish()) == []
    assert "at is missing" in (await wrong(call, "later", Wish()))[0]
    assert "no result with a time" in (await wrong(call, "sold", Wish(soon)))[0]
    assert "within the next" in (await wrong(call, "away", Wish(soon - timedelta(days=1))))[0]
    assert "for calls of campaigns" in (await wrong("node1-1.2", "later", Wish(soon)))[0]
    office.at_desk.use(centre(test=campaign(attempts=Attempts(most=1))))
    assert "called 1 times" in (await wrong(call, "later", Wish(soon)))[0]
    closed = Centre({}, (), CentreFile(), {"always": Hours()}, Calendar(country=""), {}, campaigns={"test": campaign()})
    office.at_desk.use(closed)
    assert "outside of the hours" in (await wrong(call, "later", Wish(soon)))[0]


async def test_who_is_offered_is_nobody_elses(office: Office) -> None:
    contact = await office.contact(fields='{"plan": "Gold {name} <b>", "when": "May"}', name="王\u202eli\n")
    found = await office.at_desk.previews.next("1001")
    assert isinstance(found, Offered)
    assert (found.contact, office.desks.held) == (contact, {"1001"})
    assert await office.at_desk.previews.next("1001") == found, "as long as it is not decided"
    assert await office.at_desk.previews.next("1002") is Answer.NOBODY
    assert office.desks.free == {"1002"}
    screen = await office.at_desk.screens.of_contact(contact, "test")
    assert screen is not None
    assert screen["script"] == [
        {"text": "Hello ", "field": ""}, {"text": "王li\n", "field": "name"}, {"text": ", your ", "field": ""},
        {"text": "Gold {name} <b>", "field": "plan"}, {"text": " ends ", "field": ""}, {"text": "May", "field": "when"},
        {"text": ".", "field": ""},
    ]  # fmt: skip
    assert await office.at_desk.previews.stop("1001") is Answer.DONE
    assert office.desks.free == {"1001", "1002"}
    assert (await office.of(contact))["state"] == "open"
    assert await office.at_desk.previews.stop("1001") is Answer.NOT_YOURS


async def test_of_several_numbers_the_one_that_is_offered_is_called(office: Office) -> None:
    contact = await office.contact()
    for place, number in enumerate(("+8613812345678", "+862088886666")):
        await office.sql("INSERT INTO contact_numbers VALUES ($1, $2, $3)", contact, number, place)
    await office.sql("INSERT INTO do_not_call (number, made_by) VALUES ('+8613812345678', 'li')")
    found = await office.at_desk.previews.next("1001")
    assert isinstance(found, Offered)
    screen = await office.at_desk.screens.of_contact(contact, "test")
    assert screen is not None
    shown = screen["contact"]
    assert isinstance(shown, dict)
    assert (shown["number"], shown["others"]) == ("+862088886666", ["+8613812345678"])
    assert await office.at_desk.previews.dial("1001", found.number) is Answer.NOT_SENT, "there is no Asterisk here"
    assert [row["number"] for row in await office.sql("SELECT number FROM attempts")] == ["+862088886666"]


async def test_only_so_many_are_skipped(office: Office) -> None:
    for number in range(4):
        await office.contact(f"+861380000000{number}")
    previews, seen = office.at_desk.previews, set()
    for _ in range(2):
        found = await previews.next("1001")
        assert isinstance(found, Offered)
        seen.add(found.contact)
        assert await previews.skip("1001", found.number, "not now") is Answer.DONE
        assert await previews.skip("1001", found.number, "again") is Answer.NOT_YOURS
    found = await previews.next("1001")
    assert isinstance(found, Offered)
    assert found.contact not in seen
    assert await previews.skip("1001", found.number, "once more") is Answer.NOT_SKIPPED
    assert await previews.dial("1001", found.number) is Answer.NOT_SENT, "no Asterisk is there"
    await previews.look()
    assert office.desks.free == {"1001", "1002"}, "free for others"
    (row,) = await office.sql("SELECT outcome FROM attempts")
    assert row["outcome"] == "not-sent"


@pytest.mark.parametrize(("then", "state", "held"), [("pause", "passed", True), ("skip", "skipped", False)])
async def test_time_is_up(office: Office, then: str, state: str, held: bool) -> None:
    office.at_desk.use(centre(test=campaign(preview=Preview(within_s=60, then=then))))
    await office.contact()
    assert isinstance(await office.at_desk.previews.next("1001"), Offered)
    await office.at_desk.previews.look()
    assert await office.at_desk.previews.current("1001") is not None, "there is time yet"
    await office.sql("UPDATE previews SET decide_by = clock_timestamp() - interval '1 s'")
    await office.at_desk.previews.look()
    assert [row["state"] for row in await office.sql("SELECT state FROM previews")] == [state]
    assert ("1001" in office.desks.held) is held
    assert [row["state"] for row in await office.sql("SELECT state FROM contacts")] == ["open"]


async def test_after_an_abandoned_call_only_an_agent_who_is_there_calls(office: Office) -> None:
    contact = await office.contact()
    await office.talked(contact)
    await office.sql("UPDATE attempts SET outcome = 'abandoned', dialled_at = clock_timestamp() - interval '71 h'")
    await office.sql("UPDATE contacts SET state = 'open', next_at = clock_timestamp() - interval '1 h'")
    await office.sql(
        "INSERT INTO leases (name, epoch, holder, life, expires_at) VALUES ('dialler', 7, 'x', 'x', now())"
    )
    pacing = campaign(mode="progressive", abandoned=Abandoned())
    claimed = await office.claiming.claim("test", pacing, "node1", 7, 1, ["Asia/Shanghai"])
    assert claimed == []
    await office.sql("UPDATE contacts SET next_at = clock_timestamp() - interval '1 h'")
    office.at_desk.use(centre(test=pacing))
    assert await office.at_desk.previews.next("1001") is Answer.NOBODY, "of such a campaign only who is named"
    found = await office.at_desk.previews.next("1001", "test")
    assert isinstance(found, Offered)
    assert found.contact == contact


async def test_how_many_persons_are_hung_up_on_is_measured(office: Office) -> None:
    for place in range(60):
        contact = await office.contact(f"+86138000001{place:02}")
        await office.talked(contact)
    machines = await office.sql(
        "UPDATE attempts SET outcome = 'machine', answered_at = NULL, trunk = 'local' WHERE attempt_id % 2 = 0"
        " RETURNING attempt_id"
    )
    await office.sql(
        "INSERT INTO machine_samples (attempt_id, campaign, trunk, cause, called_at)"
        " SELECT attempt_id, campaign, trunk, 'LONGGREETING', dialled_at FROM attempts WHERE outcome = 'machine'"
    )
    samples = office.at_desk.samples
    assert len(await samples.listed("test", judged=False, most=100)) == len(machines) == 30
    for place, row in enumerate(machines):
        verdict: Verdict = "person" if place < 3 else "machine"
        assert await samples.judge("test", row["attempt_id"], verdict, "boss")
    assert not await samples.judge("other", machines[0]["attempt_id"], "person", "boss")
    rate = (await samples.rates("test"))["local"]
    assert (rate.judged, rate.persons, rate.machines, rate.answered) == (30, 3, 30, 0)
    whole = (await samples.rates("test"))["*"]
    assert (whole.machines, whole.answered) == (30, 30)
    assert whole.percent == pytest.approx(100 * 3 / 33), "3 persons were hung up on, 30 were not"
    heard = campaign(detection=Detection(mode="human-first"))
    assert await samples.measured("test", heard) == heard, "too few were judged"
    same = "campaign, contact_id, list, number, node, mode, epoch, state, outcome, dialled_at"
    await office.sql(
        f"WITH more AS (INSERT INTO attempts ({same})"
        f" SELECT {same} FROM attempts WHERE outcome = 'machine' RETURNING attempt_id)"
        " INSERT INTO machine_samples (attempt_id, campaign, trunk, cause, called_at, verdict, by, judged_at)"
        " SELECT attempt_id, 'test', 'local', '', now(), 'machine', 'boss', now() FROM more"
    )
    assert (await samples.measured("test", heard)).detection.false_positive_percent == 9.1, (
        "3 of 60 machines; 30 answered"
    )
    assert (await samples.measured("test", campaign())) == campaign(), "without detection nobody is hung up on"
    assert await samples.listed("test", judged=False, most=100) == []
