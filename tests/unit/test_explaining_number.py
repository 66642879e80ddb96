"""When a number is called by which campaign, at the earliest, or why never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre, CentreFile
from ccore.dialer.explanation.numbers import Barred, Contact, Facts, Tried, explained, turns
from ccore.dialer.running import CampaignState
from ccore.hours import Calendar, Hours

CHINA = "Asia/Shanghai"
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo(CHINA))  # a Monday
NUMBER = "+8613800138000"
FILE = {
    "mode": "predictive", "queue": "outbound", "lists": [{"list": "spring"}], "hours": "calling", "trunks": ["far"],
    "attempts": {"most": 4, "per_day": 2},
}  # fmt: skip
HERE = Contact(7, "spring", CHINA, "open", NOW - timedelta(hours=1), 1, last_outcome="busy")
WELL = Facts(NUMBER, NOW, [HERE], states={"plans": CampaignState("running", 1, "boss", NOW, "")})


def centre(**more: Any) -> Centre:
    campaigns = {"plans": Campaign.model_validate(FILE | more)}
    hours = {"calling": Hours(workdays=("09:00-20:00",))}
    return Centre({}, (), CentreFile(), hours, Calendar(country=""), {}, campaigns=campaigns)


def tried(hours_ago: float, outcome: str | None = "busy", state: str = "over") -> Tried:
    return Tried("other", NOW - timedelta(hours=hours_ago), True, state, outcome, "far", None, "node1", "BUSY")


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return NOW.replace(day=day, hour=hour, minute=minute)


BARRED = Barred(NUMBER, "boss", datetime(2026, 11, 20, 1, tzinfo=UTC), "asked us")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], datetime | None, tuple[str, ...]]] = {
    "now": ({}, {}, NOW, ()),
    "not due": ({"contacts": [replace(HERE, next_at=at(15))]}, {}, at(15), ("it is not due sooner",)),
    "not before": ({"contacts": [replace(HERE, not_before=at(16))]}, {}, at(16), ("its list says so",)),
    "called twice, the first long ago": (
        {"tried": [tried(23), tried(2)]}, {}, at(11), ("2 of 2 attempts in 24 h",)
    ),
    "called three times": (
        {"tried": [tried(23), tried(3), tried(2)]}, {"hours": "calling"}, at(9, day=24),
        ("3 of 2 attempts in 24 h", "hours calling"),
    ),
    "called long ago": ({"tried": [tried(24.5), tried(2)]}, {}, NOW, ()),
    "abandoned": (
        {"abandoned_at": NOW - timedelta(hours=70)}, {}, at(12), ("abandoned less than 72 h ago",)
    ),
    "abandoned, and an agent is there": ({"abandoned_at": NOW - timedelta(hours=70)}, {"mode": "preview"}, NOW, ()),
    "in the evening": ({"now": at(21)}, {}, at(9, day=24), ("hours calling",)),
    "where it is night": (
        {"contacts": [replace(HERE, zone="America/New_York")]}, {}, at(22), ("hours calling",)
    ),
    "due when it is closed": (
        {"contacts": [replace(HERE, next_at=at(22))]}, {}, at(9, day=24), ("it is not due sooner", "hours calling")
    ),
    "never open": ({}, {"ends": "2026-11-22"}, None, ("the hours calling do not come soon",)),
    "barred": ({"barred": [BARRED]}, {}, None, ("they are not to be called",)),
    "done": ({"contacts": [replace(HERE, state="done")]}, {}, None, ("they are done",)),
    "had all": ({"contacts": [replace(HERE, attempts=4)]}, {}, None, ("they had 4 of 4 attempts",)),
    "no consent": ({}, {"consent": "required", "purpose": "plans"}, None, ("they have not consented to plans",)),
    "consent": ({"consents": {"plans": NOW}}, {"consent": "required", "purpose": "plans"}, NOW, ()),
    "somebody's": (
        {"contacts": [replace(HERE, agent="1001")]}, {}, None,
        ("they are agent 1001's, who calls them in mode preview",),
    ),
    "somebody's, in preview": ({"contacts": [replace(HERE, agent="1001")]}, {"mode": "preview"}, NOW, ()),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "file", "when", "why"), CASES.values(), ids=CASES)
def test_when_a_campaign_calls_it(
    facts: dict[str, Any], file: dict[str, Any], when: datetime | None, why: tuple[str, ...]
) -> None:
    [turn] = turns(centre(**file), replace(WELL, **facts))
    assert (turn.campaign, turn.contact, turn.at, turn.why) == ("plans", 7, when, why)


def test_all_of_it_in_words() -> None:
    facts = replace(
        WELL, tried=[tried(23), tried(0.1, None, "ringing")], consents={"plans": NOW - timedelta(days=1)},
        contacts=[replace(HERE, looked_at_by="1001"), Contact(9, "old", "", "done", NOW, disposition="agreed")],
    )  # fmt: skip
    assert [(each.stops, each.text) for each in explained(centre(), facts)] == [
        (False, "2 attempts in the last 24 h, by all campaigns together"),
        (False, "2026-11-22 11:00 other: busy by trunk far (BUSY)"),
        (True, "09:54 other: under way at node1, ringing by trunk far"),
        (False, "they have consented to plans, since 2026-11-22 10:00"),
        (False, "list spring: open, 1 attempt, last busy, agent 1001 looks at them; Asia/Shanghai, where it is 10:00"),
        (False, "campaign plans can call them at 11:00 at the earliest (2 of 2 attempts in 24 h)"),
        (False, "list old: done, 0 attempts, result agreed; by the site's own clock, 10:00"),
        (True, "no campaign calls the list old"),
    ]


def test_who_has_barred_it_and_what_does_not_run() -> None:
    prefix = Barred("+86138", "boss", datetime(2026, 11, 20, 1, tzinfo=UTC))
    assert [each.text for each in explained(centre(), replace(WELL, barred=[BARRED, prefix]))][:2] == [
        "no campaign may call it, says boss since 2026-11-20 09:00: asked us",
        "no campaign may call every number that begins with +86138, says boss since 2026-11-20 09:00",
    ]
    [*_, last] = explained(centre(), replace(WELL, states={}))
    assert last.text == "campaign plans can call them now at the earliest, and it is stopped"
    [first, *_] = explained(centre(), replace(WELL, contacts=[]))
    assert (first.stops, first.text) == (True, f"{NUMBER} is in no list")
