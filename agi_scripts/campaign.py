"""Asterisk asks whether it may dial an attempt of a campaign, and tells how that ended."""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi
from ccore.errors import CcoreError

log = structlog.get_logger()

_MAY_DIAL = re.compile(r"may-dial,([0-9]{1,18}),([A-Za-z0-9][A-Za-z0-9_-]{0,62})")
_ENDED = re.compile(r"ended,([0-9]{1,18}),([A-Z]{1,16}) ([0-9]{1,3}) ([0-9]{1,3})")
RESULTS = frozenset({"dial", "noted"})


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: ``may-dial``, the attempt's number, the node: CCORE_RESULT ``dial`` and what is to be dialled, or
    ``noted``: it is not.

    Or ``ended``, the number; Dial's status, the Q.850 cause and the SIP status with blanks between: CCORE_RESULT
    ``noted``. With no result nobody is to be called.
    """
    words = ",".join(agi.request.args)
    if services.campaigns is None:
        return
    if asked := _MAY_DIAL.fullmatch(words):
        try:
            told = await services.campaigns.may_dial(int(asked[1]), asked[2])
        except CcoreError as error:  # nobody is dialled whom this ccore cannot look up
            log.error("attempt_not_looked_up", call_id=agi.request.uniqueid, attempt=asked[1], reason=str(error))
            return
        # One that is refused need not be asked for anywhere else.
        await agi.set_variables({"CCORE_RESULT": "noted"} if told is None else {"CCORE_RESULT": "dial", **told})
    elif ended := _ENDED.fullmatch(words):
        number, status, cause, sip = ended.groups()
        try:
            await services.campaigns.told(int(number), status, int(cause), int(sip), "")
        except CcoreError as error:  # the channel events tell it too
            log.error("attempt_end_not_noted", call_id=agi.request.uniqueid, attempt=number, reason=str(error))
            return
        await agi.set_variables({"CCORE_RESULT": "noted"})
    else:
        log.error("campaign_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
