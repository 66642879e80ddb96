"""Words that explanations of dialling have in common: pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One thing there is to say: ``gate`` is a word for it, ``stops``: nobody is dialled while it is so."""

    gate: str
    stops: bool
    text: str


def clock(moment: datetime, now: datetime) -> str:
    """A time as people say it, in the zone of ``now``: without the day if that is today."""
    local = moment.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def counted(count: int, what: str) -> str:
    """So many of something."""
    return f"{count} {what}{'' if count == 1 else 's'}"
