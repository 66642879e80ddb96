"""Where a caller is, through a channel variable and back."""

import re
from dataclasses import replace

import pytest

from ccore.ivr.model import State, Value
from ccore.ivr.states import dump, load
from ccore.packed import MOST_CHARACTERS
from ccore.prompts.kinds import Kind

REAL = State(
    12, "10086", "zh", "bill-details", walked=33, tries=1, question=2, asked=21,
    back=("main", "account", "bill"),
    values={"balance": Value(Kind.MONEY, "12350"), "pin": Value(Kind.DIGITS, "4711", secret=True),
            "name": Value(Kind.WORDS, "张三丰")},
)  # fmt: skip


def test_a_state_travels_whole() -> None:
    text = dump(REAL)
    assert load(text) == REAL
    assert re.fullmatch("[A-Za-z0-9_-]{1,300}", text)


def test_too_much_loses_the_oldest_menus_and_then_the_oldest_values() -> None:
    noise = {f"value{number}": Value(Kind.WORDS, f"{pow(7919, number * 97, 2**400):x}") for number in range(1, 16)}
    state = replace(REAL, back=tuple(f"menu-{number * 7919**5:x}" for number in range(1, 30)), values=noise)
    text = dump(state)
    assert len(text) <= MOST_CHARACTERS
    arrived = load(text)
    assert arrived.back == ()
    assert (arrived.node, list(arrived.values)[-1]) == (state.node, "value15")
    assert load(dump(replace(state, values={}))).back == state.back[-8:]


@pytest.mark.parametrize(
    "text", ["", "abc", "客户", dump(REAL)[:-4], dump(REAL)[:-6], dump(REAL)[3:], "eJyLjgUAARUAuQ", "eJwDAAAAAAE"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load(text)
