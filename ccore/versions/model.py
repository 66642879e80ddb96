"""What a version is, how it came to be live, and what the running ccores have made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Files = Mapping[str, bytes]  # path within the operators' directory, with slashes → content
Reason = Literal["first-start", "publish", "rollback", "automatic-rollback"]


@dataclass(frozen=True, slots=True)
class Version:
    """One set of the operators' files that was published. ``previous`` is the one it replaced."""

    number: int
    made_at: datetime
    made_by: str
    note: str
    previous: int | None


@dataclass(frozen=True, slots=True)
class Live:
    """The newest switch: which version is live, and how it came to be.

    ``on_trial``: it is undone unless somebody confirms it; ``overdue``: nobody did in time.
    """

    switch: int
    number: int
    at: datetime
    by: str
    reason: Reason
    number_before: int | None
    on_trial: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """One line of the history of what was live."""

    switch: int
    number: int
    at: datetime
    by: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Running:
    """A ccore that is alive: the last switch it came to, the version it runs, and what kept it from another one."""

    instance: str
    switch: int
    number: int
    nodes: tuple[str, ...]
    at: datetime
    error: str | None
