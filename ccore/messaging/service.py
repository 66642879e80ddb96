"""Puts together what sends and takes the text messages of one ccore."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from ccore.centre.centre import Centre
from ccore.centre.messages import completed
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.bell import Bell
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.hours import is_open
from ccore.messaging import metrics
from ccore.messaging.gateways import Gateway
from ccore.messaging.inbox import Inbox, Receiving, nobody
from ccore.messaging.model import Handle
from ccore.messaging.outbox import CHANNEL, Outbox, Ruling

Work = Callable[[], Coroutine[Any, Any, None]]

STAND_EVERY_S = 2.0
LATE_S = 600.0  # what could go and has not for so long does not go by itself


class Messaging:
    """Text messages. ``gateway`` None: they wait. ``handle`` does what a text message that comes in asks for;
    ``stopping``: whether nothing new is to begin.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        dsn: str,
        gateway: Gateway | None,
        handle: Handle = nobody,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        settings = config.messages
        self.inbox = Inbox(database, handle, settings.incoming_tries)
        self.receiving = Receiving(database, config.site.region, self.inbox.arrived)
        self._settings = settings
        self._gateway = gateway
        self._outbox: Outbox | None = None
        if gateway is not None:
            language = config.prompts.language
            self._outbox = Outbox(database, gateway, settings, config.instance, config.zone, language, stopping)
        self._bell = Bell(dsn, config.database, CHANNEL, self.nudge)
        self._database = database
        self._standing: Mapping[str, Any] = {}
        self._trouble = Trouble("messages_not_counted")

    def use(self, centre: Centre) -> None:
        """These are the words and the hours from now on."""
        hours, calendar = centre.hours.get(self._settings.marketing_hours), centre.calendar

        def quiet(here: datetime) -> bool:
            return hours is None or is_open(hours, calendar, here) != "open"

        if self._outbox:
            self._outbox.use(Ruling(completed(centre.messages), quiet))

    def nudge(self) -> None:
        """Something has been queued."""
        if self._outbox:
            self._outbox.nudge()

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"messages bell": self._bell.run()} if self._outbox else {}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        led: dict[str, Work] = {"inbox": self.inbox.run, "messages standing": self._stand}
        return led | ({"outbox": self._send, "outbox sweep": self._outbox.sweep} if self._outbox else {})

    def health(self) -> Mapping[str, object]:
        """How it goes."""
        outbox = self._outbox
        return {
            "gateway": self._gateway.name if self._gateway else "none",
            "left_alone": bool(outbox and outbox.left_alone),
            "reason": outbox.reason if outbox else "",
            "trouble": (outbox.trouble.reason if outbox else "") or self.inbox.trouble.reason,
            **{name: self._standing.get(name, 0) for name in ("waiting", "given_up", "unread", "set_aside")},
        }

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._outbox and self._outbox.left_alone:
            yield f"the gateway of text messages does not take them: {self._outbox.reason}"
        if self._due_s() > LATE_S:
            yield f"text messages have waited for {self._due_s() / 60:.0f} minutes"
        if count := self._standing.get("given_up"):
            yield f"{count} text messages were given up in the last 24 hours: ccore messages list --state given_up"
        if count := self._standing.get("set_aside"):
            yield f"{count} incoming text messages wait for a person: ccore messages incoming --state set_aside"

    async def _send(self) -> NoReturn:
        assert self._gateway is not None
        assert self._outbox is not None
        async with self._gateway.open(self.receiving.take):
            await self._outbox.run()
        raise AssertionError("it runs for ever")

    async def _stand(self) -> NoReturn:
        try:
            await self._trouble.every(STAND_EVERY_S, self._count)
        finally:
            self._standing = {}  # another ccore counts from now on

    async def _count(self) -> None:
        row = await self._database.fetch_row("messaging.standing")
        assert row is not None
        self._standing = dict(row)
        metrics.WAITING.set(row["waiting"])
        metrics.OLDEST.set(self._due_s())
        metrics.GIVEN_UP.set(row["given_up"])
        metrics.UNREAD.set(row["unread"])
        metrics.SET_ASIDE.set(row["set_aside"])

    def _due_s(self) -> float:
        since = self._standing.get("due_since")
        return (utc_now() - since).total_seconds() if since else 0.0
