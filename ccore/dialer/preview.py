"""An agent looks at a contact before the call: who is next for them, and the call, which begins at the agent's phone.

What they have before them is a row of ``previews``, so any ccore can go on with it; the contact is claimed meanwhile,
and the agent is kept out of other calls.
"""

import enum
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, Protocol

import asyncpg
import structlog
from asyncpg import Record

from ccore.ami.actions import Originate
from ccore.ami.link import Link
from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.dialer.claiming import Claimed, Claiming
from ccore.dialer.dialling import SENT
from ccore.dialer.live import OTHER_HALF
from ccore.dialer.opening import open_to
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

log = structlog.get_logger()

LOOK_EVERY_S = 0.5  # at previews whose time is up, and at those whose calls are over
SEND_WITHIN_S = 5.0
CONTEXT = "campaign-preview"  # of the dialplan
LONGEST_MS = 20_000  # the agent's phone rings 7 s at most; the gate lets nothing through that is older than 10 s
TRIES = 3  # at an offer: others look at the same contacts at the same moment
BACK_AFTER = timedelta(0)  # who was not dialled by no fault of theirs is offered to the next one
SKIPPED_FOR = timedelta(hours=1)
Work = Callable[[], Coroutine[Any, Any, None]]


class Answer(enum.StrEnum):
    """What came of a request; the words are told."""

    DONE = "done"
    NOT_FREE = "you are not ready, or not at a phone of the site"
    NOBODY = "there is nobody to call now"
    NO_CAMPAIGN = "there is no such campaign for you"
    NOT_YOURS = "that is not before you any more"
    NOT_SKIPPED = "no more may be skipped: call this one"
    TAKEN = "somebody else calls this number now"
    NOT_SENT = "Asterisk is not there: nothing was dialled"


class Seats(Protocol):
    """Where agents sit and what they serve; ``hold`` keeps one out of other calls until ``release``."""

    def seat(self, agent: str) -> tuple[str, str] | None: ...
    def serves(self, agent: str, queue: str) -> bool: ...
    async def hold(self, agent: str) -> bool: ...
    async def release(self, agent: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """What an agent has before them: offered until ``decide_by``, or dialled as ``attempt``."""

    number: int
    agent: str
    campaign: str
    contact: int
    state: str
    decide_by: datetime
    attempt: int | None


class Previews:
    """``here`` is the time now, of the site's zone. Everything raises Unavailable while PostgreSQL does not answer."""

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        claiming: Claiming,
        seats: Seats,
        here: Callable[[], datetime],
    ) -> None:
        self.trouble = Trouble("previews_waited")
        self._database = database
        self._links = links
        self._claiming = claiming
        self._seats = seats
        self._here = here
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """The campaigns there are from now on."""
        self._centre = centre

    async def current(self, agent: str) -> Preview | None:
        """What the agent has before them."""
        row = await self._database.fetch_row("previews.current", agent)
        return None if row is None else _preview(row)

    async def next(self, agent: str, campaign: str | None = None) -> Preview | Answer:
        """The next contact for the agent, of one campaign or of any that they serve; until then what they have.

        Their own call-backs go first. Of a campaign that is not in mode preview others are offered only if it is named.
        """
        if (now := await self.current(agent)) is not None:
            return now
        served = {name: each for name, each in self._served(agent) if campaign in {None, name}}
        if not served:
            return Answer.NO_CAMPAIGN
        if self._seats.seat(agent) is None or not await self._seats.hold(agent):
            return Answer.NOT_FREE
        try:
            found = await self._found(agent, served, named=campaign is not None)
        except BaseException:
            await self._seats.release(agent)
            raise
        if found is None:
            await self._seats.release(agent)
            return Answer.NOBODY
        log.info("contact_previewed", agent=agent, campaign=found.campaign, contact=found.contact)
        return found

    async def dial(self, agent: str, number: int) -> Answer:
        """Call them: first the agent's phone, then, if the gate lets it, the contact."""
        preview = await self.current(agent)
        if preview is None or preview.number != number or preview.state != "offered":
            return Answer.NOT_YOURS
        return await self._dialled(preview)

    async def skip(self, agent: str, number: int, reason: str) -> Answer:
        """Not this one, and no call: another one may have them in an hour. The agent is free again."""
        preview = await self.current(agent)
        if preview is None or preview.number != number or preview.state != "offered":
            return Answer.NOT_YOURS
        campaign = self._campaigns().get(preview.campaign)
        skipped = await self._database.fetch_value("previews.skipped", agent, preview.campaign)
        if campaign is not None and skipped >= campaign.preview.skips:
            return Answer.NOT_SKIPPED
        return await self._decided(preview, "skipped", reason, SKIPPED_FOR)

    async def stop(self, agent: str) -> Answer:
        """The agent looks at nobody any more; a call that was begun goes on."""
        preview = await self.current(agent)
        if preview is None or preview.state != "offered":
            return Answer.NOT_YOURS
        return await self._decided(preview, "cancelled", "", BACK_AFTER)

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {"previews": self.run}

    async def run(self) -> NoReturn:
        """For ever."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> None:
        """Once: decide for those whose time is up, and free those whose calls are over."""
        for row in await self._database.fetch("previews.finish"):
            await self._seats.release(row["agent"])
        for row in await self._database.fetch("previews.late"):
            await self._late(_preview(row), away=row["away"])

    async def _late(self, preview: Preview, *, away: bool) -> None:
        campaign = self._campaigns().get(preview.campaign)
        then = "pause" if away or campaign is None else campaign.preview.then
        log.info("preview_passed", agent=preview.agent, campaign=preview.campaign, then=then)
        match then:
            case "dial":
                await self._dialled(preview)
            case "skip":
                await self._decided(preview, "skipped", "time", SKIPPED_FOR)
            case _:  # they stay paused until they say that they are there
                await self._database.fetch_value("previews.decided", preview.number, "passed", "time", BACK_AFTER)

    async def _decided(self, preview: Preview, state: str, reason: str, back_after: timedelta) -> Answer:
        decided = await self._database.fetch_value("previews.decided", preview.number, state, reason, back_after)
        if decided is None:
            return Answer.NOT_YOURS
        await self._seats.release(preview.agent)
        return Answer.DONE

    async def _dialled(self, preview: Preview) -> Answer:
        seat = self._seats.seat(preview.agent)
        if seat is None:
            await self._decided(preview, "cancelled", "not at a phone", BACK_AFTER)
            return Answer.NOT_FREE
        node, phone = seat
        claimed = await self._claiming.one(preview.contact, preview.agent, preview.campaign, node)
        if claimed is None:
            await self._decided(preview, "cancelled", "taken", BACK_AFTER)
            return Answer.TAKEN
        if await self._database.fetch_value("previews.dialled", preview.number, claimed.attempt) is None:
            await self._database.execute("dialling.withdrawn", [claimed.attempt], "decided before")
            return Answer.NOT_YOURS
        return Answer.DONE if await self._sent(preview, claimed, node, phone) else Answer.NOT_SENT

    async def _sent(self, preview: Preview, claimed: Claimed, node: str, phone: str) -> bool:
        """Whether it may come to a call; if not, the attempt is over and so is the preview, at the next look."""
        campaign = self._campaigns().get(preview.campaign)
        variables = (
            ("__CCORE_ATTEMPT", str(claimed.attempt)),
            ("__CCORE_SEAT", phone),
            ("__CCORE_ANSWERS", "1" if campaign is not None and campaign.auto_answer else ""),
        )
        action = Originate(
            f"Local/{claimed.attempt}@{CONTEXT}/n",
            claimed.channel,
            SENT,
            "s",
            other_channel_id=claimed.channel + OTHER_HALF,
            timeout_ms=LONGEST_MS,
            variable=variables,
        )
        log.info("preview_dialled", call_id=claimed.channel, agent=preview.agent, campaign=preview.campaign)
        try:
            await self._links[node].send(action, SEND_WITHIN_S)
        except OutcomeUnknown as error:  # the gate will be asked, or not
            log.warning("preview_perhaps_dialled", call_id=claimed.channel, reason=str(error))
        except (Unavailable, ActionRefused, KeyError) as error:
            log.warning("preview_not_dialled", call_id=claimed.channel, reason=str(error))
            await self._database.execute("dialling.withdrawn", [claimed.attempt], "not-sent")
            return False
        return True

    async def _found(self, agent: str, served: Mapping[str, Campaign], *, named: bool) -> Preview | None:
        for own in (True, False):
            for name, campaign in served.items():
                if not own and not named and campaign.mode != "preview":
                    continue
                if (row := await self._offered(agent, name, campaign, own=own)) is not None:
                    return _preview(row)
        return None

    async def _offered(self, agent: str, name: str, campaign: Campaign, *, own: bool) -> Record | None:
        assert self._centre is not None
        zones = await self._claiming.zones(name, campaign)
        opened = sorted(open_to(campaign, self._centre, zones, self._here()))
        consent = campaign.purpose if campaign.consent == "required" else None
        for _ in range(TRIES):
            try:
                row = await self._database.fetch_row(
                    "previews.offer",
                    agent,
                    name,
                    campaign.queue,
                    [share.list for share in campaign.lists],
                    opened,
                    campaign.attempts.most,
                    campaign.attempts.per_day,
                    consent,
                    await self._claiming.full(name, campaign),
                    own,
                    timedelta(seconds=campaign.preview.within_s),
                )
            except asyncpg.UniqueViolationError:  # they have asked twice at the same moment
                return await self._database.fetch_row("previews.current", agent)
            if row is not None:
                return row
        return None

    def _served(self, agent: str) -> Iterable[tuple[str, Campaign]]:
        """The campaigns of the agent, the most important first."""
        ranked = sorted(self._campaigns().items(), key=lambda each: (-each[1].priority, each[0]))
        return ((name, campaign) for name, campaign in ranked if self._seats.serves(agent, campaign.queue))

    def _campaigns(self) -> Mapping[str, Campaign]:
        return {} if self._centre is None else self._centre.campaigns


def _preview(row: Record) -> Preview:
    return Preview(
        row["preview_id"],
        row["agent"],
        row["campaign"],
        row["contact_id"],
        row["state"],
        row["decide_by"],
        row["attempt_id"],
    )
