"""Who the agents are: written by admins and supervisors, read by every ccore within half a second."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import Fault, FaultsFound
from ccore.people import audit, passwords
from ccore.people.pins import weakness
from ccore.queues.staff_list import LIST_CODE, Listed
from ccore.subscriber import Subscriber, subscriber

MOST_CHARACTERS = 100  # of a name


class Staff:
    """The table of agents. Raises ValueError, in words for people, for what cannot be; Unavailable and OutcomeUnknown.

    ``region`` (ISO 3166) is that of the numbers where agents may take calls outside.
    """

    def __init__(self, database: Database, region: str) -> None:
        self._database = database
        self._region = region

    async def write(
        self, agent: str, name: str, skills: Mapping[str, int], by: str, echelon: int = 0, mobile: str = ""
    ) -> None:
        """A new agent, or one anew."""
        if not (agent.isascii() and agent.isdecimal() and 2 <= len(agent) <= 12):
            raise ValueError("an agent's number has 2 to 12 digits")
        if not name or len(name) > MOST_CHARACTERS or not name.isprintable():
            raise ValueError(f"a name has 1 to {MOST_CHARACTERS} characters on one line")
        if not 0 <= echelon <= 4:
            raise ValueError("an echelon is 0 (regular staff) to 4")
        outside = self.outside(mobile) if mobile else None
        await self._database.fetch_value("agents.add", agent, name, checked(skills), echelon, outside, by)

    async def take(self, listed: Sequence[Listed], file: Path, by: str) -> int:
        """Write the agents of a list read from ``file``, all or none; how many. Raises FaultsFound with every fault."""
        faults = [
            Fault(file, each.line, LIST_CODE, why)
            for each in listed
            if each.mobile and (why := self._refused(each.mobile))
        ]
        if faults:
            raise FaultsFound(faults)
        rows = [
            (each.number, each.name, dict(each.skills), each.echelon, each.mobile and self.outside(each.mobile), by)
            for each in listed
        ]
        async with self._database.transaction() as transaction:
            for number, name, skills, echelon, mobile, set_by in rows:
                await transaction.fetch_value("agents.add", number, name, skills, echelon, mobile or None, set_by)
        return len(rows)

    async def set_skills(self, agent: str, skills: Mapping[str, int], by: str) -> bool:
        """Whether there is such an agent, who has these skills now."""
        return await self._database.fetch_value("agents.set_skills", agent, checked(skills), by) is not None

    async def set_mobile(self, agent: str, mobile: str, by: str) -> bool:
        """Whether there is such an agent, who may take calls at this number now; "" at none."""
        outside = self.outside(mobile) if mobile else None
        return await self._database.fetch_value("agents.set_mobile", agent, outside, by) is not None

    async def set_pin(self, agent: str, pin: str, by: str) -> bool:
        """Whether there is such an agent, who signs in by phone with this PIN now."""
        if complaint := weakness(pin):
            raise ValueError(complaint)
        salt, kept = await asyncio.to_thread(passwords.salted, pin)
        return await self._database.fetch_value("agents.set_pin", agent, salt, kept, by) is not None

    async def remove(self, agent: str, by: str) -> bool:
        """Whether there was such an agent; who they were stays in the statistics."""
        return await self._database.fetch_value("agents.remove", agent, by) is not None

    async def listed(self, agent: str | None = None) -> list[Record]:
        """Everybody, or one, with what they do."""
        return await self._database.fetch("agents.list", agent)

    async def note(self, who: str, action: str, agent: str) -> None:
        """Write into the audit that somebody did something for an agent."""
        await audit.note(self._database, who, action, f"agent:{agent}")

    def outside(self, number: str) -> str:
        """The E.164 of a number where an agent may be called: a mobile or fixed line here, nothing dearer."""
        who = subscriber(number, self._region, internal_extensions="")
        if not isinstance(who, Subscriber):
            raise ValueError(f"{number}: no mobile or fixed line of {self._region}")
        return who.e164

    def _refused(self, mobile: str) -> str:
        try:
            self.outside(mobile)
        except ValueError as error:
            return str(error)
        return ""


def checked(skills: Mapping[str, int]) -> dict[str, int]:
    """The skills, if they can be. Names that no queue wants are allowed: a queue may come."""
    for skill, level in skills.items():
        if not 1 <= level <= 9:
            raise ValueError(f"{skill}: a level is 1 to 9, 9 the best")
        if not (skill.isascii() and skill.replace("-", "").isalnum() and len(skill) <= 41):
            raise ValueError(f"{skill!r} is no name of a skill")
    return dict(skills)
