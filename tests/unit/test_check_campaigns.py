"""What ``ccore check`` says of campaigns: each fault once, where it stands, and what it means."""

from pathlib import Path

import pytest

from ccore.centre.centre import read_centre
from ccore.check_campaigns import check_campaigns
from ccore.config import load
from tests.support.operators import working_copy

GOOD = """
mode = "predictive"
queue = "outbound"
lists = [{ list = "spring" }]
hours = "calling"
trunks = ["local"]
script = "您好，{name}，余额{balance}元。"

[detection]
mode = "human-first"
message = "campaign-sorry"

[dispositions]
agreed = "done"

[[quotas]]
field = "city"
value = "广州"
disposition = "agreed"
most = 100
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    working_copy(tmp_path)
    (tmp_path / "dialplan/outgoing.toml").write_text("[local]\n\n[far-end]\n", encoding="utf-8")
    return tmp_path


def faults(site: Path, text: str, prompts: frozenset[str] | None = None) -> list[tuple[str, str, int]]:
    """Code, file and line of each fault, and of those of form."""
    (site / "dialplan/campaigns/own.toml").write_text(text.lstrip(), encoding="utf-8")
    config = load(site / "ccore.toml")
    found = [*read_centre(config.dialplan)[1], *check_campaigns(config, prompts)]
    return [(fault.code, fault.file.name, fault.line) for fault in found]


def test_a_good_campaign_has_none(site: Path) -> None:
    assert faults(site, GOOD, frozenset({"campaign-sorry", "campaign-beep"})) == []
    assert faults(site, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ('queue = "outbound"', 'queue = "outbond"', "CA101", 2),
        ('hours = "calling"', 'hours = "caling"', "CA102", 4),
        ('trunks = ["local"]', 'trunks = ["locale"]', "CA103", 5),
        ('message = "campaign-sorry"', 'message = "{name}"', "CA104", 10),
        ('message = "campaign-sorry"', 'message = "campain-sorry"', "CA104", 10),
        ('agreed = "done"', 'agred = "done"', "CA105", 13),
        ('agreed = "done"', 'solved = "done"', "CA105", 13),
        ('disposition = "agreed"', 'disposition = "agred"', "CA105", 15),
        ("{balance}", "{Balance}", "CA106", 6),
        ("{balance}", "{余额}", "CA106", 6),
        ("{balance}", "balance}", "CA106", 6),
        ('mode = "human-first"', 'mode = "human-first"\nfalse_positive_percent = 3', "CA107", 10),
        ('mode = "human-first"', 'mode = "off"', "CA108", 10),
        ("[dispositions]", "[attempts]\nmost = 1\nretry = { busy = { after_s = 900 } }\n[dispositions]", "CA108", 13),
        ('mode = "predictive"', 'mode = "clever"', "CAMPAIGN", 1),
        ('hours = "calling"\n', "", "CAMPAIGN", 1),
    ],
)
def test_each_fault(site: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in GOOD
    prompts = frozenset({"campaign-sorry", "campaign-beep"})
    assert faults(site, GOOD.replace(old, new, 1), prompts) == [(code, "own.toml", line)]


def test_hours_that_never_open(site: Path) -> None:
    with (site / "dialplan/hours.toml").open("a", encoding="utf-8") as file:
        file.write("\n[hours.never]\nworkdays = []\n")
    assert faults(site, GOOD.replace('"calling"', '"never"')) == [("CA102", "own.toml", 4)]


def test_a_trunk_that_nobody_has(site: Path) -> None:
    (site / "dialplan/outgoing.toml").write_text("[local]\n[far-end]\n\n[elsewhere]\n", encoding="utf-8")
    assert faults(site, GOOD) == [("CA109", "outgoing.toml", 4)]


def test_a_campaign_with_a_fault_of_form_is_left_out(site: Path) -> None:
    (site / "dialplan/campaigns/own.toml").write_text("mode = 1\n", encoding="utf-8")
    centre, _ = read_centre(site / "dialplan")
    assert set(centre.campaigns) == {"spring"}
