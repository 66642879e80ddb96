"""Draws simulated campaigns over time as SVG: agents by state, calls on their way, abandonment, and pace."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ccore.dialer.simulation.result import LEAST_ANSWERS, WINDOW_S, Result, Sample

# Pixels.
WIDTH, HEIGHT = 400, 150  # of a panel
LEFT, GAP, RIGHT = 64, 58, 24
TOP, BELOW = 96, 46  # over the first row; under each
PACE_OVER_S = 120.0
MOST_LIMITS = 5

_STATES = (("talk", "talking", "#16a34a"), ("wrap", "wrap-up", "#f59e0b"), ("idle", "ready", "#dc2626"),
           ("pause", "pause", "#cbd5e1"))  # fmt: skip
_RINGING, _ROLLING, _WHOLE, _PACE = "#2563eb", "#7c3aed", "#0f172a", "#0891b2"
_STYLE = """
text { font-family: "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; font-size: 11px; fill: #475569; }
.title { font-size: 20px; font-weight: 600; fill: #0f172a; }
.pacer { font-size: 14px; font-weight: 600; fill: #0f172a; }
.panel { font-size: 12px; font-weight: 600; fill: #334155; }
.number { text-anchor: end; }
.hour { text-anchor: middle; }
.grid { stroke: #e2e8f0; }
.limit { stroke: #dc2626; stroke-dasharray: 5 4; }
.line { fill: none; stroke-width: 1.3; stroke-linejoin: round; }
"""

Values = list[float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel is, and its scales."""

    x: float
    y: float
    length_s: float
    most: float

    def across(self, at: float) -> float:
        """Pixels from the left for a time."""
        return self.x + WIDTH * at / self.length_s

    def up(self, value: float) -> float:
        """Pixels from above for a value."""
        return self.y + HEIGHT * (1.0 - min(value, self.most) / self.most)


@dataclass(frozen=True, slots=True)
class Row:
    """A panel for each pacer, on one scale: its name, what is drawn of a result, and how numbers are written."""

    name: str
    legend: tuple[tuple[str, str], ...]
    values: Callable[[Result], list[Values]]
    stacked: bool = False
    number: str = "{:.0f}"
    limited: bool = False


def svg(title: str, runs: Mapping[str, Result], limit: float) -> str:
    """The picture: a column for each pacer. ``limit`` is drawn into the abandonment's panels."""
    width = LEFT + len(runs) * (WIDTH + GAP) - GAP + RIGHT
    height = TOP + len(_ROWS) * (HEIGHT + BELOW)
    body = [f'<text class="title" x="{LEFT}" y="34">{escape(title)}</text>']
    for column, (pacer, result) in enumerate(runs.items()):
        figures = f"{pacer}: {result.utilisation:.1%} talking, {result.abandonment:.2%} abandoned"
        body.append(f'<text class="pacer" x="{LEFT + column * (WIDTH + GAP)}" y="64">{escape(figures)}</text>')
    for number, row in enumerate(_ROWS):
        body += _row(row, TOP + number * (HEIGHT + BELOW), list(runs.values()), limit)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>', *body, "</svg>", "",
    ])  # fmt: skip


def _row(row: Row, y: float, results: Sequence[Result], limit: float) -> Iterator[str]:
    values = [row.values(result) for result in results]
    most = _rounded_up(max((max(line, default=0.0) for lines in values for line in lines), default=0.0))
    if row.limited:  # what is far over it is cut off: how it keeps to the limit is what is looked for
        most = min(max(most, _rounded_up(limit * 1.5)), _rounded_up(limit * MOST_LIMITS))
    yield from _legend(row, y)
    for column, (result, lines) in enumerate(zip(results, values, strict=True)):
        frame = Frame(LEFT + column * (WIDTH + GAP), y, result.hours * 3600.0, most)
        yield from _grid(frame, row.number, result.hours)
        times = [sample.at for sample in result.timeline]
        if row.stacked:
            yield from _areas(frame, times, lines, row)
        else:
            for line, (_, colour) in zip(lines, row.legend, strict=True):
                yield f'<path class="line" stroke="{colour}" d="M{_points(frame, times, line)}"/>'
        if row.limited:
            height = frame.up(limit)
            yield f'<line class="limit" x1="{frame.x}" x2="{frame.x + WIDTH}" y1="{height:.1f}" y2="{height:.1f}"/>'


def _legend(row: Row, y: float) -> Iterator[str]:
    yield f'<text class="panel" x="{LEFT}" y="{y - 8}">{escape(row.name)}</text>'
    x = LEFT + 8 * len(row.name) + 12
    for text, colour in row.legend if len(row.legend) > 1 else ():
        yield f'<rect x="{x}" y="{y - 16}" width="9" height="9" fill="{colour}"/>'
        yield f'<text x="{x + 13}" y="{y - 8}">{escape(text)}</text>'
        x += 13 + 7 * len(text) + 10


def _grid(frame: Frame, number: str, hours: float) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        height = frame.up(share * frame.most)
        yield f'<line class="grid" x1="{frame.x}" x2="{frame.x + WIDTH}" y1="{height:.1f}" y2="{height:.1f}"/>'
        text = number.format(share * frame.most)
        yield f'<text class="number" x="{frame.x - 6}" y="{height + 4:.1f}">{text}</text>'
    step = next(step for step in (0.25, 0.5, 1.0, 2.0, 4.0) if hours / step <= 6 or step == 4.0)
    for tick in range(int(hours / step) + 1):
        x = frame.across(tick * step * 3600.0)
        yield f'<text class="hour" x="{x:.1f}" y="{frame.y + HEIGHT + 16}">{tick * step:g} h</text>'


def _areas(frame: Frame, times: Values, lines: list[Values], row: Row) -> Iterator[str]:
    """One on the other, the last first: each covers what is under it."""
    for line, (_, colour) in reversed(list(zip(lines, row.legend, strict=True))):
        floor = frame.y + HEIGHT
        ends = f"L{frame.across(times[-1]):.1f} {floor:.1f}L{frame.across(times[0]):.1f} {floor:.1f}Z"
        yield f'<path fill="{colour}" d="M{_points(frame, times, line)}{ends}"/>'


def _points(frame: Frame, times: Values, line: Values) -> str:
    return "L".join(f"{frame.across(at):.1f} {frame.up(value):.1f}" for at, value in zip(times, line, strict=True))


def _stacked(result: Result) -> list[Values]:
    lines, below = [], [0.0] * len(result.timeline)
    for state, _, _ in _STATES:
        below = [under + getattr(sample, state) for under, sample in zip(below, result.timeline, strict=True)]
        lines.append(below)
    return lines


def _abandonment(result: Result) -> list[Values]:
    return [_shares(result.timeline, WINDOW_S), _shares(result.timeline, result.hours * 3600.0)]


def _shares(samples: Sequence[Sample], window_s: float) -> Values:
    """Abandoned of answered in the window that ends at each sample; none of too few."""
    shares = []
    for sample, earlier in _windows(samples, window_s):
        answered = sample.answered - earlier.answered
        shares.append((sample.abandoned - earlier.abandoned) / answered if answered >= LEAST_ANSWERS else 0.0)
    return shares


def _pace(result: Result) -> list[Values]:
    """Calls started a minute."""
    return [[
        60.0 * (sample.placed - earlier.placed) / max(sample.at - earlier.at, 1.0)
        for sample, earlier in _windows(result.timeline, PACE_OVER_S)
    ]]  # fmt: skip


def _windows(samples: Sequence[Sample], window_s: float) -> Iterator[tuple[Sample, Sample]]:
    """Each sample with the first one that is within the window before it."""
    first = 0
    for sample in samples:
        while samples[first].at < sample.at - window_s:
            first += 1
        yield sample, samples[first]


def _rounded_up(most: float) -> float:
    """The next of 1, 2, 2.5, 4, 5, 6, 8 and their tens."""
    size = 0.001
    while True:
        for step in (1.0, 2.0, 2.5, 4.0, 5.0, 6.0, 8.0):
            if most <= size * step:
                return size * step
        size *= 10


_ROWS = (
    Row("Agents", tuple((text, colour) for _, text, colour in _STATES), _stacked, stacked=True),
    Row("Calls set up or ringing", (("ringing", _RINGING),),
        lambda result: [[float(sample.ringing) for sample in result.timeline]]),
    Row("Abandoned", (("30 minutes", _ROLLING), ("since the start", _WHOLE)), _abandonment,
        number="{:.1%}", limited=True),
    Row("Calls started a minute", (("pace", _PACE),), _pace),
)  # fmt: skip
