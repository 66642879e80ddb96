"""What is wrong in operators' files, in Chinese, by the code and by how it is said in English: pure.

As translations go by the sentence everywhere, a sentence changed in English is changed here as well: a test looks at
every sentence in the code that finds faults, and says which has none in Chinese.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from ccore.chinese import dialplan, menus
from ccore.chinese.centre import CENTRE
from ccore.chinese.dialplan import DIALPLAN
from ccore.chinese.form import EXPECTED, FORM, WHOLE
from ccore.chinese.menus import MENUS

SENTENCES: Mapping[str, Mapping[str, str]] = {**DIALPLAN, **MENUS, **CENTRE}
_PIECES: Mapping[str, str] = {**dialplan.PIECES, **menus.PIECES}
_KEY = re.compile(r"([\w.\-\"*+/]+): (.+)", re.DOTALL)  # how a fault of form begins: the key it is about
_NEAR = re.compile(r" \(did you mean (.+?)\?\)")
# In a sentence as it is written here: {value}, {value?} which may be nothing, and doubled braces for braces.
_MARK = re.compile(r"\\\{\\\{|\\\}\\\}|\\\{(\w+)(\\\?)?\\\}")


def in_chinese(code: str, message: str) -> str:
    """The ``message`` of a fault; what nobody has said in Chinese yet stands behind what the code means."""
    return said(SENTENCES.get(code, {}), message) or _of_form(code, message)


def said(sentences: Mapping[str, str], message: str) -> str | None:
    """The ``message`` by the first of the ``sentences`` it is one of, with its values; None if it is none."""
    for english, chinese in sentences.items():
        if found := pattern(english).fullmatch(message):
            values = {name: _value(value or "") for name, value in found.groupdict().items()}
            return chinese.format_map(values)
    return None


def _of_form(code: str, message: str) -> str:
    """A fault of the file's form: which key, and what is expected there."""
    if whole := said(WHOLE, message):
        return whole
    if (keyed := _KEY.fullmatch(message)) and (expected := said(EXPECTED, keyed[2])):
        return f"{keyed[1]}：{expected}"
    return f"{FORM[code]}：{message}" if code in FORM else message


def _value(value: str) -> str:
    return _NEAR.sub(r"（您是否指 \1？）", _PIECES.get(value, value))


@cache
def pattern(english: str) -> re.Pattern[str]:
    """What a sentence as it is written in the tables matches, with its values by name."""
    return re.compile("".join(_pieces(english)), re.DOTALL)


def _pieces(english: str) -> Iterable[str]:
    escaped = re.escape(english)
    at = 0
    for mark in _MARK.finditer(escaped):
        yield escaped[at : mark.start()]
        yield f"(?P<{mark[1]}>.{'*' if mark[2] else '+'}?)" if mark[1] else mark[0][:2]
        at = mark.end()
    yield escaped[at:]
