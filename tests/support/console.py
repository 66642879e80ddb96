"""A browser that signs in: it keeps its cookie, and sends what a page of ccore's sends."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

from ccore.web.auth import CSRF_HEADER
from ccore.web.once import HEADER
from tests.support.refusals import said_in_chinese_too

PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Console:
    """One browser at ``url``."""

    url: str
    session: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # of the last answer
    set_cookie: str = ""
    keys: Iterator[int] = field(default_factory=lambda: count(10_000_000))

    async def ask(self, method: str, path: str, said: object = None, **headers: str) -> tuple[int, Any]:
        """The status, and what the JSON says; ``headers`` with _ for -, those that are empty are not sent."""
        known = {"Content-Type": "application/json", HEADER: f"console-{next(self.keys)}"}
        known |= {CSRF_HEADER: self.csrf, "Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        known |= {"Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())}
        known |= {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {name: text for name, text in known.items() if text}
        content = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        async with self.session.request(method, self.url + path, data=content, headers=sent) as answer:
            self.headers, self.set_cookie = answer.headers, answer.headers.get("Set-Cookie", "")
            for name, morsel in answer.cookies.items():
                self.cookies[name] = morsel.value
            text = await answer.text()
            data = json.loads(text) if answer.content_type == "application/json" else text
            said_in_chinese_too(answer.status, data)
            return answer.status, data

    async def sign_in(self, name: str, password: str = PASSWORD, code: str = "", **headers: str) -> tuple[int, Any]:
        """The status, and who it is."""
        said = {"name": name, "password": password, **({"code": code} if code else {})}
        status, me = await self.ask("POST", "/api/v1/session", said, **headers)
        if status == 200:
            self.csrf = me["csrf"]
        return status, me


@asynccontextmanager
async def console(url: str) -> AsyncIterator[Console]:
    """A browser, closed at the end of the block."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Console(url, session)
