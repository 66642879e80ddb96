"""A caller is in a hotline's menus: tell Asterisk what to play, ask or do next."""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import Unavailable
from ccore.ivr.instructions import EVENTS, CallSeen

log = structlog.get_logger()

# What the dialplan passes has this form, or it is not our dialplan. [0-9], never \d: other scripts' digits are no keys.
_ARGUMENTS = re.compile(
    rf"({'|'.join(EVENTS)}),([0-9]{{2,15}}),(\+?[0-9]{{3,20}}|withheld|invalid),"
    r"([A-Za-z0-9][A-Za-z0-9_-]{0,62}),([a-z0-9-]{0,31})"
)
_STATE = re.compile(r"[A-Za-z0-9_-]*")
_KEYS = re.compile(r"[0-9A-D*#]{0,64}")


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the event (EVENTS); the hotline's number; the caller, as for orders; the node; the trunk."""
    arguments = _ARGUMENTS.fullmatch(",".join(agi.request.args))
    if arguments is None:
        log.error("menu_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty: the dialplan takes the caller to people
    event, dialled, caller, node, trunk = arguments.groups()
    state, keys = ("", "") if event == "begun" else await _travelled(agi)
    try:
        call = CallSeen(f"{node}!{agi.request.uniqueid}", dialled, caller, trunk, state, keys)
        await agi.set_variables(await services.ivr.step(event, call))
    except Unavailable as error:
        log.error("menu_left_to_people", call_id=agi.request.uniqueid, hotline=dialled, reason=str(error))


async def _travelled(agi: Agi) -> tuple[str, str]:
    """State and keys that the call carries, each empty if it is not what it can be."""
    state, keys = await agi.get_variables("CCORE_STATE", "CCORE_KEYS")
    return state if _STATE.fullmatch(state) else "", keys if _KEYS.fullmatch(keys) else ""
