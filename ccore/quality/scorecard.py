"""A scorecard as an operator writes it, ``scorecards/NAME.toml``: what is asked of a call, and what is drawn."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.errors import Fault, FaultsFound
from ccore.tables import Closed, Language, Name
from ccore.tomlfiles import Place, Reading, under

SCORECARD_CODE = "SCORECARD"  # of every fault of these files
FOLDER = "scorecards"
BEST = 5  # of a scale of which nothing else is said
Texts = Annotated[dict[Language, str], Field(min_length=1)]


class Question(Closed):
    """One question. ``yes-no`` is answered 1 or 0, ``scale`` 0 to ``best``; where ``optional``, it need not apply.

    ``fatal``: if it is answered no, all of the call is worth nothing.
    """

    name: Name
    text: Texts
    kind: Literal["yes-no", "scale"] = "yes-no"
    best: Annotated[int | None, Field(ge=2, le=10, description="of a scale; none said: 5")] = None
    weight: Annotated[int, Field(ge=0, le=1000)] = 1
    optional: bool = False
    fatal: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.fatal and self.kind != "yes-no":
            raise ValueError("only a yes-no question can be fatal")
        if self.best is not None and self.kind != "scale":
            raise ValueError("best is for a scale")
        return self

    @property
    def most(self) -> int:
        """The best answer."""
        return (self.best or BEST) if self.kind == "scale" else 1


class Part(Closed):
    """``[[sections]]``: questions that belong together."""

    name: Name
    title: Texts
    questions: Annotated[tuple[Question, ...], Field(max_length=50)]


class Sample(Closed):
    """``[[samples]]``: which recordings are to be reviewed, ``per_agent`` of each agent and week, drawn by lot."""

    per_agent: Annotated[int, Field(ge=1, le=50)]
    queues: tuple[Name, ...] = Field(default=(), description="none: all")
    dispositions: tuple[Name, ...] = Field(default=(), description="none: all")
    least_s: Annotated[int, Field(ge=0, le=36000)] = 30
    most_s: Annotated[int, Field(ge=1, le=36000)] = 3600

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least_s > self.most_s:
            raise ValueError("least_s is more than most_s")
        return self


class Scorecard(Closed):
    """``scorecards/NAME.toml``. ``pass_percent``: less is not passed."""

    title: Texts
    pass_percent: Annotated[int, Field(ge=0, le=100)] = 80
    sections: Annotated[tuple[Part, ...], Field(max_length=20)]
    samples: tuple[Sample, ...] = ()

    @model_validator(mode="after")
    def _can_be_scored(self) -> Self:
        for kind, names in (
            ("question", [question.name for question in self.questions]),
            ("section", [section.name for section in self.sections]),
        ):
            if twice := sorted(name for name, count in Counter(names).items() if count > 1):
                raise ValueError(f"there are two {kind}s {', '.join(twice)}")
        if not any(question.weight and not question.optional for question in self.questions):
            raise ValueError("no question that always applies has a weight: there may be nothing to score")
        return self

    @property
    def questions(self) -> Iterator[Question]:
        """All of them, in order."""
        return (question for section in self.sections for question in section.questions)

    @property
    def content(self) -> str:
        """All of it as text, to be kept with the reviews made by it."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    @property
    def sha256(self) -> str:
        """By which one version differs from another."""
        return hashlib.sha256(self.content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Scorecards:
    """All of a site's by name; ``places`` are where things stand in the files."""

    cards: Mapping[str, Scorecard]
    places: Mapping[Place, tuple[Path, int]]


def read_scorecards(directory: Path) -> tuple[Scorecards, list[Fault]]:
    """What can be read of ``directory``/scorecards, and every fault of form."""
    reading, cards = Reading(SCORECARD_CODE), {}
    empty = Scorecard.model_construct(title={}, sections=())
    for path in sorted((directory / FOLDER).glob("*.toml")):
        card = reading.read(path, Scorecard, under("scorecard", path.stem), empty)
        if card is not empty:
            cards[path.stem] = card
    return Scorecards(cards, reading.places), reading.faults


def load_scorecards(directory: Path) -> Mapping[str, Scorecard]:
    """The scorecards of the operator's ``directory``. Raises FaultsFound with every fault of form."""
    found, faults = read_scorecards(directory)
    if faults:
        raise FaultsFound(faults)
    return found.cards


def unknown_names(found: Scorecards, queues: frozenset[str], dispositions: frozenset[str]) -> Iterator[Fault]:
    """Queues and dispositions that samples name and the site does not have."""
    for name, card in found.cards.items():
        for index, sample in enumerate(card.samples):
            for key, named, known in (
                ("queues", sample.queues, queues),
                ("dispositions", sample.dispositions, dispositions),
            ):
                if missing := sorted(set(named) - known):
                    place = found.places.get(("scorecard", name, "samples", str(index), key), (Path(), 0))
                    yield Fault(*place, SCORECARD_CODE, f"{key}: there is no {', '.join(missing)}: nothing is drawn")
