"""A working copy of the shipped dialplan, for tests to change as operators do."""

import itertools
import shutil
from pathlib import Path

from ccore.prompts.catalogue import load_catalogue
from ccore.shipped import shipped

TONE_MS = 60  # two of them tell a prompt from all others


def working_copy(directory: Path) -> Path:
    """Make ``directory``/dialplan a copy, with the shipped sounds, and a configuration beside it that names it."""
    shutil.copytree(shipped("dialplan"), directory / "dialplan", ignore=shutil.ignore_patterns("sounds"))
    (directory / "dialplan/sounds").symlink_to(shipped("dialplan") / "sounds")
    (directory / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    return directory


def with_tones(directory: Path) -> Path:
    """Make ``directory`` a copy of the shipped dialplan in which each prompt is two short tones of its own."""
    shutil.copytree(shipped("dialplan"), directory, ignore=shutil.ignore_patterns("sounds"))
    notes, prompts = list(itertools.combinations(range(300, 3300, 80), 2)), load_catalogue(directory)
    assert len(prompts) <= len(notes)
    tones = "".join(
        f'[{name}]\nzh = "一"\nen = "One."\ntone = [[{low}, {TONE_MS}], [{high}, {TONE_MS}]]\n'
        for name, (low, high) in zip(prompts, notes, strict=False)
    )
    for file in (directory / "prompts").glob("*.toml"):
        file.unlink()
    (directory / "prompts/tones.toml").write_text(tones, encoding="utf-8")
    return directory
