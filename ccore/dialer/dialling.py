"""Asks Asterisk for the calls of attempts, each once, and hangs up on those that are not to go on."""

from collections.abc import Collection, Mapping

import structlog

from ccore.ami.actions import Hangup, Originate
from ccore.ami.link import Link
from ccore.db.pool import Database
from ccore.dialer.claiming import Claimed
from ccore.dialer.live import OTHER_HALF, Live
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

log = structlog.get_logger()

SEND_WITHIN_S = 5.0
GATE, SENT = "campaign-dial", "campaign-sent"  # contexts of the dialplan
# The gate's own way takes 2 s at most each; then it rings as long as the campaign says.
LONGEST_MS = 120_000


class Dialling:
    """Whether anything is dialled is the gate's to say: what is sent twice, or late, comes to nothing."""

    def __init__(self, database: Database, links: Mapping[str, Link]) -> None:
        self._database = database
        self._links = links

    async def send(self, claimed: Claimed, node: str) -> bool:
        """Have the node call; whether that may come to something. Raises what the database does."""
        action = Originate(
            f"Local/{claimed.attempt}@{GATE}/n",
            claimed.channel,
            SENT,
            "s",
            other_channel_id=claimed.channel + OTHER_HALF,
            timeout_ms=LONGEST_MS,
        )
        try:
            await self._links[node].send(action, SEND_WITHIN_S)
        except OutcomeUnknown as error:  # the gate will be asked, or not
            log.warning("attempt_perhaps_sent", call_id=claimed.channel, reason=str(error))
        except (Unavailable, ActionRefused) as error:
            log.warning("attempt_not_sent", call_id=claimed.channel, reason=str(error))
            await self._database.execute("dialling.withdrawn", [claimed.attempt], "not-sent")
            return False
        return True

    async def withdraw(self, claimed: Collection[Claimed], reason: str) -> None:
        """They are not sent after all."""
        await self._database.execute("dialling.withdrawn", [each.attempt for each in claimed], reason)

    async def cancel(self, calls: Collection[Live]) -> None:
        """Hang up on those that nobody has answered yet. Raises Unavailable, OutcomeUnknown of the database."""
        await self._database.execute("dialling.cancelled", [live.attempt for live in calls])
        for live in calls:
            live.cancelled = True
            try:
                await self._links[live.node].send(Hangup(live.channel), SEND_WITHIN_S)
            except (Unavailable, OutcomeUnknown, ActionRefused) as error:  # it has ended, or ends with its ringing
                log.info("attempt_not_hung_up", call_id=live.channel, reason=str(error))
