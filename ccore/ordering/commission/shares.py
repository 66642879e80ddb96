"""How an amount is divided among those who sold together, so that the parts sum to it to the fen."""

from collections.abc import Sequence


def divided(fen: int, shares: Sequence[int]) -> list[int]:
    """The parts of ``fen`` (of either sign) by ``shares`` (any positive unit), in their order, by largest remainder.

    Each part is its exact share rounded down (towards zero); what is left goes fen by fen to the largest remainders,
    of equal ones to the earlier. Raises ValueError if there is no share, or one is not positive.
    """
    if not shares or min(shares) <= 0:
        raise ValueError("there have to be shares, all of them positive")
    whole, amount = sum(shares), abs(fen)
    parts = [amount * share // whole for share in shares]
    first = sorted(range(len(shares)), key=lambda index: (-(amount * shares[index] % whole), index))
    for index in first[: amount - sum(parts)]:
        parts[index] += 1
    return parts if fen >= 0 else [-part for part in parts]
