"""Menus as data: the nodes an operator writes in ``menus/*.toml``, and the hotlines that lead to them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.tables import Closed, Digits, Key, Language, Name, Parts, Seconds, ValueName

Tries = Annotated[int, Field(ge=1, le=9)]

# Words that stand where a node's name can stand.
BACK = "back"  # the menu before this one
AGAIN = "again"  # this node once more
START = "start"  # where the hotline begins
HANG_UP = "hang-up"
PEOPLE = "people"  # the hotline's own way to people: its ``people`` node
WORDS = frozenset({BACK, AGAIN, START, HANG_UP, PEOPLE})

CONVENTIONS = {"*": BACK, "#": AGAIN, "0": PEOPLE}  # keys of every menu that does not name them or do without
GIVEN = frozenset({"caller", "dialled"})  # values that every call has; a caller who withholds their number has no first


class Menu(Closed):
    """Plays ``prompt`` and waits for a key. ``opening`` is played once before, and no key interrupts it."""

    do: Literal["menu"]
    prompt: Annotated[Parts, Field(min_length=1)]
    keys: Annotated[dict[Key, Name], Field(min_length=1)]
    opening: Parts = ()
    barge_in: bool = Field(default=True, description="a key interrupts the prompt")
    timeout_s: Annotated[int, Field(ge=1, le=30, description="silence after the prompt")] = 5
    tries: Tries = 3
    invalid: Parts = ("key-invalid",)
    silent: Parts = ("key-missing",)
    failed: Name | None = Field(default=None, description="where to after all tries; none: the hotline's people")
    conventions: bool = Field(default=True, description="* back, # again, 0 people, where `keys` does not name them")
    speech: dict[Key, tuple[str, ...]] = Field(default={}, description="what callers may say for a key, if on")
    unheard: Parts = Field(default=("keys-please",), description="to callers who spoke and were not understood")


class Say(Closed):
    """Plays ``prompt`` to its end and goes on."""

    do: Literal["say"]
    prompt: Annotated[Parts, Field(min_length=1)]
    then: Name


class Ask(Closed):
    """Asks for digits and keeps them as the value ``into``."""

    do: Literal["ask"]
    prompt: Annotated[Parts, Field(min_length=1)]
    into: ValueName
    least: Annotated[int, Field(ge=1, le=32)] = 1
    most: Annotated[int, Field(ge=1, le=32)]
    terminator: Literal["#", "*", ""] = "#"
    check: Literal["any", "mobile", "phone", "luhn", "date", "month"] = "any"
    secret: bool = Field(default=False, description="never stored, logged or reported: a PIN, a card number")
    barge_in: bool = True
    timeout_s: Annotated[int, Field(ge=1, le=30)] = 8
    tries: Tries = 3
    invalid: Parts = ("digits-invalid",)
    silent: Parts = ("key-missing",)
    then: Name
    failed: Name | None = None


class Choose(Closed):
    """Goes on by what is known, without a word: the first of ``cases`` that holds, else ``otherwise``.

    ``by`` hours: cases ``open``, ``closed``, ``holiday``; ``of`` names the hours. By hour (of the day), waiting
    (callers in queue ``of``), agents (free in queue ``of``): cases are numbers, ``8-11`` or ``20+``. By value: ``of``
    names it.
    """

    do: Literal["choose"]
    by: Literal["class", "tag", "language", "hours", "hour", "weekday", "waiting", "agents", "value"]
    of: str | None = None
    cases: Annotated[dict[str, Name], Field(min_length=1)]
    otherwise: Name


class Queue(Closed):
    """Puts the caller into a queue of agents; ``then`` is for those nobody could take within ``wait_s``.

    ``after`` is where callers go once their agent has hung up, to a survey say; none: the call ends.
    """

    do: Literal["queue"]
    queue: Name | None = Field(default=None, description="none: the hotline's own")
    prompt: Parts = ()
    wait_s: Seconds = 120
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    then: Name = HANG_UP
    after: Name | None = None


class Order(Closed):
    """Orders by code, as if the access number and the code had been dialled; the call ends with its outcome.

    ``code`` is digits, or a value in braces.
    """

    do: Literal["order"]
    access: Digits
    code: Annotated[str, Field(pattern=r"^([0-9]{2,12}|\{[a-z][a-z0-9_]{0,30}\})$")]
    prompt: Parts = ()


class LookUp(Closed):
    """Asks a system of the site's; its fields become values. ``failed`` speaks when it does not answer in time."""

    do: Literal["look-up"]
    adapter: Name
    ask: dict[ValueName, str] = Field(default={}, description='what the adapter is asked: { number = "{order_no}" }')
    then: Name
    missing: Name
    failed: Name


class Voicemail(Closed):
    """Records what the caller says, until # or silence."""

    do: Literal["voicemail"]
    prompt: Parts = ("voicemail-record",)
    box: Name = "service"
    limit_s: Annotated[int, Field(ge=5, le=300)] = 90
    then: Name = HANG_UP


class CallBack(Closed):
    """Writes down a call-back to the caller, or to the number in the value ``number``."""

    do: Literal["call-back"]
    queue: Name | None = None
    number: ValueName | None = None
    prompt: Parts = ("callback-noted",)
    then: Name = HANG_UP
    failed: Name | None = Field(default=None, description="a caller without a number; none: the hotline's people")


class Transfer(Closed):
    """Connects the caller with a number of the allow-list, ``transfers.toml``."""

    do: Literal["transfer"]
    to: Name
    prompt: Parts = ()
    wait_s: Annotated[int, Field(ge=5, le=120)] = 30
    then: Name = HANG_UP


class Question(Closed):
    """One question of a survey, answered with a key from ``least`` to ``most``."""

    name: Name
    prompt: Annotated[Parts, Field(min_length=1)]
    least: Annotated[int, Field(ge=0, le=9)] = 1
    most: Annotated[int, Field(ge=1, le=9)] = 5


class Survey(Closed):
    """Asks its questions one after another; whoever gives no answer is thanked all the same."""

    do: Literal["survey"]
    name: Name
    question: Annotated[tuple[Question, ...], Field(min_length=1, max_length=9)]
    tries: Tries = 2
    timeout_s: Annotated[int, Field(ge=1, le=30)] = 6
    invalid: Parts = ("key-invalid",)
    thanks: Parts = ("survey-thanks",)
    then: Name = HANG_UP


class Text(Closed):
    """Sends the caller a text message made of the template ``text`` of ``texts.toml``, and goes on."""

    do: Literal["text"]
    text: Name
    prompt: Parts = ()
    then: Name
    failed: Name | None = Field(default=None, description="a caller without a mobile number; none: as `then`")


class Announce(Closed):
    """Does one ``step`` of an announcement made by phone; what did not work goes on at ``failed``.

    ``sign-in``: whether the values ``employee`` and ``pin`` are right; no other step works without it. ``recorded``:
    what the caller has just recorded into the box ``announcement`` becomes the value ``recording``, to be played.
    ``mount``: it plays first at node ``at`` for as many hours as the value ``hours`` says. ``end``: the announcement
    of node ``at`` ends.
    """

    do: Literal["announce"]
    step: Literal["sign-in", "recorded", "mount", "end"]
    at: Name | None = Field(default=None, description="mount and end: the node")
    divert: Name | None = Field(default=None, description="mount: where callers go after it; none: on in the node")
    then: Name
    failed: Name

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if (self.step in {"mount", "end"}) != (self.at is not None):
            raise ValueError("`at` names the node for mount and end, and for them only")
        return self


class Speak(Closed):
    """Changes the language of the call."""

    do: Literal["language"]
    language: Language
    then: Name


class HangUp(Closed):
    """Says goodbye and ends the call."""

    do: Literal["hang-up"]
    prompt: Parts = ("goodbye",)


Node = Annotated[
    Menu
    | Say
    | Ask
    | Choose
    | Queue
    | Order
    | LookUp
    | Voicemail
    | CallBack
    | Transfer
    | Survey
    | Text
    | Announce
    | Speak
    | HangUp,
    Field(discriminator="do"),
]


class Hotline(Closed):
    """A number and where its callers begin; ``[[hotline]]`` in ``hotlines.toml``."""

    number: Digits
    start: Name
    language: Language = "zh"
    people: Name = Field(description="the node of key 0, of failures and of an exhausted budget")
    hours: Name | None = None
    closed: Name | None = Field(default=None, description="where callers begin outside the hours")
    queue: Name = "service"
    trunks: tuple[str, ...] = Field(default=(), description="trunks it answers on; none named: all")
    record: bool = Field(default=False, description="what is said with an agent is recorded")
    steps: Annotated[int, Field(ge=5, le=500, description="nodes of one call; then people")] = 100
