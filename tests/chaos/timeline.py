"""Draws a run: when which part was broken, and what callers and backlogs had of it, second by second, as SVG."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from tests.chaos.faults import PARTS
from tests.chaos.model import History, Op, Sample

WIDTH, LEFT, RIGHT, TOP = 1120, 150, 20, 34
LANE, PANEL, GAP = 18, 96, 30
COLUMNS = 480  # points of a curve: a longer run is drawn coarser

INK, FAINT, GRID = "#1f2933", "#52606d", "#e4e7eb"
PART_COLOURS = ("#7b8794", "#d64545", "#de911d", "#b44d12", "#8719e0", "#0b69a3", "#2186eb", "#147d64")
OK, UNKNOWN, FAILED, LINE, SECOND = "#3f9142", "#f0b429", "#ba2525", "#2186eb", "#ba2525"

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart below the faults: curves as (label, colour, points); ``stacked`` ones are filled, the first in front."""

    title: str
    curves: Sequence[tuple[str, str, Curve]]
    stacked: bool = False


def timeline(history: History) -> str:
    """The picture of a run as the text of an SVG file."""
    ends = max([strike.ends for strike in history.strikes] + [sample.at for sample in history.samples] + [1.0])
    panels = _panels(history, max(ends / COLUMNS, 1.0), ends)
    lanes_end = TOP + LANE * len(PARTS)
    height = lanes_end + len(panels) * (PANEL + GAP) + 34

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * at / ends

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_time_axis(ends, x, height - 34),
        f'<text x="{LEFT}" y="20" font-weight="bold">Faults, by the part that was broken</text>',
        *_lanes(history, x),
    ]
    for number, panel in enumerate(panels):
        drawn += _panel(panel, x, lanes_end + GAP + number * (PANEL + GAP))
    return "\n".join([*drawn, "</svg>", ""])


def _panels(history: History, step_s: float, ends: float) -> list[Panel]:
    def each(value: Callable[[list[Op]], float], ops: Iterable[Op]) -> Curve:
        columns: list[list[Op]] = [[] for _ in range(ceil(ends / step_s))]
        for op in ops:
            columns[min(int(op.dialled_at / step_s), len(columns) - 1)].append(op)
        return [(min((number + 0.5) * step_s, ends), value(column)) for number, column in enumerate(columns)]

    def rate(verdicts: set[str]) -> Curve:
        return each(lambda ops: len(ops) / step_s, (op for op in history.ops if op.verdict in verdicts))

    orders = [op for op in history.ops if op.kind == "order" and op.answered_ms is not None]
    return [
        Panel(
            "Calls per second, by what came of them",
            [
                ("told an outcome", OK, rate({"ok"})),
                ("unknown: hung up, cut, no answer", UNKNOWN, rate({"ok", "unknown"})),
                ("turned away by the switch", FAILED, rate({"ok", "unknown", "failed"})),
            ],
            stacked=True,
        ),
        Panel(
            "Seconds from dialling an order code to the answer",
            [("slowest", SECOND, each(_slowest_s, orders)), ("median", LINE, each(_median_s, orders))],
        ),
        Panel(
            "Orders in the node's spool, files",
            [("waiting", LINE, [(sample.at, sample.spool) for sample in _thinned(history, step_s)])],
        ),
        Panel(
            "Call records not stored yet, kB of Asterisk's files",
            [("waiting", LINE, [(sample.at, sample.unread / 1000) for sample in _thinned(history, step_s)])],
        ),
    ]


def _thinned(history: History, step_s: float) -> Iterator[Sample]:
    yield from history.samples[:: max(round(step_s), 1)]


def _slowest_s(ops: list[Op]) -> float:
    return max((op.answered_ms or 0) for op in ops) / 1000 if ops else 0.0


def _median_s(ops: list[Op]) -> float:
    waits = sorted(op.answered_ms or 0 for op in ops)
    return waits[len(waits) // 2] / 1000 if waits else 0.0


def _lanes(history: History, x: Callable[[float], float]) -> Iterator[str]:
    for number, part in enumerate(PARTS):
        y = TOP + number * LANE
        yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(part)}</text>'
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y + LANE - 0.5}" y2="{y + LANE - 0.5}" stroke="{GRID}"/>'
    for strike in history.strikes:
        lane = PARTS.index(strike.part)
        left, right = x(strike.begins), max(x(strike.ends), x(strike.begins) + 2)
        title = escape(f"{strike.fault} {strike.detail} {strike.begins:.1f}–{strike.ends:.1f} s")
        yield (
            f'<rect x="{left:.1f}" y="{TOP + lane * LANE + 3}" width="{right - left:.1f}" height="{LANE - 6}" '
            f'fill="{PART_COLOURS[lane]}"><title>{title}</title></rect>'
        )


def _time_axis(ends: float, x: Callable[[float], float], bottom: float) -> Iterator[str]:
    step = _round_step(ends / 12)
    for number in range(floor(ends / step) + 1):
        at = number * step
        yield f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{bottom}" stroke="{GRID}"/>'
        yield f'<text x="{x(at):.1f}" y="{bottom + 18}" text-anchor="middle" fill="{FAINT}">{at:g} s</text>'


def _panel(panel: Panel, x: Callable[[float], float], top: float) -> Iterator[str]:
    highest = max([value for _, _, curve in panel.curves for _, value in curve] + [1.0])
    step = _round_step(highest / 3)
    scale = PANEL / (ceil(highest / step) * step)
    bottom = top + PANEL

    def y(value: float) -> float:
        return bottom - value * scale

    yield f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{escape(panel.title)}</text>'
    for number in range(ceil(highest / step) + 1):
        at = number * step
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end" fill="{FAINT}">{at:g}</text>'
    for _, colour, curve in reversed(panel.curves):
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in curve)
        if panel.stacked:
            last = curve[-1][0] if curve else 0
            yield f'<polygon points="{x(0):.1f},{bottom:.1f} {points} {x(last):.1f},{bottom:.1f}" fill="{colour}"/>'
        else:
            yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    yield from _legend(panel, top - 8)


def _legend(panel: Panel, y: float) -> Iterator[str]:
    right = WIDTH - RIGHT
    for label, colour, _ in reversed(panel.curves):
        right -= 7 * len(label) + 24
        yield f'<rect x="{right}" y="{y - 9}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{right + 14}" y="{y}" fill="{FAINT}">{escape(label)}</text>'


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 … that is not below ``least``."""
    magnitude: float = 10.0 ** floor(log10(max(least, 1e-9)))
    return next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= least)
