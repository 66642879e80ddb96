"""Notices in the channel events that their Asterisk has started anew: it numbers its channels from 0 each time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Threads write their channels' events a little out of order; a stop and a start take longer than this.
JITTER = timedelta(seconds=1)

_NUMBERED = re.compile(r".*\d{9,}\.(\d{1,18})", re.ASCII)  # not an id that ccore chose for a channel


@dataclass(frozen=True, slots=True)
class Mark:
    """The channel of a node that began last, as far as read: its number and when it began."""

    number: int
    at: datetime


def follow(mark: Mark | None, begun: Iterable[tuple[str, datetime]]) -> tuple[Mark | None, datetime | None]:
    """The mark after channels ``begun`` (uniqueid, time) were read in the order of the file, and the newest start seen.

    A lower number at a later time means a start in between. Older rows read again move nothing.
    """
    booted_at = None
    for uniqueid, at in begun:
        numbered = _NUMBERED.fullmatch(uniqueid)
        if numbered is None or (mark is not None and at <= mark.at):
            continue
        number = int(numbered[1])
        if mark is not None and number < mark.number:
            if at - mark.at < JITTER:
                continue
            booted_at = at
        mark = Mark(number, at)
    return mark, booted_at
