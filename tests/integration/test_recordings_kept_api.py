"""Recordings are held and erased over HTTP by who may, and what they did is written down."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccore.db.pool import Database
from ccore.recording.archive import Archive
from ccore.web.v1.recordings_kept import operations
from tests.support.api import Answer, Api, api, of, tokens
from tests.support.recordings import NODE, archive, finished, value

WHY = {"reason": "the subscriber asked for it"}
NUMBER = "+8613812345678"  # of those that `finished` leaves


@dataclass(frozen=True, slots=True)
class Place:
    """A ccore that keeps recordings."""

    api: Api
    kept: Archive
    dsn: str
    monitor: Path

    async def stored(self, channel: int) -> int:
        """One more."""
        number = (await finished(self.dsn, self.monitor, channel=channel)).number
        assert await self.kept.store.look(NODE)
        return number

    async def hold(self, said: Mapping[str, object], who: str = "anna") -> Answer:
        return await self.api.post("/api/v1/recordings/holds", {"reason": "court order 7", **said}, who)

    async def erase(self, recording: int, who: str = "ada") -> Answer:
        return await self.api.post(f"/api/v1/recordings/{recording}/erasure", WHY, who)

    async def audited(self, action: str) -> object:
        """By whom."""
        return await value(self.dsn, "SELECT string_agg(actor, ',') FROM audit WHERE action = $1", action)


@pytest.fixture
async def place(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    kept, given = archive(database, tmp_path), await tokens(database)
    async with kept.open(), api(of(operations(kept.erasing), database), given) as served:
        yield Place(served, kept, dsn, tmp_path / "monitor")


@pytest.mark.parametrize("kind", ["recording", "call", "number"])
async def test_what_is_held_is_erased_when_the_hold_is_over(place: Place, kind: str) -> None:
    number = await place.stored(1)
    call = await value(place.dsn, "SELECT call_id FROM recordings")
    held = await place.hold({kind: {"recording": number, "call": call, "number": NUMBER}[kind]})
    assert held.status == 200
    refused = await place.erase(number)
    assert (refused.status, refused.data["error"]) == (409, "it is held, and stays")
    [shown] = (await place.api.get("/api/v1/recordings/holds")).data["holds"]
    assert (shown["hold"], shown["kind"], shown["by"]) == (held.data["hold"], kind, "anna")
    assert NUMBER not in str(shown)
    ended = await place.api.ask("DELETE", f"/api/v1/recordings/holds/{held.data['hold']}", "ada")
    assert ended.status == 200
    assert (await place.erase(number)).status == 200
    assert await value(place.dsn, "SELECT by_whom || ': ' || reason FROM erasures") == f"ada: {WHY['reason']}"
    assert [await place.audited(action) for action in ("recordings-held", "recordings-released")] == ["anna", "ada"]
    assert await value(place.dsn, "SELECT count(*) FROM audit WHERE action LIKE '%erased' AND actor = 'ada'") == 1


async def test_all_of_a_number_are_erased_but_what_is_held(place: Place) -> None:
    first, second = await place.stored(1), await place.stored(2)
    await place.hold({"recording": first})
    answer = await place.api.post("/api/v1/recordings/erasures", {"number": NUMBER, **WHY}, "ada")
    assert answer.data == {
        "erased": [second],
        "kept": [{"recording": first, "why": "it is held, and stays"}],
    }


async def test_what_is_not_there_or_was_done_before_is_said(place: Place) -> None:
    number = await place.stored(1)
    assert (await place.erase(number + 1)).status == 404
    assert [(await place.erase(number)).status for _ in range(2)] == [200, 409]
    assert [(await place.hold({"number": NUMBER})).status for _ in range(2)] == [200, 409]
    assert (await place.api.ask("DELETE", "/api/v1/recordings/holds/99", "ada")).status == 404


@pytest.mark.parametrize(
    "said",
    [{}, {"recording": 1, "number": NUMBER}, {"number": "13812345678"}, {"recording": 0}, {"call": "c", "reason": " "}],
)
async def test_half_a_wish_is_none(place: Place, said: dict[str, object]) -> None:
    assert (await place.hold(said)).status == 400
    assert await value(place.dsn, "SELECT count(*) FROM recording_holds") == 0


async def test_only_admins_erase_and_end_holds(place: Place) -> None:
    number = await place.stored(1)
    for who in ("anna", "super", "olga", "abel"):
        assert (await place.erase(number, who)).status == 403
        assert (await place.api.ask("DELETE", "/api/v1/recordings/holds/1", who)).status == 403
    assert (await place.hold({"recording": number}, "super")).status == 403
    assert await value(place.dsn, "SELECT state FROM recordings") == "stored"
