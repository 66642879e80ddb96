"""A carrier's message centre as a gateway, spoken to by SMPP 3.4 through the library smpp34 (the extra ``smpp``)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from ccore.clock import utc_now
from ccore.errors import CcoreError
from ccore.messaging.encoding import decoded, length, parts
from ccore.messaging.gateways import Received
from ccore.messaging.model import Answer, Arrived, NotTaken, Outgoing, Receipt, Refused, Taken, Word

if TYPE_CHECKING:
    from smpp34 import Client, DeliverSmEvent, Smsc

log = structlog.get_logger()

NAME = "smpp"
CONNECT_LIMIT_MS = 5000
AGAIN_S, MOST_AGAIN_S = 1.0, 30.0  # before the next try to bind
BRING_AGAIN_S, BRING_TIMES = 1.0, 60  # while PostgreSQL is away, or a receipt has overtaken the number it is about
_UDH, _RECEIPT, _KIND = 0x40, 0x04, 0x3C  # of esm_class
_GSM, _UCS2 = 0, 8  # of data_coding
_INTERNATIONAL, _ISDN = 1, 1  # type and plan of numbers
_OF_THE_MESSAGE = {0x01, 0x0A, 0x0B}  # length, sender, recipient: command_status that will be the same next time
_RECEIPT_ID, _RECEIPT_WORD = re.compile(r"\bid:(\S+)", re.IGNORECASE), re.compile(r"\bstat:(\w+)", re.IGNORECASE)
_WORDS = {
    "DELIVRD": Word.DELIVERED,
    "EXPIRED": Word.FAILED,
    "DELETED": Word.FAILED,
    "UNDELIV": Word.FAILED,
    "REJECTD": Word.REJECTED,
    "ACCEPTD": Word.BUFFERED,
    "ENROUTE": Word.BUFFERED,
}


@dataclass(frozen=True, slots=True)
class Centre:
    """Where the message centre is and who binds there, as a ``TRX`` or as a pair of ``TX`` and ``RX``."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str
    sender: str
    pair: bool = False


class SmppGateway:
    """One message centre. What it brings is acknowledged by the library as it comes, before PostgreSQL has it."""

    name = NAME

    def __init__(self, centre: Centre, at_once: int, timeout_s: float) -> None:
        self._centre = centre
        self._at_once = at_once
        self._timeout_s = timeout_s
        self._sending: Smsc | None = None
        self._bringing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, received: Received) -> AsyncIterator[None]:
        """Bound, or trying to be, while the block runs."""
        kinds = ("TX", "RX") if self._centre.pair else ("TRX",)
        bound = [asyncio.create_task(self._bound(kind, received)) for kind in kinds]
        try:
            yield
        finally:
            for task in (*bound, *self._bringing):
                task.cancel()
            await asyncio.wait((*bound, *self._bringing))

    async def send(self, message: Outgoing) -> Answer:
        """Hand it the message, all its parts, within the time-out. The last part is the one whose receipt counts."""
        if (centre := self._sending) is None:
            return NotTaken("not bound")
        made, coding = parts(message.text), _GSM if length(message.text).gsm else _UCS2
        answer: Answer = Taken()
        for number, part in enumerate(made, 1):
            header = bytes([5, 0, 3, message.message_id % 256, len(made), number]) if len(made) > 1 else b""
            answer = await self._submitted(centre, message, header, part, coding, last=number == len(made))
            if not isinstance(answer, Taken):
                break
        return answer

    async def _submitted(
        self, centre: "Smsc", message: Outgoing, header: bytes, part: bytes, coding: int, *, last: bool
    ) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                said = await centre.submit_sm(
                    message.recipient.lstrip("+"), header + part, source_addr=self._centre.sender.lstrip("+"),
                    dest_addr_ton=_INTERNATIONAL, dest_addr_npi=_ISDN, esm_class=_UDH if header else 0,
                    registered_delivery=int(last), data_coding=coding,
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - the library has errors of its own, panics of its core among them
            return NotTaken(f"no answer: {type(error).__name__}", unknown=True)
        if said.is_success:
            return Taken("".join(letter for letter in said.message_id or "" if letter.isprintable()))
        status = f"command_status 0x{said.command_status:08X}"
        return Refused(status) if said.command_status in _OF_THE_MESSAGE else NotTaken(status)

    async def _bound(self, kind: str, received: Received) -> None:
        """Bind, and hear what comes, for ever."""
        rest_s = AGAIN_S
        while True:
            client = self._client(kind)
            try:
                centre = await client.connect()
                log.info("message_centre_bound", kind=kind)
                rest_s = AGAIN_S
                if kind != "RX":
                    self._sending = centre
                await self._hear(centre, received)
            except Exception as error:  # noqa: BLE001 - as above
                log.warning("message_centre_away", kind=kind, reason=type(error).__name__, next_try_s=rest_s)
            finally:
                if kind != "RX":
                    self._sending = None
                with suppress(Exception):  # it has ended
                    await client.stop()
            await asyncio.sleep(rest_s)
            rest_s = min(2 * rest_s, MOST_AGAIN_S)

    def _client(self, kind: str) -> "Client":
        at = self._centre
        client: Client = library().Client(
            at.host, at.port, at.system_id, at.password, bind_type=kind, system_type=at.system_type,
            window_size=self._at_once, connect_timeout_ms=CONNECT_LIMIT_MS,
        )  # fmt: skip
        return client

    async def _hear(self, centre: "Smsc", received: Received) -> None:
        while isinstance(event := await centre.next(), library().DeliverSmEvent):
            what = _understood(event)
            if what is None:
                log.warning("message_centre_not_understood", esm_class=event.esm_class)
                continue
            task = asyncio.create_task(_bring(what, received))
            self._bringing.add(task)
            task.add_done_callback(self._bringing.discard)
        log.warning("message_centre_lost")


def library() -> ModuleType:
    """The module smpp34. Raises CcoreError without the extra."""
    try:
        return import_module("smpp34")
    except ImportError as error:
        raise CcoreError("the gateway smpp needs the extra: pip install 'ccore[smpp]'") from error


async def _bring(what: Receipt | Arrived, received: Received) -> None:
    for _ in range(BRING_TIMES):
        try:
            return await received(what)
        except CcoreError:
            await asyncio.sleep(BRING_AGAIN_S)
    log.error("message_centre_word_lost", receipt=isinstance(what, Receipt))
    return None


def _understood(event: "DeliverSmEvent") -> Receipt | Arrived | None:
    octets = bytes(event.short_message)
    if event.esm_class & _KIND == _RECEIPT:
        said = octets.decode("latin-1")
        number, word = _RECEIPT_ID.search(said), _RECEIPT_WORD.search(said)
        if number is None or word is None or word[1].upper() not in _WORDS:
            return None
        return Receipt(0, NAME, _WORDS[word[1].upper()], said[:100], gateway_id=number[1])
    if event.esm_class & _UDH and octets:
        octets = octets[1 + octets[0] :]
    text = octets.decode("utf-16-be", "replace") if event.data_coding == _UCS2 else decoded(octets)
    sender = f"+{event.source_addr}" if event.source_addr_ton == _INTERNATIONAL else event.source_addr
    # A message centre gives what it brings no number: one that comes again, as its answer was lost, is another one.
    return Arrived(NAME, uuid4().hex, sender, event.destination_addr, text, utc_now())
