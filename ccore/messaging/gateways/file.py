"""A directory as a gateway: a file for each message; receipts and incoming messages are files that others put there."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ccore.db.trouble import Trouble
from ccore.errors import Unavailable
from ccore.messaging.gateways import Received
from ccore.messaging.model import Answer, Arrived, NotTaken, Outgoing, Receipt, Taken, Word

log = structlog.get_logger()

NAME = "file"
LOOK_EVERY_S = 1.0
OUT, RECEIPTS, IN, BAD = "out", "receipts", "in", "bad"


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReceiptLine(_Said):
    """A file of ``receipts``: what became of message ``id``."""

    id: int
    word: Word
    detail: str = ""


class MessageLine(_Said):
    """A file of ``in``: a message that came; its ``id`` is whoever writes it's own, each once."""

    id: str
    sender: str
    receiver: str = ""
    text: str
    received_at: AwareDatetime


class FileGateway:
    """``directory`` has ``out/ID.json`` for each message; others put ``receipts/*.json`` and ``in/*.json`` there.

    A message that is sent again overwrites its own file: there is never a second one. A file that others put there is
    deleted when it is in the database, or moved to ``bad``; they rename it into place, whole.
    """

    name = NAME

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.trouble = Trouble("message_files_waited")

    @asynccontextmanager
    async def open(self, received: Received) -> AsyncIterator[None]:
        """Ready while the block runs."""
        for name in (OUT, RECEIPTS, IN, BAD):
            (self._directory / name).mkdir(parents=True, exist_ok=True)
        looking = asyncio.create_task(self.trouble.every(LOOK_EVERY_S, lambda: self._look(received)))
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait((looking,))

    async def send(self, message: Outgoing) -> Answer:
        """Write it; it is on the disk when this returns Taken."""
        content = json.dumps({"id": message.message_id, "recipient": message.recipient, "text": message.text},
                             ensure_ascii=False)  # fmt: skip
        try:
            await asyncio.to_thread(_keep, self._directory / OUT / f"{message.message_id}.json", content)
        except OSError as error:
            return NotTaken(error.strerror or "not written")
        return Taken()

    async def _look(self, received: Received) -> None:
        try:
            for path in self._found():
                if said := _read(path):
                    await received(said)
                    path.unlink()
                else:
                    log.error("message_file_set_aside", file=path.name)
                    path.replace(self._directory / BAD / path.name)
        except OSError as error:
            raise Unavailable(f"{self._directory} cannot be read: {error.strerror}") from error

    def _found(self) -> Iterator[Path]:
        for name in (RECEIPTS, IN):
            yield from sorted((self._directory / name).glob("*.json"))


def _read(path: Path) -> Receipt | Arrived | None:
    """What a file says; None if it is nothing of the kind. Raises OSError."""
    try:
        if path.parent.name == RECEIPTS:
            receipt = ReceiptLine.model_validate_json(path.read_bytes())
            return Receipt(receipt.id, NAME, receipt.word, receipt.detail)
        line = MessageLine.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
    at: datetime = line.received_at
    return Arrived(NAME, line.id, line.sender, line.receiver, line.text, at)


def _keep(path: Path, content: str) -> None:
    """Have it on the disk, whole or not at all."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
