"""Agents who are kept free of the queues' calls for a while, as somebody else has work for them."""

from ccore.queues.agents import Agents, Outcome
from ccore.queues.membership import memberships
from ccore.queues.model import Device, State
from ccore.queues.presence import Event, Happened

PREVIEW = "preview"  # the reason of that pause, which nobody asked for


class KeptFree:
    """Everything raises Unavailable while PostgreSQL does not answer."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def seat(self, agent: str) -> tuple[str, str] | None:
        """Node and phone of an agent who takes calls at one of the site's; None: they take none, or sit outside."""
        presence = self._agents.presences().get(agent)
        device: Device | None = presence.device if presence else None
        return None if device is None or device.kind == "outside" else (device.node, device.number)

    def serves(self, agent: str, queue: str) -> bool:
        """Whether the agent may take calls of the queue."""
        known, queues = self._agents.agents().get(agent), self._agents.queues()
        lines = () if known is None or queue not in queues else memberships(known, {queue: queues[queue]})
        return bool(lines)

    async def hold(self, agent: str) -> bool:
        """No queue calls them from now on; False if they are not free. Who is held already is so all the same."""
        presence = self._agents.presences().get(agent)
        if presence is None or (presence.state is not State.READY and not self._is_held(agent)):
            return False
        if await self._agents.happened(agent, Event(Happened.PAUSE, reason=PREVIEW)) is not Outcome.DONE:
            return False
        if self._agents.presences()[agent].state is State.PAUSED:
            return True
        await self.release(agent)  # a call was faster
        return False

    async def release(self, agent: str) -> None:
        """Queues call them again, unless they have paused themselves meanwhile."""
        if self._is_held(agent):
            await self._agents.happened(agent, Event(Happened.RESUME))

    def _is_held(self, agent: str) -> bool:
        presence = self._agents.presences().get(agent)
        return presence is not None and presence.paused and presence.reason == PREVIEW
