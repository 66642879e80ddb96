"""The files callers' recordings are left in: their names say whose they are, by which ccore files them.

The dialplan records into ``/srv/ccore/recorded/BOX_CALLER_EPOCH_UNIQUEID.alaw``, ``EPOCH`` being whole seconds:
``Record(/srv/ccore/recorded/${CCORE_BOX}_${CCORE_CALLER}_${EPOCH}_${UNIQUEID}.alaw,…,k)``. No part can hold a ``_``.

What they say in a menu lies there too, for a moment, in a file that ccore names: without a ``_``, so no voicemail.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

INSIDE = "/srv/ccore/recorded"  # where Asterisk sees the folder
ENDING = ".alaw"
BYTES_PER_SECOND = 8000
ANNOUNCEMENT = "announcement"  # the box of recordings that are to be announcements and no voicemail

_NAME = re.compile(
    r"(?P<box>[a-z][a-z0-9-]{1,40})_(?P<caller>\+?[0-9]{3,20}|withheld|invalid)_(?P<epoch>[0-9]{10})"
    r"_(?P<uniqueid>[A-Za-z0-9.-]{1,128})\.alaw"
)
_SAYING = re.compile(r"saying-[0-9]{1,9}-[A-Za-z0-9.-]{1,128}\.alaw")


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of ``recorded/``: ``caller`` is as the dialplan says it; ``at`` when the recording began."""

    file: str
    call_key: str
    box: str
    caller: str
    at: datetime

    @property
    def call_id(self) -> str:
        """The call's name in the logs: its uniqueid."""
        return self.call_key.partition("!")[2]

    @property
    def sound(self) -> str:
        """The file as Asterisk finds it."""
        return f"{INSIDE}/{self.file.removesuffix(ENDING)}"


def read_name(node: str, file: str) -> Recording | None:
    """What the name of a file that ``node`` recorded says; None if it is no such name."""
    found = _NAME.fullmatch(file)
    if found is None:
        return None
    at = datetime.fromtimestamp(int(found["epoch"]), UTC)
    return Recording(file, f"{node}!{found['uniqueid']}", found["box"], found["caller"], at)


def saying(uniqueid: str, asked: int) -> str:
    """The file for what the caller says next, after that many answers of ccore. Raises ValueError for no uniqueid."""
    file = f"saying-{asked}-{uniqueid}{ENDING}"
    if not is_saying(file):
        raise ValueError(f"{uniqueid!r} is no uniqueid")
    return file


def is_saying(file: str) -> bool:
    """Whether ``saying`` named the file."""
    return _SAYING.fullmatch(file) is not None


def milliseconds(audio: bytes) -> int:
    """How long A-law of 8,000 samples a second is."""
    return len(audio) * 1000 // BYTES_PER_SECOND
