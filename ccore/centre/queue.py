"""A queue as data: who may serve it, how long callers wait and what they hear meanwhile, what is recorded."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ccore.nodes import Name as Trunk
from ccore.tables import Closed, Digits, Language, Name, Parts, Seconds

Level = Annotated[int, Field(ge=1, le=9, description="of a skill, 9 the best")]
Skills = dict[Name, Level]
Strategy = Literal["longest-idle", "fewest-calls", "in-turn", "in-order", "at-random"]
Choice = Literal["call-back", "voicemail", "text"]
OneKey = Annotated[str, Field(pattern=r"^[0-9*#]$")]


class Relaxation(Closed):
    """Who may serve a caller as well that has waited ``after_s``: less of a skill, or none named, is enough then."""

    after_s: Seconds
    wants: Skills = Field(default={})


class ServiceLevel(Closed):
    """So many percent of callers are answered within so many seconds; who hangs up sooner than short is not counted."""

    percent: Annotated[int, Field(ge=1, le=100)] = 80
    within_s: Seconds = 20
    short_abandon_s: Annotated[int, Field(ge=0, le=60)] = 5


class Comfort(Closed):
    """What waiting callers hear, one prompt after the other, every so many seconds."""

    every_s: Annotated[int, Field(ge=15, le=600)] = 45
    prompts: Parts = ()
    position: bool = Field(default=True, description="with their place in the line")
    expected_wait: bool = Field(default=True, description="at the beginning: how long it will take, if that is known")


class Offer(Closed):
    """What callers may choose by a key after some time of waiting; without a key they wait on."""

    after_s: Annotated[int, Field(ge=10, le=1800)] = 60
    prompt: Parts = ("queue-offer",)
    keys: dict[OneKey, Choice] = Field(default={"1": "call-back", "2": "voicemail", "3": "text"}, min_length=1)
    text: Name | None = Field(default=None, description="of texts.toml, for the choice `text`")


class CallBack(Closed):
    """How callers who asked for it are called back once their place in the line has its turn.

    Without a ``trunk`` people call them (``ccore callbacks list``).
    """

    trunk: Trunk | None = None
    caller_id: Digits | None = Field(default=None, description="the number they see")
    expires_s: Annotated[int, Field(ge=60, le=604_800)] = 14_400
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    pause_s: Annotated[int, Field(ge=10, le=86_400, description="between two attempts")] = 300
    ring_s: Annotated[int, Field(ge=10, le=60)] = 30


class Overflow(Closed):
    """Where a caller goes who has waited so long: another queue, with all the waiting counted."""

    after_s: Seconds
    to: Name


class Sticky(Closed):
    """The agent who served this caller within the last days has so many seconds before all others."""

    within_days: Annotated[int, Field(ge=1, le=365)] = 7
    head_start_s: Annotated[int, Field(ge=1, le=120)] = 15


class Priority(Closed):
    """Which caller goes first: the highest number, and of two alike who has waited longer.

    ``classes`` are what a customer's tier begins with, all others with 0. Each ``ageing_s`` of waiting is one more, up
    to ``ceiling``, so that nobody starves behind the best customers.
    """

    classes: dict[Name, Annotated[int, Field(ge=0, le=50)]] = Field(default={})
    ageing_s: Annotated[int, Field(ge=1, le=600)] = 15
    ceiling: Annotated[int, Field(ge=0, le=100)] = 40


class Recording(Closed):
    """Which calls are recorded: ``always``, ``never``, ``on-demand`` (the agent asks), or a ``sample`` of percent."""

    when: Literal["always", "never", "on-demand", "sample"] = "never"
    percent: Annotated[int, Field(ge=0, le=100)] = 100
    announce: Parts = Field(default=(), description="told to callers before they are recorded")
    keep_days: Annotated[int, Field(ge=1, le=7300)] = 180


class Queue(Closed):
    """``queues/NAME.toml``. A caller gets the free agent who suits best and has rested longest (``strategy``)."""

    title: dict[Language, str] = Field(default={})
    strategy: Strategy = "longest-idle"
    wants: Skills = Field(default={}, description="least level of each skill")
    relax: tuple[Relaxation, ...] = ()
    languages: dict[Language, Name] = Field(default={}, description="the skill that callers of a language need besides")
    service_level: ServiceLevel = ServiceLevel()
    ring_s: Annotated[int, Field(ge=5, le=60)] = 15
    auto_answer: bool = Field(
        default=False, description="agents' phones that can do it take its calls by themselves, after a short tone"
    )
    best_first: bool = Field(default=False, description="the better of two free agents goes before who rested longer")
    missed_most: Annotated[int, Field(ge=0, le=20, description="calls missed in a row pause an agent; 0: never")] = 3
    wrap_up_s: Annotated[int, Field(ge=0, le=600)] = 10
    wrap_up_most_s: Annotated[int, Field(ge=0, le=3600, description="an agent may extend it so far")] = 120
    capacity: Annotated[int, Field(ge=1, le=10000, description="callers waiting at once; more hear `full`")] = 200
    longest_wait_s: Annotated[int, Field(ge=10, le=7200)] = 900
    weight: Annotated[int, Field(ge=0, le=100, description="before other queues of the same agents")] = 0
    equal_after_s: Annotated[
        int, Field(ge=0, le=7200, description="of waiting: then as if of the highest weight there is; 0: never")
    ] = 300
    hours: Name | None = Field(default=None, description="of hours.toml; none: always open")
    opening: Parts = ()
    full: Parts = ("queue-full",)
    closed: Parts = ("queue-closed",)
    timed_out: Parts = ("agents-busy",)
    comfort: Comfort = Comfort()
    offer: Annotated[
        Offer | None,
        BeforeValidator(lambda value: None if value is False else value, json_schema_input_type=Offer | Literal[False]),
    ] = Field(default=Offer(), description="false: nothing is offered")
    call_back: CallBack = CallBack()
    overflow: tuple[Overflow, ...] = ()
    then: Literal["menu", "voicemail", "hang-up"] = Field(
        default="menu", description="of callers who were told full, closed or timed out; menu: where they came from"
    )
    sticky: Sticky | None = None
    priority: Priority = Priority()
    recording: Recording = Recording()
    dispositions: tuple[Name, ...] = Field(default=(), description="of centre.toml; none: an agent need not name one")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [each.after_s for each in self.relax]
        if times != sorted(set(times)):
            raise ValueError("relax: after_s must grow from one step to the next")
        if [each.after_s for each in self.overflow] != sorted({each.after_s for each in self.overflow}):
            raise ValueError("overflow: after_s must grow from one step to the next")
        if self.dispositions and not self.wrap_up_s:
            raise ValueError("dispositions: agents name one in their wrap-up, so wrap_up_s has to be some seconds")
        if self.wrap_up_most_s < self.wrap_up_s:
            raise ValueError("wrap_up_most_s is less than wrap_up_s")
        return self

    @property
    def stages(self) -> tuple[tuple[int, Mapping[str, int]], ...]:
        """From which second of waiting on what is wanted, the first from 0."""
        return ((0, self.wants), *((step.after_s, step.wants) for step in self.relax))
