"""Follows attempts under way by the facts of their calls: each moves along its table, and its pace is told."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import structlog

from ccore.calls.feed import Missed, Subscription
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.centre.campaign import Campaign
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.dialer.attempt import WAITED_S, Event, follows
from ccore.dialer.live import Board, Live, call_of, meant, of_row, shown
from ccore.dialer.live_pace import Pace
from ccore.dialer.model import State
from ccore.dialer.settling import Settling

log = structlog.get_logger()

MISSING_S = 3.0  # a call that was begun is there by then
TOO_SOON_S = 0.5  # as in campaign-answered.conf
UNSENT_S = 12.0  # longer than the gate would let it through
AGAIN_S = 0.4  # until it is looked again what came of one: channel events come in a moment


class Feeding:
    """``pace_of`` is the pace of a campaign at a node, if it has one; ``known`` whether all channels of a node are."""

    def __init__(
        self,
        database: Database,
        trackers: Mapping[str, Tracker],
        known: Callable[[str], bool],
        pace_of: Callable[[Live], Pace | None],
    ) -> None:
        self.board = Board()
        self.ended = asyncio.Event()  # a call was found to be over since this was cleared
        self._database = database
        self._trackers = trackers
        self._known = known
        self._pace_of = pace_of
        self._campaigns: Mapping[str, Campaign] = {}
        self._moves: deque[tuple[object, ...]] = deque()
        self._unsettled = Trouble("attempt_not_settled")

    def use(self, campaigns: Mapping[str, Campaign]) -> None:
        """The campaigns there are from now on."""
        self._campaigns = campaigns

    def begun(self, live: Live) -> None:
        """An attempt that is sent now."""
        live.whole, live.placed_at = True, time.monotonic()
        self.board.add(live)
        if pace := self._pace_of(live):
            pace.placed(live.placed_at, live)

    async def hear(self, facts: Subscription, news: Callable[[], None]) -> None:
        """Follow the facts until there are no more; ``news`` is called after each that is about an attempt."""
        async for fact in facts:
            if isinstance(fact, Missed):
                for each in self.board.by_number.values():
                    each.whole = False  # the next look shows where they are
            elif live := self.board.of(fact):
                self.heard(live, fact)
                news()

    def heard(self, live: Live, fact: Fact) -> None:
        """One fact about the call of an attempt."""
        channel = self._trackers[fact.node].channels.get(fact.channel)
        event = meant(fact, channel.name if channel else "", detects=self._detects(live), preview=live.preview)
        if fact.kind is Kind.LEFT_QUEUE and live.state is State.ANSWERED:
            self._left(live, fact.how)
        if event is Event.CONNECTED and fact.member:
            live.agent = fact.member
        if event is Event.ENDED:
            self.lost(live)
        elif event is not None:
            self._move(live, event, fact.at)

    def lost(self, live: Live) -> None:
        """Its call is over, or there will be none."""
        live.gone_at = live.gone_at or time.monotonic()
        self.ended.set()

    async def look(self) -> None:
        """See which attempts there are and where their calls are, whatever was missed. Raises Unavailable."""
        for row in await self._database.fetch("dialling.under_way", 0):
            live = self.board.by_number.get(row["attempt_id"])
            if live is None and row["node"] in self._trackers:
                live = of_row(dict(row), time.monotonic())
                self.board.add(live)
                self._found(live)
                log.info("attempt_found", call_id=live.channel, campaign=live.campaign, state=live.state)
            elif live is not None and live.state is State.CLAIMED:
                live.state = State(row["state"])  # the gate was asked elsewhere
        for live in tuple(self.board.by_number.values()):
            if self._known(live.node):
                self._see(live)

    def gone(self) -> Iterator[Live]:
        """Those whose call is over: what came of them is to be found out."""
        return (live for live in tuple(self.board.by_number.values()) if live.gone_at is not None)

    async def write(self) -> None:
        """Write the moves there were, in their order. Raises Unavailable and OutcomeUnknown: then again, later."""
        while self._moves:
            await self._database.execute("dialling.moved", *self._moves[0])
            self._moves.popleft()

    async def settle(self, settling: Settling) -> None:
        """Find out what came of those that are over; of what cannot be, a moment later. Raises as ``write``."""
        now = time.monotonic()
        over = [live for live in self.gone() if live.tried_at is None or now - live.tried_at > AGAIN_S]
        await self.write()  # all that came before their end
        for live in over:
            live.tried_at = now
            with self._unsettled.noted():  # one of which nothing can be found out does not keep up the others
                if await settling.settle(live):
                    self.board.drop(live)
                elif pace := self._pace_of(live):
                    pace.ended(live.gone_at or now, live)

    def _found(self, live: Live) -> None:
        if pace := self._pace_of(live):
            pace.found(time.monotonic(), live)

    def _see(self, live: Live) -> None:
        """Move it to where its call is now."""
        call = call_of(self._trackers[live.node], live)
        if call is None:
            self._miss(live)
            return
        self.board.by_call[live.node, call.id] = live
        live.gone_at = live.missed_at = None
        channels = self._trackers[live.node].channels
        for event in shown(call, channels, detects=self._detects(live)):
            if event is Event.CONNECTED:
                live.agent = next(
                    (channels[each].member for each in call.channels if channels[each].member), live.agent
                )
            self._move(live, event, utc_now())

    def _miss(self, live: Live) -> None:
        if live.gone_at is None:
            now = time.monotonic()
            live.missed_at = live.missed_at or now
            if now - live.missed_at > (UNSENT_S if live.state is State.CLAIMED else MISSING_S):
                self.lost(live)

    def _move(self, live: Live, event: Event, at: datetime) -> None:
        if live.state is State.CLAIMED:  # a line outside is there, so the gate was asked and said yes
            live.state = State.DIALLING
        before, after = live.state, follows(live.state, event)
        if after is None:
            return
        live.state = after
        self._moves.append((live.attempt, before.value, after.value, at, live.agent or None))
        now = time.monotonic()
        if event is Event.RANG:
            live.rang_at = now
        elif event is Event.ANSWERED:
            live.answered_at = now
        if pace := self._pace_of(live):
            pace.moved(now, live, event)

    def _left(self, live: Live, how: str) -> None:
        """No agent has come: they were told so, or have hung up."""
        live.waited_s = time.monotonic() - (live.answered_at or 0.0)
        campaign = self._campaigns.get(live.campaign)
        if how == "left":
            if campaign is not None and live.waited_s + TOO_SOON_S < campaign.pacing.answer_grace_s:
                return  # app_queue counts whole seconds: they wait for another
            live.said = "abandoned"
        pace = self._pace_of(live)
        if how != "connected" and pace is not None and (how == "left" or live.waited_s > WAITED_S):
            pace.abandoned(time.monotonic(), live)

    def _detects(self, live: Live) -> bool:
        campaign = self._campaigns.get(live.campaign)
        return campaign is not None and campaign.detection.mode != "off"
