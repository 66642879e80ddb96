"""Which recordings are to be reviewed: drawn by lot, and the same ones whoever draws."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ccore.quality.scorecard import Sample


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored recording of one agent, of the week that is drawn for. ``reviewed``: by the scorecard in question."""

    recording: int
    agent: str
    queue: str
    milliseconds: int
    dispositions: Collection[str] = ()
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """One to be reviewed, or that was; ``rule`` counts the scorecard's samples from 0."""

    rule: int
    candidate: Candidate


def fits(sample: Sample, candidate: Candidate) -> bool:
    """Whether the rule speaks of it."""
    return (
        (not sample.queues or candidate.queue in sample.queues)
        and (not sample.dispositions or not set(sample.dispositions).isdisjoint(candidate.dispositions))
        and sample.least_s * 1000 <= candidate.milliseconds <= sample.most_s * 1000
    )


def draw(card: str, samples: Iterable[Sample], week: str, candidates: Iterable[Candidate]) -> Iterator[Drawn]:
    """What is to be reviewed of ``week``, rule by rule: of each agent as many as the rule says, if there are.

    What was reviewed counts first, so nothing that was done is asked for again when more calls come in. Two rules never
    draw the same recording.
    """
    left = list(candidates)
    for number, sample in enumerate(samples):
        by_agent: defaultdict[str, list[Candidate]] = defaultdict(list)
        for candidate in left:
            if fits(sample, candidate):
                by_agent[candidate.agent].append(candidate)
        chosen = [
            each
            for agent in sorted(by_agent)
            for each in sorted(by_agent[agent], key=lambda one: _lot(card, number, week, one))[: sample.per_agent]
        ]
        yield from (Drawn(number, each) for each in chosen)
        taken = {each.recording for each in chosen}
        left = [candidate for candidate in left if candidate.recording not in taken]


def _lot(card: str, rule: int, week: str, candidate: Candidate) -> tuple[bool, bytes]:
    words = f"{card} {rule} {week} {candidate.agent} {candidate.recording}"
    return not candidate.reviewed, hashlib.sha256(words.encode()).digest()
