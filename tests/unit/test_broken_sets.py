"""Each of thirty broken file sets is refused, with the line and the code of what is wrong."""

from pathlib import Path

import pytest

from ccore.check import check
from ccore.chinese.faults import in_chinese
from ccore.chinese.form import FORM
from tests.support.broken import SLIPS, Slip
from tests.support.operators import working_copy


def test_there_are_thirty_in_all_kinds_of_files() -> None:
    assert len({slip.name for slip in SLIPS}) >= 30
    assert len({slip.code for slip in SLIPS}) >= 20
    assert len({slip.file for slip in SLIPS}) >= 7


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_broken_set_is_refused_with_its_line(tmp_path: Path, slip: Slip) -> None:
    slip.make(working_copy(tmp_path) / "dialplan")
    faults = check(tmp_path / "ccore.toml")
    assert (Path(slip.file).name, slip.line(), slip.code) in [(each.file.name, each.line, each.code) for each in faults]
    in_english = [(each, in_chinese(each.code, each.message)) for each in faults if each.code not in FORM]
    assert [each for each, chinese in in_english if each.message in chinese] == []
