"""Handling and listening, as far as they are values: who is who in a call, what fields fit, who may listen where."""

from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore.calls.legs import Found, Leg, describe, phone_of
from ccore.calls.model import Call, Channel
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Disposition, DispositionField
from ccore.desk.model import faults, value_faults
from ccore.nodes import SipTrunk
from ccore.pbx import desk, outside
from ccore.pbx.extensions import Surroundings
from ccore.pbx.lint import lint
from ccore.pbx.transfers import TransferTarget
from ccore.people import passwords
from ccore.people.model import Person, Role
from ccore.queues.visit import Next, Visit
from ccore.supervision.moving import AHEAD_S, moved

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
CUSTOMER = Channel("n-1.0", "PJSIP/trunk-local-00000000", "n-1.0", "Up", NOW, "13812345678", bridge="b1")
AGENT = Channel("n-1.1", "PJSIP/phone-2001-00000001", "n-1.0", "Up", NOW, bridge="b1", member="1001", queue="sales")


def call_of(*channels: Channel, seated: dict[tuple[str, str], str] | None = None) -> Found:
    """A call of these channels, as the tracker has them."""
    tracker = Tracker("n")
    board = tracker._board
    board.channels.update({each.uniqueid: each for each in channels})
    board.calls["n-1.0"] = Call("n-1.0", NOW, channels[0].uniqueid, tuple(each.uniqueid for each in channels))
    return describe("n", tracker, board.calls["n-1.0"], seated or {})


def test_a_caller_and_the_agent_of_their_queue() -> None:
    found = call_of(CUSTOMER, AGENT)
    assert found.customer == CUSTOMER
    assert found.legs == (Leg(AGENT, "2001", "1001"),)
    assert found.leg() == found.leg("1001") == found.legs[0]
    assert found.leg("1002") is None
    assert (found.talks(found.legs[0]), found.consults(found.legs[0])) == (True, False)


def test_an_agent_whom_no_queue_called_is_known_by_where_they_sit() -> None:
    found = call_of(
        CUSTOMER, AGENT._replace(member="", queue=""), seated={("n", "2001"): "1007", ("m", "2001"): "1008"}
    )
    assert [(leg.agent, leg.phone) for leg in found.legs] == [("1007", "2001")]


def test_an_agent_outside_is_the_half_that_the_queue_called() -> None:
    member = Channel("n-1.1", "Local/1003@ccore-outside-1;1", "n-1.0", "Up", NOW, bridge="b1", member="1003")
    other = Channel("n-1.2", "Local/1003@ccore-outside-1;2", "n-1.0", "Up", NOW, bridge="b2", member="1003")
    mobile = Channel("n-1.3", "PJSIP/trunk-local-00000003", "n-1.0", "Up", NOW, bridge="b2")
    found = call_of(CUSTOMER, member, other, mobile)
    assert [leg.channel for leg in found.legs] == [member]
    assert found.customer == CUSTOMER


def test_one_who_asks_somebody_is_apart_from_the_caller() -> None:
    found = call_of(CUSTOMER, AGENT._replace(bridge="b2"))
    assert (found.talks(found.legs[0]), found.consults(found.legs[0])) == (False, True)
    ringing = call_of(CUSTOMER._replace(bridge=""), AGENT._replace(bridge="", state="Ringing"))
    assert (ringing.talks(ringing.legs[0]), ringing.consults(ringing.legs[0])) == (False, False)


@pytest.mark.parametrize(
    "name", ["PJSIP/trunk-phone-2001-1", "Local/2001@x-0001;1", "PJSIP/phone-2001", "SIP/phone-1-a"]
)
def test_what_is_no_phone_of_the_site_is_none(name: str) -> None:
    assert phone_of(AGENT._replace(name=name)) == ""


FIELDS = Disposition(
    fields={
        "order": DispositionField(kind="number"),
        "on": DispositionField(kind="date", required=False),
        "back-to": DispositionField(kind="phone", required=False),
        "colour": DispositionField(kind="choice", choices=("red", "blue"), required=False),
        "words": DispositionField(required=False),
    }
)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, ["order is missing"]),
        ({"order": " "}, ["order is missing"]),
        ({"order": "12.5"}, []),
        ({"order": "nan"}, ["order is no number"]),
        ({"order": "1e999"}, ["order is no number"]),
        ({"order": "1", "on": "2026-11-22"}, []),
        ({"order": "1", "on": "2026-02-30"}, ["on is no date"]),
        ({"order": "1", "on": "20261122"}, ["on is no date"]),
        ({"order": "1", "back-to": "+8613812345678"}, []),
        ({"order": "1", "back-to": "138-1234"}, ["back-to is no phone"]),
        ({"order": "1", "colour": "green"}, ["colour is no choice: red, blue"]),
        ({"order": "1", "words": "x" * 501}, ["words is no text"]),
        ({"order": "1", "more": "", "else": ""}, ["there is no field else, more"]),
    ],
)
def test_fields_of_a_result_are_looked_at(given: dict[str, str], wrong: list[str]) -> None:
    assert list(faults(FIELDS, given)) == wrong


VISIT = Visit("sales", came_at=1000, here_from=1000, then=Next.NUMBER, behind=("vip", "service"))


def test_who_is_moved_has_waited_and_has_not_been_there() -> None:
    there = moved(VISIT, "service", front=False)
    assert (there.queue, there.came_at, there.here_from, there.then) == ("service", 1000, 1000, Next.WAIT)
    assert there.behind == ("vip", "sales")


def test_the_front_is_where_one_is_who_came_long_before() -> None:
    assert moved(VISIT, None, front=True).came_at == 1000 - AHEAD_S
    assert moved(VISIT, "sales", front=False).behind == VISIT.behind


def test_numbers_outside_have_a_name_for_callers_and_digits_for_agents_who_ask() -> None:
    trunks = {"city": SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")])}
    targets = {
        "office": TransferTarget(number="02088886666", trunk="city"),
        "elsewhere": TransferTarget(number="100", trunk="of-another-node"),
    }
    text = desk.dialplan(targets, trunks)
    full = "GotoIf($[${GROUP_COUNT(city@trunk)} >= 30]?"
    assert "exten => office,1,Gosub(desk-left,s,1)\n" in text
    assert f" same => n,{full}desk-missed,s,1)\n same => n,Dial(PJSIP/02088886666@trunk-city,40,g)\n" in text
    assert f"exten => {desk.code('office')},1,{full}full)\n same => n,Dial(PJSIP/02088886666@trunk-city,40)\n" in text
    assert "exten => elsewhere,1,Goto(desk-missed,s,1)" in text
    assert len(desk.code("office")) == 9
    assert desk.code("office").isdigit()


SPY = """
[ccore-spy]
exten => listen,1,ChanSpy(${CCORE_SPIED},uqES)
 same => n,Hangup()
[other]
exten => s,1,Hangup()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("[other]\n", "[other]\ninclude => ccore-spy\n"),
        ("s,1,Hangup()", "s,1,Goto(ccore-spy,listen,1)"),
        ("s,1,Hangup()", "s,1,ChanSpy(PJSIP,uE)\n same => n,Hangup()"),
        ("${CCORE_SPIED},uqES", "${CCORE_SPIED},qES"),
        ("${CCORE_SPIED},uqES", "${CCORE_SPIED},uqS"),
        ("${CCORE_SPIED},uqES", "PJSIP/phone-,uqES"),
        ("${CCORE_SPIED},uqES", "${CCORE_SPIED}"),
    ],
)
def test_listening_is_for_whom_ccore_sends(before: str, after: str) -> None:
    around = Surroundings(frozenset(), frozenset(), trunk_contexts=(), phone_contexts=())
    codes = {fault.code for fault in lint({Path("x.conf"): SPY.replace(before, after) if before else SPY}, around)}
    assert ("DP504" in codes) == bool(before)


def test_roles() -> None:
    agent, admin = Person("a", "A", Role.AGENT, "1001"), Person("b", "B", Role.ADMIN)
    assert (agent.may(), agent.may(Role.AGENT, Role.SUPERVISOR), agent.may(Role.SUPERVISOR)) == (True, True, False)
    assert admin.may(Role.QUALITY)


def test_passwords_and_tokens_are_never_kept() -> None:
    salt, kept = passwords.salted("correct horse battery")
    assert passwords.is_right("correct horse battery", salt, kept)
    assert not passwords.is_right("correct horse batterz", salt, kept)
    assert not passwords.is_right("", None, None)
    token = passwords.new_token()
    assert len(token) > 40
    assert passwords.new_token() != token
    assert passwords.token_hash(token) == passwords.token_hash(token)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"day", "hour"}, []),
        ({"day"}, ["hour is missing"]),
        (set(), ["day is missing", "hour is missing"]),
        ({"day", "hour", "pin", "name"}, ["there is no value name, pin"]),
    ],
)
def test_a_text_needs_the_values_it_names_and_no_others(given: set[str], wrong: list[str]) -> None:
    assert list(value_faults({"day", "hour"}, given)) == wrong


@pytest.mark.parametrize("agent", ["10", "1003", "123456789012"])
def test_an_agent_outside_is_asked_for_by_a_number_that_says_its_length(agent: str) -> None:
    """Else Asterisk takes the first digit for all of it."""
    made = outside.dialplan("local", SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")]))
    place = outside.place_asked(agent)
    assert f"exten => _{place[:2]}{'X' * len(agent)},1,Goto(ccore-outside,${{EXTEN:2}},1)\n" in made
    assert place[2:] == agent
