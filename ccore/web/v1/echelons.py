"""Standby staff: which echelon is proposed for which queue, calling it up, and who came."""

from datetime import datetime
from typing import Any

from ccore.clock import utc_now
from ccore.numbers.service import Numbers
from ccore.people.model import Role
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told


class CallUp(Said):
    """For which queue."""

    queue: Name


class OnStandby(Told):
    """One who would be called up."""

    agent: str
    name: str
    echelon: int


class EchelonProposed(Told):
    """What stands by for a queue: 0, nobody is proposed; ``percent``: so many more calls than planned."""

    queue: str
    level: int
    since: datetime
    percent: float | None
    people: list[OnStandby]


class CalledUp(Told):
    """One who was called up of late, and when they signed in since. No name: they are no agent any more."""

    agent: str
    name: str | None
    level: int
    queue: str
    called_at: datetime
    called_by: str
    came_at: datetime | None


class Echelons(Told):
    """Of every queue, and of half a day."""

    queues: list[EchelonProposed]
    called_up: list[CalledUp]


class CallUpDone(Told):
    """The agents who are texted; not those who were in this hour."""

    called_up: list[str]


def operations(numbers: Numbers) -> list[Operation[Any, Any]]:
    """For supervisors."""

    async def listed(_asked: Asked[None, None]) -> Echelons:
        return Echelons.model_validate(await numbers.staff.shown(utc_now()))

    async def call_up(asked: Asked[CallUp, None]) -> CallUpDone:
        level, by = asked.number("level"), asked.person.login
        return CallUpDone(called_up=list(await numbers.staff.call_up(level, asked.body.queue, by, utc_now())))

    who = frozenset({Role.SUPERVISOR})
    return [
        Operation("GET", "/echelons", "Standby staff", who, listed, answer=Echelons),
        Operation("POST", "/echelons/{level:[1-4]}/call-up", "Call an echelon up", who, call_up, body=CallUp,
                  answer=CallUpDone),
    ]  # fmt: skip
