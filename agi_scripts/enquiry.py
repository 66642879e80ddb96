"""Somebody who sells has dialled the number of an enquiry and their own: ask for the PIN, then tell them their figures.

CCORE_RESULT ``listen``: play CCORE_PROMPT, read digits into CCORE_KEYS, and ask again; ``say``: play CCORE_FIRST and
hang up. Nothing: the dialplan says that it is not possible now.
"""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import OutcomeUnknown, Unavailable

log = structlog.get_logger()

RESULTS = frozenset({"say", "listen"})
# What the dialplan passes has this form, or it is not our dialplan. [0-9], never \d: other scripts' digits are no keys.
_ARGUMENTS = re.compile(r"([0-9]{2,15}),(\+?[0-9]{3,20}|withheld|invalid),([A-Za-z0-9][A-Za-z0-9_-]{0,62})")
_DIGITS = re.compile(r"[0-9]{0,12}")


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the dialled digits; the caller, as for orders; the node. The PIN is in CCORE_KEYS."""
    arguments = _ARGUMENTS.fullmatch(",".join(agi.request.args))
    if arguments is None:
        log.error("enquiry_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty
    dialled, caller, node = arguments.groups()
    (keys,) = await agi.get_variables("CCORE_KEYS")
    pin = keys if _DIGITS.fullmatch(keys) else ""
    try:
        if services.enquiries is None:
            raise Unavailable("this ccore has no enquiries")
        said = await services.enquiries.step(f"{node}!{agi.request.uniqueid}", dialled, caller, pin)
    except (Unavailable, OutcomeUnknown) as error:
        log.error("enquiry_failed", call_id=agi.request.uniqueid, reason=str(error))
        return
    files = "&".join(f"ccore/{name}" for name in said.prompts)
    await agi.set_variables(
        {
            "CCORE_RESULT": "listen" if said.listens else "say",
            "CCORE_LANGUAGE": said.language,
            "CCORE_PROMPT": files if said.listens else "",
            "CCORE_FIRST": "" if said.listens else files,
            "CCORE_KEYS": "",
        }
    )
