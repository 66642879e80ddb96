"""Hotlines over HTTP: the menus of each as boxes and ways, as they are live or in somebody's draft."""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from ccore.errors import FaultsFound
from ccore.ivr.graph import graph
from ccore.ivr.menu import PEOPLE, WORDS, Hotline
from ccore.ivr.menus import Menus, load_menus
from ccore.ordering.number import NumberPlan, load_plan
from ccore.people.model import Role
from ccore.prompts.catalogue import LANGUAGES, Language, Prompt, load_catalogue
from ccore.prompts.sounds import Manifest, load_manifest, says_its_text
from ccore.versions import trees
from ccore.versions.drafts import Drafts
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told

Source = Literal["live", "draft"]
NUMBER = "[0-9]{1,20}"


class FilesWanted(Said):
    """As they are live, or in your draft."""

    of: Source = "live"


class GraphWanted(FilesWanted):
    """With the sentences of prompts in this language."""

    language: Language = "zh"


class HotlineShown(Told):
    """A number and where its callers begin; ``name_zh`` and ``name_en`` are of the number plan."""

    number: str
    name_zh: str
    name_en: str
    language: Language
    start: str
    closed: str | None
    people: str
    hours: str | None
    queue: str
    record: bool
    path: str
    line: int


class HotlinesShown(Told):
    """In the order of their file. ``version`` is live; ``adapters`` are what look-ups answer, field by field."""

    version: int
    hotlines: list[HotlineShown]
    fields: list[str]


class Exit(Told):
    """A way out of a node by a key, a case or what happened; ``to`` is a node, or one of the ``words``."""

    by: str
    to: str
    word: bool
    fails: bool


class NodeShown(Told):
    """What happens at a node, how far from where callers begin (``column``), and where it is written."""

    name: str
    does: str
    gist: str
    column: int
    exits: list[Exit]
    path: str
    line: int


class Edge(Told):
    """A line of the picture, from ``source`` ("" is the number itself) to the node ``target``."""

    source: str
    target: str
    by: str
    fails: bool


class HotlineGraph(Told):
    """All that callers of a number can walk through."""

    hotline: HotlineShown
    nodes: list[NodeShown]
    edges: list[Edge]


@dataclass(frozen=True, slots=True)
class Book:
    """The operators' files as far as hotlines are made of them. ``audible`` are the sounds that say, as they lie live,
    what these files say."""

    menus: Menus
    catalogue: Mapping[str, Prompt]
    plan: NumberPlan
    audible: frozenset[tuple[str, str]]
    version: int
    directory: Path

    def hotline(self, number: str) -> Hotline:
        """Raises HTTPNotFound."""
        if number not in self.menus.hotlines:
            raise web.HTTPNotFound(text="there is no such hotline")
        return self.menus.hotlines[number]

    def place(self, *what: str) -> tuple[str, int]:
        """File and line of what stands in them."""
        path, line = self.menus.place(*what)
        return (path.relative_to(self.directory).as_posix() if path.is_relative_to(self.directory) else "", line)


class Books:
    """Reads them, of the live files once for each version."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._live: Book | None = None

    async def of(self, source: Source, login: str) -> Book:
        """As they are live, or in somebody's draft. Raises HTTPConflict where they cannot be read."""
        draft = await self._drafts.of(login)
        try:
            if source == "draft" and draft.changes:
                return await asyncio.to_thread(_of_draft, draft.tree, draft.contents())
            known = self._live
            if known is None or (known.version, known.directory) != (draft.tree.version, draft.tree.directory):
                known = self._live = await asyncio.to_thread(_of_live, draft.tree)
            return known
        except FaultsFound as error:
            fault = error.faults[0]
            text = f"{fault.file.name}, line {fault.line}: {fault.code} {fault.message}"
            raise web.HTTPConflict(text=f"the files cannot be read: {text}") from error


def operations(books: Books) -> list[Operation[Any, Any]]:
    """For operators."""

    async def listed(asked: Asked[None, FilesWanted]) -> HotlinesShown:
        book = await books.of(asked.query.of, asked.person.login)
        fields = {name for adapter in book.menus.adapters.values() for name in adapter.fields}
        shown = [_hotline(book, each) for each in book.menus.hotlines.values()]
        return HotlinesShown(version=book.version, hotlines=shown, fields=sorted(fields))

    async def drawn(asked: Asked[None, GraphWanted]) -> HotlineGraph:
        book = await books.of(asked.query.of, asked.person.login)
        return await asyncio.to_thread(_drawn, book, book.hotline(asked.path["number"]), asked.query.language)

    may = frozenset({Role.OPERATOR})
    return [
        Operation("GET", "/hotlines", "Numbers with menus", may, listed, query=FilesWanted, answer=HotlinesShown),
        Operation("GET", f"/hotlines/{{number:{NUMBER}}}/graph", "The menus of one", may, drawn, query=GraphWanted,
                  answer=HotlineGraph),
    ]  # fmt: skip


def _of_live(tree: trees.Tree) -> Book:
    return _read(tree.directory, tree)


def _of_draft(tree: trees.Tree, changes: trees.Changes) -> Book:
    with tempfile.TemporaryDirectory(prefix="ccore-draft-") as name:
        directory = Path(name).resolve() / "files"
        trees.lay(tree, changes, directory, texts_only=True)
        return _read(directory, tree)


def _read(directory: Path, tree: trees.Tree) -> Book:
    catalogue, manifest = load_catalogue(directory), load_manifest(tree.directory)
    audible = _audible(tree.directory, manifest, catalogue)
    return Book(load_menus(directory), catalogue, load_plan(directory), audible, tree.version, directory)


def _audible(live: Path, manifest: Manifest, catalogue: Mapping[str, Prompt]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (language, name)
        for language in LANGUAGES
        for name, prompt in catalogue.items()
        if says_its_text(live, manifest, language, name, prompt)
    )


def _hotline(book: Book, hotline: Hotline) -> HotlineShown:
    names = {each.number: (each.name_zh, each.name_en) for each in book.plan.hotline}
    names |= {each.number: (each.name_zh, each.name_en) for each in book.plan.quick_line}
    name_zh, name_en = names.get(hotline.number, ("", ""))
    path, line = book.place("hotline", hotline.number)
    return HotlineShown(
        number=hotline.number,
        name_zh=name_zh,
        name_en=name_en,
        language=hotline.language,
        start=hotline.start,
        closed=hotline.closed,
        people=hotline.people,
        hours=hotline.hours,
        queue=hotline.queue,
        record=hotline.record,
        path=path,
        line=line,
    )


def _drawn(book: Book, hotline: Hotline, language: Language) -> HotlineGraph:
    def said(name: str) -> str:
        return book.catalogue[name].sentence(language) if name in book.catalogue else f"[{name}]"

    nodes, edges = [], _begins(hotline)
    drawn = graph(book.menus, hotline, said)
    known = {box.name for box in drawn.boxes()}
    edges = [edge for edge in edges if edge.target in known]
    for column, boxes in enumerate(drawn.columns):
        for box in boxes:
            path, line = book.place("node", box.name)
            exits = [Exit(by=row.by, to=row.target, word=row.target in WORDS, fails=row.fails) for row in box.rows]
            nodes.append(
                NodeShown(name=box.name, does=box.does, gist=box.gist, column=column, exits=exits, path=path, line=line)
            )
            for row in box.rows:
                target = hotline.people if row.target == PEOPLE else row.target
                if target in known:
                    edges.append(Edge(source=box.name, target=target, by=row.by, fails=row.fails))
    return HotlineGraph(hotline=_hotline(book, hotline), nodes=nodes, edges=edges)


def _begins(hotline: Hotline) -> list[Edge]:
    begins = [("start", hotline.start), ("closed", hotline.closed), ("people", hotline.people)]
    return [Edge(source="", target=target, by=by, fails=False) for by, target in begins if target]
