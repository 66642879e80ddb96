"""A caller who has ordered was asked for a key: it confirms the order, or a text message is to do that, or nothing."""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import OutcomeUnknown, Unavailable

log = structlog.get_logger()

_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_KEYS = re.compile(r"[0-9A-D*#]?")


async def run(agi: Agi, services: Services) -> None:
    """AGI argument: the node's systemname; CCORE_KEYS is the key, or empty. CCORE_RESULT is one of ``Keyed``."""
    if len(agi.request.args) != 1 or not _NODE.fullmatch(agi.request.args[0]) or services.lives is None:
        log.error("confirmation_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty: the caller is told by text message
    (keys,) = await agi.get_variables("CCORE_KEYS")
    call_key = f"{agi.request.args[0]}!{agi.request.uniqueid}"
    try:
        keyed = services.lives.keyed_within(services.call_deadline_s, call_key, keys if _KEYS.fullmatch(keys) else "")
        await agi.set_variable("CCORE_RESULT", await keyed)
    except (Unavailable, OutcomeUnknown) as error:  # the order waits: its time goes by, and then a text message asks
        log.warning("confirmation_left_to_text", call_id=agi.request.uniqueid, reason=type(error).__name__)
