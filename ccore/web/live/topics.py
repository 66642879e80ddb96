"""What is told live: the topics, for whom each is, and what an entry of each says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ccore.people.model import Person, Role

ALL = ""  # the audience that sees every entry of a topic


class Live(BaseModel):
    """An entry of a topic."""

    model_config = ConfigDict(frozen=True)


class LiveAgent(Live):
    """An agent, by number. ``since``: this state; ``call``: the LinkedID they ring or talk in."""

    name: str
    state: str
    since: datetime
    reason: str
    queues: list[str]
    queue: str
    call: str
    node: str
    device: str
    kind: Literal["phone", "browser", "outside", ""]
    wrap_up_until: datetime | None


class LiveState(Live):
    """How many agents are in a state, by its word."""

    agents: int


class LiveQueue(Live):
    """A queue, by name. Its callers and agents are of now; the counts of today as far as ``counted_until`` (null:
    nothing is counted yet). ``service_level_permille``: of the last half hour, in which ``level_calls`` counted."""

    title: dict[str, str]
    waiting: int
    longest_since: datetime | None
    free: int
    ringing: int
    talking: int
    wrap_up: int
    paused: int
    offered: int
    answered: int
    abandoned: int
    service_level_permille: int | None
    level_calls: int
    target_permille: int
    target_within_s: int
    counted_until: datetime | None


class LiveWaiting(Live):
    """Who waits in a queue, by the call's LinkedID; ``place`` in its line, from 1; ``caller`` is masked."""

    queue: str
    line: str
    node: str
    since: datetime
    caller: str
    tier: str
    priority: int
    place: int


class LiveLeg(Live):
    """An agent's part in a call; ``agent`` is empty if nobody is signed in there. ``talks``: with the caller.

    ``consults``: they ask somebody else while the caller waits. ``queue``: the one that rang them.
    """

    agent: str
    phone: str
    state: str
    talks: bool
    consults: bool
    queue: str


class LiveChannel(Live):
    """A channel of a call; ``state`` is Asterisk's word."""

    channel: str
    state: str
    since: datetime
    held: bool
    recording: bool


class LiveCall(Live):
    """A call that is there, by LinkedID; ``GET /api/v1/calls`` tells the same.

    ``caller`` is masked, and empty if nobody knows it; ``waits_in``: the queue, if they wait.
    """

    call: str
    node: str
    began_at: datetime
    caller: str
    waits_in: str
    agents: list[LiveLeg]
    channels: list[LiveChannel]


class LivePreview(Live):
    """A contact that an agent looks at before the call."""

    number: int
    campaign: str
    state: Literal["offered", "dialling"]
    decide_by: datetime


class LiveMe(Live):
    """The agent who looks, under the key ``me``. The counts are of today, as far as ``counted_at``."""

    agent: str
    state: str
    since: datetime
    reason: str
    paused: bool
    queue: str
    call: str
    node: str
    device: str
    wrap_up_until: datetime | None
    preview: LivePreview | None
    answered: int
    missed: int
    talk_s: int
    wrap_up_s: int
    paused_s: int
    signed_in_s: int
    counted_at: datetime | None
    service_level_permille: int | None
    target_permille: int | None


class LiveCampaign(Live):
    """A campaign, by name. Without ``dials`` no pace is known here: it does not run, or another ccore dials.

    ``waits_for`` is what it needs before it calls one more, in a word; ``why_not`` keeps it from dialling, in words,
    ``why_not_zh`` in Chinese. Abandonment is of 30 days.
    """

    title: dict[str, str]
    mode: str
    queue: str
    state: Literal["stopped", "running", "draining"]
    dials: bool
    agents: int
    ringing: int
    answered_waiting: int
    in_talk: int
    answered: int
    abandoned: int
    abandonment_permille: int | None
    limit_permille: int
    waits_for: str
    predicted_free: float | None
    why_not: list[str]
    why_not_zh: list[str]


class LiveTrunk(Live):
    """A trunk at a node, under ``NODE TRUNK``: of its ``channels`` so many carry calls ``inward`` and ``outward`` now,
    0 of both where the node is not ``linked``. ``campaigns``: they may call out by it, ``most`` at a time, and ``ours``
    do; ``why`` no more of theirs may begin now, in a word, and ``reason`` in people's.
    """

    node: str
    trunk: str
    kind: Literal["sip", "e1"]
    channels: int
    inward: int
    outward: int
    linked: bool
    campaigns: bool
    most: int
    ours: int
    why: str
    killed_by: str
    rests_until: datetime | None
    reason: str
    fen_today: int
    fen_this_month: int


class LiveUpload(Live):
    """A file of contacts, by number: the newest are told. ``rows_there`` is null until that is known."""

    list: str
    file_name: str
    state: Literal["waiting", "reading", "storing", "done", "refused", "cancelled", "failed"]
    rows_there: int | None
    rows_read: int


class LiveAlert(Live):
    """An alarm that is raised, by number; ``text`` is Chinese."""

    name: str
    subject: str
    raised_at: datetime
    value: float
    text: str
    text_en: str
    acknowledged_at: datetime | None
    acknowledged_by: str


class LiveSale(Live):
    """An order of today, by number; ``commission_fen``: what it earned whoever looks, or their department."""

    product: str
    name_zh: str
    name_en: str
    state: str
    at: datetime
    caller: str
    employee: str
    price_fen: int
    commission_fen: int


class LiveSales(Live):
    """Today's sales together, under the key ``today``; those that ended badly are in ``lost`` alone."""

    orders: int
    waiting: int
    lost: int
    price_fen: int
    commission_fen: int


class LiveOrder(Live):
    """One of the newest orders, by number; ``caller`` is masked."""

    state: str
    state_at: datetime
    at: datetime
    channel: str
    product: str
    name_zh: str
    name_en: str
    claim: str
    employee: str
    holder: str
    caller: str
    price_fen: int
    flagged: bool


class LivePublishing(Live):
    """What is live, under the key ``live``, and what each ccore has made of it, under ``ccore INSTANCE``.

    ``step``: it is on ``trial``, ``live``, or a ccore has ``applied`` it, still ``applies`` it, or has ``failed``.
    """

    version: int
    switch: int
    at: datetime
    by: str
    reason: str
    step: Literal["trial", "live", "applies", "applied", "failed"]
    nodes: list[str]
    error: str


class LiveLine(Live):
    """What was said so long after a publication began."""

    at_s: float
    text: str


class LivePublication(Live):
    """How somebody's publishing, or going back, goes, under the key ``publication NUMBER``; the newest are told.

    ``lost``: whoever would have told its end is gone.
    """

    publication: int
    kind: Literal["publish", "rollback"]
    version: int | None
    by: str
    note: str
    began_at: datetime
    ended_at: datetime | None
    state: Literal["running", "done", "failed", "lost"]
    told: list[LiveLine]


class LiveBuildFailure(Live):
    """A prompt that was not spoken. ``engine``: what speaks could not, ``late``: not in time, ``silent``: nothing is
    heard, ``recording``: a person's cannot be read. ``why`` is what the engine said."""

    language: Literal["zh", "en"]
    prompt: str
    reason: Literal["engine", "late", "silent", "recording"]
    why: str


class LiveBuild(Live):
    """How prompts are built for somebody's draft, by number; the newest are told.

    ``trouble`` has ended it: there is no ``engine`` (``why`` says what to install), it was ``stuck``, it was ``broken``
    off, or whoever built it was ``lost``.
    """

    build: int
    by: str
    began_at: datetime
    ended_at: datetime | None
    wanted: int
    spoken: int
    state: Literal["running", "done", "failed", "lost"]
    trouble: Literal["", "engine", "stuck", "broken", "lost"]
    why: str
    failed: list[LiveBuildFailure]


class LiveHealth(Live):
    """How a part is: ``ccore``, ``postgresql``, or ``node NAME``, of which ``told`` has the word why it is down."""

    up: bool
    since: datetime | None
    version: str
    told: str


@dataclass(frozen=True, slots=True)
class Topic:
    """``roles`` have it, besides admins. ``heard``: it is made of what Asterisk tells, of which some may be missing.

    ``on_walls``: everybody who passes by a screen on a wall may see it.
    """

    name: str
    roles: frozenset[Role]
    entries: tuple[type[Live], ...]
    heard: bool = False
    on_walls: bool = False

    def may(self, person: Person) -> bool:
        """Whether it is for them."""
        return person.is_one_of(self.roles)


_S = Role.SUPERVISOR
_EVERY = [
    Topic("agents", frozenset({_S}), (LiveAgent,), heard=True),
    Topic("states", frozenset({_S}), (LiveState,), heard=True, on_walls=True),
    Topic("queues", frozenset({_S, Role.AGENT}), (LiveQueue,), heard=True, on_walls=True),
    Topic("waiting", frozenset({_S}), (LiveWaiting,), heard=True),
    Topic("calls", frozenset({_S, Role.AGENT}), (LiveCall,), heard=True),
    Topic("me", frozenset({Role.AGENT}), (LiveMe,), heard=True),
    Topic("campaigns", frozenset({_S}), (LiveCampaign,), heard=True),
    Topic("trunks", frozenset({_S}), (LiveTrunk,), heard=True),
    Topic("uploads", frozenset({_S}), (LiveUpload,)),
    Topic("alerts", frozenset({_S}), (LiveAlert,)),
    Topic("wall-alerts", frozenset({_S}), (LiveAlert,), on_walls=True),
    Topic("sales", frozenset({Role.EMPLOYEE, Role.MANAGER}), (LiveSale, LiveSales)),
    Topic("orders", frozenset({Role.MANAGER, Role.FRAUD}), (LiveOrder,)),
    Topic("publishing", frozenset({Role.OPERATOR}), (LivePublishing, LivePublication)),
    Topic("prompt-builds", frozenset({Role.OPERATOR}), (LiveBuild,)),
    Topic("health", frozenset(Role), (LiveHealth,)),
]
TOPICS: Mapping[str, Topic] = {topic.name: topic for topic in _EVERY}
EVERY_ENTRY: tuple[type[Live], ...] = tuple(model for topic in _EVERY for model in topic.entries)
