"""What ccore writes into a node's directory, and who may read it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ccore.config import Config, Paths, Secrets
from ccore.pbx import files
from ccore.pbx.changes import changes

SECRETS = Secrets(ami_events_secret="events-secret-1234", ami_actions_secret="actions-secret-5678")
OURSELVES = files.Owner(os.geteuid(), os.getegid())


@pytest.fixture
def config(tmp_path: Path) -> Config:
    extensions = tmp_path / "dialplan/extensions.d"
    extensions.mkdir(parents=True)
    (extensions / "a.conf").write_text("[a]\n", encoding="utf-8")
    (extensions / "notes.txt").write_text("not a dialplan\n", encoding="utf-8")
    return Config(source=tmp_path / "ccore.toml", paths=Paths(dialplan=Path("dialplan")))


def test_the_dialplan_and_the_fallback_are_copied_as_they_are(config: Config) -> None:
    wanted = files.files_of(config, "node1", SECRETS)
    assert wanted["etc/extensions.d/a.conf"] == b"[a]\n"
    assert "etc/extensions.d/notes.txt" not in wanted
    assert wanted["agi-bin/order_fallback.py"].startswith(b"#!/usr/bin/env python3\n")
    assert wanted["etc/hosts"].startswith(b"127.0.0.1 localhost ")


def test_what_is_written_is_found_and_any_change_is_noticed(config: Config, tmp_path: Path) -> None:
    wanted, node = files.files_of(config, "node1", SECRETS), tmp_path / "node"
    assert changes(node, wanted)
    files.write(node, wanted, OURSELVES)
    assert not changes(node, wanted)
    (node / "etc/extensions.d/more.conf").write_text("[b]\n", encoding="utf-8")
    assert changes(node, wanted)
    files.write(node, wanted, OURSELVES)
    assert not changes(node, wanted)
    assert changes(node, {**wanted, "etc/asterisk.conf": b""})


def test_writing_again_keeps_what_asterisk_wrote(config: Config, tmp_path: Path) -> None:
    wanted = files.files_of(config, "node1", SECRETS)
    files.write(tmp_path / "node", wanted, OURSELVES)
    (tmp_path / "node/log/cdr-custom/ccore.csv").write_text("a record\n", encoding="utf-8")
    files.write(tmp_path / "node", wanted, OURSELVES)
    assert (tmp_path / "node/log/cdr-custom/ccore.csv").read_text(encoding="utf-8") == "a record\n"


def test_what_is_heard_and_what_was_recorded_outlive_every_start(config: Config, tmp_path: Path) -> None:
    wanted, node = files.files_of(config, "node1", SECRETS), tmp_path / "node"
    files.write(node, wanted, OURSELVES)
    for part in ("heard", "recorded"):
        (node / part / "a.alaw").write_bytes(b"sound")
    assert not changes(node, wanted), "a ccore that starts would replace an Asterisk with calls in it"
    files.write(node, wanted, OURSELVES)
    assert [(node / part / "a.alaw").read_bytes() for part in ("heard", "recorded")] == [b"sound", b"sound"]


def test_asterisk_may_read_what_ccore_puts_into_heard_whatever_ccores_own_group_is(
    config: Config, tmp_path: Path
) -> None:
    files.write(tmp_path / "node", files.files_of(config, "node1", SECRETS), OURSELVES)
    (tmp_path / "node/heard/announcements").mkdir()
    modes = [stat.S_IMODE((tmp_path / "node" / part).stat().st_mode) for part in ("heard", "heard/announcements")]
    assert modes[0] == 0o2770
    assert modes[1] & stat.S_ISGID
    assert stat.S_IMODE((tmp_path / "node/recorded").stat().st_mode) == 0o770


def test_nobody_else_may_look(config: Config, tmp_path: Path) -> None:
    files.write(tmp_path / "node", files.files_of(config, "node1", SECRETS), OURSELVES)
    for path in (tmp_path / "node", *(tmp_path / "node").rglob("*")):
        assert not path.stat().st_mode & stat.S_IRWXO, path
    assert os.access(tmp_path / "node/agi-bin/order_fallback.py", os.X_OK)


def test_ccore_may_take_orders_out_of_the_spool_as_a_member_of_asterisks_group(config: Config, tmp_path: Path) -> None:
    files.write(tmp_path / "node", files.files_of(config, "node1", SECRETS), OURSELVES)
    for part in ("tmp", "new", "bad"):
        status = (tmp_path / "node/spool/orders" / part).stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o770, OURSELVES.gid)


def test_files_for_an_asterisk_elsewhere_are_written_by_a_command(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "CCORE_AMI_EVENTS_SECRET": "events-secret-1234",
        "CCORE_AMI_ACTIONS_SECRET": "actions-secret-5678",
    }
    (tmp_path / "ccore.toml").write_text('[nodes.west]\nkind = "embedded"\n', encoding="utf-8")
    command = [sys.executable, "-m", "ccore.pbx", "--config", str(tmp_path / "ccore.toml")]
    ours = f"--owner={os.geteuid()}:{os.getegid()}"
    subprocess.run([*command, ours, "west", str(tmp_path / "out")], env=environment, check=True)
    assert "systemname = west" in (tmp_path / "out/etc/asterisk.conf").read_text(encoding="utf-8")
    wrong = subprocess.run(
        [*command, "east", str(tmp_path / "no")], env=environment, capture_output=True, text=True, check=False
    )
    assert (wrong.returncode, wrong.stderr) == (1, "the configuration has no node east: it has west\n")
    assert not (tmp_path / "no").exists()
