"""An agent is called who takes calls at a number outside: tell Asterisk which one."""

import re

import structlog

from agi_scripts.services import Services
from ccore.agi.session import Agi

log = structlog.get_logger()

_ARGUMENTS = re.compile(r"([0-9]{1,20}),([A-Za-z0-9][A-Za-z0-9_-]{0,62})")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")
RESULTS = frozenset({"call"})


async def run(agi: Agi, services: Services) -> None:
    """AGI arguments: the agent's number; the node. CCORE_RESULT ``call``: CCORE_NUMBER; else nobody is to be called."""
    arguments = _ARGUMENTS.fullmatch(",".join(agi.request.args))
    if arguments is None:
        log.error("outside_call_malformed", call_id=agi.request.uniqueid, arguments=len(agi.request.args))
        return
    agent, node = arguments.groups()
    number = services.outside_number(agent, node)
    if not _NUMBER.fullmatch(number):
        log.warning("outside_agent_not_there", call_id=agi.request.uniqueid, agent=agent)
        return
    await agi.set_variables({"CCORE_RESULT": "call", "CCORE_NUMBER": number})
