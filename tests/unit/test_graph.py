"""A hotline's picture shows every node and way, nothing over anything else; the command writes it."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from ccore.__main__ import main
from ccore.ivr.graph import Graph, graph, mermaid
from ccore.ivr.menus import load_menus
from ccore.ivr.picture import WIDTH, clipped, page, svg, wrapped
from ccore.prompts.catalogue import load_catalogue
from ccore.shipped import shipped

SVG = "{http://www.w3.org/2000/svg}"
MENUS, PROMPTS = load_menus(shipped("dialplan")), load_catalogue(shipped("dialplan"))


def drawn(number: str = "10086") -> Graph:
    return graph(MENUS, MENUS.hotlines[number], lambda name: PROMPTS[name].zh)


def attribute(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def test_every_node_a_caller_can_be_at_is_a_box_once() -> None:
    names = [box.name for box in drawn().boxes()]
    assert len(names) == len(set(names)) >= 40
    assert names[0] == "main"
    assert {"people", "balance", "bill"} <= set(names)
    assert names == [name for name in names if name in MENUS.nodes]


def test_ways_lead_to_the_next_column_or_back() -> None:
    columns = [{box.name for box in column} for column in drawn().columns]
    for number, column in enumerate(drawn().columns):
        later = set[str]().union(*columns[number + 2 :])
        assert not [row for box in column for row in box.rows if row.target in later]


def test_the_picture_is_well_formed_and_nothing_lies_over_anything() -> None:
    root = ET.fromstring(svg(drawn()))
    boxes = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "box"]
    assert len(boxes) == sum(1 for _ in drawn().boxes())
    for one, other in combinations(boxes, 2):
        apart_x = abs(attribute(one, "x") - attribute(other, "x")) >= WIDTH
        upper, lower = sorted((one, other), key=lambda box: attribute(box, "y"))
        assert apart_x or attribute(upper, "y") + attribute(upper, "height") < attribute(lower, "y")
    assert max(attribute(box, "x") + WIDTH for box in boxes) < attribute(root, "width")
    assert max(attribute(box, "y") + attribute(box, "height") for box in boxes) < attribute(root, "height")
    assert "查询话费" in "".join(root.itertext())


def test_lines_begin_and_end_at_boxes() -> None:
    root = ET.fromstring(svg(drawn()))
    lefts = {attribute(rect, "x") for rect in root.iter(f"{SVG}rect") if rect.get("class") == "box"}
    ways = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("class", "").startswith("way")]
    assert len(ways) > 40
    for way in ways:
        numbers = [float(number) for number in re.findall(r"[\d.]+", way)]
        assert numbers[0] - WIDTH in lefts
        assert numbers[-2] in lefts


def test_what_operators_write_cannot_break_the_picture() -> None:
    shown = graph(MENUS, MENUS.hotlines["10086"], lambda _: '<script>"&"</script>')
    assert "<script>" not in page(shown)
    assert "<script>" not in mermaid(shown)
    ET.fromstring(svg(shown))


@pytest.mark.parametrize("number", MENUS.hotlines)
def test_mermaid_has_every_box_and_way(number: str) -> None:
    lines = mermaid(drawn(number)).splitlines()
    assert lines[0] == "flowchart LR"
    assert f"n-{MENUS.hotlines[number].start}" in lines[1]
    known = {box.name for box in drawn(number).boxes()}
    for line in lines[2:]:
        assert re.fullmatch(r'  n-[\w-]+(\[".+"\]| (--|-\.) ".+" (-->|\.->) n-[\w-]+(\(\["[\w-]+"\]\))?)', line), line
    targets = {found[1] for line in lines if (found := re.search(r"> n-([\w-]+)$", line))}
    assert targets <= known


@pytest.mark.parametrize("text", ["", "短", "很长" * 40, "many words " * 20, "w" * 200])
def test_text_fits_its_box(text: str) -> None:
    lines = list(wrapped(text, 120, 12))
    assert len(lines) <= 2
    assert all(clipped(line.rstrip("，。…"), 120, 12) == line.rstrip("，。…") for line in lines)


@pytest.mark.parametrize("ending", ["svg", "html", "mmd"])
def test_the_command_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    file = tmp_path / f"hotline.{ending}"
    assert main(["graph", "10086", "--language", "en", "--out", str(file)]) == 0
    assert "nodes drawn" in capsys.readouterr().out
    assert "balance" in file.read_text(encoding="utf-8")


def test_the_command_says_what_it_cannot_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "10086"]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR")
    assert main(["graph", "999"]) == 2
    assert "there is: 10086" in capsys.readouterr().err
    assert main(["graph", "10086", "--out", str(tmp_path / "x.pdf")]) == 2
    assert ".svg" in capsys.readouterr().err
