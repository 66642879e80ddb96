"""Puts together what agents do with their calls."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from ccore.ami.link import Link
from ccore.calls.legs import Found, Leg
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.desk.afterwards import Afterwards, Judged
from ccore.desk.handling import Handling
from ccore.desk.model import Result
from ccore.ivr.menus import Menus
from ccore.pbx.transfers import TransferTarget
from ccore.queues.agents import Agents
from ccore.queues.model import Device, State

# Call key, number, name in texts.toml, language, values.
Text = Callable[[str, str, str, str, Mapping[str, str]], Awaitable[bool]]


class Desk:
    """One ccore's. Make it before the links run. ``text`` sends a text message to a call's caller.

    ``judged`` says what is wrong with a result of a call, as ``Afterwards`` has it.
    """

    def __init__(
        self, database: Database, links: Mapping[str, Link], agents: Agents, text: Text, judged: Judged
    ) -> None:
        self.handling = Handling(database, links)
        self.afterwards = Afterwards(database, agents, judged)
        self.text = text
        self._agents = agents
        self._queues: frozenset[str] = frozenset()
        self._targets: Mapping[str, TransferTarget] = {}
        self.menus: Menus | None = None

    def use(self, centre: Centre, menus: Menus) -> None:
        """These are the queues, numbers and texts from now on."""
        self._queues = frozenset(centre.queues)
        self._targets = menus.transfers
        self.menus = menus
        self.afterwards.use(centre)

    def targets(self) -> Mapping[str, TransferTarget]:
        """The numbers outside that callers can be put through to."""
        return self._targets

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"results of calls": self.afterwards.run()}

    async def transfer(
        self, found: Found, leg: Leg, by: str, *, queue: str | None, agent: str | None, outside: str | None
    ) -> Result:
        """Put the caller through to just one of these; to the survey if none is named."""
        if queue is not None:
            return await self.handling.to_queue(found, leg, queue, by) if queue in self._queues else Result.NO_QUEUE
        if outside is not None:
            known = outside in self._targets
            return await self.handling.to_outside(found, leg, outside, by) if known else Result.NO_TARGET
        if agent is None:
            return await self.handling.to_survey(found, leg, by)
        device = self._device(agent)
        return Result.NO_AGENT if device is None else await self.handling.to_agent(found, leg, agent, device, by)

    async def ask(self, found: Found, leg: Leg, by: str, *, agent: str | None, outside: str | None) -> Result:
        """Let the agent talk to one of these while the caller waits."""
        if outside is not None:
            known = outside in self._targets
            return await self.handling.ask_outside(found, leg, outside, by) if known else Result.NO_TARGET
        device = self._device(agent or "")
        return Result.NO_AGENT if device is None else await self.handling.ask_agent(found, leg, agent or "", device, by)

    def _device(self, agent: str) -> Device | None:
        presence = self._agents.presences().get(agent)
        return None if presence is None or presence.state is State.SIGNED_OUT else presence.device
