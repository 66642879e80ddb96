"""The files that tests are shared out by are there under these names."""

from pathlib import Path

import pytest

from tests.support.shares import APART, LONGEST, share

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("file", sorted({*APART, *LONGEST}))
def test_a_named_file_is_there(file: str) -> None:
    assert (TESTS / f"{file}.py").exists()


def test_tests_that_build_all_they_need_go_to_whoever_is_free_and_others_by_file() -> None:
    assert share("tests/acceptance/test_demo.py::test_a[x::y]") == "tests/acceptance/test_demo.py::test_a[x::y]"
    assert share("tests/acceptance/test_publish.py::test_a[x]") == "tests/acceptance/test_publish.py"
