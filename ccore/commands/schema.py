"""``ccore schema``: the JSON Schemas of the operator's files, by which editors check and complete while one types."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ccore.centre.alerts import AlertFile
from ccore.centre.campaign import Campaign
from ccore.centre.centre import CentreFile, PhoneFile
from ccore.centre.messages import MessageTemplate
from ccore.centre.outgoing import OutgoingFile
from ccore.centre.queue import Queue
from ccore.centre.recording import RecordingFile
from ccore.commands import Add
from ccore.config import Config
from ccore.hours import HoursFile
from ccore.ivr.menus import AdapterFile, HotlineFile, NodeFile, TextFile
from ccore.pbx.transfers import TransferFile
from ccore.quality.scorecard import Scorecard

# The file of dialplan/schemas/ → what it describes; the files of the operator name it in a first line `#:schema …`.
FILES: Mapping[str, type[BaseModel]] = {
    "menus.json": NodeFile,
    "hotlines.json": HotlineFile,
    "hours.json": HoursFile,
    "lookups.json": AdapterFile,
    "transfers.json": TransferFile,
    "texts.json": TextFile,
    "queues.json": Queue,
    "campaigns.json": Campaign,
    "outgoing.json": OutgoingFile,
    "messages.json": MessageTemplate,
    "centre.json": CentreFile,
    "alerts.json": AlertFile,
    "phones.json": PhoneFile,
    "recording.json": RecordingFile,
    "scorecards.json": Scorecard,
}
DIRECTORY = "schemas"


def register(add: Add) -> None:
    """Add the command."""
    command = add("schema", _run, "write the JSON Schemas of menus, hotlines and the like, for editors")
    command.add_argument("directory", metavar="DIRECTORY", type=Path, nargs="?",
                         help="where to (default: schemas/ of the dialplan directory)")  # fmt: skip


async def _run(options: argparse.Namespace, settings: Config) -> int:
    write(options.directory or settings.dialplan / DIRECTORY)
    return 0


def write(directory: Path) -> None:
    """Write every schema into ``directory``, which is made."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, model in FILES.items():
        (directory / name).write_text(schema(model), encoding="utf-8")
        print(directory / name)


def schema(model: type[BaseModel]) -> str:
    """The JSON Schema of a file, as text."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_closed(model.model_json_schema())}
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _closed(part: Any) -> Any:
    """Tables with names of a pattern take no other names, as reading them does not; pydantic leaves that unsaid."""
    if isinstance(part, list):
        return [_closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(item) for name, item in part.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in closed else closed
