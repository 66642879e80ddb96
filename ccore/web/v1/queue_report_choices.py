"""What there is to ask reports of queues by, and what skills and pauses are called."""

from collections.abc import Callable
from typing import Any

from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.web.v1.named import in_both
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.recordings_choices import NamedAgent, NamedQueue


class NamedWord(Told):
    """A word of the centre, with its title."""

    name: str
    title: str
    title_en: str


class QueueReportChoices(Told):
    """By number and name, with agents who have left; skills and pauses as centre.toml has them."""

    queues: list[NamedQueue]
    agents: list[NamedAgent]
    skills: list[NamedWord]
    pauses: list[NamedWord]


def operations(database: Database, centre: Callable[[], Centre]) -> list[Operation[Any, Any]]:
    """For supervisors."""

    async def choices(_asked: Asked[None, None]) -> QueueReportChoices:
        now = centre()
        return QueueReportChoices(
            queues=[NamedQueue(name=name, title=dict(queue.title)) for name, queue in sorted(now.queues.items())],
            agents=[NamedAgent(**row) for row in await database.fetch("numbers.agents_named")],
            skills=[NamedWord(**in_both(name, each.title)) for name, each in now.words.skill.items()],
            pauses=[NamedWord(**in_both(name, each.title)) for name, each in now.words.pause.items()],
        )

    return [
        Operation("GET", "/queues/reports/choices", "What calls can be asked by", frozenset({Role.SUPERVISOR}), choices,
                  answer=QueueReportChoices),
    ]  # fmt: skip
