"""Agents over HTTP and from lists: who may what, and that it is done."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccore.ami.link import Link
from ccore.centre.centre import load_centre
from ccore.db.pool import Database
from ccore.errors import FaultsFound
from ccore.queues.agents import Agents
from ccore.queues.staff import Staff
from ccore.queues.staff_list import read
from ccore.shipped import shipped
from ccore.web.v1 import agents as asked
from tests.support.api import Api, api, of, tokens
from tests.support.shop import sql

PHONE = {"kind": "phone", "number": "2001", "node": "node1"}
OWN = "/api/v1/agents/2001"  # abel's
LIST = "number,name,skills,echelon,mobile\n3001,Li,sales=7;english=3,0,\n3002,Wang,,2,13812345678\n"


@pytest.fixture
async def staff(database: Database) -> Staff:
    """Abel and Ben."""
    staff = Staff(database, "CN")
    for number, name in {"2001": "Abel", "2002": "Ben"}.items():
        await staff.write(number, name, {"sales": 5}, by="test")
    return staff


@pytest.fixture
async def served(database: Database, staff: Staff) -> AsyncIterator[Api]:
    """The routes, with the shipped queues and no Asterisk."""
    agents = Agents(database, {"node1": Link("node1", "127.0.0.1", 9, "", "")}, lambda _node: None)
    agents.use(load_centre(shipped("dialplan")))
    await agents.look()
    async with api(of(asked.operations(agents, staff), database), await tokens(database)) as running:
        yield running


async def test_an_agent_goes_through_a_day(served: Api) -> None:
    answer = await served.post(f"{OWN}/sign-in", PHONE, "abel")
    assert (answer.status, answer.data["state"], answer.data["device"]) == (200, "ready", PHONE)
    answer = await served.post(f"{OWN}/pause", {"reason": "meal"}, "abel")
    assert (answer.data["state"], answer.data["reason"]) == ("paused", "meal")
    assert (await served.post(f"{OWN}/resume", None, "abel")).data["state"] == "ready"
    assert (await served.post(f"{OWN}/wrap-up", {"seconds": 20}, "abel")).status == 409
    assert (await served.ask("DELETE", f"{OWN}/wrap-up", "abel")).status == 409
    shown = await served.get(OWN, "abel")
    assert (shown.data["name"], shown.data["presence"]["state"]) == ("Abel", "ready")
    assert (await served.post(f"{OWN}/sign-out", None, "abel")).data["state"] == "signed-out"
    assert (await served.post(f"{OWN}/pause", {"reason": "meal"}, "abel")).status == 409


async def test_agents_may_for_themselves_and_supervisors_for_all(served: Api, dsn: str) -> None:
    assert (await served.post(f"{OWN}/sign-in", PHONE, "ben")).status == 404
    assert (await served.get(OWN, "ben")).status == 404
    assert (await served.get("/api/v1/agents", "ben")).status == 403
    assert (await served.post(f"{OWN}/sign-in", PHONE, "abel")).status == 200
    assert (await served.post(f"{OWN}/pause", {"reason": "training"}, "super")).data["reason"] == "training"
    assert (await served.post(f"{OWN}/sign-out", None, "super")).data["state"] == "signed-out"
    everybody = (await served.get("/api/v1/agents", "super")).data["agents"]
    assert [each["agent"] for each in everybody] == ["2001", "2002"]
    log = await sql(dsn, "SELECT by_whom FROM presence_log ORDER BY log_id")
    assert [row[0] for row in log] == ["person abel", "person super", "person super"]
    audit = await sql(dsn, "SELECT action FROM audit WHERE actor = 'super' ORDER BY audit_id")
    assert [row[0] for row in audit] == ["agent-paused", "agent-signed-out"]


async def test_what_cannot_be_is_said_in_a_line(served: Api) -> None:
    for device in ({**PHONE, "number": "9001"}, {**PHONE, "node": "elsewhere"}, {**PHONE, "kind": "outside"}):
        assert (await served.post(f"{OWN}/sign-in", device, "abel")).status == 422
    await served.post(f"{OWN}/sign-in", PHONE, "abel")
    assert (await served.post(f"{OWN}/pause", {"reason": "holidays"}, "abel")).status == 422
    assert (await served.post("/api/v1/agents/9999/sign-out", None, "super")).status == 404
    assert (await served.ask("PUT", "/api/v1/agents/9999/skills", "super", {"skills": {}})).status == 404


async def test_only_admins_say_who_is_an_agent_and_where_outside(served: Api) -> None:
    new = {"name": "Chen", "skills": {"sales": 9}, "mobile": "13812345678"}
    assert (await served.ask("PUT", "/api/v1/agents/2009", "super", new)).status == 403
    written = await served.ask("PUT", "/api/v1/agents/2009", "ada", new)
    assert (written.data["mobile"], written.data["skills"]) == ("+8613812345678", {"sales": 9})
    assert (await served.ask("PUT", "/api/v1/agents/2009/mobile", "super", {"number": ""})).status == 403
    for number in ("+19005551234", "4008123456", "12"):
        assert (await served.ask("PUT", "/api/v1/agents/2009/mobile", "ada", {"number": number})).status == 422
    assert (await served.ask("PUT", "/api/v1/agents/2009/mobile", "ada", {"number": ""})).data["mobile"] is None
    assert (await served.ask("PUT", f"{OWN}/skills", "super", {"skills": {"vip": 3}})).data["skills"] == {"vip": 3}
    assert (await served.ask("PUT", f"{OWN}/skills", "abel", {"skills": {"vip": 9}})).status == 403
    at_once = await served.post("/api/v1/agents/2009/sign-in", PHONE, "super")
    assert (at_once.status, at_once.data["state"]) == (200, "ready")
    assert (await served.ask("DELETE", "/api/v1/agents/2009", "ada")).status == 200
    assert (await served.get("/api/v1/agents/2009", "super")).status == 404


async def test_a_list_is_written_whole(staff: Staff, tmp_path: Path) -> None:
    assert await staff.take(read(LIST, tmp_path / "list.csv"), tmp_path / "list.csv", "test") == 2
    rows = {row["agent"]: row for row in await staff.listed()}
    assert rows["3001"]["skills"] == {"sales": 7, "english": 3}
    assert (rows["3002"]["echelon"], rows["3002"]["mobile"]) == (2, "+8613812345678")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name\nLi\n", 1, "the first line names the columns"),
        ("number,name\n1,Li\n", 2, "2 to 12 digits"),
        ("number,name\n3001,Li\n3001,Wang\n", 3, "line 2 has agent 3001 already"),
        ("number,name,skills\n3001,Li,sales=10\n", 2, "levels from 1 to 9"),
        ("number,name,echelon\n3001,Li,5\n", 2, "echelon"),
        ("number,name\n3001\n", 2, "columns"),
        (LIST.replace("13812345678", "+19005551234"), 3, "no mobile or fixed line"),
    ],
)
async def test_a_list_with_a_fault_is_not_written(
    staff: Staff, tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(FaultsFound) as found:
        await staff.take(read(text, path), path, "test")
    (fault,) = found.value.faults
    assert (fault.line, words in fault.message) == (line, True), fault
    assert len(await staff.listed()) == 2
