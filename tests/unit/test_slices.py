"""Parts of lists: each row is on one page, and the last page says that it is."""

from ccore.web.v1.slices import Slice


def test_pages_have_each_row_once() -> None:
    rows, offset, seen = list(range(7)), 0, list[int]()
    while True:
        part, following = Slice(size=3, offset=offset).of(rows)
        seen += part
        if following is None:
            break
        offset = following
    assert seen == rows


def test_a_last_page_that_is_full_is_the_last() -> None:
    assert Slice(size=3, offset=3).of(list(range(6))) == ([3, 4, 5], None)
    assert Slice(size=3, offset=9).of(list(range(6))) == ([], None)
