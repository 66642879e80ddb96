"""What is read from sipp's log of calls, and what is never given to it."""

from xml.etree import ElementTree

import pytest

from ccore.pbx.caller import Call, SippMissing, place_call, read_calls, scenario

ROW = ("13800138000", "1008610001")
ANSWERED = "1;200;1763800000,100000;1763800000,106000;1763800000,119000;1763800001,119500;callee"


def test_an_answered_call() -> None:
    (call,) = read_calls([ANSWERED], [ROW])
    assert call == Call(*ROW, code=200, rang_ms=6.0, answered_ms=19.0, ended_ms=1019.5, ended_by="callee")
    assert call.answered


def test_a_refused_call() -> None:
    (call,) = read_calls(["1;404;1763800000,100000;0,0;0,0;0,0;nobody"], [ROW])
    assert call == Call(*ROW, code=404)
    assert not call.answered


def test_a_call_that_nothing_came_of() -> None:
    (call,) = read_calls([], [ROW])
    assert call == Call(*ROW)
    assert not call.answered


def test_calls_come_in_the_order_of_their_rows_whatever_the_order_of_their_ends() -> None:
    lines = [ANSWERED.replace("1;200", f"{number};200", 1) for number in (3, 1)]
    calls = read_calls(lines, [("1", "10086"), ("2", "10086"), ("3", "10086")])
    assert [(call.caller, call.code) for call in calls] == [("1", 200), ("2", 0), ("3", 200)]


def test_the_scenario_is_xml_and_holds_what_it_was_given() -> None:
    told = scenario(1500, ["P-Asserted-Identity: [field0]"])
    ElementTree.fromstring(told)
    assert '<recv request="BYE" timeout="1500"' in told
    assert "\nP-Asserted-Identity: [field0]\nContent-Type" in told
    assert "@" not in scenario(1500).replace("@[remote_ip]", "").replace("@[local_ip]", "")


@pytest.mark.parametrize("wrong", ["", "1008610001;x", "10086\n", "abc", "100 86", "9" * 41, "１００８６", "10086@x"])
async def test_what_cannot_be_dialled_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="cannot be dialled"):
        await place_call("127.0.0.1", 9, wrong, ROW[0])
    with pytest.raises(ValueError, match="cannot be dialled"):
        await place_call("127.0.0.1", 9, ROW[1], wrong)


async def test_without_sipp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SippMissing, match="sip-tester"):
        await place_call("127.0.0.1", 9, ROW[1], ROW[0])
