"""Which lines of the queues an agent may serve, and how soon: what their skills come to in app_queue's penalties."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccore.centre.lines import STAGE_PENALTY, lines
from ccore.centre.queue import Queue
from ccore.queues.model import Agent

BEST_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent's place in a line of app_queue. The lower the penalty, the sooner they are asked."""

    line: str
    penalty: int


def memberships(agent: Agent, queues: Mapping[str, Queue]) -> tuple[Membership, ...]:
    """Every line that the agent may serve."""
    found = (
        (line, penalty(agent, queue, besides))
        for name, queue in queues.items()
        for line, besides in lines(name, queues).items()
    )
    return tuple(Membership(line, number) for line, number in found if number is not None)


def penalty(agent: Agent, queue: Queue, besides: Mapping[str, int]) -> int | None:
    """Ten for each stage of the queue that the agent is not good enough for; None if they are for none.

    ``besides`` are the skills that no waiting makes superfluous. Where the queue takes the best first, agents of one
    stage differ by how far their weakest wanted skill is below the best level.
    """
    for stage, (_, wants) in enumerate(queue.stages):
        wanted = {**wants, **{skill: max(level, wants.get(skill, 0)) for skill, level in besides.items()}}
        if all(agent.skills.get(skill, 0) >= level for skill, level in wanted.items()):
            return STAGE_PENALTY * stage + (_below_best(agent, wanted) if queue.best_first else 0)
    return None


def _below_best(agent: Agent, wanted: Mapping[str, int]) -> int:
    return BEST_LEVEL - min((agent.skills[skill] for skill in wanted), default=BEST_LEVEL)
