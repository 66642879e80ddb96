"""What keeps a campaign from dialling, in plain words, the first reason first: pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.dialer.running import CampaignState
from ccore.dialer.zones import open_zones


@dataclass(frozen=True, slots=True)
class Stock:
    """Contacts of a list that are still to be called: how many, how many are due, and when the next one is."""

    open: int = 0
    due: int = 0
    next_at: datetime | None = None


def cannot_start(campaign: Campaign, today: date) -> str:
    """Why a campaign cannot be started at all; "" if it can."""
    if not campaign.trunks:
        return "its file names no trunk of outgoing.toml"
    if campaign.ends is not None and campaign.ends < today:
        return f"it has ended on {campaign.ends}"
    return ""


def standstill(
    campaign: Campaign,
    centre: Centre,
    state: CampaignState | None,
    stocks: Mapping[str, Stock],
    zones: Collection[str],
    now: datetime,
) -> Iterator[str]:
    """Why nobody is called at ``now``, of the site's zone: nothing if lists, hours and people allow it.

    ``stocks`` are of the campaign's lists that there are, ``zones`` those of their open contacts.
    """
    yield from state_said(state, now)
    if why := cannot_start(campaign, now.date()):
        yield why
    if campaign.begins is not None and now.date() < campaign.begins:
        yield f"it begins on {campaign.begins}"
    yield from stocks_said([share.list for share in campaign.lists], stocks, now)
    hours = centre.hours.get(campaign.hours)
    if hours is not None and zones and not open_zones(hours, centre.calendar, zones, now, campaign.zones):
        there = ", ".join(sorted(zone or "the site's own" for zone in zones)[:3])
        yield f"the hours {campaign.hours} are over, or not yet there, where its contacts are ({there})"


def state_said(state: CampaignState | None, now: datetime) -> Iterator[str]:
    """Who keeps it from dialling."""
    if state is None:
        yield "nobody has started it: ccore campaigns start NAME"
    elif state.state != "running":
        how = "has stopped it on" if state.state == "stopped" else "lets no new calls begin since"
        why = f": {state.reason}" if state.reason else ""
        yield f"{state.by} {how} {state.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}{why}"


def stocks_said(lists: Sequence[str], stocks: Mapping[str, Stock], now: datetime) -> Iterator[str]:
    """What its lists lack."""
    for name in lists:
        if name not in stocks:
            yield f"there is no list {name}: ccore lists upload"
    there = [stocks[name] for name in lists if name in stocks]
    if there and not any(stock.open for stock in there):
        yield "all contacts of its lists are done"
    elif there and not any(stock.due for stock in there):
        soonest = min(stock.next_at for stock in there if stock.next_at is not None)
        yield f"nobody is due before {soonest.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
