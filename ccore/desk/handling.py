"""Holds calls, puts them through and joins a third: has Asterisk do it in the middle of the call, as if by keys.

Each is Asterisk's own doing in the call's own bridge, so a ccore that dies leaves nobody alone: an agent who hangs up
while asking somebody has put the caller through, a caller on hold is taken back or let go with the agent.
"""

from collections.abc import Mapping

import structlog

from ccore.ami.actions import Action, Atxfer, BlindTransfer, CancelAtxfer, Hangup, PlayDTMF, Setvar
from ccore.ami.link import Link
from ccore.calls.legs import Found, Leg
from ccore.db.pool import Database
from ccore.desk.model import Consult, Result
from ccore.pbx import outside
from ccore.pbx.desk import CONTEXT as OUTSIDE
from ccore.pbx.desk import code
from ccore.queues.model import Device

log = structlog.get_logger()

BLIND, ASKED = "desk-blind", "desk-consult"  # of dialplan/extensions.d/desk.conf
HOLD_KEYS = "A1"  # of features.conf, as those below: telephones have no keys A to D
_KEYS: Mapping[Consult, str] = {Consult.COMPLETE: "D2", Consult.THREE_WAY: "D3", Consult.SWAP: "D4"}


class Handling:
    """What can be done with a call; ``by`` is who asks. Raises as Link.send does: then not all of it was done."""

    def __init__(self, database: Database, links: Mapping[str, Link]) -> None:
        self._database = database
        self._links = links

    async def hold(self, found: Found, leg: Leg, by: str) -> Result:
        """The caller hears music, and the agent nothing."""
        if found.customer is None or not found.talks(leg):
            return Result.NOT_TALKING
        caller = found.customer.name
        await self._send(found, Setvar(caller, "CCORE_HOLDER", leg.channel.name), Setvar(caller, "CCORE_HOLD", "1"))
        await self._press(found, leg, HOLD_KEYS)
        return await self._noted(found, leg, by, "held")

    async def resume(self, found: Found, leg: Leg, by: str) -> Result:
        """Back from hold."""
        if found.customer is None or not found.talks(leg):
            return Result.NOT_TALKING
        await self._send(found, Setvar(found.customer.name, "CCORE_HOLD", "0"))
        return await self._noted(found, leg, by, "resumed")

    async def to_queue(self, found: Found, leg: Leg, queue: str, by: str) -> Result:
        """Let the caller wait in a queue."""
        if found.customer is None or not found.talks(leg):
            return Result.NOT_TALKING
        await self._send(found, Setvar(found.customer.name, "CCORE_QUEUE", queue))
        return await self._transferred(found, leg, by, BLIND, "queue", {"queue": queue})

    async def to_survey(self, found: Found, leg: Leg, by: str) -> Result:
        """Let the caller be asked what the menu asks after a call; if it asks nothing, the call is over."""
        return await self._transferred(found, leg, by, BLIND, "survey", {"survey": True})

    async def to_agent(self, found: Found, leg: Leg, agent: str, device: Device, by: str) -> Result:
        """Let the caller talk to another agent; if they do not answer, the caller waits in the queue again."""
        if device.kind == "outside":
            return Result.OUTSIDE_AGENT
        if device.node != found.node:
            return Result.OTHER_NODE
        return await self._transferred(found, leg, by, BLIND, _place(device.number), {"agent": agent})

    async def to_outside(self, found: Found, leg: Leg, target: str, by: str) -> Result:
        """Let the caller talk to a number of transfers.toml."""
        return await self._transferred(found, leg, by, OUTSIDE, target, {"outside": target})

    async def ask_agent(self, found: Found, leg: Leg, agent: str, device: Device, by: str) -> Result:
        """Let the agent talk to another one while the caller waits."""
        if device.node != found.node:
            return Result.OTHER_NODE
        away = device.kind == "outside"
        context, place = (outside.ASKED, outside.place_asked(agent)) if away else (ASKED, _place(device.number))
        return await self._asked(found, leg, by, context, place, {"agent": agent})

    async def ask_outside(self, found: Found, leg: Leg, target: str, by: str) -> Result:
        """Let the agent talk to a number of transfers.toml while the caller waits."""
        return await self._asked(found, leg, by, OUTSIDE, code(target), {"outside": target})

    async def consult(self, found: Found, leg: Leg, what: Consult, by: str) -> Result:
        """Go on from asking somebody."""
        if not found.consults(leg) and not _others(found, leg):  # the others: after a swap
            return Result.NOT_ASKING
        if what is Consult.CANCEL:
            await self._send(found, CancelAtxfer(leg.channel.name))
        else:
            await self._press(found, leg, _KEYS[what])
        return await self._noted(found, leg, by, f"consult-{what}")

    async def keys(self, found: Found, leg: Leg, digits: str, by: str) -> Result:
        """Press keys towards the caller's side, as at a menu of another firm."""
        if found.customer is None or not found.talks(leg):
            return Result.NOT_TALKING
        for digit in digits:
            await self._send(found, PlayDTMF(found.customer.name, digit))
        return await self._noted(found, leg, by, "keys-sent", {"count": len(digits)})

    async def hang_up(self, found: Found, leg: Leg, by: str) -> Result:
        """End the agent's part: the caller is asked what the menu asks then, or the call is over."""
        await self._send(found, Hangup(leg.channel.name))
        return await self._noted(found, leg, by, "hung-up")

    async def _transferred(
        self, found: Found, leg: Leg, by: str, context: str, place: str, detail: Mapping[str, object]
    ) -> Result:
        if not found.talks(leg):
            return Result.NOT_TALKING
        await self._send(found, BlindTransfer(leg.channel.name, context, place))
        return await self._noted(found, leg, by, "transferred", detail)

    async def _asked(
        self, found: Found, leg: Leg, by: str, context: str, place: str, detail: Mapping[str, object]
    ) -> Result:
        if not found.talks(leg) or _others(found, leg):
            return Result.NOT_TALKING
        await self._send(found, Atxfer(leg.channel.name, place, context))
        return await self._noted(found, leg, by, "consulted", detail)

    async def _press(self, found: Found, leg: Leg, keys: str) -> None:
        await self._send(found, *(PlayDTMF(leg.channel.name, key, receive=True) for key in keys))

    async def _send(self, found: Found, *actions: Action) -> None:
        for action in actions:
            await self._links[found.node].send(action)

    async def _noted(
        self, found: Found, leg: Leg, by: str, what: str, detail: Mapping[str, object] | None = None
    ) -> Result:
        log.info("call_handled", call_id=found.call.id, node=found.node, agent=leg.agent, what=what)
        await self._database.execute(
            "handling.handled", found.call.id, found.node, leg.agent, by, what, dict(detail or {})
        )
        return Result.DONE


def _place(phone: str) -> str:
    """Where a phone is in these contexts: after its length, so that Asterisk waits for no further digit."""
    return f"1{len(phone)}{phone}"


def _others(found: Found, leg: Leg) -> bool:
    """Whether somebody else, beside the caller and this agent, is in the call and in a bridge apart from them."""
    known = {leg.channel.uniqueid, found.customer.uniqueid if found.customer else ""}
    return any(each.bridge not in {"", leg.channel.bridge} and each.uniqueid not in known for each in found.channels)
