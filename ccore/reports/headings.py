"""What the columns, states and channels of sales are called in files for people, whose money is in yuan."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

Language = Literal["zh", "en"]

HEADINGS: Mapping[str, tuple[str, str]] = {
    "product": ("产品", "Product"),
    "department": ("部门", "Department"),
    "team": ("团队", "Team"),
    "person": ("员工", "Person"),
    "claim": ("认领号码", "Claim"),
    "channel": ("渠道", "Channel"),
    "state": ("状态", "State"),
    "day": ("日期", "Day"),
    "week": ("周（周一）", "Week of"),
    "month": ("月份", "Month"),
    "orders": ("下单数", "Placed"),
    "live": ("有效订单", "Live"),
    "active": ("已开通", "Active"),
    "sales_fen": ("销售额（元）", "Sales (yuan)"),
    "commission_fen": ("酬金（元）", "Commission (yuan)"),
    "order": ("订单号", "Order"),
    "placed": ("下单时间", "Placed at"),
    "product name": ("产品名称", "Product name"),
    "subscriber": ("客户号码", "Subscriber"),
    "employee": ("工号", "Employee"),
    "price fen": ("价格（元）", "Price (yuan)"),
    "commission fen": ("酬金（元）", "Commission (yuan)"),
}
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "state": {
        "received": ("已受理", "Received"),
        "pending_confirm": ("待客户确认", "Customer to confirm"),
        "confirmed": ("已确认", "Confirmed"),
        "activating": ("开通中", "Activating"),
        "active": ("已开通", "Active"),
        "rejected": ("已拒绝", "Rejected"),
        "expired": ("超时未确认", "Not confirmed in time"),
        "cancelled": ("已取消", "Cancelled"),
    },
    "channel": {
        "call": ("电话", "Call"),
        "sms": ("短信", "Text message"),
        "web": ("员工代客下单", "Entered by who sells"),
        "agent": ("坐席代客下单", "Entered by an agent"),
        "spool": ("电话（离线补录）", "Call, taken in later"),
    },
}


def headings(columns: Sequence[str], language: Language) -> list[str]:
    """Each column as people call it."""
    return [_word(HEADINGS, column, language) for column in columns]


def cells(columns: Sequence[str], row: Sequence[object], language: Language) -> list[object]:
    """A row under these columns, for people."""
    return [_cell(column, cell, language) for column, cell in zip(columns, row, strict=True)]


def _cell(column: str, cell: object, language: Language) -> object:
    if isinstance(cell, int) and column.endswith("fen"):
        return Decimal(cell).scaleb(-2)
    return _word(WORDS[column], str(cell), language) if column in WORDS else cell


def _word(words: Mapping[str, tuple[str, str]], name: str, language: Language) -> str:
    return words[name][language == "en"] if name in words else name
