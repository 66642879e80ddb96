"""Announcements mounted over HTTP: with the token, whole, and nothing else."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ivr.announcements import Announcements
from ccore.ivr.audio import from_wav
from ccore.prompts.chain import wav
from ccore.web.announcements import MOST_BYTES, routes
from ccore.web.app import Health, make_app, serving
from tests.support.ports import free_port
from tests.unit.test_announcing import tone

TOKEN = "upload-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WAV = wav(tone(3000, 60.0), 8000)  # 0.96 MB: more than a connection may send to any other route


@pytest.fixture
async def url(database: Database) -> AsyncIterator[str]:
    port = free_port()
    ways = routes(Announcements(database, {}), lambda: {"main", "fault"}, SecretStr(TOKEN))
    async with serving(make_app(lambda: Health({}), ways), "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}/announcements"


async def post(url: str, query: str, content: bytes = WAV, headers: dict[str, str] = BEARER) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}?{query}", data=io.BytesIO(content), headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_a_file_is_mounted(url: str, database: Database) -> None:
    assert await post(url, "node=main&hours=2&divert=fault&language=zh&text=检修") == (201, '{"announcement": 1}')
    (row,) = await Announcements(database, {}).listed(utc_now())
    assert (row["node"], row["divert"], row["text"], row["made_by"]) == (
        "main",
        "fault",
        "检修",
        "upload from 127.0.0.1",
    )
    assert row["ends_at"] - row["starts_at"] == timedelta(hours=2)
    (sound,) = await database.fetch("announcements.audio", 1)
    assert (sound["language"], sound["audio"]) == ("zh", from_wav(WAV))


REFUSED: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("node=main&hours=1", WAV, {}, 401, "upload_token"),
    ("node=main&hours=1", WAV[:100_000], {"Authorization": "Bearer wrong"}, 401, "upload_token"),
    ("node=mian&hours=1", WAV, BEARER, 400, "no node mian"),
    ("node=main&hours=1&divert=x", WAV, BEARER, 400, "no node x"),
    ("node=main", WAV, BEARER, 400, "hours: Field required"),
    ("node=main&hours=0", WAV, BEARER, 400, "hours: Input should be greater than 0"),
    ("node=main&hours=nan", WAV, BEARER, 400, "hours: Input"),
    ("node=main&hours=1&until=now", WAV, BEARER, 400, "until: Extra inputs"),
    ("node=main&hours=1", b"ID3", BEARER, 400, "no WAV file"),
    ("node=main&hours=1", b"", BEARER, 400, "no WAV file"),
    ("node=main&hours=1", os.urandom(MOST_BYTES + 400_000), BEARER, 400, "longer than"),
]


async def test_anything_else_is_refused(url: str, database: Database) -> None:
    for query, content, headers, status, said in REFUSED:
        try:
            code, text = await post(url, query, content, headers)
        except aiohttp.ClientError:  # cut off while it was still sending
            continue
        assert (code, said in text) == (status, True), text
    assert await Announcements(database, {}).listed(utc_now() - timedelta(days=1)) == []


async def test_without_a_token_in_the_secrets_nobody_may(database: Database) -> None:
    port = free_port()
    ways = routes(Announcements(database, {}), lambda: {"main"}, None)
    async with serving(make_app(lambda: Health({}), ways), "127.0.0.1", port):
        for headers in ({}, {"Authorization": "Bearer None"}, {"Authorization": "Bearer "}):
            url = f"http://127.0.0.1:{port}/announcements"
            assert (await asyncio.wait_for(post(url, "node=main&hours=1", WAV[:1000], headers), 10))[0] == 401
