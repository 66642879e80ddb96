"""The daemon's own HTTP application, with a person of each role; nothing else of the daemon runs."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sdnotify
from aiohttp import web

from ccore.config import Database as Settings
from ccore.config import Site, load_secrets, make_secrets
from ccore.daemon import Daemon
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.running import with_dialplan
from ccore.versions import disk
from ccore.web import rates
from ccore.web.answers import API
from ccore.web.app import make_app, serving
from tests.support.asterisk import node_config
from tests.support.ports import free_port
from tests.support.roles import FILLED

# Who sells, and under which number; admins may as well.
SELLING = {Role.EMPLOYEE: "E001", Role.MANAGER: "E002", Role.ADMIN: "E003"}


@dataclass(frozen=True, slots=True)
class Api:
    """An application that is served, and everybody's token by role."""

    url: str
    tokens: Mapping[Role | None, str]
    app: web.Application
    session: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, role: Role | None, content: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """The status, and what the JSON says."""
        status, said, _ = await self.answer(method, path, role, content, **headers)
        return status, said

    async def answer(
        self, method: str, path: str, role: Role | None, content: bytes | None = None, **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """As ``ask``, with the headers."""
        known = {"Content-Type": "application/json"} if content is not None else {}
        if role is not None:
            known["Authorization"] = f"Bearer {self.tokens[role]}"
        asked = self.session.request(method, self.url + path, data=content, headers={**known, **headers})
        async with asked as answer:
            text = await answer.text()
            said = json.loads(text) if answer.content_type == "application/json" else text
            if answer.status >= 500:
                print(method, path, answer.status, text)  # pytest shows it if the test fails
            return answer.status, said, answer.headers


@asynccontextmanager
async def served(app: web.Application, database: Database) -> AsyncIterator[Api]:
    """Serve ``app`` while the block runs, for a person of each role."""
    people = People(database)
    tokens: dict[Role | None, str] = {}
    await _hired(database)
    for role in Role:
        numbers = "1001" if role is Role.AGENT else "", SELLING.get(role, "")
        await people.add(f"a-{role}", role, role, numbers[0], "test", numbers[1])
        made = await people.new_token(f"a-{role}", 1, "", "test")
        assert made is not None
        tokens[role] = made.token
    port, nothing_kept = free_port(), aiohttp.DummyCookieJar()
    async with serving(app, "127.0.0.1", port), aiohttp.ClientSession(cookie_jar=nothing_kept) as session:
        yield Api(f"http://127.0.0.1:{port}", tokens, app, session)


@pytest.fixture
async def whole(database: Database, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """The daemon's own application."""
    monkeypatch.setattr(sdnotify, "SystemdNotifier", lambda: None)  # it would keep a socket
    for limit in ("AT_ONCE", "OPEN_AT_ONCE", "TEXTS_AT_ONCE"):
        monkeypatch.setattr(rates, limit, 10**9)  # tests ask more than people
    config = node_config(tmp_path, site=Site(instance="test"), database=Settings(acquire_timeout_s=30))
    make_secrets(config)
    disk.use_directly(config.versions_dir, config.dialplan)
    daemon = Daemon(with_dialplan(config, config.versions_dir / disk.LIVE), load_secrets(config), dsn)
    await daemon.database.open()
    try:
        async with served(make_app(daemon.health, daemon.routes), database) as api:
            yield api
    finally:
        await daemon.database.close()


async def _hired(database: Database) -> None:
    """A department, and those of it who sell."""
    async with database.transaction() as transaction:
        await transaction.copy_records("departments", columns=["name"], records=[("Sales",)])
        rows = [(number, number, f"+86139000000{phone:02}", 1) for phone, number in enumerate(SELLING.values())]
        columns = ["number", "name", "phone", "department_id"]
        await transaction.copy_records("employees", columns=columns, records=rows)


def routes_of(app: web.Application) -> set[str]:
    """Its routes under /api, as tests/support/roles.py has them."""
    return {
        f"{route.method} {route.resource.canonical.removeprefix(API)}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical.startswith(API)
    }


def filled(path: str) -> str:
    """With something where the path has names."""
    return API + re.sub(r"\{([^}]*)\}", lambda found: FILLED.get(found[1], "1"), path)
