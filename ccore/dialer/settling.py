"""Finds out what came of attempts whose calls are gone, and says when their contacts are called again."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.centre.campaign import Campaign
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.dialer.attempt import Ending, Witnessed, fold, outcome
from ccore.dialer.live import Live
from ccore.dialer.model import Outcome, State
from ccore.dialer.retry import UNDIALLED, next_try, others_try
from ccore.dialer.trunks.causes import Meaning
from ccore.dialer.trunks.state import Trunks

log = structlog.get_logger()

ENDED = Counter(
    "ccore_dial_attempts", "Attempts of campaigns that are over, by what came of them", ["campaign", "outcome"]
)

# Channel events are in the database by then, or there will be none: Asterisk took them along.
NEVER_TOLD_S = 60.0
Over = Callable[[Live, Outcome], None]


class Settling:
    """``over`` is told of each attempt that is."""

    def __init__(self, database: Database, trunks: Trunks, over: Over) -> None:
        self._database = database
        self._trunks = trunks
        self._over = over
        self._campaigns: Mapping[str, Campaign] = {}

    def use(self, campaigns: Mapping[str, Campaign]) -> None:
        """The campaigns there are from now on."""
        self._campaigns = campaigns

    async def settle(self, live: Live) -> bool:
        """Whether all is known and written of an attempt whose call is gone. Raises Unavailable and OutcomeUnknown."""
        row = await self._database.fetch_row("dialling.attempt", live.attempt)
        if row is None or row["state"] == "over":
            self._over(live, Outcome.REFUSED)
            return True
        state, ending = _known(row, live)
        if not _suffices(state, ending, live):
            state, ending, over = await self._witnessed(row, state, ending)
            waited_s = time.monotonic() - (live.gone_at or 0.0)
            if not over and waited_s < NEVER_TOLD_S:
                return False
        await self._write(row, live, state, ending)
        return True

    async def _witnessed(self, row: Record, state: State, ending: Ending) -> tuple[State, Ending, bool]:
        told = await self._database.fetch_row("dialling.events", row["node"], row["channel"])
        assert told is not None, "an aggregate always gives one row"
        seen = Witnessed(tuple(told["told"]), told["answered_at"] is not None, told["connected"], told["over"])
        return *fold(state, ending, seen), seen.over

    async def _write(self, row: Record, live: Live, state: State, ending: Ending) -> None:
        what, now = outcome(state, ending), _ended_at(live)
        meaning = self._trunks.meaning(row["trunk"] or "", row["node"], ending.cause, ending.sip, ending.status)
        again, others = await self._next(row, what, meaning, now)
        words = " ".join(filter(None, (ending.status, f"q850-{ending.cause}" if ending.cause else "")))
        over = (row["attempt_id"], row["state"], now, what.value, words, again, others)
        await self._database.execute("dialling.over", *over)
        if row["trunk"]:
            talked_s = (now - row["answered_at"]).total_seconds() if row["answered_at"] else 0.0
            self._trunks.ended(row["trunk"], row["node"], _of_trunk(what, meaning), talked_s)
        ENDED.labels(row["campaign"], what.value).inc()
        log.info("attempt_over", call_id=row["channel"], campaign=row["campaign"], outcome=what.value, reason=words)
        self._over(live, what)

    async def _next(
        self, row: Record, what: Outcome, meaning: Meaning, now: datetime
    ) -> tuple[datetime | None, datetime | None]:
        """When its number is called again, and when other numbers of the contact may be, if it has any."""
        campaign = self._campaigns.get(row["campaign"])
        if campaign is None:
            return None, None
        rows = await self._database.fetch("dialling.outcomes", row["contact_id"], row["campaign"], row["attempt_id"])
        here = [Outcome(each["outcome"]) for each in rows if each["number"] == row["number"]]
        hopeless = what is meaning.outcome and not meaning.retry
        again = None if hopeless else next_try(campaign, here, what, now, elsewhere=len(rows) - len(here))
        return again, others_try(campaign, len(rows), what, now, again)


def _ended_at(live: Live) -> datetime:
    """When its call was gone: what came of it may be known only later."""
    since_s = 0.0 if live.gone_at is None else max(time.monotonic() - live.gone_at, 0.0)
    return utc_now() - timedelta(seconds=since_s)


def _known(row: Record, live: Live) -> tuple[State, Ending]:
    """What the database has, and what was seen here, whichever is further."""
    stored = State(row["state"])
    state = max(stored, live.state, key=list(State).index)
    if live.state is State.CLAIMED and stored is State.CLAIMED:
        state = State.CLAIMED
    ending = Ending(row["said"] or live.said, row["status"], row["cause"], row["sip"], row["cancelled"], live.waited_s)
    if live.cancelled:
        ending = replace(ending, cancelled=True)
    return state, ending


def _suffices(state: State, ending: Ending, live: Live) -> bool:
    """Whether channel events need not be waited for."""
    match state:
        case State.CLAIMED | State.CONNECTED:
            return True
        case State.ANSWERED:
            return live.whole or ending.said != ""
        case State.PICKED_UP:
            return ending.said != ""
    return ending.told


def _of_trunk(what: Outcome, meaning: Meaning) -> Meaning | None:
    """What the outcome says of the trunk: one whose call was answered works."""
    if what in UNDIALLED or what in {Outcome.LOST, Outcome.CANCELLED}:
        return None
    return meaning if what is meaning.outcome else Meaning(what, retry=True)
