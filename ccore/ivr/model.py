"""What a walk through menus is made of: where a caller is, what came from the telephone, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccore.prompts.kinds import Kind


@dataclass(frozen=True, slots=True)
class Value:
    """Something known in this call. ``text`` is canonical for its ``kind``; a ``secret`` one is never written down."""

    kind: Kind
    text: str
    secret: bool = False


Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class State:
    """Where a caller is, whole: it travels with the call, in a channel variable, so that any ccore can go on.

    ``version`` is the menus' own, which a call keeps to its end. ``back`` are the menus passed, the latest last.
    ``question`` counts those of a survey. ``walked`` counts nodes, against the hotline's budget; ``asked`` counts
    answers to Asterisk, so that the path log knows if one is missing.
    """

    version: int
    hotline: str
    language: str
    node: str
    walked: int = 0
    tries: int = 0
    question: int = 0
    asked: int = 0
    back: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is calling, as far as it is known. ``tier`` is the customer class of choose by class."""

    name: str = ""
    tier: str = ""
    language: str = ""
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Announcement:
    """What plays first at a node for a time. ``sound`` is a file as Asterisk finds it; ``divert`` a node or ""."""

    sound: str
    text: str
    divert: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a walk may know beside the caller's keys.

    ``now`` is of the site's zone. ``caller`` is digits with a leading + at most, or "". ``waiting`` and ``agents``
    count callers and free agents by queue; ``announcements`` are those of now, by node.
    """

    now: datetime
    caller: str = ""
    customer: Customer = Customer()
    waiting: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    announcements: Mapping[str, Announcement] = field(default_factory=dict)


# What came from the telephone, or from the thing that was asked.
@dataclass(frozen=True, slots=True)
class Begun:
    """The call has come in."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was to be played was played."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """What the caller keyed, without the terminator; "" for silence."""

    digits: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller said, as the key it stands for; "" if it was not understood."""

    key: str


@dataclass(frozen=True, slots=True)
class Found:
    """A look-up's answer; None: there is no such thing."""

    values: Values | None


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """A look-up did not answer in time, or its circuit breaker is open."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The caller is back from a queue, a transfer, a recording. ``done``: it came to what was meant."""

    done: bool


Input = Begun | Played | Keyed | Said | Found | NotAnswered | Returned


# What is heard: a prompt by name, a value, or a sound file of its own.
@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of the catalogue."""

    name: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A file as Asterisk finds it, and what it says."""

    file: str
    text: str


Part = Prompt | Value | Sound


# What to do next. ``first`` is heard whole in any case, before anything else.
@dataclass(frozen=True, slots=True)
class Play:
    """Play and come back with Played."""

    first: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Listen:
    """Play ``first``, then ``parts`` while waiting for up to ``most`` digits; come back with Keyed.

    ``barge_in``: a key interrupts ``parts``. ``timeout_s``: silence after them, and between two digits. With
    ``speech`` (words by key) the caller may also speak: Said.
    """

    first: tuple[Part, ...]
    parts: tuple[Part, ...]
    most: int
    terminator: str
    timeout_s: int
    barge_in: bool = True
    speech: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask the adapter; come back with Found or NotAnswered."""

    adapter: str
    ask: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Into the queue; come back with Returned if nobody took the caller, or with ``after`` once the agent hung up.

    ``record``: what is said with the agent is recorded.
    """

    first: tuple[Part, ...]
    queue: str
    wait_s: int
    priority: int
    after: bool = False
    record: bool = False


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """On to the order of the number ``dialled``; does not come back."""

    first: tuple[Part, ...]
    dialled: str


@dataclass(frozen=True, slots=True)
class Connect:
    """On to the number ``to`` names in the allow-list; come back with Returned."""

    first: tuple[Part, ...]
    to: str
    wait_s: int


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller for ``box``; come back with Returned."""

    first: tuple[Part, ...]
    box: str
    limit_s: int


@dataclass(frozen=True, slots=True)
class NoteCallBack:
    """Write a call-back down, "" being the caller's own number; come back with Returned at once."""

    queue: str
    number: str


@dataclass(frozen=True, slots=True)
class NoteAnswers:
    """Write a survey's answers down, by question; come back with Returned at once."""

    survey: str
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SendText:
    """Queue the text message; come back with Returned at once."""

    text: str
    values: Values


@dataclass(frozen=True, slots=True)
class Announcing:
    """Do a ``step`` of an announcement by phone (``menu.Announce``) with the ``values`` known; come back with Found.

    Found without values: it was refused; NotAnswered: it cannot be done now.
    """

    step: str
    at: str
    divert: str
    values: Values


@dataclass(frozen=True, slots=True)
class End:
    """Play and hang up."""

    first: tuple[Part, ...]


Step = (
    Play
    | Listen
    | Fetch
    | Enqueue
    | PlaceOrder
    | Connect
    | Record
    | NoteCallBack
    | NoteAnswers
    | SendText
    | Announcing
    | End
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the path log: at ``node``, a caller's ``key`` (stars for a secret) and what came of it.

    ``outcome`` is one of entered, key, invalid, silent, failed, chose, found, missing, not-answered, diverted,
    exhausted, left, done; ``target`` is the node gone to, or what was left for (``queue service``).
    """

    node: str
    outcome: str
    key: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Walked:
    """One answer of the walk: the caller's new state, what to do, and what to write in the path log."""

    state: State
    step: Step
    marks: tuple[Mark, ...]
