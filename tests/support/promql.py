"""As much of PromQL as tells whether an expression makes sense for the metrics there are; promtool knows the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.metrics import Family, families

FROM_SCRAPING = frozenset({"instance", "job", "le"})  # labels that Prometheus adds
RATES = frozenset({"rate", "increase", "changes"})
AGGREGATIONS = frozenset({"sum", "max", "min"})
FUNCTIONS = AGGREGATIONS | RATES | {"abs", "histogram_quantile", "time"}

_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[a-zA-Z_]\w*)|(?P<selector>\{[^{}]*\})|(?P<range>\[(?:\d+[smhd]|\$__rate_interval)\])
    |(?P<number>\d+(?:\.\d+)?)|(?P<mark>[()+*/,-]|[<>=!]=|[<>]))""",
    re.VERBOSE,
)
_MATCHER = re.compile(r'\s*(\w+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"\s*(?:,|$)')
_NOTHING = ("", "")
Token = tuple[str, str]  # kind and text


@dataclass(frozen=True, slots=True)
class Use:
    """A metric in an expression, the labels it is selected by, and the function it stands directly in."""

    family: Family
    selected_by: frozenset[str]
    ranged: bool
    function: str


def metrics_in(expression: str) -> set[str]:
    """The names of the metrics (``Family.name``) in ``expression``; fails if it cannot be evaluated, or means nothing.

    Brackets match; functions, metrics and their labels are known; what only grows is rated, and nothing else is.
    """
    told = _tokens(expression)
    uses = list(_uses(told))
    for use in uses:
        name, labels = use.family.name, FROM_SCRAPING | {*use.family.labels}
        assert use.selected_by <= labels, f"{name} has no {use.selected_by - labels}: {expression}"
        assert use.ranged is (use.function in RATES), f"{name} in {use.function}: {expression}"
        assert use.ranged or use.family.kind not in {"counter", "histogram"}, f"{name} only grows: {expression}"
    there = FROM_SCRAPING.union(*(use.family.labels for use in uses))
    assert _kept(told) <= there, f"no metric has {_kept(told) - there}: {expression}"
    return {use.family.name for use in uses}


def family_of(name: str) -> Family:
    """The metric a series belongs to. Raises KeyError."""
    base = re.sub("_(bucket|count|sum)$", "", name)
    family = families().get(base) or families()[name]
    assert (family.kind == "histogram") is (base != name), f"{name}: of a histogram, _bucket, _count or _sum"
    return family


def _tokens(expression: str) -> list[Token]:
    found, at, depth = [], 0, 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        assert match, f"not understood from {at} on: {expression}"
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        depth += {"(": 1, ")": -1}.get(match[kind], 0)
        assert depth >= 0, expression
        at = match.end()
    assert depth == 0, expression
    return found


def _uses(told: list[Token]) -> Iterator[Use]:
    around = [""]  # what each open bracket belongs to
    for index, (kind, text) in enumerate(told):
        before = told[index - 1] if index else _NOTHING
        after, second = (*told[index + 1 :], _NOTHING, _NOTHING)[:2]
        if text == "(":
            around.append(_owner(told, index) if before[1] == ")" else before[1])
        elif text == ")":
            around.pop()
        elif kind == "name" and around[-1] != "by" and text != "by":
            if text in FUNCTIONS:
                assert after[1] == "(" or (text in AGGREGATIONS and after[1] == "by"), f"{text} of nothing"
                continue
            selector = after[1] if after[0] == "selector" else "{}"
            ranged = "range" in (after[0], second[0] if after[0] == "selector" else "")
            yield Use(family_of(text), _labels(selector), ranged, around[-1])


def _owner(told: list[Token], index: int) -> str:
    """Of the bracket after ``sum by (…)``."""
    return next((text for kind, text in reversed(told[:index]) if text in AGGREGATIONS), "")


def _labels(selector: str) -> frozenset[str]:
    inside = selector[1:-1]
    assert not _MATCHER.sub("", inside).strip(), f"no selector: {selector}"
    return frozenset(_MATCHER.findall(inside))


def _kept(told: list[Token]) -> set[str]:
    """The labels that aggregations keep."""
    kept: set[str] = set()
    for index, token in enumerate(told):
        if token == ("name", "by"):
            end = told.index(("mark", ")"), index)
            kept |= {text for kind, text in told[index + 1 : end] if kind == "name"}
    return kept
