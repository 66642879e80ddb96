"""Starts Asterisk inside its root file system, as root or as any user who may make a user namespace."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

from ccore.pbx.files import Owner

# Every step replaces the one before (exec), so that the process started is Asterisk in the end and signals reach it.
# The root file system is seen read-only, except for the node's own directory; the mounts vanish with the process.
_STEPS = """
set -e
mount --bind "$ROOT" "$ROOT"
mount -o "remount,bind,ro$ROOT_FLAGS" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount --rbind /proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$NODE" "$ROOT/srv/ccore"
mount --bind "$NODE/etc" "$ROOT/srv/ccore/etc"
mount -o "remount,bind,ro$NODE_FLAGS" "$ROOT/srv/ccore/etc"
ulimit -Sn 65536 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"
cd /
exec chroot "$ROOT" "$@"
"""

# A user namespace refuses to take these away from a mount: they are said again with every change.
_MOUNT_FLAGS = {
    os.ST_NOSUID: "nosuid",
    os.ST_NODEV: "nodev",
    os.ST_NOEXEC: "noexec",
    os.ST_NOATIME: "noatime",
    os.ST_NODIRATIME: "nodiratime",
    os.ST_RELATIME: "relatime",
}

_ASTERISK = ("/usr/sbin/asterisk", "-f", "-C", "/srv/ccore/etc/asterisk.conf")
_AS_ASTERISK = ("setpriv", "--reuid=asterisk", "--regid=asterisk", "--init-groups", "--no-new-privs")
_AS_MYSELF = ("setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs")


def owner(root: Path) -> Owner:
    """Whom Asterisk runs as: its own user if we are root, otherwise ourselves."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    for line in (root / "etc/passwd").read_text(encoding="utf-8").splitlines():
        user = pwd.struct_passwd(line.split(":"))
        if user.pw_name == "asterisk":
            return Owner(int(user.pw_uid), int(user.pw_gid))
    raise LookupError(f"{root} has no user asterisk")


def launch(root: Path, node_directory: Path, output: Path, under: Sequence[str] = ()) -> int:
    """Start Asterisk in ``root`` with ``node_directory`` as its /srv/ccore; what it prints goes to ``output``.

    ``under`` are words before Asterisk's own command (``env NAME=value``). It runs in a session of its own and
    outlives us: calls go on if ccore is killed. Returns its process id.
    """
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "ROOT": str(root),
        "NODE": str(node_directory),
        "ROOT_FLAGS": _flags(root),
        "NODE_FLAGS": _flags(node_directory),
    }
    words = [*_namespace(), "sh", "-c", _STEPS, "asterisk", *_identity(), *under, *_ASTERISK]
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(words[0], words, environment, file_actions=files, setsid=True)


def _namespace() -> Sequence[str]:
    if os.geteuid() == 0:
        return ("unshare", "--mount")
    return ("unshare", "--user", "--map-current-user", "--keep-caps", "--mount")


def _identity() -> Sequence[str]:
    return _AS_ASTERISK if os.geteuid() == 0 else _AS_MYSELF


def _flags(path: Path) -> str:
    set_flags = os.statvfs(path).f_flag
    return "".join(f",{word}" for flag, word in _MOUNT_FLAGS.items() if set_flags & flag)
