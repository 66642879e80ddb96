"""The files of menus: read whole, and every fault of form told with its file and line."""

from pathlib import Path

import pytest

from ccore.errors import FaultsFound
from ccore.ivr.menu import HangUp
from ccore.ivr.menus import load_menus
from ccore.shipped import shipped
from tests.support.menus import HOTLINE, written


def faults(directory: Path) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        load_menus(directory)
    return [f"{fault.file.name}:{fault.line} {fault.code} {fault.message}" for fault in found.value.faults]


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    nodes = '[main]\ndo = "menu"\nprompt = "Main"\nkeys = { 1 = "a-node" }\nkexs = 1\n\n[bye]\nprompt = "x"\n'
    written(
        tmp_path, nodes, HOTLINE + HOTLINE, hours='[hours.desk]\nworkdays = ["9-5"]\n', texts='[a-text]\nzh = "短"\n'
    )
    found = "\n".join(faults(tmp_path))
    for told in ("test.toml:3 MENU main.prompt", "test.toml:5 MENU main.kexs: unknown", "test.toml:7 MENU bye: `do`",
                 "hotlines.toml:6 MENU 10086 has a [[hotline]] before", "hours.toml:2 MENU hours.desk.workdays.0",
                 "texts.toml:1 MENU a-text.en: this key is required"):  # fmt: skip
        assert told in found


def test_a_node_of_two_files_is_a_fault(tmp_path: Path) -> None:
    written(tmp_path, '[main]\ndo = "hang-up"\n')
    (tmp_path / "menus" / "zz.toml").write_text('\n[main]\ndo = "hang-up"\n')
    assert faults(tmp_path) == ["zz.toml:2 MENU main is a node of test.toml too: give one another name"]


def test_files_that_are_not_there_are_empty(tmp_path: Path) -> None:
    menus = load_menus(tmp_path)
    assert (menus.nodes, menus.hotlines, menus.texts, menus.calendar.country) == ({}, {}, {}, "CN")


def test_places_tell_where_things_stand(tmp_path: Path) -> None:
    keys = '[main]\ndo = "menu"\nprompt = "main-menu"\n[main.keys]\n1 = "bye"\n2 = "bye"\n[bye]\ndo = "hang-up"\n'
    menus = load_menus(written(tmp_path, keys, HOTLINE + HOTLINE.replace("10086", "1001011")))
    assert menus.nodes["bye"] == HangUp(do="hang-up")
    file = tmp_path / "menus" / "test.toml"
    assert menus.place("node", "main", "keys", "2") == (file, 6)
    assert menus.place("node", "bye", "prompt") == (file, 7)  # not written: the table it would be in
    assert menus.place("hotline", "1001011", "people") == (tmp_path / "hotlines.toml", 8)
    assert menus.place("text", "nothing") == (Path(), 0)


def test_the_shipped_files_are_read() -> None:
    menus = load_menus(shipped("dialplan"))
    assert {"10086", "1001011", "1001012", "1001013"} <= set(menus.hotlines)
