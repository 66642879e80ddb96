"""The files of a node are changed under a running Asterisk: each whole, and only those it takes up."""

import stat
from pathlib import Path

import pytest

from ccore.pbx.changes import changes, needs_restart, put

WAS = {
    "etc/asterisk.conf": b"a",
    "etc/extensions.d/own.conf": b"b",
    "sounds/zh/ccore/x.alaw": b"c",
    "agi-bin/x.py": b"d",
}


@pytest.fixture
def node(tmp_path: Path) -> Path:
    for path, content in WAS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_a_dialplan_and_sounds_are_changed_while_it_runs(node: Path) -> None:
    wanted = {
        "etc/asterisk.conf": b"a", "etc/extensions.d/new.conf": b"new", "sounds/en/ccore/x.alaw": b"y",
        "agi-bin/x.py": b"e",
    }  # fmt: skip
    change = changes(node, wanted)
    assert needs_restart(change) == []
    put(node, change)
    assert changes(node, wanted) == {}
    assert not (node / "etc/extensions.d/own.conf").exists()
    assert (node / "sounds/zh/ccore/x.alaw").exists(), "a call may still play it"
    assert stat.S_IMODE((node / "sounds/en/ccore/x.alaw").stat().st_mode) == 0o640
    assert stat.S_IMODE((node / "agi-bin/x.py").stat().st_mode) == 0o750
    assert list(node.rglob(".*")) == []


def test_what_is_read_at_the_start_alone_needs_one(node: Path) -> None:
    wanted = {
        **WAS,
        "etc/asterisk.conf": b"z",
        "etc/pjsip.conf": b"",
        "etc/pjsip_phones.conf": b"",
        "etc/queues.conf": b"",
    }
    assert needs_restart(changes(node, wanted)) == ["etc/asterisk.conf", "etc/pjsip.conf"]


def test_who_reads_while_it_is_changed_reads_the_old_one_whole(node: Path) -> None:
    with (node / "etc/extensions.d/own.conf").open("rb") as reading:
        put(node, changes(node, {**WAS, "etc/extensions.d/own.conf": b"new"}))
        assert reading.read() == b"b"


def test_what_a_killed_ccore_left_half_written_is_in_nobodys_way(node: Path) -> None:
    (node / "etc/extensions.d/.own.conf.new").write_bytes(b"ha")
    assert changes(node, WAS) == {}
    put(node, {"etc/extensions.d/own.conf": b"half and whole"})
    assert (node / "etc/extensions.d/own.conf").read_bytes() == b"half and whole"
