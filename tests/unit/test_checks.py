"""What callers key as numbers, dates and months."""

from datetime import date

import pytest

from ccore.ivr.checks import checked

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("check", "digits", "text"),
    [
        ("any", "0042", "0042"),
        ("any", "4*2", None),
        ("any", "٣", None),
        ("mobile", "13800138000", "13800138000"),
        ("mobile", "12800138000", None),
        ("mobile", "1380013800", None),
        ("phone", "01012345678", "01012345678"),
        ("phone", "62345678", "62345678"),
        ("phone", "008613800138000", "008613800138000"),
        ("phone", "12345", None),
        ("luhn", "4111111111111111", "4111111111111111"),
        ("luhn", "4111111111111112", None),
        ("luhn", "79927398713", "79927398713"),
        ("luhn", "0", None),
        ("date", "20270217", "2027-02-17"),
        ("date", "20270229", None),
        ("date", "0101", "2027-01-01"),
        ("date", "1231", "2026-12-31"),
        ("date", "0701", "2026-07-01"),
        ("date", "1332", None),
        ("date", "0229", None),  # of no year near
        ("date", "2702", None),
        ("date", "270217", None),
        ("month", "202702", "2027-02"),
        ("month", "11", "2026-11"),
        ("month", "12", "2025-12"),
        ("month", "13", None),
        ("month", "00", None),
        ("month", "000001", None),
        ("month", "1", None),
    ],
)
def test_what_was_keyed_becomes_a_value_or_nothing(check: str, digits: str, text: str | None) -> None:
    value = checked(check, digits, TODAY)
    assert (value.text if value else None) == text
