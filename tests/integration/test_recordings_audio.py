"""Recordings over real HTTP: in parts as a browser asks for them, to those who may, and every listen written down."""

import io
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.recording.archive import Archive
from ccore.web.v1.recordings_audio import operations
from tests.support.api import LOGINS, Answer, Api, api, of, tokens
from tests.support.postgres import fresh_database
from tests.support.recordings import NODE, Raw, archive, finished, heard, value


@dataclass(frozen=True, slots=True)
class Place:
    """A ccore with a stored recording of agent 2001; ``lenient`` is another one, where agents hear their own."""

    api: Api
    lenient: Api
    kept: Archive
    raw: Raw
    content: bytes
    directory: Path
    dsn: str

    async def audio(self, who: str = "anna", **headers: str) -> Answer:
        """What ``who`` gets of the sound."""
        return await self.api.get(f"/api/v1/recordings/{self.raw.number}/audio", who, **headers)

    async def another(self, channel: int) -> str:
        """The path of another stored recording."""
        raw = await finished(self.dsn, self.directory / "monitor", 8.0, channel)
        await self.kept.store.look(NODE)
        return f"/api/v1/recordings/{raw.number}"

    async def value(self, sql: str, *args: object) -> object:
        """What PostgreSQL says."""
        return await value(self.dsn, sql, *args)


@pytest.fixture(scope="module")
async def place(
    postgres: EmbeddedPostgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("recordings")
    async with AsyncExitStack() as opened:
        dsn = await opened.enter_async_context(fresh_database(postgres, postgres_template))
        database = await opened.enter_async_context(Database.opened(dsn, Settings(acquire_timeout_s=30)))
        kept = archive(database, directory)
        await opened.enter_async_context(kept.open())
        raw = await finished(dsn, directory / "monitor", 8.0)
        await kept.store.look(NODE)
        given = await tokens(database)
        strict, lenient = [
            await opened.enter_async_context(
                api(of(operations(kept.playback, agents_hear_their_own=own), database), given)
            )
            for own in (False, True)
        ]
        yield Place(strict, lenient, kept, raw, await heard(kept, raw.number), directory, dsn)


async def test_all_of_it(place: Place) -> None:
    answer = await place.audio()
    content = answer.body
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/flac")
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert int(answer.headers["Content-Length"]) == len(content)
    samples, _ = soundfile.read(io.BytesIO(content), dtype="int16")
    assert np.array_equal(samples[:, 0], place.raw.left)


async def test_parts_as_a_browser_asks_for_them(place: Place) -> None:
    size = len(place.content)
    for header, start, stop in (
        ("bytes=0-", 0, size),
        ("bytes=0-99", 0, 100),
        ("bytes=65530-65545", 65530, 65546),
        (f"bytes={size - 1}-", size - 1, size),
        ("bytes=-300", size - 300, size),
        (f"bytes=100-{10 * size}", 100, size),
    ):
        answer = await place.audio(Range=header)
        assert answer.status == 206
        assert answer.body == place.content[start:stop], header
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
    answer = await place.audio(Range=f"bytes={size}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")


async def test_a_part_of_something_else_is_not_asked_for(place: Place) -> None:
    first = await place.audio(Range="bytes=0-9")
    answer = await place.audio(Range="bytes=0-9", If_Range=first.headers["ETag"])
    assert (answer.status, len(answer.body)) == (206, 10)
    answer = await place.audio(Range="bytes=0-9", If_Range='"another"')
    assert (answer.status, len(answer.body)) == (200, len(place.content))


async def test_whatever_ranges_are_asked_for_add_up(place: Place) -> None:
    """Hypothesis draws here, and aiohttp fetches there: cuts anywhere, and the whole of it comes out."""
    size = len(place.content)
    cuts: list[list[int]] = []

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(1, size - 1), max_size=5, unique=True))
    def draw(chosen: list[int]) -> None:
        cuts.append([0, *sorted(chosen), size])

    draw()
    for each in cuts:
        parts = [(await place.audio(Range=f"bytes={a}-{b - 1}")).body for a, b in itertools.pairwise(each)]
        assert b"".join(parts) == place.content


async def test_each_listen_is_written_down_with_its_part(place: Place) -> None:
    size = len(place.content)
    count = "SELECT count(*) FROM recording_listens"
    before = await place.value(count)
    await place.audio("super", Range=f"bytes={size // 2}-")
    answer = await place.api.get(f"/api/v1/recordings/{place.raw.number}/listens")
    (last, *_) = answer.data["listens"]
    assert (last["who"], last["from_byte"], last["until_byte"]) == ("super", size // 2, size)
    assert (last["from_ms"], last["until_ms"]) == (8000 * (size // 2) // size, 8000)
    audited = "SELECT detail->>'from_byte' FROM audit WHERE action = 'recording-heard' AND actor = 'super'"
    assert await place.value(audited) == str(size // 2)
    head = await place.api.ask("HEAD", f"/api/v1/recordings/{place.raw.number}/audio")
    assert (head.status, int(head.headers["Content-Length"])) == (200, size)
    await place.audio("olga")
    assert await place.value(count) == int(str(before)) + 1, "who hears nothing listens to nothing"


async def test_only_those_who_may_hear_it(place: Place) -> None:
    found = {who: (await place.audio(who)).status for who in ("", *LOGINS)}
    heard_by = {"anna", "quinn", "super", "ada"}
    assert found == {"": 401} | {who: 200 if who in heard_by else 403 for who in LOGINS}


async def test_agents_hear_their_own_where_the_site_says_so(place: Place) -> None:
    path = f"/api/v1/recordings/{place.raw.number}/audio"
    assert (await place.lenient.get(path, "abel")).status == 200
    assert (await place.lenient.get(path, "ben")).status == 404, "not even that it is there"
    columns = "recording_id, number, agent, channel, from_at"
    await place.value(
        f"INSERT INTO recording_segments ({columns}) VALUES ($1, 1, '2002', 'c', now())", place.raw.number
    )
    assert (await place.lenient.get(path, "ben")).status == 200, "who took it over talked in it too"


async def test_hostile_names_are_not_there(place: Place) -> None:
    names = (
        "0",
        "-1",
        "9" * 9,
        "9" * 18,
        "9" * 19,
        "1%00",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "1'--",
        "x",
        "%EF%BC%91",
    )
    for name in names:
        for path in (f"/api/v1/recordings/{name}", f"/api/v1/recordings/{name}/audio"):
            assert (await place.api.get(path)).status == 404, path


async def test_what_is_known_of_it(place: Place) -> None:
    answer = await place.api.get(f"/api/v1/recordings/{place.raw.number}")
    assert answer.status == 200
    assert (answer.data["milliseconds"], answer.data["held"], answer.data["agent"]) == (8000, False, "2001")
    assert not {"wrapped", "object", "stem", "key_id"} & answer.data.keys()


async def test_a_spoilt_one_is_not_played_and_one_that_is_spoilt_later_is_cut(place: Place) -> None:
    before = set((place.directory / "var/recordings").rglob("*.ccr"))
    audio = await place.another(2) + "/audio"
    (path,) = set((place.directory / "var/recordings").rglob("*.ccr")) - before
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert (await place.api.get(audio, Range="bytes=0-99")).status == 206, "this piece is whole"
    with pytest.raises(aiohttp.ClientPayloadError):
        await place.api.get(audio)
    answer = await place.api.get(audio, Range="bytes=-1")
    assert answer.status == 500
    assert "not as it was stored" in answer.data["error"]
    path.unlink()
    assert (await place.api.get(audio)).status == 503


async def test_an_erased_one_is_silent(place: Place) -> None:
    path = await place.another(3)
    await place.kept.erasing.erase(int(path.rpartition("/")[2]), "ada", "asked for")
    assert (await place.api.get(f"{path}/audio")).status == 404
    answer = await place.api.get(path)
    assert (answer.data["state"], answer.data["number"]) == ("erased", "")
