"""A hotline as boxes and ways, for pictures of it: what is said at each node, and which key leads where."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ccore.ivr.menu import (
    CONVENTIONS,
    PEOPLE,
    WORDS,
    Announce,
    CallBack,
    Choose,
    Hotline,
    LookUp,
    Menu,
    Node,
    Order,
    Queue,
    Speak,
    Survey,
    Text,
    Transfer,
    Voicemail,
)
from ccore.ivr.menus import Menus
from ccore.ivr.ways import Net, Way, net, written

Said = Callable[[str], str]  # the sentence of a prompt


@dataclass(frozen=True, slots=True)
class Row:
    """A way out of a box: ``by`` is its key, its case or what happened; ``target`` a node or a word for one."""

    by: str
    target: str
    fails: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its name, what it does, the gist of what is said or done there, and the ways out."""

    name: str
    does: str
    gist: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A hotline. ``columns`` are its boxes, those at which callers begin on the left, people among them.

    A row whose target stands in the next column is a line to there; all others lead back, or to people.
    """

    hotline: Hotline
    columns: tuple[tuple[Box, ...], ...]

    def boxes(self) -> Iterator[Box]:
        """Every box."""
        for column in self.columns:
            yield from column


def graph(menus: Menus, hotline: Hotline, said: Said) -> Graph:
    """The picture of a hotline, with the sentences of prompts as ``said`` tells them."""
    columns = _columns(net(menus, hotline))
    return Graph(hotline, tuple(tuple(_box(menus, hotline, name, said) for name in column) for column in columns))


def _columns(ways: Net) -> Iterator[Sequence[str]]:
    """Nodes by how far they are from where callers begin: a way never leads further than to the next column."""
    seen: set[str] = set()
    following = [way.target for way in ways.begins]
    while column := [name for name in dict.fromkeys(following) if name in ways.out and name not in seen]:
        yield column
        seen |= set(column)
        following = [way.target for name in column for way in ways.out[name] if not way.returns]


def _box(menus: Menus, hotline: Hotline, name: str, said: Said) -> Box:
    node = menus.nodes[name]
    by_target: dict[tuple[str, bool], list[str]] = {}
    for way in written(menus, name):
        if not _is_convention(node, way):
            target = PEOPLE if way.target == hotline.people else way.target
            by = way.by.removeprefix("key ")
            by_target.setdefault((target, by in {"failed", "missing"}), []).append(by)
    rows = tuple(Row(", ".join(by), target, fails) for (target, fails), by in by_target.items())
    return Box(name, node.do, gist(node, said), rows)


def _is_convention(node: Node, way: Way) -> bool:
    """A key that is the same in every menu is told once, beside the picture."""
    key = way.by.removeprefix("key ")
    return key in CONVENTIONS and not (isinstance(node, Menu) and key in node.keys)


def gist(node: Node, said: Said) -> str:
    """What is said at a node, or what is done there if nothing is."""
    parts = getattr(node, "prompt", ())
    if parts and not isinstance(node, CallBack | Text):
        return " ".join(part if part.startswith("{") else said(part) for part in parts)
    return _done(node, said)


def _done(node: Node, said: Said) -> str:  # noqa: PLR0911 - one case for each action that may be silent
    match node:
        case Choose():
            return f"by {node.by}" + (f" of {node.of}" if node.of else "")
        case LookUp():
            return f"asks {node.adapter}"
        case Queue():
            return f"queue {node.queue or 'of the hotline'}, {node.wait_s} s"
        case Order():
            return f"{node.access} {node.code}"
        case Transfer():
            return f"to {node.to}"
        case Voicemail():
            return f"box {node.box}"
        case CallBack():
            return f"number {{{node.number}}}" if node.number else "the caller's number"
        case Text():
            return f"text {node.text}"
        case Survey():
            return " ".join(said(part) for question in node.question for part in question.prompt)
        case Announce():
            return f"{node.step} {node.at or ''}".strip()
        case Speak():
            return node.language
    return ""


def mermaid(drawn: Graph) -> str:
    """The graph in the language of Mermaid, which many wikis draw."""
    lines = ["flowchart LR", f'  number(["{drawn.hotline.number}"]) --> {_id(drawn.hotline.start)}']
    if drawn.hotline.closed:
        lines.append(f"  number -- closed --> {_id(drawn.hotline.closed)}")
    for box in drawn.boxes():
        lines.append(f'  {_id(box.name)}["<b>{box.name}</b> {box.does}<br>{_quoted(box.gist)}"]')
        for row in box.rows:
            word = row.target in WORDS - {PEOPLE}
            target = drawn.hotline.people if row.target == PEOPLE else row.target
            shown = f'{_id(box.name)}-{target}(["{target}"])' if word else _id(target)
            lines.append(f'  {_id(box.name)} {"-." if row.fails else "--"} "{_quoted(row.by)}" '
                         f'{".->" if row.fails else "-->"} {shown}')  # fmt: skip
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    return f"n-{name}"  # `end` and other words of Mermaid's own are names of nodes too


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
