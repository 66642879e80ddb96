"""Changes the files of a node while its Asterisk runs: what it can take up without a restart, and nothing else."""

import os
from collections.abc import Mapping
from pathlib import Path

from ccore.pbx.files import WRITTEN

DIALPLAN = "etc/extensions.d/"
SOUNDS = "sounds/"
# What Asterisk is told when one of these files is another, and what it says of having done so.
RELOADS = (
    (DIALPLAN, "dialplan reload", "Dialplan reloaded"),
    ("etc/queuerules.conf", "queue reload rules", ""),
    ("etc/queues.conf", "queue reload all", ""),
    ("etc/pjsip_phones.conf", "module reload res_pjsip.so", "reloaded successfully"),
)
WHILE_RUNNING = (SOUNDS, "agi-bin/", *(path for path, _, _ in RELOADS))

Changes = Mapping[str, bytes | None]  # path within the node's directory → new content; None: to be removed


def changes(directory: Path, wanted: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """What makes ``directory`` hold the ``wanted`` files where ccore writes.

    A sound that is wanted no more may stay until the next start: a call that is in progress may still play it.
    """
    found = {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for part in WRITTEN
        for path in (directory / part).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    unwanted = [path for path in found.keys() - wanted.keys() if not path.startswith(SOUNDS)]
    new = {path: content for path, content in wanted.items() if found.get(path) != content}
    return {**new, **dict.fromkeys(unwanted)}


def needs_restart(change: Changes) -> list[str]:
    """The files of ``change`` that a running Asterisk does not take up."""
    return sorted(path for path in change if not path.startswith(WHILE_RUNNING))


def put(directory: Path, change: Changes) -> None:
    """Make the changes, each file at once: whoever reads it finds the old one or the new one, whole."""
    group = (directory / "etc").stat().st_gid
    for path, content in change.items():
        target = directory / path
        if content is None:
            target.unlink(missing_ok=True)
            continue
        for folder in reversed(target.relative_to(directory).parents[:-1]):
            _folder(directory / folder, group)
        fresh = target.with_name(f".{target.name}.new")
        fresh.touch(mode=0o600)
        os.chown(fresh, -1, group)
        fresh.chmod(0o750 if path.startswith("agi-bin/") else 0o640)
        fresh.write_bytes(content)
        fresh.replace(target)


def _folder(path: Path, group: int) -> None:
    if not path.exists():
        path.mkdir(mode=0o750)
        os.chown(path, -1, group)
