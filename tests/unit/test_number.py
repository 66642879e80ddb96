"""What a dialled number means, who is calling, and the proof that the plan is unambiguous."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.errors import FaultsFound
from ccore.ordering.model import OrderCode
from ccore.ordering.number import (
    Access,
    EmployeeDialled,
    Enquiry,
    Hotline,
    NotInPlan,
    NumberPlan,
    QuickLine,
    entries,
    load_plan,
    overlaps,
    parse,
    prefixes,
)
from ccore.ordering.texts import Order, understand
from ccore.selling import Ordering
from ccore.shipped import shipped
from ccore.subscriber import NotAllowed, Subscriber, Withheld, subscriber

SHIPPED = load_plan(shipped("dialplan"))
EXTENSIONS = Ordering().internal_extensions


def hotline(number: str) -> Hotline:
    return Hotline(number=number, name_zh="热线", name_en="Hotline")


def plan(access: list[Access], *hotlines: str, enquiry: tuple[Enquiry, ...] = ()) -> NumberPlan:
    return NumberPlan(access=tuple(access), hotline=tuple(map(hotline, hotlines)), enquiry=enquiry)


def asked(number: str, width: int = 6) -> tuple[Enquiry, ...]:
    return (Enquiry(number=number, employee_width=width),)


@pytest.mark.parametrize(
    ("dialled", "meaning"),
    [
        ("1008610001", OrderCode("10086", "10", "001")),
        ("1008699999", OrderCode("10086", "99", "999")),
        ("10086", SHIPPED.hotline[0]),
        ("1001011", SHIPPED.quick_line[0]),
        ("1001013", SHIPPED.quick_line[2]),
        ("1008619000001", EmployeeDialled("000001")),
        ("1008619001", OrderCode("10086", "19", "001")),
    ],
)
def test_a_number_of_the_plan_means_its_entry(dialled: str, meaning: object) -> None:
    assert parse(SHIPPED, dialled) == meaning


@pytest.mark.parametrize(
    "dialled",
    [
        "",
        "1008",
        "100861000",
        "10086100011",
        "100861900001",
        "10086190000011",
        "1001014",
        "1008610ABC",
        "10086-10-001",
        "+1008610001",
        " 1008610001",
        "1008610001\n",
        "10086*10#1",
        "１００８６１０００１",
        "١٠٠٨٦١٠٠٠١",
        "1008610²01",
    ],
)  # fmt: skip
def test_anything_else_is_not_in_the_plan(dialled: str) -> None:
    assert parse(SHIPPED, dialled) == NotInPlan()


def test_widths_are_data() -> None:
    wide = plan([Access(number="955", product_width=3, claim_width=4), Access(number="96")])
    assert parse(wide, "9551230045") == OrderCode("955", "123", "0045")
    assert parse(wide, "9610001") == OrderCode("96", "10", "001")
    assert parse(wide, "95512300456") == NotInPlan()


MOBILE = Subscriber("+8613812345678", is_mobile=True)
LANDLINE = Subscriber("+862088886666", is_mobile=False)


@pytest.mark.parametrize(
    ("caller", "who"),
    [
        ("13812345678", MOBILE),
        ("013812345678", MOBILE),
        ("8613812345678", MOBILE),
        ("+8613812345678", MOBILE),
        ("008613812345678", MOBILE),
        ("02088886666", LANDLINE),
        ("2088886666", LANDLINE),
        ("862088886666", LANDLINE),
        ("+862088886666", LANDLINE),
        ("", Withheld()),
        ("withheld", Withheld()),
        ("anonymous", Withheld()),
        ("invalid", NotAllowed("invalid-number")),
        ("2001", NotAllowed("internal-extension")),
        ("80001", NotAllowed("internal-extension")),
        ("+85291234567", NotAllowed("other-country")),
        ("0085291234567", NotAllowed("other-country")),
        ("+12125551234", NotAllowed("other-country")),
        ("4008123456", NotAllowed("not-a-subscriber")),
        ("8008123456", NotAllowed("not-a-subscriber")),
        ("01010086", NotAllowed("not-a-subscriber")),
        ("1010086", NotAllowed("not-a-subscriber")),
        ("02195588", NotAllowed("not-a-subscriber")),
        ("10086", NotAllowed("invalid-number")),
        ("88886666", NotAllowed("invalid-number")),
        ("138", NotAllowed("invalid-number")),
        ("1381234567", NotAllowed("invalid-number")),
        ("138123456789", NotAllowed("invalid-number")),
        ("00013812345678", NotAllowed("invalid-number")),
        ("1" * 79, NotAllowed("invalid-number")),
        ("+", NotAllowed("invalid-number")),
        ("++8613812345678", NotAllowed("invalid-number")),
        ("13812345678\n", NotAllowed("invalid-number")),
        ("１３８１２３４５６７８", NotAllowed("invalid-number")),
        ("١٣٨١٢٣٤٥٦٧٨", NotAllowed("invalid-number")),
        ("138 1234 5678", NotAllowed("invalid-number")),
        ("tel:+8613812345678", NotAllowed("invalid-number")),
        ("${SHELL(id)}", NotAllowed("invalid-number")),
    ],
)
def test_who_is_calling(caller: str, who: object) -> None:
    assert subscriber(caller, "CN", EXTENSIONS) == who


def test_another_region_reads_numbers_its_own_way() -> None:
    assert subscriber("91234567", "HK", EXTENSIONS) == Subscriber("+85291234567", is_mobile=True)
    assert subscriber("13812345678", "HK", EXTENSIONS) == NotAllowed("invalid-number")


@given(st.text(max_size=30))
def test_no_text_breaks_either_function(text: str) -> None:
    assert isinstance(subscriber(text, "CN", EXTENSIONS), Subscriber | Withheld | NotAllowed)
    assert isinstance(parse(SHIPPED, text), OrderCode | Hotline | QuickLine | EmployeeDialled | NotInPlan)


def test_the_shipped_plan_is_unambiguous() -> None:
    assert list(overlaps(SHIPPED)) == []
    assert list(prefixes(SHIPPED)) == []


def found(faulty: NumberPlan) -> list[tuple[str, str, str]]:
    pairs = [("overlap", *pair) for pair in overlaps(faulty)] + [("prefix", *pair) for pair in prefixes(faulty)]
    return [(kind, one.pattern, other.pattern) for kind, one, other in pairs]


@pytest.mark.parametrize(
    ("faulty", "expected"),
    [
        (plan([Access(number="10086")], "1008610001"), [("overlap", "10086XXXXX", "1008610001")]),
        (plan([Access(number="10086"), Access(number="100861", product_width=1)], "10086"),
         [("overlap", "10086XXXXX", "100861XXXX"), ("prefix", "10086", "100861XXXX")]),
        (plan([Access(number="10086")], "10010", "10010"), [("overlap", "10010", "10010")]),
        (plan([Access(number="10086")], "1001", "1001011"), [("prefix", "1001", "1001011")]),
        (plan([Access(number="10086")], "100861"), [("prefix", "100861", "10086XXXXX")]),
        (plan([Access(number="10086"), Access(number="1008")], "1008"),
         [("prefix", "1008XXXXX", "10086XXXXX"), ("prefix", "1008", "10086XXXXX")]),
        (plan([Access(number="10086"), Access(number="10000")], "10086", "10000"), []),
        (plan([Access(number="10086")], "10086", enquiry=asked("1008619")), []),
        (plan([Access(number="10086")], enquiry=asked("1008619", 3)), [("overlap", "10086XXXXX", "1008619XXX")]),
        (plan([Access(number="10086")], enquiry=asked("1008619", 2)), [("prefix", "1008619XX", "10086XXXXX")]),
        (plan([Access(number="10086")], "10010", enquiry=asked("10010")), [("prefix", "10010", "10010XXXXXX")]),
        (plan([Access(number="10086"), Access(number="10000")], enquiry=asked("1000")),
         [("overlap", "10000XXXXX", "1000XXXXXX")]),
    ],
)  # fmt: skip
def test_ambiguity_is_found(faulty: NumberPlan, expected: list[tuple[str, str, str]]) -> None:
    assert found(faulty) == expected


CHECKED = plan([Access(number="10086", check_digit=True)], "10086", enquiry=asked("1008619", 8))


@given(st.from_regex(r"[0-9]{5}", fullmatch=True), st.integers(0, 5), st.integers(1, 9))
def test_of_ten_codes_with_a_check_digit_one_is_right_and_one_wrong_digit_makes_it_none(
    code: str, place: int, more: int
) -> None:
    said = [f"10086{code}{last}" for last in range(10)]
    right = [number for number in said if parse(CHECKED, number) == OrderCode("10086", code[:2], code[2:])]
    assert len(right) == 1
    assert [parse(CHECKED, number) for number in said if number not in right] == [NotInPlan()] * 9
    at = len("10086") + place
    wrong = str((int(right[0][at]) + more) % 10)
    assert parse(CHECKED, right[0][:at] + wrong + right[0][at + 1 :]) == NotInPlan()
    assert parse(CHECKED, f"10086{code}") == NotInPlan()


def test_codes_with_a_check_digit_are_as_unambiguous_as_others() -> None:
    assert found(CHECKED) == []
    longer = plan([Access(number="10086", check_digit=True), Access(number="10086", claim_width=4)])
    assert found(longer) == [("overlap", "10086XXXXXX", "10086XXXXXX")]
    enquired = plan([Access(number="10086", check_digit=True)], enquiry=asked("1008619", 4))
    assert found(enquired) == [("overlap", "10086XXXXXX", "1008619XXXX")]


def test_a_text_message_has_the_check_digit_too() -> None:
    assert understand("100016", CHECKED) == Order("10086100016")
    assert understand("10086100016", CHECKED) == Order("10086100016")
    assert not isinstance(understand("10001", CHECKED), Order)


digits = st.text("01", min_size=2, max_size=5)
small_plans = st.builds(
    plan,
    st.lists(
        st.builds(
            Access,
            number=digits,
            product_width=st.just(1),
            claim_width=st.integers(1, 2),
            check_digit=st.booleans(),
        ),
        min_size=1,
        max_size=2,
    ),
)


@given(small_plans, st.lists(digits, max_size=3))
def test_the_proof_agrees_with_dialling_every_number(accesses: NumberPlan, hotlines: list[str]) -> None:
    """On plans over two digits, where every number can be dialled: meant twice means overlap, begun means prefix."""
    small = plan(list(accesses.access), *hotlines)
    meant = [
        {"".join(number) for number in product(*("01" if place == "X" else place for place in entry.pattern))}
        for entry in entries(small)
    ]
    pairs = [(one, other) for at, one in enumerate(meant) for other in meant[at + 1 :]]
    assert bool(list(overlaps(small))) == any(one & other for one, other in pairs)
    begun = [
        (first, second)
        for one, other in pairs
        for first, second in ((one, other), (other, one))
        if any(b.startswith(a) and a != b for a in first for b in second)
    ]
    allowed = sum(1 for line in small.hotline for access in small.access if line.number == access.number)
    assert len(list(prefixes(small))) == len(begun) - allowed


@pytest.mark.parametrize(
    ("text", "line", "about"),
    [
        ('[[access]]\nnumber = "10086"\nwidth = 2\n', 3, "unknown key"),
        ('[[access]]\nnumber = "1008X"\n', 2, "number"),
        ('[[access]]\nnumber = "１００８６"\n', 2, "number"),
        ("[[access]]\nnumber = 10086\n", 2, "string"),
        ('[[access]]\nnumber = "10086"\nproduct_width = 0\n', 3, "greater"),
        ('[[acces]]\nnumber = "10086"\n', 1, "unknown key"),
        ('[[access]]\nnumber = "10086"\n[[hotline]]\nnumber = "10086"\nname_zh = "x"\n', 3, "name_en"),
        ("[[access]\n", 1, "TOML"),
    ],
)
def test_a_faulty_plan_is_told_with_its_line(tmp_path: Path, text: str, line: int, about: str) -> None:
    (tmp_path / "numbers.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_plan(tmp_path)
    assert [(fault.line, fault.code) for fault in caught.value.faults] == [(line, "NUMBER")]
    assert about in caught.value.faults[0].message
