"""Answers Asterisk's questions about calls in place of ccore, as a test has said."""

import asyncio
from dataclasses import dataclass, field

from ccore.agi.session import Agi, Route

Answer = dict[str, str]


@dataclass(slots=True)
class Decider:
    """Answers as ccore would: what comes next is ``next_of`` the event, and otherwise a turn in alpha's line."""

    next_of: dict[str, Answer] = field(default_factory=lambda: {"answered": {"CCORE_RESULT": "hang-up"}})
    turn_s: int = 30
    asked: list[tuple[str, ...]] = field(default_factory=list)
    outside: str = "13900000001"
    together: asyncio.Barrier | None = None  # so many agents outside are asked for at once

    async def menu(self, agi: Agi) -> None:
        """The menu sends everybody to a queue, and says goodbye to whoever comes back."""
        self.asked.append(("menu", *agi.request.args))
        told = {"CCORE_STATE": "here", "CCORE_STEP": "s", "CCORE_LANGUAGE": "zh", "CCORE_FIRST": ""}
        begun = agi.request.args[0] == "begun"
        where = {"CCORE_RESULT": "queue", "CCORE_QUEUE": "alpha"} if begun else {"CCORE_RESULT": "hang-up"}
        await agi.set_variables(told | where)

    async def queue(self, agi: Agi) -> None:
        """What the test has said for this event, else the line."""
        event, queue, *_ = agi.request.args
        (keys,) = await agi.get_variables("CCORE_KEYS")
        self.asked.append(("queue", event, queue, keys))
        told = {"CCORE_QUEUE": queue, "CCORE_LANGUAGE": "zh"}
        await agi.set_variables(told | (self.next_of.get(event) or self.line(agi.request.args[2])))

    async def outside_number(self, agi: Agi) -> None:
        """Where the agent is."""
        self.asked.append(("outside", *agi.request.args))
        if self.together is not None:
            await self.together.wait()
        await agi.set_variables({"CCORE_RESULT": "call", "CCORE_NUMBER": self.outside})

    async def agent(self, agi: Agi) -> None:
        """Every code signs in."""
        (keys,) = await agi.get_variables("CCORE_KEYS")
        self.asked.append(("agent", *agi.request.args, keys))
        await agi.set_variables({"CCORE_RESULT": "signed-in" if keys else "ask-number"})

    def line(self, caller: str) -> Answer:
        """A turn in the line; the caller …9 goes before others, …3 has waited long."""
        return {
            "CCORE_RESULT": "wait",
            "CCORE_LINE": "alpha-aged" if caller.endswith("3") else "alpha",
            "CCORE_TURN_S": str(self.turn_s),
            "QUEUE_PRIO": "9" if caller.endswith("9") else "0",
            "QUEUE_MIN_PENALTY": "0",
            "QUEUE_MAX_PENALTY": "9",
            "CCORE_RULE": "alpha",
            "CCORE_POSITION": "",
            "CCORE_RECORD": "",
        }

    def events(self) -> list[str]:
        """What happened to callers in queues."""
        return [each[1] for each in self.asked if each[0] == "queue"]

    @property
    def routes(self) -> dict[str, Route]:
        """What it answers to."""
        return {"menu": self.menu, "queue": self.queue, "outside": self.outside_number, "agent": self.agent}
