"""Whatever the API refuses is said in Chinese too, with the values of the English sentence."""

import ast
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from pydantic_core import _pydantic_core

import ccore
from ccore.chinese.faults import pattern
from ccore.chinese.refusals.bodies import FIELDS
from ccore.chinese.refusals.sentences import SENTENCES, in_chinese, in_english
from tests.support.sentences import VALUE, assigned, sentences_in, texts

ROOT = Path(ccore.__file__).parent
HAN = re.compile("[\u4e00-\u9fff]")
# Errors that are answered by what they say, wherever they are raised.
NOT_OURS = {VALUE, f"{VALUE}: {VALUE}", "half a mark"}  # Asterisk's; and what no answer has
ANSWERED = {"Unavailable", "OutcomeUnknown", "ActionRefused"}
# Where a refusal that the API only hands on is said, by the place that hands it on: parts of the source as
# ``path:name``, or the errors of a file as ``path!Error``.
HANDED_ON: Mapping[str, Sequence[str]] = {
    "rates.py text": ("web/rates.py:too_many", "web/v1/sign_in.py:_refuse"),
    "bodies.py str(error)": ("web/bodies.py:_once_each", "web/bodies.py:_no_number", "web/bodies.py:_look"),
    "bodies.py reason": ("web/bodies.py:_once_each", "web/bodies.py:_no_number", "web/bodies.py:_look"),
    "bodies.py one_line(error)": ("marketing/product.py!ValueError",),
    "agents.py text": ("web/v1/agents.py:_REFUSED",),
    "agents.py str(error)": ("queues/staff.py!ValueError", "people/pins.py:weakness"),
    "announcements.py str(error)": (
        "ivr/announcements.py:Announcements.add", "ivr/audio.py!ValueError", "prompts/chain.py:read_wav",
    ),
    "campaigns.py why": ("dialer/explanation/standing.py:cannot_start",),
    "campaigns.py NOTHING_TO_DO[wanted.state]": ("web/v1/campaigns.py:NOTHING_TO_DO",),
    "claims.py str(refused)": ("marketing/model.py:SAID",),
    "commission.py complaint": ("people/pins.py:weakness", "ordering/commission/disputes.py"),
    "commission.py posting": ("ordering/commission/ledger.py:Ledger.adjust",),
    "commission.py number": ("ordering/commission/disputes.py",),
    "contact_callbacks.py '; '.join(wrong)": ("dialer/results.py:Results.wrong", "dialer/results.py:Results._untimely"),
    "drafts.py why": ("versions/kinds.py:refused",),
    "drafts.py str(error)": (
        "versions/drafts.py:ChangedMeanwhile", "versions/drafts.py:TooMany", "versions/publications.py:NotChecked",
    ),
    "employees.py str(error)": (
        "sheets.py!NoSheet", "marketing/staff_sheet.py:read", "marketing/staff_sheet.py:_places",
    ),
    "handling.py '; '.join(wrong)": (
        "desk/model.py:faults", "desk/afterwards.py:Afterwards._wrong", "dialer/results.py:Results.wrong",
    ),
    "handling.py str(result)": ("desk/model.py:Result",),
    "listening.py str(result)": ("supervision/model.py:Result",),
    "people.py str(error)": ("people/service.py!ValueError",),
    "periods.py closed.why": ("ordering/commission/closing.py:_refusal", "ordering/commission/closing.py:Periods"),
    "previews.py str(answer)": ("dialer/preview.py:Answer",),
    "products.py said": ("marketing/products.py", "marketing/pool.py", "marketing/rehearsal.py!Refused"),
    "products.py refused.reason": ("marketing/products.py", "marketing/pool.py", "marketing/rehearsal.py!Refused"),
    "prompts.py str(error)": (
        "versions/building.py:Building", "versions/building.py:NothingToBuild", "versions/building.py:TooManySounds",
    ),
    "quality.py str(error)": ("quality/service.py!ValueError",),
    "quality.py why.value": ("quality/service.py:Refused",),
    "quality.py '; '.join(came[:5])": ("quality/score.py", "quality/service.py:Quality"),
    "recordings_kept.py outcome.value": ("recording/erasing.py:Erased",),
    "reports.py str(error)": ("reports/question.py", "reports/service.py!TooMuch"),
    "sign_in.py str(error)": ("people/passwords.py:weakness", "people/sign_in.py:SignIn.choose_password"),
    "teams.py team.reason": ("marketing/teams.py", "marketing/shares.py:complaint"),
    "teams.py starts.reason": ("marketing/teams.py", "marketing/shares.py:complaint"),
    "teams.py refused.reason": ("marketing/teams.py",),
    "teams.py claims.reason": ("marketing/teams.py",),
    "texts.py '; '.join(wrong)": ("desk/model.py:value_faults",),
    "versions.py str(error)": ("versions/publications.py:Busy",),
    # within a sentence of the API's own
    "barring.py error": (
        "sheets.py!NoSheet", "dialer/lists/sheet_reading.py!NoSheet", "dialer/lists/sheet_columns.py!NoSheet",
        "dialer/lists/barring.py!NoSheet",
    ),
    "walks.py error": ("ivr/rehearsal.py:found",),
}  # fmt: skip


@cache
def module(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def of_web() -> list[str]:
    files = (ROOT / "web").rglob("*.py")
    return [str(path.relative_to(ROOT)) for path in files if "node_modules" not in path.parts]


def refusing() -> Iterator[tuple[str, ast.expr, list[str]]]:
    """What each refusal of the API says: its file, the expression, what it may be."""
    for path in of_web():
        constants = dict(assigned(module(path).body))
        functions = [
            node for node in ast.walk(module(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for function in functions:
            raised = {node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)}
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if call in raised or "web.HTTP" in ast.unparse(call.func):
                    for said in (keyword.value for keyword in call.keywords if keyword.arg == "text"):
                        yield Path(path).name, said, texts(said, call.lineno, function, constants)


def errors(path: str, names: set[str]) -> Iterator[str]:
    """What the errors of these names say that are made there."""
    constants = dict(assigned(module(path).body))
    for call in (node for node in ast.walk(module(path)) if isinstance(node, ast.Call) and node.args):
        if ast.unparse(call.func) in names:
            yield from texts(call.args[0], call.lineno, module(path), constants)


def part(place: str) -> Iterator[str]:
    """What is said in a part of the source; the docstring of an error is what it says."""
    if "!" in place:
        yield from errors(place.partition("!")[0], {place.partition("!")[2]})
        return
    path, _, names = place.partition(":")
    node: ast.AST = module(path)
    for name in filter(None, names.split(".")):
        node = next((each for each in ast.walk(node) if name in named(each)), ast.Pass())
    if isinstance(node, ast.ClassDef) and any("Error" in ast.unparse(base) for base in node.bases):
        yield " ".join((ast.get_docstring(node) or "").split("\n"))
    yield from sentences_in(node, dict(assigned(module(path).body)))


def named(node: ast.AST) -> set[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return {name}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def in_words(said: str) -> bool:
    """Whether there is Chinese for it, or nothing of it is ccore's own."""
    return said in NOT_OURS or in_chinese(said) is not None


def test_every_refusal_of_the_api_has_its_chinese() -> None:
    found = [(file, said) for file, _, every in refusing() for said in every if said]
    assert len(found) > 200
    assert [each for each in found if not in_words(each[1])] == []


def test_what_the_api_hands_on_has_its_chinese() -> None:
    handed_on = {f"{file} {ast.unparse(said)}" for file, said, every in refusing() if VALUE in every}
    assert handed_on - HANDED_ON.keys() == set(), "say in HANDED_ON where these sentences are said"
    places = {place for every in HANDED_ON.values() for place in every} | {"web/answers.py:failed"}
    found = {place: list(part(place)) for place in sorted(places)}
    assert [place for place, said in found.items() if not said] == []
    missing = [(place, said) for place, every in found.items() for said in every if not in_words(said)]
    assert missing == []


def test_errors_that_are_answered_by_what_they_say_have_their_chinese() -> None:
    every = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if "node_modules" not in path.parts]
    found = [said for path in every for said in errors(path, ANSWERED)]
    found += [said for path in of_web() for said in errors(path, {"ValueError"})]
    assert len(found) > 30
    assert [said for said in found if not in_words(said)] == []


# What can only be wrong with values of Python, not of JSON, or is of types that no body has.
NOT_OF_BODIES = re.compile(
    "no_such_attribute|json_|needs_python_object|recursion_|frozen_|get_attribute_error|dataclass_|named_tuple|default_factory"
    "|iter|ordered_dict|counter_|mapping_|deque_|set_item|bytes_|missing_sentinel|ellipsis|is_instance|is_subclass|callable_"
    "|.*argument|url_|uuid_|fraction_|complex_|value_error|assertion_error"
)


def test_what_is_wrong_with_a_field_is_said_in_chinese() -> None:
    said = {each["type"]: str(each["message_template_python"]) for each in _pydantic_core.list_all_errors()}
    filled = [re.sub("[{][^}]*[}]", "7", said[each]) for each in said if not NOT_OF_BODIES.match(each)]
    assert len(filled) > 40
    assert [each for each in filled if in_chinese(f"a.0.b: {each}") is None] == []


def test_chinese_sentences_have_the_values_of_the_english() -> None:
    for english, chinese in (pair for table in (SENTENCES, FIELDS) for pair in table.items()):
        names = {name.removesuffix("?") for _, name, _, _ in Formatter().parse(english) if name}
        assert HAN.search(chinese) or chinese == "{said}", english
        assert {name for _, name, _, _ in Formatter().parse(chinese) if name} <= names, english


def test_no_sentence_is_taken_for_another() -> None:
    for english, chinese in SENTENCES.items():
        said = re.sub(r"\{\w+\??\}", VALUE, english)
        assert in_chinese(said) == re.sub(r"\{\w+\}", VALUE, chinese), english
        assert pattern(english).fullmatch(said)


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("there is a agent already", "登录名 agent 已被使用"),
        ("this is for admin, supervisor", "此功能仅限：管理员、班长"),
        ("what: Field required; count: Input should be greater than 0", "what：必须填写；count：应大于 0"),
        ("body: Value error, send call or subscriber", "body：请写 call 或 subscriber"),
        ("nothing was done: PostgreSQL does not answer", "没有执行：数据库没有应答"),
        ("nothing was done: [Errno 5] disk", "没有执行：[Errno 5] disk"),
        ("8 bit; save it as WAV with 16 bit, PCM", "8 位；请另存为 16 位 PCM 的 WAV"),
        ("the file cannot be read: there is no column 'x' / 没有这一列. Headings: a; b",
         "文件无法读取：没有列 'x'。表头：a; b"),
        ("barred from claiming in this period / 本期不能认领: M10 (rank 3 of 50 before)",
         "本期不能认领：M10（上期第 3 名，共 50 名）"),
        ("a new one / 新的一句: and more", "新的一句: and more"),
        ("the prompts cannot be read: own.toml:1 PROMPT text.zh: String should have at least 1 character",
         "提示音无法读取：own.toml:1 PROMPT text.zh：至少 1 个字符"),
        ("the prompts cannot be read: own.toml:1 NP999 x; own.toml:2 PROMPT text.zh: Input should be a valid string",
         "提示音无法读取：own.toml:1 NP999 x；own.toml:2 PROMPT text.zh：应为文字，请加引号"),
        ("PLAN: it is on sale: name can only change from a date to come", "PLAN：产品在售：name 只能定时更改"),
    ],
)  # fmt: skip
def test_values_are_filled_in(sentence: str, chinese: str) -> None:
    assert in_chinese(sentence) == chinese


def test_what_nobody_has_said_in_chinese_is_left() -> None:
    assert in_chinese("something new") is None
    assert in_chinese("there is no queue " + "q" * 2000) is None


def test_english_pages_are_not_told_chinese() -> None:
    assert in_english("there is no column 'x' / 没有这一列. Headings: a") == "there is no column 'x'. Headings: a"
    assert in_english("no / one: two") == "no / one: two"


@pytest.mark.parametrize(
    "piece", ["a / ", "a / 汉", " is no ", ": ", "; ", " has made version ", " (", "x cannot be read: "]
)
def test_no_sentence_takes_long_to_be_looked_for(piece: str) -> None:
    """What somebody writes stands in some of them, and calls wait meanwhile."""
    began = time.process_time()
    for sentence in (piece * 20_000, f"{'汉' * 5_000}{piece * 60}:x"):
        in_chinese(sentence)
        in_english(sentence)
    assert time.process_time() - began < 1
