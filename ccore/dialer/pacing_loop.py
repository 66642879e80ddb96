"""The live loop of all campaigns, on one ccore at a time: decides how many to call, claims them, has Asterisk call."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn

import prometheus_client
import structlog

from ccore.ami.link import Link
from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.centre.lines import line_of
from ccore.clock import utc_now
from ccore.db.trouble import Trouble
from ccore.dialer.claiming import Claimed
from ccore.dialer.dialling import Dialling
from ccore.dialer.feeding import Feeding
from ccore.dialer.handing import Handing, lines_of_callers, to_nudge
from ccore.dialer.live import Live
from ccore.dialer.live_figures import Figures
from ccore.dialer.live_pace import Seat
from ccore.dialer.live_pace import seats as seated
from ccore.dialer.model import Outcome, State
from ccore.dialer.opening import open_to
from ccore.dialer.paces import Paces
from ccore.dialer.pacing import AgentState, Decision
from ccore.dialer.settling import Settling
from ccore.dialer.sharing import Need, shared
from ccore.dialer.surroundings import Key, Parts, Standing

log = structlog.get_logger()

CLAIM_S = prometheus_client.Histogram(
    "ccore_dial_claim_seconds", "How long it took to claim contacts", buckets=(0.01, 0.03, 0.1, 0.3, 1, 3)
)
UNDER_WAY = prometheus_client.Gauge("ccore_dial_under_way", "Attempts under way", ["campaign", "node", "state"])

TICK_S = 0.25  # between two decisions, if nothing happens: a stop takes effect within it
REST_S = 0.05  # between two decisions, and two looks at what has ended, whatever happens
LOOK_EVERY_S = 2.0  # at what was missed, and at what other ccores have begun
SETTLE_EVERY_S = 0.5  # what came of a call is not known yet when it ends
NOBODY_DUE_S = 1.0  # a list that had nobody is not asked again sooner
FRESH = timedelta(seconds=5)  # without a sign of life for so long nobody is called ahead of agents
KEEP_EVERY_S = 30.0  # what was learnt
RELEASED_AFTER = timedelta(seconds=15)  # what the gate would not let through any more


@dataclass(slots=True)
class _Claims:
    """What the last claim of a campaign at a node wanted and gave, and until when it is not worth another."""

    wanted: int = 0
    got: int = 0
    empty_until: float = 0.0


class Loop:
    """In one epoch of the lease: made anew for each."""

    def __init__(self, parts: Parts, centre: Centre, epoch: int) -> None:
        self.standings: dict[Key, Standing] = {}
        self.trouble = Trouble("dialling_waited")
        self._parts = parts
        self._epoch = epoch
        self._paces = Paces(parts.database)
        self.feeding = Feeding(parts.database, parts.trackers, parts.around.known, self._paces.of)
        self._settling = Settling(parts.database, parts.trunks, self._over)
        self._dialling = Dialling(parts.database, parts.links)
        self._handing = Handing(parts.links, parts.trackers)
        self._claims: dict[Key, _Claims] = {}
        self._held: Mapping[str, str] = {}  # agents, and which campaign they work for
        self._states: Mapping[str, str] = {}
        self._news = asyncio.Event()
        self._figures = Figures()
        self.use(centre)

    def use(self, centre: Centre) -> None:
        """These are the campaigns from now on."""
        self._centre = centre
        self._settling.use(centre.campaigns)
        self.feeding.use(centre.campaigns)
        self._paces.use(centre)

    async def run(self) -> None:
        """For ever, or until the lease is lost."""
        facts = self._parts.feed.subscribe("dialler")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.feeding.hear(facts, self._news.set))
                await self._recover()
                group.create_task(self._settle())
                group.create_task(Trouble("attempts_not_looked_at").every(LOOK_EVERY_S, self._look))
                group.create_task(self._keep())
                group.create_task(self._dial(group))
        finally:
            facts.close()
            self._figures.forget(())

    async def _recover(self) -> None:
        """Nobody is called before all is known that another ccore, or this one in an earlier life, has under way."""
        looked = False
        while not looked:
            with self.trouble.noted():
                await self._look()
            looked = not self.trouble.reason
            if not looked:
                await asyncio.sleep(TICK_S)

    async def _look(self) -> None:
        await self._parts.database.execute("dialling.not_sent", self._epoch, RELEASED_AFTER)
        await self.feeding.look()

    async def _settle(self) -> NoReturn:
        """At the end of each call: its channel is free, and so will its agent be."""
        trouble = Trouble("attempts_not_settled")
        while True:
            with trouble.noted():
                await self.feeding.write()
                await self.feeding.settle(self._settling)
            await _rest(self.feeding.ended, SETTLE_EVERY_S)

    async def _keep(self) -> NoReturn:
        await asyncio.sleep(KEEP_EVERY_S)
        await Trouble("pace_not_kept").every(KEEP_EVERY_S, self._paces.keep)

    async def _dial(self, group: asyncio.TaskGroup) -> NoReturn:
        while True:
            with self.trouble.noted():
                await self._decide(group)
            await _rest(self._news, TICK_S)

    async def _decide(self, group: asyncio.TaskGroup) -> None:
        rows = await self._parts.database.fetch("dialling.states")
        self._states = {row["name"]: row["state"] for row in rows}
        self._stop(group)
        centre, keys = self._centre, self._running()  # other campaigns may be in use before this is done
        seats = {agent: self._seen(seat) for agent, seat in seated(self._parts.around.presences()).items()}
        shares, kept = self._shares(centre, keys, seats)
        for key in keys:
            mine = {agent: seats[agent] for agent, name in shares.items() if (name, seats[agent].node) == key}
            if mine or key in self._paces:
                await self._decide_one(centre, key, mine, len(kept), group)
        for key in self.standings.keys() - set(keys):
            self._stands(replace(self.standings[key], state=self._states.get(key[0], "stopped"), at=utc_now()))
        self._paces.forget(keys, self.feeding.board)
        self._figures.forget(keys)

    def _running(self) -> list[Key]:
        """Campaigns that dial by themselves, at the nodes there are, the highest priority first."""
        campaigns = self._centre.campaigns
        dialling = {name for name, state in self._states.items() if state == "running"}
        names = [name for name, each in campaigns.items() if name in dialling and each.mode != "preview"]
        names.sort(key=lambda name: (-campaigns[name].priority, name))
        return [(name, node) for name in names for node in self._parts.links]

    def _shares(
        self, centre: Centre, keys: Sequence[Key], seats: Mapping[str, Seat]
    ) -> tuple[Mapping[str, str], frozenset[str]]:
        """Which agent works for which campaign; whoever is kept for callers works for none."""
        campaigns = {name: centre.campaigns[name] for name, _ in keys}
        needs = [self._need(name, each, _line(centre, each), seats) for name, each in campaigns.items()]
        settled = {agent for agent, seat in seats.items() if seat.state is not AgentState.IDLE}
        inbound = max((campaign.keep_for_inbound for campaign in campaigns.values()), default=0)
        self._held, kept = shared(needs, self._held, settled, inbound)
        return self._held, kept

    def _need(self, name: str, campaign: Campaign, line: str, seats: Mapping[str, Seat]) -> Need:
        agents, now = frozenset(set(self._parts.around.agents_of(line)) & seats.keys()), time.monotonic()
        empty = all(self._claims_of((name, node)).empty_until > now for node in self._parts.links)
        return Need(name, campaign.priority, agents, 0 if empty else len(agents))

    async def _decide_one(
        self, centre: Centre, key: Key, seats: Mapping[str, Seat], kept: int, group: asyncio.TaskGroup
    ) -> None:
        name, node = key
        campaign, now = centre.campaigns[name], time.monotonic()
        pace = await self._paces.at(key, campaign, self.feeding.board)
        wrap_up_s = centre.queues[campaign.queue].wrap_up_s if campaign.queue in centre.queues else 0
        seats = {agent: seat.seen(wrap_up_s, utc_now()) for agent, seat in seats.items()}
        pace.staffed(now, seats)
        self._hand_over(key, seats, group)
        zones = await self._parts.claiming.zones(name, campaign)
        opened = open_to(campaign, centre, zones, self._parts.here())
        room = self._room(campaign, key)
        free = room if opened and self._may(key, now) else 0
        decision = pace.decide(now, max(free, 0), fresh=_fresh(self._parts.links[node]))
        self._hang_up(key, decision, group)
        if decision.start and free > 0:
            await self._call(key, campaign, decision.start, opened, group)
        claims, linked = self._claims_of(key), self._parts.links[node].up
        standing = Standing(
            name, node, utc_now(), decision, self._states.get(name, "stopped"), len(seats), kept, room,
            tuple(sorted(zones)), tuple(sorted(opened)), linked, not pace.fell_back, {}, claims.wanted, claims.got,
        )  # fmt: skip
        self._stands(standing)
        self._figures.show(standing, seats.values(), pace.tally, campaign.pacing.abandonment_percent / 100)
        await self._paces.log(standing, now)

    def _hand_over(self, key: Key, seats: Mapping[str, Seat], group: asyncio.TaskGroup) -> None:
        """Agents who are free go to customers who wait; but not those whom callers wait for."""
        free = {agent for agent, seat in seats.items() if seat.state is AgentState.IDLE and not seat.called}
        lives = [live for live in self.feeding.board.at(*key) if live.state is State.ANSWERED]
        if free and lives:
            for line in lines_of_callers(self._parts.trackers[key[1]].channels.values()):
                free.difference_update(self._parts.around.agents_of(line))
            for live in to_nudge(lives, len(free), time.monotonic()):
                self._spawn(group, self._handing.nudge(live))

    def _may(self, key: Key, now: float) -> bool:
        """Whether calls can begin there at all, and there may be somebody to call."""
        around, empty_until = self._parts.around, self._claims_of(key).empty_until
        return self._parts.links[key[1]].up and around.known(key[1]) and around.sure() and now >= empty_until

    def _room(self, campaign: Campaign, key: Key) -> int:
        """How many more calls the trunks and the campaign have room for, with those on their way to the gate."""
        under_way = sum(1 for _ in self.feeding.board.at(*key))
        free = self._parts.trunks.free(campaign.trunks, key[1]) - self._at_gate(key[1])
        return min(free, campaign.pacing.most_channels - under_way)

    def _at_gate(self, node: str) -> int:
        """Attempts that have no trunk's channel yet."""
        lives = self.feeding.board.by_number.values()
        return sum(live.node == node and live.state is State.CLAIMED for live in lives)

    async def _call(
        self, key: Key, campaign: Campaign, start: int, zones: frozenset[str], group: asyncio.TaskGroup
    ) -> None:
        name, node = key
        wanted = min(start, self._parts.trunks.may_start(campaign.trunks, node) - self._at_gate(node))
        if wanted < 1:  # a moment later
            return
        with CLAIM_S.time():
            claimed = await self._parts.claiming.claim(name, campaign, node, self._epoch, wanted, zones)
        empty_until = 0.0 if claimed else time.monotonic() + NOBODY_DUE_S
        self._claims[key] = _Claims(wanted, len(claimed), empty_until)
        if not self._parts.around.sure():
            await self._dialling.withdraw(claimed, "lease-lost")
            return
        for each in claimed:
            live = Live(each.attempt, name, node, each.channel)
            self.feeding.begun(live)
            log.info("attempt_begun", call_id=each.channel, campaign=name, node=node)
            self._spawn(group, self._send(each, live))

    async def _send(self, claimed: Claimed, live: Live) -> None:
        if not await self._dialling.send(claimed, live.node):
            self.feeding.lost(live)

    def _hang_up(self, key: Key, decision: Decision, group: asyncio.TaskGroup) -> None:
        if decision.hang_up:
            wanted = set(decision.hang_up)
            self._cancel([live for live in self.feeding.board.at(*key) if live.attempt in wanted], group)

    def _stop(self, group: asyncio.TaskGroup) -> None:
        """Hang up on whom nobody is to be called for any more, as far as they have not answered."""
        lives = self.feeding.board.by_number.values()
        stopped = [live for live in lives if self._states.get(live.campaign, "stopped") == "stopped"]
        self._cancel([live for live in stopped if not live.preview], group)

    def _cancel(self, lives: Iterable[Live], group: asyncio.TaskGroup) -> None:
        if calls := [live for live in lives if live.unanswered and not live.cancelled]:
            for live in calls:
                live.cancelled = True
            self._spawn(group, self._dialling.cancel(calls))

    def _spawn(self, group: asyncio.TaskGroup, work: Coroutine[None, None, None]) -> None:
        """Asterisk may take its time: others need not wait for it."""

        async def noted() -> None:
            with Trouble(
                "dialling_not_written"
            ).noted():  # what was not withdrawn is released when it is too late for it
                await work

        group.create_task(noted())

    def _stands(self, standing: Standing) -> None:
        counted = dict.fromkeys((state.value for state in State), 0)
        for live in self.feeding.board.at(standing.campaign, standing.node):
            counted[live.state.value] += 1
        for state, count in counted.items():
            UNDER_WAY.labels(standing.campaign, standing.node, state).set(count)
        self.standings[standing.campaign, standing.node] = replace(standing, under_way=counted)

    def _over(self, live: Live, outcome: Outcome) -> None:
        if pace := self._paces.of(live):
            pace.over(live.gone_at or time.monotonic(), live, outcome)
        self._news.set()

    def _seen(self, seat: Seat) -> Seat:
        """An agent whose phone rings for one of our calls is still the one who is free for it."""
        live = self.feeding.board.by_call.get((seat.node, seat.call))
        if live is not None and seat.state is AgentState.TALK and live.state is not State.CONNECTED:
            return replace(seat, state=AgentState.IDLE)
        return seat

    def _claims_of(self, key: Key) -> _Claims:
        return self._claims.setdefault(key, _Claims())


async def _rest(news: asyncio.Event, most_s: float) -> None:
    """Until there is news, and a moment for more of it; or for so long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), most_s)
        news.clear()
        await asyncio.sleep(REST_S)


def _line(centre: Centre, campaign: Campaign) -> str:
    return line_of(campaign.queue, centre.queues, campaign.language, 0) if campaign.queue in centre.queues else ""


def _fresh(link: Link) -> bool:
    """Whether the node's events come."""
    heard = link.heard_until
    return link.up and heard is not None and utc_now() - heard < FRESH
