"""What a scenario's file says of a campaign's world: agents, those who are called, trunks, law, and seeds."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from ccore import tomlfile
from ccore.dialer.simulation.lengths import Length, Positive, Share
from ccore.tables import Closed

SHIPPED = Path(__file__).parent / "scenarios"
FAULT = "SC001"
UNLIMITED = 100_000  # channels: more than anything here needs
MOST_AGENTS = 2_000
MOST_HOURS = 24.0

At = Annotated[float, Field(ge=0, le=MOST_HOURS * 3600)]  # s since the start


class Step(Closed):
    """From ``at_s`` on, the rate is another."""

    at_s: At
    rate: Share


class Drift(Closed):
    """The rate goes up and down by ``swing``, once in ``period_s``."""

    swing: Share
    period_s: Positive


class AnswerRate(Closed):
    """The share of attempts that a living person answers, as it is when the number is dialled."""

    rate: Share
    steps: tuple[Step, ...] = ()
    drift: Drift | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.steps) != sorted(self.steps, key=lambda step: step.at_s):
            raise ValueError("steps are in the order of their at_s")
        if self.steps and self.drift:
            raise ValueError("steps or drift: not both")
        if self.drift and not self.drift.swing <= self.rate <= 1 - self.drift.swing:
            raise ValueError("the swing leads out of 0..1")
        return self


class Others(Closed):
    """What comes of the attempts that no living person answers: shares of them, together 1."""

    no_answer: Share = 0.60
    busy: Share = 0.10
    invalid: Share = 0.10
    machine: Share = 0.20

    @model_validator(mode="after")
    def _together_one(self) -> Self:
        if abs(self.no_answer + self.busy + self.invalid + self.machine - 1.0) > 1e-6:
            raise ValueError("the four shares together are not 1")
        return self


class Ringing(Closed):
    """How long attempts take until something comes of them, in s since they ring; ``set_up`` is until they ring."""

    set_up: Length = Length(median_s=1.8, spread=0.45, most_s=8.0)
    person: Length = Length(median_s=9.0, spread=0.55)
    machine: Length = Length(between_s=(14.0, 24.0))
    busy: Length = Length(between_s=(0.3, 2.0))
    invalid: Length = Length(between_s=(0.5, 4.0))
    at_most_s: Positive = 30.0  # then nobody has answered


class Leave(Closed):
    """A share of the agents goes home at one moment, each after the call they are in."""

    at_s: At
    share: Share
    notice: bool = False  # whether the pacer is told at once of those who are in a call


class Breaks(Closed):
    """Breaks that a share of the agents takes together, and those that each takes alone."""

    first_s: At = 1500.0
    every_s: Positive = 1800.0
    share: Share = 0.4
    within_s: Positive = 20.0  # of each other they go
    lengths_s: tuple[Positive, Positive] = (240.0, 360.0)
    alone_first_s: At = 600.0
    alone_every_s: Positive = 1500.0  # on average
    alone_least_s: Positive = 20.0
    alone_more_s: Positive = 100.0  # on average, beyond the least


class Presence(Closed):
    """From when to when an agent was logged in, and their pauses: each from when, and how long, in s."""

    from_s: At
    to_s: At
    pauses_s: tuple[tuple[At, Positive], ...] = ()


class Staff(Closed):
    """When agents work: all log in within the first minute and stay, but for what is said here.

    ``measured`` are the days of agents that were seen; the scenario's agents have them in turn.
    """

    log_in_within_s: Positive = 60.0
    leave: Leave | None = None
    breaks: Breaks | None = None
    measured: tuple[tuple[Presence, ...], ...] = ()


class Detection(Closed):
    """Detection of answering machines: how long it takes, and how often it errs in either direction."""

    between_s: tuple[Positive, Positive] = (0.8, 2.2)
    people_taken_for_machines: Share = 0.01
    machines_taken_for_people: Share = 0.10
    greeting_s: Annotated[float, Field(ge=0, le=5)] = 1.0  # of the person: the grace begins when it is over


class Decisions(Closed):
    """When the pacer is asked: at every event and every ``tick_s``, but not sooner than ``apart_s`` after the last."""

    tick_s: Positive = 0.5
    apart_s: Annotated[float, Field(ge=0, le=5)] = 0.0
    lag_s: Annotated[float, Field(ge=0, le=10)] = 0.0  # by which it is told late of what happened


class Scenario(Closed):
    """A campaign's world. The defaults are those of the shipped scenarios."""

    title: Annotated[str, Field(min_length=1, max_length=80)]
    agents: Annotated[int, Field(ge=1, le=MOST_AGENTS)]
    hours: Annotated[float, Field(gt=0, le=MOST_HOURS)] = 4.0
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (1,)
    limit: Annotated[float, Field(gt=0, lt=1)] = 0.03  # abandoned of answered
    channels: Annotated[int, Field(ge=1)] = UNLIMITED
    max_calls_per_s: Positive = 50.0
    grace_s: Positive = 2.0
    message_s: Annotated[float, Field(ge=0, le=60)] = 6.0  # what an abandoned person hears
    look_up_s: Positive = 20.0  # for an agent who dials by hand: to look the number up and dial it
    answers: AnswerRate = AnswerRate(rate=0.30)
    others: Others = Others()
    ringing: Ringing = Ringing()
    talk: Length = Length(mean_s=120.0, spread=0.8, most_s=3600.0)
    wrap: Length = Length(mean_s=15.0, spread=0.5, most_s=600.0)
    staff: Staff = Staff()
    detection: Detection | None = None
    decisions: Decisions = Decisions()

    @property
    def length_s(self) -> float:
        """From the start to the end."""
        return self.hours * 3600.0

    @property
    def changes_at_s(self) -> float | None:
        """When the world becomes another at one stroke, if it does: the first time."""
        moments = [step.at_s for step in self.answers.steps[:1]]
        moments += [self.staff.leave.at_s] if self.staff.leave else []
        return min(moments, default=None)


def load(path: Path) -> Scenario:
    """The scenario of a file. Raises FaultsFound with the line of every fault."""
    return tomlfile.load(path, Scenario, FAULT)


def scenarios() -> Mapping[str, Scenario]:
    """The scenarios that ccore ships, by their names: those of their files."""
    return MappingProxyType({path.stem: load(path) for path in sorted(SHIPPED.glob("*.toml"))})
