"""A person is told all that is known of them, or erased: everywhere, whatever breaks off, and nobody else with them."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccore.db.pool import Database
from ccore.privacy.forms import pattern
from ccore.privacy.places import PLACES
from ccore.privacy.service import Privacy
from ccore.recording.archive import Archive
from ccore.web.v1.privacy import operations
from tests.support.api import Api, api, of, tokens
from tests.support.recordings import NODE, archive, finished, value
from tests.support.whole_person import OTHER, Somebody, made, may_stay, standing

NUMBER = "+8613812345678"
ASKED = {"number": "13812345678", "reason": "letter of 2026-11-20 from 138 1234 5678"}


@dataclass(frozen=True, slots=True)
class Place:
    """A ccore that keeps data of two persons."""

    api: Api
    privacy: Privacy
    kept: Archive
    dsn: str
    directory: Path
    recording: int

    async def ask(self, kind: str, who: str = "ada") -> int:
        answer = await self.api.post("/api/v1/privacy/requests", {"kind": kind, **ASKED}, who)
        assert answer.status == 202, answer.data
        number: int = answer.data["request"]
        assert await self.privacy.go_on()
        return number

    async def one(self, request: int) -> dict[str, Any]:
        data: dict[str, Any] = (await self.api.get(f"/api/v1/privacy/requests/{request}", "ada")).data
        return data

    async def erase(self) -> int:
        request = await self.ask("erasure")
        assert (await self.one(request))["state"] == "found"
        assert (await self.api.post(f"/api/v1/privacy/requests/{request}/confirmation", {}, "ada")).status == 200
        assert await self.privacy.go_on()
        return request

    async def holds(self, sql: str) -> object:
        return await value(self.dsn, sql)


@pytest.fixture
async def place(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    kept, given = archive(database, tmp_path), await tokens(database)
    logs = tmp_path / "log"
    (logs / "cdr-custom").mkdir(parents=True)
    (logs / "cdr-custom/ccore.csv").write_text('"13812345678","10086"\n')
    privacy = Privacy(database, kept.erasing, kept.playback, {NODE: logs}, "CN")
    async with kept.open(), api(of(operations(privacy, False), database), given) as served:
        people = []
        for channel, number in ((1, NUMBER), (2, OTHER)):
            raw = await finished(dsn, tmp_path / "monitor", channel=channel, number=number)
            assert await kept.store.look(NODE)
            people.append(Somebody(number, f"{NODE}-1795330800.{channel}", raw.number, 40 + channel))
        await made(dsn, *people)
        yield Place(served, privacy, kept, dsn, tmp_path, people[0].recording)


async def test_something_of_them_stands_at_every_place(place: Place) -> None:
    """Else the tests below would prove less than they seem to."""
    request = await place.ask("erasure")
    found = {each["place"] for each in (await place.one(request))["places"]}
    by_others = {each.key for each in PLACES if each.key.endswith("_others")}
    assert {each.key for each in PLACES} - found - by_others == {"erasures"}


async def test_a_person_is_told_everything(place: Place) -> None:
    request = await place.ask("export")
    assert await place.privacy.go_on()
    assert (await place.one(request))["state"] == "ready"
    answer = await place.api.get(f"/api/v1/privacy/requests/{request}/file", "ada")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as file:
        names = set(file.namelist())
        assert {f"data/{each.key}.json" for each in PLACES if each.told} <= names
        assert f"recordings/{place.recording}.flac" in names
        assert any(name.startswith("voicemails/") for name in names)
        page = file.read("README.txt").decode()
        assert ("个人数据副本" in page, "A copy of personal data" in page) == (True, True)
        whole = "".join(file.read(name).decode() for name in names if name.startswith("data/"))
        [order] = json.loads(file.read("data/orders.json"))
        assert order["subscriber"] == NUMBER
        assert OTHER not in whole
        assert "张三" in whole
    assert (await place.one(request))["state"] == "taken"
    assert (await place.api.get(f"/api/v1/privacy/requests/{request}/file", "ada")).status == 409
    assert await place.holds("SELECT count(*) FROM person_export_parts") == 0
    assert await place.holds("SELECT count(*) FROM person_finds") == 0


async def test_a_person_is_erased_everywhere_and_nobody_else(place: Place) -> None:
    others = await standing(place.dsn, pattern(OTHER))
    assert len(await standing(place.dsn, pattern(NUMBER))) > 35
    request = await place.erase()
    told = await place.one(request)
    assert (told["state"], told["number"]) == ("done", "+86138****5678")
    left = await standing(place.dsn, pattern(NUMBER))
    assert set(left) <= set(may_stay()), left
    assert await standing(place.dsn, pattern(OTHER)) == others
    assert await place.holds("SELECT state || number FROM recordings ORDER BY recording_id LIMIT 1") == "erased"
    assert await place.kept.erasing.faults_of_proof() == []
    await place.kept.store.sweep()
    sounds = [path for path in place.directory.rglob("*") if path.suffix in {".flac", ".sln16"} and path.is_file()]
    assert len(sounds) <= 3, "what is left is the other's"


async def test_what_is_left_says_so(place: Place) -> None:
    told = await place.one(await place.erase())
    assert [(each["node"], each["file"]) for each in told["files"]] == [(NODE, "cdr-custom/ccore.csv")]
    assert {"do_not_call", "consents", "audit"} <= set(told["stays"])
    assert NUMBER not in json.dumps(told)
    assert "138****5678" in str(told["reason"])
    seen = await place.holds(
        "SELECT string_agg(action, ' ' ORDER BY audit_id) FROM audit WHERE action LIKE 'personal%'"
    )
    assert seen == "personal-erasure-asked personal-erasure-confirmed personal-erasure-done"
    assert (
        await place.holds("SELECT count(*) FROM audit WHERE action LIKE 'personal%' AND detail::text ~ '13812345678'")
        == 0
    )


async def test_books_and_figures_stay_without_the_person(place: Place) -> None:
    before = await place.holds("SELECT count(*) FROM orders")
    await place.erase()
    assert await place.holds("SELECT count(*) FROM orders") == before
    assert await place.holds("SELECT count(*) FROM cdr") == 2
    name = await place.holds("SELECT pseudonym FROM person_requests")
    assert await place.holds("SELECT subscriber FROM orders ORDER BY order_id LIMIT 1") == name
    assert await place.holds("SELECT count(*) FROM folded_calls WHERE caller_name = '' AND caller LIKE '+0%'") == 1


async def test_what_was_keyed_is_forgotten_and_choices_are_not(place: Place) -> None:
    await place.erase()
    keyed = await place.holds("SELECT eventextra FROM cel WHERE linkedid = 'node1-1795330800.1'")
    assert keyed == '{"extra":"3:10086:zh:7;main:key:1:card;card:key::x"}'
    assert await place.holds("SELECT key FROM walk_steps WHERE linkedid = 'node1-1795330800.1'") == ""


async def test_a_product_in_use_and_a_held_recording_keep_the_number(place: Place) -> None:
    await place.holds("UPDATE orders SET state = 'active' WHERE order_id = 41")
    await place.kept.erasing.hold("recording", str(place.recording), "court order 7", "anna")
    request = await place.erase()
    stays = (await place.one(request))["stays"]
    assert {"orders", "recordings"} <= set(stays)
    assert await place.holds("SELECT subscriber FROM orders WHERE order_id = 41") == NUMBER
    assert await place.holds("SELECT state FROM recordings ORDER BY recording_id LIMIT 1") == "stored"


async def test_who_calls_again_is_somebody_new(place: Place) -> None:
    await place.erase()
    again = await place.ask("export")
    assert again > 1
    found = {each["place"]: each["rows"] for each in (await place.one(again))["places"]}
    assert not {"orders", "cdr", "cel", "folded_calls", "voicemails", "customers"} & set(found)


async def test_it_waits_for_a_call_that_goes_on(place: Place) -> None:
    await place.holds(
        "UPDATE folded_calls SET state = 'open', ended_at = NULL, duration_ms = NULL WHERE caller = '+8613812345678'"
    )
    request = await place.erase()
    told = await place.one(request)
    assert (told["state"], told["waits"]) == ("erasing", "call")
    assert await place.holds("SELECT count(*) FROM customers WHERE number = '+8613812345678'") == 1
    await place.holds("UPDATE folded_calls SET state = 'ended', ended_at = now(), duration_ms = 1 WHERE state = 'open'")
    await place.holds("UPDATE person_requests SET next_at = now()")
    assert await place.privacy.go_on()
    assert (await place.one(request))["state"] == "done"


async def test_only_admins_and_only_one_at_a_time(place: Place) -> None:
    for who in ("anna", "super", "olga", "abel"):
        assert (await place.api.post("/api/v1/privacy/requests", {"kind": "export", **ASKED}, who)).status == 403
    request = await place.ask("erasure")
    assert (await place.api.post("/api/v1/privacy/requests", {"kind": "erasure", **ASKED}, "ada")).status == 409
    assert (await place.api.post(f"/api/v1/privacy/requests/{request}/cancellation", {}, "ada")).status == 200
    assert (await place.api.post(f"/api/v1/privacy/requests/{request}/confirmation", {}, "ada")).status == 409
    assert await place.holds("SELECT count(*) FROM person_finds") == 0
    assert await place.holds("SELECT count(*) FROM customers") == 2


async def test_two_admins_where_the_site_wants_it(place: Place, database: Database) -> None:
    request = await place.privacy.ask("erasure", NUMBER, "letter", "ada")
    assert request is not None
    await place.privacy.go_on()
    assert not await place.privacy.confirm(request, "ada", another=True)
    assert await place.privacy.confirm(request, "root", another=True)


async def test_only_who_asked_takes_the_file(place: Place) -> None:
    request = await place.privacy.ask("export", NUMBER, "letter", "root")
    assert [await place.privacy.go_on() for _ in range(3)] == [True, True, False]
    assert (await place.api.get(f"/api/v1/privacy/requests/{request}/file", "ada")).status == 403


async def test_files_nobody_takes_are_gone_after_a_day(place: Place) -> None:
    request = await place.ask("export")
    await place.privacy.go_on()
    await place.holds("UPDATE person_requests SET ready_at = now() - interval '25 h'")
    await place.privacy.forget_old()
    assert (await place.one(request))["state"] == "gone"
    assert await place.holds("SELECT count(*) FROM person_export_parts") == 0
    assert await place.holds("SELECT count(*) FROM person_requests WHERE number IS NOT NULL") == 0
