"""All that one ccore answers over HTTP beside its own state: the routes of every domain, put together."""

from aiohttp import web

from ccore.config import Config, Secrets
from ccore.web import sipws
from ccore.web.auth import Auth
from ccore.web.browser_seats import Seats
from ccore.web.domains import Domains
from ccore.web.once import Once
from ccore.web.v1 import api as v1

__all__ = ["Domains", "routes"]


def routes(config: Config, secrets: Secrets, of: Domains) -> list[web.RouteDef]:
    """Every route there is."""
    auth = Auth(of.people, config.access)
    once = Once(of.database, auth)
    secret, seats = (
        secrets.phone_secret,
        Seats(of.people, of.floor.agents.presences, lambda: of.campaigns.centre.phones),
    )
    phones = sipws.SipSockets(auth, seats, config.nodes, secret.get_secret_value()) if secret else None
    return [
        *v1.routes(config, of, auth, once, phones, secrets.turn_secret),
        *sipws.routes(phones),
    ]
