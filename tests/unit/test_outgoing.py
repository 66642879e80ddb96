"""Which trunk a call goes by, when a trunk rests, what a call costs, and what causes say."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.calls.model import Channel
from ccore.centre.outgoing import Code, Outgoing, Rest
from ccore.dialer.model import Outcome
from ccore.dialer.trunks.causes import Q850, SIP, meaning
from ccore.dialer.trunks.failing import Failing, Rested
from ccore.dialer.trunks.outgoing import Usage, Way, Why, caller_id, choose, fen, free, may_start, room, written
from ccore.dialer.trunks.state import count
from ccore.nodes import E1Trunk, SipTrunk
from ccore.pbx.campaign_trunk import dialplan, trunk_of
from ccore.pbx.transfers import used

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)
NAMES = ("a", "a-b", "c")


def way(name: str = "a", channels: int = 30, **settings: Any) -> Way:
    return Way(name, channels, Outgoing.model_validate(settings))


def ways(*each: Way) -> Mapping[str, Way]:
    return {one.name: one for one in each}


usages = st.builds(
    Usage,
    ours=st.integers(0, 40),
    others=st.integers(0, 40),
    tokens=st.floats(0, 10),
    killed=st.booleans(),
    rests_until=st.none() | st.sampled_from([NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1)]),
    fen_today=st.integers(0, 2000),
    fen_this_month=st.integers(0, 5000),
)
settings = st.builds(
    Outgoing,
    channels=st.none() | st.integers(1, 40),
    kept_for_inbound=st.integers(0, 40),
    priority=st.integers(0, 3),
    fen_per_call=st.integers(0, 50),
    fen_per_minute=st.integers(0, 50),
    most_fen_per_day=st.none() | st.integers(0, 2000),
    most_fen_per_month=st.none() | st.integers(0, 5000),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, settings)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, usages)),
    st.integers(1, 60),
)
def test_a_chosen_trunk_is_open_and_has_a_channel_a_token_and_money_left(
    told: Mapping[str, Outgoing], used: Mapping[str, Usage], channels: int
) -> None:
    there = {name: Way(name, channels, each) for name, each in told.items()}
    choice = choose(NAMES, there, used, NOW)
    able = {name for name in NAMES if choice.why[name] is Why.NONE}
    assert (choice.trunk in able) if able else choice.trunk is None
    assert (may_start(NAMES, there, used, NOW) > 0) == bool(able)
    assert free(NAMES, there, used, NOW) >= may_start(NAMES, there, used, NOW)
    for name in able:
        usage, each = used[name], told[name]
        assert not usage.killed
        assert usage.rests_until is None or usage.rests_until <= NOW
        assert usage.ours < min(each.channels or channels, channels)
        assert usage.ours + usage.others + each.kept_for_inbound < channels
        assert usage.tokens >= 1
        minute = each.fen_per_call + each.fen_per_minute
        for cap, spent in ((each.most_fen_per_day, usage.fen_today), (each.most_fen_per_month, usage.fen_this_month)):
            assert cap is None or (spent + minute <= cap and (minute or spent < cap))
    best = max((told[name].priority for name in able), default=0)
    assert choice.trunk is None or told[choice.trunk].priority == best


@given(settings, usages, st.integers(1, 60))
def test_so_many_calls_as_have_room_may_begin_and_not_one_more(told: Outgoing, used: Usage, channels: int) -> None:
    there, begun = Way("a", channels, told), 0
    usage, cost = used, told.fen_per_call + told.fen_per_minute
    while room(there, usage, NOW).calls > 0 and begun < 100:
        begun += 1
        usage = Usage(
            usage.ours + 1, usage.others, 1, usage.killed, usage.rests_until,
            usage.fen_today + cost, usage.fen_this_month + cost,
        )  # fmt: skip
    assert begun == max(room(there, used, NOW).calls, 0)


def test_of_equal_trunks_the_least_used_one_for_its_size_is_chosen() -> None:
    there = ways(way("a", 30), way("a-b", 60), way("c", 30, priority=5))
    used = {"a": Usage(ours=9), "a-b": Usage(ours=10, others=5), "c": Usage(killed=True)}
    assert choose(NAMES, there, used, NOW).trunk == "a-b"
    assert choose(NAMES, there, {**used, "c": Usage(ours=29)}, NOW).trunk == "c", "a higher priority goes first"
    assert choose(("c", "elsewhere"), there, used, NOW).why == {"c": Why.KILLED, "elsewhere": Why.NOT_HERE}


@pytest.mark.parametrize(
    ("seconds", "cost"), [(0, 10), (0.1, 19), (59.9, 19), (60, 19), (60.1, 28), (600, 100), (601, 109)]
)
def test_each_minute_begun_counts_whole(seconds: float, cost: int) -> None:
    assert fen(Outgoing(fen_per_call=10, fen_per_minute=9), seconds) == cost


@pytest.mark.parametrize(
    ("settings", "number", "dialled"),
    [
        ({}, "+8613812345678", "13812345678"),
        ({}, "+862088886666", "02088886666"),
        ({"prefix": "9"}, "+8613812345678", "913812345678"),
        ({"form": "e164"}, "+8613812345678", "+8613812345678"),
        ({"form": "00"}, "+8613812345678", "008613812345678"),
        ({"form": "00", "prefix": "17951"}, "+85291234567", "179510085291234567"),
    ],
)
def test_numbers_are_written_as_the_trunk_wants_them(settings: Any, number: str, dialled: str) -> None:
    assert written(Outgoing.model_validate(settings), number) == dialled


def test_the_caller_is_of_the_region_called_or_each_number_in_its_turn() -> None:
    shown = {"caller_ids": ["1001", "1002"], "caller_ids_for": {"+862": "2000", "+8621": "2100"}}
    told = Outgoing.model_validate(shown)
    assert [caller_id(told, "+8613812345678", attempt) for attempt in range(4)] == ["1001", "1002", "1001", "1002"]
    assert {caller_id(told, "+862188886666", attempt) for attempt in range(4)} == {"2100"}
    assert caller_id(told, "+862088886666", 1) == "2000"
    assert caller_id(Outgoing(), "+862088886666", 1) == ""


@pytest.mark.parametrize(
    ("told", "outcome", "fault"),
    [
        ((17, 486, "BUSY"), Outcome.BUSY, False),
        ((19, 480, "NOANSWER"), Outcome.NO_ANSWER, False),
        ((1, 404, "CHANUNAVAIL"), Outcome.INVALID, False),
        ((34, 503, "CONGESTION"), Outcome.CONGESTION, True),
        ((38, 500, "CONGESTION"), Outcome.CONGESTION, True),
        ((21, 403, "CHANUNAVAIL"), Outcome.CONGESTION, True),  # by the carrier …
        ((21, 603, "CHANUNAVAIL"), Outcome.BUSY, False),  # … and by whom we called
        ((18, 408, "CHANUNAVAIL"), Outcome.CONGESTION, True),  # nobody is at the other end of the trunk …
        ((18, 0, "NOANSWER"), Outcome.NO_ANSWER, False),  # … and an exchange says that nobody answers
        ((1, 503, "CONGESTION"), Outcome.INVALID, False),  # a cause of the network says more than its status
        ((20, 0, "CHANUNAVAIL"), Outcome.NO_ANSWER, False),  # E1
        ((44, 0, "CONGESTION"), Outcome.CONGESTION, True),
        ((0, 0, "NOANSWER"), Outcome.NO_ANSWER, False),  # we rang as long as we wanted
        ((127, 487, "NOANSWER"), Outcome.NO_ANSWER, False),
        ((16, 0, "NOANSWER"), Outcome.NO_ANSWER, False),
        ((0, 0, "CHANUNAVAIL"), Outcome.CONGESTION, True),
        ((127, 499, "CHANUNAVAIL"), Outcome.CONGESTION, True),  # in no table
        ((34, 599, "CONGESTION"), Outcome.CONGESTION, True),
        ((0, 0, "FULL"), Outcome.CONGESTION, False),  # our own limit is nobody's fault
        ((17, 486, "CANCEL"), Outcome.CANCELLED, False),
        ((0, 0, ""), Outcome.LOST, False),
    ],
)
def test_what_a_cause_says(told: tuple[int, int, str], outcome: Outcome, fault: bool) -> None:
    found = meaning(*told)
    assert (found.outcome, found.trunk_fault) == (outcome, fault)


def test_a_carrier_may_mean_something_else() -> None:
    said = {"sip-480": Code(outcome="invalid", retry=False), "q850-34": Code(outcome="busy", retry=True)}
    assert meaning(19, 480, "NOANSWER", said).outcome is Outcome.INVALID
    assert meaning(34, 503, "CONGESTION", said).outcome is Outcome.CONGESTION, "the status is what came"
    assert meaning(34, 0, "CONGESTION", said).outcome is Outcome.BUSY
    assert meaning(17, 486, "BUSY", said).outcome is Outcome.BUSY


@pytest.mark.parametrize("table", [Q850, SIP])
def test_what_is_a_fault_of_the_trunk_is_congestion_and_the_number_may_be_called_again(table: Any) -> None:
    for code, each in table.items():
        assert not each.trunk_fault or (each.outcome is Outcome.CONGESTION and each.retry), code
        assert each.outcome is not Outcome.INVALID or not each.retry, code


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def test_a_trunk_rests_after_faults_in_a_row_and_a_call_that_comes_off_begins_anew() -> None:
    failing, rest = Failing(), Rest(in_a_row=3, for_s=30, times=2, most_s=100)
    assert [failing.failed(seconds(at), rest, None) for at in (0, 1)] == [None, None]
    failing.came_off()
    assert [failing.failed(seconds(at), rest, None) for at in (2, 3)] == [None, None]
    first = failing.failed(seconds(4), rest, None)
    assert first == Rested(seconds(4), seconds(34), 1, "3 faults in a row")
    assert failing.failed(seconds(5), rest, first) is None, "it was called before the rest began"
    second = failing.failed(seconds(40), rest, first)
    assert second == Rested(seconds(40), seconds(100), 2, "it failed again after its rest")
    third = failing.failed(seconds(100), rest, second)
    assert third is not None
    assert third.until == seconds(200), "never longer than most_s"


def test_a_trunk_rests_after_so_many_faults_within_a_while() -> None:
    failing, rest = Failing(), Rest(in_a_row=1000, faults=3, within_s=10)
    for at in (0, 6, 11):
        assert failing.failed(seconds(at), rest, None) is None
        failing.came_off()
    found = failing.failed(seconds(12), rest, None)
    assert found is not None
    assert found.reason == "3 faults within 10 s"


TRUNKS: Mapping[str, SipTrunk | E1Trunk] = {
    "a": SipTrunk(kind="sip", peers=[IPv4Network("192.0.2.1/32")], channels=40),
    "a-b": SipTrunk(kind="sip", peers=[IPv4Network("192.0.2.2/32")]),
    "span": E1Trunk(kind="e1", span=2),
}


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [
        ("PJSIP/trunk-a-0000001f", "a"),
        ("PJSIP/trunk-a-b-0000001f", "a-b"),
        ("DAHDI/i2/13812345678-1f", "span"),
        ("DAHDI/i1/13812345678-1f", None),
        ("PJSIP/trunk-gone-0000001f", None),
        ("PJSIP/phone-2001-0000001f", None),
        ("Local/17@campaign-dial-0000001f;2", None),
    ],
)
def test_a_channel_is_of_the_trunk_its_name_says(channel: str, trunk: str | None) -> None:
    assert trunk_of(channel, TRUNKS) == trunk


def test_channels_are_counted_for_campaigns_or_for_others() -> None:
    calls = {
        "PJSIP/trunk-a-0001": "attempt-1",
        "PJSIP/trunk-a-0002": "node1-1.1",
        "Local/1@campaign-dial-1;2": "attempt-1",
    }
    there = [
        Channel(str(number), name.replace("-000", "-0000000"), call, "Up", NOW)
        for number, (name, call) in enumerate(calls.items())
    ]
    assert {name: dict(each) for name, each in count(there, TRUNKS).items()} == {"a": {True: 1, False: 1}}


def test_each_trunk_has_its_line_of_dialplan_and_its_limit() -> None:
    told = {"a": Outgoing(kept_for_inbound=4), "span": Outgoing(), "elsewhere": Outgoing()}
    made = dialplan(told, TRUNKS)
    options = "${CCORE_RING_S},b(campaign-trunk-line^s^1)G(campaign-answered^s^1)"
    assert f"Dial(PJSIP/${{CCORE_OUTSIDE}}@trunk-a,{options})" in made
    assert f"Dial(DAHDI/g2/${{CCORE_OUTSIDE}},{options})" in made
    assert made.count("@trunk-") + made.count("DAHDI/") == 4, (
        "for campaigns and agents; none for a trunk of another node"
    )
    assert f"[{used('a')} > 36]" in made
    assert f"[{used('span')} > 30]" in made
