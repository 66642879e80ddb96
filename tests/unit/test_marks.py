"""Lines of the path log survive their way through Asterisk, and nothing else gets in with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ivr import marks
from ccore.ivr.model import Mark, State

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_ *#.", max_size=40)
STATE = State(3, "10086", "zh", "main", asked=7)


@given(st.lists(st.builds(Mark, WORDS, WORDS, WORDS, WORDS), max_size=5).map(tuple))
def test_what_is_written_is_read(written: tuple[Mark, ...]) -> None:
    assert marks.load(marks.dump(STATE, written)) == marks.Step(3, "10086", "zh", 7, written)


def test_how_it_looks() -> None:
    line = marks.dump(STATE, (Mark("main", "key", "1", "balance"), Mark("balance", "left", target="queue service")))
    assert line == "3:10086:zh:7;main:key:1:balance;balance:left::queue service"


@pytest.mark.parametrize("key", ["1;2", "a:b", "a,b", '"', "\n", "${X}", "客"])
def test_what_could_be_taken_for_more_than_itself_is_not_written(key: str) -> None:
    assert marks.dump(STATE, (Mark("main", "key", key),)).endswith(";main:key:?:")


@pytest.mark.parametrize("text", ["", "x", "3:10086:zh", "a:10086:zh:7", "3:10086:zh:7;", "3:10086:zh:7;a:b:c:d:e"])
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="no step of a walk"):
        marks.load(text)
