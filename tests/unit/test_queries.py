"""Named SQL files: what is read from them, and what is refused."""

from pathlib import Path

import pytest

from ccore.db.queries import load
from ccore.errors import FaultsFound
from ccore.shipped import shipped

SALES = """-- What sales read and write.

-- name: newest
-- The newest sale of $1.
SELECT sale_id -- its key
FROM sales WHERE seller = $1
ORDER BY sale_id DESC LIMIT 1;

-- name: cancel
-- Sale $1 did not happen.
-- Its commission stays.
UPDATE sales SET cancelled = true WHERE sale_id = $1
"""


def written(directory: Path, **files: str) -> Path:
    """``directory`` with these files of SQL in it."""
    for name, text in files.items():
        (directory / f"{name}.sql").write_text(text, encoding="utf-8")
    return directory


def test_statements_are_found_by_file_and_name(tmp_path: Path) -> None:
    queries = load(written(tmp_path, sales=SALES, stock="-- name: count\n-- All.\nSELECT count(*) FROM stock;\n"))
    assert list(queries) == ["sales.newest", "sales.cancel", "stock.count"]
    assert queries["sales.cancel"].sql == "UPDATE sales SET cancelled = true WHERE sale_id = $1"
    assert queries["sales.newest"].sql.startswith("SELECT sale_id -- its key\nFROM")
    assert not queries["sales.newest"].sql.endswith(";")
    assert queries["sales.cancel"].line == 9


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        ("select 1", True),
        ("SELECTED", False),
        ("WITH gone AS (DELETE FROM sales RETURNING 1) SELECT * FROM gone", False),
        ("INSERT INTO sales SELECT 1", False),
    ],
)
def test_only_a_select_counts_as_reading(tmp_path: Path, sql: str, reads: bool) -> None:
    assert load(written(tmp_path, x=f"-- name: y\n-- Why.\n-- select\n{sql}"))["x.y"].reads is reads


@pytest.mark.parametrize(
    ("text", "line", "meaning"),
    [
        ("-- Comment.\nSELECT 1;\n-- name: a\n-- A.\nSELECT 1;", 1, "no name"),
        ("\n-- name: a\n-- A.\nSELECT 1;\n-- name: a\n-- A.\nSELECT 2;", 5, "already at line 2"),
        ("-- name: a\n-- Nothing.\n\n-- name: b\n-- B.\nSELECT 1;", 1, "no statement"),
        ("-- name: a\nSELECT 1;\n-- Late.", 1, "what it is for"),
        ("-- name: Not-A-Name\n-- A.\nSELECT 1;", 1, "no name"),
        ("-- name:\n-- A.\nSELECT 1;", 1, "no name"),
    ],
)
def test_a_faulty_file_is_refused_with_the_line(tmp_path: Path, text: str, line: int, meaning: str) -> None:
    with pytest.raises(FaultsFound) as refusal:
        load(written(tmp_path, faulty=text))
    (fault,) = refusal.value.faults
    assert (fault.file.name, fault.line, fault.code) == ("faulty.sql", line, "QUERY")
    assert meaning in fault.message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as refusal:
        load(written(tmp_path, a="SELECT 1;", b="-- name: b\n", c="-- name: c\n-- C.\nSELECT 1;"))
    assert [fault.file.name for fault in refusal.value.faults] == ["a.sql", "b.sql"]


def test_ccores_own_files_are_right() -> None:
    assert load(shipped("sql") / "queries")
