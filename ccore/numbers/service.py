"""Puts together all that the numbers of one ccore are made of, and runs what has to go on beside the calls."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from asyncpg import Record

from ccore.centre.alerts import AlertFile
from ccore.centre.centre import Centre
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.numbers.folding import QueueFolding, Recount
from ccore.numbers.live import Doing, Live, Now
from ccore.numbers.model import QUARTER
from ccore.numbers.report import Line, lines
from ccore.numbers.standby import StandbyStaff
from ccore.numbers.watching import LOOK_EVERY_S, Watching
from ccore.numbers.webhook import WebhookSender
from ccore.people import audit

Work = Callable[[], Coroutine[Any, Any, None]]
LinesOf = Callable[
    [str, Mapping[str, Queue]], Mapping[str, Mapping[str, int]]
]  # each line of a queue of these, and the skills it wants besides
TERMS_EVERY_S = 2.0


class Numbers:
    """Queue numbers, alarms and standby staff. ``agents`` tells what each does now, ``warnings`` how many there are."""

    def __init__(
        self,
        config: Config,
        secrets: Secrets,
        database: Database,
        lines_of: LinesOf,
        agents: Callable[[], Iterable[Doing]],
        warnings: Callable[[], int],
    ) -> None:
        self.staff = StandbyStaff(database, config.site.name, config.zone)
        self._database = database
        self._lines_of = lines_of
        self._zone = config.zone
        self._folding = QueueFolding(database)
        self._live = Live(database, config.zone, agents)
        self._watching = Watching(database, self._live, warnings, config.site.name, config.zone, LOOK_EVERY_S)
        self._alerts = AlertFile()
        self._terms: Sequence[Sequence[object]] = ()
        secret = secrets.alert_secret
        self._sender = WebhookSender(
            database, lambda: self._alerts.webhook, None if secret is None else secret.get_secret_value()
        )

    def use(self, centre: Centre, alerts: AlertFile) -> None:
        """Count and watch by these from now on."""
        self._alerts = alerts
        self._terms = tuple(_terms(centre, self._lines_of))
        self._watching.use(centre, alerts)
        self.staff.use(centre)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"queue numbers": self._folding.run()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {"alarms": self._watching.run, "webhook": self._sender.run, "queue terms": self._keep_terms}

    def health(self) -> Mapping[str, object]:
        """What keeps the numbers."""
        return {"trouble": self._folding.trouble.reason, "webhook": self._sender.reason}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if reason := self._folding.trouble.reason:
            yield f"queue numbers are not folded: {reason}"
        if self._sender.reason:
            yield f"the webhook of alerts.toml does not take alarms: {self._sender.reason}"

    async def now(self) -> Now:
        """The numbers of now. Raises Unavailable."""
        return await self._live.now(utc_now())

    async def report(
        self,
        kind: str,
        since: datetime,
        until: datetime,
        interval: str,
        names: Collection[str] = (),
        *,
        together: bool = False,
    ) -> list[Line]:
        """The report ``kind`` (queues, agents, skills) of the quarters from ``since`` until ``until``, which are local.

        Of those in ``names``, or all there are without any; ``together``: as if they were one, whose name is empty.
        Raises Unavailable.
        """
        return await report(self._database, kind, since, until, interval, names, together=together)

    async def alerts(self, *, every: bool, before: int | None, most: int) -> list[Record]:
        """Alerts, the newest first; ``every``: those that are over as well. Raises Unavailable."""
        return await self._database.fetch("numbers.alerts", every, before, most)

    async def acknowledge(self, alert: int, who: str) -> bool:
        """``who`` has seen the alert; False if there is none, or somebody had. Raises Unavailable or OutcomeUnknown."""
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("numbers.acknowledge", alert, who)
            if row is not None:
                detail = {"name": row["name"], "about": row["subject"]}
                await audit.note(transaction, who, "alert-acknowledged", f"alert:{alert}", detail)
        return row is not None

    async def keep_terms(self) -> None:
        """Write down what is promised now, if that is something else than before. Raises Unavailable."""
        known = [tuple(row.values()) for row in await self._database.fetch("numbers.terms")]
        for terms in self._terms:
            if tuple(terms) not in known:
                await self._database.execute("numbers.new_terms", *terms)

    async def _keep_terms(self) -> NoReturn:
        written: Sequence[Sequence[object]] = ()
        while True:
            terms = self._terms
            if terms != written:
                with self._watching.trouble.noted():
                    await self.keep_terms()
                    written = terms
            await asyncio.sleep(TERMS_EVERY_S)


async def report(
    database: Database,
    kind: str,
    since: datetime,
    until: datetime,
    interval: str,
    names: Collection[str] = (),
    *,
    together: bool = False,
) -> list[Line]:
    """As ``Numbers.report``."""
    called = {"name": ""} if together else {}
    found = await database.fetch(f"numbers.{kind}", since, until)
    rows = [{**row, **called} for row in found if not names or row["name"] in names]
    gaps = await database.fetch("numbers.incomplete", since, until)
    doubtful = [(row["began_at"], row["ended_at"] or until) for row in gaps]
    late = [row["began_at"] for row in await database.fetch("numbers.uncounted", since, until)]
    return lines(kind, rows, interval, (since, until), [*doubtful, *((at, at + QUARTER) for at in late)])


async def replay(database: Database, *, write: bool) -> Recount:
    """Fold and count everything again, and compare."""
    return await QueueFolding(database).replay(write=write)


def _terms(centre: Centre, lines_of: LinesOf) -> Iterator[Sequence[object]]:
    for name, queue in centre.queues.items():
        level = queue.service_level
        for line, besides in lines_of(name, centre.queues).items():
            skills = sorted({*queue.wants, *besides})
            yield line, name, level.percent, level.within_s, level.short_abandon_s, skills
