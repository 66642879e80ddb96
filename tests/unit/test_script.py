"""Scripts of campaigns: a contact's values in the campaign's words, whatever stands in them."""

from hypothesis import given
from hypothesis import strategies as st

from ccore.dialer.script import LONGEST_VALUE, Part, filled, shown


def test_fields_are_filled_in() -> None:
    parts = list(filled("您好，{name}：{plan}，{nothing}。", {"name": "王", "plan": 7}))
    assert parts == [
        Part("您好，"), Part("王", "name"), Part("："), Part("7", "plan"), Part("，"), Part("", "nothing"), Part("。"),
    ]  # fmt: skip
    assert list(filled("", {})) == []
    assert "".join(part.text for part in filled("{Name} { name } {name", {"name": "x"})) == "{Name} { name } {name"


def test_what_nobody_sees_is_left_out() -> None:
    assert shown("a\u202eb\u200b\x1b[31m\x00c\n\ud800") == "ab[31mc\n"
    assert len(shown("x" * 9999)) == LONGEST_VALUE


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_value_is_never_read_again(before: str, value: str) -> None:
    script = before.replace("{", "") + "{name}"
    parts = list(filled(script, {"name": value, "secret": "told"}))
    assert parts[-1] == Part(shown(value), "name")
    assert "".join(part.text for part in parts[:-1]) == before.replace("{", "")
