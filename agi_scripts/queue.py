"""A caller is in a queue: tell Asterisk where they wait, what they hear, and where they go when nobody comes.

The contract with the dialplan (context ``queue``), one short session for each step::

    AGI(${CCORE_AGI}/queue,<event>,${CCORE_QUEUE},${CCORE_CALLER},${SYSTEMNAME})

``came`` is the first event of every visit, whatever CCORE_VISIT holds; CCORE_LANGUAGE, CCORE_PRIORITY, CCORE_WAIT_S,
CCORE_AFTER, CCORE_STATE, CCORE_DIALLED and CCORE_RECORD are then what a menu left there, CCORE_CALL_BACK what an
originated call carries. Each answer sets CCORE_VISIT and CCORE_QUEUE, the queue as it is now: what callers overflow to
goes on from there. By CCORE_RESULT:

- ``wait``: Queue(CCORE_LINE) for CCORE_TURN_S with QUEUE_PRIO, QUEUE_MIN_PENALTY, QUEUE_MAX_PENALTY, CCORE_RULE and
  CCORE_POSITION, recorded to CCORE_RECORD if that is not empty; then ``answered``, ``timed-out``, ``full``, ``empty``,
  or ``keyed`` with CCORE_KEYS
- ``say``: Playback(CCORE_FIRST), then ``said``
- ``ask``: Read(CCORE_KEYS) with CCORE_PROMPT, CCORE_MOST, CCORE_TERMINATOR and CCORE_SILENCE_S, then ``asked``
- ``voicemail``: record into CCORE_BOX, then ``said``
- ``back`` and ``survey``: the menu, with its event ``missed`` or ``done``
- ``hang-up``
"""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import Unavailable
from ccore.queues.visit import TOLD, Event
from ccore.queues.visits import Brought, CallWaiting

log = structlog.get_logger()

# What the dialplan passes has this form, or it is not our dialplan. [0-9], never \d: other scripts' digits are no keys.
_ARGUMENTS = re.compile(
    rf"({'|'.join(TOLD)}),([a-z][a-z0-9-]{{1,40}}),(\+?[0-9]{{3,20}}|withheld|invalid),"
    r"([A-Za-z0-9][A-Za-z0-9_-]{0,62})"
)
_STATE = re.compile(r"[A-Za-z0-9_-]*")
_KEYS = re.compile(r"[0-9A-D*#]{0,64}")
_BROUGHT = (
    *("CCORE_LANGUAGE", "CCORE_PRIORITY", "CCORE_WAIT_S", "CCORE_AFTER", "CCORE_STATE", "CCORE_CALL_BACK"),
    *("CCORE_DIALLED", "CCORE_RECORD"),
)


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the event (Event); the queue; the caller, as for orders; the node."""
    arguments = _ARGUMENTS.fullmatch(",".join(agi.request.args))
    if arguments is None:
        log.error("queue_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return  # CCORE_RESULT stays empty: the dialplan puts the caller into the line
    event, queue, caller, node = arguments.groups()
    state, keys = await agi.get_variables("CCORE_VISIT", "CCORE_KEYS")
    call = CallWaiting(
        f"{node}!{agi.request.uniqueid}",
        agi.request.channel,
        queue,
        caller,
        state if _STATE.fullmatch(state) else "",
        keys if _KEYS.fullmatch(keys) else "",
        await _brought(agi) if event == Event.CAME or not state else Brought(),
    )
    try:
        if services.visits is None:
            raise Unavailable("this ccore has no queues")
        await agi.set_variables(await services.visits.step(Event(event), call))
    except Unavailable as error:
        log.error("queue_left_to_asterisk", call_id=agi.request.uniqueid, queue=queue, reason=str(error))


async def _brought(agi: Agi) -> Brought:
    """What came with the caller from a menu, or from a call-back."""
    language, priority, patience, survey, menu, call_back, hotline, record = await agi.get_variables(*_BROUGHT)
    return Brought(
        language if language in {"zh", "en"} else "",
        _number(priority),
        _number(patience),
        survey == "1",
        menu != "",
        _number(call_back),
        hotline if re.fullmatch("[0-9]{2,15}", hotline) else "",
        record == "1",
    )


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None
