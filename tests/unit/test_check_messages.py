"""What ``ccore check`` says of the words of text messages: each fault once, where it stands, and what it means."""

from pathlib import Path

import pytest

from ccore.centre.centre import read_centre
from ccore.check_messages import check_messages, gateway_secrets
from ccore.config import Secrets, load
from tests.support.kannel import SECRETS
from tests.support.operators import working_copy

GOOD = """
purpose = "service"
zh = "您订购的“{product_zh}”未能开通：{reason}。"
en = "Your {product_en} could not be activated: {reason}."

[words.reason]
other = { zh = "无法办理", en = "it could not be done" }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return working_copy(tmp_path)


def faults(site: Path, text: str, name: str = "order-failed") -> list[tuple[str, str, int]]:
    """Code, file and line of each fault, and of those of form."""
    (site / f"dialplan/messages/{name}.toml").write_text(text.lstrip(), encoding="utf-8")
    config = load(site / "ccore.toml")
    found = [*read_centre(config.dialplan)[1], *check_messages(config)]
    return [(fault.code, fault.file.name, fault.line) for fault in found]


def test_what_ships_and_a_good_file_have_none(site: Path) -> None:
    assert faults(site, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ('purpose = "service"', 'purpose = "news"', "MESSAGE", 1),
        ('purpose = "service"', 'porpoise = "service"', "MESSAGE", 1),
        ('en = "Your {product_en} could not be activated: {reason}."\n', "", "MS103", 1),
        ('en = "Your {product_en} could not be activated: {reason}."', 'en = " "', "MS102", 3),
        ("{reason}。", "{raeson}。", "MS104", 2),
        ("未能开通", "未能开通" * 70, "MS106", 2),
        ("activated: ", "activated – ", "MS107", 3),
        ("[words.reason]", "[words.product_zh]", "MS108", 5),
        ('other = { zh = "无法办理", en = "it could not be done" }', 'other = { zh = "无法办理" }', "MS103", 6),
    ],
)
def test_each_fault_is_told_where_it_stands(site: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in GOOD
    assert faults(site, GOOD.replace(old, new)) == [(code, "order-failed.toml", line)]


def test_a_kind_that_nobody_sends_and_words_that_nobody_reads(site: Path) -> None:
    assert faults(site, 'zh = "x"\nen = "x"', "order-acepted") == [("MS101", "order-acepted.toml", 1)]
    (site / "dialplan/messages/order-acepted.toml").unlink()
    assert faults(site, 'zh = "x"', "menu") == [("MS105", "menu.toml", 1)]


def test_hours_of_advertising_must_be_there(site: Path) -> None:
    (site / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n[messages]\nmarketing_hours = "nights"\n')
    assert faults(site, GOOD) == []
    assert faults(site, GOOD.replace("service", "marketing")) == [("MS109", "hours.toml", 0)]


@pytest.mark.parametrize(
    ("messages", "missing"),
    [
        ("", []),
        ('gateway = "none"', []),
        ('gateway = "file"', []),
        ('gateway = "smpp"', ["smpp_password"]),
        ('gateway = "kannel"\nkannel = { url = "http://127.0.0.1:13013/cgi-bin/sendsms" }', ["messages_key"]),
    ],
)
def test_a_gateway_has_its_secrets(site: Path, messages: str, missing: list[str]) -> None:
    (site / "ccore.toml").write_text(f'[paths]\ndialplan = "dialplan"\n[messages]\n{messages}\n')
    secrets = Secrets.model_validate({name: text for name, text in SECRETS.items() if name != "messages_key"})
    found = list(gateway_secrets(load(site / "ccore.toml"), secrets))
    assert [fault.message.split(" ")[0] for fault in found] == missing


def test_a_file_of_carriers_must_be_there(site: Path) -> None:
    text = '[paths]\ndialplan = "dialplan"\n[messages.kannel]\nsmsc = "smsc.conf"\n'
    (site / "ccore.toml").write_text(text, encoding="utf-8")
    assert faults(site, GOOD) == [("CONFIG", "ccore.toml", 0)]
    (site / "smsc.conf").write_text("group = smsc\n", encoding="utf-8")
    assert faults(site, GOOD) == []
