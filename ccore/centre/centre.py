"""The operator's files of the centre, read whole: ``queues/*.toml`` and the single files beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ccore.centre.phones import Phones
from ccore.centre.queue import Queue
from ccore.centre.recording import RecordingFile, RecordingRule
from ccore.errors import Fault, FaultsFound
from ccore.hours import Calendar, Hours, HoursFile
from ccore.nodes import Name as Trunk
from ccore.tables import Closed, Name, Seconds
from ccore.tomlfiles import Place, Reading, as_it_stands, under

SERVICE = "service"  # the queue of a hotline that names none
CENTRE_CODE = "QUEUE"  # code of every fault of form in these files


class Skill(Closed):
    """What an agent can be good at."""

    title: str = ""


class Pause(Closed):
    """A reason to be paused; ``most_s``: longer than this is told to the supervisor."""

    title: str = ""
    most_s: Seconds | None = None
    productive: bool = Field(default=False, description="counts as work: training, back office")


class DispositionField(Closed):
    """What an agent has to write with a disposition."""

    title: str = ""
    kind: Literal["text", "number", "date", "phone", "choice"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = True


class Disposition(Closed):
    """What came of a call, as its agent says."""

    title: str = ""
    fields: dict[Name, DispositionField] = Field(default={})


class Echelon(Closed):
    """One of the four tiers of standby staff (四级梯队): proposed when so many more calls come than planned."""

    title: str = ""
    volume_percent: Annotated[int, Field(ge=100, le=1000, description="of the plan of the hour")]
    text: str = Field(default="", description="the text message that calls its people up; {site} {queue} {level}")


class CentreFile(Closed):
    """``centre.toml``."""

    skill: dict[Name, Skill] = Field(default={})
    pause: dict[Name, Pause] = Field(default={})
    disposition: dict[Name, Disposition] = Field(default={})
    echelon: Annotated[tuple[Echelon, ...], Field(max_length=4)] = ()
    outside_trunk: Trunk | None = Field(default=None, description="by which agents at outside numbers are called")
    spy_warning: bool = Field(default=False, description="agents hear a tone when a supervisor listens")


class PhoneFile(Closed):
    """``phones.toml``."""

    phones: tuple[Phones, ...] = ()


@dataclass(frozen=True, slots=True)
class Centre:
    """All of it. ``places`` are the file and line of ("queue", name, key …) and of the other files' keys."""

    queues: Mapping[str, Queue]
    phones: tuple[Phones, ...]
    words: CentreFile
    hours: Mapping[str, Hours]
    calendar: Calendar
    places: Mapping[Place, tuple[Path, int]]
    recording: tuple[RecordingRule, ...] = ()

    def place(self, *what: str) -> tuple[Path, int]:
        """Where ``what`` stands, or what is nearest around it."""
        for length in range(len(what), 0, -1):
            if found := self.places.get(what[:length]):
                return found
        return Path(), 0


def load_centre(directory: Path) -> Centre:
    """Read the files in the operator's ``directory``. Raises FaultsFound with every fault of form and its line."""
    centre, faults = read_centre(directory)
    if faults:
        raise FaultsFound(faults)
    return centre


def read_centre(directory: Path) -> tuple[Centre, list[Fault]]:
    """What can be read of the files, and every fault of form; a file that has one counts only in ``places``."""
    reading = Reading(CENTRE_CODE)
    queues: dict[str, Queue] = {}
    for path in sorted((directory / "queues").glob("*.toml")):
        name = path.stem
        reading.places[("queue", name)] = (path, 1)
        queues[name] = reading.read(path, Queue, under("queue", name), Queue())
    if not queues:  # people must be there for whoever a menu or a failure sends to them
        queues[SERVICE] = Queue(offer=None)
    words = reading.read(directory / "centre.toml", CentreFile, as_it_stands, CentreFile())
    phones = reading.read(directory / "phones.toml", PhoneFile, as_it_stands, PhoneFile()).phones
    rules = reading.read(directory / "recording.toml", RecordingFile, under("recording"), RecordingFile()).rules
    times = Reading(CENTRE_CODE).read(directory / "hours.toml", HoursFile, as_it_stands, HoursFile())
    # Faults of hours.toml are told with the menus'.
    return Centre(queues, phones, words, times.hours, times.calendar, reading.places, rules), reading.faults
