"""``ccore simulate``: its table, its JSON, its picture, and what it says to those who ask for what is not there."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ccore.config import Config
from ccore.dialer.simulation import Journal, run
from ccore.dialer.simulation.baselines import FixedRatio, Progressive
from ccore.dialer.simulation.log import lines
from ccore.dialer.simulation.picture import svg
from ccore.errors import FaultsFound
from tests.support.commands import Run, running
from tests.support.paced import small

SMALL = 'title = "small"\nagents = 8\nhours = 0.1\nseeds = [1, 2]\n'
NUMBER = re.compile(r"-?\d+\.\d+|-|\d+")


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> Run:
    return running(Config(), capsys, "simulate")


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "mine.toml"
    file.write_text(SMALL, encoding="utf-8")
    return str(file)


async def test_the_shipped_scenarios_are_listed(simulate: Run) -> None:
    code, said = await simulate("--list")
    assert code == 0
    assert len(said) == 13
    assert any(line.startswith("a20-steady") and "20 agents" in line for line in said)


async def test_every_pacer_has_its_row(simulate: Run, scenario: str, tmp_path: Path) -> None:
    figures, picture = tmp_path / "figures.json", tmp_path / "picture.svg"
    code, said = await simulate(scenario, "--json", str(figures), "--picture", str(picture))
    assert code == 0
    assert said[0] == "small: 8 agents, 0.1 h, limit 3.0%, seeds 1, 2"
    assert [line.split()[0] for line in said[2:]] == [
        "manual", "progressive", "ratio", "adaptive", "predictive", "oracle",
    ]  # fmt: skip
    rows = {line.split()[0]: line.split()[1:] for line in said[2:]}
    assert all(len(row) == 11 and all(NUMBER.fullmatch(cell) for cell in row) for row in rows.values())
    assert rows["manual"][7:9] == ["1.00", "-"]
    assert rows["progressive"][8] == "1.00"
    data = json.loads(figures.read_text(encoding="utf-8"))
    pacers = {each["pacer"]: each for each in data["pacers"]}
    assert rows["ratio"][0] == f"{100 * pacers['ratio']['utilisation']:.1f}"
    assert len(pacers["oracle"]["runs"]) == 2
    assert pacers["oracle"]["times_manual"] > pacers["progressive"]["times_manual"] > 1
    assert ET.fromstring(picture.read_text(encoding="utf-8")).tag.endswith("svg")


async def test_a_png_is_drawn_by_the_converter_if_it_is_there(
    simulate: Run, scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, arguments = tmp_path / "picture.png", ("--pacers", "progressive", "--seeds", "1", "--picture")
    if shutil.which("rsvg-convert"):
        code, _ = await simulate(scenario, *arguments, str(picture))
        assert code == 0
        assert picture.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = await simulate(scenario, *arguments, str(picture))
    assert code == 1
    assert said[-1].startswith("progressive")  # the table was not for nothing


async def test_the_scenario_is_changed_as_asked(simulate: Run, scenario: str) -> None:
    code, said = await simulate(
        scenario, "--pacers", "ratio=2,progressive", "--seeds", "3-4,7", "--agents", "+3", "--limit", "2%"
    )
    assert code == 0
    assert said[0] == "small: 11 agents, 0.1 h, limit 2.0%, seeds 3, 4, 7"
    assert [line.split()[0] for line in said[2:]] == ["progressive", "ratio=2"]
    for agents, found in (("-3", 5), ("9", 9)):
        _, said = await simulate(scenario, "--pacers", "progressive", "--seeds", "1", "--agents", agents)
        assert said[0] == f"small: {found} agents, 0.1 h, limit 3.0%, seed 1"


async def test_json_alone_can_be_piped(simulate: Run, scenario: str) -> None:
    code, said = await simulate(scenario, "--pacers", "progressive", "--json", "-")
    assert code == 0
    assert json.loads("\n".join(said))["seeds"] == [1, 2]


async def test_a_real_campaign_is_replayed(simulate: Run, tmp_path: Path) -> None:
    journal = Journal(small(agents=10, hours=0.5), 1_790_000_000.0)
    run(small(agents=10, hours=0.5), 1, FixedRatio(2.5), journal=journal)
    file = tmp_path / "june.jsonl"
    file.write_text("\n".join(lines(journal.rows)), encoding="utf-8")
    code, said = await simulate("--campaign", str(file), "--agents", "+10", "--pacers", "progressive", "--seeds", "1")
    assert code == 0
    assert said[0] == "small, replayed: 20 agents, 0.5 h, limit 3.0%, seed 1"
    assert float(said[2].split()[1]) > 40


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a21-steady",),
        ("a20-steady", "--campaign", "june.jsonl"),
        ("a20-steady", "--pacers", "quick"),
        ("a20-steady", "--pacers", "ratio=0"),
        ("a20-steady", "--pacers", "progressive=2"),
        ("a20-steady", "--pacers", "ratio=x"),
        ("a20-steady", "--seeds", "1-"),
        ("a20-steady", "--seeds", "1-500"),
        ("a20-steady", "--agents", "many"),
        ("a20-steady", "--agents", "-20"),
        ("a20-steady", "--limit", "0%"),
        ("a20-steady", "--picture", "a20.pdf"),
    ],
)
async def test_what_makes_no_sense_is_said(simulate: Run, arguments: tuple[str, ...]) -> None:
    assert await simulate(*arguments) == (2, [])


async def test_a_file_that_is_not_there_is_a_fault(simulate: Run, tmp_path: Path) -> None:
    with pytest.raises(FaultsFound, match="cannot be read"):
        await simulate(str(tmp_path / "none.toml"))
    with pytest.raises(FaultsFound, match="cannot be read"):
        await simulate("--campaign", str(tmp_path / "none.jsonl"))


def test_the_picture_holds_all_panels_of_each_pacer() -> None:
    scenario = small(hours=1.0)
    runs = {name: run(scenario, 1, pacer) for name, pacer in (("a<b", FixedRatio(4.0)), ("one", Progressive()))}
    drawn = ET.fromstring(svg("Tom & Jerry", runs, 0.03))
    texts = ["".join(text.itertext()) for text in drawn.iter() if text.tag.endswith("text")]
    assert texts[0] == "Tom & Jerry"
    assert any(text.startswith("a<b: ") for text in texts)
    paths = [path.attrib["d"] for path in drawn.iter() if path.tag.endswith("path")]
    assert len(paths) == 2 * (4 + 1 + 2 + 1)  # states, ringing, two rates, pace
    width, height = (float(drawn.attrib[side]) for side in ("width", "height"))
    for path in paths:
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+|-?\d+", path)]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])
