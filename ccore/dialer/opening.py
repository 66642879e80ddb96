"""In which zones a campaign may call people now: pure."""

from collections.abc import Iterable
from datetime import datetime

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.dialer.zones import open_zones


def open_to(campaign: Campaign, centre: Centre, zones: Iterable[str], now: datetime) -> frozenset[str]:
    """Those of ``zones`` where it may call people at ``now``, which is of the site's zone: none outside of its days."""
    hours = centre.hours.get(campaign.hours)
    if hours is None or not within_days(campaign, now):
        return frozenset()
    return open_zones(hours, centre.calendar, zones, now, campaign.zones)


def within_days(campaign: Campaign, now: datetime) -> bool:
    """Whether ``now`` is from its first day to its last."""
    today = now.date()
    return (campaign.begins is None or campaign.begins <= today) and (campaign.ends is None or today <= campaign.ends)
