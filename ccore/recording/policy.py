"""Whether a call is recorded: by the rule that says most about it, and by nothing that happens twice differently."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ccore.centre.queue import Queue, Recording
from ccore.centre.recording import Direction, RecordingRule

Kind = Literal["always", "sample", "on-demand", "never"]
_WEIGHTS = ("agent", "campaign", "queue", "hotline", "direction")
FILE = "recording.toml"


@dataclass(frozen=True, slots=True)
class Subject:
    """A call as rules see it. ``call_key`` decides whether it is in a sample; ``menu``: its menu wants it recorded."""

    call_key: str
    direction: Direction = "in"
    hotline: str = ""
    queue: str = ""
    campaign: str = ""
    agent: str = ""
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a call. ``kind`` "sample": it is in one; a call that is in none has "never".

    ``on-demand``: recorded in silence until somebody asks for it. ``rule`` says in words what decided.
    """

    kind: Kind
    rule: str
    keep_days: int
    required: bool = False

    @property
    def records(self) -> bool:
        """Whether there is anything to record."""
        return self.kind != "never"


NOTHING_SAID = Decision("never", "no rule", Recording().keep_days)


@dataclass(frozen=True, slots=True)
class Told:
    """One rule with where it comes from."""

    rule: RecordingRule
    source: str

    @property
    def weight(self) -> tuple[bool, ...]:
        """The rule with the highest goes first."""
        named = dict(self.rule.conditions)
        return tuple(key in named for key in _WEIGHTS)


@dataclass(frozen=True, slots=True)
class Policy:
    """All that is written about recording: rules of ``recording.toml``, and queues that say something themselves."""

    rules: tuple[RecordingRule, ...] = ()
    queues: Mapping[str, Recording] = field(default_factory=dict)

    def decide(self, subject: Subject) -> Decision:
        """What is done with the call, as far as its agent is known."""
        told = self.rule(subject)
        return NOTHING_SAID if told is None else _decision(told, subject.call_key)

    def begins(self, subject: Subject) -> Decision:
        """What a call begins with, when nobody knows yet who answers it.

        If any agent's rule may want it, it is recorded, in silence until that agent is there.
        """
        decision = self.decide(subject)
        if decision.records:
            return decision
        agents = (_decision(told, subject.call_key) for told in self._told(subject) if _may_hold(told.rule, subject))
        wanted = next((found for found in agents if found.records), None)
        return decision if wanted is None else replace(wanted, kind="on-demand")

    def rule(self, subject: Subject) -> "Told | None":
        """The rule that decides."""
        return next((told for told in self._told(subject) if _holds(told.rule, subject)), None)

    @property
    def names_agents(self) -> bool:
        """Whether it matters who answers."""
        return any(rule.agent for rule in self.rules)

    @property
    def records_any(self) -> bool:
        """Whether there may be anything to record."""
        said = [*(rule.when for rule in self.rules), *(recording.when for recording in self.queues.values())]
        return any(when != "never" for when in said)

    def _told(self, subject: Subject) -> list[Told]:
        """The weightiest first, and of two alike the one that stands first."""
        told = [Told(rule, f"{FILE} rule {number}") for number, rule in enumerate(self.rules, 1)]
        if (own := self.queues.get(subject.queue)) is not None and own.model_fields_set:
            told.append(Told(_as_rule(own, subject.queue), f"queue {subject.queue}"))
        if subject.menu:
            told.append(Told(RecordingRule(when="always", hotline=subject.hotline or None), "menu"))
        return sorted(told, key=lambda each: each.weight, reverse=True)


def explained(policy: Policy, queues: Iterable[str]) -> Iterator[str]:
    """One line for each queue: what is done with its calls, and which rule says so."""
    for name in sorted(queues):
        told = policy.rule(Subject("", queue=name))
        when = "never" if told is None else told.rule.when
        part = f" {told.rule.percent} %" if told is not None and when == "sample" else ""
        yield f"queue {name}: {when}{part} ({'no rule' if told is None else told.source})"


def twice(rules: Sequence[RecordingRule], queues: Mapping[str, Queue]) -> Iterator[tuple[int, str]]:
    """Rules (counted from 0) for just the same calls as another one that goes first, and which that is."""
    seen: dict[tuple[tuple[str, str], ...], str] = {
        (("queue", name),): f"queues/{name}.toml" for name, queue in queues.items() if _says(queue)
    }
    for number, rule in enumerate(rules):
        if other := seen.get(rule.conditions):
            yield number, other
        seen.setdefault(rule.conditions, f"rule {number + 1}")


def in_sample(call_key: str, percent: int) -> bool:
    """Whether a call is among so many of a hundred: always the same answer for the same call."""
    digest = hashlib.sha256(f"sample {call_key}".encode()).digest()
    return int.from_bytes(digest[:8]) % 10_000 < percent * 100


def _says(queue: Queue) -> bool:
    return bool(queue.recording.model_fields_set)


def _as_rule(own: Recording, queue: str) -> RecordingRule:
    return RecordingRule(when=own.when, percent=own.percent, keep_days=own.keep_days, queue=queue)


def _holds(rule: RecordingRule, subject: Subject) -> bool:
    return all(getattr(subject, key) == value for key, value in rule.conditions)


def _may_hold(rule: RecordingRule, subject: Subject) -> bool:
    """Whether it does for some agent."""
    return rule.agent is not None and all(
        key == "agent" or getattr(subject, key) == value for key, value in rule.conditions
    )


def _decision(told: Told, call_key: str) -> Decision:
    rule = told.rule
    kind: Kind = rule.when
    if kind == "sample" and not in_sample(call_key, rule.percent):
        kind = "never"
    return Decision(kind, told.source, rule.keep_days, rule.required)
