"""Logs: one line for each event, in JSON or for people, and nobody's telephone number whole in any of them."""

import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from ccore.log import configure, mask_number, mask_numbers

NUMBER = "13812345678"


@contextmanager
def logging_to(file: Path, level: str) -> Iterator[None]:
    """Logs go to this file, as JSON; afterwards they go where they went before."""
    root = logging.getLogger()
    before, level_before = root.handlers[:], root.level
    logging.captureWarnings(False)  # a command run in this process may have left them captured, where pytest undid it
    configure("json", level, file)
    yield
    root.handlers[0].close()
    root.handlers[:] = before
    root.setLevel(level_before)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    with logging_to(tmp_path / "ccore.log", "debug"):
        yield tmp_path / "ccore.log"


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("02112345678", "021****5678"),
        ("12345678", "****5678"),
        ("1234567", "1*****7"),
        ("10086", "1***6"),
        ("1", "1*1"),
    ],
)
def test_a_masked_number_keeps_its_ends(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def masked(value: object, key: str = "said") -> object:
    return mask_numbers(None, "info", {key: value})[key]


@pytest.mark.parametrize(
    "said",
    [
        "{}", "from {} to 10086", "call {}.", "tel{}", "客户{}来电", "sip:{}@192.0.2.1:5060", "<tel:+86{}>",
        "/spool/{}.wav", "PJSIP/{}-00000012", "Local/{}@trunk-1;2", "Key (subscriber, nth)=(+86{}, 1) exists.",
        "0086{}", "17951{}", "%0A{}", "{}.5", "x=1.{}", "'{}'", "1763800000.12 {}", "agi_callerid: {}\nagi_x:",
        "{0}{0}",
    ],
)  # fmt: skip
def test_a_number_is_found_wherever_it_stands(said: str) -> None:
    text = str(masked(said.format(NUMBER)))
    assert NUMBER not in text
    assert "5678" in text


def test_a_number_is_found_in_whatever_is_logged() -> None:
    values: list[object] = [
        int(NUMBER), -int(NUMBER), Decimal(NUMBER), ValueError(NUMBER), Path(NUMBER), NUMBER.encode(), [NUMBER],
        (NUMBER,), {NUMBER}, {"a": {"b": [NUMBER]}}, {NUMBER: 1}, {1: NUMBER},
    ]  # fmt: skip
    for value in values:
        assert NUMBER not in str(masked(value)), value


@pytest.mark.parametrize(
    "said",
    [
        "node1!node1-1763800000.12", "PJSIP/trunk-local-00000012;1", "1763800000123456789-4321", "3f00112233445566",
        "2026-11-22T07:00:00.123456Z", "127.0.0.1:15060", "100861", "22.10.1", "0.123456",
    ],
)  # fmt: skip
def test_what_identifies_no_person_stays_readable(said: str) -> None:
    assert masked(said) == said
    assert masked(f"in {said} now") == f"in {said} now"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("call_id", "node1-1763800000.12"), ("dialled", "1008610001"), ("order_id", 1763800000123),
        ("order_id", "1763800000123"), ("commission_fen", 1763800000123), ("called_at", 1763800000.123456),
        ("started_at", 1763800000123), ("waited_ms", 1763800000123), ("behind_bytes", 12345678901),
        ("position", 12345678901), ("size", 12345678901), ("pid", 4194304), ("seconds", 0.0280000001),
        ("version", "22.10.1+dfsg+~cs6.17.60671434-1"),
        ("count", 999_999_999), ("left", 999_999_999), ("held", True), ("nothing", None),
    ],
)  # fmt: skip
def test_money_moments_and_ids_stay_readable_under_their_keys(key: str, value: object) -> None:
    assert masked(value, key) == value
    assert masked({key: value}, "parts") == {key: value}


def test_every_way_into_the_log_is_masked(log_file: Path) -> None:
    log = structlog.get_logger()
    log.info("order_placed", caller=NUMBER, call_id="node1-1763800000.12")
    try:
        raise ValueError(f"of {NUMBER}")
    except ValueError:
        log.exception("order_failed")
        logging.getLogger("library").exception("for %s", NUMBER)
    logging.getLogger("library").warning("%(number)s", {"number": NUMBER})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"about {NUMBER}", stacklevel=1)
    written = lines(log_file)
    assert len(written) == 5
    assert NUMBER not in log_file.read_text(encoding="utf-8")
    del written[0]["timestamp"]
    placed = {"event": "order_placed", "caller": "138****5678", "call_id": "node1-1763800000.12", "level": "info"}
    assert written[0] == placed
    assert "ValueError: of 138****5678" in str(written[1]["exception"])
    assert "ValueError: of 138****5678" in str(written[2]["exception"])
    assert [line["level"] for line in written] == ["info", "error", "error", "warning", "warning"]


def test_what_is_bound_to_a_call_is_on_each_of_its_lines(log_file: Path) -> None:
    with structlog.contextvars.bound_contextvars(call_id="node1-1763800000.12"):
        structlog.get_logger().info("ours")
        logging.getLogger("library").info("theirs")
    assert [line["call_id"] for line in lines(log_file)] == ["node1-1763800000.12"] * 2


def test_the_level_is_kept(tmp_path: Path) -> None:
    with logging_to(tmp_path / "ccore.log", "warning"):
        structlog.get_logger().info("unheard")
        structlog.get_logger().warning("heard")
    assert [line["event"] for line in lines(tmp_path / "ccore.log")] == ["heard"]


@pytest.mark.parametrize(("style", "as_json"), [("json", True), ("auto", True), ("console", False)])
def test_styles_on_standard_error(style: str, as_json: bool) -> None:
    program = (
        "import structlog, ccore.log\n"
        f"ccore.log.configure({style!r}, 'info')\n"
        f"try: 1 / 0\nexcept ZeroDivisionError: structlog.get_logger().exception('failed', caller='{NUMBER}')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("{") == as_json
    assert "138****5678" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert done.stdout == ""
