"""``ccore check``: every fault of the configuration, the number plan and the dialplan, each with its line."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ccore.check import check, check_dialplan
from ccore.chinese.faults import in_chinese
from ccore.commands import Add
from ccore.config import load
from ccore.errors import Fault
from ccore.running import with_dialplan


def register(add: Add) -> None:
    """Add the command: it takes no configuration, which it is to find the faults of."""
    command = add("check", None, "print every fault of configuration, number plan and dialplan")
    command.add_argument("--dialplan", type=Path, metavar="DIRECTORY", help="of these files alone")
    command.add_argument("--json", action="store_true", help="as JSON: path, line, code, message of each")
    command.add_argument("--language", choices=("zh", "en"), help="of what is printed; without, the locale's")
    command.set_defaults(unread=_run)


def _run(options: argparse.Namespace, file: Path | None) -> int:
    directory: Path | None = options.dialplan and options.dialplan.absolute()
    faults = check(file) if directory is None else check_dialplan(with_dialplan(load(file), directory))
    if options.json:
        print(json.dumps(list(_told(faults, directory)), ensure_ascii=False))
        return 1 if faults else 0
    chinese = (options.language or _of_locale()) == "zh"
    for fault in faults:
        print(replace(fault, message=in_chinese(fault.code, fault.message)) if chinese else fault)
    print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}" if faults else "no faults", file=sys.stderr)
    return 1 if faults else 0


def _of_locale() -> str:
    """As programs take it from the environment: the first of these that is set."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, named), "").lower().startswith("zh") else "en"


def _told(faults: Sequence[Fault], directory: Path | None) -> Iterator[Mapping[str, object]]:
    for fault in faults:
        inside = directory is not None and fault.file.is_relative_to(directory)
        path = fault.file.relative_to(directory) if directory and inside else fault.file
        yield {"path": path.as_posix(), "line": fault.line, "code": fault.code, "message": fault.message}
