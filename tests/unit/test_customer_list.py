"""A list of customers is read whole, or refused with every fault and its line."""

from pathlib import Path

import pytest

from ccore.errors import FaultsFound
from ccore.ivr.customer_list import Listed, read

HEAD = "number,name,tier,language,tags\n"


def lines(text: str) -> list[int]:
    with pytest.raises(FaultsFound) as found:
        read(text, Path("customers.csv"), "CN")
    assert {fault.code for fault in found.value.faults} == {"CUSTOMER"}
    return [fault.line for fault in found.value.faults]


def test_a_list_as_a_spreadsheet_writes_it() -> None:
    text = '\ufefftags,number,name\r\nvip; 宽带 ;,138 0013 8000,"王, 先生"\r\n\r\n,+862088886666,\r\n'
    assert read(text, Path("x.csv"), "CN") == [
        Listed("+8613800138000", "王, 先生", "", "", ("vip", "宽带")),
        Listed("+862088886666", "", "", "", ()),
    ]


def test_every_fault_has_its_line() -> None:
    text = HEAD + (
        "13800138000,A,gold,zh,\n"
        "138,B,,,\n"
        "+8613800138000,twice,,,\n"
        "13800138001,C,,fr,\n"
        "13800138002,D,,,a b\n"
        "13800138003,E,,\n"
        "13800138004,F,,,,\n"
        "13800138005," + "x" * 101 + ",,,\n"
        '13800138006,"two\nlines",,,\n'
        "13800138007,G," + "y" * 101 + ",,\n"
        "13800138008,H,,," + ";".join(f"t{number}" for number in range(21)) + "\n"
    )
    assert lines(text) == [3, 4, 5, 6, 7, 8, 9, 11, 12, 13]


@pytest.mark.parametrize(
    "text",
    ["", "name,tier\n", "number,number\n", "number,city\n", 'number,name\n13800138000,"open\n', "number\n\x00\n"],
)
def test_what_is_no_list(text: str) -> None:
    assert lines(text)


def test_an_empty_list_is_one() -> None:
    assert read(HEAD, Path("x.csv"), "CN") == []
