"""One thin file per AGI route; ``order_fallback.py`` is run by Asterisk itself."""

from collections.abc import Mapping
from functools import partial

from agi_scripts import one_dial_order
from agi_scripts.services import Services
from ccore.agi.session import Route

__all__ = ["ROUTES", "Services", "routes"]


# By the name the dialplan calls it by, which is its file's.
ROUTES = {"one_dial_order": one_dial_order.run}


def routes(services: Services) -> Mapping[str, Route]:
    """Every route, with what it needs."""
    return {name: partial(run, services=services) for name, run in ROUTES.items()}
