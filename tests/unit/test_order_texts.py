"""What text messages ask for, however they are written."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ordering.number import Access, NumberPlan
from ccore.ordering.texts import LONGEST, End, Enquiry, No, Order, Unclear, Understood, Yes, understand

PLAN = NumberPlan(access=(Access(number="10086"), Access(number="10010", product_width=1, claim_width=4)))
CODE = Order("1008610001")
SPACES = st.text(" \t\r\n\u3000\u00a0", max_size=3)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("10001", CODE),
        ("1008610001", CODE),
        ("１０００１", CODE),
        (" 10 0 01 \r\n", CODE),
        ("「10001」", Unclear()),
        ("10001。", CODE),
        ("TD10", End("10")),
        ("td 10", End("10")),
        ("ＴＤ１０", End("10")),
        ("退订10", End("10")),
        ("TD10001", End("10")),
        ("TD1008610001", End("10")),
        ("TD", Unclear()),
        ("TD1", Unclear()),
        ("cx", Enquiry()),
        ("查询", Enquiry()),
        ("y", Yes()),
        ("Ｙ", Yes()),
        ("Yes!", Yes()),
        ("是", Yes()),
        ("N", No()),
        ("no.", No()),
        ("不同意", No()),
        ("", Unclear()),
        ("1000", Unclear()),
        ("100011", Unclear()),
        ("10086", Order("1008610086")),  # five digits are a code
        ("١٠٠٠١", Unclear()),
        ("②①", Unclear()),
        ("请问10001怎么办理", Unclear()),
        ("10001" * 20, Unclear()),
        ("\0", Unclear()),
    ],
)
def test_what_is_understood(text: str, means: Understood) -> None:
    assert understand(text, PLAN, "10086") == means


def test_the_number_it_was_sent_to_says_whose_code_it_is() -> None:
    assert understand("10001", PLAN, "10010") == Order("1001010001")
    assert understand("10001", PLAN, "+8610010") == Order("1001010001")
    assert understand("1008610001", PLAN, "10010") == CODE
    assert understand("TD1", PLAN, "10010") == End("1")
    assert understand("10001", PLAN) == CODE
    assert understand("TD1", PLAN, "10658") == End("1")
    assert understand("10001", NumberPlan(), "10086") == Unclear()


@given(st.from_regex("[0-9]{5}", fullmatch=True), st.lists(SPACES, min_size=6, max_size=6), st.booleans())
def test_spaces_and_width_do_not_matter(code: str, spaces: list[str], wide: bool) -> None:
    digits = [chr(ord(digit) + 0xFEE0) if wide else digit for digit in code]
    text = spaces[0] + "".join(digit + space for digit, space in zip(digits, spaces[1:], strict=True))
    assert understand(text, PLAN, "10086") == Order("10086" + code)


@given(st.text(max_size=200))
def test_anything_at_all_means_something_or_nothing(text: str) -> None:
    means = understand(text, PLAN, "10086")
    if isinstance(means, Order):
        assert means.dialled.isascii()
        assert means.dialled.isdecimal()
        assert means.dialled.startswith(("10086", "10010"))
        assert len(means.dialled) == 10
    if isinstance(means, End):
        assert set(means.product) <= set(string.digits)
        assert len(means.product) in {1, 2}


@given(st.text(min_size=LONGEST + 1, alphabet="Y1T"))
def test_what_is_too_long_is_no_command(text: str) -> None:
    assert understand(text, PLAN, "10086") == Unclear()
