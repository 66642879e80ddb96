"""Gathers what there is to know of a campaign or a number, and has it explained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.abandonment import of_30_days
from ccore.dialer.claiming import rested
from ccore.dialer.explanation import campaigns, numbers
from ccore.dialer.explanation.campaigns import Dialler
from ccore.dialer.explanation.numbers import Barred, Contact, Tried
from ccore.dialer.explanation.standing import Stock
from ccore.dialer.explanation.words import Said
from ccore.dialer.paces import FIGURES
from ccore.dialer.pacing import Decision, Why
from ccore.dialer.reports.counting import queue_line
from ccore.dialer.running import states
from ccore.dialer.surroundings import Standing
from ccore.dialer.trunks import outgoing, switch
from ccore.dialer.trunks.outgoing import MINUTE_S, Usage, Way
from ccore.dialer.trunks.state import Status

LATELY = timedelta(minutes=10)
LATEST = timedelta(seconds=30)  # a decision that is older says nothing of now: one in 10 s at least is kept


async def of_campaign(
    database: Database,
    centre: Centre,
    name: str,
    now: datetime,
    trunks: Sequence[Status],
    standings: Sequence[Standing] = (),
) -> tuple[Said, ...] | None:
    """Why a campaign of the files dials nobody, or does; None if there is none of that name. Raises Unavailable.

    ``now`` is of the site's zone. ``standings``: its last decisions, if this is the ccore that dials; else those that
    were written down are looked for.
    """
    campaign = centre.campaigns.get(name)
    if campaign is None:
        return None
    return campaigns.explained(centre, await _facts(database, centre, name, campaign, now, trunks, standings))


async def _facts(
    database: Database,
    centre: Centre,
    name: str,
    campaign: Campaign,
    now: datetime,
    trunks: Sequence[Status],
    standings: Sequence[Standing],
) -> campaigns.Facts:
    lists = [share.list for share in campaign.lists]
    rows = [row for each in lists for row in await database.fetch("contacts.lists", each)]
    stocks = {row["list"]: Stock(row["open"], row["due"], row["next_at"]) for row in rows}
    quotas = [
        (each, await database.fetch_value("dialling.quota", lists, each.field, each.value, each.disposition))
        for each in campaign.quotas
    ]
    full = [{"field": each.field, "value": each.value} for each, count in quotas if count >= each.most]
    preview = campaign.mode == "preview"
    purpose = campaign.purpose if campaign.consent == "required" else None
    limits = (
        campaign.attempts.most,
        campaign.attempts.per_day,
        rested(campaign, campaign.mode),
        purpose,
        full,
        preview,
    )
    dialler = await database.fetch_row("explaining.dialler")
    answered, abandoned = await of_30_days(database, name, campaign, now)
    return campaigns.Facts(
        name,
        campaign,
        now,
        state=(await states(database)).get(name),
        stocks=stocks,
        zones=[row["zone"] for row in await database.fetch("dialling.zones", lists)],
        sample=_by(await database.fetch("explaining.sample", lists, *limits)),
        spent=_by(await database.fetch("explaining.spent", lists, campaign.attempts.most)),
        quotas=quotas,
        dialler=None if dialler is None else Dialler(dialler["holder"], dialler["alive"]),
        agents=_by(await database.fetch("explaining.agents", queue_line(centre, campaign))),
        trunks=trunks,
        standings=[each for each in standings if now - each.at < LATEST] or await _decided(database, name),
        refused=_by(await database.fetch("explaining.refused", name, LATELY)),
        dialled=await database.fetch_value("explaining.dialled", name, LATELY),
        answered=answered,
        abandoned=abandoned,
    )


def _by(rows: Sequence[Record]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}


async def _decided(database: Database, name: str) -> list[Standing]:
    """The last decisions, as they were written down."""
    under_way: dict[str, Counter[str]] = {}
    for row in await database.fetch("explaining.under_way"):
        if row["campaign"] == name:
            under_way.setdefault(row["node"], Counter())[row["state"]] += row["attempts"]
    rows = await database.fetch("explaining.decisions", name, LATEST)
    return [_standing(name, row, under_way.get(row["node"], {})) for row in rows]


def _standing(name: str, row: Record, under_way: Mapping[str, int]) -> Standing:
    told: Mapping[str, Any] = row["why"]
    why = Why(**{figure: told[figure] for figure in Why.__slots__})
    figures = {figure: told[figure] for figure in FIGURES if figure in told}
    return Standing(name, row["node"], row["at"], Decision(row["began"], (), why), under_way=under_way, **figures)


async def trunk_statuses(database: Database, config: Config, centre: Centre, now: datetime) -> list[Status]:
    """Every trunk at every node as far as the database knows: channels in use by others than campaigns it does not."""
    kills, rests = await switch.standing(database, now)
    spent = {row["trunk"]: row for row in await database.fetch("outgoing.spent", now.date())}
    used: Counter[tuple[str, str | None]] = Counter()
    for row in await database.fetch("explaining.under_way"):
        used[row["node"], row["trunk"]] += row["attempts"]
    return [
        _status(node, Way(name, line.channels, centre.outgoing[name]), used[node, name], kills, rests, spent, now)
        for node in config.nodes
        for name, line in config.trunks_of(node).items()
        if name in centre.outgoing
    ]


def _status(
    node: str,
    way: Way,
    ours: int,
    kills: Mapping[str, Record],
    rests: Sequence[Record],
    spent: Mapping[str, Record],
    now: datetime,
) -> Status:
    kill = kills.get(way.name) or kills.get(switch.ALL)
    rest = next((row for row in rests if (row["node"], row["trunk"]) == (node, way.name)), None)
    cost = spent.get(way.name)
    held = ours * outgoing.fen(way.settings, MINUTE_S)
    today, month = (cost["today"], cost["this_month"]) if cost else (0, 0)
    until = rest["until"] if rest else None
    usage = Usage(ours, 0, 1.0, kill is not None, until, today + held, month + held)
    room = outgoing.room(way, usage, now)
    why = outgoing.Why.NONE if room.calls > 0 else room.why
    reason = kill["reason"] if kill else rest["reason"] if rest else ""
    return Status(
        node, way.name, way.channels, way.most, ours, 0, why, today, month, kill["by"] if kill else "", until, reason
    )


async def of_number(database: Database, centre: Centre, number: str, now: datetime) -> tuple[Said, ...]:
    """What campaigns do with an E.164 number. Raises Unavailable."""
    return numbers.explained(centre, await number_facts(database, number, now))


async def number_facts(database: Database, number: str, now: datetime) -> numbers.Facts:
    """What there is to know of it."""
    contacts = [_contact(row) for row in await database.fetch("explaining.contacts", number)]
    ids = [each.contact for each in contacts]
    return numbers.Facts(
        number,
        now,
        contacts,
        [_tried(row) for row in await database.fetch("explaining.attempts", number, ids)],
        [
            Barred(row["what"], row["made_by"], row["made_at"], row["reason"])
            for row in await database.fetch("barring.barred", number)
        ],
        {
            row["purpose"]: row["given_at"]
            for row in await database.fetch("barring.consents", number)
            if row["withdrawn_at"] is None
        },
        await database.fetch_value("explaining.abandoned", number),
        await states(database),
    )


def _contact(row: Record) -> Contact:
    return Contact(
        row["contact_id"], row["list"], row["zone"], row["state"], row["next_at"], row["attempts"], row["not_before"],
        row["agent"], row["last_outcome"], row["disposition"], row["looked_at_by"], row["place"], row["numbers"],
        row["number_at"], row["spent"],
    )  # fmt: skip


def _tried(row: Record) -> Tried:
    return Tried(
        row["campaign"], row["at"], row["dialled"], row["state"], row["outcome"], row["trunk"], row["agent"],
        row["node"], row["reason"],
    )  # fmt: skip
