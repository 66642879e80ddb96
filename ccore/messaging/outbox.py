"""Sends the outbox: claims what is due, asks the gateway, and writes down what it said, each step once."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NoReturn

import structlog
from asyncpg import Record

from ccore import breaker, throttle
from ccore.centre.messages import MessageTemplate, ruling
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.messaging import metrics
from ccore.messaging.backoff import pause
from ccore.messaging.encoding import length
from ccore.messaging.gateways import Gateway
from ccore.messaging.model import Answer, NotTaken, Outgoing, Refused, Taken
from ccore.messaging.rules import Caps, Facts, Never, Send, Wait, judged
from ccore.messaging.wording import Unwritable, written
from ccore.tables import Language
from ccore.texting import Messages

log = structlog.get_logger()

CHANNEL = "ccore_outbox"  # of NOTIFY: something has been queued
LOOK_EVERY_S = 1.0
LEAST_REST_S = 0.02
SWEEP_EVERY_S = 10.0
CLAIM_FOR = timedelta(seconds=20)  # a gateway answers within 15 s, and what was answered is written down at once
WRITE_AGAIN_S = 0.25
DRAIN_MARGIN_S = 1.0
BURST_S = 1.0  # what the carrier's contract has for so long may go at once


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the operator's files say of messages now: templates by kind, and whether advertising may be sent."""

    templates: Mapping[str, MessageTemplate]
    quiet: Callable[[datetime], bool]


class Outbox:
    """Sends by ``gateway``, for the ccore ``instance``. ``nudge`` has it look at once."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        settings: Messages,
        instance: str,
        zone: tzinfo,
        language: Language,
        stopping: Callable[[], bool],
    ) -> None:
        self.trouble = Trouble("outbox_waited")
        self.reason = ""  # why the gateway did not take the last message it was asked to
        self._database = database
        self._gateway = gateway
        self._settings = settings
        self._instance = instance
        self._zone = zone
        self._language: Language = language
        self._stopping = stopping
        self._ruling = Ruling({}, lambda _: False)
        self._circuit = breaker.Circuit()
        self._at_once = max(settings.per_second * BURST_S, 1.0)
        self._throttle = throttle.Throttle(self._at_once, time.monotonic())
        self._under_way: set[asyncio.Task[None]] = set()
        self._unwritten = 0  # answers that PostgreSQL does not know yet: until it does, nothing is claimed
        self._look = asyncio.Event()

    def use(self, ruling_: Ruling) -> None:
        """These rules and words from now on."""
        self._ruling = ruling_

    def nudge(self) -> None:
        """Look at once."""
        self._look.set()

    @property
    def left_alone(self) -> bool:
        """Whether the gateway fails, and is not asked for a while."""
        return self._circuit.failures >= self._settings.breaker.failures

    async def run(self) -> NoReturn:
        """For ever. Broken off, it lets the gateway answer what it was asked: so nothing goes out twice."""
        try:
            while True:
                self._look.clear()
                with self.trouble.noted():
                    await self._begin()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._rest_s()):
                        await self._look.wait()
        finally:
            await self._finish()

    async def sweep(self) -> NoReturn:
        """For ever, give up what no gateway has taken in time."""
        await self.trouble.every(SWEEP_EVERY_S, self._give_up)

    async def _give_up(self) -> None:
        after = timedelta(seconds=self._settings.give_up_after_s)
        for row in await self._database.fetch("messaging.give_up", after):
            metrics.STATES.labels(row["kind"], "given_up").inc(row["count"])
            log.error("messages_given_up", kind=row["kind"], count=row["count"])

    async def _finish(self) -> None:
        until = time.monotonic() + self._settings.timeout_s + DRAIN_MARGIN_S
        while self._under_way and (left_s := until - time.monotonic()) > 0:
            with contextlib.suppress(asyncio.CancelledError):  # a lease says so each second to what does not end
                await asyncio.wait(self._under_way, timeout=left_s)
        for task in self._under_way:
            task.cancel()

    def _rest_s(self) -> float:
        if self._throttle.left < 1:
            return min(LOOK_EVERY_S, throttle.pause_s(self._throttle, self._settings.per_second))
        alone_s = self._circuit.alone_until - time.monotonic() if self.left_alone else LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(alone_s, LEAST_REST_S))

    async def _begin(self) -> None:
        """Claim as many as may go, and send them."""
        free, now = self._settings.at_once - len(self._under_way), time.monotonic()
        if free <= 0 or self._unwritten or self._stopping():
            return
        circuit = breaker.asking(self._circuit, self._settings.breaker, now, self._settings.timeout_s)
        if circuit is None:
            return
        self._throttle = throttle.refilled(self._throttle, self._settings.per_second, self._at_once, now)
        count = min(1 if self.left_alone else free, int(self._throttle.left))
        if not count or not (rows := await self._claim(count)):
            return
        self._circuit, self._throttle = circuit, throttle.spent(self._throttle, len(rows))
        for row in rows:
            task = asyncio.create_task(self._settle(row), name=f"message {row['message_id']}")
            self._under_way.add(task)
            task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.nudge()
        if not task.cancelled() and (error := task.exception()):
            log.error("message_not_settled", exc_info=error)

    async def _claim(self, count: int) -> Sequence[Record]:
        marketing = [kind for kind, template in self._ruling.templates.items() if template.purpose == "marketing"]
        rows = await self._database.fetch(
            "messaging.claim", self._instance, count, CLAIM_FOR, marketing, self._settings.marketing_consent,
            timedelta(seconds=self._settings.give_up_after_s),
        )  # fmt: skip
        for row in rows:
            if row["was"] == "sending":
                log.warning("message_claimed_again", message_id=row["message_id"], tries=row["tries"])
        return rows

    async def _settle(self, row: Record) -> None:
        """Take one message as far as it goes now."""
        template = self._ruling.templates.get(ruling(row["kind"]), MessageTemplate())
        match judged(self._facts(row, template), self._caps(row["purpose"]), utc_now()):
            case Send():
                await self._send(row, template)
            case Wait(until, reason):
                await self._write("messaging.wait", row, until, reason)
                log.info("message_held_back", message_id=row["message_id"], kind=row["kind"], reason=reason)
            case Never(reason, expired):
                await self._write("messaging.never", row, "expired" if expired else "withheld", reason)
                self._told(row, "expired" if expired else "withheld", reason)

    async def _send(self, row: Record, template: MessageTemplate) -> None:
        try:
            text = written(template, row["params"], row["params"].get("language") or row["language"] or self._language,
                           self._zone)  # fmt: skip
        except (Unwritable, ValueError) as error:
            await self._write("messaging.failed", row, None, f"not written: {error}")
            return self._told(row, "failed", str(error))
        answer = await self._asked(Outgoing(row["message_id"], row["recipient"], text))
        said = None if template.secret else text, length(text).parts
        match answer:
            case Taken(gateway_id):
                await self._write("messaging.sent", row, self._gateway.name, gateway_id or None, *said)
                self._told(row, "sent")
            case Refused(reason):
                await self._write("messaging.failed", row, self._gateway.name, reason)
                self._told(row, "failed", reason)
            case NotTaken(reason, unknown):
                wait = min(pause(row["tries"] + 1, random.random()), timedelta(seconds=self._settings.longest_pause_s))  # noqa: S311
                became = await self._write("messaging.again", row, self._gateway.name, reason, wait, *said)
                log.warning("message_not_taken", message_id=row["message_id"], reason=reason, unknown=unknown,
                            tries=row["tries"] + 1, given_up=became == "given_up")  # fmt: skip
                if became == "given_up":
                    self._told(row, "given_up", reason)
        return None

    async def _asked(self, message: Outgoing) -> Answer:
        began, name = time.monotonic(), self._gateway.name
        answer = await self._gateway.send(message)
        metrics.TOOK.labels(name).observe(time.monotonic() - began)
        metrics.ANSWERS.labels(name, _outcome(answer)).inc()
        if isinstance(answer, NotTaken):
            self._circuit = breaker.failed(self._circuit, self._settings.breaker, time.monotonic())
            self.reason = answer.reason
            if self._circuit.failures == self._settings.breaker.failures:
                log.error("gateway_left_alone", gateway=name, for_s=self._settings.breaker.open_s)
        else:
            self._circuit, self.reason = breaker.Circuit(), ""
        metrics.OPEN.labels(name).set(self.left_alone)
        return answer

    async def _write(self, statement: str, row: Record, *what: object) -> object:
        """Write down what came of a claim, however long PostgreSQL is away: each of these may be said twice."""
        self._unwritten += 1
        trouble = Trouble("message_not_written_down")
        try:
            became = None
            with trouble.noted():
                became = await self._database.fetch_value(statement, row["message_id"], row["claim"], *what)
            while trouble.reason:
                await asyncio.sleep(WRITE_AGAIN_S)
                with trouble.noted():
                    became = await self._database.fetch_value(statement, row["message_id"], row["claim"], *what)
            return became
        finally:
            self._unwritten -= 1

    def _facts(self, row: Record, template: MessageTemplate) -> Facts:
        return Facts(
            purpose=row["purpose"],
            not_after=row["not_after"],
            queued_at=row["queued_at"],
            expires_after_s=template.expires_after_s,
            within_hour=row["within_hour"],
            within_day=row["within_day"],
            hour_again_at=row["hour_again_at"],
            day_again_at=row["day_again_at"],
            barred=row["barred"],
            consented=row["consented"],
            quiet=self._ruling.quiet(utc_now().astimezone(self._zone)),
        )

    def _caps(self, purpose: str) -> Caps:
        caps = self._settings.caps
        if purpose == "marketing":
            return Caps(caps.marketing_per_hour, caps.marketing_per_day)
        return Caps(caps.service_per_hour, caps.service_per_day)

    def _told(self, row: Record, state: str, reason: str = "") -> None:
        metrics.STATES.labels(ruling(row["kind"]), state).inc()
        told = log.info if state == "sent" else log.warning
        told("message_settled", message_id=row["message_id"], kind=row["kind"], state=state, reason=reason)


def _outcome(answer: Answer) -> str:
    match answer:
        case Taken():
            return "taken"
        case Refused():
            return "refused"
        case NotTaken(_, unknown):
            return "unknown" if unknown else "not-taken"
