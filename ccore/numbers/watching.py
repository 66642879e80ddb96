"""Watches the numbers: raises and clears alarms, writes down whom to tell, and decides which echelon stands by."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import NoReturn

import structlog

from ccore.centre.alerts import OF_QUEUES, Alarm, AlertFile
from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.numbers.alarms import Change, Watch, judge, said
from ccore.numbers.echelons import Standing, Volume, decide, percent
from ccore.numbers.live import Live, Now
from ccore.numbers.standby import hour_of
from ccore.tables import LANGUAGES, Language

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
Subject = tuple[str, str]  # an alarm's name and what it is about


class Watching:
    """The alarms of ``use``. One ccore watches; what is raised is in the database, so the next one goes on from it."""

    def __init__(
        self, database: Database, live: Live, warnings: Callable[[], int], site: str, zone: tzinfo, every_s: float
    ) -> None:
        self.trouble = Trouble("alarms_waited")
        self._database = database
        self._live = live
        self._warnings = warnings
        self._site = site
        self._zone = zone
        self._every_s = every_s
        self._alerts = AlertFile()
        self._centre: Centre | None = None
        self._watches: dict[Subject, Watch] = {}
        self._standing: dict[str, Standing] = {}

    def use(self, centre: Centre, alerts: AlertFile) -> None:
        """Watch by these from now on."""
        self._centre, self._alerts = centre, alerts

    async def run(self) -> NoReturn:
        """For ever; while PostgreSQL is away, it waits."""
        self._watches, self._standing = {}, {}
        await self.trouble.every(self._every_s, lambda: self.look(utc_now()))

    async def look(self, now: datetime) -> None:
        """Look once. Raises Unavailable or OutcomeUnknown; what could not be written is decided again."""
        seen = await self._live.now(now, whole_day=False)  # no alarm is of the whole day
        await self._look_at_alarms(seen)
        await self._look_at_volumes(seen)

    async def _look_at_alarms(self, seen: Now) -> None:
        raised = {(row["name"], row["subject"]) for row in await self._database.fetch("numbers.open_alerts")}
        for key in raised:
            self._watches.setdefault(key, Watch(raised=True))
        for name, subject in raised - {key for key in raised if key[0] in self._alerts.alert}:
            await self._clear(name, subject, seen.at)  # it is watched no more
        for name, alarm in self._alerts.alert.items():
            values = dict(self._values(alarm, seen))
            for subject in {*values, *(about for of, about in raised if of == name)}:
                await self._judge(name, alarm, subject, values.get(subject), seen.at)

    async def _judge(self, name: str, alarm: Alarm, subject: str, value: float | None, now: datetime) -> None:
        watch, change = judge(self._watches.get((name, subject), Watch()), alarm, value, now)
        if change is Change.RAISED and value is not None:
            await self._raise(name, alarm, subject, value, now)
        elif change is Change.CLEARED:
            await self._clear(name, subject, now)
        self._watches[name, subject] = watch  # once it is written: else it is tried again

    def _values(self, alarm: Alarm, seen: Now) -> Iterator[tuple[str, float | None]]:
        """What the alarm is about, and the figure of each now."""
        match alarm.measure:
            case "warnings":
                yield "", float(self._warnings())
            case "ready-agents":
                yield "", float(sum(doing.state == "ready" for doing in seen.agents))
            case "pause":
                yield from self._pauses(seen)
        if alarm.measure in OF_QUEUES:
            for name in alarm.queues or seen.queues:
                yield name, _value(alarm, seen, name) if name in seen.queues else None

    def _pauses(self, seen: Now) -> Iterator[tuple[str, float]]:
        pauses = self._centre.words.pause if self._centre else {}
        for doing in seen.agents:
            most_s = pauses[doing.reason].most_s if doing.reason in pauses else None
            if doing.state == "paused" and most_s is not None:
                yield doing.agent, (seen.at - doing.since).total_seconds() - most_s

    async def _raise(self, name: str, alarm: Alarm, subject: str, value: float, now: datetime) -> None:
        texts = {
            language: said(alarm, language, self._about(subject, language), value, self._site) for language in LANGUAGES
        }
        async with self._database.transaction() as transaction:
            alert = await transaction.fetch_value(
                "numbers.raise_alert", name, subject, now, value, texts["zh"], texts["en"]
            )
            if alert is None:
                return
            if alarm.webhook and self._alerts.webhook:
                facts = {"alert": alert, "event": "raised", "name": name, "subject": subject, "measure": alarm.measure,
                         "value": value, "raised_at": now.isoformat(), "text": texts}  # fmt: skip
                await transaction.execute("numbers.tell_webhook", alert, "raised", _json(facts))
            for number in alarm.text_to:
                params = {"language": "zh", "text": f"【{self._site}】{texts['zh']}", "alert": alert}
                await transaction.execute("numbers.text", "alert", number, params)
        log.warning("alert_raised", alert=alert, name=name, subject=subject, value=round(value, 1))

    def _about(self, subject: str, language: Language) -> str:
        """A queue by its title, as people know it; anything else as it is."""
        queue = self._centre.queues.get(subject) if self._centre else None
        return (queue.title.get(language) if queue else None) or subject

    async def _clear(self, name: str, subject: str, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("numbers.clear_alert", name, subject, now)
            if row is not None and self._alerts.webhook and await _was_told(transaction, row["alert_id"]):
                facts = {"alert": row["alert_id"], "event": "cleared", "name": name, "subject": subject,
                         "raised_at": row["raised_at"].isoformat(), "cleared_at": now.isoformat()}  # fmt: skip
                await transaction.execute("numbers.tell_webhook", row["alert_id"], "cleared", _json(facts))
        self._watches.pop((name, subject), None)
        log.info("alert_cleared", name=name, subject=subject)

    async def _look_at_volumes(self, seen: Now) -> None:
        echelons = self._centre.words.echelon if self._centre else ()
        hour = hour_of(seen.at, self._zone)
        rows = await self._database.fetch("numbers.volumes", hour, hour.isoweekday(), hour.hour) if echelons else []
        for row in rows:
            queue = row["queue"]
            level = seen.queues[queue].service_level if queue in seen.queues else None
            volume = Volume(row["calls"], seen.at - hour, row["plan"], level, row["wanted_level"] or 80)
            before = self._standing.get(queue, Standing(row["level"], row["level"]))
            after = decide(before, echelons, volume, seen.at)
            if after.level != row["level"]:
                await self._database.execute("numbers.set_echelon", queue, after.level, seen.at, percent(volume))
                log.warning("echelon_proposed", queue=queue, level=after.level, before=row["level"])
            self._standing[queue] = after


def _value(alarm: Alarm, seen: Now, queue: str) -> float | None:
    now = seen.queues[queue]
    enough = now.counted >= alarm.least_calls
    values: Mapping[str, float | None] = {
        "service-level": now.service_level if enough else None,
        "abandonment": now.abandonment if enough else None,
        "longest-wait": seen.longest_wait_s(queue),
        "waiting": now.waiting,
    }
    return values[alarm.measure]


async def _was_told(transaction: Transaction, alert: int) -> bool:
    return bool(await transaction.fetch_value("numbers.was_told", alert))


def _json(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
