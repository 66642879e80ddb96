"""A file of contacts: what whoever sends it wants done with it, and what there is to say of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ccore.tables import Closed, ValueName

Column = Annotated[str, Field(min_length=1, max_length=200)]
MOST_FIELDS = 50
MOST_OTHERS = 9  # numbers of a person beside the first
MOST_CELL = 1000  # characters of a cell: what an agent sees of it

Encoding = Literal["utf-8", "utf-16", "gb18030", "big5", "latin-1"]


class Columns(Closed):
    """Which column is what, by its heading; in a file without one by its letter, ``A`` the first.

    What is not named is looked for: headings such as ``phone`` or ``手机号``. ``fields`` are for the script and the
    agent's screen, by the names they have there; not named: every other column whose heading can be such a name.
    """

    number: Column | None = None
    name: Column | None = None
    priority: Column | None = Field(default=None, description="0 to 9, 9 first")
    not_before: Column | None = Field(default=None, description="a date or time, the site's")
    agent: Column | None = Field(default=None, description="who alone calls this contact")
    others: Annotated[tuple[Column, ...], Field(max_length=MOST_OTHERS)] | None = Field(
        default=None, description="further numbers of the same person, in the order in which they are called"
    )
    fields: Annotated[dict[ValueName, Column], Field(max_length=MOST_FIELDS)] | None = None


class Wanted(Closed):
    """What is done with a file. A number that stands in it twice is taken once, where it stands first.

    ``in_list``, of a number that is in the list already: it is left as it is, its name, fields, priority, agent and
    not-before are made those of the file (whether it was called already stays as it is), or the row counts as bad.
    ``in_others``, of one that is in another list: taken, taken and reported, or left out.
    """

    columns: Columns = Columns()
    heading: bool = Field(default=True, description="whether the first row is one")
    encoding: Literal["auto"] | Encoding = "auto"
    separator: Literal["auto", ",", ";", "\t", "|"] = "auto"
    sheet: Annotated[str, Field(max_length=31, description="of a workbook; none: the first")] = ""
    abroad: bool = Field(default=False, description="whether numbers of other countries are taken")
    priority: Annotated[int, Field(ge=0, le=9, description="of rows that say nothing of it")] = 0
    in_list: Literal["skip", "update", "refuse"] = "skip"
    in_others: Literal["keep", "report", "skip"] = "keep"
    whole: bool = Field(default=False, description="one bad row, and nothing is taken")
    dry_run: bool = Field(default=False, description="look and report, take nothing")


class What(StrEnum):
    """What there is to say of a row, in a word of the database and the API."""

    NO_NUMBER = "no-number"
    NOT_A_NUMBER = "not-a-number"
    ROUNDED = "rounded"
    ABROAD = "abroad"
    NOT_A_SUBSCRIBER = "not-a-subscriber"
    INTERNAL = "internal"
    BAD_PRIORITY = "bad-priority"
    BAD_TIME = "bad-time"
    BAD_AGENT = "bad-agent"
    TOO_LONG = "too-long"
    NO_TEXT = "no-text"
    MORE_CELLS = "more-cells"
    REFUSED = "refused"
    TWICE = "twice"
    THERE = "there"
    REMOVED = "removed"
    ELSEWHERE = "elsewhere"
    ALSO_ELSEWHERE = "also-elsewhere"
    UPDATED = "updated"
    BARRED = "barred"
    OTHER_LEFT_OUT = "other-left-out"


# What keeps a row out of the list: because it is wrong, or because it is there already.
BAD = frozenset(
    {What.NO_NUMBER, What.NOT_A_NUMBER, What.ROUNDED, What.ABROAD, What.NOT_A_SUBSCRIBER, What.INTERNAL}
    | {What.BAD_PRIORITY, What.BAD_TIME, What.BAD_AGENT, What.TOO_LONG, What.NO_TEXT, What.MORE_CELLS, What.REFUSED}
)
DUPLICATE = frozenset({What.TWICE, What.THERE, What.REMOVED, What.ELSEWHERE})

# What it is, and what to do about it: English, Chinese.
SAID: Mapping[str, tuple[str, str, str, str]] = {
    What.NO_NUMBER: (
        "there is no number in this row", "write it, or remove the row",
        "这一行没有号码", "补上号码，或删除这一行",
    ),
    What.NOT_A_NUMBER: (
        "no line can have this number", "mend it: a digit may be missing; numbers of other countries begin with +",
        "这不是有效的电话号码", "请更正：可能缺位或多位；外国号码以 + 开头",
    ),
    What.ROUNDED: (
        "the spreadsheet has rounded the number, and its last digits are lost",
        "format the column as text and enter the numbers again",
        "电子表格把号码变成了科学计数，末几位已丢失", "把该列设为文本格式，重新填入号码",
    ),
    What.ABROAD: (
        "a number of another country", "remove it, or upload with numbers of other countries allowed",
        "外国号码", "删除，或上传时选择允许外国号码",
    ),
    What.NOT_A_SUBSCRIBER: (
        "a service's number, nobody's telephone", "remove it", "服务号码，不是用户的电话", "删除",
    ),
    What.INTERNAL: (
        "an extension of this site", "remove it, or write it with its area code",
        "本单位的内部分机", "删除，或补上区号",
    ),
    What.BAD_PRIORITY: (
        "the priority is no whole number from 0 to 9", "mend it, or leave the cell empty",
        "优先级不是 0 到 9 的整数", "请更正，或留空",
    ),
    What.BAD_TIME: (
        "no date or time, such as 2026-11-22 or 2026-11-22 09:30", "mend it, or leave the cell empty",
        "不是日期或时间，正确写法如 2026-11-22 或 2026-11-22 09:30", "请更正，或留空",
    ),
    What.BAD_AGENT: (
        "no agent's number", "write the number the agent signs in with, or leave the cell empty",
        "不是座席工号", "填写座席签入用的工号，或留空",
    ),
    What.TOO_LONG: (
        f"a cell has more than {MOST_CELL} characters", "shorten it, or leave the column out",
        f"单元格超过 {MOST_CELL} 个字符", "缩短，或不导入这一列",
    ),
    What.NO_TEXT: (
        "characters that are no text, such as NUL", "remove them; has the file been saved as text?",
        "含有不可用的字符（如 NUL）", "删除这些字符；请检查文件是否按文本保存",
    ),
    What.MORE_CELLS: (
        "more cells than the heading has", "put texts with a comma into quotation marks",
        "单元格比表头多", "含分隔符的文字请加引号",
    ),
    What.REFUSED: (
        "the number is in this list already, which counts as bad by what you asked for",
        "remove the row, or have such rows left out or taken over",
        "号码已在本名单中，按所选方式视为错误", "删除这一行，或选择跳过或更新",
    ),
    What.TWICE: (
        "the number stands in the file before: that row counts", "nothing, or remove this row",
        "号码在文件前面已出现，以前面一行为准", "无需处理，或删除这一行",
    ),
    What.THERE: (
        "the number is in this list already, and was left as it is", "nothing, or have such rows taken over",
        "号码已在本名单中，保持原样", "无需处理，或选择更新",
    ),
    What.REMOVED: (
        "the number was removed from this list, and stays so", "open the contact again if it is to be called",
        "号码已从本名单移除，保持移除", "如需拨打，请重新打开该联系人",
    ),
    What.ELSEWHERE: (
        "the number is in another list, and was left out", "nothing, or have such numbers taken",
        "号码已在其他名单中，未导入", "无需处理，或选择保留",
    ),
    What.ALSO_ELSEWHERE: (
        "the number is in another list as well", "nothing: limits on attempts hold for all lists together",
        "号码也在其他名单中", "无需处理：拨打次数限制对所有名单合并计算",
    ),
    What.UPDATED: (
        "the contact was in this list, and has what this row says now", "nothing", "已按此行更新", "无需处理",
    ),
    What.BARRED: (
        "the number is not to be called: it is in the list and nobody will call it",
        "nothing; see `ccore donotcall` for the reason",
        "免打扰号码：在名单中，但不会被拨打", "无需处理；原因见免打扰名单",
    ),
    What.OTHER_LEFT_OUT: (
        "one of the further numbers of this person cannot be called, and was left out",
        "mend it, and upload the row again",
        "该联系人的一个备用号码无法拨打，未导入", "更正后重新导入这一行",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be called: ``row`` as a spreadsheet counts.

    ``others``: further numbers of the same person, in order. ``said``: what there is to say of it all the same.
    """

    row: int
    number: str
    zone: str
    region: str
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    not_before: datetime | None = None
    agent: str | None = None
    others: tuple[str, ...] = ()
    said: tuple["Said", ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say of a row; ``col`` is the heading of the column, ``shown`` what stands there."""

    row: int
    what: What
    col: str = ""
    shown: str = ""
    number: str | None = None
