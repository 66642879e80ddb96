"""Orders as they are told live: looked up when PostgreSQL tells that some were placed or moved, and now and then."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from datetime import time as clock
from typing import Any, NoReturn

from asyncpg import Record

from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.bell import Bell
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.web.live.hub import Hub
from ccore.web.live.room import Source
from ccore.web.live.sold import DEPARTMENT, EMPLOYEE, MOST_SHOWN, Sold, Till
from ccore.web.live.topics import ALL, Live, LiveOrder

CHANNEL = "ccore_orders"  # of NOTIFY
REST_S = 0.3  # between two looks, however often it rings
LINGER_S = (
    2.0  # after the last that was found: one who tells does so for others whose orders are written a moment later
)
LOOK_EVERY_S = 5.0  # without a ring: the connection it comes by may be away
LOOK_BACK_S = 15.0  # an order is seen when it is written, others that were begun later perhaps before it
AGAIN_EVERY_S = 30.0  # at what no move tells
AT_ONCE = 2_000  # looked up


class SalesNow(Source):
    """The topic ``sales``: an employee's own orders of today, or those of a manager's department."""

    def __init__(self, database: Database, zone: tzinfo, begun: Callable[[], None]) -> None:
        self._database, self._zone, self._begun = database, zone, begun
        self.tills: dict[str, Till] = {}

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """Keys are of an audience and an order, with a | between them."""
        wanted = [f"{name}|{key}" for name, till in self.tills.items() for key in till.told()] if keys is None else keys
        found = {}
        for key in wanted:
            audience, _, name = key.rpartition("|")
            if audience in self.tills and (entry := self.tills[audience].entry(name)) is not None:
                found[key] = entry
        return found

    async def audience(self, person: Person) -> str | None:
        """Managers see those of their department and below, admins all; others their own."""
        if person.may(Role.MANAGER):
            return await _department(self._database, person)
        return f"{EMPLOYEE} {person.employee}" if person.employee else None

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """It stands in the key."""
        audience = key.rpartition("|")[0]
        return [audience] if audience in there else []

    def told_as(self, key: str) -> str:
        """The order."""
        return key.rpartition("|")[2]

    async def begin(self, audience: str) -> None:
        """Look up what they have sold today so far."""
        kind, _, number = audience.partition(" ")
        if kind == EMPLOYEE:
            rows = await self._database.fetch("live.today_by", number, self.midnight())
        else:
            rows = await self._database.fetch("live.today_in", int(number) if number else None, self.midnight())
        till = Till(audience)
        for sold in await self.sold([row["order_id"] for row in rows]):
            till.take(sold)
        self.tills[audience] = till
        self._begun()

    def end(self, audience: str) -> None:
        """They look no more."""
        self.tills.pop(audience, None)

    def take(self, sold: Sold) -> Iterable[str]:
        """An order is new, or has moved; the keys that change by that."""
        if sold.at < self.midnight():
            return
        for audience in sold.audiences() & self.tills.keys():
            yield from (f"{audience}|{key}" for key in self.tills[audience].take(sold))

    def begin_day(self) -> Iterable[str]:
        """The keys that go because it is another day."""
        midnight = self.midnight()
        for audience, till in self.tills.items():
            yield from (f"{audience}|{key}" for key in till.begin_day(midnight))

    async def sold(self, orders: Sequence[int]) -> list[Sold]:
        """These orders, with whose they are. Raises Unavailable."""
        found: list[Sold] = []
        for first in range(0, len(orders), AT_ONCE):
            rows = await self._database.fetch("live.sold", orders[first : first + AT_ONCE])
            found += [_sold(row) for row in rows]
        return found

    def midnight(self) -> datetime:
        """When today began, where the site is."""
        return datetime.combine(utc_now().astimezone(self._zone).date(), clock(), self._zone)


class OrdersNow(Source):
    """The topic ``orders``: the newest, for managers of their department."""

    def __init__(self, database: Database, begun: Callable[[], None]) -> None:
        self._database, self._begun = database, begun
        self._shelves: dict[str, list[int]] = {}  # of each audience, the newest last
        self._entries: dict[int, LiveOrder] = {}

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """Keys are of an audience and an order, with a | between them."""
        if keys is None:
            keys = [f"{audience}|{order}" for audience, shelf in self._shelves.items() for order in shelf]
        found: dict[str, Live] = {}
        for key in keys:
            audience, _, order = key.rpartition("|")
            if int(order) in self._shelves.get(audience, ()) and int(order) in self._entries:
                found[key] = self._entries[int(order)]
        return found

    async def audience(self, person: Person) -> str | None:
        """The fraud desk sees all."""
        return ALL if person.may(Role.FRAUD) else await _department(self._database, person)

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """It stands in the key."""
        audience = key.rpartition("|")[0]
        return [audience] if audience in there else []

    def told_as(self, key: str) -> str:
        """The order."""
        return key.rpartition("|")[2]

    async def begin(self, audience: str) -> None:
        """Look up the newest of theirs."""
        number = audience.partition(" ")[2]
        rows = await self._database.fetch("live.newest", int(number) if number else None, MOST_SHOWN)
        shelf = sorted(row["order_id"] for row in rows)
        await self._look_up(shelf)
        self._shelves[audience] = shelf
        self._begun()

    def end(self, audience: str) -> None:
        """They look no more."""
        self._shelves.pop(audience, None)
        kept = {order for shelf in self._shelves.values() for order in shelf}
        self._entries = {order: entry for order, entry in self._entries.items() if order in kept}

    async def take(self, solds: Sequence[Sold]) -> list[str]:
        """These are new, or have moved; the keys that change by that. Raises Unavailable."""
        await self._look_up([sold.order for sold in solds])
        keys = []
        for sold in solds:
            for audience in sold.audiences() & self._shelves.keys():
                shelf = sorted({*self._shelves[audience], sold.order})
                self._shelves[audience] = shelf[-MOST_SHOWN:]
                keys += [f"{audience}|{order}" for order in (*shelf[:-MOST_SHOWN], sold.order)]
        return keys

    async def look_again(self) -> None:
        """At all that are shown: what the fraud desk does is no move. Raises Unavailable."""
        self._entries = {}
        await self._look_up(sorted({order for shelf in self._shelves.values() for order in shelf}))

    async def _look_up(self, orders: Sequence[int]) -> None:
        for row in await self._database.fetch("live.book", list(orders)):
            self._entries[row["order_id"]] = _order(row)


async def _department(database: Database, person: Person) -> str | None:
    """The department that is a manager's business, with all below it; for admins all are."""
    if person.role is Role.ADMIN:
        return ALL
    row = await database.fetch_row("marketing_staff.of_number", person.employee) if person.employee else None
    return None if row is None else f"{DEPARTMENT} {row['departments'][-1]}"


class SellingLive:
    """The topics ``sales`` and ``orders`` of one database."""

    def __init__(self, config: Config, dsn: str, database: Database) -> None:
        self._sales, self._orders = SalesNow(database, config.zone, self._begun), OrdersNow(database, self._begun)
        self.sources: Mapping[str, Source] = {"sales": self._sales, "orders": self._orders}
        self._database = database
        self._rung = asyncio.Event()
        self._bell = Bell(dsn, config.database, CHANNEL, self._rung.set)
        self._marks: deque[tuple[float, int, int]] = deque()  # monotonic time; how far orders and moves went then
        self._states: dict[int, tuple[float, str]] = {}  # of the orders since the oldest mark

    def work(self, hub: Hub) -> dict[str, Coroutine[Any, Any, NoReturn]]:
        """What goes on for ever, by name; ``hub`` is told."""
        return {"live orders": self._run(hub), "live bell": self._bell.run()}

    def _begun(self) -> None:
        """Whoever has just looked everything up may have missed what was written meanwhile: it is told again."""
        self._states.clear()
        self._rung.set()

    async def _run(self, hub: Hub) -> NoReturn:
        trouble, found_at, again_at = Trouble("live_orders_not_seen"), 0.0, 0.0
        while True:
            watched = any(hub.watched(topic) for topic in self.sources)
            with trouble.noted():
                if not watched:
                    await self._mark()
                elif await self._look(hub):
                    found_at = time.monotonic()
                if watched and time.monotonic() > again_at:
                    again_at = time.monotonic() + AGAIN_EVERY_S
                    await self._look_again(hub)
            await asyncio.sleep(REST_S)
            await self._rest(0 if time.monotonic() - found_at < LINGER_S else LOOK_EVERY_S)

    async def _rest(self, most_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), most_s)
        self._rung.clear()

    async def _look(self, hub: Hub) -> bool:
        """Tell of what is new; whether there was something."""
        now = time.monotonic()
        if not self._marks:
            await self._mark()
        rows = await self._database.fetch("live.news", *self._marks[0][1:])
        moved = list({row["order_id"] for row in rows if self._is_new(row, now)})
        if moved:
            last = self._marks[-1]
            orders = max(last[1], *(row["order_mark"] for row in rows))
            self._marked(now, orders, max(last[2], *(row["move_mark"] for row in rows)))
            await self._tell(hub, moved)
        return bool(moved)

    async def _mark(self) -> None:
        """Remember how far they go: whoever comes begins to be told from a while before that."""
        if self._marks and time.monotonic() - self._marks[-1][0] < LOOK_EVERY_S:
            return
        row = await self._database.fetch_row("live.marks")
        assert row is not None, "there is always a row"
        self._marked(time.monotonic(), row["orders"], row["moves"])

    def _marked(self, now: float, orders: int, moves: int) -> None:
        self._marks.append((now, orders, moves))
        while len(self._marks) > 1 and self._marks[1][0] < now - LOOK_BACK_S:
            self._marks.popleft()

    def _is_new(self, row: Record, now: float) -> bool:
        order, state = row["order_id"], row["state"]
        known = self._states.get(order)
        self._states[order] = now, state
        return known is None or known[1] != state

    async def _tell(self, hub: Hub, orders: Sequence[int]) -> None:
        solds = await self._sales.sold(orders)
        for sold in solds:
            hub.mark("sales", *self._sales.take(sold))
        if hub.watched("orders"):
            hub.mark("orders", *await self._orders.take(solds))

    async def _look_again(self, hub: Hub) -> None:
        """At what no move tells: another day, flags of the fraud desk."""
        kept_since = time.monotonic() - 2 * LOOK_BACK_S
        self._states = {order: each for order, each in self._states.items() if each[0] > kept_since}
        hub.mark("sales", *self._sales.begin_day())
        if hub.watched("orders"):
            await self._orders.look_again()
            hub.mark_all("orders")


def _sold(row: Record) -> Sold:
    return Sold(
        order=row["order_id"],
        state=row["state"],
        at=row["placed_at"],
        caller=mask_number(row["subscriber"]),
        price_fen=row["price_fen"],
        product=row["product"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        employee=row["employee"],
        sellers=tuple(row["sellers"]),
        departments=tuple(row["departments"]),
        earned=dict(zip(row["earners"], row["earned"], strict=True)),
    )


def _order(row: Record) -> LiveOrder:
    return LiveOrder(
        state=row["state"],
        state_at=row["state_at"],
        at=row["placed_at"],
        channel=row["channel"],
        product=row["product"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        claim=row["claim"],
        employee=row["employee"],
        holder=row["holder"] or "",
        caller=mask_number(row["subscriber"]),
        price_fen=row["price_fen"],
        flagged=row["flagged"],
    )
