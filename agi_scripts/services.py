"""What the routes need of ccore."""

from dataclasses import dataclass

from ccore.ivr.service import Ivr
from ccore.ordering.keeping import Keeping
from ccore.ordering.service import Ordering


@dataclass(frozen=True, slots=True)
class Services:
    """Given to every route by the daemon.

    ``ivr`` walks callers through menus. ``call_deadline_s``: a caller waits no longer for the database. ``keeping``
    takes orders while it is away; None if another ccore is to be asked then.
    """

    ordering: Ordering
    ivr: Ivr
    call_deadline_s: float
    keeping: Keeping | None = None
