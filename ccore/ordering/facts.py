"""The facts of a try to order, as the database has them, put into words that can be judged."""

from datetime import timedelta

from asyncpg import Record

from ccore.ordering.model import (
    Claim,
    Facts,
    FlatCommission,
    PercentCommission,
    Period,
    Product,
    Seller,
    Signs,
)


def facts_of(row: Record) -> Facts:
    """What the row of ``ordering.facts`` says."""
    return Facts(
        product=_product_of(row),
        claim=_claim_of(row),
        barred=row["barred"],
        wrong_codes=row["wrong_codes"],
        orders_ever=row["orders_ever"],
        orders_within_a_day=row["orders_within_a_day"],
        has_live_order=row["has_live_order"],
        waits=row["waits"],
        not_eligible=row["not_eligible"] or "",
        signs=Signs(
            has_had=row["has_had"],
            recent=row["recent"],
            given_up=row["given_up"],
            newest_seller=row["newest_seller"],
            claim_hour=row["claim_hour"],
            trunk_hour=row["trunk_hour"],
            department=row["department"] or "",
        ),
    )


def _product_of(row: Record) -> Product | None:
    if row["kind"] is None:  # no such product, or no rule of what it earns: nobody can sell it
        return None
    return Product(
        price_fen=row["price_fen"],
        mobile_only=row["lines"] == "mobile",
        sale=Period(row["sale_from"], row["sale_until"]),
        commission=FlatCommission(row["fen"]) if row["kind"] == "flat" else PercentCommission(row["basis_points"]),
        on_sale=row["product_state"] == "on-sale",
        ways=frozenset(row["ways"]),
        confirm=row["confirm"],
        confirm_within=timedelta(hours=row["confirm_within_h"]),
        provided=row["provided"],
    )


def _claim_of(row: Record) -> Claim | None:
    if row["claim_id"] is None:
        return None
    return Claim(
        claim_id=row["claim_id"],
        period=Period(row["valid_from"], row["valid_until"]),
        own_number=row["own_number"],
        left_at=row["left_at"],
        sellers=tuple(map(Seller, row["sellers"] or (), row["shares"] or ())),
    )
