"""The console's files as browsers get them: headers, compressed forms, pages of its own, and nothing else."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from ccore.access import Access
from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web import console
from ccore.web.app import Health, make_app, serving
from ccore.web.auth import Auth
from tests.support.ports import free_port
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

PAGE = "<!doctype html><title>ccore</title>"
CODE = "export const ready = true;\n" * 50


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build, and a secret beside it."""
    directory = tmp_path / "dist"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text(PAGE, encoding="utf-8")
    (directory / "assets/app-1a2b.js").write_text(CODE, encoding="utf-8")
    (directory / "assets/app-1a2b.js.gz").write_bytes(gzip.compress(CODE.encode()))
    (directory / "assets/app-1a2b.js.br").write_bytes(b"brotli of it")
    (directory / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (directory / "link.txt").symlink_to(tmp_path / "secret.txt")
    return directory


@asynccontextmanager
async def served(database: Database, directory: Path, access: Access | None = None) -> AsyncIterator[str]:
    async def other(_request: web.Request) -> web.Response:
        return web.Response(text="other")

    async def away(_request: web.Request) -> web.Response:
        raise Unavailable("PostgreSQL does not answer")

    auth, port = Auth(People(database), access), free_port()
    routes = [web.get("/prompts", other), web.get("/prompts/away", away), web.post("/api/thing", other)]
    routes += console.routes(auth, directory)
    async with serving(make_app(lambda: Health({}), routes), "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


Told = tuple[int, str, CIMultiDictProxy[str]]


async def get(url: str, **headers: str) -> Told:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(URL(url, encoded=True), headers=headers) as answer,
    ):
        body = await answer.read()
        return answer.status, body.decode(errors="replace"), answer.headers


async def test_what_is_missed_for_now_is_no_fault_outside_the_api_either(database: Database, dist: Path) -> None:
    async with served(database, dist) as url:
        status, said, _ = await get(f"{url}/prompts/away")
    assert (status, said) == (503, "nothing was done: PostgreSQL does not answer")


async def test_without_a_build_it_says_in_both_languages_how_to_make_one(database: Database, tmp_path: Path) -> None:
    async with served(database, tmp_path / "none") as url:
        status, said, headers = await get(f"{url}/")
        assert status == 503
        assert "尚未构建" in said
        assert "run `make console`" in said
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert (await get(f"{url}/health"))[0] == 200, "the rest works"


async def test_a_build_is_served_as_soon_as_it_is_there(database: Database, dist: Path) -> None:
    kept = (dist / "index.html").read_bytes()
    (dist / "index.html").unlink()
    async with served(database, dist) as url:
        assert (await get(f"{url}/"))[0] == 503
        (dist / "index.html").write_bytes(kept)
        assert (await get(f"{url}/"))[:2] == (200, PAGE)


async def test_pages_of_the_console_are_its_index(database: Database, dist: Path) -> None:
    async with served(database, dist) as url:
        for path in ("", "desk", "orders/17", "people?find=x", "announcements"):
            status, said, headers = await get(f"{url}/{path}")
            assert (status, said) == (200, PAGE), path
            assert headers["Cache-Control"] == "no-cache"
        assert (await get(f"{url}/prompts"))[1] == "other", "who is there answers"
        for path in ("api/thing", "api/nothing", "api", "sipws", "metrics/x", "missing.js", "assets/app-0000.js"):
            status, said, _ = await get(f"{url}/{path}")
            assert status in {404, 405}, path
            assert said != PAGE


async def test_names_with_dots_are_pages_where_a_browser_goes_to_them(database: Database, dist: Path) -> None:
    """A call's name is such a one; a script, a picture or a file of an older build is asked for otherwise."""
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with served(database, dist) as url:
        for path in ("calls/node1!1763870000.12", "recordings/a.b/c"):
            status, body, headers = await get(f"{url}/{path}", **page)
            assert (status, body, headers["Cache-Control"]) == (200, PAGE, "no-cache"), path
            assert (await get(f"{url}/{path}", Accept="*/*"))[0] == 404, path
        assert (await get(f"{url}/assets/app-0000.js", **page))[0] == 404
        assert (await get(f"{url}/api/v1/no.thing", **page))[0] == 404
        assert (await get(f"{url}/link.txt", **page))[1] == PAGE, "and no file that is not of the build"


async def test_every_answer_keeps_browsers_from_harm(database: Database, dist: Path) -> None:
    async with served(database, dist) as url:
        host = url.removeprefix("http://")
        for path in ("", "assets/app-1a2b.js", "favicon.svg"):
            _, _, headers = await get(f"{url}/{path}")
            policy = headers["Content-Security-Policy"]
            assert "default-src 'self'; script-src 'self';" in policy
            assert f"connect-src 'self' ws://{host} wss://{host};" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "microphone=(self)" in headers["Permissions-Policy"]
        _, _, headers = await get(f"{url}/", Host="x; script-src *")
        assert "script-src *" not in headers.get("Content-Security-Policy", "")


async def test_behind_tls_only_that_is_named(database: Database, dist: Path) -> None:
    async with served(database, dist, Access(url="https://ccore.example")) as url:
        _, _, headers = await get(f"{url}/", Host="ccore.example")
        assert "connect-src 'self' wss://ccore.example;" in headers["Content-Security-Policy"]


async def test_what_is_named_by_its_content_is_kept_for_ever_and_sent_packed(database: Database, dist: Path) -> None:
    async with served(database, dist) as url:
        asset = f"{url}/assets/app-1a2b.js"
        status, said, headers = await get(asset, **{"Accept-Encoding": "identity"})
        assert (status, said) == (200, CODE)
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["Content-Type"] == "text/javascript"
        for accepted, encoding in (("gzip", "gzip"), ("gzip, deflate, br", "br")):
            _, said, headers = await get(asset, **{"Accept-Encoding": accepted})
            assert (headers["Content-Encoding"], headers["Vary"]) == (encoding, "Accept-Encoding")
            assert headers["Content-Type"] == "text/javascript"
        assert said == "brotli of it"
        assert (await get(asset, **{"If-None-Match": headers["ETag"], "Accept-Encoding": "br"}))[0] == 304
        assert (await get(f"{asset}.gz"))[0] == 404, "that is no file of its own"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "assets/../../secret.txt",
        "assets/..%2f..%2fsecret.txt", "..%5csecret.txt", "/etc/passwd", "//etc/passwd", "link.txt", "assets",
        "assets/", "favicon.svg/", "%00.js", ".%2findex.html", "assets/%2e%2e/index.html",
    ],
)  # fmt: skip
async def test_nothing_else_is_reached_by_any_path(database: Database, dist: Path, path: str) -> None:
    async with served(database, dist) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode(errors="replace")
        writer.close()
        assert "secret" not in answer.partition("\r\n\r\n")[2]
        assert "root:" not in answer
        assert answer.split()[1] in {"200", "400", "404"}
        assert answer.split()[1] != "200" or answer.endswith(PAGE), "at most the page, which says that there is none"


async def test_the_daemon_serves_it(whole: Api) -> None:
    status, _ = await whole.ask("GET", "/desk", Role.AGENT)
    assert status in {200, 503}  # 503: this checkout has no build
