"""The plan of the repository holds: its top level, its house style, its layers, and nothing local or foreign in it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "pyproject.toml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", ".gitignore",
    "ccore", "dialplan", "agi_scripts", "sql", "tests", "asterisk-docker", ".ci",
}  # fmt: skip
LONGEST_FILE = 400
# Hosts of package registries and mirrors, put together here so that this file does not name one either.
FOREIGN_HOSTS = [r"pypi\." + "org", r"pythonhosted\." + "org", r"registry\.npm" + "js", r"deb\.deb" + "ian"]
LOCAL_PATHS = [r"(?<![\w}])/(root|work|home)" + "/"]
FOREIGN = re.compile("|".join(FOREIGN_HOSTS + LOCAL_PATHS))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def test_top_level_is_the_plan() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} == TOP_LEVEL


def test_layers_and_pure_files() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_source_file_keeps_house_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE, "split it by what its parts are for"
    assert not text or ast.get_docstring(ast.parse(text)), "say in one sentence what the module is for"


def test_functions_are_short() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
        for path in sources() if path.is_relative_to(ROOT / "ccore")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )  # fmt: skip
    assert lengths[len(lengths) // 2] <= 10


def test_nothing_local_or_foreign_is_named() -> None:
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in tracked() if path.suffix not in {".bin", ".png"}
        if (match := FOREIGN.search(path.read_text(encoding="utf-8", errors="replace")))
    }  # fmt: skip
    assert not found
