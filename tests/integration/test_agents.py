"""What agents do, in a real PostgreSQL: written down once, followed by the members of queues, whoever asks."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ccore.ami.link import Link
from ccore.centre.centre import Centre, load_centre
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.queues.agents import Agents, Outcome
from ccore.queues.model import Device, State
from ccore.queues.presence import Event, Happened
from ccore.queues.staff import Staff
from tests.support.shop import sql

SALES = 'wants = { sales = 5 }\nrelax = [{ after_s = 20, wants = { sales = 1 } }]\nlanguages = { en = "english" }\n'
HELP = "wrap_up_s = 0\n"
WORDS = "[skill.sales]\n[skill.english]\n[pause.lunch]\n[pause.training]\n"
PHONES = '[[phones]]\nfirst = "2001"\nlast = "2010"\n'
FIRST, SECOND = Device("phone", "2001", "node1"), Device("phone", "2002", "node1")
OUTSIDE = Device("outside", "+8613812345678", "node1")


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    """Two queues, ten phones, two reasons."""
    (tmp_path / "queues").mkdir()
    for name, text in {"queues/sales": SALES, "queues/help": HELP, "centre": WORDS, "phones": PHONES}.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_centre(tmp_path)


class Ccore:
    """The agents as one ccore has them; no Asterisk is there. ``nudged`` are nodes that upkeep was asked to look at."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self.nudged: list[str] = []
        links = {name: Link(name, "127.0.0.1", 9, "", "") for name in ("node1", "node2")}
        self.agents = Agents(database, links, self.nudged.append)
        self.agents.use(centre)


@pytest.fixture
async def ccore(database: Database, centre: Centre) -> Ccore:
    """One ccore that knows three agents."""
    staff = Staff(database, "CN")
    await staff.write("1001", "Li", {"sales": 7, "english": 3}, by="test")
    await staff.write("1002", "Wang", {"sales": 2}, by="test")
    await staff.write("1003", "Zhao", {}, by="test", mobile="13812345678")
    ccore = Ccore(database, centre)
    await ccore.agents.look()
    return ccore


async def members(dsn: str, agent: str) -> list[tuple[Any, ...]]:
    """Where an agent is to be rung."""
    query = "SELECT node, queue, interface, penalty, pause_reason FROM wanted_members WHERE agent = $1 ORDER BY 1, 2"
    return [tuple(row) for row in await sql(dsn, query, agent)]


async def logged(dsn: str, agent: str) -> list[tuple[Any, ...]]:
    """What the log tells of an agent."""
    query = "SELECT state, reason, by_whom FROM presence_log WHERE agent = $1 ORDER BY log_id"
    return [tuple(row) for row in await sql(dsn, query, agent)]


async def test_members_follow_from_skills_and_presence(ccore: Ccore, dsn: str) -> None:
    agents = ccore.agents
    assert await members(dsn, "1001") == []
    assert await agents.sign_in("1001", FIRST, "agent 1001") is Outcome.DONE
    assert await agents.sign_in("1002", SECOND, "agent 1002") is Outcome.DONE
    assert await members(dsn, "1001") == [
        ("node1", "ccore-own", "PJSIP/phone-2001", 1, ""),
        ("node1", "help", "PJSIP/phone-2001", 0, ""),
        ("node1", "sales", "PJSIP/phone-2001", 0, ""),
        ("node1", "sales-en", "PJSIP/phone-2001", 0, ""),
    ]
    assert [row[1::2] for row in await members(dsn, "1002")] == [("ccore-own", 2), ("help", 0), ("sales", 10)]
    assert await agents.pause("1001", "lunch", "agent 1001") is Outcome.DONE
    assert {row[4] for row in await members(dsn, "1001")} == {"lunch"}
    assert await agents.resume("1001", "person chief") is Outcome.DONE
    assert {row[4] for row in await members(dsn, "1001")} == {""}
    assert await agents.sign_out("1001", "agent 1001") is Outcome.DONE
    assert await members(dsn, "1001") == []
    assert await logged(dsn, "1001") == [
        ("ready", "", "agent 1001"),
        ("paused", "lunch", "agent 1001"),
        ("ready", "", "person chief"),
        ("signed-out", "", "agent 1001"),
    ]


async def test_what_makes_no_sense_is_refused_and_leaves_no_trace(ccore: Ccore, dsn: str) -> None:
    agents = ccore.agents
    assert await agents.sign_in("9999", FIRST, "x") is Outcome.UNKNOWN_AGENT
    for device in (
        Device("phone", "2099", "node1"),
        Device("phone", "2001", "node9"),
        Device("browser", "2001", "node1"),
        OUTSIDE,
    ):
        assert await agents.sign_in("1001", device, "x") is Outcome.UNKNOWN_DEVICE
    assert await agents.pause("1001", "lunch", "x") is Outcome.NOT_SIGNED_IN
    await agents.sign_in("1001", FIRST, "x")
    assert await agents.pause("1001", "holidays", "x") is Outcome.UNKNOWN_REASON
    assert await agents.extend_wrap_up("1001", 30, "x") is Outcome.NOT_NOW
    assert await agents.resume("1001", "x") is Outcome.DONE
    assert [state for state, _, _ in await logged(dsn, "1001")] == ["ready"]


async def test_a_device_is_one_agents_and_an_agent_at_one_device(ccore: Ccore, dsn: str) -> None:
    agents = ccore.agents
    await agents.sign_in("1001", FIRST, "agent 1001")
    await agents.sign_in("1002", FIRST, "agent 1002")
    assert agents.presences()["1001"].state is State.SIGNED_OUT
    assert await members(dsn, "1001") == []
    assert (await logged(dsn, "1001"))[-1] == ("signed-out", "", "agent 1002")
    await agents.sign_in("1002", SECOND, "agent 1002")
    assert {row[2] for row in await members(dsn, "1002")} == {"PJSIP/phone-2002"}


async def test_an_outside_number_is_the_agents_own(ccore: Ccore, dsn: str) -> None:
    assert await ccore.agents.sign_in("1003", OUTSIDE, "agent 1003") is Outcome.DONE
    assert {row[2] for row in await members(dsn, "1003")} == {"Local/1003@ccore-outside/n"}


@pytest.mark.parametrize("number", ["12345", "+85291234567", "4008123456", "95588", "+886900123456"])
async def test_an_outside_number_is_an_ordinary_one_of_the_region(database: Database, number: str) -> None:
    with pytest.raises(ValueError, match="mobile"):
        await Staff(database, "CN").write("1009", "Sun", {}, by="test", mobile=number)


async def test_a_call_with_its_wrap_up(ccore: Ccore, dsn: str) -> None:
    agents, seen = ccore.agents, list[tuple[State, State]]()
    await agents.sign_in("1001", FIRST, "agent 1001")
    agents.on_change(lambda before, after: seen.append((before.state, after.state)))
    began, wrap_up = utc_now(), timedelta(seconds=10)
    for what in (Happened.RANG, Happened.TALKED, Happened.ENDED):
        await agents.happened("1001", Event(what, queue="sales", call="c1"))
    presence = agents.presences()["1001"]
    assert seen == [
        (State.READY, State.RINGING), (State.RINGING, State.TALKING), (State.TALKING, State.WRAP_UP)
    ]  # fmt: skip
    assert presence.wrap_up_until is not None
    assert began + wrap_up <= presence.wrap_up_until <= utc_now() + wrap_up
    assert {row[4] for row in await members(dsn, "1001")} == {""}, "app_queue keeps it by itself"
    assert await agents.extend_wrap_up("1001", 60, "agent 1001") is Outcome.DONE
    assert {row[4] for row in await members(dsn, "1001")} == {"wrap-up"}
    assert await agents.end_wrap_up("1001", "agent 1001") is Outcome.DONE
    assert {row[4] for row in await members(dsn, "1001")} == {""}
    assert agents.presences()["1001"].state is State.READY


async def test_what_one_ccore_writes_another_knows(ccore: Ccore, database: Database, centre: Centre) -> None:
    other = Ccore(database, centre)
    await other.agents.look()
    await ccore.agents.sign_in("1001", FIRST, "agent 1001")
    await ccore.agents.pause("1001", "lunch", "agent 1001")
    assert other.agents.presences()["1001"].state is State.SIGNED_OUT
    await other.agents.look()
    assert other.agents.presences()["1001"] == ccore.agents.presences()["1001"]


async def test_no_step_is_made_twice_by_two_ccores(ccore: Ccore, database: Database, centre: Centre, dsn: str) -> None:
    other = Ccore(database, centre)
    await ccore.agents.sign_in("1001", FIRST, "agent 1001")
    await other.agents.look()
    for number in range(10):
        await asyncio.gather(
            *(each.agents.pause("1001", ("lunch", "training")[number % 2], "x") for each in (ccore, other) * 3)
        )
    steps = [reason for _, reason, _ in await logged(dsn, "1001")]
    assert steps == ["", *(("lunch", "training") * 5)]


async def test_a_ccore_that_lags_behind_learns_it_when_it_writes(
    ccore: Ccore, database: Database, centre: Centre
) -> None:
    other = Ccore(database, centre)
    await other.agents.look()
    await ccore.agents.sign_in("1001", FIRST, "agent 1001")
    await ccore.agents.happened("1001", Event(Happened.RANG, queue="sales", call="c1"))
    assert await other.agents.pause("1001", "lunch", "person chief") is Outcome.NOT_SIGNED_IN
    await other.agents.look()
    await ccore.agents.happened("1001", Event(Happened.TALKED, queue="sales", call="c1"))
    assert await other.agents.pause("1001", "lunch", "person chief") is Outcome.DONE
    assert other.agents.presences()["1001"].state is State.TALKING
    assert other.agents.presences()["1001"].paused


async def test_what_was_is_there_after_a_restart(ccore: Ccore, database: Database, centre: Centre) -> None:
    await ccore.agents.sign_in("1001", FIRST, "agent 1001")
    await ccore.agents.happened("1001", Event(Happened.TALKED, queue="sales", call="c1"))
    await ccore.agents.pause("1001", "lunch", "agent 1001")
    again = Ccore(database, centre)
    await again.agents.look()
    assert again.agents.presences() == ccore.agents.presences()


async def test_other_queues_and_skills_are_other_members(
    ccore: Ccore, database: Database, dsn: str, tmp_path: Path
) -> None:
    agents = ccore.agents
    await agents.sign_in("1002", SECOND, "agent 1002")
    await Staff(database, "CN").set_skills("1002", {"sales": 9, "english": 9}, by="person chief")
    ccore.nudged.clear()
    await agents.look()
    assert [row[1::2] for row in await members(dsn, "1002")] == [
        ("ccore-own", 2), ("help", 0), ("sales", 0), ("sales-en", 0)
    ]  # fmt: skip
    assert ccore.nudged == ["node1"]
    (tmp_path / "queues/help.toml").unlink()
    agents.use(load_centre(tmp_path))
    await agents.look()
    assert [row[1] for row in await members(dsn, "1002")] == ["ccore-own", "sales", "sales-en"]
    managed = await sql(dsn, "SELECT DISTINCT queue FROM managed_queues ORDER BY 1")
    assert [row[0] for row in managed] == ["ccore-own", "sales", "sales-en"]
    await agents.look()
    await Staff(database, "CN").remove("1002", by="person chief")
    await agents.look()
    await agents.look()
    assert await members(dsn, "1002") == []
    assert "1002" not in agents.presences()


async def test_members_that_are_nobodys_are_left(ccore: Ccore, centre: Centre, dsn: str) -> None:
    await sql(dsn, "INSERT INTO managed_queues VALUES ('node1', 'by-hand')")
    await sql(dsn, "INSERT INTO wanted_members (node, queue, interface) VALUES ('node1', 'by-hand', 'PJSIP/9')")
    await ccore.agents.sign_in("1001", FIRST, "agent 1001")
    ccore.agents.use(centre)
    await ccore.agents.look()
    assert await sql(dsn, "SELECT 1 FROM wanted_members WHERE queue = 'by-hand'")
    assert await sql(dsn, "SELECT 1 FROM managed_queues WHERE queue = 'by-hand' AND NOT of_centre")


async def test_the_queue_of_a_call_is_the_one_it_came_to_last(ccore: Ccore, dsn: str) -> None:
    for minute, queue in enumerate(("sales", "help")):
        await sql(
            dsn,
            "INSERT INTO visits (call_key, queue, node, uniqueid, line, number, tier, language, menu_priority,"
            " priority, came_at, entered_at, decision) VALUES ('node1!1.1', $1, 'node1', '1.1', $1, '', '', 'zh', 0,"
            " 0, now(), now() + $2 * interval '1 minute', '{}')",
            queue,
            minute,
        )
    assert await ccore.agents.queue_of_call("node1!1.1") == "help"
    assert await ccore.agents.queue_of_call("node1!1.2") == ""
