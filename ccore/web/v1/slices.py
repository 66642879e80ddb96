"""Parts of lists that are short enough to be put in order whole."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from ccore.web.bodies import Said

T = TypeVar("T")


class Slice(Said):
    """``size`` rows after the first ``offset``."""

    size: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0

    def of(self, rows: Sequence[T]) -> tuple[Sequence[T], int | None]:
        """The part that is meant, and the ``offset`` of the next one; None: there is none."""
        end = self.offset + self.size
        return rows[self.offset : end], end if len(rows) > end else None
