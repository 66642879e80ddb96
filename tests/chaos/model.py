"""What the checker judges, as frozen values: the history of a run, and what it left in the database and the files."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["order", "wrong-code", "hotline"]
Verdict = Literal["ok", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Op:
    """One call: what was dialled, what its caller saw of it on the wire, and what it was told, as Asterisk wrote down.

    ``status`` is the final answer to the INVITE, 0 if there was none; times are seconds since the run began.
    ``told`` are the prompts that began to play, ``call_keys`` the calls Asterisk made of it: two, if Asterisk was
    killed and the INVITE was sent again. ``verdict`` is ok if an outcome was told, failed if the switch refused the
    call before it came to the dialplan, and else unknown.
    """

    op: int
    caller: str
    number: str
    kind: Kind
    dialled_at: float
    ended_at: float | None = None
    status: int = 0
    answered_ms: float | None = None
    verdict: Verdict = "unknown"
    told: tuple[str, ...] = ()
    call_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: what, to which part, from when to when in seconds since the run began."""

    number: int
    fault: str
    part: str
    begins: float
    ends: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What waited at one moment: files in the spool, bytes of Asterisk's CSV files that are not stored yet."""

    at: float
    spool: int
    unread: int


@dataclass(frozen=True, slots=True)
class History:
    """A whole run."""

    ops: Sequence[Op]
    strikes: Sequence[Strike]
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Heard:
    """One call as Asterisk's CEL file tells it: which op it is of, and which prompts began to play."""

    call_key: str
    name: str
    caller: str
    answered: bool
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A row of orders. ``holder_id`` holds the code that was dialled, ``owed_fen`` is what the product's rule pays.

    ``sold``: its subscriber has confirmed it, or did not have to; ``confirm_by`` how they were asked last, ``provided``
    whether a provider had to switch it on.
    """

    order_id: int
    call_key: str
    subscriber: str
    product_id: int
    nth: int
    employee_id: int
    holder_id: int | None
    dialled: str
    owed_fen: int
    state: str = "active"
    sold: bool = True
    confirm_by: str | None = None
    provided: bool = False

    @property
    def ended(self) -> bool:
        """Whether it is over, so that the product can be ordered again."""
        return self.state in {"rejected", "expired", "cancelled"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of order_attempts."""

    call_key: str
    caller: str
    dialled: str
    channel: str
    outcome: str
    order_id: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of commission_ledger."""

    order_id: int
    employee_id: int
    kind: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Message:
    """A row of outbox."""

    order_id: int | None
    call_key: str
    kind: str
    recipient: str
    state: str


@dataclass(frozen=True, slots=True)
class Folded:
    """A row of folded_calls."""

    linkedid: str
    state: str
    duration_ms: int | None
    billed_ms: int | None
    call_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line of a CSV file: its digest and the fields the checker looks at."""

    digest: bytes
    uniqueid: str
    linkedid: str
    event: str = ""
    name: str = ""
    caller: str = ""
    app: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """One CSV file and its table: ``torn`` lines are no rows, as a full disk leaves them.

    ``unfinished``: the last line has no end. ccore waits for it, as nobody can know that it is torn.
    """

    lines: Sequence[Line] = ()
    torn: int = 0
    stored: Sequence[bytes] = ()
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything. ``spool`` names the files left in the spool's folders, ``due`` counts calls not folded yet."""

    cel: Log = field(default_factory=Log)
    cdr: Log = field(default_factory=Log)
    orders: Sequence[Order] = ()
    attempts: Sequence[Attempt] = ()
    ledger: Sequence[Entry] = ()
    messages: Sequence[Message] = ()
    audited: Sequence[str] = ()
    calls: Sequence[Folded] = ()
    rejected: int = 0
    due: int = 0
    spool: Sequence[str] = ()


def begun_in_the_future(linkedid: str) -> bool:
    """Whether Asterisk's clock was set back in the call.

    Asterisk counts its waits, that for a key and that for a vanished caller's RTP as well, by that clock: such a call,
    if its caller says nothing and does not hang up, lasts until the clock is there again.
    """
    return int(linkedid.rpartition("-")[2].partition(".")[0]) > time.time()
