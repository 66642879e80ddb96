"""What Asterisk tells of a call in a menu, and what it is told to do: the words of ``extensions.d/menu.conf``."""

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from ccore.ivr.model import (
    Begun,
    Connect,
    End,
    Enqueue,
    Input,
    Listen,
    Part,
    PlaceOrder,
    Play,
    Played,
    Record,
    Returned,
    Said,
    Step,
)

Instructions = Mapping[str, str]  # by name; dialplan/README.md tells what each is
Files = Callable[[Iterable[Part]], Awaitable[tuple[str, ...]]]  # the sound files that say parts


# What the dialplan says has happened; None: the caller may have keyed something.
EVENTS: Mapping[str, Input | None] = {
    "begun": Begun(),
    "played": Played(),
    "keyed": None,
    "said": Said(""),  # what it was is still to be understood
    "done": Returned(True),
    "missed": Returned(False),
}


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A call as Asterisk tells it. ``key`` is its call key, ``caller`` digits or the word ``withheld`` or ``invalid``.

    ``trunk`` is the one it came by, ``state`` is CCORE_STATE of the last answer, "" before the first one; ``keys`` are
    the caller's since then.
    """

    key: str
    dialled: str
    caller: str
    trunk: str
    state: str = ""
    keys: str = ""

    @property
    def node(self) -> str:
        """The Asterisk it is on."""
        return self.key.partition("!")[0]

    @property
    def call_id(self) -> str:
        """The call's name in the logs: its uniqueid."""
        return self.key.partition("!")[2]


class Does(enum.StrEnum):
    """What Asterisk is to do: the values of CCORE_RESULT."""

    SAY = "say"
    LISTEN = "listen"
    HEAR = "hear"
    QUEUE = "queue"
    ORDER = "order"
    TRANSFER = "transfer"
    RECORD = "record"
    HANG_UP = "hang-up"
    REFUSE = "refuse"


REFUSED: Instructions = {"CCORE_RESULT": Does.REFUSE.value}  # as a number that is not there


async def instructions(step: Step, files: Files, saying: str = "") -> Instructions:
    """The variables for ``step``, which is one that Asterisk does; ``files`` finds what is to be heard.

    ``saying`` is where what the caller says is recorded, if they may speak.
    """
    told: dict[str, str] = {}
    first: tuple[Part, ...]
    match step:
        case Play(first=first):
            does = Does.SAY
        case Listen(first=first, parts=parts):
            does = Does.HEAR if saying else Does.LISTEN
            if not step.barge_in:  # as what comes first: no key counts before its end
                first, parts = first + parts, ()
            told["CCORE_PROMPT"] = "&".join(await files(parts))
            told |= {"CCORE_MOST": str(step.most), "CCORE_TERMINATOR": step.terminator}
            told |= {"CCORE_SILENCE_S": str(step.timeout_s)} | ({"CCORE_SAYING": saying} if saying else {})
        case Enqueue(first=first):
            does = Does.QUEUE
            told = {"CCORE_QUEUE": step.queue, "CCORE_WAIT_S": str(step.wait_s), "CCORE_PRIORITY": str(step.priority)}
            told |= {"CCORE_AFTER": "1" if step.after else "", "CCORE_RECORD": "1" if step.record else ""}
        case PlaceOrder(first=first):
            does = Does.ORDER
            told = {"CCORE_ORDER": step.dialled}
        case Connect(first=first):
            does = Does.TRANSFER
            told = {"CCORE_TO": step.to, "CCORE_WAIT_S": str(step.wait_s)}
        case Record(first=first):
            does = Does.RECORD
            told = {"CCORE_BOX": step.box, "CCORE_WAIT_S": str(step.limit_s)}
        case End(first=first):
            does = Does.HANG_UP
        case _:
            raise ValueError(f"{type(step).__name__} is nothing Asterisk does")
    return {"CCORE_RESULT": does.value, "CCORE_FIRST": "&".join(await files(first)), **told}
