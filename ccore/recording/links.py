"""Links by which a recording is heard without signing in: signed, for minutes, and each noted in the audit."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ccore.db.pool import Database

MOST_S = 300  # a recording of people's voices is not to lie in somebody's mailbox: reliability.md 7.6
_PURPOSE = b"ccore recording link"
_BODY = struct.Struct(">QQ8s")  # recording, end in seconds since 1970, link
_MAC_BYTES = 32  # of SHA-256


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is for, until when; ``name`` is what the audit calls it."""

    recording: int
    ends_at: datetime
    name: str


class Links:
    """Makes links and reads them. They are signed by keys made of the site's ``keys`` of recordings, the last one for
    new links: without any, no recording is stored, and there is nothing to share.
    """

    def __init__(self, database: Database, keys: Mapping[str, bytes], now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._keys = [hmac.digest(key, _PURPOSE, hashlib.sha256) for key in keys.values()]
        self._now = now

    async def make(self, recording: int, who: str, seconds: int) -> tuple[str, Link] | None:
        """A new one, of ``who``, with its text; None: the site has no key to sign it with."""
        if not self._keys:
            return None
        until, name = int(self._now()) + min(seconds, MOST_S), secrets.token_bytes(8)
        content = _BODY.pack(recording, until, name)
        link = _link(content)
        await self._database.execute("recording_store.share", recording, link.name, who, link.ends_at)
        mac = hmac.digest(self._keys[-1], content, hashlib.sha256)
        return base64.urlsafe_b64encode(content + mac).decode("ascii").rstrip("="), link

    def read(self, text: str) -> Link | None:
        """The link that was made as this text; None: it was not made here, whatever else it is."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(whole) != _BODY.size + _MAC_BYTES:
            return None
        content, mac = whole[: _BODY.size], whole[_BODY.size :]
        made = [hmac.compare_digest(hmac.digest(key, content, hashlib.sha256), mac) for key in self._keys]
        return _link(content) if any(made) else None

    def is_over(self, link: Link) -> bool:
        """Whether nothing is heard by it any more."""
        return self._now() >= link.ends_at.timestamp()

    async def sharer(self, link: Link) -> str | None:
        """Who made it; None: they may not come in any more, and nor may who has their link."""
        who: str | None = await self._database.fetch_value("recording_store.sharer", link.recording, link.name)
        return who


def _link(content: bytes) -> Link:
    recording, until, name = _BODY.unpack(content)
    return Link(recording, datetime.fromtimestamp(until, UTC), name.hex())
