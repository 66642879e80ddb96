"""What recordings can be searched by: the site's agents, queues and dispositions, by their names for people."""

from collections.abc import Callable
from typing import Any

from ccore.centre.centre import Centre
from ccore.people.model import Role
from ccore.queues.agents import Agents
from ccore.web.v1.named import in_both
from ccore.web.v1.operations import Asked, Operation, Told


class NamedAgent(Told):
    """An agent: a number, and whose it is."""

    agent: str
    name: str


class NamedQueue(Told):
    """A queue, with its title by language."""

    name: str
    title: dict[str, str]


class NamedDisposition(Told):
    """What can come of a call."""

    name: str
    title: str
    title_en: str


class RecordingChoices(Told):
    """By number and name."""

    agents: list[NamedAgent]
    queues: list[NamedQueue]
    dispositions: list[NamedDisposition]


def operations(agents: Agents, centre: Callable[[], Centre]) -> list[Operation[Any, Any]]:
    """For who may search."""

    async def choices(_asked: Asked[None, None]) -> RecordingChoices:
        now = centre()
        return RecordingChoices(
            agents=[NamedAgent(agent=number, name=each.name) for number, each in sorted(agents.agents().items())],
            queues=[NamedQueue(name=name, title=dict(queue.title)) for name, queue in sorted(now.queues.items())],
            dispositions=[
                NamedDisposition(**in_both(name, each.title)) for name, each in now.words.disposition.items()
            ],
        )

    return [
        Operation("GET", "/recordings/choices", "What recordings can be searched by",
                  frozenset({Role.QUALITY, Role.SUPERVISOR}), choices, answer=RecordingChoices),
    ]  # fmt: skip
