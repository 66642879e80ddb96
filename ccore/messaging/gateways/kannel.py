"""Kannel as a gateway: messages go to the sendsms of its smsbox, which brings receipts by itself, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from ccore.messaging.encoding import length
from ccore.messaging.gateways import Received
from ccore.messaging.model import Answer, NotTaken, Outgoing, Refused, Taken

NAME = "kannel"
EVERY_RECEIPT = 31  # delivered, not delivered, buffered, accepted, rejected
_GSM, _UCS2 = 0, 2
_MOST_ANSWER = 200  # characters of an answer that are worth keeping
_TAKEN, _WRONG = range(200, 300), 400


@dataclass(frozen=True, slots=True)
class Account:
    """Where sendsms is and who asks; ``receipts`` is where it is to bring them, "" for nowhere."""

    url: str
    username: str
    password: str = field(repr=False)
    sender: str
    receipts: str = field(repr=False)  # holds the key


class KannelGateway:
    """One Kannel."""

    name = NAME

    def __init__(self, account: Account, at_once: int, timeout_s: float) -> None:
        self._account = account
        self._at_once = at_once
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, _received: Received) -> AsyncIterator[None]:
        """Ready while the block runs."""
        connector = aiohttp.TCPConnector(limit=self._at_once, force_close=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._session = session
            yield

    async def send(self, message: Outgoing) -> Answer:
        """Hand it the message, within the time-out."""
        assert self._session is not None, "open() comes first"
        # POST: what it GETs, aiohttp asks for once more by itself if the answer is lost, and the message would go out
        # twice without anybody knowing.
        asking = self._session.post(
            self._account.url, data=message.text.encode(), headers=self._headers(message), allow_redirects=False
        )
        try:
            async with asyncio.timeout(self._timeout_s), asking as got:
                return _answer(got.status, _readable(await got.text(errors="replace")))
        except aiohttp.ClientConnectorError as error:
            return NotTaken(error.strerror or "no connection")  # the error itself names the address, and more
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return NotTaken(f"no answer: {type(error).__name__}", unknown=True)

    def _headers(self, message: Outgoing) -> dict[str, str]:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": self._account.username,
            "X-Kannel-Password": self._account.password,
            "X-Kannel-From": self._account.sender,
            "X-Kannel-To": message.recipient,
            "X-Kannel-Coding": str(_GSM if length(message.text).gsm else _UCS2),
        }
        if self._account.receipts:
            # Kannel fills in what stands behind %.
            headers["X-Kannel-DLR-Mask"] = str(EVERY_RECEIPT)
            headers["X-Kannel-DLR-Url"] = f"{self._account.receipts}&id={message.message_id}&word=%d&detail=%A"
        return headers


def _readable(text: str) -> str:
    return "".join(letter for letter in text[:_MOST_ANSWER] if letter.isprintable()).strip()


def _answer(status: int, text: str) -> Answer:
    if status in _TAKEN:
        return Taken()
    if status == _WRONG:  # of this message: a number it does not send to, a text it cannot send
        return Refused(text)
    return NotTaken(f"{status} {text}")
