"""A list of those who sell: what a row says of one of them, and what there is to say of a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_CELL = 500  # characters
DEEPEST = 8  # departments within each other


class What(StrEnum):
    """What there is to say of a row, in a word of the API."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    NO_TEXT = "no-text"
    BAD_NUMBER = "bad-number"
    BAD_PHONE = "bad-phone"
    ROUNDED = "rounded"
    BAD_DEPARTMENT = "bad-department"
    BAD_KIND = "bad-kind"
    BAD_LANGUAGE = "bad-language"
    BAD_DATE = "bad-date"
    BAD_CODES = "bad-codes"
    MORE_CELLS = "more-cells"
    TWO_OWNERS = "two-owners"
    PHONE_TWICE = "phone-twice"
    PHONE_TAKEN = "phone-taken"
    CODE_TWICE = "code-twice"
    CODE_TAKEN = "code-taken"
    NO_PRODUCT = "no-product"
    LEFT_EARLIER = "left-earlier"
    REPEATED = "repeated"


# What it is and what to do, in English and Chinese. All but a row that is repeated keeps the row out.
SAID: Mapping[What, tuple[str, str]] = {
    What.MISSING: ("nothing stands in a cell that has to be filled in", "必填项为空"),
    What.TOO_LONG: (f"a cell has more than {MOST_CELL} characters", f"单元格超过 {MOST_CELL} 个字符"),
    What.NO_TEXT: ("characters that are no text, such as NUL", "含有不可用的字符"),
    What.BAD_NUMBER: (
        "no employee number: letters, digits, . _ -, 40 at most",
        "工号只能是字母、数字和 . _ -，不超过 40 位",
    ),
    What.BAD_PHONE: ("no line can have this number", "不是有效的电话号码"),
    What.ROUNDED: (
        "the spreadsheet has rounded the number: format the column as text and enter it again",
        "电子表格把号码变成了科学计数，请设为文本格式后重新填入",
    ),
    What.BAD_DEPARTMENT: (
        f"a department is written from the top, as Sales/East/Shop 3, {DEEPEST} deep at most",
        f"部门从上级写起，如 市场部/东区/三店，最多 {DEEPEST} 级",
    ),
    What.BAD_KIND: ("staff, contracted or friend", "类型应为 员工、外包 或 亲友"),
    What.BAD_LANGUAGE: ("zh or en", "语言应为 中文 或 英文"),
    What.BAD_DATE: ("no date, such as 2026-11-22", "不是日期，正确写法如 2026-11-22"),
    What.BAD_CODES: ("codes are product and claim together, as 10001;11005", "编码为产品加认领号，如 10001;11005"),
    What.MORE_CELLS: ("more cells than the heading has: put texts with a comma into quotation marks", "单元格比表头多"),
    What.TWO_OWNERS: (
        "this employee number stands in another row for somebody else: neither is taken",
        "同一工号有两个人，均未导入",
    ),
    What.PHONE_TWICE: (
        "somebody else in this file has this telephone: neither is taken",
        "文件中另有人使用同一手机号，均未导入",
    ),
    What.PHONE_TAKEN: ("somebody else has this telephone already", "该手机号已属于其他员工"),
    What.CODE_TWICE: (
        "another row has this code: one code, one owner; neither is taken",
        "同一编码有两个持有人，均未导入",
    ),
    What.CODE_TAKEN: (
        "somebody else holds this code, or has until a short while ago",
        "该编码已被他人持有或仍在冷冻期",
    ),
    What.NO_PRODUCT: (
        "no product on sale has this code, or its holder has the product already",
        "没有对应的在售产品，或已认领该产品",
    ),
    What.LEFT_EARLIER: ("they left before they joined", "离职日期早于入职日期"),
    What.REPEATED: ("the same row stands in the file before: that one counts", "与前面的行重复，以前面一行为准"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say of a row, as a spreadsheet counts: ``column`` is the heading, ``shown`` what stands there."""

    row: int
    what: What
    column: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One who sells, as a row has it. What the file has no column of is None: it stays as it is, or its default."""

    row: int
    number: str
    name: str
    phone: str
    department: tuple[str, ...]
    kind: str | None = None
    joined: datetime | None = None
    left: datetime | None = None
    says_left: bool = False  # the file has such a column: who has nothing there has not left
    language: str | None = None
    others: tuple[str, ...] | None = None
    family: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """All rows of a file: those that can be taken, and what there is to say."""

    rows: int
    listed: tuple[Listed, ...]
    said: tuple[Said, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Whose numbers and times are meant."""

    region: str
    zone: ZoneInfo
