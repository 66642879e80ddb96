"""Walks over HTTP: somebody goes through a hotline's menus without a telephone, live ones or those of a draft."""

import asyncio
import secrets
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Annotated, Any

from aiohttp import web
from pydantic import AwareDatetime, Field

from ccore.ivr.model import Announcement, Customer, Facts, Found, Input, NotAnswered
from ccore.ivr.rehearsal import Scene, found, rehearse, steps
from ccore.people.model import Role
from ccore.prompts.catalogue import Language
from ccore.web.bodies import Said
from ccore.web.v1.hotlines import NUMBER, Book, Books, FilesWanted
from ccore.web.v1.operations import Asked, Done, Operation, Told

KEPT_S = 900.0  # a walk nobody has gone on with for so long is forgotten
MOST_WALKS, MOST_OF_ONE = 200, 4  # of all; of one person, whose oldest gives way
MOST_SCENES, MOST_AT_ONCE = 500, 60  # of a walk; until something is typed: a circle of nodes that only play ends
Announced = Callable[[datetime], Mapping[str, Announcement]]


class NewWalk(FilesWanted):
    """Who calls which number when (none said: now).

    ``found`` are what look-ups answer, such as ``{"balance": "1234"}``: nothing in it is "there is no such thing", null
    is "they do not answer".
    """

    hotline: Annotated[str, Field(pattern=f"^{NUMBER}$")]
    at: AwareDatetime | None = None
    caller: Annotated[str, Field(pattern=r"^(\+?[0-9]{3,20})?$")] = "13800138000"
    language: Language | None = None
    customer_class: Annotated[str, Field(max_length=40)] = ""
    tags: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=20)] = ()
    found: Annotated[dict[str, Annotated[str, Field(max_length=200)]] | None, Field(max_length=50)] = None


class Typed(Said):
    """Keys; nothing is silence; ``missed``: nobody came, where the caller waits for somebody."""

    keys: Annotated[str, Field(pattern=r"^([0-9*#]{0,40}|missed)$")]


class HeardPart(Told):
    """What is heard: its words, and the prompts in which it can be heard; none: it cannot here."""

    text: str
    prompts: list[str]


class SceneShown(Told):
    """One step: after ``came`` was typed the caller is at ``node``, hears this, and this is done.

    ``waits``: for up to ``most`` keys, or until ``terminator``; of 0 keys: for somebody who comes or does not.
    """

    came: str
    node: str
    language: Language
    heard: list[HeardPart]
    does: str
    waits: bool
    most: int
    terminator: str


class WalkShown(Told):
    """What came of what was typed. ``steps`` is the whole way so far; ``over``: the call has ended."""

    walk: str
    hotline: str
    scenes: list[SceneShown]
    steps: list[str]
    over: bool


@dataclass(slots=True)
class Walk:
    """One of them, at the place where it waits."""

    login: str
    hotline: str
    audible: frozenset[tuple[str, str]]
    going: Generator[Scene, str | None, None]
    scenes: list[Scene] = field(default_factory=list)
    touched_at: float = field(default_factory=time.monotonic)
    over: bool = False

    def on(self, typed: str | None) -> list[Scene]:
        """What comes of what was typed, until something is to be typed again."""
        self.touched_at = time.monotonic()
        new: list[Scene] = []
        came: str | None = typed
        while not self.over and len(new) < MOST_AT_ONCE:
            try:
                scene = self.going.send(came)
            except StopIteration:
                self.over = True
                break
            new.append(scene)
            if scene.waits:
                break
            came = ""
        self.scenes += new
        self.over = self.over or len(self.scenes) >= MOST_SCENES or len(new) == MOST_AT_ONCE
        return new


class Walks:
    """All that go on. They are this process's: whoever asks another ccore begins anew."""

    def __init__(self) -> None:
        self._walks: dict[str, Walk] = {}

    def keep(self, walk: Walk) -> str:
        """Under which name it goes on. Raises HTTPTooManyRequests."""
        now = time.monotonic()
        self._walks = {name: each for name, each in self._walks.items() if now - each.touched_at < KEPT_S}
        own = [name for name, each in self._walks.items() if each.login == walk.login]
        for name in own[: len(own) + 1 - MOST_OF_ONE]:
            del self._walks[name]
        if len(self._walks) >= MOST_WALKS:
            raise web.HTTPTooManyRequests(text="too many people walk through menus now: try again later")
        name = secrets.token_hex(12)
        self._walks[name] = walk
        return name

    def of(self, name: str, login: str) -> Walk:
        """Somebody's own. Raises HTTPNotFound."""
        walk = self._walks.get(name)
        if walk is None or walk.login != login or time.monotonic() - walk.touched_at >= KEPT_S:
            raise web.HTTPNotFound(text="this walk is over: begin another one")
        return walk

    def end(self, name: str, login: str) -> None:
        """Forget it. Raises HTTPNotFound."""
        self.of(name, login)
        del self._walks[name]


class _Walking:
    def __init__(self, books: Books, announced: Announced, zone: tzinfo) -> None:
        self._books, self._announced, self._zone = books, announced, zone
        self._walks = Walks()

    async def begin(self, asked: Asked[NewWalk, None]) -> WalkShown:
        want = asked.body
        book = await self._books.of(want.of, asked.person.login)
        book.hotline(want.hotline)
        facts = self._facts(want)
        going = rehearse(book.menus, want.hotline, facts, _answers(book, want), want.language or "", book.catalogue)
        walk = Walk(asked.person.login, want.hotline, book.audible, going)
        new = await asyncio.to_thread(walk.on, None)
        return _shown(self._walks.keep(walk), walk, new)

    async def go_on(self, asked: Asked[Typed, None]) -> WalkShown:
        name = asked.path["walk"]
        walk = self._walks.of(name, asked.person.login)
        if walk.over:
            raise web.HTTPConflict(text="the call has ended: begin another one")
        return _shown(name, walk, walk.on(asked.body.keys))

    async def end(self, asked: Asked[None, None]) -> Done:
        self._walks.end(asked.path["walk"], asked.person.login)
        return Done()

    def _facts(self, want: NewWalk) -> Facts:
        try:
            now = (want.at or datetime.now(self._zone)).astimezone(self._zone)
        except OverflowError as error:
            raise web.HTTPBadRequest(text="at: there is no such time") from error
        return Facts(
            now=now,
            caller=want.caller,
            customer=Customer(tier=want.customer_class, tags=frozenset(want.tags)),
            announcements=self._announced(now),
        )


def operations(books: Books, announced: Announced, zone: tzinfo) -> list[Operation[Any, Any]]:
    """For operators; ``announced`` is what plays first at a time, by node."""
    on, may, one = _Walking(books, announced, zone), frozenset({Role.OPERATOR}), "/walks/{walk}"
    return [
        Operation("POST", "/walks", "Call a hotline without a telephone", may, on.begin, body=NewWalk,
                  answer=WalkShown, status=201),
        Operation("POST", one, "Type keys", may, on.go_on, body=Typed, answer=WalkShown),
        Operation("DELETE", one, "Hang up", may, on.end, answer=Done),
    ]  # fmt: skip


def _answers(book: Book, want: NewWalk) -> Input:
    if want.found is None:
        return NotAnswered()
    if not want.found:
        return Found(None)
    try:
        return found(book.menus, [f"{name}={value}" for name, value in want.found.items()])
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"found: {error}") from error


def _shown(name: str, walk: Walk, new: list[Scene]) -> WalkShown:
    return WalkShown(
        walk=name,
        hotline=walk.hotline,
        scenes=[_scene(walk, scene) for scene in new],
        steps=list(steps(walk.scenes)),
        over=walk.over,
    )


def _scene(walk: Walk, scene: Scene) -> SceneShown:
    language: Language = "en" if scene.language == "en" else "zh"
    heard = [
        HeardPart(text=text, prompts=list(names) if all((language, name) in walk.audible for name in names) else [])
        for text, names in zip(scene.heard, scene.sounds, strict=True)
    ]
    return SceneShown(
        came=scene.came,
        node=scene.node,
        language=language,
        heard=heard,
        does=scene.does,
        waits=scene.waits,
        most=scene.most,
        terminator=scene.terminator,
    )
