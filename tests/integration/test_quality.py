"""Quality over HTTP: recordings are drawn, reviewed, disputed, settled; reviewers compare themselves; agents learn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ccore import config
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.quality.learning import Learning
from ccore.quality.service import Quality
from ccore.recording.erasing import Erased
from ccore.web.v1 import learning, quality
from tests.support.api import Api, api, of, tokens
from tests.support.commands import running
from tests.support.postgres import fresh_database
from tests.support.recordings import BEGAN, NODE, Raw, archive, finished, value

CARD = """
title = {zh = "卡", en = "Card"}
[[samples]]
per_agent = 1
least_s = 0
[[sections]]
name = "all"
title = {en = "All"}
[[sections.questions]]
name = "greeted"
text = {en = "Greeted?"}
[[sections.questions]]
name = "solved"
text = {en = "Solved?"}
kind = "scale"
weight = 3
[[sections.questions]]
name = "safe"
text = {en = "Safe?"}
fatal = true
weight = 0
"""
BEST = {"greeted": 1, "solved": 5, "safe": 1}
WEEK = "2026-W47"


@dataclass(frozen=True, slots=True)
class Place:
    """A site with six stored recordings of agents 2001 and 2002 in turn."""

    api: Api
    raws: list[Raw]
    directory: Path
    dsn: str
    database: Database

    async def begun(self, number: int, who: str = "anna", **more: object) -> str:
        """The path of a new review of recording ``number`` (from 0)."""
        answer = await self.api.post(
            "/api/v1/quality/reviews", {"recording": self.raws[number].number, "scorecard": "card", **more}, who
        )
        assert answer.status == 201, answer.data
        return f"/api/v1/quality/reviews/{answer.data['review']}"

    async def submitted(self, number: int, answers: dict[str, int], who: str = "anna", **more: object) -> str:
        """The path of a new review that is submitted."""
        path = await self.begun(number, who, **more)
        assert (await self.api.ask("PUT", path, who, {"answers": answers})).status == 200
        answer = await self.api.post(f"{path}/submit", {}, who)
        assert answer.status == 200, answer.data
        return path


@pytest.fixture(scope="module")
async def place(
    postgres: EmbeddedPostgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("quality")
    (directory / "dialplan/scorecards").mkdir(parents=True)
    (directory / "dialplan/scorecards/card.toml").write_text(CARD, encoding="utf-8")
    async with AsyncExitStack() as opened:
        dsn = await opened.enter_async_context(fresh_database(postgres, postgres_template))
        database = await opened.enter_async_context(Database.opened(dsn, Settings(acquire_timeout_s=30)))
        kept = archive(database, directory)
        await opened.enter_async_context(kept.open())
        raws = [
            await finished(
                dsn, directory / "monitor", 1.0, channel, agent=str(2001 + channel % 2),
                expected_at=BEGAN - timedelta(hours=channel),
            )
            for channel in range(6)
        ]  # fmt: skip
        for _ in raws:
            await kept.store.look(NODE)
        reviews = quality.operations(Quality(database, config.Config().zone, directory / "dialplan"))
        asked = of([*reviews, *learning.operations(Learning(database))], database)
        served = await opened.enter_async_context(api(asked, await tokens(database)))
        yield Place(served, raws, directory, dsn, database)


async def test_one_recording_of_each_agent_is_drawn_and_stays_drawn_when_it_is_reviewed(place: Place) -> None:
    path = f"/api/v1/quality/worklist?scorecard=card&week={WEEK}"
    first = (await place.api.get(path)).data["tasks"]
    assert [task["agent"] for task in first] == ["2001", "2002"]
    numbers = [raw.number for raw in place.raws]
    await place.begun(numbers.index(first[0]["recording"]), "super")
    again = (await place.api.get(path)).data["tasks"]
    assert [task["recording"] for task in again] == [task["recording"] for task in first]
    assert [task["review"] for task in again] == ["draft", None]
    assert (await place.api.get("/api/v1/quality/worklist?scorecard=card&week=2026-W46")).data == {"tasks": []}
    for bad in ("2026-W60", "2026-47", "2026-W99"):
        assert (await place.api.get(f"/api/v1/quality/worklist?scorecard=card&week={bad}")).status == 400
    assert (await place.api.get(f"/api/v1/quality/worklist?scorecard=none&week={WEEK}")).status == 404
    assert (await place.api.get(path, "abel")).status == 403


async def test_a_review_from_draft_to_its_settlement(place: Place) -> None:
    agent, other = "ben", "abel"  # channel 1 is of agent 2002
    path = await place.begun(1)
    assert (await place.api.get(path, agent)).status == 404, "a draft is its reviewer's"
    assert (await place.api.ask("PUT", path, "anna", {"answers": {"solved": 9}})).status == 400
    half = {"answers": {"greeted": 0}, "comments": {"greeted": "没有问候"}, "summary": "so far"}
    assert (await place.api.ask("PUT", path, "anna", half)).status == 200
    assert (await place.api.ask("PUT", path, "quinn", half)).status == 403
    refused = await place.api.post(f"{path}/submit", {})
    assert (refused.status, refused.data["error"]) == (400, "solved: is not answered; safe: is not answered")
    await place.api.ask("PUT", path, "anna", {"answers": {"greeted": 0, "solved": 4, "safe": 1}})
    assert (await place.api.post(f"{path}/acknowledge", {}, agent)).status == 404, "it is a draft still"
    assert (await place.api.post(f"{path}/submit", {})).data["per_mille"] == 600
    assert (await place.api.ask("PUT", path, "anna", half)).status == 409, "what was submitted stands"
    assert (await place.api.get(path, other)).status == 404
    assert (await place.api.post(f"{path}/dispute", {}, agent)).status == 400, "why?"
    assert (await place.api.post(f"{path}/dispute", {"note": "I did greet"}, agent)).status == 200
    assert (await place.api.post(f"{path}/settle", {"note": "no"})).status == 403, "not by the reviewer"
    settled = await place.api.post(f"{path}/settle", {"note": "yes, at 0:02", "answers": {"greeted": 1}}, "quinn")
    assert settled.data["per_mille"] == 850
    assert (await place.api.post(f"{path}/settle", {"note": "again"}, "quinn")).status == 409
    told = (await place.api.get(path, agent)).data
    assert (told["state"], told["per_mille"], told["answers"]["greeted"]) == ("settled", 850, 1)
    assert [(step["step"], step["who"], step["per_mille"]) for step in told["steps"]] == [
        ("submit", "anna", 600), ("dispute", agent, 600), ("settle", "quinn", 850),
    ]  # fmt: skip
    listed = (await place.api.get("/api/v1/quality/reviews?state=settled", agent)).data["reviews"]
    assert [review["review"] for review in listed] == [told["review"]]
    assert (await place.api.get("/api/v1/quality/reviews?agent=2002", other)).data["reviews"] == []
    audited = "SELECT array_agg(action ORDER BY audit_id) FROM audit WHERE subject = $1"
    assert await value(place.dsn, audited, f"review:{told['review']}") == [
        "review-begun", "review-submitted", "review-disputed", "review-settled",
    ]  # fmt: skip


async def test_a_review_keeps_the_scorecard_it_was_made_by(place: Place) -> None:
    path = await place.begun(2)
    file = place.directory / "dialplan/scorecards/card.toml"
    file.write_text(CARD.replace("weight = 3", "weight = 1"), encoding="utf-8")
    try:
        await place.api.ask("PUT", path, "anna", {"answers": {**BEST, "greeted": 0}})
        assert (await place.api.post(f"{path}/submit", {})).data["per_mille"] == 750
        newer = await place.submitted(3, {**BEST, "greeted": 0})
        assert (await place.api.get(newer)).data["per_mille"] == 500
    finally:
        file.write_text(CARD, encoding="utf-8")


async def test_a_call_is_reviewed_once_and_at_the_same_time_by_one(place: Place) -> None:
    new = {"recording": place.raws[4].number, "scorecard": "card"}
    answers = await asyncio.gather(*(place.api.post("/api/v1/quality/reviews", new, who) for who in ("anna", "quinn")))
    assert sorted(answer.status for answer in answers) == [201, 409]
    for wrong, status in (
        ({"scorecard": "none"}, 404),
        ({"recording": 10**9}, 404),
        ({"agent": "2999"}, 400),
        ({"recording": -1}, 400),
    ):
        assert (await place.api.post("/api/v1/quality/reviews", {**new, **wrong})).status == status
    assert (await place.api.post("/api/v1/quality/reviews", new, "abel")).status == 403


async def test_reviewers_compare_themselves_and_the_agent_never_hears_of_it(place: Place) -> None:
    raw = place.raws[5]
    same = f"/api/v1/quality/calibration?recording={raw.number}&agent=2002&scorecard=card"
    first = await place.submitted(5, BEST, "anna", calibration=True)
    assert (await place.api.get(same)).status == 404, "one alone agrees with nobody"
    await place.submitted(5, {**BEST, "solved": 3}, "quinn", calibration=True)
    found = (await place.api.get(same)).data
    assert found["scores"] == {"anna": 1000, "quinn": 700}
    assert (found["spread"], found["questions"]["solved"]["spread"]) == (300, 400)
    assert found["questions"]["greeted"]["agreement"] == 1000
    assert (await place.api.get(first, "ben")).status == 404
    assert (await place.api.post(f"{first}/acknowledge", {}, "ben")).status == 404
    period = "since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z"
    scores = (await place.api.get(f"/api/v1/quality/scores?{period}&agent=2002")).data["scores"]
    assert all(row["reviews"] <= 2 for row in scores), "calibrations count for nobody"


async def test_agents_are_told_and_say_that_they_have_read_it(place: Place) -> None:
    note = {"agent": "2001", "text": "先核实身份", "recording": place.raws[0].number, "from_ms": 200, "until_ms": 800}
    made = await place.api.post("/api/v1/quality/coaching", note)
    assert made.status == 201
    path = f"/api/v1/quality/coaching/{made.data['note']}/seen"
    assert (await place.api.post(path, {}, "ben")).status == 404
    assert (await place.api.post(path, {}, "abel")).status == 200
    (told,) = (await place.api.get("/api/v1/quality/coaching", "abel")).data["notes"]
    assert (told["text"], told["from_ms"], told["seen_at"] is not None) == ("先核实身份", 200, True)
    assert (await place.api.get("/api/v1/quality/coaching?agent=2001", "ben")).data["notes"] == []
    for wrong in ({"until_ms": 1}, {"text": ""}, {"recording": None}):
        assert (await place.api.post("/api/v1/quality/coaching", {**note, **wrong})).status == 400
    assert (await place.api.post("/api/v1/quality/coaching", {**note, "recording": 10**9})).status == 404


async def test_a_case_holds_its_recording_until_it_is_taken_out(place: Place) -> None:
    number = place.raws[0].number
    case = {"recording": number, "title": "A model greeting", "verdict": "good", "why": "warm", "tags": ["greeting"],
            "from_ms": 0, "until_ms": 900}  # fmt: skip
    made = await place.api.post("/api/v1/quality/cases", case)
    assert made.status == 201
    assert (await place.api.post("/api/v1/quality/cases", case)).status == 409
    assert (await place.api.post("/api/v1/quality/cases", {**case, "title": "x", "until_ms": 10**6})).status == 409
    assert (await place.api.post("/api/v1/quality/cases", {**case, "from_ms": 900})).status == 400
    found = (await place.api.get("/api/v1/quality/cases?tag=greeting&verdict=good", "abel")).data["cases"]
    assert [each["title"] for each in found] == ["A model greeting"]
    assert (await place.api.get("/api/v1/quality/cases?tag=other")).data["cases"] == []
    kept = archive(place.database, place.directory)
    await value(
        place.dsn, "UPDATE recordings SET keep_until = now() - interval '1 day' WHERE recording_id = $1", number
    )
    assert await kept.erasing.out_of_date() == 0
    assert await kept.erasing.erase(number, "ada", "asked for") is Erased.HELD
    path = f"/api/v1/quality/cases/{made.data['case']}"
    assert (await place.api.ask("DELETE", path, "abel")).status == 403
    assert (await place.api.ask("DELETE", path)).status == 200
    assert (await place.api.ask("DELETE", path)).status == 404
    assert await kept.erasing.out_of_date() == 1


async def test_the_command_prints_what_is_to_do_and_what_calls_were_worth(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CCORE_DATABASE_DSN", place.dsn)
    (place.directory / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    settings = config.load(place.directory / "ccore.toml")

    ran = running(settings, capsys, "quality")
    code, out = await ran("worklist", "card", WEEK)
    assert (code, any("recordings are to be reviewed" in line for line in out)) == (0, True)
    assert (await ran("worklist", "card", "never"))[0] == 2
    assert (await ran("worklist", "none", WEEK))[0] == 2
    code, out = await ran("scores", "--from", "2020-01-01", "--to", "2100-01-01")
    assert code == 0
    assert "%" in "".join(out)
