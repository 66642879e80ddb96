"""Why a campaign dials nobody, or does: the first gate that stops it, with its figures, then the others: pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ccore.centre.campaign import Campaign, Quota
from ccore.centre.centre import Centre
from ccore.dialer.explanation.next_opening import opens_at
from ccore.dialer.explanation.pace import MOMENTS, pace_said
from ccore.dialer.explanation.standing import Stock, cannot_start, state_said, stocks_said
from ccore.dialer.explanation.words import Said, clock, counted
from ccore.dialer.opening import open_to
from ccore.dialer.running import CampaignState
from ccore.dialer.surroundings import Standing
from ccore.dialer.trunks.outgoing import Why
from ccore.dialer.trunks.state import Status
from ccore.money import yuan

AT_WORK = frozenset({"ready", "ringing", "talking", "wrap-up"})  # states of agents
SHOWN_ZONES = 3


@dataclass(frozen=True, slots=True)
class Dialler:
    """Which ccore has the lease of all campaigns, and whether it still has."""

    holder: str
    alive: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know of a campaign at ``now``, of the site's zone.

    ``sample``: of contacts that are next, how many may not be called, by why ("": they may). ``spent``: contacts of its
    lists that are done, by why. ``agents`` of its queue by state. ``standings``: its last decisions, one for each node,
    none if they are old. ``refused`` by the gate, by reason, and ``dialled``, both lately. ``answered`` and
    ``abandoned`` are of 30 days.
    """

    name: str
    campaign: Campaign
    now: datetime
    state: CampaignState | None = None
    stocks: Mapping[str, Stock] = field(default_factory=dict)
    zones: Collection[str] = ()
    sample: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)
    quotas: Sequence[tuple[Quota, int]] = ()
    dialler: Dialler | None = None
    agents: Mapping[str, int] = field(default_factory=dict)
    trunks: Sequence[Status] = ()
    standings: Sequence[Standing] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    dialled: int = 0
    answered: int = 0
    abandoned: int = 0


def explained(centre: Centre, facts: Facts) -> tuple[Said, ...]:
    """All there is to say: what stops it first, in the order in which it does, then the rest.

    One that dials, and waits at this moment as its pace wants it, is said to dial before that.
    """
    said = tuple(_said(centre, facts))
    stops = tuple(each for each in said if each.stops)
    dials = tuple(_dials(facts, stops))
    return (*dials, *stops, *(each for each in said if not each.stops))


def _dials(facts: Facts, stops: Sequence[Said]) -> Iterator[Said]:
    lately = f"{counted(facts.dialled, 'number')} in the last 10 minutes"
    if not stops and facts.dialled:
        yield Said("dials", False, f"it dials: {lately}")
    elif not stops:
        yield Said("dials", False, "nothing keeps it from dialling; it has dialled nobody in the last 10 minutes")
    elif facts.dialled and all(each.gate in MOMENTS for each in stops):
        yield Said("dials", False, f"it dials: {lately}; at this moment it waits")


def _said(centre: Centre, facts: Facts) -> Iterator[Said]:
    campaign, now = facts.campaign, facts.now
    yield from (Said("state", True, text) for text in state_said(facts.state, now))
    if why := cannot_start(campaign, now.date()):
        yield Said("file", True, why)
    if campaign.begins is not None and now.date() < campaign.begins:
        yield Said("dates", True, f"it begins on {campaign.begins}")
    yield from _contacts(facts)
    yield from _hours(centre, facts)
    yield from _limits(facts)
    yield from _quotas(facts)
    yield from _trunks(centre, facts)
    yield from _agents(facts)
    yield from _dialler(facts)
    for standing in facts.standings:
        yield from pace_said(campaign, standing, facts.answered, facts.abandoned)
    if facts.refused:
        told = ", ".join(f"{count} {why or 'for no reason'}" for why, count in sorted(facts.refused.items()))
        yield Said("gate", False, f"refused just before they were dialled, in the last 10 minutes: {told}")


def _contacts(facts: Facts) -> Iterator[Said]:
    lists = [share.list for share in facts.campaign.lists]
    there = [facts.stocks[name] for name in lists if name in facts.stocks]
    for text in stocks_said(lists, facts.stocks, facts.now):
        stops = not any(stock.due for stock in there)
        yield Said("lists", stops, text)
    if there and not any(stock.open for stock in there) and facts.spent:
        told = ", ".join(f"{count} {_DONE.get(why, why)}" for why, count in sorted(facts.spent.items()))
        yield Said("lists", False, f"of those who are done: {told}")


_DONE: Mapping[str, str] = {
    "attempts": "had all their attempts",
    "do-not-call": "are not to be called",
    "": "came to a result",
}


def _hours(centre: Centre, facts: Facts) -> Iterator[Said]:
    campaign, now = facts.campaign, facts.now
    if not facts.zones or (campaign.begins is not None and now.date() < campaign.begins):
        return
    opened = open_to(campaign, centre, facts.zones, now)
    closed = sorted(set(facts.zones) - opened)
    if not closed:
        return
    names = [zone or "the site's own" for zone in closed[:SHOWN_ZONES]]
    more = f" and {len(closed) - SHOWN_ZONES} more" if len(closed) > SHOWN_ZONES else ""
    moment = opens_at(campaign, centre, closed, now)
    again = "does not open within 14 days" if moment is None else f"opens at {clock(moment, now)}"
    text = f"the hours {campaign.hours} are closed where contacts are ({', '.join(names)}{more}): {again}"
    yield Said("hours", not opened, text)


_FORBIDS: Mapping[str, str] = {
    "do-not-call": "are not to be called (do-not-call)",
    "attempts": "had all {most} attempts",
    "not-before": "are not to be called before a time their list names",
    "under-way": "are being called at this moment",
    "per-day": "were called {per_day} times in 24 h, by all campaigns together",
    "abandoned": "were abandoned less than {hours:g} h ago",
    "no-consent": "have not consented to {purpose}",
    "quota": "belong to a quota that is full",
    "owned": "belong to one agent, who calls them in mode preview",
    "not-due": "are not due yet",
}


def _limits(facts: Facts) -> Iterator[Said]:
    """What forbids calling those who are next, by a look at some of them."""
    campaign, seen = facts.campaign, sum(facts.sample.values())
    may = facts.sample.get("", 0)
    words = {
        "most": campaign.attempts.most,
        "per_day": campaign.attempts.per_day,
        "hours": campaign.abandoned.again_after_s / 3600,
        "purpose": campaign.purpose,
    }
    for why, count in sorted(facts.sample.items(), key=lambda each: -each[1]):
        if why and count:
            text = f"of {seen} contacts that are next, {count} {_FORBIDS[why].format(**words)}"
            yield Said(why, may == 0 and why != "not-due", text)


def _quotas(facts: Facts) -> Iterator[Said]:
    for quota, count in facts.quotas:
        if count >= quota.most:
            text = f"quota {quota.field} = {quota.value}: {count} of {quota.most} ended {quota.disposition}, it is full"
            yield Said("quota", False, text)


def _trunks(centre: Centre, facts: Facts) -> Iterator[Said]:
    wanted = [each for each in facts.trunks if each.trunk in facts.campaign.trunks]
    stops = not any(each.why is Why.NONE for each in wanted)
    missing = [name for name in facts.campaign.trunks if name not in {each.trunk for each in wanted}]
    for name in missing:
        yield Said("trunk-not-here", stops, f"trunk {name} ends at no node, or is not in outgoing.toml")
    for each in wanted:
        if each.why is not Why.NONE:
            yield Said(f"trunk-{each.why}", stops, _trunk(centre, each, facts.now))


_CLOSED: Mapping[Why, str] = {
    Why.NOT_HERE: "trunk {trunk} does not end at {node}",
    Why.KILLED: "trunk {trunk} is shut by {by}{reason}",
    Why.RESTS: "trunk {trunk} at {node} rests until {until}{reason}",
    Why.FULL: "trunk {trunk} at {node} is full: campaigns use {ours} of the {most} channels they may",
    Why.KEPT: "trunk {trunk} at {node}: {used} of {channels} channels are in use, {kept} are kept for callers",
    Why.DAY_CAP: "trunk {trunk} has cost {today} today, of {day_cap}",
    Why.MONTH_CAP: "trunk {trunk} has cost {month} this month, of {month_cap}",
    Why.RATE: "trunk {trunk} at {node} begins {rate:g} calls a second at most",
}


def _trunk(centre: Centre, each: Status, now: datetime) -> str:
    settings = centre.outgoing[each.trunk]
    return _CLOSED[each.why].format(
        trunk=each.trunk, node=each.node, by=each.killed_by, reason=f": {each.reason}" if each.reason else "",
        until="" if each.rests_until is None else clock(each.rests_until, now), ours=each.ours, most=each.most,
        used=each.ours + each.others, channels=each.channels, kept=settings.kept_for_inbound,
        today=_yuan(each.fen_today), day_cap=_yuan(settings.most_fen_per_day or 0),
        month=_yuan(each.fen_this_month), month_cap=_yuan(settings.most_fen_per_month or 0), rate=settings.calls_per_s,
    )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{yuan(fen)} yuan"


def _agents(facts: Facts) -> Iterator[Said]:
    queue, total = facts.campaign.queue, sum(facts.agents.values())
    told = ", ".join(f"{count} {state}" for state, count in sorted(facts.agents.items()) if count)
    at_work = sum(facts.agents.get(state, 0) for state in AT_WORK)
    ready, seats = facts.agents.get("ready", 0), sum(each.seats for each in facts.standings)
    kept = max((each.kept_for_inbound for each in facts.standings), default=0)
    if not total:
        yield Said("agents", True, f"no agent of queue {queue} is signed in")
    elif not at_work:
        yield Said("agents", True, f"none of the {counted(total, 'agent')} of queue {queue} takes calls: {told}")
    elif ready and facts.standings and not seats and kept >= ready:
        text = f"the {counted(ready, 'free agent')} of queue {queue} are kept for callers (keep_for_inbound)"
        yield Said("kept-for-inbound", True, text)
    elif ready and facts.standings and not seats:
        yield Said("shared", True, f"the {counted(ready, 'free agent')} of queue {queue} work for other campaigns now")
    else:
        yield Said("agents", False, f"agents of queue {queue}: {told}")
        if kept:
            yield Said("kept-for-inbound", False, f"{counted(kept, 'free agent')} kept for callers")


def _dialler(facts: Facts) -> Iterator[Said]:
    if facts.campaign.mode == "preview":
        yield Said("mode", False, "mode preview: an agent who asks for a contact calls them, nobody else does")
        return
    dialler = facts.dialler
    runs = facts.state is not None and facts.state.state == "running"
    if dialler is None:
        yield Said("lease", True, "no ccore dials on this database: none runs, or none has begun yet")
    elif not dialler.alive:
        yield Said("lease", True, f"{dialler.holder}, which dialled, is away, and no other ccore has taken over yet")
    elif runs and not facts.standings and any(facts.agents.get(state) for state in AT_WORK):
        text = f"{dialler.holder} dials, and has decided nothing for this campaign lately: its /health says more"
        yield Said("no-decision", True, text)
    else:
        yield Said("lease", False, f"{dialler.holder} dials for all campaigns")
