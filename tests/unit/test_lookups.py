"""Look-ups on paper: what operators may write, what systems may answer, when one of them is left alone."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from yarl import URL

from ccore.breaker import Breaker, Circuit, asking, failed
from ccore.errors import FaultsFound
from ccore.ivr.adapter import Adapter, filled_url
from ccore.ivr.answers import NotJson, NotUnderstood, parse, read
from ccore.ivr.menus import load_menus
from ccore.ivr.model import Found, Value
from ccore.ivr.remembered import Remembered
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import checked

ZONE = ZoneInfo("Asia/Shanghai")
GOOD: dict[str, Any] = {
    "url": "http://billing.example/balance?number={number}",
    "fields": {"balance": {"path": "account.fen", "kind": "money"}},
}


def adapter(**over: object) -> Adapter:
    return Adapter.model_validate({**GOOD, **over})


def one(raw: object, **field: object) -> Value:
    """What the answer ``raw`` is as a value."""
    found = read(adapter(fields={"it": {"path": "it", **field}}), {"it": raw}, ZONE)
    assert found.values is not None
    return found.values["it"]


def test_an_adapter_knows_what_it_asks_and_needs() -> None:
    asked = adapter(
        url="https://crm.example/{tenant}/orders/{number}",
        method="POST",
        body={"no": "A-{number}", "pin": "{pin}"},
        headers={"Authorization": "Bearer {crm_token}"},
        fields={
            "state": {"path": "state", "kind": "prompt", "words": {"DONE": "state-done"}, "other": "state-unknown"}
        },
    )
    assert asked.asks == {"tenant", "number", "pin"}
    assert asked.secrets == {"crm_token"}
    assert asked.prompts == {"state-done", "state-unknown"}


@pytest.mark.parametrize(
    "over",
    [
        {"url": "ftp://billing.example/"}, {"url": "billing.example/x"}, {"url": "http:///x"},
        {"url": "http://{host}/x"}, {"url": "http://user:secret@billing.example/"}, {"url": "http://a.example/{Number}"},
        {"url": "http://a.example/{number"}, {"url": "http://a.example/a b"}, {"url": "http://a.example/#x"},
        {"url": "http://a.example/余额"}, {"timeout_s": 1.6}, {"timeout_s": 0}, {"method": "DELETE"},
        {"headers": {"X-Key\r\n": "x"}}, {"headers": {"X-Key": "a\nb"}}, {"body": {"a": "b"}}, {"fields": {}},
        {"found": [200], "missing": [200]}, {"found": []}, {"fields": {"b": {"path": "a..b", "kind": "money"}}},
        {"fields": {"b": {"path": "a", "kind": "dollars"}}}, {"fields": {"b": {"path": "a", "kind": "prompt"}}},
        {"fields": {"b": {"path": "a", "kind": "money", "unit": "gb"}}}, {"breaker": {"failures": 0}}, {"retries": 3},
        {"fields": {"b": {"path": "a", "kind": "money", "words": {"x": "prompt-x"}}}},
    ],
)  # fmt: skip
def test_an_adapter_that_cannot_be_right_is_refused(over: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        adapter(**over)


def test_a_fault_has_its_line(tmp_path: Path) -> None:
    text = '[balance]\nurl = "http://a.example/"\ntimeout_s = 9.0\nfields.fen = { path = "fen", kind = "money" }\n'
    (tmp_path / "lookups.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_menus(tmp_path)
    assert [(fault.file.name, fault.line) for fault in found.value.faults] == [("lookups.toml", 3)]


@given(st.text(min_size=1, max_size=30))
def test_a_value_is_one_part_of_the_address_whatever_it_holds(text: str) -> None:
    template = "http://a.example/orders/{number}/state?caller={number}"
    try:
        url = URL(filled_url(template, {"number": text}), encoded=True)
    except ValueError:
        assert not text.strip(".") or any("\ud800" <= character <= "\udfff" for character in text)
        return
    assert url.host == "a.example"
    assert len(url.raw_parts) == 4
    assert url.parts[2] == text
    assert dict(url.query) == {"caller": text}
    assert url.fragment == ""


@pytest.mark.parametrize(
    ("raw", "field", "text"),
    [
        (12350, {"kind": "money"}, "12350"), ("12350", {"kind": "money"}, "12350"), (-5, {"kind": "money"}, "-5"),
        (Decimal("123.5"), {"kind": "money", "unit": "yuan"}, "12350"),
        ("123.50", {"kind": "money", "unit": "yuan"}, "12350"),
        (Decimal("-0.0"), {"kind": "money"}, "0"), (Decimal("0.125"), {"kind": "money", "unit": "yuan"}, "13"),
        (Decimal("1.5"), {"kind": "data", "unit": "gb"}, "1610612736"),
        (512, {"kind": "data", "unit": "mb"}, "536870912"),
        (7, {"kind": "count"}, "7"), (Decimal("7.0"), {"kind": "count"}, "7"),
        (Decimal("3.40"), {"kind": "number"}, "3.4"),
        (Decimal("1E+3"), {"kind": "number"}, "1000"), ("-0.50", {"kind": "number"}, "-0.5"),
        (Decimal("2.6"), {"kind": "minutes"}, "3"), (90, {"kind": "seconds"}, "90"),
        ("138 0013-8000", {"kind": "digits"}, "13800138000"), (95588, {"kind": "digits"}, "95588"),
        ("2027-02-17", {"kind": "date"}, "2027-02-17"), ("20270217", {"kind": "date"}, "2027-02-17"),
        (20270217, {"kind": "date"}, "2027-02-17"), ("2027-02-16T23:30:00Z", {"kind": "date"}, "2027-02-17"),
        ("2027-02-17 09:30:00", {"kind": "time"}, "09:30"), ("2027-02-17T01:30:00+00:00", {"kind": "time"}, "09:30"),
        ("0930", {"kind": "time"}, "09:30"), ("09:30:59", {"kind": "time"}, "09:30"),
        ("2027-02", {"kind": "month"}, "2027-02"), ("202702", {"kind": "month"}, "2027-02"),
        ("2027-02-17", {"kind": "month"}, "2027-02"),
        ("DONE", {"kind": "prompt", "words": {"DONE": "state-done"}}, "state-done"),
        (True, {"kind": "prompt", "words": {"true": "state-done"}}, "state-done"),
        ("?", {"kind": "prompt", "other": "state-unknown"}, "state-unknown"),
        (" 张 三\n", {"kind": "words"}, "张 三"), (["vip", "5g"], {"kind": "words"}, "vip,5g"),
    ],
)  # fmt: skip
def test_what_systems_say_becomes_values(raw: object, field: dict[str, Any], text: str) -> None:
    assert one(raw, **field) == Value(Kind(field["kind"]), text)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("12,350", {"kind": "money"}), (True, {"kind": "money"}), ({"fen": 1}, {"kind": "money"}),
        ([1], {"kind": "money"}),
        (10**14, {"kind": "money"}), (Decimal("1e999999999"), {"kind": "number"}),
        (Decimal("1e-999999999"), {"kind": "number"}),
        (10**400, {"kind": "number"}), ("NaN", {"kind": "number"}), ("１２", {"kind": "digits"}),
        ("x", {"kind": "digits"}),
        (Decimal("7.5"), {"kind": "count"}), (-1, {"kind": "count"}), (-1, {"kind": "data"}),
        ("2027-02-30", {"kind": "date"}), ("0001-01-01T00:00:00+14:00", {"kind": "date"}), ("soon", {"kind": "date"}),
        ("2027-13", {"kind": "month"}), ("24:00", {"kind": "time"}), ("x" * 101, {"kind": "words"}),
        ("\ud800", {"kind": "words"}), ([["a"]], {"kind": "words"}),
        ("?", {"kind": "prompt", "words": {"A": "state-a"}}),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_not_understood(raw: object, field: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood) as told:
        one(raw, **field)
    assert str(raw) not in str(told.value), "it may be anything, a customer's name among them"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "it"]), inner, max_size=3),
)
_KINDS = sorted(set(Kind) - {Kind.PROMPT, Kind.SOUND})


@given(document=_JSON, kind=st.sampled_from(_KINDS), path=st.sampled_from(["a", "a.b", "it[0]", "a[1].b"]))
def test_no_document_is_believed_unchecked(document: object, kind: Kind, path: str) -> None:
    try:
        found = read(adapter(fields={"it": {"path": path, "kind": kind}}), document, ZONE)
    except NotUnderstood:
        return
    assert found.values is not None
    assert checked(kind, found.values["it"].text)


def test_a_path_leads_through_tables_and_lists() -> None:
    deep = adapter(fields={"fen": {"path": "data.accounts[1].fen", "kind": "money"}})
    document = {"data": {"accounts": [{"fen": 1}, {"fen": 2}]}}
    assert read(deep, document, ZONE) == Found({"fen": Value(Kind.MONEY, "2")})


@pytest.mark.parametrize("document", [{}, {"it": None}, {"it": ""}, {"it": []}, [], "x", None])
def test_a_field_that_is_not_there(document: object) -> None:
    field = {"path": "it", "kind": "money"}
    assert read(adapter(fields={"it": {**field, "absent": "missing"}}), document, ZONE) == Found(None)
    assert read(adapter(fields={"it": {**field, "absent": "unset"}}), document, ZONE) == Found({})
    with pytest.raises(NotUnderstood):
        read(adapter(fields={"it": field}), document, ZONE)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{", b'{"a": NaN}', b"[" * 60_000, b'"\xff"', b'{"a": ' + b"9" * 5000 + b"}", b"\x00"],
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse(body)


def test_decimals_stay_as_they_were_written() -> None:
    assert parse(json.dumps({"a": 0.1}).encode()) == {"a": Decimal("0.1")}


def test_the_breaker_opens_after_failures_in_a_row_and_tries_one_call_later() -> None:
    rule, circuit = Breaker(failures=3, open_s=10), Circuit()
    for now in (1.0, 2.0, 3.0):
        assert asking(circuit, rule, now, 1.0) is circuit
        circuit = failed(circuit, rule, now)
    assert asking(circuit, rule, 3.0, 1.0) is None
    assert asking(circuit, rule, 12.9, 1.0) is None
    trying = asking(circuit, rule, 13.0, 1.0)
    assert trying is not None
    assert asking(trying, rule, 13.9, 1.0) is None, "one at a time"
    assert asking(trying, rule, 14.0, 1.0) is not None, "whoever tried it left without a word"
    again = failed(trying, rule, 13.5)
    assert asking(again, rule, 23.4, 1.0) is None
    assert asking(Circuit(), rule, 14.0, 1.0) == Circuit(), "an answer forgets all"


def test_only_so_much_is_remembered_for_so_long() -> None:
    known: Remembered[str, int] = Remembered(2)
    known.keep("a", 1, 10.0)
    known.keep("b", 2, 10.0)
    assert known.get("a", 9.9) == 1
    known.keep("c", 3, 10.0)
    assert (known.get("a", 9.9), known.get("b", 9.9), known.get("c", 9.9)) == (1, None, 3)
    assert known.get("a", 10.0) is None
    assert len(known) == 1
