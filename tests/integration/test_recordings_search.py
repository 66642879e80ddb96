"""Recordings are found over HTTP and at the console, by those who may, page after page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ccore import config
from ccore.calls.feed import Feed
from ccore.calls.tracker import Tracker
from ccore.centre.queue import Recording
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.recording.recorder import Recorder
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.recordings import operations
from tests.support.api import Api, api, of, tokens
from tests.support.commands import Run, running
from tests.support.operators import working_copy
from tests.support.postgres import fresh_database

NODE = "node1"
BEGAN = datetime(2026, 11, 22, 7, tzinfo=UTC)
COUNT = 5


@dataclass(frozen=True, slots=True)
class Place:
    """An API with five recordings, of callers 13812345670 to …74, an hour apart."""

    api: Api
    dsn: str

    async def found(self, query: str, who: str = "anna") -> list[str]:
        """The numbers of those that fit."""
        answer = await self.api.get(f"/api/v1/recordings?{query}", who)
        assert answer.status == 200, answer.data
        return [each["number"] for each in answer.data["recordings"]]


@pytest.fixture(scope="module")
async def place(
    postgres: EmbeddedPostgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """For all tests of this file."""
    directory = working_copy(tmp_path_factory.mktemp("search"))
    settings = config.load(directory / "ccore.toml")
    async with (
        fresh_database(postgres, postgres_template) as dsn,
        Database.opened(dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        trackers = {NODE: Tracker(NODE)}
        recorder = Recorder(settings, database, {}, trackers, Feed(), lambda _node: True)
        for number in range(COUNT):
            key = f"{NODE}!node1-1795367413.{number}"
            queue = "sales" if number % 2 else "help"
            at = BEGAN + timedelta(hours=number)
            always = Recording(when="always")
            assert await recorder.ledger.begin(key, NODE, queue, f"1381234567{number}", "", "in", "", always, at)
        asked = operations(LiveCalls(trackers, dict), recorder, database, ZoneInfo("Asia/Shanghai"))
        async with api(of(asked, database), await tokens(database)) as served:
            yield Place(served, dsn)


async def test_the_newest_come_first_and_pages_follow(place: Place) -> None:
    assert await place.found("size=2") == ["+86138****5674", "+86138****5673"]
    whole = (await place.api.get("/api/v1/recordings")).data["recordings"]
    assert len(whole) == COUNT
    assert len(await place.found(f"size=2&before={whole[3]['recording']}")) == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("queue=sales", ["+86138****5673", "+86138****5671"]),
        ("number=13812345672", ["+86138****5672"]),
        ("number=%2B8613812345672&queue=sales", []),
        ("from=2026-11-22T18:00&direction=in", ["+86138****5674", "+86138****5673"]),
        ("from=2026-11-22T07:00:00Z&to=2026-11-22T07:30:00Z", ["+86138****5670"]),
        ("call=node1-1795367413.1&state=expected&node=node1", ["+86138****5671"]),
        ("state=stored", []),
        ("agent=1001", []),
    ],
)
async def test_by_whatever_is_known(place: Place, query: str, numbers: list[str]) -> None:
    assert await place.found(query) == numbers


@pytest.mark.parametrize(
    "query", ["size=0", "number=x", "state=lost", "queue=%27%3B", "from=yesterday", "what=ever", "size=1&size=2"]
)
async def test_what_makes_no_sense_is_refused(place: Place, query: str) -> None:
    assert (await place.api.get(f"/api/v1/recordings?{query}")).status == 400


async def test_only_those_find_any_who_answer_for_them(place: Place) -> None:
    everybody = ("anna", "super", "ada", "abel", "olga", "")
    statuses = {who: (await place.api.get("/api/v1/recordings", who)).status for who in everybody}
    assert statuses == {"anna": 200, "super": 200, "ada": 200, "abel": 403, "olga": 403, "": 401}


async def test_nobody_pauses_a_call_that_is_not_there(place: Place) -> None:
    for action in ("pause", "resume", "start"):
        assert (await place.api.post(f"/api/v1/calls/node1-1.1/recording/{action}", {}, "abel")).status == 404


@pytest.fixture
def ccore(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ccore recordings …` in this process."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", place.dsn)
    settings = config.load(working_copy(tmp_path) / "ccore.toml")
    return running(settings, capsys, "recordings")


async def test_the_console_lists_them_too(ccore: Run) -> None:
    _, (line,) = await ccore("list", "--number", "13812345672")
    assert line.split()[1:4] == ["2026-11-22", "17:00:00", "expected"]
    assert "+86138****5672" in line
    assert len((await ccore("list", "--queue", "sales", "--limit", "1"))[1]) == 1
    assert await ccore("list", "--agent", "1001") == (0, ["there is no such recording"])


async def test_the_console_says_what_is_recorded(ccore: Callable[..., Awaitable[list[str]]], tmp_path: Path) -> None:
    rules = '[[rules]]\nwhen = "sample"\npercent = 7\n'
    (tmp_path / "dialplan/recording.toml").write_text(rules, encoding="utf-8")
    assert "queue service: sample 7 % (recording.toml rule 1)" in (await ccore("policy"))[1]
