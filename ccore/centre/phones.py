"""The phones agents sit at: ``phones.toml``, in ranges, and the password of each, which is written down nowhere."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.tables import Closed

PREFIX = "phone-"  # of an endpoint's name in Asterisk: PJSIP/phone-2001


class Phones(Closed):
    """``[[phones]]``: the numbers ``first`` to ``last``, dialled from one another; ``browser`` ones speak WebRTC."""

    first: Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
    last: Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
    kind: Literal["sip", "browser"] = "sip"
    nodes: tuple[str, ...] | None = Field(default=None, description="where they register; none named: everywhere")
    codecs: tuple[Literal["alaw", "ulaw", "g722", "opus"], ...] = ("alaw", "ulaw")

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
