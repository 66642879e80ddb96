"""Whatever is found wrong in operators' files is said in Chinese too, with the values of the English sentence."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest

import ccore
from ccore.chinese.faults import SENTENCES, in_chinese, said
from ccore.chinese.form import EXPECTED, FORM, WHOLE
from ccore.shipped import shipped
from tests.support.sentences import Function, assigned, texts

CODE = re.compile(r"(?:DP|IV|QU|CA|MS|NP|RE|AL)[0-9]{3}")
HAN = re.compile("[\u4e00-\u9fff]")


def documented() -> set[str]:
    guide = (shipped("dialplan") / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z]+[0-9]*)` \|", guide.partition("## Fault codes")[2], re.MULTILINE))


def sentences() -> Iterator[tuple[str, int, str, str]]:
    """Every sentence in the code that finds faults: file, line, code, the sentence with VALUE for each value."""
    for path in Path(ccore.__file__).parent.rglob("*.py"):
        if "node_modules" not in path.parts and CODE.search(text := path.read_text(encoding="utf-8")):
            tree = ast.parse(text)
            constants = dict(assigned(tree.body))
            for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
                for code, message in told(function):
                    for sentence in texts(message, message.lineno, function, constants):
                        yield path.name, message.lineno, code, sentence


def told(function: Function) -> Iterator[tuple[str, ast.expr]]:
    """Codes in it, each with the expression that follows: the message."""
    for node in ast.walk(function):
        inside = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
        for code, message in pairwise(inside):
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and CODE.fullmatch(code.value):
                yield code.value, message


def test_every_sentence_in_the_code_has_its_chinese() -> None:
    found = list(sentences())
    assert len(found) > 180
    assert [each for each in found if said(SENTENCES.get(each[2], {}), each[3]) is None] == []


def test_every_code_is_documented_and_has_its_chinese() -> None:
    assert documented() == {*SENTENCES, *FORM}


def test_chinese_sentences_have_the_values_of_the_english() -> None:
    tables = [*SENTENCES.values(), EXPECTED, WHOLE]
    for english, chinese in (pair for table in tables for pair in table.items()):
        named = {name.removesuffix("?") for _, name, _, _ in Formatter().parse(english) if name}
        assert HAN.search(chinese), english
        assert {name for _, name, _, _ in Formatter().parse(chinese) if name} <= named, english


def test_values_are_filled_in() -> None:
    message = "there is no node acount (did you mean account?): callers sent there come to people instead"
    assert in_chinese("IV101", message) == "没有节点 acount（您是否指 account？）：转到那里的来电者会改为接人工"
    message = (
        "after key 1 another digit is waited for, as some keys here have 2: callers hear nothing for 5 s; give all keys"
    )
    assert "2 位的按键" in in_chinese("IV202", message + " one length, or set timeout_s to 3")
    message = "needs a GotoIf on ${CCORE_RESULT} two lines below: whether ccore answered is known by nothing else"
    assert "${CCORE_RESULT}" in in_chinese("DP605", message)


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("node.main.timeout_s: Input should be less than or equal to 30", "node.main.timeout_s：应不大于 30"),
        ("wants.english: Input should be a valid integer", "wants.english：应为整数"),
        ("text.zh: String should have at least 1 character", "text.zh：至少 1 个字符"),
        ("not TOML: Expected '=' (at line 3, column 5)", "不是有效的 TOML：Expected '=' (at line 3, column 5)"),
        ("hours: Value error, x", "菜单、热线、时段、查询、转接或短信文件的键或值有误：hours: Value error, x"),
    ],
)  # fmt: skip
def test_faults_of_form_are_said_too(message: str, chinese: str) -> None:
    assert in_chinese("MENU", message) == chinese
