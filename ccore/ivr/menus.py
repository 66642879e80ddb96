"""The operator's files of menus, read whole: nodes, hotlines, hours, look-ups, transfers and texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from ccore.errors import Fault, FaultsFound
from ccore.hours import Calendar, Hours, HoursFile
from ccore.ivr.adapter import Adapter
from ccore.ivr.menu import Hotline, Node
from ccore.pbx.transfers import TransferFile, TransferTarget
from ccore.tables import Closed, Name, Title
from ccore.tomlfiles import Place, Reading, as_it_stands, under

MENU_CODE = "MENU"  # code of every fault of form in these files
_VALUE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class TextTemplate(Closed):
    """A text message in both languages, with values in braces: ``{balance}``. Agents find it under its category."""

    zh: Annotated[str, Field(min_length=1, max_length=500)]
    en: Annotated[str, Field(min_length=1, max_length=500)]
    category: Name = "general"
    title: Title = Field(default={})

    def text(self, language: str) -> str:
        """As it stands."""
        return self.zh if language == "zh" else self.en

    def values(self, language: str) -> frozenset[str]:
        """The values it names."""
        return frozenset(_VALUE.findall(self.text(language)))


class NodeFile(RootModel[dict[Name, Node]]):
    """``menus/*.toml``: a table for each node."""


class HotlineFile(Closed):
    """``hotlines.toml``: ``[[hotline]]`` for each number."""

    hotline: tuple[Hotline, ...] = ()


class AdapterFile(RootModel[dict[Name, Adapter]]):
    """``lookups.toml``: a table for each system that is asked."""


class TextFile(RootModel[dict[Name, TextTemplate]]):
    """``texts.toml``: a table for each text message."""


@dataclass(frozen=True, slots=True)
class Menus:
    """All that a caller may walk through.

    ``places`` are the file and line of what stands in the files: ("node", name, "keys", "1"), ("hotline", number),
    ("calendar",), ("hours", name), ("lookup", name), ("transfer", name), ("text", name), and of keys in them.
    """

    nodes: Mapping[str, Node]
    hotlines: Mapping[str, Hotline]
    hours: Mapping[str, Hours]
    calendar: Calendar
    adapters: Mapping[str, Adapter]
    transfers: Mapping[str, TransferTarget]
    texts: Mapping[str, TextTemplate]
    places: Mapping[Place, tuple[Path, int]]

    def place(self, *what: str) -> tuple[Path, int]:
        """Where ``what`` stands, or what is nearest around it: a key of an inline table stands in its table's line."""
        for length in range(len(what), 0, -1):
            if found := self.places.get(what[:length]):
                return found
        return Path(), 0


def load_menus(directory: Path) -> Menus:
    """Read the files in the operator's ``directory``; files that are not there are empty.

    Raises FaultsFound with every fault of form of all of them, each with its line. That what they name is there is
    the lint's matter.
    """
    menus, faults = read_menus(directory)
    if faults:
        raise FaultsFound(faults)
    return menus


def read_menus(directory: Path) -> tuple[Menus, list[Fault]]:
    """What can be read of the files, and every fault of form; a file that has one counts only in ``places``."""
    reading = Reading(MENU_CODE)
    nodes: dict[str, Node] = {}
    for path in sorted((directory / "menus").glob("*.toml")):
        found = reading.read(path, NodeFile, under("node"), NodeFile({})).root
        for name in found.keys() & nodes.keys():
            message = f"{name} is a node of {reading.before(('node', name), path)} too: give one another name"
            reading.fault(path, (name,), message)
        nodes = {**found, **nodes}
    hotlines: dict[str, Hotline] = {}
    listed = reading.read(directory / "hotlines.toml", HotlineFile, as_it_stands, HotlineFile()).hotline
    for index, hotline in enumerate(listed):
        if hotline.number in hotlines:
            message = f"{hotline.number} has a [[hotline]] before this one: callers would only ever get one of the two"
            reading.fault(directory / "hotlines.toml", ("hotline", index, "number"), message)
        hotlines.setdefault(hotline.number, hotline)
    times = reading.read(directory / "hours.toml", HoursFile, as_it_stands, HoursFile())
    adapters = reading.read(directory / "lookups.toml", AdapterFile, under("lookup"), AdapterFile({})).root
    transfers = reading.read(directory / "transfers.toml", TransferFile, under("transfer"), TransferFile({})).root
    texts = reading.read(directory / "texts.toml", TextFile, under("text"), TextFile({})).root
    places = reading.places | {
        ("hotline", hotline.number, *rest): found
        for index, hotline in enumerate(listed)
        for rest, found in reading.beneath(("hotline", str(index)))
    }
    menus = Menus(nodes, hotlines, times.hours, times.calendar, adapters, transfers, texts, places)
    return menus, reading.faults
