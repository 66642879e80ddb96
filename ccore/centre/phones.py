"""The phones agents sit at: ``phones.toml``, in ranges, and the password of each, which is written down nowhere."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.tables import Closed

PASS_S = 900  # a browser's password is made anew so often, and good for as long again
PREFIX = "phone-"  # of an endpoint's name in Asterisk: PJSIP/phone-2001


class Phones(Closed):
    """``[[phones]]``: the numbers ``first`` to ``last``, dialled from one another; ``browser`` ones speak WebRTC."""

    first: Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
    last: Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
    kind: Literal["sip", "browser"] = "sip"
    nodes: tuple[str, ...] | None = Field(default=None, description="where they register; none named: everywhere")
    codecs: tuple[Literal["alaw", "ulaw", "g722", "opus"], ...] = ("alaw", "ulaw")
    auto_answer: bool = Field(default=False, description="they take calls by themselves, if campaign or queue wants it")

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if len(self.first) != len(self.last) or not 0 <= int(self.last) - int(self.first) < 5000:
            raise ValueError("first and last have the same length, last is not before first, and at most 5,000 phones")
        return self

    @property
    def numbers(self) -> Iterator[str]:
        """Every number of the range."""
        return (str(number) for number in range(int(self.first), int(self.last) + 1))


def endpoint(number: str) -> str:
    """The PJSIP endpoint of the phone ``number``, which is also its SIP user name."""
    return PREFIX + number


def password(secret: str, number: str) -> str:
    """The SIP password of the phone ``number``, made of the site's ``phone_secret``: 24 letters and digits."""
    digest = hmac.new(secret.encode(), f"phone {number}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:15]).decode().lower()


def passes(secret: str, number: str, session: int, now_s: float) -> tuple[str, str]:
    """What the browser of one session has instead of the password: what it is given now, and what it was before."""
    turn = int(now_s // PASS_S)
    return _pass(secret, number, session, turn), _pass(secret, number, session, turn - 1)


def pass_ends_s(now_s: float) -> float:
    """Until when what is given now is good."""
    return (now_s // PASS_S + 2) * PASS_S


def _pass(secret: str, number: str, session: int, turn: int) -> str:
    digest = hmac.new(secret.encode(), f"browser {number} {session} {turn}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:15]).decode().lower()
