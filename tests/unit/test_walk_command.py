"""``ccore walk`` and ``ccore schema`` as an operator types them, on the dialplan that ships."""

import io
import json
import re
from pathlib import Path

import pytest

from ccore.__main__ import main
from ccore.commands.schema import FILES, schema
from ccore.shipped import shipped

DIALPLAN = shipped("dialplan")


def walked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """A walk at a time in which engineers answer; its exit code and what it prints."""
    code = main(["walk", "--at", "2027-03-03 09:00", *arguments])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_balance_is_heard_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    code, chinese = walked(capsys, "10086", "--keys", "1,1", "--found", "balance=12350")
    assert (code, "一百二十三元五角" in chinese) == (0, True)
    assert "path: main → (1) → account → (1) → balance → " in chinese
    _, english = walked(capsys, "1001011", "--language", "en", "--found", "balance=12350")
    assert "one hundred and twenty-three yuan and fifty fen\n" in english
    assert english.endswith(" → hang-up\n")


def test_a_look_up_without_an_answer_and_one_that_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(not-answered)" in walked(capsys, "1001011")[1]
    assert "(missing)" in walked(capsys, "1001011", "--found")[1]
    assert "(missing)" in walked(capsys, "1001011", "--caller", "", "--found", "balance=1")[1]  # nothing to ask with


def test_time_and_customer_decide(capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("10086", "--keys", "2,1")
    assert walked(capsys, *keys)[1].endswith("engineers → queue service\n")
    assert walked(capsys, *keys, "--at", "2027-03-03 22:00")[1].endswith("engineers-closed\n")


def test_keys_are_read_from_a_script_and_nobody_may_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("0\nmissed\n2\n"))
    _, said = walked(capsys, "10086")
    assert "notes a call-back for service the caller" in said
    assert said.endswith("people → queue service → (failed) → people-busy → (2) → call-back → hang-up\n")


def test_every_step_can_be_had_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = walked(capsys, "10086", "--keys", "9", "--json")
    begun, *_, last = json.loads(said)
    assert (code, begun["node"], begun["language"], last["language"]) == (0, "main", "zh", "en")
    assert last["heard"][-1].startswith("For your balance")
    assert begun["marks"] == [{"node": "main", "outcome": "entered", "key": "", "target": ""}]


def test_what_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = walked(capsys, "12345")
    assert (code, "12345 is not in hotlines.toml, which has 10086, " in said) == (2, True)
    assert walked(capsys, "10086", "--keys", "", "--found", "nonsense=1")[0] == 2
    assert walked(capsys, "10086", "--keys", "", "--found", "balance=much")[0] == 2


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_schemas_are_those_of_the_models(name: str) -> None:
    assert (DIALPLAN / "schemas" / name).read_text(encoding="utf-8") == schema(FILES[name]), "run `ccore schema`"


def test_every_shipped_file_names_its_schema() -> None:
    named = set()
    for file in DIALPLAN.rglob("*.toml"):
        found = re.fullmatch(r"#:schema (\S+)", file.read_text(encoding="utf-8").splitlines()[0])
        if found is None:
            assert file.parent.name == "prompts" or file.name in {"numbers.toml", "values.toml"}, file
        else:
            assert (file.parent / found[1]).is_file(), file
            named.add(Path(found[1]).name)
    assert named == set(FILES)


def test_schemas_are_written_where_they_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", str(tmp_path / "here")]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == set(FILES)
    menus = json.loads((tmp_path / "here" / "menus.json").read_text(encoding="utf-8"))
    assert menus["additionalProperties"] is False
    assert menus["$defs"]["Menu"]["properties"]["prompt"]["anyOf"][0]["type"] == "string"
    assert str(tmp_path) in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [("--flow", "flow.gif"), ("--from", "2026-11-22", "--to", "2026-11-22")])
def test_paths_that_make_no_sense_are_refused(wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", *wrong]) == 2
    assert capsys.readouterr().err.startswith("ccore: --")
