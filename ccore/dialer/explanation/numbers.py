"""What campaigns do with one number: its contacts, its attempts, what forbids calling it, and when it is next: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.dialer.explanation.next_opening import opens_at
from ccore.dialer.explanation.words import Said, clock, counted
from ccore.dialer.running import CampaignState, state_of
from ccore.dialer.zones import BETWEEN, SITE

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Contact:
    """The number in one list. ``looked_at_by``: the agent who has them on the screen before a call.

    Of a contact with several ``numbers`` it is that at ``place``, called by the retry rules at ``number_at``, or, if it
    is ``spent``, not any more.
    """

    contact: int
    list: str
    zone: str
    state: str
    next_at: datetime
    attempts: int = 0
    not_before: datetime | None = None
    agent: str | None = None
    last_outcome: str | None = None
    disposition: str | None = None
    looked_at_by: str | None = None
    place: int = 0
    numbers: int = 0
    number_at: datetime | None = None
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt; ``at`` is when the number was dialled, or the attempt claimed if it was not."""

    campaign: str
    at: datetime
    dialled: bool
    state: str
    outcome: str | None = None
    trunk: str | None = None
    agent: str | None = None
    node: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Barred:
    """What says that it is not to be called: the number itself or a beginning of it; who says so, and why."""

    what: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know of a number at ``now``, of the site's zone.

    ``tried``: attempts of 24 h and those under way, the first first. ``consents``: purposes, none of which was
    withdrawn, and since when. ``abandoned_at``: when it was called last by an attempt that was abandoned.
    """

    number: str
    now: datetime
    contacts: Sequence[Contact] = ()
    tried: Sequence[Tried] = ()
    barred: Sequence[Barred] = ()
    consents: Mapping[str, datetime] = field(default_factory=dict)
    abandoned_at: datetime | None = None
    states: Mapping[str, CampaignState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a campaign can call a contact at the earliest, for all that is known now; None: it will not. And why."""

    campaign: str
    contact: int
    list: str
    at: datetime | None
    why: tuple[str, ...]


def explained(centre: Centre, facts: Facts) -> tuple[Said, ...]:
    """All there is to say: what forbids it for every campaign first."""
    return tuple(_said(centre, facts))


def _said(centre: Centre, facts: Facts) -> Iterator[Said]:
    for barred in facts.barred:
        whose = "it" if barred.what == facts.number else f"every number that begins with {barred.what}"
        why = f": {barred.reason}" if barred.reason else ""
        since = clock(barred.at, facts.now)
        yield Said("do-not-call", True, f"no campaign may call {whose}, says {barred.by} since {since}{why}")
    if not facts.contacts:
        yield Said("lists", True, f"{facts.number} is in no list")
    yield from _tried(facts)
    for purpose, since_when in sorted(facts.consents.items()):
        yield Said("consent", False, f"they have consented to {purpose}, since {clock(since_when, facts.now)}")
    for contact in facts.contacts:
        yield Said("contact", False, _contact(contact, facts.now))
        found = [turn for turn in turns(centre, facts) if turn.contact == contact.contact]
        for turn in found:
            yield Said("turn", turn.at is None, _turn(turn, facts))
        if not found:
            yield Said("turn", True, f"no campaign calls the list {contact.list}")


def _tried(facts: Facts) -> Iterator[Said]:
    dialled = sum(each.dialled for each in facts.tried if each.at > facts.now.astimezone(UTC) - DAY)
    yield Said("attempts", False, f"{counted(dialled, 'attempt')} in the last 24 h, by all campaigns together")
    for each in facts.tried:
        by = f" by trunk {each.trunk}" if each.trunk else ""
        agent = f", agent {each.agent}" if each.agent else ""
        why = f" ({each.reason})" if each.reason else ""
        if each.outcome is None:
            text = f"{clock(each.at, facts.now)} {each.campaign}: under way at {each.node}, {each.state}{by}{agent}"
            yield Said("under-way", True, text)
        else:
            yield Said("attempt", False, f"{clock(each.at, facts.now)} {each.campaign}: {each.outcome}{by}{agent}{why}")


def _contact(contact: Contact, now: datetime) -> str:
    last = f", last {contact.last_outcome}" if contact.last_outcome else ""
    result = f", result {contact.disposition}" if contact.disposition else ""
    held = f", agent {contact.looked_at_by} looks at them" if contact.looked_at_by else ""
    which = f" (number {contact.place} of {contact.numbers} of this contact)" if contact.numbers else ""
    there = ", ".join(_there(zone, now) for zone in contact.zone.split(BETWEEN))
    how = f"{contact.state}, {counted(contact.attempts, 'attempt')}{last}{result}{held}"
    return f"list {contact.list}{which}: {how}; {there}"


def _there(zone: str, now: datetime) -> str:
    if zone == SITE:
        return f"by the site's own clock, {now:%H:%M}"
    return f"{zone}, where it is {now.astimezone(ZoneInfo(zone)):%H:%M}"


def _turn(turn: Turn, facts: Facts) -> str:
    why = f" ({'; '.join(turn.why)})" if turn.why else ""
    if turn.at is None:
        return f"campaign {turn.campaign} does not call them{why}"
    when = "now" if turn.at <= facts.now else f"at {clock(turn.at, facts.now)}"
    state = state_of(facts.states, turn.campaign)
    if state != "running":
        why = f"{why}, and it is {state}"
    return f"campaign {turn.campaign} can call them {when} at the earliest{why}"


def turns(centre: Centre, facts: Facts) -> Iterator[Turn]:
    """Of every contact and every campaign that has its list."""
    for contact in facts.contacts:
        for name, campaign in sorted(centre.campaigns.items()):
            if contact.list in {share.list for share in campaign.lists}:
                yield _of(name, campaign, centre, contact, facts)


def _of(name: str, campaign: Campaign, centre: Centre, contact: Contact, facts: Facts) -> Turn:
    if never := tuple(_never(campaign, contact, facts)):
        return Turn(name, contact.contact, contact.list, None, never)
    waits = {why: moment for why, moment in _waits(campaign, contact, facts) if moment > facts.now}
    begin = max([facts.now, *waits.values()]).astimezone(facts.now.tzinfo)
    found, why = opens_at(campaign, centre, [contact.zone], begin), tuple(waits)
    if found is None:
        return Turn(name, contact.contact, contact.list, None, (f"the hours {campaign.hours} do not come soon",))
    if found > begin:
        why = (*why, f"hours {campaign.hours}")
    return Turn(name, contact.contact, contact.list, found, why)


def _never(campaign: Campaign, contact: Contact, facts: Facts) -> Iterator[str]:
    if facts.barred:
        yield "they are not to be called"
    if contact.state in {"done", "removed"}:
        yield f"they are {contact.state}"
    if contact.spent:
        yield "the retry rules are through with this number: others of the contact are called"
    if contact.attempts >= campaign.attempts.most:
        yield f"they had {contact.attempts} of {counted(campaign.attempts.most, 'attempt')}"
    if campaign.consent == "required" and campaign.purpose not in facts.consents:
        yield f"they have not consented to {campaign.purpose}"
    if contact.agent is not None and campaign.mode != "preview":
        yield f"they are agent {contact.agent}'s, who calls them in mode preview"


def _waits(campaign: Campaign, contact: Contact, facts: Facts) -> Iterator[tuple[str, datetime]]:
    yield "it is not due sooner", contact.next_at
    if contact.number_at is not None:
        yield "the retry rules of this number say so", contact.number_at
    if contact.not_before is not None:
        yield "its list says so", contact.not_before
    since = facts.now.astimezone(UTC) - DAY
    dialled = sorted(each.at for each in facts.tried if each.dialled and each.at > since)
    per_day = campaign.attempts.per_day
    if len(dialled) >= per_day:
        yield f"{len(dialled)} of {counted(per_day, 'attempt')} in 24 h", dialled[-per_day] + DAY
    again_s = campaign.abandoned.again_after_s
    if facts.abandoned_at is not None and again_s and campaign.mode != "preview":
        yield f"abandoned less than {again_s / 3600:g} h ago", facts.abandoned_at + timedelta(seconds=again_s)
