"""What is booked, as values: every posting is a list of entries that sum to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ccore.ordering.commission.rules import Rule, commission_fen, tier_fen
from ccore.ordering.commission.shares import divided
from ccore.ordering.model import Seller

Account = Literal["expense", "held", "payable", "paid"]


class Holder(NamedTuple):
    """Whose account it is: an employee's, or that of the department that holds a claim."""

    employee_id: int | None
    department_id: int | None


class Entry(NamedTuple):
    """So much onto an account: what people are owed is positive. ``holder`` is None on the firm's side, ``expense``."""

    account: Account
    holder: Holder | None
    fen: int


Entries = tuple[Entry, ...]


def holders(sellers: Sequence[Seller], department_id: int | None) -> list[Holder]:
    """Those who earn, in their order; a seller without a number is the department."""
    return [
        Holder(None, department_id) if seller.employee_id is None else Holder(seller.employee_id, None)
        for seller in sellers
    ]


def sale(rule: Rule, price_fen: int, sellers: Sequence[Seller], department_id: int | None = None) -> Entries:
    """Of an order, when it is placed: the base commission, divided among its sellers and held."""
    return _earned("held", commission_fen(rule.rate, price_fen), sellers, department_id)


def tier(
    rule: Rule, price_fen: int, ordinal: int, sellers: Sequence[Seller], department_id: int | None, *, released: bool
) -> Entries:
    """Of an order, when its period is closed: what volume adds. Nothing, if it adds nothing.

    The parts of both together are those of the whole amount, so that no rounding is done twice.
    """
    shares = [seller.basis_points for seller in sellers]
    base = commission_fen(rule.rate, price_fen)
    added = tier_fen(rule, price_fen, ordinal)
    parts = zip(divided(base + added, shares), divided(base, shares), strict=True)
    more = [whole - booked for whole, booked in parts]
    if not any(more):
        return ()
    account: Account = "payable" if released else "held"
    owed = zip(holders(sellers, department_id), more, strict=True)
    return (*(Entry(account, holder, fen) for holder, fen in owed if fen), Entry("expense", None, -added))


def release(booked: Iterable[Entry]) -> Entries:
    """Of an order whose hold is over: all that is held of it becomes payable."""
    held = [entry for entry in totals(booked) if entry.account == "held" and entry.fen]
    taken = [entry._replace(fen=-entry.fen) for entry in held]
    return (*taken, *(entry._replace(account="payable") for entry in held))


def clawback(booked: Iterable[Entry]) -> Entries:
    """Of an order that has ended early: the contrary of all that was booked for it, so that nothing of it is left."""
    return tuple(entry._replace(fen=-entry.fen) for entry in totals(booked) if entry.fen)


def given_back_until(rule: Rule, placed_at: datetime, active_at: datetime) -> datetime:
    """An order that ends before takes back what it earned; active since ``active_at``: one that never was, always."""
    return max(placed_at + rule.clawback, active_at + rule.hold)


def payout(payable: Mapping[Holder, int], least_fen: int) -> dict[Holder, Entries]:
    """To whom at least so much is owed, all of it is paid. What somebody owes stays, against their next commission."""
    return {
        holder: (Entry("payable", holder, -fen), Entry("paid", holder, fen))
        for holder, fen in payable.items()
        if fen >= max(1, least_fen)
    }


def adjustment(holder: Holder, fen: int) -> Entries:
    """What a manager gives, or, below zero, takes."""
    return Entry("payable", holder, fen), Entry("expense", None, -fen)


def totals(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each account of each holder, with all that is booked there."""
    sums: defaultdict[tuple[Account, Holder | None], int] = defaultdict(int)
    for account, holder, fen in entries:
        sums[account, holder] += fen
    return [Entry(account, holder, fen) for (account, holder), fen in sums.items()]


def balance(entries: Iterable[Entry]) -> int:
    """What the entries sum to: nothing, in every posting."""
    return sum(entry.fen for entry in entries)


def _earned(account: Account, fen: int, sellers: Sequence[Seller], department_id: int | None) -> Entries:
    parts = divided(fen, [seller.basis_points for seller in sellers])
    owed = zip(holders(sellers, department_id), parts, strict=True)
    return (*(Entry(account, holder, part) for holder, part in owed), Entry("expense", None, -fen))
