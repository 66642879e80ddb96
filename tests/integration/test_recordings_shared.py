"""A recording is shared by a link: heard by who has it, not changed, not after its end; all of it is written down."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.recording.links import MOST_S, Links
from ccore.web.v1 import recordings_audio, recordings_shared
from tests.support.api import Answer, Api, api, of, tokens
from tests.support.postgres import fresh_database
from tests.support.recordings import NODE, archive, finished, value

KEY = bytes(range(32))


@dataclass(slots=True)
class Place:
    """A ccore with a stored recording, whose clock is put forward by ``ahead_s``."""

    api: Api
    number: int
    dsn: str
    database: Database
    ahead_s: list[float] = field(default_factory=lambda: [0.0])

    async def link(self, who: str = "anna", **said: object) -> str:
        """The path of a new one."""
        answer = await self.api.post(f"/api/v1/recordings/{self.number}/links", said, who)
        assert answer.status == 201, answer.data
        return f"/api/v1/recordings/shared/{answer.data['token']}"

    async def heard(self, link: str, **headers: str) -> Answer:
        """What somebody without a session gets."""
        return await self.api.get(f"{link}/audio", "", **headers)


@pytest.fixture(scope="module")
async def place(
    postgres: EmbeddedPostgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("shared")
    async with AsyncExitStack() as opened:
        dsn = await opened.enter_async_context(fresh_database(postgres, postgres_template))
        database = await opened.enter_async_context(Database.opened(dsn, Settings(acquire_timeout_s=30)))
        kept = archive(database, directory)
        await opened.enter_async_context(kept.open())
        raw = await finished(dsn, directory / "monitor", 2.0)
        await kept.store.look(NODE)
        ahead = [0.0]
        links = Links(database, {"first": KEY}, lambda: time.time() + ahead[0])
        asked = [
            *recordings_audio.operations(kept.playback, agents_hear_their_own=True),
            *recordings_shared.operations(kept.playback, links),
        ]
        served = await opened.enter_async_context(api(of(asked, database), await tokens(database)))
        yield Place(served, raw.number, dsn, database, ahead)


async def test_who_has_the_link_hears_it_and_that_is_written_down(place: Place) -> None:
    link = await place.link("super")
    told = (await place.api.get(link, "")).data
    assert (told["recording"], told["milliseconds"]) == (place.number, 2000)
    assert not {"number", "agent", "queue"} & told.keys()
    whole = await place.heard(link)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "audio/flac")
    assert whole.headers["Cache-Control"] == "no-store"
    part = await place.heard(link, Range="bytes=10-19")
    assert (part.status, part.body) == (206, whole.body[10:20])
    listens = (await place.api.get(f"/api/v1/recordings/{place.number}/listens")).data["listens"]
    name = await value(
        place.dsn, "SELECT detail ->> 'link' FROM audit WHERE action = 'recording-shared' AND actor = 'super'"
    )
    assert [each["who"] for each in listens[:2]] == [f"super (link {name})"] * 2


async def test_it_ends(place: Place) -> None:
    short, long = await place.link(seconds=1), await place.link()
    place.ahead_s[0] = 2.0
    assert [(await place.heard(link)).status for link in (short, long)] == [410, 200]
    place.ahead_s[0] = MOST_S + 1.0
    assert (await place.heard(long)).status == 410
    assert (await place.api.get(long, "")).status == 410
    place.ahead_s[0] = 0.0
    path = f"/api/v1/recordings/{place.number}/links"
    assert [(await place.api.post(path, {"seconds": each})).status for each in (0, MOST_S + 1)] == [400, 400]


async def test_what_was_not_made_here_is_not_there(place: Place) -> None:
    link = await place.link()
    head, _, token = link.rpartition("/")
    content = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in (7, 15, 20, len(content) - 1):  # another recording, a later end, another link, another signature
        content[at] ^= 1
        forged = base64.urlsafe_b64encode(bytes(content)).decode().rstrip("=")
        assert (await place.heard(f"{head}/{forged}")).status == 404
        content[at] ^= 1
    assert (await place.heard(link)).status == 200
    for text in ("x" * 10, "x" * 200, "-" * 75, token[:-4], token + "AAAA"):
        assert (await place.heard(f"{head}/{text}")).status == 404, text
    elsewhere = await Links(place.database, {"first": bytes(32)}).make(place.number, "anna", 60)
    assert elsewhere is not None
    assert (await place.heard(f"{head}/{elsewhere[0]}")).status == 404
    assert (await place.heard(f"{head}/../{place.number}")).status != 200


async def test_only_who_reviews_calls_shares_them(place: Place) -> None:
    path = f"/api/v1/recordings/{place.number}/links"
    found = {who: (await place.api.post(path, {}, who)).status for who in ("anna", "super", "abel", "olga", "")}
    assert found == {"anna": 201, "super": 201, "abel": 403, "olga": 403, "": 401}
    assert (await place.api.post("/api/v1/recordings/999/links", {})).status == 404


async def test_the_links_of_who_may_not_come_in_any_more_are_void(place: Place) -> None:
    link = await place.link("quinn")
    assert (await place.heard(link)).status == 200
    await value(place.dsn, "UPDATE people SET active = false WHERE login = 'quinn'")
    assert (await place.heard(link)).status == 404
