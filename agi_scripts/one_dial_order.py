"""A caller has dialled an order code: order it for them, and name the prompt that tells them what came of it."""

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.clock import utc_now
from ccore.errors import KeyReused, OutcomeUnknown, Unavailable
from ccore.ordering.model import Attempt

log = structlog.get_logger()

RECEIVED = "received"  # it is on the node's disk
# The dialplan then asks another ccore or writes the order down itself, under the same call key: should it be placed
# here after all, it is one order.
UNAVAILABLE = "unavailable"


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the dialled digits; the caller's number, ``withheld`` or ``invalid``; the node's systemname; the
    trunk that the call came by, which dialplans of before do not say.
    """
    if len(agi.request.args) not in {3, 4}:
        log.error("order_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty: the dialplan takes the caller to people
    dialled, caller, node, trunk = (*agi.request.args, "")[:4]
    attempt = Attempt(f"{node}!{agi.request.uniqueid}", caller, dialled, utc_now(), "call", trunk)
    await agi.set_variable("CCORE_RESULT", await _result(attempt, services))


async def _result(attempt: Attempt, services: Services) -> str:
    try:
        return await services.ordering.place_within(services.call_deadline_s, attempt)
    except (Unavailable, OutcomeUnknown, KeyReused) as error:
        if services.keeping and not isinstance(error, KeyReused) and await services.keeping.keep(attempt):
            return RECEIVED
        log.warning("order_left_to_node", call_id=attempt.call_id, reason=type(error).__name__)
        return UNAVAILABLE
