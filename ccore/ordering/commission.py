"""What an employee earns for a sale, to the fen."""

from ccore.ordering.model import FlatCommission, PercentCommission

_BASIS_POINTS = 10_000  # of the whole


def commission_fen(rule: FlatCommission | PercentCommission, price_fen: int) -> int:
    """The commission on a sale at ``price_fen``; a share of the price is rounded half up to the whole fen."""
    if isinstance(rule, FlatCommission):
        return rule.fen
    return (price_fen * rule.basis_points + _BASIS_POINTS // 2) // _BASIS_POINTS
