"""The programs of Kannel: those of this machine, or Debian's, unpacked once into the user's cache."""

import fcntl
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import KannelFailed
from ccore.shipped import kept, shipped

Progress = Callable[[str], None]

RECIPE = 1  # one more whenever kannel.sh makes something else; packages.sh has it, too
_PLACES = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"
_SIMULATOR = "usr/lib/kannel/test/fakesmsc"
_FETCH_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Programs:
    """``libraries`` are those that this machine lacks; ``fakesmsc`` None: no network can be simulated."""

    bearerbox: Path
    smsbox: Path
    fakesmsc: Path | None
    libraries: tuple[Path, ...] = ()


def find(progress: Progress) -> Programs:
    """The programs, fetched now if this machine has none; that takes some seconds. Raises KannelFailed."""
    return _installed() or _unpacked(_kept(progress))


def _installed() -> Programs | None:
    found = [shutil.which(name, path=_PLACES) for name in ("bearerbox", "smsbox")]
    simulator = Path("/") / _SIMULATOR
    if not all(found) or not simulator.exists():
        return None
    return Programs(Path(str(found[0])), Path(str(found[1])), simulator)


def _unpacked(root: Path) -> Programs:
    libraries = tuple(path for place in ("usr/lib", "lib") for path in sorted((root / place).glob("*-linux-gnu*")))
    return Programs(root / "usr/sbin/bearerbox", root / "usr/sbin/smsbox", root / _SIMULATOR, libraries)


def _kept(progress: Progress) -> Path:
    root = kept() / _name()
    if root.exists():
        return root
    with (kept() / "kannel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            progress("kannel: fetching it, once for this machine")
            _fetch(root)
    return root


def _name() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return f"kannel-{release.get('ID', '')}{release.get('VERSION_ID', '')}-{RECIPE}"


def _fetch(root: Path) -> None:
    script = shipped("asterisk-docker") / "kannel.sh"
    try:
        made = subprocess.run(  # noqa: S603 - our own script
            ["/bin/bash", script, root],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_FETCH_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KannelFailed(f"Kannel could not be fetched: {error}") from error
    if made.returncode != 0:
        said = made.stderr.decode(errors="replace").strip()[-500:]
        raise KannelFailed(f"Kannel could not be fetched; is this Debian 12? {said}")
