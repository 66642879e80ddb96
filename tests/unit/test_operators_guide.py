"""The operators' guide tells the truth: its examples pass the check, its walks are walked, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

from ccore.__main__ import _parser, main
from ccore.check import check
from ccore.errors import Fault
from ccore.shipped import shipped
from tests.support.operators import working_copy
from tests.support.prompts import as_if_built

GUIDE = (shipped("dialplan") / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```\w+ (wrong )?(\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
WALKS = re.findall(r"^```text ccore ([^\n]+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
HOTLINE = GUIDE.partition("## Hotlines and menus")[2].partition("### Actions")[0]
Example = tuple[str, str]  # file, text


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with a configuration and a copy of the shipped dialplan, both sound."""
    return working_copy(tmp_path)


def good(part: str = GUIDE) -> list[Example]:
    return [(file, text) for wrong, file, text in EXAMPLES if not wrong and text in part and file != "ccore.toml"]


def put(site: Path, examples: list[Example]) -> None:
    for file, text in examples:
        with (site / "dialplan" / file).open("a", encoding="utf-8") as opened:
            opened.write("\n" + text)
    as_if_built(site / "dialplan")


def faults(site: Path) -> list[Fault]:
    """Those of the check, without what `ccore prompts build` mends: the guide says to run it."""
    return [fault for fault in check(site / "ccore.toml") if "has no sound" not in fault.message]


def test_the_examples_are_sound(site: Path) -> None:
    assert len(good()) >= 12
    put(site, good())
    (own,) = (text for _, file, text in EXAMPLES if file == "ccore.toml")
    (site / "ccore.toml").write_text(own, encoding="utf-8")
    assert faults(site) == []


def test_a_hotline_needs_each_of_its_places(tmp_path: Path) -> None:
    examples = good(HOTLINE)
    missed: dict[str, set[str]] = {}
    for number, (file, text) in enumerate(examples):
        again = working_copy(tmp_path / str(number))
        put(again, [example for example in examples if example != (file, text)])
        missed[file.partition("/")[0]] = {fault.code for fault in faults(again)}
    assert missed == {
        "numbers.toml": {"NP202", "IV509"},
        "extensions.d": {"NP201", "IV509"},
        "hotlines.toml": {"IV102", "IV510"},
        "menus": {"IV101"},
        "hours.toml": {"IV504"},
        "prompts": {"IV301"},
    }


def test_the_wrong_example_gives_the_fault_the_guide_shows(site: Path) -> None:
    [(file, text)] = [(file, text) for wrong, file, text in EXAMPLES if wrong]
    (site / "dialplan" / file).write_text(text, encoding="utf-8")
    [fault] = faults(site)
    shown = str(Fault(fault.file.relative_to(site / "dialplan"), fault.line, fault.code, fault.message))
    assert f"\n{shown}\n" in GUIDE


@pytest.mark.parametrize(("command", "shown"), WALKS)
def test_walks_go_as_the_guide_shows(site: Path, capsys: pytest.CaptureFixture[str], command: str, shown: str) -> None:
    put(site, good())
    assert main(["--config", str(site / "ccore.toml"), *shlex.split(command)]) == 0
    assert capsys.readouterr().out == shown


def test_every_command_it_names_is_one() -> None:
    lines = re.findall(r"`ccore ([a-z]+[^`…]*)`", GUIDE)
    assert len(lines) > 5
    words = {"HOTLINE": "10086", "FILE": "x.svg", "FILE.csv": "x.csv", "NAME": "x", "NUMBER": "1"}
    for line in lines:
        arguments = [words.get(word, word) for word in shlex.split(line)]
        if len(arguments) > 1:
            _parser(arguments).parse_args(arguments)


def test_links_within_the_guide_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
                for line in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)}  # fmt: skip
    assert set(re.findall(r"\]\(#([\w-]+)\)", GUIDE)) <= headings
