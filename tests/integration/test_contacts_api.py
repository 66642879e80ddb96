"""Lists, campaigns and whom not to call, over HTTP, as a console asks for them."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from ccore.centre.centre import load_centre
from ccore.db.pool import Database
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.contacts import Lists
from ccore.shipped import shipped
from ccore.web.once import HEADER
from ccore.web.v1 import barring, campaigns, contacts, files, uploads
from tests.support.api import Answer, Api, api, of, tokens
from tests.support.contact_files import SITE, Desk, as_csv, number, working
from tests.support.shop import sql, value, writes_held
from tests.support.waiting import until

FILE = as_csv([("13800138000", "王伟", 3, "7"), ("138", "=cmd", "", "")])
WANG = "%2B8613800138000"
FIGURES = {"busy": 5, "waiting": 0, "outstanding": 1, "expected_free": 1.5, "expected_answers": 0.5}


@dataclass(frozen=True, slots=True)
class Console:
    """Somebody at a console, and the ccore behind it."""

    api: Api
    desk: Desk

    async def send(self, content: bytes = FILE, key: str = "key-0001", who: str = "super", **wanted: Any) -> Answer:
        """Send a file into the list `spring`."""
        query = urlencode({"file": "客户.csv", "wanted": json.dumps(wanted)})
        headers = {HEADER: key, "Authorization": f"Bearer {self.api.tokens[who]}"}
        url = f"{self.api.url}/api/v1/lists/spring/uploads?{query}"
        async with self.api.session.post(url, data=content, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read(), await answer.json())

    async def ended(self, upload: int) -> Any:
        """Wait for an upload, and say how it ended."""

        async def over() -> bool:
            return (await self.api.get(f"/api/v1/uploads/{upload}", "super")).data["ended_at"] is not None

        await until(over, 30)
        return (await self.api.get(f"/api/v1/uploads/{upload}", "super")).data


@pytest.fixture
async def console(database: Database, tmp_path: Path) -> AsyncIterator[Console]:
    desk, lists = Desk(database, tmp_path / "uploads"), Lists(database)
    centre, zone = load_centre(shipped("dialplan")), ZoneInfo("Asia/Shanghai")
    operations = [
        *campaigns.operations(database, lambda: centre, zone),
        *contacts.operations(lists, "CN", lambda: centre),
        *uploads.operations(lists, desk.uploading),
        *barring.operations(Barring(database), SITE, tmp_path / "numbers"),
    ]
    async with api(of(operations, database), await tokens(database)) as served, working(desk.uploading):
        yield Console(served, desk)


async def test_a_file_is_sent_watched_and_reported(console: Console) -> None:
    sent = await console.send()
    assert sent.status == 202
    ended = await console.ended(sent.data["upload"])
    assert (ended["state"], ended["file_name"], ended["asked_by"]) == ("done", "客户.csv", "super")
    assert (ended["counts"]["new"], ended["counts"]["bad"], ended["rows_read"], ended["rows_there"]) == (1, 1, 2, 3)
    report = await console.api.get(f"/api/v1/uploads/{sent.data['upload']}/report", "super")
    assert report.headers["Content-Type"] == "text/csv; charset=utf-8"
    _, said = csv.reader(report.body.decode("utf-8-sig").splitlines())
    assert said[:4] == ["3", "手机号", "138", "no"]
    [listed] = (await console.api.get("/api/v1/lists", "super")).data["lists"]
    assert (listed["list"], listed["open"]) == ("spring", 1)
    [upload] = (await console.api.get("/api/v1/lists/spring/uploads", "super")).data["uploads"]
    assert upload["upload"] == sent.data["upload"]
    await until(lambda: not any(console.desk.directory.glob("*")))
    assert (await console.api.get("/api/v1/uploads/99", "super")).status == 404
    assert (await console.api.get("/api/v1/uploads/99/report", "super")).status == 404


async def test_a_file_is_taken_once_for_each_key(console: Console) -> None:
    first, again = await asyncio.gather(console.send(), console.send())
    assert first.data == again.data
    replayed = [answer.headers.get("Idempotent-Replayed") for answer in (first, again)]
    assert sorted(map(str, replayed)) == ["None", "true"]
    assert (await console.send(as_csv([]))).status == 422
    assert (await console.send(whole=True)).status == 422
    assert (await console.send(key="short")).status == 400
    other = await console.send(key="key-0002")
    assert other.data["upload"] != first.data["upload"]
    assert (await console.ended(other.data["upload"]))["counts"]["new"] + (await console.ended(first.data["upload"]))[
        "counts"
    ]["new"] == 1


async def test_what_cannot_be_taken_is_refused_before_it_is_kept(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {
        "nothing in it": await console.send(b""),
        "nonsense": await console.send(in_list="perhaps"),
        "no column that may be": await console.send(columns={"fields": {"Left": "x"}}),
    }
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    refused["too large"] = await console.send(b"x" * 2000)
    assert {what: answer.status for what, answer in refused.items()} == {
        "nothing in it": 400, "nonsense": 400, "no column that may be": 400, "too large": 413,
    }  # fmt: skip
    assert (await console.api.post("/api/v1/lists/Spring!/uploads", {}, "super")).status == 404
    assert not any(console.desk.directory.glob("*"))
    assert (await console.api.get("/api/v1/lists", "super")).data == {"lists": []}


async def test_a_sender_who_goes_away_leaves_nothing(console: Console) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield FILE
        await until(lambda: any(console.desk.directory.glob("*")))
        raise ConnectionResetError("unplugged")

    headers = {HEADER: "key-0009", "Authorization": f"Bearer {console.api.tokens['super']}"}
    url = f"{console.api.url}/api/v1/lists/spring/uploads?file=x.csv"
    with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
        await console.api.session.post(url, data=endless(), headers=headers)
    await until(lambda: not any(console.desk.directory.glob("*")))
    assert (await console.api.get("/api/v1/uploads", "super")).data == {"uploads": [], "before": None}
    assert (await console.send(key="key-0009")).status == 202


async def test_contacts_are_found_taken_out_and_erased(console: Console) -> None:
    await console.ended((await console.send()).data["upload"])
    ask = console.api.ask
    assert (await ask("GET", "/api/v1/contacts", "super")).status == 400
    [found] = (await ask("GET", f"/api/v1/contacts?number={WANG}", "super")).data["contacts"]
    assert (found["name"], found["number"], found["state"], found["barred"], found["fields"]) == (
        "王伟",
        "+86138****8000",
        "open",
        False,
        {"balance": "7"},
    )
    one = f"/api/v1/contacts/{found['contact']}"
    assert [(await ask("DELETE", one, "super")).status for _ in range(2)] == [200, 409]
    assert [(await ask("POST", f"{one}/reopen", "super", {})).status for _ in range(2)] == [200, 409]
    assert (await ask("PUT", "/api/v1/lists/spring", "super", {"title": "春季"})).status == 200
    assert (await ask("GET", "/api/v1/lists/spring", "super")).data["title"] == "春季"
    assert (await ask("GET", "/api/v1/lists/summer", "super")).status == 404
    assert (await ask("POST", "/api/v1/lists/spring/reopen", "super", {"outcomes": ["busy"]})).data == {"opened": 0}
    assert (await ask("POST", "/api/v1/lists/spring/reopen", "super", {"outcomes": ["happy"]})).status == 400
    assert (await ask("POST", "/api/v1/contacts/erasures", "super", {"number": "13800138000"})).status == 403
    assert (await ask("POST", "/api/v1/contacts/erasures", "ada", {"number": "13800138000"})).data == {"lists": 1}
    assert (await ask("GET", "/api/v1/contacts?list=spring", "super")).data == {"contacts": [], "before": None}


async def test_an_upload_is_cancelled(console: Console, dsn: str) -> None:
    async with writes_held(dsn, "contacts"):  # so far it comes
        sent = await console.send(as_csv([(number(at), "", "", "") for at in range(20_000)]))
        one = f"/api/v1/uploads/{sent.data['upload']}"
        assert (await console.api.ask("DELETE", one, "super")).status == 200
    assert (await console.api.ask("DELETE", one, "super")).status == 409
    assert (await console.ended(sent.data["upload"]))["state"] == "cancelled"
    after = await console.send(key="key-0002")
    assert (await console.ended(after.data["upload"]))["counts"]["new"] == 1
    assert len((await console.api.get("/api/v1/contacts?list=spring", "super")).data["contacts"]) == 1


async def test_a_campaign_is_started_and_stopped(console: Console) -> None:
    ask, state = console.api.ask, "/api/v1/campaigns/spring/state"
    [stopped] = (await ask("GET", "/api/v1/campaigns", "super")).data["campaigns"]
    assert (stopped["campaign"], stopped["state"], stopped["epoch"]) == ("spring", "stopped", 0)
    assert stopped["why_not"][:2] == [
        "nobody has started it: ccore campaigns start NAME",
        "there is no list spring: ccore lists upload",
    ]
    assert (await ask("PUT", state, "super", {"state": "draining"})).status == 409
    assert (await ask("PUT", state, "super", {"state": "running", "reason": "monday"})).data == {"epoch": 1}
    assert (await ask("PUT", state, "super", {"state": "running"})).data == {"error": "it runs already"}
    running = (await ask("GET", "/api/v1/campaigns/spring", "super")).data
    assert (running["state"], running["by"], running["reason"]) == ("running", "super", "monday")
    assert (await ask("PUT", state, "super", {"state": "stopped"})).data == {"epoch": 2}
    assert running["lists"] == []
    assert (await ask("GET", "/api/v1/campaigns/summer", "super")).status == 404
    assert (await ask("PUT", "/api/v1/campaigns/summer/state", "super", {"state": "running"})).status == 404


async def test_the_pace_of_a_campaign_is_told_in_steps(console: Console, dsn: str) -> None:
    rows = [("2 hours", 9, 4, "ratio", 3.0), ("20 s", 2, 4, "ratio", 3.0), ("17 s", 3, 2, "channels", 2.5)]
    step_began = await value(dsn, "SELECT date_bin('15 s', now(), 'epoch')")
    for ago, began, idle, gate, bank in rows:
        why = json.dumps({**FIGURES, "gate": gate, "idle": idle, "bank": bank})
        statement = (
            "INSERT INTO pacing_log (campaign, node, at, began, hung_up, why)"
            " SELECT 'spring', 'node1', $4::timestamptz - $1::text::interval, $2, 1, $3"
        )
        await sql(dsn, statement, ago, began, why, step_began)
    told = (await console.api.get("/api/v1/campaigns/spring/pace", "super")).data
    [sample] = told["samples"]
    assert (told["step_s"], sample["node"], sample["began"], sample["hung_up"]) == (15, "node1", 5, 2)
    assert (sample["idle"], sample["gate"], sample["bank"]) == (3.0, "channels", 2.5)
    longer = (await console.api.get("/api/v1/campaigns/spring/pace?minutes=1440", "super")).data
    assert (longer["step_s"], sum(each["began"] for each in longer["samples"])) == (360, 14)
    for path, status in {"summer/pace": 404, "spring/pace?minutes=1441": 400}.items():
        assert (await console.api.get(f"/api/v1/campaigns/{path}", "super")).status == status
    assert (await console.api.get("/api/v1/campaigns/spring/pace", "abel")).status == 403


async def test_numbers_and_consents(console: Console) -> None:
    ask = console.api.ask
    barred = {"numbers": ["13800138000", "+85291234567"], "reason": "asked us"}
    assert [(await ask("POST", "/api/v1/donotcall", "abel", barred)).data for _ in range(2)] == [{"new": 2}, {"new": 0}]
    assert (await ask("POST", "/api/v1/donotcall", "abel", {"numbers": ["138"]})).status == 400
    prefix = {"prefix": "+86138", "reason": "test"}
    assert [(await ask("POST", "/api/v1/donotcall-prefixes", "super", prefix)).status for _ in range(2)] == [200, 409]
    why = (await ask("GET", f"/api/v1/donotcall/{WANG}", "abel")).data["barred"]
    assert [(row["what"], row["made_by"]) for row in why] == [("+86138", "super"), ("+8613800138000", "abel")]
    assert (await ask("DELETE", f"/api/v1/donotcall/{WANG}", "abel")).status == 403
    assert [(await ask("DELETE", f"/api/v1/donotcall/{WANG}", "super")).status for _ in range(2)] == [200, 404]
    freed = [(await ask("DELETE", "/api/v1/donotcall-prefixes/%2B86138", "super")).status for _ in range(2)]
    assert freed == [200, 404]
    assert (await ask("GET", "/api/v1/donotcall-prefixes", "super")).data == {"prefixes": []}
    [left] = (await ask("GET", "/api/v1/donotcall", "super")).data["numbers"]
    assert left["number"] == "+85291234567"
    given = {"number": "13800138000", "purpose": "plans", "given_at": "2026-01-01T00:00:00Z", "evidence": "contract 7"}
    assert [(await ask("POST", "/api/v1/consents", "abel", given)).status for _ in range(2)] == [201, 409]
    assert (await ask("POST", "/api/v1/consents", "abel", {**given, "evidence": " "})).status == 400
    withdrawn = {"number": "13800138000", "purpose": "plans"}
    assert (await ask("POST", "/api/v1/consents/withdrawals", "abel", withdrawn)).data == {"withdrawn": 1}
    [consent] = (await ask("GET", f"/api/v1/consents?number={WANG}", "abel")).data["consents"]
    assert (consent["evidence"], consent["withdrawn_by"]) == ("contract 7", "abel")


async def test_many_numbers_not_to_be_called_come_as_a_file(console: Console, database: Database) -> None:
    async def sent(content: bytes, who: str = "super") -> Answer:
        url = f"{console.api.url}/api/v1/donotcall/files?{urlencode({'file': '免打扰.csv', 'reason': 'the law'})}"
        headers = {HEADER: "numbers-1", "Authorization": f"Bearer {console.api.tokens[who]}"}
        async with console.api.session.post(url, data=content, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read(), await answer.json())

    many = as_csv([(number(at),) for at in range(6_000)], heading=("号码",))
    assert [(await sent(many)).data for _ in range(2)] == [{"rows": 6_000, "new": 6_000}, {"rows": 6_000, "new": 0}]
    [first, *_] = await Barring(database).numbers("", "免打扰.csv", 1)
    assert (first["number"], first["reason"], first["made_by"]) == (f"+86{number(0)}", "the law", "super")
    wrong = await sent(as_csv([(f"139{at:08}",) for at in range(20_000, 20_003)] + [("138",)], heading=("号码",)))
    assert (wrong.status, wrong.data["faults"][0]["row"], wrong.data["faults"][0]["what"]) == (422, 5, "not-a-number")
    assert await Barring(database).why("+8613900020000") == [], "all of it or nothing"
    assert (await sent(b"PK\x03\x04")).status == 422
    assert (await sent(b"")).status == 400
    assert (await sent(many, "abel")).status == 403
    assert not list((console.desk.directory.parent / "numbers").iterdir())


async def test_a_list_is_deleted(console: Console) -> None:
    ask = console.api.ask
    await console.desk.has("a", "b")
    assert (await ask("PUT", "/api/v1/campaigns/spring/state", "super", {"state": "running"})).status == 200
    refused = await ask("DELETE", "/api/v1/lists/spring", "super")
    assert (refused.status, "spring" in refused.body.decode()) == (409, True)
    assert (await ask("DELETE", "/api/v1/lists/spring?force=true", "super")).data == {"removed": 2}
    assert (await ask("DELETE", "/api/v1/lists/spring?force=true", "super")).status == 404
    assert (await ask("GET", "/api/v1/lists/spring", "super")).status == 404
    assert (await ask("DELETE", "/api/v1/lists/spring", "abel")).status == 403
