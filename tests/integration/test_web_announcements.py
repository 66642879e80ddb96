"""Announcements mounted over HTTP: by whom it is for, whole, once for each key, and nothing else."""

import io
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ivr.announcements import Announcements
from ccore.ivr.audio import from_wav
from ccore.prompts import chain
from ccore.prompts.chain import wav
from ccore.web.once import HEADER
from ccore.web.v1 import announcements
from ccore.web.v1.announcements import MOST_BYTES
from tests.support.api import Answer, Api, api, of, tokens
from tests.unit.test_announcing import tone

WAV = wav(tone(3000, 60.0), 8000)  # 0.96 MB: more than a connection may send to any other operation
PATH = "/api/v1/announcements"


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Api]:
    operations = announcements.operations(Announcements(database, {}), lambda: {"main", "fault"})
    async with api(of(operations, database), await tokens(database)) as running:
        yield running


async def post(served: Api, query: str, content: bytes = WAV, who: str = "olga", key: str = "fault-0001") -> Answer:
    headers = {HEADER: key} | ({"Authorization": f"Bearer {served.tokens[who]}"} if who else {})
    asked = served.session.post(f"{served.url}{PATH}?{query}", data=io.BytesIO(content), headers=headers)
    async with asked as answer:
        return Answer(answer.status, answer.headers, await answer.read(), await answer.json())


async def test_a_file_is_mounted_heard_and_ended(served: Api, database: Database) -> None:
    mounted = await post(served, "node=main&hours=2&divert=fault&language=zh&text=检修")
    assert (mounted.status, mounted.data) == (201, {"announcement": 1})
    told = (await served.get(PATH, "olga")).data
    [shown] = told["announcements"]
    assert (shown["node"], shown["divert"], shown["text"], shown["made_by"], shown["languages"], shown["seconds"]) == (
        "main", "fault", "检修", "olga", ["zh"], 60.0,
    )  # fmt: skip
    assert told["nodes"] == ["fault", "main"]
    (row,) = await Announcements(database, {}).listed(utc_now())
    assert row["ends_at"] - row["starts_at"] == timedelta(hours=2)
    (sound,) = await database.fetch("announcements.audio", 1)
    assert (sound["language"], sound["audio"]) == ("zh", from_wav(WAV))
    heard = await served.get(f"{PATH}/1/audio?language=zh", "olga")
    assert (heard.headers["Content-Type"], heard.body) == ("audio/wav", wav(chain.linear(sound["audio"]), 8000))
    assert (await served.get(f"{PATH}/1/audio?language=en", "olga")).status == 404
    assert [(await served.ask("DELETE", f"{PATH}/1", "olga")).status for _ in range(2)] == [200, 409]
    assert (await served.get(PATH, "olga")).data["announcements"][0]["ended_by"] == "olga"


async def test_one_is_mounted_once_for_each_key(served: Api) -> None:
    first, again = [await post(served, "node=main&hours=2") for _ in range(2)]
    assert first.data == again.data == {"announcement": 1}
    assert ["Idempotent-Replayed" in answer.headers for answer in (first, again)] == [False, True]
    assert (await post(served, "node=fault&hours=2")).status == 422
    assert (await post(served, "node=main&hours=2", wav(tone(2000, 60.0), 8000))).status == 422
    other = await post(served, "node=main&hours=2", key="fault-0002")
    hers = await post(served, "node=main&hours=2", who="ada")
    assert (other.status, hers.status) == (201, 201), "another key, and another person's"
    assert len((await served.get(PATH, "olga")).data["announcements"]) == 3


REFUSED: list[tuple[str, bytes, str, int, str]] = [
    ("node=main&hours=1", WAV[:100_000], "", 401, "token"),
    ("node=main&hours=1", WAV[:100_000], "super", 403, "operator"),
    ("node=mian&hours=1", WAV, "olga", 400, "no node mian"),
    ("node=main&hours=1&divert=x", WAV, "olga", 400, "no node x"),
    ("node=main", WAV, "olga", 400, "hours: Field required"),
    ("node=main&hours=0", WAV, "olga", 400, "hours: Input should be greater than 0"),
    ("node=main&hours=nan", WAV, "olga", 400, "hours: Input"),
    ("node=main&hours=1&until=now", WAV, "olga", 400, "until: Extra inputs"),
    ("node=main&hours=1&starts=9999-12-31T23:00:00Z", WAV, "olga", 400, "starts: within 366 days"),
    ("node=main&hours=1", b"ID3", "olga", 400, "no WAV file"),
    ("node=main&hours=1", b"", "olga", 400, "no WAV file"),
    ("node=main&hours=1", os.urandom(MOST_BYTES + 400_000), "olga", 413, "a file has 12 MB at most"),
]


async def test_anything_else_is_refused(served: Api, database: Database) -> None:
    for query, content, who, status, said in REFUSED:
        try:
            answer = await post(served, query, content, who)
        except aiohttp.ClientError:  # cut off while it was still sending
            continue
        assert (answer.status, said in answer.data["error"]) == (status, True), answer.data
    assert (await post(served, "node=main&hours=1", WAV, key="short")).status == 400
    assert await Announcements(database, {}).listed(utc_now() - timedelta(days=1)) == []
