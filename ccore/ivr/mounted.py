"""Which announcement plays at which node at a time, and the files its sounds are in."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ccore.ivr.model import Announcement

FOLDER = "announcements"  # in heard/
INSIDE = f"/srv/ccore/heard/{FOLDER}"  # where Asterisk sees it
ENDING = ".alaw"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of an announcement in a language, "" for every one: what it says, its hash and how many bytes."""

    language: str
    text: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Mounted:
    """An announcement from ``starts_at`` until just before ``ends_at``. Times are the database's."""

    announcement_id: int
    node: str
    divert: str
    starts_at: datetime
    ends_at: datetime
    sounds: tuple[Spoken, ...]

    @property
    def name(self) -> str:
        """Of its files: other sounds have other names, so a file is never changed under a caller."""
        return hashlib.sha256("".join(sound.sha256 for sound in self.sounds).encode()).hexdigest()[:32]

    @property
    def text(self) -> str:
        """What it says, for people."""
        return " / ".join(sound.text for sound in self.sounds if sound.text) or f"announcement {self.announcement_id}"

    @property
    def files(self) -> Mapping[str, Spoken]:
        """Its files below the folder. Asterisk looks in the folder of the call's language first, then beside it."""
        by_language = {f"{sound.language}/{self.name}{ENDING}": sound for sound in self.sounds if sound.language}
        return {**by_language, f"{self.name}{ENDING}": self.sounds[0]}


def live(mounted: Iterable[Mounted], at: datetime) -> Mapping[str, Announcement]:
    """What plays first at ``at``, by node: of several the newest, and the older one again when that has ended."""
    playing = [each for each in mounted if each.starts_at <= at < each.ends_at]
    playing.sort(key=lambda each: each.announcement_id)
    return {each.node: Announcement(f"{INSIDE}/{each.name}", each.text, each.divert) for each in playing}
