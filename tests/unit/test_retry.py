"""When a number is called again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.centre.campaign import Campaign
from ccore.dialer.model import Outcome
from ccore.dialer.retry import BETWEEN_NUMBERS, LONGEST, UNDIALLED, next_try, others_try

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def campaign(**more: Any) -> Campaign:
    return Campaign.model_validate(
        {"queue": "outbound", "lists": [{"list": "people"}], "hours": "calling", "trunks": ["far"], **more}
    )


USUAL = campaign()


@pytest.mark.parametrize(
    ("before", "outcome", "after_s"),
    [
        ([], Outcome.NO_ANSWER, 7200),
        ([], Outcome.CANCELLED, 7200),
        ([Outcome.CANCELLED], Outcome.NO_ANSWER, 7200),
        ([Outcome.NO_ANSWER] * 3, Outcome.NO_ANSWER, None),
        ([Outcome.NO_ANSWER] * 3, Outcome.BUSY, 900),
        ([Outcome.CONGESTION], Outcome.CONGESTION, 600),
        ([Outcome.CONGESTION] * 2, Outcome.CONGESTION, 1200),
        ([], Outcome.MACHINE, 14_400),
        ([], Outcome.TALKED, None),
        ([], Outcome.INVALID, None),
        ([], Outcome.FAX, None),
        ([], Outcome.ABANDONED, None),
        ([Outcome.LOST], Outcome.LOST, None),
        ([Outcome.BUSY, Outcome.NO_ANSWER] * 2 + [Outcome.MACHINE], Outcome.BUSY, None),  # the sixth attempt
        ([Outcome.NO_ANSWER] * 20, Outcome.REFUSED, 30),
        ([], Outcome.NOT_SENT, 30),
    ],
)
def test_by_the_usual_rules(before: list[Outcome], outcome: Outcome, after_s: int | None) -> None:
    expected = None if after_s is None else NOW + timedelta(seconds=after_s)
    assert next_try(USUAL, before, outcome, NOW) == expected


def test_who_was_abandoned_is_let_be_for_as_long_as_the_campaign_says() -> None:
    rule = {"attempts": {"retry": {"abandoned": {"after_s": 3600}}}}
    assert next_try(campaign(**rule), [], Outcome.ABANDONED, NOW) == NOW + timedelta(hours=72)
    sooner = campaign(**rule, abandoned={"again_after_s": 0})
    assert next_try(sooner, [], Outcome.ABANDONED, NOW) == NOW + timedelta(hours=1)


LATER = NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("before", "outcome", "again", "others"),
    [
        (0, Outcome.NO_ANSWER, LATER, NOW + BETWEEN_NUMBERS),
        (0, Outcome.INVALID, None, NOW + BETWEEN_NUMBERS),
        (4, Outcome.MACHINE, None, NOW + BETWEEN_NUMBERS),
        (5, Outcome.BUSY, None, None),  # the sixth attempt at the contact
        (0, Outcome.TALKED, None, None),
        (0, Outcome.ABANDONED, LATER, LATER),  # they were reached, and let down
        (0, Outcome.LOST, LATER, LATER),  # perhaps they were
        (5, Outcome.REFUSED, LATER, LATER),
    ],
)
def test_other_numbers_are_called_where_nobody_was_there(
    before: int, outcome: Outcome, again: datetime | None, others: datetime | None
) -> None:
    assert others_try(USUAL, before, outcome, NOW, again) == others


def test_attempts_at_other_numbers_count_against_all_that_a_contact_may_have() -> None:
    assert next_try(USUAL, [Outcome.BUSY], Outcome.BUSY, NOW, elsewhere=3) == NOW + timedelta(seconds=900)
    assert next_try(USUAL, [Outcome.BUSY], Outcome.BUSY, NOW, elsewhere=4) is None


@given(st.lists(st.sampled_from(Outcome), max_size=60), st.sampled_from(Outcome), st.floats(1, 10), st.integers(0, 20))
def test_it_is_never_at_once_never_beyond_a_month_and_comes_to_an_end(
    before: list[Outcome], outcome: Outcome, times: float, most: int
) -> None:
    rules = {name: {"after_s": 2_592_000, "times": times, "most": most} for name in ("busy", "no-answer", "lost")}
    again = next_try(campaign(attempts={"retry": rules}), before, outcome, NOW)
    assert again is None or timedelta() < again - NOW <= LONGEST
    if len(before) >= USUAL.attempts.most and outcome not in UNDIALLED:
        assert again is None
