"""The root file system an embedded Asterisk runs in: made once, kept in the user's cache, shared by every node."""

import contextlib
import fcntl
import hashlib
import platform
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from ccore.errors import AsteriskFailed
from ccore.shipped import kept, shipped

Progress = Callable[[str], None]

# Older ones let a caller's name write SQL through cel_pgsql, among eighteen other faults mended in it.
OLDEST_ASTERISK = (22, 10, 1)
_AGI_PACKAGES = ("pyst2", "six")
_LINES_KEPT = 12  # of what mmdebstrap said, for the message when it fails


def ensure_root(progress: Progress) -> Path:
    """The directory of a root file system with Asterisk in it, made now if this machine has none yet.

    Making it takes from half a minute to some minutes, by the network, and is told to ``progress``; of several callers
    one makes it and the others wait. Raises AsteriskFailed with what to do if it cannot be made.
    """
    root = kept() / f"asterisk-{_recipe_hash()}"
    if not root.exists():
        with _lock(kept() / "asterisk.lock", progress):
            if not root.exists():
                _make(root, progress)
    return root


def asterisk_version(root: Path) -> tuple[int, ...]:
    """The version of the Asterisk installed in ``root``, from its package database. Raises AsteriskFailed."""
    status = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    found = re.search(r"^Package: asterisk\n(?:.+\n)*?Version: (?:\d+:)?(\d+(?:\.\d+)*)", status, re.MULTILINE)
    if found is None:
        raise AsteriskFailed("no Asterisk was installed in the root file system")
    return tuple(int(part) for part in found[1].split("."))


def refuse_old(root: Path) -> None:
    """Raise AsteriskFailed if the Asterisk in ``root`` is older than ccore may run."""
    if (version := asterisk_version(root)) < OLDEST_ASTERISK:
        raise AsteriskFailed(
            f"Asterisk {'.'.join(map(str, version))} came, which has known security faults; "
            f"at least {'.'.join(map(str, OLDEST_ASTERISK))} is needed: wait for the mirror, or name another one to apt"
        )


def _make(root: Path, progress: Progress) -> None:
    if shutil.which("mmdebstrap") is None:
        raise AsteriskFailed(
            "mmdebstrap is not installed: Asterisk's root file system is made with it (`apt-get install mmdebstrap`). "
            'Or name an Asterisk that is already there in the configuration (kind = "external"), or use Docker.'
        )
    for left_over in root.parent.glob("building-*"):  # of a build that was killed: the lock is ours, nobody uses it
        shutil.rmtree(left_over)
    workshop = Path(tempfile.mkdtemp(prefix="building-", dir=root.parent))
    try:
        progress("asterisk: making its root file system, once for this machine (half a minute to some minutes)")
        _run_recipe(workshop / "root", progress)
        refuse_old(workshop / "root")
        (workshop / "root").chmod(0o755)
        (workshop / "root").rename(root)
        progress("asterisk: its root file system is ready")
    finally:
        shutil.rmtree(workshop)


def _run_recipe(directory: Path, progress: Progress) -> None:
    script = shipped("asterisk-docker") / "make-rootfs"
    command = ["bash", str(script), str(directory), str(_site_packages())]
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as build:
        assert build.stdout is not None
        for line in build.stdout:
            said.append(line.rstrip())
            if line.startswith("I: ") and "hook" not in line:
                progress(f"asterisk: {line[3:].rstrip()}")
    if build.returncode != 0:
        raise AsteriskFailed(
            "Asterisk's root file system could not be made. Can this machine reach a Debian mirror, and are you root "
            "or a user with a range in /etc/subuid? mmdebstrap said:\n  " + "\n  ".join(said)
        )


@contextlib.contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("asterisk: another ccore is making the root file system; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _recipe_hash() -> str:
    recipe = hashlib.sha256(platform.machine().encode())
    for name in ("make-rootfs", "packages.list"):
        recipe.update((shipped("asterisk-docker") / name).read_bytes())
    for package in _AGI_PACKAGES:
        recipe.update(f"{package} {metadata.version(package)}".encode())
    return recipe.hexdigest()[:12]


def _site_packages() -> Path:
    return Path(str(metadata.distribution("pyst2").locate_file("asterisk"))).parent
