"""The flow of callers through menus as a picture: Mermaid text, or an SVG of bands as wide as they are many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

BEGIN = "☎"  # where every caller begins

COLUMN_PX, BOX_PX, GAP_PX, MARGIN_PX, TOP_PX = 210, 14, 18, 20, 40
ALL_CALLERS_PX = 320  # the height of as many as began
FILLS = {"dropped": "#c0392b", "given-up": "#e67e22", "contained": "#27ae60", "going-on": "#95a5a6"}
STYLE = "font:12px sans-serif"


class Band(NamedTuple):
    """Callers who went from ``source`` ("": the beginning) to ``sink``, a node or what became of them (``ending``)."""

    source: str
    sink: str
    callers: int
    ending: bool


@dataclass(frozen=True, slots=True)
class _Box:
    """A node, or an ending, where it is drawn; ``height`` stands for ``callers``."""

    x: float
    y: float
    height: float
    callers: int


def mermaid(bands: Iterable[Band]) -> str:
    """The flow as Mermaid's flowchart."""
    lines = ["flowchart LR"]
    for band in bands:
        sink = f"{_id(band.sink, band.ending)}([{band.sink}])" if band.ending else f"{_id(band.sink)}[{band.sink}]"
        lines.append(f"    {_id(band.source)}[{band.source or BEGIN}] -->|{band.callers}| {sink}")
    return "\n".join(lines) + "\n"


def svg(bands: Sequence[Band], title: str) -> str:
    """The flow as a picture of its own: nodes in columns by how far from the beginning they are, endings last."""
    boxes = _boxes(bands)
    width = MARGIN_PX * 2 + max((box.x for box in boxes.values()), default=0) + COLUMN_PX
    height = MARGIN_PX + max((box.y + box.height for box in boxes.values()), default=0) + GAP_PX
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" style="{STYLE}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" fill="#fff"/><text x="{MARGIN_PX}" y="24">{escape(title)}</text>',
            *_drawn_bands(bands, boxes),
            *(_drawn_box(name, box) for name, box in boxes.items()),
            "</svg>\n",
        ]
    )


def _id(name: str, ending: bool = False) -> str:
    return f"{'end' if ending else 'n'}_{name.replace('-', '_').replace(' ', '_') or 'begin'}"


def _key(name: str, ending: bool) -> tuple[str, bool]:
    return name, ending


def _columns(bands: Sequence[Band]) -> Mapping[str, int]:
    """How many menus from the beginning each node is, by the shortest way."""
    columns, reached = {"": 0}, [""]
    for node in reached:  # grows while it is read
        for band in bands:
            if band.source == node and not band.ending and band.sink not in columns:
                columns[band.sink] = columns[node] + 1
                reached.append(band.sink)
    return columns


def _boxes(bands: Sequence[Band]) -> dict[tuple[str, bool], _Box]:
    callers: dict[tuple[str, bool], int] = {}
    for band in bands:
        sink = _key(band.sink, band.ending)
        callers[sink] = callers.get(sink, 0) + band.callers
    began = sum(band.callers for band in bands if band.source == "")
    columns = _columns(bands)
    last = max(columns.values()) + 1
    scale = ALL_CALLERS_PX / max(began, 1)
    boxes: dict[tuple[str, bool], _Box] = {}
    lowest: dict[int, float] = {}
    for key, count in [(("", False), began), *sorted(callers.items(), key=lambda item: -item[1])]:
        name, ending = key
        column = last if ending else columns.get(name, 1)
        y, height = lowest.get(column, TOP_PX), max(count * scale, 2.0)
        boxes[key] = _Box(MARGIN_PX + column * COLUMN_PX, y, height, count)
        lowest[column] = y + height + GAP_PX
    return boxes


def _drawn_bands(bands: Sequence[Band], boxes: Mapping[tuple[str, bool], _Box]) -> Iterable[str]:
    """Bands leave a box and enter one from its top down, each as wide as its share of the box's callers."""
    left: dict[tuple[str, bool], float] = {}
    entered: dict[tuple[str, bool], float] = {}
    for band in bands:
        source, sink = _key(band.source, False), _key(band.sink, band.ending)
        if source not in boxes:
            continue
        begin, end = boxes[source], boxes[sink]
        width = max(end.height * band.callers / end.callers, 1.0)
        y1 = begin.y + left.get(source, 0.0) + width / 2
        y2 = end.y + entered.get(sink, 0.0) + width / 2
        left[source] = left.get(source, 0.0) + width
        entered[sink] = entered.get(sink, 0.0) + width
        x1, x2 = begin.x + BOX_PX, end.x
        bend = max(abs(x2 - x1) / 2, 40)
        path = f"M{x1:.1f},{y1:.1f} C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
        colour = FILLS.get(band.sink, "#2980b9") if band.ending else "#7f8c8d"
        told = escape(f"{band.source or BEGIN} → {band.sink}: {band.callers}")
        yield (
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-opacity="0.4" stroke-width="{width:.1f}">'
            f"<title>{told}</title></path>"
        )


def _drawn_box(key: tuple[str, bool], box: _Box) -> str:
    name, ending = key
    colour = FILLS.get(name, "#2980b9") if ending else "#34495e"
    text = escape(f"{name or BEGIN}  {box.callers}")
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{BOX_PX}" height="{box.height:.1f}" fill="{colour}"/>'
        f'<text x="{box.x + BOX_PX + 4:.1f}" y="{box.y + min(box.height / 2 + 4, 14):.1f}">{text}</text>'
    )
