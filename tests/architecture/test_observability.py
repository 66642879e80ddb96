"""The dashboard and the alarms speak of metrics there are, in expressions that make sense, and say what to do."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ccore.config import Config
from ccore.shipped import shipped
from tests.support.metrics import families, ours
from tests.support.promql import FROM_SCRAPING, metrics_in

FOLDER = shipped("asterisk-docker")
BOARD: dict[str, Any] = json.loads((FOLDER / "grafana/ccore.json").read_text(encoding="utf-8"))
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus/alerts.yml").read_text(encoding="utf-8"))
SCRAPING: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
ALARMS = [rule for group in RULES["groups"] for rule in group["rules"]]
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
ROWS = [
    "Calls and orders", "Links to Asterisk", "Database and leases", "Records and spool", "Corrections and gaps",
    "Process", "Menus", "Queues", "Recordings", "Campaigns", "Text messages", "People", "Commission",
    "Selling", "Claims", "Live pages",
]  # fmt: skip

# What a label may tell. Not who called: a metric is kept for months, and read by many.
LABELS = {
    "by", "campaign", "channel", "ending", "fact", "kind", "log", "name", "node", "outcome", "product", "reason",
    "route", "state", "subscriber", "trunk", "verb", "why",
}  # fmt: skip
UNITS = ("_seconds", "_bytes")


def expressions() -> Iterator[str]:
    for panel in PANELS:
        yield from (target["expr"] for target in panel["targets"])
    yield from (annotation["expr"] for annotation in BOARD["annotations"]["list"])
    yield from (alarm["expr"] for alarm in ALARMS)


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_expression_is_sound_and_its_metrics_are_ccores(expression: str) -> None:
    assert metrics_in(expression)


@pytest.mark.parametrize(
    "wrong",
    [
        "rate(ccore_orders_total[5m]", "ccore_no_such", "sum by (nodes) (ccore_ami_up)", "ccore_ami_up{nodes='a'}",
        'ccore_ami_up{log="a"}', "ccore_orders_total > 5", "rate(ccore_orders_total)", "ccore_agi_session_seconds > 1",
        "average(ccore_ami_up)", "sum ccore_ami_up", "ccore_ami_up)", "ccore_ami_up ~ 1",
    ],
)  # fmt: skip
def test_an_unsound_expression_is_noticed(wrong: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        metrics_in(wrong)


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for panel in PANELS for target in panel["targets"] for name in metrics_in(target["expr"])}
    assert {family.name for family in ours()} - shown == set()


def test_labels_never_say_who_called() -> None:
    assert {label for family in ours() for label in family.labels} <= LABELS


def test_names_say_what_is_counted() -> None:
    for family in ours():
        assert (family.kind == "counter") is family.name.endswith("_total"), family
        assert family.kind != "histogram" or family.name.endswith(UNITS), family
        assert not re.search("_(ms|s|kb|mb|millis|count)$", family.name), family


def test_the_dashboard_has_its_rows_and_every_panel_says_what_to_do() -> None:
    assert [panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"] == ROWS
    assert BOARD["schemaVersion"] >= 39
    assert [variable["name"] for variable in BOARD["templating"]["list"]] == ["datasource", "instance", "node"]
    for panel in PANELS:
        assert len(panel["title"]) > 2
        assert len(panel["description"]) > 60, panel["title"]
        can_be_red = any(step["color"] == "red" for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"])
        assert not can_be_red or re.search("Red|Short", panel["description"]), panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


def test_panels_lie_side_by_side() -> None:
    assert max(Counter(panel["id"] for panel in BOARD["panels"]).values()) == 1
    taken = Counter(
        (x, y)
        for panel in BOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    )
    assert max(taken.values()) == 1
    assert max(x for x, _ in taken) < 24


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: str(alarm["alert"]))
def test_every_alarm_says_how_bad_it_is_and_what_to_do(alarm: dict[str, Any]) -> None:
    assert alarm.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch("([A-Z][a-z]+)+", alarm["alert"])
    assert re.fullmatch(r"\d+[smh]", alarm.get("for", "1m"))
    assert alarm["labels"]["severity"] in {"critical", "warning"}
    assert alarm["annotations"].keys() == {"name_zh", "summary", "action"}
    assert re.search("[一-鿿]{3}", alarm["annotations"]["name_zh"])
    labels = {label for name in metrics_in(alarm["expr"]) for label in families()[name].labels} | FROM_SCRAPING
    told = set(re.findall(r"\$labels\.(\w+)", alarm["annotations"]["summary"]))
    assert told <= labels
    if kept := re.search(r"by \(([\w, ]+)\)", alarm["expr"]):
        assert told <= set(kept[1].split(", ")), "the others are summed away"


def test_alarms_have_names_of_their_own() -> None:
    for key in ("alert", "expr"):
        assert max(Counter(alarm[key] for alarm in ALARMS).values()) == 1
    assert len({alarm["annotations"]["name_zh"] for alarm in ALARMS}) == len(ALARMS)


def test_the_sample_asks_where_ccore_answers_and_reads_the_alarms() -> None:
    (job,) = SCRAPING["scrape_configs"]
    assert job["job_name"] == "ccore"
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{Config().http.port}"]}]
    assert all((FOLDER / "prometheus" / name).exists() for name in SCRAPING["rule_files"])
