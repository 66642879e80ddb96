"""What the routes need of ccore."""

from dataclasses import dataclass

from ccore.ordering.service import Ordering


@dataclass(frozen=True, slots=True)
class Services:
    """Given to every route by the daemon. ``call_deadline_s``: a caller waits no longer for the database."""

    ordering: Ordering
    call_deadline_s: float
