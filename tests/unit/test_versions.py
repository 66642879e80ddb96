"""Versions as files: what is read, what is laid out, what survives a kill, and how a difference is told."""

from pathlib import Path

import pytest

from ccore.versions import disk
from ccore.versions.diff import changed, diff
from ccore.versions.model import Files

FIRST = {"numbers.toml": b"a = 1\n", "extensions.d/own.conf": b"[a]\n", "sounds/zh/hello.alaw": b"\xd5\x00\x54"}
SECOND = {**FIRST, "numbers.toml": b"a = 2\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay(tmp_path / "root", 1, FIRST)
    disk.use(tmp_path / "root", 1)
    return tmp_path / "root"


def lay(root: Path, number: int, files: Files) -> None:
    disk.lay(root, number, disk.hashed(files), {disk.hashed(files)[path]: files[path] for path in files})


def test_what_editors_leave_and_the_guide_are_no_part_of_a_version(tmp_path: Path) -> None:
    disk.write(tmp_path / "work", FIRST)
    for name in (
        "README.md",
        "numbers.toml~",
        ".numbers.toml.swp",
        ".git/HEAD",
        "menus/.#main.toml",
        "schemas/menus.json",
    ):
        path = tmp_path / "work" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", encoding="utf-8")
    assert disk.read(tmp_path / "work") == FIRST


def test_a_guide_within_a_folder_is_a_file_like_others(tmp_path: Path) -> None:
    disk.write(tmp_path / "work", {**FIRST, "menus/README.md": b"x"})
    assert "menus/README.md" in disk.read(tmp_path / "work")


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.write(tmp_path / "work", FIRST)
    monkeypatch.setattr(disk, "MOST_BYTES", sum(map(len, FIRST.values())) - 1)
    with pytest.raises(disk.TooLarge, match="keep there only"):
        disk.read(tmp_path / "work")


def test_the_link_leads_to_one_whole_version_and_the_last_one_stays(root: Path) -> None:
    for number in (2, 3):
        lay(root, number, SECOND)
        disk.use(root, number)
    assert (disk.live(root), disk.read(root / disk.LIVE)) == (3, SECOND)
    assert sorted(path.name for path in root.iterdir()) == ["2", "3", "live"]
    disk.use(root, 2)
    assert disk.laid(root) == [(3, root / "3"), (2, root / "live")]


def test_what_both_versions_have_is_on_the_disk_once(root: Path) -> None:
    disk.lay(
        root, 2, disk.hashed(SECOND), {disk.hashed(SECOND)["numbers.toml"]: SECOND["numbers.toml"]}, disk.hashed(FIRST)
    )
    disk.use(root, 2)
    assert disk.read(root / disk.LIVE) == SECOND
    assert (root / "1/sounds/zh/hello.alaw").samefile(root / "2/sounds/zh/hello.alaw")
    assert disk.read(root / "1") == FIRST


def test_what_came_with_ccore_is_run_where_it_is(tmp_path: Path) -> None:
    disk.write(tmp_path / "shipped", FIRST)
    disk.use_directly(tmp_path / "root", tmp_path / "shipped")
    assert (disk.live(tmp_path / "root"), disk.is_laid(tmp_path / "root")) == (disk.NOT_PUBLISHED, False)
    disk.lay(tmp_path / "root", 1, disk.hashed(FIRST), {}, disk.hashed(FIRST))
    disk.use(tmp_path / "root", 1)
    assert (disk.live(tmp_path / "root"), disk.is_laid(tmp_path / "root")) == (1, True)
    assert not (tmp_path / "root/1/numbers.toml").samefile(tmp_path / "shipped/numbers.toml")


def test_a_copy_differs_where_it_was_edited(tmp_path: Path) -> None:
    disk.write(tmp_path / "work", FIRST)
    disk.lay_copy(tmp_path / "root", 0, tmp_path / "work")
    assert disk.differing(tmp_path / "root/0", tmp_path / "work") == []
    (tmp_path / "work/numbers.toml").write_bytes(b"a = 2\n")
    (tmp_path / "work/extensions.d/own.conf").unlink()
    (tmp_path / "work/sounds/zh/hello.alaw").touch()
    assert disk.differing(tmp_path / "root/0", tmp_path / "work") == ["extensions.d/own.conf", "numbers.toml"]


def test_nothing_runs_before_anything_was_laid(tmp_path: Path) -> None:
    assert disk.live(tmp_path) is None
    (tmp_path / disk.LIVE).symlink_to("1")
    assert disk.live(tmp_path) is None


def test_a_kill_while_a_version_is_laid_leaves_the_last_one_and_no_half(root: Path) -> None:
    (root / ".2.new").mkdir()
    (root / ".2.new/numbers.toml").write_text("half", encoding="utf-8")
    (root / f".{disk.LIVE}.new").symlink_to("2")
    assert disk.read(root / disk.LIVE) == FIRST
    lay(root, 2, SECOND)
    disk.use(root, 2)
    assert (disk.live(root), disk.read(root / disk.LIVE)) == (2, SECOND)


def test_a_version_that_was_changed_by_hand_is_put_right(root: Path) -> None:
    (root / "1/numbers.toml").write_text("by hand", encoding="utf-8")
    (root / "1/own.toml").write_text("by hand", encoding="utf-8")
    lay(root, 1, FIRST)
    assert disk.read(root / disk.LIVE) == FIRST


def test_only_its_owner_may_look(root: Path) -> None:
    assert root.stat().st_mode & 0o077 == 0


def test_the_difference_is_told_in_lines_and_of_sounds_by_name() -> None:
    new = {"numbers.toml": b"a = 1\nb = 2\n", "sounds/zh/hello.alaw": b"\xff\x00", "sounds/en/hello.alaw": b"\0"}
    assert changed(FIRST, new) == [
        "extensions.d/own.conf", "numbers.toml", "sounds/en/hello.alaw", "sounds/zh/hello.alaw",
    ]  # fmt: skip
    assert list(diff(FIRST, new)) == [
        "--- a/extensions.d/own.conf", "+++ /dev/null", "@@ -1 +0,0 @@", "-[a]",
        "--- a/numbers.toml", "+++ b/numbers.toml", "@@ -1 +1,2 @@", " a = 1", "+b = 2",
        "added sounds/en/hello.alaw", "changed sounds/zh/hello.alaw",
    ]  # fmt: skip
    assert list(diff(FIRST, FIRST)) == []
