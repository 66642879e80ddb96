"""What is stored and what is not: files that are whole, chains of proof, ranges, keys."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ccore.archive import Recording
from ccore.config import Secrets, load, load_secrets, make_secrets
from ccore.recording.finalise import AROUND_MS, Job, Pause, object_name, silences, tolerance_ms, why_not_whole
from ccore.recording.proof import BEGINNING, Erasure, faults, sealed
from ccore.site_keys import key_bytes, new_key
from ccore.tomlfile import parse
from ccore.web.ranges import Range, asked

SECOND = 32000  # bytes of sln16
JOB = Job(
    7, "d/c_1-rx.sln16", "d/c_1-tx.sln16", "sln16", 60 * SECOND, 60 * SECOND, 60_000, False, "flac", "local", "o", ""
)
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


def test_whole_files_are_whole() -> None:
    assert why_not_whole(JOB, 60 * SECOND, 60 * SECOND) == ""
    unmeasured = dataclasses.replace(JOB, rx_bytes=None, tx_bytes=None, wall_ms=None)
    assert why_not_whole(unmeasured, 61 * SECOND, 60 * SECOND) == ""


@pytest.mark.parametrize(
    ("rx", "tx", "change", "why"),
    [
        (None, 60 * SECOND, {}, "rx.sln16 is missing"),
        (60 * SECOND, None, {}, "tx.sln16 is missing"),
        (None, None, {}, "no sound"),
        (0, 0, {}, "no sound"),
        (59 * SECOND, 60 * SECOND, {}, "1888000 bytes, and had 1920000"),
        (60 * SECOND, 50 * SECOND, {"tx_bytes": None}, "the caller's side has 60000 ms and the agent's 50000"),
        (60 * SECOND, 60 * SECOND, {"wall_ms": 70_000}, "60000 ms of a call of 70000"),
        (60 * SECOND, 60 * SECOND, {"wall_ms": 50_000}, "60000 ms of a call of 50000"),
        (60 * SECOND, 60 * SECOND, {"format": "gsm"}, "nobody knows"),
    ],
)
def test_what_is_not_whole_says_why(rx: int | None, tx: int | None, change: dict[str, object], why: str) -> None:
    job = dataclasses.replace(JOB, **change)  # type: ignore[arg-type]
    assert why in why_not_whole(job, rx, tx)
    as_it_is = dataclasses.replace(job, as_it_is=True)
    assert (why_not_whole(as_it_is, rx, tx) == "") == (why not in {"no sound", "nobody knows"})


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_lengths_are_held_to_the_tolerance_and_to_nothing_less(rx_ms: int, tx_ms: int) -> None:
    job = dataclasses.replace(JOB, rx_bytes=None, tx_bytes=None, wall_ms=None)
    whole = why_not_whole(job, rx_ms * 32, tx_ms * 32) == ""
    assert whole == (max(rx_ms, tx_ms) > 0 and abs(rx_ms - tx_ms) <= tolerance_ms(max(rx_ms, tx_ms)))


def seconds(number: float) -> datetime:
    """That long after the file begins."""
    return NOW + timedelta(seconds=number)


def test_what_asterisk_recorded_until_it_knew_of_a_pause_is_silenced() -> None:
    asked_for_at_20 = Pause(seconds(-0.2), seconds(0.3), seconds(20))
    paused = Pause(seconds(30), seconds(31), seconds(40))
    short = Pause(seconds(50), seconds(50.1), seconds(50.2))
    never_told = Pause(seconds(60), None, seconds(65))
    told_late = Pause(seconds(70), seconds(80), seconds(75))
    before_it = Pause(seconds(-3), None, seconds(-1))
    pauses = [asked_for_at_20, paused, short, never_told, told_late, before_it]
    assert silences(NOW, pauses) == [
        (0, 300 + AROUND_MS),
        (30_000 - AROUND_MS, 31_000 + AROUND_MS),
        (50_000 - AROUND_MS, 50_200),
        (60_000 - AROUND_MS, 65_000),
        (70_000 - AROUND_MS, 75_000),
    ]


def test_no_number_is_in_an_objects_name_and_attempts_differ() -> None:
    assert object_name(7, NOW, "ab12") == "2026/11/22/7-ab12.ccr"


def chain(count: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    previous = BEGINNING
    for number in range(1, count + 1):
        erasure = Erasure(number, 100 + number, NOW, "anna", "asked for", "ab", "o", "cd", previous)
        previous = sealed(erasure)
        rows.append({**dataclasses.asdict(erasure), "hash": previous})
        rows[-1]["erasure_id"], rows[-1]["recording_id"] = number, 100 + number
    return rows


def test_a_chain_of_erasures_holds() -> None:
    assert list(faults(chain(3))) == []
    rows = chain(3)
    assert list(faults(rows[2:], 2, str(rows[1]["hash"]))) == []


@pytest.mark.parametrize("name", ["by_whom", "reason", "sha256", "object", "key_sha256", "at", "recording_id"])
def test_whatever_is_changed_in_a_proof_is_seen(name: str) -> None:
    rows = chain(3)
    rows[1][name] = {"at": NOW.replace(hour=8), "recording_id": 1}.get(name, "other")
    assert list(faults(rows)) == ["erasure 2 is not as it was written"]


def test_a_proof_that_is_missing_is_seen() -> None:
    rows = chain(3)
    assert list(faults(rows[1:])) == ["erasure 1 is missing"]
    assert list(faults([rows[0], rows[2]])) == ["erasure 2 is missing"]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-", Range(0, 100)),
        ("bytes=0-0", Range(0, 1)),
        ("bytes=90-1000", Range(90, 100)),
        ("Bytes=-5", Range(95, 100)),
        ("bytes=-500", Range(0, 100)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("seconds=0-1", None),
        ("bytes=x", None),
        ("bytes=٣-٤", None),
    ],
)
def test_ranges(header: str | None, wanted: Range | None) -> None:
    assert asked(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_of_nothing_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="100 bytes"):
        asked(header, 100)


def test_keys_are_read_in_their_order_and_must_be_whole() -> None:
    passwords = "".join(f'ami_{who}_secret = "Zq3xT7vBn1LpKd8w"\n' for who in ("events", "actions"))
    text = f"{passwords}[recording_keys]\n{new_key()}\n"
    secrets = parse(text + 'b = "' + "A" * 43 + '="\n', Path("s.toml"), Secrets, "SECRET", {})
    *_, last = key_bytes(secrets.recording_keys).items()
    assert last == ("b", bytes(32))
    with pytest.raises(ValidationError, match="no 32 bytes"):
        Secrets.model_validate({"ami_events_secret": "Zq3xT7vBn1LpKd8w", "ami_actions_secret": "Zq3xT7vBn1LpKd8w",
                                "recording_keys": {"a": "c2hvcnQ="}})  # fmt: skip


def test_s3_needs_a_place() -> None:
    with pytest.raises(ValidationError, match="endpoint and bucket"):
        Recording(storage="s3")


def test_a_site_gets_a_key_once_and_an_older_one_gets_one_too(tmp_path: Path) -> None:
    settings = load(None).model_copy(update={"source": tmp_path / "ccore.toml"})
    settings.secrets_file.parent.mkdir()
    settings.secrets_file.write_text('ami_events_secret = "Zq3xT7vBn1LpKd8w"\n[look_ups]\na = "b"\n', encoding="utf-8")
    settings.secrets_file.chmod(0o600)
    make_secrets(settings)
    keys = key_bytes(load_secrets(settings).recording_keys)
    assert [len(key) for key in keys.values()] == [32]
    make_secrets(settings)
    assert key_bytes(load_secrets(settings).recording_keys) == keys
    others = load(None).model_copy(update={"source": tmp_path / "other" / "ccore.toml"})
    make_secrets(others)
    assert key_bytes(load_secrets(others).recording_keys).keys().isdisjoint(keys), "names tell keys of sites apart"
