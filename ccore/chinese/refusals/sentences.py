"""The API's refusals in the language of whoever reads them, by how they are said in English: pure.

As in ``ccore.chinese.faults``, translations go by the sentence: a test looks at every sentence that a request can be
refused with, and says which has none here.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import takewhile

from ccore.chinese import faults
from ccore.chinese.form import FORM
from ccore.chinese.refusals.bodies import FIELDS
from ccore.chinese.refusals.centre import CENTRE
from ccore.chinese.refusals.everywhere import EVERYWHERE
from ccore.chinese.refusals.files import FILES
from ccore.chinese.refusals.people import PEOPLE
from ccore.chinese.refusals.selling import SELLING

SENTENCES: Mapping[str, str] = {**EVERYWHERE, **PEOPLE, **CENTRE, **SELLING, **FILES}
# What stands in sentences in the place of a value, where it is a word of ccore's.
WORDS: Mapping[str, str] = {
    "agent": "坐席", "supervisor": "班长", "quality": "质检", "operator": "业务配置", "employee": "营销员工",
    "manager": "营销经理", "designer": "产品设计", "fraud": "风控", "admin": "管理员",
    "call": "通话", "contact": "客户", "order": "订单",
    "request": "请求", "announcement": "公告", "upload": "导入",
    "expected": "尚未开始", "recording": "正在录音", "finished": "尚未存入", "stored": "已存入", "failed": "失败",
    "discarded": "已丢弃", "erased": "已删除",
    "waiting": "在等待生成", "making": "正在生成", "ready": "已就绪", "gone": "已过期删除",
    "text": "文字", "number": "数字", "choice": "选项之一", "date": "日期", "phone": "电话号码", "none": "无",
}  # fmt: skip
_WORDED = frozenset({"what", "roles", "state", "kind", "known"})
_NESTED = frozenset({"why", "said", "detail", "error", "fault"})
MOST_AT_ONCE = 50  # sentences in one line
LONGEST = 500  # characters of one that is looked for: what has more was not written by ccore
_VALUE = re.compile(r"\{\w+\??\}")
_KEYED = re.compile(r"([\w.\-]+): (.+)", re.DOTALL)
_FAULT = re.compile(r"(?P<where>\S+:[0-9]+ )?(?P<code>[A-Z]+[0-9]*) (?P<message>.+)", re.DOTALL)
# Some parts of ccore say both at once, for people at a terminal: English / 中文, and what is the same in both.
_HAN = "\u4e00-\u9fff"
_BOTH = re.compile(
    rf"(?P<english>.+?) / (?P<chinese>[^.;:({_HAN}]{{0,30}}[{_HAN}][^.;:(]*?)(?P<rest> ?[.;:(].*|)", re.DOTALL
)


def in_chinese(sentence: str) -> str | None:
    """The ``sentence`` with its values; None: nobody has said it in Chinese."""
    if both := _BOTH.fullmatch(sentence):
        return in_chinese(both["english"] + both["rest"]) or both["chinese"] + both["rest"]
    if 1 < len(several := sentence.split("; ")) <= MOST_AT_ONCE:
        said = list(takewhile(bool, map(_one, several)))
        if len(said) == len(several):
            return "；".join(filter(None, said))
    return _one(sentence)


def in_english(sentence: str) -> str:
    """The ``sentence`` without what it says in Chinese as well."""
    both = _BOTH.fullmatch(sentence)
    return both["english"] + both["rest"] if both else sentence


def _one(sentence: str) -> str | None:
    if len(sentence) > LONGEST:
        return None
    return _filled(_ordered("sentences"), sentence) or _of_field(sentence) or _of_file(sentence)


def _of_field(sentence: str) -> str | None:
    if (keyed := _KEYED.fullmatch(sentence)) is None:
        return None
    said = _filled(_ordered("fields"), keyed[2]) or _filled(_ordered("sentences"), keyed[2])
    return said and f"{keyed[1]}：{said}"


def _of_file(sentence: str) -> str | None:
    """A fault of an operator's file, as ``file:line CODE what it is`` or without its place."""
    fault = _FAULT.fullmatch(sentence)
    if fault is None or not (fault["code"] in faults.SENTENCES or fault["code"] in FORM):
        return None
    return f"{fault['where'] or ''}{fault['code']} {faults.in_chinese(fault['code'], fault['message'])}"


def _filled(patterns: Iterable[tuple[re.Pattern[str], str]], sentence: str) -> str | None:
    for pattern, chinese in patterns:
        if found := pattern.fullmatch(sentence):
            return chinese.format_map({name: _value(name, value or "") for name, value in found.groupdict().items()})
    return None


def _value(name: str, value: str) -> str:
    """As it is, but for words and sentences of ccore's own: what people have called something is said as they do."""
    if name in _WORDED:
        return "、".join(WORDS.get(each, each) for each in value.split(", "))
    return in_chinese(value) or value if name in _NESTED else value


@cache
def _ordered(which: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What has fewest values in it stands first: a sentence is taken for the one that says most of it."""
    table = SENTENCES if which == "sentences" else FIELDS
    most_said = sorted(table, key=lambda english: -len(_VALUE.sub("", english)))
    return tuple((faults.pattern(english), table[english]) for english in most_said)
