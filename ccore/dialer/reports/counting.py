"""Counts what a campaign did, for its report."""

from datetime import datetime, tzinfo

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.centre.lines import line_of
from ccore.db.pool import Database
from ccore.dialer.abandonment import LEAST_RING, grace, windows
from ccore.dialer.reports.tables import AGENT, HOUR, Counted, Detection, Table, tables
from ccore.dialer.samples import FEWEST_JUDGED


async def report(
    database: Database, centre: Centre, name: str, since: datetime, until: datetime, zone: tzinfo
) -> tuple[Table, ...]:
    """What a campaign did from ``since`` until before ``until``, and abandonment before ``until``. Raises Unavailable.

    One that is no more among the files has a report all the same, without a limit.
    """
    campaign = centre.campaigns.get(name)
    period = (name, since, until)
    waits = await database.fetch_row("campaign_report.waits", *period)
    assert waits is not None, "an aggregate always gives one row"
    lists = [] if campaign is None else [share.list for share in campaign.lists]
    figures = await database.fetch("campaign_report.figures", *period, grace(campaign), str(zone), LEAST_RING)
    agents = [row["name"] for row in figures if row["kind"] == AGENT and row["name"]]
    hours = [row["hour"] for row in figures if row["kind"] == HOUR]
    line = queue_line(centre, campaign)
    counted = Counted(
        figures=figures,
        windows=await windows(database, name, campaign, until),
        causes=await database.fetch("campaign_report.causes", *period),
        waits=(waits["half"], waits["most"]),
        tried=await database.fetch_value("campaign_report.tried", *period),
        contacts=await database.fetch("campaign_report.contacts", lists),
        dispositions=await database.fetch("campaign_report.dispositions", *period),
        work=await database.fetch("campaign_report.work", agents, line, since, until, hours),
        detection=await _detection(database, name, campaign),
        limit_percent=None if campaign is None else campaign.pacing.abandonment_percent,
    )
    return tables(counted, zone)


def queue_line(centre: Centre, campaign: Campaign | None) -> str:
    """The line of app_queue whose agents work for it; "" if there is none."""
    if campaign is None or campaign.queue not in centre.queues:
        return ""
    return line_of(campaign.queue, centre.queues, campaign.language, 0)


async def _detection(database: Database, name: str, campaign: Campaign | None) -> Detection:
    if campaign is None or campaign.detection.mode == "off":
        return Detection()
    rows = {row["trunk"]: row for row in await database.fetch("samples.rates", name)}
    if "*" in rows and rows["*"]["judged"] >= FEWEST_JUDGED:
        return Detection(judged=rows["*"]["judged"], persons=rows["*"]["persons"])
    return Detection(percent=campaign.detection.false_positive_percent)
