"""Hotlines as pictures, and walks through their menus, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ccore.config import Config
from ccore.db.pool import Database
from ccore.ivr.menus import load_menus
from ccore.ivr.model import Announcement
from ccore.versions import disk
from ccore.versions.drafts import Drafts
from ccore.web.v1 import hotlines, walks
from ccore.web.v1.walks import MOST_OF_ONE
from tests.support.api import Api, api, of, tokens

MENUS = "menus/main.toml"
WELCOME = "线路检修,请稍候。"


@pytest.fixture
async def changes(database: Database, tmp_path: Path) -> Drafts:
    disk.use_directly(tmp_path / "versions", Config().dialplan)
    return Drafts(database, tmp_path / "versions")


@pytest.fixture
async def served(database: Database, changes: Drafts) -> AsyncIterator[Api]:
    books = hotlines.Books(changes)

    def announced(_at: datetime) -> dict[str, Announcement]:
        return {"broadband": Announcement("/srv/x", WELCOME)}

    every = [*hotlines.operations(books), *walks.operations(books, announced, UTC)]
    async with api(of(every, database), await tokens(database)) as running:
        yield running


async def begun(served: Api, who: str = "olga", **said: Any) -> dict[str, Any]:
    answer = await served.post("/api/v1/walks", {"hotline": "10086", **said}, who)
    assert answer.status == 201, answer.data
    data: dict[str, Any] = answer.data
    return data


async def typed(served: Api, walk: dict[str, Any], keys: str) -> dict[str, Any]:
    answer = await served.post(f"/api/v1/walks/{walk['walk']}", {"keys": keys}, "olga")
    assert answer.status == 200, answer.data
    data: dict[str, Any] = answer.data
    return data


async def draft(changes: Drafts, old: str, new: str) -> None:
    now = await changes.of("olga")
    content = now.content(MENUS)
    assert content is not None
    assert old.encode() in content
    seen = disk.hashed({"": content})[""].hex()
    await changes.put("olga", MENUS, content.replace(old.encode(), new.encode(), 1), seen)


async def test_a_hotline_is_nodes_and_edges_with_the_lines_they_are_written_in(served: Api) -> None:
    listed = (await served.get("/api/v1/hotlines", "olga")).data["hotlines"]
    assert listed[0]["number"] == "10086"
    assert all(each["name_zh"] for each in listed)
    drawn = (await served.get("/api/v1/hotlines/10086/graph", "olga")).data
    nodes = {each["name"]: each for each in drawn["nodes"]}
    menus = load_menus(Config().dialplan)
    assert set(nodes) <= set(menus.nodes)
    assert (nodes["main"]["column"], nodes["main"]["path"]) == (0, MENUS)
    assert nodes["main"]["line"] == menus.place("node", "main")[1]
    assert {"source": "", "target": "main", "by": "start", "fails": False} in drawn["edges"]
    assert {"source": "main", "target": "account", "by": "1", "fails": False} in drawn["edges"]
    assert all(each["target"] in nodes for each in drawn["edges"])
    english = (await served.get("/api/v1/hotlines/10086/graph?language=en", "olga")).data["nodes"][0]["gist"]
    assert english != nodes[drawn["nodes"][0]["name"]]["gist"]
    assert (await served.get("/api/v1/hotlines/999/graph", "olga")).status == 404


async def test_a_walk_is_heard_and_typed_step_by_step(served: Api) -> None:
    walk = await begun(served)
    [scene] = walk["scenes"]
    assert (scene["node"], scene["waits"], scene["most"], walk["over"]) == ("main", True, 1, False)
    assert scene["heard"][0] == {"text": scene["heard"][0]["text"], "prompts": ["main-welcome"]}
    first, *_ = (await typed(served, walk, "2"))["scenes"][-1]["heard"]
    assert first["prompts"] == [], "an announcement is no prompt"
    walked = await typed(served, walk, "*")
    assert (walked["scenes"][-1]["node"], walked["steps"]) == ("main", ["main", "(2)", "broadband", "(*)", "main"])
    ended = await typed(served, walk, "0")
    assert (ended["scenes"][-1]["waits"], ended["scenes"][-1]["most"]) == (True, 0), "in a queue"
    busy = await typed(served, walk, "missed")
    assert busy["scenes"][-1]["node"] == "people-busy"


async def test_an_announcement_is_heard_first(served: Api) -> None:
    walk = await begun(served)
    assert WELCOME in [part["text"] for part in (await typed(served, walk, "2"))["scenes"][0]["heard"]]


async def test_look_ups_answer_what_the_walker_says(served: Api) -> None:
    walk = await begun(served, hotline="1001011", found={"balance": "12345"})
    said = [part for scene in walk["scenes"] for part in scene["heard"]]
    assert any("二十三元四角五分" in part["text"] and part["prompts"] for part in said), said
    nothing = await served.post("/api/v1/walks", {"hotline": "10086", "found": {"nonsense": "1"}}, "olga")
    assert (nothing.status, "nonsense" in nothing.data["error"]) == (400, True)


async def test_a_draft_is_drawn_and_walked_before_it_is_published(served: Api, changes: Drafts) -> None:
    await draft(changes, '5 = "survey"', '6 = "survey"')
    drawn = (await served.get("/api/v1/hotlines/10086/graph?of=draft", "olga")).data
    assert {"source": "main", "target": "survey", "by": "6", "fails": False} in drawn["edges"]
    assert (await served.get("/api/v1/hotlines/10086/graph", "olga")).data["edges"] != drawn["edges"]
    walk = await begun(served, of="draft")
    assert (await typed(served, walk, "6"))["scenes"][-1]["node"] == "survey"
    await draft(changes, "[main]", "[main")
    broken = await served.get("/api/v1/hotlines?of=draft", "olga")
    assert (broken.status, "main.toml, line" in broken.data["error"]) == (409, True)


async def test_walks_are_ones_own_and_few(served: Api) -> None:
    walks_begun = [await begun(served) for _ in range(MOST_OF_ONE + 1)]
    first, *_, last = [f"/api/v1/walks/{walk['walk']}" for walk in walks_begun]
    assert (await served.post(first, {"keys": "1"}, "olga")).status == 404, "the oldest gave way"
    assert (await served.post(last, {"keys": "1"}, "ada")).status == 404, "it is another's"
    assert (await served.post(last, {"keys": "1 "}, "olga")).status == 400
    assert [(await served.ask("DELETE", last, "olga")).status for _ in range(2)] == [200, 404]
    assert (await served.post("/api/v1/walks", {"hotline": "999"}, "olga")).status == 404
    assert (await served.post("/api/v1/walks", {"hotline": "10086"}, "super")).status == 403


async def test_a_call_that_has_ended_goes_nowhere(served: Api) -> None:
    walk = await begun(served, caller="")
    for _ in range(60):
        walk = {**walk, **await typed(served, walk, "")}
        if walk["over"]:
            break
        if walk["scenes"][-1]["most"] == 0:
            walk = {**walk, **await typed(served, walk, "missed")}
        if walk["over"]:
            break
    assert walk["over"], walk["steps"]
    assert (await served.post(f"/api/v1/walks/{walk['walk']}", {"keys": "1"}, "olga")).status == 409
