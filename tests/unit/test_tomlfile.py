"""TOML files are read into models, and every fault names its line."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from ccore import tomlfile
from ccore.errors import Fault, FaultsFound

TEXT = """\
# a comment
name = "x"

[inner]
size = 1
"quoted key" = 2
deep.er = 3

[[row]]
size = 1
[[row]]
size = "two"
"""


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: dict[str, object] = {}
    row: list[Row] = []

    @model_validator(mode="after")
    def _named(self) -> "File":
        if self.name == "nobody":
            raise ValueError("nobody is no name")
        return self


def faults(path: Path, text: str) -> list[tuple[int, str]]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        tomlfile.load(path, File, "CODE")
    assert {(fault.file, fault.code) for fault in caught.value.faults} == {(path, "CODE")}
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_every_table_and_key_has_its_line() -> None:
    assert tomlfile.line_index(TEXT) == {
        (): 1,
        ("name",): 2,
        ("inner",): 4,
        ("inner", "size"): 5,
        ("inner", "quoted key"): 6,
        ("inner", "deep"): 7,
        ("inner", "deep", "er"): 7,
        ("row",): 9,
        ("row", 0): 9,
        ("row", 0, "size"): 10,
        ("row", 1): 11,
        ("row", 1, "size"): 12,
    }


def test_a_place_without_a_line_takes_that_of_the_table_around_it() -> None:
    lines = tomlfile.line_index(TEXT)
    assert tomlfile.line_of(lines, ("row", 1, "size", "more")) == 12
    assert tomlfile.line_of(lines, ("row", 1, "absent")) == 11
    assert tomlfile.line_of(lines, ("absent",)) == 1


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text('name = "x"\n[[row]]\nsize = 1\n', encoding="utf-8")
    read = tomlfile.load(tmp_path / "f.toml", File, "CODE")
    assert read == File(name="x", row=[Row(size=1)])


def test_what_goes_over_the_file_replaces_its_keys() -> None:
    path = Path("f.toml")
    assert tomlfile.parse('name = "x"\n', path, File, "CODE", {"name": "y"}) == File(name="y")
    with pytest.raises(FaultsFound, match="nobody is no name"):
        tomlfile.parse('name = "x"\n', path, File, "CODE", {"name": "nobody"})


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = 'nome = "x"\n[[row]]\nsize = 1\n[[row]]\nsize = "two"\nwidth = 3\n'
    assert faults(tmp_path / "f.toml", text) == [
        (1, "name: this key is required and is not there"),
        (1, "nome: unknown key: remove it or correct its spelling"),
        (5, "row.1.size: Input should be a valid integer, unable to parse string as an integer"),
        (6, "row.1.width: unknown key: remove it or correct its spelling"),
    ]


def test_a_fault_of_the_whole_file_stands_on_its_first_line(tmp_path: Path) -> None:
    assert faults(tmp_path / "f.toml", '\n\nname = "nobody"\n') == [(1, "the file: Value error, nobody is no name")]


@pytest.mark.parametrize(
    ("text", "line"),
    [('name = "x"\nrow = [\n', 2), ('name = "x"\nname = "y"\n', 2), ("name = x\n", 1), ('name = "x', 1)],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    [(found, message)] = faults(tmp_path / "f.toml", text)
    assert message.startswith("not TOML: ")
    assert found == line


def test_a_file_that_is_not_there_or_no_text_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as caught:
        tomlfile.load(tmp_path / "absent.toml", File, "CODE")
    assert [(fault.line, fault.code) for fault in caught.value.faults] == [(0, "CODE")]
    (tmp_path / "gbk.toml").write_bytes('name = "业务"\n'.encode("gbk"))
    with pytest.raises(FaultsFound, match="cannot be read"):
        tomlfile.load(tmp_path / "gbk.toml", File, "CODE")


def test_a_fault_reads_as_one_line() -> None:
    assert str(Fault(Path("a/b.toml"), 3, "CODE", "is wrong: mend it")) == "a/b.toml:3 CODE is wrong: mend it"


def test_faults_are_sorted() -> None:
    faults = [Fault(Path("b"), 1, "X", ""), Fault(Path("a"), 10, "X", ""), Fault(Path("a"), 2, "X", "")]
    assert [(str(fault.file), fault.line) for fault in FaultsFound(faults).faults] == [("a", 2), ("a", 10), ("b", 1)]


def test_tables_in_tables_of_a_list_are_in_the_one_before_them() -> None:
    lines = tomlfile.line_index("[[a]]\n[[a.b]]\nx = 1\n[[a]]\n[[a.b]]\nx = 2\n[a.c]\ny = 3\n")
    assert (lines["a", 0, "b", 0, "x"], lines["a", 1, "b", 0, "x"], lines["a", 1, "c", "y"]) == (3, 6, 8)
