"""An installed ccore works without the checkout: the wheel carries sql/, dialplan/, agi_scripts/ and the templates."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment into which only the wheel was put; its dependencies are those of this one."""
    directory = tmp_path_factory.mktemp("wheel")
    run([UV, "build", "--quiet", "--wheel", "--out-dir", directory, ROOT])
    (wheel,) = directory.glob("*.whl")
    run([UV, "venv", "--quiet", "--python", sys.executable, directory / "venv"])
    run([UV, "pip", "install", "--quiet", "--no-deps", "--python", directory / "venv/bin/python", wheel])
    (here,) = (Path(sys.prefix) / "lib").glob("python3.*/site-packages")
    (there,) = (directory / "venv/lib").glob("python3.*/site-packages")
    # A .pth line adds this environment's libraries, but not the checkout: that is added by a .pth file of its own.
    (there / "libraries.pth").write_text(f"{here}\n", encoding="utf-8")
    return directory / "venv"


def tracked() -> list[str]:
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def run(command: list[str | Path], **options: object) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    text: str = done.stdout
    return text


def test_the_installed_ccore_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run([installed / "bin/python", "-c", "import ccore; print(ccore.__file__)"], cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed)


def test_installed_ccore_checks_its_own_dialplan(installed: Path, tmp_path: Path) -> None:
    run([installed / "bin/ccore", "check"], cwd=tmp_path)


def test_installed_ccore_migrates_and_renders(installed: Path, tmp_path: Path) -> None:
    program = "from ccore.shipped import shipped; print(*(len(list(shipped(n).rglob('*'))) for n in "
    program += "('sql', 'dialplan', 'asterisk-docker')))"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    counts = run([installed / "bin/python", "-c", program], cwd=tmp_path, env=environment)
    assert all(int(count) > 3 for count in counts.split())


def test_installed_ccore_has_its_agi_routes(installed: Path, tmp_path: Path) -> None:
    run([installed / "bin/python", "-c", "import agi_scripts.one_dial_order"], cwd=tmp_path)


def test_installed_ccore_has_the_built_console_and_nothing_else_of_it(installed: Path, tmp_path: Path) -> None:
    program = "from ccore.web.console import DIST; print(DIST)"
    dist = Path(run([installed / "bin/python", "-c", program], cwd=tmp_path).strip())
    assert dist.is_relative_to(installed)
    assert (dist / "index.html").is_file()
    assert list((dist / "assets").glob("*.js.br"))
    assert [path.name for path in dist.parent.iterdir()] == ["dist"]


def test_without_a_built_console_there_is_no_wheel(tmp_path: Path) -> None:
    for name in tracked():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    command: list[str | Path] = [UV, "build", "--wheel", "--out-dir", tmp_path / "out", tmp_path]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "run `make console` first" in done.stderr
