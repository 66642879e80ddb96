"""One thin file per AGI route; ``order_fallback.py`` is run by Asterisk itself."""

from collections.abc import Mapping
from functools import partial

from agi_scripts import agent, campaign, enquiry, menu, one_dial_confirm, one_dial_order, outside, queue
from agi_scripts.services import Services
from ccore.agi.session import Route
from ccore.ivr.instructions import Does
from ccore.ordering.lives import Keyed
from ccore.ordering.model import Outcome
from ccore.queues import at_phone, visits

__all__ = ["RESULTS", "ROUTES", "Services", "routes"]


# By the name the dialplan calls it by, which is its file's.
ROUTES = {
    "one_dial_order": one_dial_order.run,
    "one_dial_confirm": one_dial_confirm.run,
    "menu": menu.run,
    "queue": queue.run,
    "agent": agent.run,
    "outside": outside.run,
    "campaign": campaign.run,
    "enquiry": enquiry.run,
}
# The values of CCORE_RESULT that each may answer with and the dialplan has to know.
RESULTS = {
    "one_dial_order": frozenset[str](Outcome),
    "one_dial_confirm": frozenset[str](Keyed),
    "menu": frozenset[str](Does),
    "queue": frozenset[str](visits.Does),
    "agent": frozenset[str](at_phone.Told),
    "outside": outside.RESULTS,
    "campaign": campaign.RESULTS,
    "enquiry": enquiry.RESULTS,
}


def routes(services: Services) -> Mapping[str, Route]:
    """Every route, with what it needs."""
    return {name: partial(run, services=services) for name, run in ROUTES.items()}
