"""Draws a hotline as SVG: a box for each node, columns from left to right, a line for each key that leads on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from ccore.ivr.graph import Box, Graph, Row
from ccore.ivr.menu import PEOPLE, WORDS

# Pixels.
WIDTH, GAP, SPACE = 250, 90, 22  # of a box; between columns; between boxes of a column
MARGIN, HEADING = 24, 64
PADDING, TITLE, LINE, ROW = 12, 26, 17, 20
TITLE_SIZE, TEXT_SIZE = 14, 12
MOST_LINES = 2  # of the gist

_FIRST_WIDE = 0x2E7F  # Chinese characters and punctuation come after it
_CLOSING = "，。、；：？！,.;:?!"

_COLOURS = {
    "menu": "#1d4ed8", "ask": "#1d4ed8", "survey": "#1d4ed8", "say": "#475569", "choose": "#7c3aed",
    "look-up": "#7c3aed", "queue": "#15803d", "call-back": "#15803d", "voicemail": "#15803d", "transfer": "#15803d",
    "order": "#b45309", "text": "#b45309", "announce": "#b45309", "language": "#475569", "hang-up": "#b91c1c",
}  # fmt: skip
_STYLE = """
text { font-family: "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
.box { fill: #ffffff; stroke: #cbd5e1; }
.name { font-size: 14px; font-weight: 600; fill: #ffffff; }
.does { font-size: 11px; fill: #ffffff; opacity: 0.85; text-anchor: end; }
.gist { font-size: 12px; fill: #334155; }
.by { font-size: 12px; font-weight: 600; fill: #0f172a; }
.to { font-size: 12px; fill: #64748b; }
.way { fill: none; stroke: #64748b; stroke-width: 1.4; }
.way.fails { stroke: #dc2626; stroke-dasharray: 5 4; opacity: 0.75; }
.way:hover { stroke-width: 4; opacity: 1; }
.title { font-size: 20px; font-weight: 600; fill: #0f172a; }
.note { font-size: 12px; fill: #64748b; }
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its left upper corner and its lines of text."""

    box: Box
    x: float
    y: float
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """From the upper to the lower edge."""
        return TITLE + PADDING + LINE * len(self.lines) + ROW * len(self.box.rows) + PADDING / 2

    def row_y(self, index: int) -> float:
        """The middle of a row."""
        return self.y + TITLE + PADDING / 2 + LINE * len(self.lines) + ROW * (index + 0.5)


def svg(graph: Graph) -> str:
    """The picture, for a browser or to be printed."""
    placed = _placed(graph)
    width = MARGIN * 2 + len(graph.columns) * (WIDTH + GAP) - GAP
    height = max((each.y + each.height for each in placed.values()), default=HEADING) + MARGIN
    body = [*_heading(graph), *_lines(graph, placed)]
    for each in placed.values():
        body += _drawn(graph, each)
    size = f'width="{width}" height="{height:.0f}" viewBox="0 0 {width} {height:.0f}"'
    marker = (
        '<marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#64748b"/></marker>'
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{_STYLE}</style><defs>{marker}</defs>",
        '<rect width="100%" height="100%" fill="#f8fafc"/>', *body, "</svg>", "",
    ])  # fmt: skip


def page(graph: Graph) -> str:
    """The picture in an HTML page of its own."""
    head = f'<meta charset="utf-8"><title>{graph.hotline.number}</title>'
    return f"<!doctype html>\n<html><head>{head}</head><body>{svg(graph)}</body></html>\n"


def _placed(graph: Graph) -> Mapping[str, Placed]:
    """Boxes column by column, each as near as can be to the rows that lead to it."""
    placed: dict[str, Placed] = {}
    for number, column in enumerate(graph.columns):
        wanted = {box.name: _wanted(graph, placed, number, box) for box in column}
        lowest = float(HEADING + MARGIN)
        for box in sorted(column, key=lambda box: wanted[box.name]):
            lines = tuple(wrapped(box.gist, WIDTH - 2 * PADDING, TEXT_SIZE))
            x = MARGIN + number * (WIDTH + GAP)
            placed[box.name] = Placed(box, x, max(wanted[box.name], lowest), lines)
            lowest = placed[box.name].y + placed[box.name].height + SPACE
    return placed


def _wanted(graph: Graph, placed: Mapping[str, Placed], number: int, box: Box) -> float:
    """Where a box would stand best: its title beside the first row that leads to it."""
    rows = [
        placed[other.name].row_y(index)
        for other in (graph.columns[number - 1] if number else ())
        for index, row in enumerate(other.rows)
        if row.target == box.name
    ]
    return min(rows, default=HEADING + MARGIN) - TITLE / 2


def _lines(graph: Graph, placed: Mapping[str, Placed]) -> Iterator[str]:
    for number, column in enumerate(graph.columns[:-1]):
        following = {box.name for box in graph.columns[number + 1]}
        for box in column:
            for index, row in enumerate(box.rows):
                if row.target in following and row.target != PEOPLE:
                    yield _line(placed[box.name], index, row, placed[row.target])


def _line(start: Placed, index: int, row: Row, end: Placed) -> str:
    x, y, to_x, to_y = start.x + WIDTH, start.row_y(index), end.x, end.y + TITLE / 2
    bend = f"M{x} {y:.1f} C{x + GAP / 2} {y:.1f} {to_x - GAP / 2} {to_y:.1f} {to_x} {to_y:.1f}"
    told = f"<title>{escape(start.box.name)} {escape(row.by)} → {escape(row.target)}</title>"
    return f'<path class="way{" fails" if row.fails else ""}" d="{bend}" marker-end="url(#end)">{told}</path>'


def _drawn(graph: Graph, placed: Placed) -> Iterator[str]:
    box, x, y = placed.box, placed.x, placed.y
    colour = _COLOURS.get(box.does, "#475569")
    begin = {graph.hotline.start: "start", graph.hotline.closed: "closed", graph.hotline.people: "people"}
    does = " · ".join(word for word in (begin.get(box.name), box.does) if word)
    yield f'<rect class="box" x="{x}" y="{y:.1f}" width="{WIDTH}" height="{placed.height:.1f}" rx="6"/>'
    outline = f"M{x} {y + TITLE:.1f} v{6 - TITLE} q0 -6 6 -6 h{WIDTH - 12} q6 0 6 6 v{TITLE - 6} z"
    yield f'<path d="{outline}" fill="{colour}"/>'
    room = WIDTH - 2 * PADDING - _length(does, 11) - 8
    yield _text("name", x + PADDING, y + 18, clipped(box.name, room, TITLE_SIZE))
    yield _text("does", x + WIDTH - PADDING, y + 18, does)
    for index, line in enumerate(placed.lines):
        yield _text("gist", x + PADDING, y + TITLE + 15 + LINE * index, line)
    for index, row in enumerate(box.rows):
        yield from _row(placed, index, row)


def _row(placed: Placed, index: int, row: Row) -> Iterator[str]:
    x, y = placed.x + PADDING, placed.row_y(index) + 4
    by = clipped(row.by, WIDTH / 2 - PADDING, TEXT_SIZE)
    mark = "" if row.target in {PEOPLE, *WORDS} else "→ "
    target = clipped(mark + row.target, WIDTH - 2 * PADDING - _length(by, TEXT_SIZE) - 10, TEXT_SIZE)
    yield _text("by", x, y, by)
    yield _text('to" text-anchor="end', placed.x + WIDTH - PADDING, y, target)


def _heading(graph: Graph) -> Iterator[str]:
    hotline = graph.hotline
    facts = [f"language {hotline.language}", f"queue {hotline.queue}", f"{hotline.steps} steps"]
    facts += [f"hours {hotline.hours}"] if hotline.hours else []
    facts += [f"closed {hotline.closed}"] if hotline.closed else []
    yield _text("title", MARGIN, MARGIN + 16, hotline.number)
    yield _text("note", MARGIN, MARGIN + 40, f"{' · '.join(facts)}. In menus: * back, # again, 0 people.")


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y:.1f}">{escape(text)}</text>'


def clipped(text: str, width: float, size: int) -> str:
    """``text``, or as much of its beginning as is at most ``width`` wide, as far as one can tell without its font."""
    if _length(text, size) <= width:
        return text
    fits = len(text)
    while fits and _length(text[:fits] + "…", size) > width:
        fits -= 1
    return text[:fits] + "…"


def wrapped(text: str, width: float, size: int) -> Iterator[str]:
    """The first lines of ``text``, each at most ``width`` wide."""
    rest = text
    for _ in range(MOST_LINES - 1):
        fits = len(clipped(rest, width, size).removesuffix("…"))
        if fits == len(rest):
            break
        cut = rest.rfind(" ", 0, fits + 1)
        cut = cut if cut > fits // 2 else fits
        cut += rest[cut : cut + 1] in set(_CLOSING)  # no line begins with a comma
        yield rest[:cut]
        rest = rest[cut:].lstrip()
    if rest:
        yield clipped(rest, width, size)


def _length(text: str, size: int) -> float:
    """About how wide a text is: Chinese characters are square, others somewhat more than half as wide as high."""
    return size * sum(1.0 if ord(character) > _FIRST_WIDE else 0.6 for character in text)
