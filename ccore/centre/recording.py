"""Which calls are recorded, as an operator writes it: ``recording.toml``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from ccore.centre.queue import Queue, Recording
from ccore.tables import Closed, Digits, Name

Direction = Literal["in", "out", "internal"]


class RecordingRule(Closed):
    """``[[rules]]``: what is done with calls for which all holds that is named here; nothing named: with all others.

    A rule that names an agent goes before one that does not, then campaign, queue, hotline and direction likewise. An
    agent is known only when they answer: what their rule keeps out of a recording is silence there. ``required``: also
    when the disk is nearly full.
    """

    agent: Digits | None = None
    campaign: Name | None = None
    queue: Name | None = None
    hotline: Digits | None = None
    direction: Direction | None = None
    when: Literal["always", "never", "on-demand", "sample"]
    percent: Annotated[int, Field(ge=0, le=100)] = 100
    keep_days: Annotated[int, Field(ge=1, le=7300)] = Recording().keep_days
    required: bool = False

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """What it names, the weightiest first."""
        named = (("agent", self.agent), ("campaign", self.campaign), ("queue", self.queue), ("hotline", self.hotline))
        return tuple((key, value) for key, value in (*named, ("direction", self.direction)) if value is not None)


class RecordingFile(Closed):
    """``recording.toml``."""

    rules: tuple[RecordingRule, ...] = ()


def always_recorded(queues: Mapping[str, Queue], rules: Sequence[RecordingRule]) -> Iterator[str]:
    """The queues of which every call is recorded, whatever else there is to know about it."""
    for name, queue in queues.items():
        of_queue = queue.recording.model_fields_set or any(rule.conditions == (("queue", name),) for rule in rules)
        may_decide = [rule.when for rule in rules if rule.queue in {None, name} and _may_decide(rule, bool(of_queue))]
        if queue.recording.model_fields_set:
            may_decide.append(queue.recording.when)
        if (of_queue or any(not rule.conditions for rule in rules)) and set(may_decide) == {"always"}:
            yield name


def _may_decide(rule: RecordingRule, of_queue: bool) -> bool:
    """What is said of a queue goes before rules that name a hotline, a direction or nothing."""
    return not of_queue or bool(rule.agent or rule.campaign or rule.queue)
