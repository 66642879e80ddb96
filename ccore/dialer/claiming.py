"""Who is called next: claims contacts of a campaign's lists, by one statement that knows every limit."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.db.pool import Database

LOOK_EVERY_S = 5.0  # at the zones of lists, and at quotas: a list that was just put in may wait so long
MOST_AT_ONCE = 200  # the statement looks at twice as many


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that may be sent: ``channel`` is what Asterisk is to call its first channel."""

    attempt: int
    contact: int
    number: str
    list: str
    channel: str


@dataclass(slots=True)
class _Lists:
    """What is known of a campaign's lists, and the shares they have had."""

    shares: dict[str, float]
    zones: frozenset[str] = frozenset()
    full: tuple[dict[str, str], ...] = ()
    looked_at: float = float("-inf")


class Claiming:
    """Claims raise Unavailable and OutcomeUnknown; what was claimed unknown is released by who looks after attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists: dict[str, _Lists] = {}

    async def zones(self, name: str, campaign: Campaign) -> frozenset[str]:
        """Where the contacts of the campaign's lists are, some seconds late."""
        return (await self._known(name, campaign)).zones

    async def full(self, name: str, campaign: Campaign) -> list[dict[str, str]]:
        """The quotas that are full, some seconds late, as the statements have them."""
        return list((await self._known(name, campaign)).full)

    async def claim(
        self, name: str, campaign: Campaign, node: str, epoch: int, wanted: int, zones: Collection[str]
    ) -> Sequence[Claimed]:
        """At most ``wanted`` contacts in ``zones``, each with an attempt of its own now."""
        lists = await self._known(name, campaign)
        rows = await self._database.fetch(
            "dialling.claim",
            name,
            node,
            epoch,
            campaign.mode,
            [share.list for share in campaign.lists],
            [lists.shares[share.list] for share in campaign.lists],
            [share.weight for share in campaign.lists],
            sorted(zones),
            campaign.attempts.most,
            campaign.attempts.per_day,
            rested(campaign, campaign.mode),
            campaign.purpose if campaign.consent == "required" else None,
            list(lists.full),
            min(wanted, MOST_AT_ONCE),
        )
        found = [_claimed(row) for row in rows]
        lists.shares = after(lists.shares, campaign, [each.list for each in found])
        return found

    async def one(self, contact: int, agent: str, name: str, node: str) -> Claimed | None:
        """An attempt at the contact that ``agent`` has before them; None: they are called, or done."""
        row = await self._database.fetch_row("dialling.claim_one", contact, agent, name, node)
        return None if row is None else _claimed(row)

    async def _known(self, name: str, campaign: Campaign) -> _Lists:
        names = [share.list for share in campaign.lists]
        lists = self._lists.get(name)
        if lists is None or set(lists.shares) != set(names):
            lists = self._lists[name] = _Lists(dict.fromkeys(names, 0.0))
        if time.monotonic() - lists.looked_at > LOOK_EVERY_S:
            rows, *counted = await asyncio.gather(
                self._database.fetch("dialling.zones", names),
                *(
                    self._database.fetch_value("dialling.quota", names, quota.field, quota.value, quota.disposition)
                    for quota in campaign.quotas
                ),
            )
            lists.zones = frozenset(row["zone"] for row in rows)
            lists.full = tuple(
                {"field": quota.field, "value": quota.value}
                for quota, count in zip(campaign.quotas, counted, strict=True)
                if count >= quota.most
            )
            lists.looked_at = time.monotonic()
        return lists


def _claimed(row: Record) -> Claimed:
    return Claimed(row["attempt_id"], row["contact_id"], row["number"], row["list"], row["channel"])


def rested(campaign: Campaign, mode: str) -> timedelta | None:
    """How long those are let be who were abandoned; None: it does not matter, an agent is there for them."""
    seconds = campaign.abandoned.again_after_s
    return timedelta(seconds=seconds) if seconds and mode != "preview" else None


def after(shares: Mapping[str, float], campaign: Campaign, taken: Sequence[str]) -> dict[str, float]:
    """The shares the lists have had when contacts of the lists ``taken`` are claimed; the least is 0.

    A list that has nobody to give saves up one round at most.
    """
    had = {share.list: shares[share.list] + taken.count(share.list) / share.weight for share in campaign.lists}
    had = {name: max(share, max(had.values()) - 1) for name, share in had.items()}
    return {name: share - min(had.values()) for name, share in had.items()}
