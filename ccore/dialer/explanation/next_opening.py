"""When people may be called again: pure."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.dialer.opening import open_to

STEP = timedelta(minutes=15)  # clocks of different zones are whole quarters of an hour apart
MINUTE = timedelta(minutes=1)
AHEAD = timedelta(days=14)  # longer than any holiday


def opens_at(campaign: Campaign, centre: Centre, zones: Collection[str], now: datetime) -> datetime | None:
    """The first moment from ``now`` (of the site's zone) at which one of ``zones`` may be called; None: none soon."""

    def is_open(moment: datetime) -> bool:
        return bool(open_to(campaign, centre, zones, moment.astimezone(now.tzinfo)))

    begin = now.astimezone(UTC)
    if is_open(begin):
        return now
    quarter = begin.replace(minute=begin.minute // 15 * 15, second=0, microsecond=0)
    before, found = begin, None
    for count in range(1, AHEAD // STEP):
        moment = quarter + count * STEP
        if is_open(moment):
            found = moment
            break
        before = moment
    if found is None:
        return None
    while found - MINUTE > before and is_open(found - MINUTE):
        found -= MINUTE
    return found.astimezone(now.tzinfo)
