"""An agent dials a feature code at a phone: sign in or out, pause, be ready, extend the wrap-up, hear one's state.

The contract with the dialplan (context ``from-phones``), one short session for each step::

    Set(CCORE_AGENT=) Set(CCORE_KEYS=)               once, before the first step; *43N: CCORE_KEYS=N
    AGI(${CCORE_AGI}/agent,<code>,<phone>,${SYSTEMNAME})

``code`` is 41 (sign in), 42 (sign out), 43 (pause), 44 (ready, which also ends a wrap-up), 45 (extend the wrap-up) or
46 (my state); ``phone`` the number of the endpoint, from CHANNEL(endpoint) without ``phone-``. Answer before, so that
prompts are heard. CCORE_RESULT is then one of RESULTS: play ``ccore/agent-<result>``; after a result that begins with
``ask-`` read digits into CCORE_KEYS (at most 12, ended by #), and do the same AGI again; after any other, hang up. An
empty CCORE_RESULT: play ``ccore/system-busy``, hang up. What an agent keys travels in variables, not as arguments:
arguments stand in logs and call records, and it may be a PIN.
"""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.queues.at_phone import Code, Keyed

log = structlog.get_logger()

# What the dialplan passes has this form, or it is not our dialplan. [0-9], never \d: other scripts' digits are no keys.
_ARGUMENTS = re.compile(rf"({'|'.join(Code)}),([0-9]{{3,5}}),([A-Za-z0-9][A-Za-z0-9_-]{{0,62}})")
_DIGITS = re.compile(r"[0-9]{0,12}")


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the code; the phone's number; the node."""
    arguments = _ARGUMENTS.fullmatch(",".join(agi.request.args))
    if arguments is None:
        log.error("agent_code_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty
    code, phone, node = arguments.groups()
    agent, keys = await agi.get_variables("CCORE_AGENT", "CCORE_KEYS")
    keyed = Keyed(_digits(agent), _digits(keys))
    try:
        if services.at_phone is None:
            raise Unavailable("this ccore has no agents")
        told = await services.at_phone.step(Code(code), f"{node}!{agi.request.uniqueid}", phone, node, keyed)
        await agi.set_variables(
            {"CCORE_RESULT": told.value, "CCORE_AGENT": keyed.agent or keyed.keys, "CCORE_KEYS": ""}
        )
    except (Unavailable, OutcomeUnknown) as error:
        log.error("agent_code_failed", call_id=agi.request.uniqueid, code=code, reason=str(error))


def _digits(text: str) -> str:
    return text if _DIGITS.fullmatch(text) else ""
