"""Which telephones are asked for a sign of life after a restart of Asterisk."""

from dataclasses import replace

from ccore.upkeep.qualifying import unseen
from tests.unit.upkeep_asterisk import member, observed


def test_telephones_asterisk_does_not_reach_are_asked_and_members_of_queues_first() -> None:
    devices = {
        "PJSIP/phone-2001": "UNAVAILABLE",
        "PJSIP/phone-2002": "NOT_INUSE",
        "PJSIP/phone-2003": "UNAVAILABLE",
        "PJSIP/phone-2004": "UNAVAILABLE",
        "PJSIP/trunk-local": "UNAVAILABLE",
        "Queue:sales_avail": "UNAVAILABLE",
    }
    members = (
        member(interface="PJSIP/phone-2003", state_interface=""),
        member(interface="Local/7@x/n", state_interface="PJSIP/phone-2004"),
    )
    snapshot = replace(observed(members).snapshot, devices=devices)
    assert list(unseen(snapshot)) == ["phone-2003", "phone-2004", "phone-2001"]
