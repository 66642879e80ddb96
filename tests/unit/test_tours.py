"""The tours through the big hotline of the tests leave nothing out: the walks on Asterisk show all that they say."""

import pytest

from ccore.ivr.menu import CONVENTIONS, Ask, Menu, Survey
from ccore.ivr.menus import Menus
from ccore.ivr.model import Prompt
from tests.support import big_hotline
from tests.support.big_hotline import ASKED, answered
from tests.support.menus import FACTS
from tests.support.tours import Tour, tours

ZH = "10086"


@pytest.fixture(scope="module")
def menus(tmp_path_factory: pytest.TempPathFactory) -> Menus:
    return big_hotline.write(tmp_path_factory.mktemp("big") / "plan", "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def all_tours(menus: Menus) -> list[Tour]:
    return tours(menus, ZH, FACTS, answered, ASKED)


def test_the_hotline_is_as_big_as_it_is_called(menus: Menus) -> None:
    assert len(menus.nodes) == 40
    assert "menu-1111" in menus.nodes, "main, menu-1, menu-11, menu-111, menu-1111: the fifth level"
    actions = {node.do for node in menus.nodes.values()}
    assert actions == {"menu", "say", "ask", "choose", "queue", "order", "look-up", "call-back", "survey", "text",
                       "language", "hang-up"}  # fmt: skip


def test_every_key_silence_and_a_wrong_key_at_every_menu_in_both_languages(menus: Menus, all_tours: list[Tour]) -> None:
    keyed = {(turn.parts[0][0], turn.node, turn.keys) for tour in all_tours for turn in tour.turns}
    for name, node in menus.nodes.items():
        if isinstance(node, Menu):
            keys = {*node.keys, *(CONVENTIONS if node.conventions else ()), ""}
            for language in ("zh", "en"):
                there = {key for where, at, key in keyed if (where, at) == (language, name)}
                assert there >= keys, (language, name)
                assert len(there) == len(keys) + 1, "one that means nothing"


def test_every_answer_at_every_question(menus: Menus, all_tours: list[Tour]) -> None:
    keyed = {(turn.node, turn.keys) for tour in all_tours for turn in tour.turns}
    for name, node in menus.nodes.items():
        if isinstance(node, Ask):
            assert {(name, keys) for keys in (*ASKED[name], "")} <= keyed
        if isinstance(node, Survey):
            assert {(name, keys) for keys in ("0", "1", "5", "6", "")} <= keyed


def test_every_prompt_that_is_written_is_heard_in_both_languages(menus: Menus, all_tours: list[Tour]) -> None:
    heard = {
        (language, part.name)
        for tour in all_tours
        for turn in tour.turns
        for language, part in (*turn.first, *turn.parts, *tour.last)
        if isinstance(part, Prompt)
    }
    written = {part for node in menus.nodes.values() for part in getattr(node, "prompt", ()) if part[0] != "{"}
    defaults = {"key-invalid", "key-missing", "digits-invalid", "survey-thanks", "welcome"}
    silent = {(language, name) for language in ("zh", "en") for name in written | defaults} - heard
    assert silent == {("zh", "same-en")}, "which is for callers in English"


def test_a_way_that_no_tour_can_take_is_a_fault_of_the_tours(menus: Menus) -> None:
    with pytest.raises(KeyError):
        tours(menus, ZH, FACTS, answered, {})
