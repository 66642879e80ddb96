"""Faults of queues, phones and the centre: each is told on its line, with its code."""

import re
from pathlib import Path

import pytest

from ccore.check import check
from ccore.check_centre import check_centre
from ccore.config import load
from ccore.ordering.number import load_plan
from tests.support.operators import working_copy

SALES = "queues/sales.toml"
BROKEN = [
    (SALES, "wants = { sales = 5 }", "wants = { seling = 5 }", "QU101"),
    (SALES, "wants = { sales = 1 } }", "wants = { seling = 1 } }", "QU101"),
    (SALES, 'en = "english"\n', 'en = "englisch"\n', "QU101"),
    (SALES, "best_first = true", 'hours = "never"', "QU102"),
    (SALES, 'prompts = "queue-comfort"', 'prompts = "queue-comfrot"', "QU103"),
    (SALES, 'prompt = "queue-offer"', 'prompt = "queue-ofer"', "QU103"),
    ("prompts/queue.toml", "[queue-place-is]", "[queue-place]", "QU103"),
    (SALES, '2 = "voicemail"', '2 = "text"', "QU104"),
    (SALES, '2 = "voicemail" }', '2 = "text" }\ntext = "nothing"', "QU104"),
    (SALES, "best_first = true", 'dispositions = ["sold"]', "QU105"),
    (SALES, 'to = "service"', 'to = "servcie"', "QU106"),
    ("queues/service.toml", "[languages]", '[[overflow]]\nafter_s = 60\nto = "sales"\n[languages]', "QU107"),
    (SALES, "after_s = 60, wants = { sales = 1 }", "after_s = 60, wants = { sales = 5 }", "QU111"),
    (SALES, "after_s = 60, wants = { sales = 1 }", "after_s = 1200, wants = { sales = 1 }", "QU111"),
    (SALES, "after_s = 180", "after_s = 1200", "QU111"),
    (SALES, "best_first = true", "equal_after_s = 900", "QU111"),
    ("centre.toml", "volume_percent = 150", "volume_percent = 110", "QU111"),
    (SALES, 'prompt = "queue-offer"', 'prompt = ["queue-offer-short", "queue-comfort"]', "QU112"),
    (SALES, 'prompts = "queue-comfort"', 'prompts = "{balance}"', "QU112"),
    ("phones.toml", 'first = "3001"', 'first = "2050"', "QU109"),
    ("phones.toml", 'first = "2001"', 'first = "20001"', "QUEUE"),
    ("phones.toml", 'kind = "browser"', 'kind = "browser"\nnodes = ["elsewhere"]', "QU114"),
    ("centre.toml", "[skill.sales]", 'outside_trunk = "elsewhere"\n[skill.sales]', "QU114"),
    (SALES, "[languages]", '[call_back]\ntrunk = "elsewhere"\n[languages]', "QU114"),
    (SALES, "[languages]", "capasity = 5\n[languages]", "QUEUE"),
    (SALES, "after_s = 60", "after_s = 0", "QUEUE"),
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with a configuration and a copy of the shipped dialplan, both sound."""
    return working_copy(tmp_path)


def found(site: Path) -> list[tuple[str, int, str]]:
    return [(fault.file.name, fault.line, fault.code) for fault in check(site / "ccore.toml")]


def found_alone(site: Path) -> list[tuple[str, int, str]]:
    """The faults of the centre's own files: what else is checked takes ten times as long."""
    prompts = "".join(path.read_text(encoding="utf-8") for path in (site / "dialplan/prompts").glob("*.toml"))
    names = re.findall(r"^\[([a-z0-9-]+)\]", prompts, re.MULTILINE)
    faults = check_centre(load(site / "ccore.toml"), load_plan(site / "dialplan"), names)
    return [(fault.file.name, fault.line, fault.code) for fault in sorted(faults)]


def changed(site: Path, file: str, old: str, new: str) -> str:
    path = site / "dialplan" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the shipped file has changed: change this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path.name


@pytest.mark.parametrize(("file", "old", "new", "code"), BROKEN)
def test_a_slip_is_told_with_its_code_and_a_line(site: Path, file: str, old: str, new: str, code: str) -> None:
    changed(site, file, old, new)
    faults = [(name, line) for name, line, told in found_alone(site) if told == code]
    assert faults
    assert all(line > 0 for name, line in faults if name != "queues")


def test_a_fault_stands_on_its_own_line(site: Path) -> None:
    changed(site, SALES, 'to = "service"', 'to = "servcie"')
    text = (site / "dialplan" / SALES).read_text(encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "servcie" in each)
    assert found_alone(site) == [("sales.toml", line, "QU106")]


@pytest.mark.parametrize("name", ["sales-en", "sales-aged", "ccore-own"])
def test_a_queue_must_not_have_the_name_of_a_line(site: Path, name: str) -> None:
    (site / f"dialplan/queues/{name}.toml").write_text("", encoding="utf-8")
    assert found_alone(site) == [(f"{name}.toml", 1, "QU108")]


def test_a_phone_must_not_have_a_number_that_callers_dial(site: Path) -> None:
    with (site / "ccore.toml").open("a", encoding="utf-8") as file:
        file.write('[ordering]\ninternal_extensions = "3..."\n')
    assert found_alone(site) == [("phones.toml", 4, "QU110")]


def test_without_the_queue_service_nobody_is_there_for_a_failure(site: Path) -> None:
    (site / "dialplan/queues/service.toml").unlink()
    assert "QU106" in {code for _, _, code in found_alone(site)}


def test_menus_may_name_the_queues_there_are_and_no_others(site: Path) -> None:
    menus = site / "dialplan/menus/main.toml"
    menus.write_text(menus.read_text(encoding="utf-8") + '\n[xx]\ndo = "queue"\nqueue = "sales"\n', encoding="utf-8")
    before = found(site)
    menus.write_text(menus.read_text(encoding="utf-8").replace('"sales"', '"sails"'), encoding="utf-8")
    assert {code for _, _, code in set(found(site)) - set(before)} == {"IV505"}


def test_a_site_without_queue_files_has_people_all_the_same(site: Path) -> None:
    for kind in ("queues", "campaigns"):  # which name queues
        for path in (site / "dialplan" / kind).iterdir():
            path.unlink()
    assert found(site) == []
