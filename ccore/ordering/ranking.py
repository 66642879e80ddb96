"""Who sold how much in a period, against others of their group: the best has rank 1, equal ones the same."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Measure = Literal["sales", "orders", "commission"]
Grouping = Literal["all", "department", "kind", "department-and-kind"]

ORDER_BP = 10_000  # one whole order; of a team's order each member has their share


@dataclass(frozen=True, slots=True)
class Figures:
    """What one sold in a period, net of what was cancelled: orders in basis points of one, sales, and commission."""

    orders_bp: int = 0
    sales_fen: int = 0
    commission_fen: int = 0

    def plus(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(
            self.orders_bp + other.orders_bp,
            self.sales_fen + other.sales_fen,
            self.commission_fen + other.commission_fen,
        )


@dataclass(frozen=True, slots=True)
class Contender:
    """One who sells, or could have: where they belong, since when, and what they sold."""

    employee_id: int
    department: str
    kind: str
    joined_at: datetime
    figures: Figures = Figures()


@dataclass(frozen=True, slots=True)
class Ranked:
    """Somebody's place: rank 1 is the best ``of`` so many in the group."""

    contender: Contender
    group: str
    rank: int
    of: int


_MEASURES: Mapping[Measure, Callable[[Figures], int]] = {
    "sales": lambda figures: figures.sales_fen,
    "orders": lambda figures: figures.orders_bp,
    "commission": lambda figures: figures.commission_fen,
}
_GROUPS: Mapping[Grouping, Callable[[Contender], str]] = {
    "all": lambda _: "",
    "department": lambda one: one.department,
    "kind": lambda one: one.kind,
    "department-and-kind": lambda one: f"{one.department}, {one.kind}",
}


def measured(figures: Figures, measure: Measure) -> int:
    """What counts."""
    return _MEASURES[measure](figures)


def fully_measured(figures: Figures, measure: Measure) -> tuple[int, ...]:
    """What counts, and then what decides between equals: the other measures."""
    others = (other for name, other in _MEASURES.items() if name != measure)
    return (measured(figures, measure), *(other(figures) for other in others))


def grouped(contenders: Iterable[Contender], by: Grouping) -> dict[str, list[Contender]]:
    """The contenders of each group, in their order."""
    groups: defaultdict[str, list[Contender]] = defaultdict(list)
    for contender in contenders:
        groups[_GROUPS[by](contender)].append(contender)
    return dict(groups)


def ranked(group: str, contenders: Sequence[Contender], measure: Measure) -> list[Ranked]:
    """All of one group, the best first."""
    best_first = sorted(contenders, key=lambda one: (-measured(one.figures, measure), one.employee_id))
    places: list[Ranked] = []
    for index, contender in enumerate(best_first):
        equal = places and measured(places[-1].contender.figures, measure) == measured(contender.figures, measure)
        rank = places[-1].rank if equal else index + 1
        places.append(Ranked(contender, group, rank, len(best_first)))
    return places
