"""Each of thirty broken file sets is refused, with the line and the code of what is wrong."""

from pathlib import Path

import pytest

from ccore.check import check
from tests.support.broken import SLIPS, Slip
from tests.support.operators import working_copy


def test_there_are_thirty_in_all_kinds_of_files() -> None:
    assert len({slip.name for slip in SLIPS}) >= 30
    assert len({slip.code for slip in SLIPS}) >= 20
    assert len({slip.file for slip in SLIPS}) >= 7


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_broken_set_is_refused_with_its_line(tmp_path: Path, slip: Slip) -> None:
    slip.make(working_copy(tmp_path) / "dialplan")
    found = [(fault.file.name, fault.line, fault.code) for fault in check(tmp_path / "ccore.toml")]
    assert (Path(slip.file).name, slip.line(), slip.code) in found
