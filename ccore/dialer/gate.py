"""The gate: whether an attempt may be dialled, looked at just before it is, and what the dialplan needs to dial it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.centre.lines import line_of
from ccore.db.pool import Database
from ccore.dialer.claiming import rested
from ccore.dialer.opening import open_to
from ccore.dialer.trunks.state import Trunks

log = structlog.get_logger()

ASKED = Counter("ccore_dial_gate", "Attempts the dialplan asked for, by what it was told", ["reason"])

FRESH = timedelta(seconds=10)  # Asterisk asks at once; an attempt that comes so late was held up somewhere
WITHIN_S = 1.8  # the dialplan waits for 2 s
MOST_SAMPLED = 100  # percent
AWAY = "AWAY"  # instead of Dial's status: the agent who was to call did not come to their phone
Variables = Mapping[str, str]
Records = Callable[[str, str, str], bool]  # a call's LinkedID, its campaign and queue


class Gate:
    """For the dialplan, on every ccore.

    ``records``: whether a call is recorded; ``here`` is the time now, of the site's zone.
    """

    def __init__(self, database: Database, trunks: Trunks, records: Records, here: Callable[[], datetime]) -> None:
        self._records = records
        self._database = database
        self._trunks = trunks
        self._here = here
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """The campaigns there are from now on."""
        self._centre = centre

    async def may_dial(self, attempt: int, node: str) -> Variables | None:
        """What the dialplan needs to dial ``attempt`` at ``node``, once and now; None: it may not.

        Raises Unavailable and OutcomeUnknown: then it may not either, though it counts as dialled if that is unknown.
        """
        return await self._database.within_deadline(WITHIN_S, self._asked(attempt, node))

    async def told(self, attempt: int, status: str, cause: int, sip: int, said: str) -> None:
        """The dialplan tells how the call outside ended, or what was found out of who answered. Raises as above."""
        await self._database.within_deadline(WITHIN_S, self._tell(attempt, status, cause, sip, said))

    async def _asked(self, attempt: int, node: str) -> Variables | None:
        row = await self._database.fetch_row("dialling.attempt", attempt)
        if row is None or row["state"] != "claimed" or self._centre is None:
            _refused(attempt, "asked-before")
            return None
        campaign = self._centre.campaigns.get(row["campaign"])
        if campaign is None or campaign.queue not in self._centre.queues:
            _refused(attempt, "no-campaign")
            return None
        trunk = self._trunks.take(campaign.trunks, node)
        reason = await self._database.fetch_value("dialling.may_dial", *self._limits(row, campaign, node, trunk))
        if trunk is None:
            _refused(attempt, reason or "asked-before")
            return None
        if reason != "":
            self._trunks.given_back(trunk, node)
            _refused(attempt, reason or "asked-before")
            return None
        ASKED.labels("allowed").inc()
        return self._variables(row, campaign, trunk, node)

    async def _tell(self, attempt: int, status: str, cause: int, sip: int, said: str) -> None:
        if status == AWAY:
            await self._database.execute("dialling.withdrawn", [attempt], "agent-away")
        await self._database.execute("dialling.told", attempt, status, cause, sip, said)

    def _limits(self, row: Record, campaign: Campaign, node: str, trunk: str | None) -> tuple[object, ...]:
        assert self._centre is not None
        return (
            row["attempt_id"],
            node,
            trunk,
            FRESH,
            sorted(open_to(campaign, self._centre, [row["zone"]], self._here())),
            campaign.attempts.most,
            campaign.attempts.per_day,
            rested(campaign, row["mode"]),
            campaign.purpose if campaign.consent == "required" else None,
        )

    def _variables(self, row: Record, campaign: Campaign, trunk: str, node: str) -> Variables:
        assert self._centre is not None
        attempt, number, detection = row["attempt_id"], row["number"], campaign.detection
        shown = campaign.caller_ids.get(trunk) or self._trunks.caller_id(trunk, node, number, attempt)
        sampled = detection.mode != "off" and attempt * 61 % MOST_SAMPLED < detection.sample_percent
        told = {
            "ATTEMPT": str(attempt),
            "CAMPAIGN": row["campaign"],
            "NUMBER": number,
            "OUTSIDE": self._trunks.number(trunk, node, number),
            "TRUNK": trunk,
            "CALLER_ID": shown,
            "RING_S": str(campaign.pacing.ring_s),
            "LINE": line_of(campaign.queue, self._centre.queues, campaign.language, 0),
            "QUEUE": campaign.queue,
            "LANGUAGE": campaign.language,
            "GRACE_S": str(campaign.pacing.answer_grace_s),
            "ANSWERS": "1" if campaign.auto_answer else "",
            "HEARS": _played(campaign.agent_hears),
            "SORRY": _played(campaign.abandoned.prompt),
            "DETECT": "" if detection.mode == "off" else "1",
            "SAMPLE": "1" if sampled else "",
            "LEFT": _played(detection.message),
            "RECORD": "1" if self._records(row["channel"], row["campaign"], campaign.queue) else "",
        }
        return {f"__CCORE_{name}": value for name, value in told.items()}


def _refused(attempt: int, reason: str) -> None:
    log.info("attempt_refused", attempt=attempt, reason=reason)
    ASKED.labels(reason).inc()


def _played(parts: tuple[str, ...]) -> str:
    """As Playback has it."""
    return "&".join(f"ccore/{part}" for part in parts)
