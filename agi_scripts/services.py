"""What the routes need of ccore."""

from collections.abc import Callable
from dataclasses import dataclass

from ccore.dialer.gate import Gate
from ccore.ivr.service import Ivr
from ccore.ordering.commission.at_phone import AtPhone as Enquiries
from ccore.ordering.keeping import Keeping
from ccore.ordering.lives import Lives
from ccore.ordering.service import Ordering
from ccore.queues.at_phone import AtPhone
from ccore.queues.visits import Visits


def _nowhere(_agent: str, _node: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Services:
    """Given to every route by the daemon.

    ``ivr`` walks callers through menus, ``visits`` through queues; agents dial ``at_phone``. ``call_deadline_s``: a
    caller waits no longer for the database. ``keeping`` takes orders while it is away; None if another ccore is to be
    asked then. ``outside_number`` of an agent, and the node that asks: where they take calls, or "".
    ``campaigns``: the gate that calls of campaigns come to. ``lives`` is told the keys that confirm orders.
    """

    ordering: Ordering
    ivr: Ivr
    call_deadline_s: float
    keeping: Keeping | None = None
    visits: Visits | None = None
    at_phone: AtPhone | None = None
    outside_number: Callable[[str, str], str] = _nowhere
    campaigns: Gate | None = None
    enquiries: Enquiries | None = None
    lives: Lives | None = None
