"""Which key a caller means: what was heard is compared with the words by its sounds."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ccore.hearing.matching import LEAST_SURE, Meant, Sounds, contains, likeness, meant
from ccore.hearing.sounding import language_of, sounds

WORDS: dict[str, list[Sounds]] = {
    "1": [("yu", "e"), ("hua", "fei")],
    "2": [("yu", "e", "chong", "zhi"), ("chong", "zhi")],
    "3": [("kuan", "dai", "bao", "xiu"), ("shang", "bu", "liao", "wang")],
}


@pytest.mark.parametrize(
    ("heard", "key"),
    [
        ("yu e", "1"),
        ("wo xiang cha yi xia wo de hua fei yu e", "1"),
        ("wo yao yu e chong zhi", "2"),  # it holds a word of key 1, and a longer one of its own
        ("wo jia kuan dai bao xiou", "3"),  # one sound of four is wrong
        ("kuang dai bao xiu", "3"),  # and one is alike
        ("yi e", ""),  # one of two
        ("hua fei he kuan dai bao xiu", ""),  # two wishes
        ("jin tian tian qi zen me yang", ""),
        ("", ""),
    ],
)
def test_what_is_said_means_a_key_or_none(heard: str, key: str) -> None:
    assert meant(tuple(heard.split()), WORDS).key == key


@pytest.mark.parametrize(
    ("heard", "word", "expected"),
    [("chong zhi", "chong zhi", 1.0), ("cong zi", "chong zhi", 0.6), ("xin", "xing", 0.6), ("a b", "c d", 0.0),
     ("yu x e", "yu e", 0.5), ("nao", "lao", 0.6)],
)  # fmt: skip
def test_likeness_is_the_part_of_a_word_that_was_heard(heard: str, word: str, expected: float) -> None:
    assert likeness(tuple(heard.split()), tuple(word.split())) == pytest.approx(expected)


SYLLABLES = ["yu", "e", "hua", "fei", "ren", "gong", "zhang", "dan", "bao", "xiu", "wang", "luo", "tao", "can"]
words = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=5).map(tuple)
menus = st.dictionaries(st.sampled_from("123456789"), st.lists(words, min_size=1, max_size=3), min_size=1)
# Nothing like them, whatever is confused: other initials and other ends.
noises = st.lists(st.sampled_from(["piao", "ku", "qi", "mie", "jue", "vo"]), max_size=12).map(tuple)


@settings(max_examples=50)
@given(menus, st.data())
def test_a_word_said_exactly_always_wins(menu: dict[str, list[Sounds]], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(menu)))
    word = data.draw(st.sampled_from(menu[key]))
    others = [other for name, its in menu.items() if name != key for other in its]
    assume(word not in others)  # the lint refuses that
    assert meant(word, menu) == Meant(key, 1.0)


@settings(max_examples=50)
@given(menus, noises, noises, st.data())
def test_a_word_is_found_among_others(
    menu: dict[str, list[Sounds]], before: Sounds, after: Sounds, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(menu)))
    word = data.draw(st.sampled_from(menu[key]))
    assume(not any(word in its for name, its in menu.items() if name != key))
    assert meant(before + word + after, menu).key == key


@settings(max_examples=50)
@given(menus, noises)
def test_noise_never_means_a_key(menu: dict[str, list[Sounds]], noise: Sounds) -> None:
    found = meant(noise, menu)
    assert found.key == ""
    assert found.sure < LEAST_SURE


@settings(max_examples=50)
@given(menus, st.lists(st.sampled_from(SYLLABLES), max_size=10).map(tuple))
def test_only_a_key_of_the_menu_is_meant_and_never_two_said_in_one_breath(
    menu: dict[str, list[Sounds]], heard: Sounds
) -> None:
    key = meant(heard, menu).key
    assert key in {"", *menu}
    whole = {name: [word for word in its if contains(heard, word)] for name, its in menu.items()}
    for other in (name for name in menu if key and name != key):
        for word in whole[other]:
            assert any(contains(longer, word) for longer in whole[key])


def test_words_are_chinese_or_english_by_their_letters() -> None:
    assert (language_of("查5G"), language_of("bill")) == ("zh", "en")
    assert sounds("en", "My bill, please!") == tuple("mybillplease")
