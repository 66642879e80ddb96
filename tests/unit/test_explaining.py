"""Why a campaign dials nobody: each gate's sentence with its figures, and the one that stops it first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore.centre.campaign import Campaign, Quota
from ccore.centre.centre import Centre, CentreFile
from ccore.centre.outgoing import Outgoing
from ccore.dialer.explanation.campaigns import Dialler, Facts, explained
from ccore.dialer.explanation.next_opening import opens_at
from ccore.dialer.explanation.standing import Stock
from ccore.dialer.explanation.words import Said
from ccore.dialer.pacing import Decision, Why
from ccore.dialer.running import CampaignState
from ccore.dialer.surroundings import Standing
from ccore.dialer.trunks.outgoing import Why as Closed
from ccore.dialer.trunks.state import Status
from ccore.hours import Calendar, Hours

CHINA = "Asia/Shanghai"
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo(CHINA))  # a Monday
CENTRE = Centre(
    {}, (), CentreFile(), {"calling": Hours(workdays=("09:10-20:00",))}, Calendar(country=""), {},
    outgoing={"far": Outgoing(most_fen_per_day=1200, most_fen_per_month=30_000, kept_for_inbound=5)},
)  # fmt: skip
FILE = {
    "mode": "predictive", "queue": "outbound", "lists": [{"list": "spring"}], "hours": "calling", "trunks": ["far"],
    "attempts": {"most": 6, "per_day": 3},
}  # fmt: skip
CAMPAIGN = Campaign.model_validate(FILE)
WHY = Why("allowance", 2, 0, 38, 70, 0.031, -1.5, 4.2, 3.9, 0.0)
DECIDED = Standing("spring", "node1", NOW, Decision(0, (), WHY), "running", 40, 0, 12, under_way={"ringing": 70})
TRUNK = Status("node1", "far", 30, 30, 12, 3, Closed.NONE, 0, 0)
WELL = Facts(
    "spring", CAMPAIGN, NOW, CampaignState("running", 3, "super", NOW - timedelta(days=1), ""),
    stocks={"spring": Stock(500, 20, NOW)}, zones=[CHINA], sample={"": 20, "not-due": 80},
    dialler=Dialler("ccore-a", True), agents={"ready": 2, "talking": 38}, trunks=[TRUNK],
    standings=[replace(DECIDED, decision=Decision(3, (), WHY))], dialled=240, answered=900, abandoned=26,
)  # fmt: skip


def stops(facts: Facts) -> list[Said]:
    return [said for said in explained(CENTRE, facts) if said.stops]


def test_nothing_stops_one_that_dials() -> None:
    assert stops(WELL) == []
    assert [(each.gate, each.text) for each in explained(CENTRE, WELL)] == [
        ("dials", "it dials: 240 numbers in the last 10 minutes"),
        ("not-due", "of 100 contacts that are next, 80 are not due yet"),
        ("agents", "agents of queue outbound: 2 ready, 38 talking"),
        ("lease", "ccore-a dials for all campaigns"),
        ("pace", "node1: 3 calls begun at the last look"),
    ]
    [idle, *_] = explained(CENTRE, replace(WELL, dialled=0))
    assert idle.text == "nothing keeps it from dialling; it has dialled nobody in the last 10 minutes"


def of(**more: Any) -> Campaign:
    return Campaign.model_validate(FILE | more)


def trunk(why: Closed, **more: Any) -> list[Status]:
    return [replace(TRUNK, why=why, **more)]


def decided(gate: str, **more: Any) -> list[Standing]:
    return [replace(DECIDED, decision=Decision(0, (), replace(WHY, gate=gate)), **more)]


STOPPED = CampaignState("stopped", 4, "boss", datetime(2026, 11, 23, 1, 30, tzinfo=UTC), "complaints")
DRAINS = CampaignState("draining", 4, "boss", datetime(2026, 11, 23, 1, 30, tzinfo=UTC), "")
GATES = {
    "never started": ({"state": None}, "state", "nobody has started it: ccore campaigns start NAME"),
    "stopped": ({"state": STOPPED}, "state", "boss has stopped it on 2026-11-23 09:30: complaints"),
    "draining": ({"state": DRAINS}, "state", "boss lets no new calls begin since 2026-11-23 09:30"),
    "its file": ({"campaign": of(trunks=[])}, "file", "its file names no trunk of outgoing.toml"),
    "over": ({"campaign": of(ends="2026-11-22")}, "file", "it has ended on 2026-11-22"),
    "not yet": ({"campaign": of(begins="2026-11-24")}, "dates", "it begins on 2026-11-24"),
    "no list": ({"stocks": {}}, "lists", "there is no list spring: ccore lists upload"),
    "all are done": ({"stocks": {"spring": Stock()}, "sample": {}}, "lists", "all contacts of its lists are done"),
    "nobody is due": (
        {"stocks": {"spring": Stock(5, 0, NOW + timedelta(hours=2))}, "sample": {"not-due": 5}}, "lists",
        "nobody is due before 2026-11-23 12:00",
    ),
    "hours": (
        {"now": NOW.replace(hour=22)}, "hours",
        f"the hours calling are closed where contacts are ({CHINA}): opens at 2026-11-24 09:10",
    ),
    "all are barred": (
        {"sample": {"do-not-call": 7}}, "do-not-call",
        "of 7 contacts that are next, 7 are not to be called (do-not-call)",
    ),
    "all were called": (
        {"sample": {"per-day": 6, "attempts": 1}}, "per-day",
        "of 7 contacts that are next, 6 were called 3 times in 24 h, by all campaigns together",
    ),
    "all had their attempts": (
        {"sample": {"attempts": 4}}, "attempts", "of 4 contacts that are next, 4 had all 6 attempts"
    ),
    "all were abandoned": (
        {"sample": {"abandoned": 2}}, "abandoned",
        "of 2 contacts that are next, 2 were abandoned less than 72 h ago",
    ),
    "no consent": (
        {"campaign": of(consent="required"), "sample": {"no-consent": 3}}, "no-consent",
        "of 3 contacts that are next, 3 have not consented to marketing",
    ),
    "quota": ({"sample": {"quota": 3}}, "quota", "of 3 contacts that are next, 3 belong to a quota that is full"),
    "owned": (
        {"sample": {"owned": 3}}, "owned",
        "of 3 contacts that are next, 3 belong to one agent, who calls them in mode preview",
    ),
    "under way": (
        {"sample": {"under-way": 1}}, "under-way", "of 1 contacts that are next, 1 are being called at this moment"
    ),
    "not before": (
        {"sample": {"not-before": 1}}, "not-before",
        "of 1 contacts that are next, 1 are not to be called before a time their list names",
    ),
    "killed": (
        {"trunks": trunk(Closed.KILLED, killed_by="boss", reason="bills")}, "trunk-killed",
        "trunk far is shut by boss: bills",
    ),
    "rests": (
        {"trunks": trunk(Closed.RESTS, rests_until=NOW + timedelta(minutes=5), reason="5 faults")}, "trunk-rests",
        "trunk far at node1 rests until 10:05: 5 faults",
    ),
    "full": (
        {"trunks": trunk(Closed.FULL, ours=30)}, "trunk-full",
        "trunk far at node1 is full: campaigns use 30 of the 30 channels they may",
    ),
    "kept for callers": (
        {"trunks": trunk(Closed.KEPT, ours=20, others=5)}, "trunk-kept-for-inbound",
        "trunk far at node1: 25 of 30 channels are in use, 5 are kept for callers",
    ),
    "day's money": (
        {"trunks": trunk(Closed.DAY_CAP, fen_today=1195)}, "trunk-day-cap",
        "trunk far has cost 11.95 yuan today, of 12.00 yuan",
    ),
    "month's money": (
        {"trunks": trunk(Closed.MONTH_CAP, fen_this_month=29_995)}, "trunk-month-cap",
        "trunk far has cost 299.95 yuan this month, of 300.00 yuan",
    ),
    "no trunk here": ({"trunks": []}, "trunk-not-here", "trunk far ends at no node, or is not in outgoing.toml"),
    "nobody signed in": ({"agents": {}}, "agents", "no agent of queue outbound is signed in"),
    "all paused": (
        {"agents": {"paused": 3, "unreachable": 1}}, "agents",
        "none of the 4 agents of queue outbound takes calls: 3 paused, 1 unreachable",
    ),
    "agents kept": (
        {"standings": decided("nobody", seats=0, kept_for_inbound=2)}, "kept-for-inbound",
        "the 2 free agents of queue outbound are kept for callers (keep_for_inbound)",
    ),
    "agents elsewhere": (
        {"standings": decided("nobody", seats=0)}, "shared",
        "the 2 free agents of queue outbound work for other campaigns now",
    ),
    "no ccore": ({"dialler": None}, "lease", "no ccore dials on this database: none runs, or none has begun yet"),
    "ccore away": (
        {"dialler": Dialler("ccore-a", False)}, "lease",
        "ccore-a, which dialled, is away, and no other ccore has taken over yet",
    ),
    "no decision": (
        {"standings": []}, "no-decision",
        "ccore-a dials, and has decided nothing for this campaign lately: its /health says more",
    ),
    "no link": ({"standings": decided("channels", linked=False)}, "link", "node1: there is no link to its Asterisk"),
    "no channel": (
        {"standings": decided("channels", free_channels=0)}, "channels",
        "node1: no channel is free, 70 calls under way",
    ),
    "most channels": (
        {"campaign": of(pacing={"most_channels": 70}), "standings": decided("channels", free_channels=0)}, "channels",
        "node1: no channel is free, 70 calls under way (most_channels is 70)",
    ),
    "nobody found": (
        {"standings": [replace(DECIDED, decision=Decision(4, (), WHY), wanted=4)]}, "nobody-due",
        "node1: 4 contacts wanted, none found who is due and may be called",
    ),
    "nobody found a moment ago": (
        {"standings": decided("channels", wanted=2)}, "nobody-due",
        "node1: 2 contacts wanted, none found who is due and may be called",
    ),
    "nobody works": ({"standings": decided("nobody")}, "nobody", "node1 waits: no agent works for it there"),
    "progressive": (
        {"standings": decided("progressive")}, "progressive",
        "node1 waits: one call for each free agent: 2 free, 38 in a call or its wrap-up, 70 calls under way, 0 answered"
        " and waiting",
    ),
    "ratio": (
        {"standings": decided("ratio")}, "ratio",
        "node1 waits: 1.5 calls for each free agent: 2 free, 70 calls under way",
    ),
    "allowance": (
        {"standings": decided("allowance")}, "allowance",
        "node1 waits: 4.2 agents will be free within 5 s (2 are now), 3.9 of 70 calls under way will be answered; one"
        " more would meet no agent with a chance above 3.1%",
    ),
    "exhausted": (
        {"standings": decided("exhausted"), "abandoned": 28}, "exhausted",
        "node1 waits: 28 of 900 who answered were abandoned, 3.11% of 3 % allowed (-1.5 calls are left): one call for"
        " each free agent, and all have one",
    ),
    "per agent": (
        {"standings": decided("per_agent")}, "per_agent",
        "node1 waits: 70 calls under way for 40 agents, 10 for each at most",
    ),
    "calls per second": (
        {"standings": decided("calls_per_s")}, "calls_per_s", "node1 waits: 10 calls a second at most"
    ),
    "not sure": (
        {"standings": decided("channels")}, "channels",
        "node1 waits: it is not sure yet whom it may call: what is under way, or who is due, is being looked at",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "gate", "text"), GATES.values(), ids=GATES)
def test_a_gate_that_stops_it_is_the_first_thing_said(changed: dict[str, Any], gate: str, text: str) -> None:
    first, *others = explained(CENTRE, replace(WELL, dialled=0, **changed))
    assert (first.gate, first.stops, first.text) == (gate, True, text)
    assert [each.stops for each in others] == sorted((each.stops for each in others), reverse=True)


NOTES = {
    "one zone is closed": (
        {"zones": [CHINA, "America/New_York"], "now": NOW}, "hours",
        "the hours calling are closed where contacts are (America/New_York): opens at 22:10",
    ),
    "a trunk of two": (
        {"campaign": of(trunks=["far", "near"])}, "trunk-not-here",
        "trunk near ends at no node, or is not in outgoing.toml",
    ),
    "a quota": (
        {"quotas": [(Quota(field="city", value="Wuhan", disposition="agreed", most=5), 5)]}, "quota",
        "quota city = Wuhan: 5 of 5 ended agreed, it is full",
    ),
    "few agents": (
        {"standings": [replace(DECIDED, decision=Decision(1, (), replace(WHY, idle=2, busy=3)))]}, "least-agents",
        "node1: 5 agents, fewer than the 10 of least_agents: nobody is called ahead",
    ),
    "events are late": (
        {"standings": [replace(DECIDED, decision=Decision(1, (), WHY), fresh=False)]}, "events",
        "node1: no event of Asterisk came for 5 s: nobody is called ahead of free agents",
    ),
    "kept": (
        {"standings": [replace(DECIDED, decision=Decision(1, (), WHY), kept_for_inbound=1)]}, "kept-for-inbound",
        "1 free agent kept for callers",
    ),
    "the gate": (
        {"refused": {"no-trunk": 4, "stopped": 1}}, "gate",
        "refused just before they were dialled, in the last 10 minutes: 4 no-trunk, 1 stopped",
    ),
    "preview": (
        {"campaign": of(mode="preview"), "dialler": None, "standings": []}, "mode",
        "mode preview: an agent who asks for a contact calls them, nobody else does",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "gate", "text"), NOTES.values(), ids=NOTES)
def test_what_does_not_stop_it_is_said_beside(changed: dict[str, Any], gate: str, text: str) -> None:
    assert stops(replace(WELL, **changed)) == []
    assert Said(gate, False, text) in explained(CENTRE, replace(WELL, **changed))


def test_the_first_gate_goes_before_the_others() -> None:
    facts = replace(WELL, state=STOPPED, now=NOW.replace(hour=22), trunks=[], agents={}, dialler=None, standings=[])
    assert [said.gate for said in stops(facts)] == ["state", "hours", "trunk-not-here", "agents", "lease"]


def test_one_that_dials_and_waits_for_a_moment_is_said_to_dial() -> None:
    facts = replace(WELL, standings=decided("allowance"))
    first, second, *_ = explained(CENTRE, facts)
    assert (first.gate, first.text) == (
        "dials",
        "it dials: 240 numbers in the last 10 minutes; at this moment it waits",
    )
    assert (second.gate, second.stops) == ("allowance", True)
    assert explained(CENTRE, replace(facts, state=STOPPED))[0].gate == "state"


def test_those_who_are_done_are_told_by_why() -> None:
    facts = replace(WELL, stocks={"spring": Stock()}, sample={}, spent={"attempts": 3, "do-not-call": 2, "": 1})
    told = "of those who are done: 1 came to a result, 3 had all their attempts, 2 are not to be called"
    assert Said("lists", False, told) in explained(CENTRE, facts)


@pytest.mark.parametrize(
    ("now", "zones", "when"),
    [
        (NOW, [CHINA], NOW),
        (NOW.replace(hour=9, minute=9), [CHINA], NOW.replace(hour=9, minute=10)),
        (NOW.replace(hour=20), [CHINA], datetime(2026, 11, 24, 9, 10, tzinfo=ZoneInfo(CHINA))),
        (datetime(2026, 11, 27, 20, 1, 30, tzinfo=ZoneInfo(CHINA)), [CHINA], NOW.replace(day=30, hour=9, minute=10)),
        (NOW, ["America/New_York", "Europe/London"], NOW.replace(hour=17, minute=10)),
    ],
)
def test_when_people_may_be_called_again(now: datetime, zones: list[str], when: datetime) -> None:
    assert opens_at(CAMPAIGN, CENTRE, zones, now) == when


def test_hours_that_never_come() -> None:
    assert opens_at(of(ends="2026-11-23"), CENTRE, [CHINA], NOW.replace(hour=21)) is None
