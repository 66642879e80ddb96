"""Several TOML files of the operators' read together: what is in them, their faults, and where each thing stands."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ccore import tomlfile
from ccore.errors import Fault, FaultsFound

File = TypeVar("File", bound=BaseModel)
Empty = TypeVar("Empty", bound=BaseModel | None)
Place = tuple[str, ...]


class Reading:
    """Files read one after another: their faults, each with ``code``, and the places of what is in them."""

    def __init__(self, code: str) -> None:
        self._code = code
        self.faults: list[Fault] = []
        self.places: dict[Place, tuple[Path, int]] = {}
        self._lines: dict[Path, Mapping[tomlfile.Location, int]] = {}

    def read(self, path: Path, model: type[File], named: Callable[[Place], Place], empty: Empty) -> File | Empty:
        """The file as ``model``; ``empty`` if it is not there or has faults, which are kept."""
        if not path.exists():
            return empty
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(Fault(path, 0, self._code, f"cannot be read, save it as UTF-8 text: {error}"))
            return empty
        self._lines[path] = tomlfile.line_index(text)
        for location, line in self._lines[path].items():
            if location:
                self.places.setdefault(named(tuple(map(str, location))), (path, line))
        try:
            return tomlfile.parse(text, path, model, self._code, {})
        except FaultsFound as error:
            self.faults += error.faults
            return empty

    def fault(self, path: Path, location: tomlfile.Location, message: str) -> None:
        """Keep a fault that ``message`` tells of ``location`` in a file that was read."""
        line = tomlfile.line_of(self._lines[path], location)
        self.faults.append(Fault(path, line, self._code, message))

    def before(self, place: Place, path: Path) -> str:
        """The name of the file that holds ``place`` already, as seen from ``path`` beside it."""
        return self.places.get(place, (path, 0))[0].name

    def beneath(self, place: Place) -> Iterator[tuple[Place, tuple[Path, int]]]:
        """What is in the table at ``place``, by the rest of its name, with the table itself."""
        for known, found in self.places.items():
            if known[: len(place)] == place:
                yield known[len(place) :], found


def under(*words: str) -> Callable[[Place], Place]:
    """Names what is in a file as being of the table ``words``."""
    return lambda place: (*words, *place)


def as_it_stands(place: Place) -> Place:
    """Names what is in a file as the file does."""
    return place
