"""What an order is: the number dialled, the facts it is judged by, and what came of it."""

import enum
from dataclasses import dataclass
from datetime import datetime


class Outcome(enum.StrEnum):
    """What came of one try to order. The value is the dialplan's CCORE_RESULT and the name of the prompt played."""

    PLACED = "placed"
    ALREADY_YOURS = "already-yours"
    UNKNOWN_CODE = "unknown-code"
    NOT_ON_SALE = "not-on-sale"
    CLAIM_ENDED = "claim-ended"
    CALLER_WITHHELD = "caller-withheld"
    CALLER_NOT_ALLOWED = "caller-not-allowed"
    TOO_MANY_TRIES = "too-many-tries"


@dataclass(frozen=True, slots=True)
class OrderCode:
    """An order code taken apart: access ``10086``, product ``10``, claim ``001``."""

    access: str
    product: str
    claim: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to order, as it came from the telephone network or the spool.

    ``call_key`` names the call for ever (node, ``!``, uniqueid); ``caller`` and ``dialled`` are as received, unchecked.
    """

    call_key: str
    caller: str
    dialled: str
    called_at: datetime
    channel: str  # "call" or "spool"
