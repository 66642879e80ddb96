"""The operator's files of the centre, read whole: ``queues``, ``campaigns``, ``messages``, the files beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ccore.centre.campaign import Campaign
from ccore.centre.messages import MESSAGE_CODE, MessageTemplate, read_messages
from ccore.centre.outgoing import FILE as OUTGOING_FILE
from ccore.centre.outgoing import Outgoing, OutgoingFile
from ccore.centre.phones import Phones
from ccore.centre.queue import Queue
from ccore.centre.recording import RecordingFile, RecordingRule
from ccore.errors import Fault, FaultsFound
from ccore.hours import Calendar, Hours, HoursFile
from ccore.nodes import Name as Trunk
from ccore.tables import Closed, Name, Seconds, Title
from ccore.tomlfiles import Place, Reading, as_it_stands, under

SERVICE = "service"  # the queue of a hotline that names none
CENTRE_CODE = "QUEUE"  # code of every fault of form in these files
CAMPAIGN_CODE = "CAMPAIGN"  # and of those in campaigns/*.toml and outgoing.toml


class Skill(Closed):
    """What an agent can be good at."""

    title: Title = Field(default={})


class Pause(Closed):
    """A reason to be paused; ``most_s``: longer than this is told to the supervisor."""

    title: Title = Field(default={})
    most_s: Seconds | None = None
    productive: bool = Field(default=False, description="counts as work: training, back office")


class DispositionField(Closed):
    """What an agent has to write with a disposition."""

    title: Title = Field(default={})
    kind: Literal["text", "number", "date", "phone", "choice"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = True


class Disposition(Closed):
    """What came of a call, as its agent says."""

    title: Title = Field(default={})
    fields: dict[Name, DispositionField] = Field(default={})


class TextCategory(Closed):
    """What text messages are for: agents look for them by it."""

    title: Title = Field(default={})


class Echelon(Closed):
    """One of the four tiers of standby staff (四级梯队): proposed when so many more calls come than planned."""

    title: Title = Field(default={})
    volume_percent: Annotated[int, Field(ge=100, le=1000, description="of the plan of the hour")]
    text: str = Field(default="", description="the text message that calls its people up; {site} {queue} {level}")


class CentreFile(Closed):
    """``centre.toml``."""

    skill: dict[Name, Skill] = Field(default={})
    pause: dict[Name, Pause] = Field(default={})
    disposition: dict[Name, Disposition] = Field(default={})
    text_category: dict[Name, TextCategory] = Field(default={}, description="those that texts.toml names, with titles")
    echelon: Annotated[tuple[Echelon, ...], Field(max_length=4)] = ()
    outside_trunk: Trunk | None = Field(default=None, description="by which agents at outside numbers are called")
    spy_warning: bool = Field(default=False, description="agents hear a tone when a supervisor listens")


class PhoneFile(Closed):
    """``phones.toml``."""

    phones: tuple[Phones, ...] = ()


@dataclass(frozen=True, slots=True)
class Centre:
    """All of it. ``places`` are the file and line of ("queue", name, key …) and of the other files' keys.

    A campaign whose file has a fault is not among ``campaigns``.
    """

    queues: Mapping[str, Queue]
    phones: tuple[Phones, ...]
    words: CentreFile
    hours: Mapping[str, Hours]
    calendar: Calendar
    places: Mapping[Place, tuple[Path, int]]
    recording: tuple[RecordingRule, ...] = ()
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    outgoing: Mapping[str, Outgoing] = field(default_factory=dict)
    messages: Mapping[str, MessageTemplate] = field(default_factory=dict)

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
    outbound = Reading(CAMPAIGN_CODE)
    campaigns = dict(_campaigns(directory, outbound))
    trunks = outbound.read(directory / OUTGOING_FILE, OutgoingFile, under("outgoing"), OutgoingFile()).root
    texts = Reading(MESSAGE_CODE)
    messages = read_messages(directory, texts)
    places = reading.places | outbound.places | texts.places
    faults = reading.faults + outbound.faults + texts.faults
    # Faults of hours.toml are told with the menus'.
    return Centre(
        queues, phones, words, times.hours, times.calendar, places, rules, campaigns, trunks, messages
    ), faults


def _campaigns(directory: Path, reading: Reading) -> Iterator[tuple[str, Campaign]]:
    for path in sorted((directory / "campaigns").glob("*.toml")):
        reading.places["campaign", path.stem] = (path, 1)
        if campaign := reading.read(path, Campaign, under("campaign", path.stem), None):
            yield path.stem, campaign
