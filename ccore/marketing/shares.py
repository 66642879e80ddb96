"""Shares of a team: of whom, how much, and that they make a whole."""

from collections.abc import Sequence

WHOLE = 10_000  # basis points
MOST_MEMBERS = 100


def complaint(shares: Sequence[tuple[str, int]]) -> str:
    """Why these shares (employee number, basis points) are none; "" if they are."""
    numbers = [number for number, _ in shares]
    if not 1 <= len(shares) <= MOST_MEMBERS:
        return f"a team has 1 to {MOST_MEMBERS} members"
    if len(set(numbers)) < len(numbers):
        return "somebody has two shares: add them up"
    if any(not 1 <= points <= WHOLE for _, points in shares):
        return "every share is more than nothing"
    if (whole := sum(points for _, points in shares)) != WHOLE:
        return f"the shares sum to {percent(whole)}, not to 100 %"
    return ""


def basis_points(text: str) -> int | None:
    """A share as people write it, with two decimals at most: 33.34 is 3334; None: it is none."""
    whole, _, decimals = text.strip().removesuffix("%").strip().partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 3 and len(decimals) <= 2):
        return None
    if decimals and not (decimals.isascii() and decimals.isdecimal()):
        return None
    return int(whole) * 100 + int(decimals.ljust(2, "0") or "0")


def percent(points: int) -> str:
    """Basis points for people: 3334 is 33.34 %."""
    return f"{points / 100:.2f}".rstrip("0").rstrip(".") + " %"
