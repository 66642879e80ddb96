"""The root file system's making, with a mmdebstrap of our own in place of the real one: once, whole, or not at all."""

import tarfile
import threading
from pathlib import Path
from typing import Protocol

import pytest

from ccore.errors import AsteriskFailed
from ccore.pbx.rootfs import ensure_root


class Tool(Protocol):
    def __call__(self, script: str, version: str = ...) -> None: ...


STATUS = "Package: adduser\nVersion: 3.1\n\nPackage: asterisk\nStatus: install ok installed\nVersion: {}\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/ccore"


@pytest.fixture
def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Puts a script in mmdebstrap's place; the tar file of a root with Asterisk is ``$ROOT``."""

    def put(script: str, version: str = "1:22.10.1+dfsg-1") -> None:
        tool = tmp_path / "bin/mmdebstrap"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\nROOT={tmp_path}/root.tar\n{script}\n", encoding="utf-8")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
        status = tmp_path / "status"
        status.write_text(STATUS.format(version), encoding="utf-8")
        with tarfile.open(tmp_path / "root.tar", "w") as tar:
            tar.add(status, "./var/lib/dpkg/status")
            tar.add(status, "./dev/null")

    return put


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_it_is_made_once_and_then_found(cache: Path, mmdebstrap: Tool, tmp_path: Path) -> None:
    mmdebstrap(f"echo made >> {tmp_path}/log; echo 'I: working' >&2; cat $ROOT")
    said: list[str] = []
    root = ensure_root(said.append)
    assert ensure_root(said.append) == root
    assert (tmp_path / "log").read_text() == "made\n"
    assert (root / "var/lib/dpkg/status").exists()
    assert not (root / "dev").exists()
    assert root.stat().st_mode & 0o777 == 0o755
    assert left(cache) == [root.name, "asterisk.lock"]
    assert "asterisk: working" in said


def test_of_several_at_once_one_makes_it_and_the_others_wait(cache: Path, mmdebstrap: Tool, tmp_path: Path) -> None:
    mmdebstrap(f"echo made >> {tmp_path}/log; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; cat $ROOT")
    said: list[str] = []
    waiting = threading.Event()

    def hear(text: str) -> None:
        said.append(text)
        if "another ccore" in text:
            waiting.set()

    builders = [threading.Thread(target=ensure_root, args=[hear]) for _ in range(2)]
    for builder in builders:
        builder.start()
    assert waiting.wait(20)
    (tmp_path / "go").touch()
    for builder in builders:
        builder.join(20)
    assert (tmp_path / "log").read_text() == "made\n"
    assert len(left(cache)) == 2


@pytest.mark.parametrize("version", ["1:22.10.0+dfsg-1", "1:20.99.9-1", "1:22.9.1"])
def test_an_old_asterisk_is_refused_and_not_kept(cache: Path, mmdebstrap: Tool, version: str) -> None:
    mmdebstrap("cat $ROOT", version)
    with pytest.raises(AsteriskFailed, match=r"known security faults.*22\.10\.1"):
        ensure_root(print)
    assert left(cache) == ["asterisk.lock"]


@pytest.mark.parametrize("version", ["1:22.10.1~rc1", "1:22.11.0", "22.10.2-1"])
def test_newer_ones_will_do(cache: Path, mmdebstrap: Tool, version: str) -> None:
    mmdebstrap("cat $ROOT", version)
    assert ensure_root(print).is_dir()


def test_an_unreachable_mirror_is_named(cache: Path, mmdebstrap: Tool) -> None:
    mmdebstrap("echo 'E: Failed to fetch InRelease' >&2; exit 1")
    with pytest.raises(AsteriskFailed, match=r"(?s)reach a Debian mirror.*E: Failed to fetch"):
        ensure_root(print)
    assert left(cache) == ["asterisk.lock"]


def test_what_a_killed_build_left_is_cleared_away(cache: Path, mmdebstrap: Tool) -> None:
    (cache / "building-dead/root/usr").mkdir(parents=True)
    mmdebstrap("cat $ROOT")
    root = ensure_root(print)
    assert left(cache) == [root.name, "asterisk.lock"]


def test_without_mmdebstrap_it_says_what_to_install(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AsteriskFailed, match="apt-get install mmdebstrap"):
        ensure_root(print)
