"""Products as designers write them, moves of the pool, shares, and lists of staff row by row."""

import re
import shlex
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product as pairs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ccore.__main__ import _parser
from ccore.claiming import Claims
from ccore.marketing import pool
from ccore.marketing.model import Facts, Policy, Why, judge
from ccore.marketing.pool import Event, Refused, State
from ccore.marketing.product import ProductFile, Rule, normal, overlap
from ccore.marketing.shares import WHOLE, basis_points, complaint, percent
from ccore.marketing.staff_model import SAID, Read, What
from ccore.marketing.staff_sheet import read
from ccore.sheets import Cell, NoSheet
from ccore.shipped import shipped
from tests.support.marketing import SITE, product

TIME = "2026-12-01T00:00:00+08:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_fen": -1},
        {"price_fen": 0},
        {"price_fen": 9.9},
        {"price_fen": 10.0},
        {"price_fen": 10**12},
        {"price_fen": "15"},
        {"code": "２０"},
        {"code": "1234567"},
        {"name": {"zh": "", "en": "x"}},
        {"name": {"zh": "a\nb", "en": "x"}},
        {"intro": {"zh": "x" * 301}},
        {"ways": []},
        {"ways": ["fax"]},
        {"confirm": "key", "confirm_within_h": 0},
        {"sale": {"starts": TIME, "ends": TIME}},
        {"sale": {"starts": "2026-02-30T00:00:00+08:00"}},
        {"sale": {"starts": "2026-12-01T00:00:00"}},
        {"sale": {"starts": "1999-12-01T00:00:00Z"}},
        {"eligibility": {"beginnings": ["138"]}},
        {"eligibility": {"needs": ["10"], "excludes": ["10"]}},
        {"eligibility": {"needs": ["20"]}},
        {"combo": {"parts": ["10"]}},
        {"combo": {"parts": ["10", "20"]}},
        {"colour": "red"},
        {"commission": []},
        {"commission": [{"kind": "flat"}]},
        {"commission": [{"kind": "flat", "fen": 1, "basis_points": 1}]},
        {"commission": [{"kind": "percent", "basis_points": 10001}]},
        {"commission": [{"kind": "flat", "fen": 1, "tiers": [{"nth": 1, "fen": 2}]}]},
        {"commission": [{"kind": "flat", "fen": 1, "tiers": [{"nth": 5, "fen": 2}, {"nth": 5, "fen": 3}]}]},
        {"commission": [{"kind": "flat", "fen": 1, "tiers": [{"nth": 5, "basis_points": 2}]}]},
        {"commission": [{"kind": "flat", "fen": 1}, {"kind": "flat", "fen": 2}]},
        {"commission": [{"kind": "flat", "fen": 1, "starts": TIME}]},
        {"commission": [{"kind": "flat", "fen": 1, "ends": TIME}]},
        {"sale": {"starts": TIME}, "commission": [{"kind": "flat", "fen": 1, "starts": "2026-12-02T00:00:00Z"}]},
        {"commission": [{"kind": "flat", "fen": 1}, {"kind": "flat", "fen": 2, "starts": TIME}]},
    ],
)
def test_what_is_no_product(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        product(**{"code": "20", **wrong})  # type: ignore[arg-type]


def test_versions_follow_each_other() -> None:
    product(commission=[{"kind": "flat", "fen": 1, "ends": TIME}, {"kind": "flat", "fen": 2, "starts": TIME}])
    with pytest.raises(ValidationError, match="products stand here twice: 20"):
        ProductFile(product=(product(), product()))


Spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=6)


@given(Spans)
def test_two_versions_overlap_exactly_when_some_time_is_in_both(spans: list[tuple[int, int]]) -> None:
    rules = [Rule(kind="flat", fen=1, starts=_day(start), ends=_day(start + length)) for start, length in spans]
    days = [set(range(start, start + length)) for start, length in spans]
    shared = any(days[one] & days[other] for one in range(len(days)) for other in range(one))
    assert (overlap(tuple(rules), None) is not None) == shared


def _day(number: int) -> datetime:
    return datetime.fromtimestamp(1_800_000_000 + 86_400 * number, UTC)


def test_a_product_is_the_same_however_its_lists_are_ordered() -> None:
    one = product(ways=["sms", "call", "sms"], eligibility={"beginnings": ["+86139", "+86138"], "needs": ["11", "10"]})
    other = product(ways=["call", "sms"], eligibility={"beginnings": ["+86138", "+86139"], "needs": ["10", "11"]})
    assert normal(one) == normal(other)
    assert normal(normal(one)) == normal(one)
    assert pool.changed(normal(one), normal(other)) == frozenset()


def test_nothing_is_sold_without_a_passed_test_and_nothing_comes_back_from_its_end() -> None:
    for state, event in pairs(State, Event):
        became = pool.moved(state, event)
        if became is State.ON_SALE:
            assert state in {State.TESTED, State.ON_SALE}
        if became is State.TESTED:
            assert event is Event.PASSED
        if isinstance(became, Refused):
            assert became.reason
    assert pool.MOVES[State.ENDED] == {}


def test_what_may_change_of_a_product_on_sale() -> None:
    change = pool.after_change
    assert change(State.ON_SALE, {"name", "intro", "sale"}, dated=False) is State.ON_SALE
    assert change(State.ON_SALE, {"price_fen", "name"}, dated=True) is State.ON_SALE
    assert isinstance(change(State.ON_SALE, {"price_fen"}, dated=False), Refused)
    assert isinstance(change(State.ON_SALE, {"combo"}, dated=True), Refused)
    assert change(State.TESTED, {"price_fen"}, dated=False) is State.DRAFT
    assert change(State.TESTED, {"intro"}, dated=False) is State.TESTED
    assert isinstance(change(State.ENDED, {"intro"}, dated=False), Refused)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([("E1", 10_000)], ""),
        ([("E1", 3333), ("E2", 3333), ("E3", 3334)], ""),
        ([], "1 to 100"),
        ([("E1", 5000), ("E2", 4999)], "sum to 99.99 %"),
        ([("E1", 5000), ("E2", 5001)], "sum to 100.01 %"),
        ([("E1", 5000), ("E1", 5000)], "two shares"),
        ([("E1", 10_000), ("E2", 0)], "more than nothing"),
    ],
)
def test_shares_make_a_whole(shares: list[tuple[str, int]], said: str) -> None:
    assert (said in complaint(shares)) if said else complaint(shares) == ""


@given(st.integers(0, WHOLE))
def test_shares_are_read_as_they_are_written(points: int) -> None:
    assert basis_points(percent(points)) == points


@pytest.mark.parametrize("text", ["", "x", "1.234", "-5", "１０", "1e2", "1.", "5%5"])
def test_what_is_no_share(text: str) -> None:
    assert basis_points(text) == (100 if text == "1." else None)


def test_the_first_reason_against_a_claim_decides() -> None:
    good = {"product": True, "on_sale": True, "holder": True, "gone": False, "barred": ""}
    assert judge(Facts(**good)) is None  # type: ignore[arg-type]
    for change, why in (
        ({"holder": False, "product": False}, Why.NO_HOLDER),
        ({"gone": True, "on_sale": False}, Why.GONE),
        ({"product": False, "on_sale": False}, Why.NO_PRODUCT),
        ({"on_sale": False, "barred": "x"}, Why.NOT_ON_SALE),
        ({"barred": "2026-11"}, Why.BARRED),
    ):
        refused = judge(Facts(**{**good, **change}))  # type: ignore[arg-type]
        assert refused is not None
        assert refused.why is why


def test_codes_that_are_kept_back_have_the_width_of_the_plan() -> None:
    policy = Policy(
        quarantine=_day(1) - _day(0), at_once=1, reserved=frozenset({"7", "086", "999"}), nearly_full_percent=80
    )
    assert policy.kept_back(3) == ["000", "086", "999"]
    assert policy.kept_back(1) == ["0", "7"]


HEADING = ["工号", "姓名", "手机号", "部门", "类型", "入职日期", "离职日期", "语言", "其他号码", "家属号码", "编码"]


def listed(*rows: Sequence[Cell], heading: Sequence[Cell] = HEADING) -> Read:
    """What is read of these rows."""
    return read(enumerate([heading, *rows], 1), SITE)


def test_a_whole_row() -> None:
    found = listed(
        ["E001", "王伟", "138-0000-0001", "市场部/东区", "外包", "2024/3/1", None, "en", "13900000001；13900000002",
         "010 65529988", "10001;11005"],
        ["E002", "李芳", 13800000002.0, "市场部", "", datetime(2024, 3, 1), "", "", "", "", ""],  # noqa: DTZ001
    )  # fmt: skip
    assert found.said == ()
    one, two = found.listed
    assert (one.number, one.phone, one.department, one.kind) == (
        "E001",
        "+8613800000001",
        ("市场部", "东区"),
        "contracted",
    )
    assert one.joined == datetime(2024, 2, 29, 16, tzinfo=UTC)
    assert (one.language, one.others, one.family) == ("en", ("+8613900000001", "+8613900000002"), ("+861065529988",))
    assert (one.codes, one.says_left, one.left) == (("10001", "11005"), True, None)
    assert (two.phone, two.kind, two.language, two.others) == ("+8613800000002", "staff", "zh", ())


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [
        (0, "", What.MISSING),
        (0, "E 1", What.BAD_NUMBER),
        (0, "=1+1", What.BAD_NUMBER),
        (1, "", What.MISSING),
        (1, "a\x00b", What.NO_TEXT),
        (1, "a\nb", What.NO_TEXT),
        (1, "x" * 501, What.TOO_LONG),
        (2, "", What.MISSING),
        (2, "1380000000", What.BAD_PHONE),
        (2, "1.38E+10", What.ROUNDED),
        (2, "=cmd|' /C calc'!A0", What.BAD_PHONE),
        (3, "a//b", What.BAD_DEPARTMENT),
        (3, "/".join("abcdefghi"), What.BAD_DEPARTMENT),
        (4, "boss", What.BAD_KIND),
        (5, "2026-02-30", What.BAD_DATE),
        (5, "10000-01-01", What.BAD_DATE),
        (6, "1990-01-01", What.LEFT_EARLIER),
        (7, "fr", What.BAD_LANGUAGE),
        (8, "138;139", What.BAD_PHONE),
        (10, "1000a", What.BAD_CODES),
    ],
)
def test_what_is_wrong_with_a_row(column: int, cell: Cell, what: What) -> None:
    row: list[Cell] = ["E001", "王伟", "13800000001", "市场部", "", "2024-01-01", "", "", "", "", ""]
    row[column] = cell
    found = listed(row)
    assert found.listed == ()
    assert what in {said.what for said in found.said}
    assert {said.row for said in found.said} == {2}


def test_two_owners_of_one_number_telephone_or_code_are_both_refused() -> None:
    heading = ["工号", "姓名", "手机号", "部门", "编码"]
    found = listed(
        ["E001", "王伟", "13800000001", "市场部", "10001"],
        ["e001", "李芳", "13800000002", "市场部", ""],
        ["E003", "张娜", "13800000003", "市场部", "10003"],
        ["E004", "刘敏", "13800000004", "市场部", "10003"],
        ["E005", "陈静", "13800000005", "市场部", ""],
        ["E006", "杨磊", "13800000005", "市场部", ""],
        ["E007", "赵洋", "13800000007", "市场部", ""],
        ["E007", "赵洋", "13800000007", "市场部", ""],
        heading=heading,
    )
    assert [one.number for one in found.listed] == ["E007"]
    assert [(said.row, said.what) for said in found.said] == [
        (2, What.TWO_OWNERS), (3, What.TWO_OWNERS), (4, What.CODE_TWICE), (5, What.CODE_TWICE), (6, What.PHONE_TWICE),
        (7, What.PHONE_TWICE), (9, What.REPEATED),
    ]  # fmt: skip


def test_a_list_without_its_columns_is_refused_whole() -> None:
    for heading in ([], ["工号", "姓名"], ["a", "b", "c", "d"]):
        with pytest.raises(NoSheet, match="names no column"):
            listed(heading=heading)
    row = ["E1", "x", "13800000001", "d", "?"]
    assert listed(row, heading=["ID", "Name", "Mobile", "Dept", "Note"]).left_out == ("Note",)
    assert listed(row, heading=HEADING[:4]).said[0].what is What.MORE_CELLS


def test_everything_that_can_be_said_of_a_row_has_its_words() -> None:
    assert set(SAID) == set(What)


GUIDE = (shipped("dialplan") / "selling.md").read_text(encoding="utf-8")


def test_the_guides_examples_are_products_and_a_configuration() -> None:
    products, settings = re.findall(r"^```toml \S+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    found = ProductFile.model_validate(tomllib.loads(products))
    assert [each.code for each in found.product] == ["20", "30"]
    assert tomllib.loads(settings)["claims"] == {**Claims().model_dump(), "reserved": ["086"]}


def test_the_guides_commands_are_commands() -> None:
    commands = [command for command in re.findall(r"`ccore ([^`…]+)`", GUIDE) if command != "status"]
    assert len(commands) > 15
    for command in commands:
        _parser(words := shlex.split(command)).parse_args(words)
