"""How long to wait before what failed is tried again."""


def doubled_s(tries: int, first_s: float, longest_s: float) -> float:
    """After so many ``tries`` that failed, from 1: ``first_s``, twice that, four times …, at most ``longest_s``."""
    return min(first_s * 2.0 ** min(max(tries - 1, 0), 30), longest_s)
