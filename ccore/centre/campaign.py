"""A campaign as data: whom to call from which lists, when, how fast, and what becomes of whom nobody reaches."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.nodes import Name as Trunk
from ccore.tables import Closed, Digits, Language, Name, Parts

Mode = Literal["preview", "progressive", "ratio", "predictive"]
# Of an attempt that did not become a conversation, and that is worth another.
Retried = Literal["no-answer", "busy", "congestion", "machine", "abandoned", "lost", "hung-up"]
Percent = Annotated[float, Field(gt=0, le=10)]


class ListShare(Closed):
    """A list of contacts, and its share of the calls beside the campaign's other lists."""

    list: Name
    weight: Annotated[int, Field(ge=1, le=100)] = 1


class Retry(Closed):
    """When a number is called again after an outcome: ``after_s``, each time ``times`` as long, ``most`` times."""

    after_s: Annotated[int, Field(ge=60, le=2_592_000)]
    times: Annotated[float, Field(ge=1, le=10)] = 1.0
    most: Annotated[int, Field(ge=0, le=20)] = 3


class Attempts(Closed):
    """How often anybody is called: ``per_day`` in any 24 h by all campaigns together, ``most`` by this one in all."""

    per_day: Annotated[int, Field(ge=1, le=20)] = 3
    most: Annotated[int, Field(ge=1, le=50)] = 6
    retry: dict[Retried, Retry] = Field(
        default={
            "no-answer": Retry(after_s=7200),
            "busy": Retry(after_s=900),
            "congestion": Retry(after_s=300, times=2),
            "machine": Retry(after_s=14_400, most=2),
            "hung-up": Retry(after_s=86_400, most=1),
            "lost": Retry(after_s=86_400, most=1),
        },
        description="by outcome; one that is not named is not tried again",
    )


class Pacing(Closed):
    """How many are called ahead of free agents.

    ``answer_grace_s`` after somebody has answered, and without an agent, they count as abandoned: at most
    ``abandonment_percent`` of those who answer. With fewer than ``least_agents`` nobody is called ahead.
    """

    abandonment_percent: Percent = 3.0
    answer_grace_s: Annotated[int, Field(ge=1, le=10)] = 2
    ring_s: Annotated[int, Field(ge=15, le=60, description="nobody's phone rings longer")] = 30
    least_ring_s: Annotated[int, Field(ge=15, le=60, description="nobody is hung up on sooner")] = 15
    may_hang_up: bool = Field(default=True, description="on who has rung so long, when no agent will be free")
    least_agents: Annotated[int, Field(ge=1, le=1000)] = 10
    ratio: Annotated[float, Field(ge=1, le=5, description="calls for each free agent, in mode ratio")] = 1.5
    most_calls_per_s: Annotated[float, Field(gt=0, le=100)] = 10
    most_channels: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class Detection(Closed):
    """What is done about answering machines: nothing, or ``human-first``: whoever may be a person is taken for one.

    Of those taken for a machine ``sample_percent`` are put before people, who say whether they were: so it is known how
    many persons are hung up on (``false_positive_percent`` counts as abandoned until it is).
    """

    mode: Literal["off", "human-first"] = "off"
    sample_percent: Annotated[int, Field(ge=1, le=100)] = 5
    false_positive_percent: Annotated[float, Field(ge=0, le=50)] = 1.0
    message: Parts = Field(default=(), description="left on a machine; empty: it is hung up on")
    dispositions: tuple[Name, ...] = Field(
        default=(), description="by which agents say that they were given a machine: it is no answer then"
    )


class Abandoned(Closed):
    """What those hear who answered and for whom no agent was free, and when they are called again.

    Before ``again_after_s`` only with an agent held ready for them, as in mode preview.
    """

    prompt: Parts = ("campaign-sorry",)
    again_after_s: Annotated[int, Field(ge=0, le=2_592_000)] = 259_200


class Preview(Closed):
    """How long an agent looks at a contact before the call begins, or passes to the next."""

    within_s: Annotated[int, Field(ge=5, le=3600)] = 60
    then: Literal["dial", "skip", "pause"] = "pause"
    skips: Annotated[int, Field(ge=0, le=1000, description="in a row; 0: none may be skipped")] = 10


class Quota(Closed):
    """At most so many contacts with a value in a field end with a disposition; then the others are not called."""

    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    value: str
    disposition: Name
    most: Annotated[int, Field(ge=1)]


class Campaign(Closed):
    """``campaigns/NAME.toml``. It dials while it is started (``ccore campaigns start``), in its hours, for its agents.

    ``queue`` names the agents: those of that queue, which may take callers of other queues as well, who go first if
    those weigh more. Of two campaigns for the same agents the one of higher ``priority`` has its calls first.
    """

    title: dict[Language, str] = Field(default={})
    mode: Mode = "progressive"
    queue: Name
    lists: Annotated[tuple[ListShare, ...], Field(min_length=1)]
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    language: Language = "zh"
    hours: Name = Field(description="of hours.toml: when people may be called, where they are")
    zones: Literal["number", "site"] = Field(default="number", description="whose clock: the number's region, or ours")
    begins: date | None = None
    ends: date | None = None
    trunks: tuple[Trunk, ...] = Field(default=(), description="of outgoing.toml; none: it cannot be started")
    caller_ids: dict[Trunk, Digits] = Field(default={}, description="seen by who is called; else the trunk's own")
    consent: Literal["none", "required"] = "none"
    purpose: Name = Field(default="marketing", description="what a consent has to be for")
    attempts: Attempts = Attempts()
    pacing: Pacing = Pacing()
    detection: Detection = Detection()
    abandoned: Abandoned = Abandoned()
    preview: Preview = Preview()
    keep_for_inbound: Annotated[int, Field(ge=0, le=1000, description="free agents who are never counted on")] = 0
    auto_answer: bool = Field(default=True, description="agents' phones that can do it take the call by themselves")
    agent_hears: Parts = Field(default=("campaign-beep",), description="before the customer; empty: nothing")
    script: str = Field(default="", max_length=20_000, description="what the agent says; {fields} of the contact")
    dispositions: dict[Name, Literal["done", "again", "call-back", "do-not-call"]] = Field(
        default={}, description="of centre.toml: what becomes of the contact; one that is not named: done"
    )
    quotas: tuple[Quota, ...] = ()

    def list_names(self) -> frozenset[str]:
        """Of its lists."""
        return frozenset(share.list for share in self.lists)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        names = [share.list for share in self.lists]
        if len(set(names)) < len(names):
            raise ValueError("lists: one stands there twice")
        if self.begins and self.ends and self.ends < self.begins:
            raise ValueError("ends is before begins")
        if self.pacing.least_ring_s > self.pacing.ring_s:
            raise ValueError("pacing: least_ring_s is more than ring_s")
        if unknown := set(self.caller_ids) - set(self.trunks):
            raise ValueError(f"caller_ids: {', '.join(sorted(unknown))} is none of its trunks")
        return self
