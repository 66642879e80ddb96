"""A working copy of the shipped dialplan, for tests to change as operators do."""

import shutil
from pathlib import Path

from ccore.shipped import shipped


def working_copy(directory: Path) -> Path:
    """Make ``directory``/dialplan a copy, with the shipped sounds, and a configuration beside it that names it."""
    shutil.copytree(shipped("dialplan"), directory / "dialplan", ignore=shutil.ignore_patterns("sounds"))
    (directory / "dialplan/sounds").symlink_to(shipped("dialplan") / "sounds")
    (directory / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    return directory
