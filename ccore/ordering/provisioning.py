"""Has a provider switch on what was ordered and off what has ended, and asks until it has answered."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

import aiohttp
import structlog
from asyncpg import Record
from prometheus_client import Counter, Gauge

from ccore import selling
from ccore.backoff import doubled_s
from ccore.breaker import Circuit, asking, failed
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.ordering.life import State
from ccore.ordering.lives import PROVIDER, move
from ccore.ordering.provider import Answer, Done, Never, Open, Provider, Question

log = structlog.get_logger()

ASKED = Counter("ccore_provisionings", "Times the provider was asked, by what it said", ["kind", "outcome"])
LATE = Gauge("ccore_provisionings_late", "Orders that have waited too long for the provider, at the last look")

LOOK_EVERY_S = 0.5
MARGIN_S = 5.0  # after the provider's own time: then whoever asked is surely dead, and somebody asks again


class Provisioning:
    """The orders that ``settings.url`` switches on and off. Only one ccore does this at a time."""

    def __init__(self, database: Database, settings: selling.Provisioning, token: str) -> None:
        self._database = database
        self._settings = settings
        self._provider = Provider(settings, token)
        self._circuit = Circuit()
        self._late = self._left_on = 0
        self.trouble = Trouble("provisionings_not_looked_at")

    def health(self) -> Mapping[str, object]:
        """For /health."""
        return {"provider": self._settings.url != "", "failures": self._circuit.failures, "late": self._late}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._late and not self._settings.url:
            yield f"{self._late} orders wait to be switched on, and there is no provider ([provisioning] url)"
        elif self._late:
            yield f"{self._late} orders wait for the provider, who has not answered for them"
        if self._left_on:
            yield f"{self._left_on} ended orders were not switched off: the provider refused"

    async def watch(self) -> None:
        """Ask what has to be asked, for ever."""
        async with self.session() as session:
            await self.trouble.every(LOOK_EVERY_S, lambda: self.look(session))

    def session(self) -> aiohttp.ClientSession:
        """Connections to the provider, for ``look`` and ``round``."""
        return self._provider.session()

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Ask for all that is due, and count what is late."""
        while await self.round(session):
            pass
        row = await self._database.fetch_row("ordering_provisioning.late", _seconds(self._settings.late_after_s))
        assert row is not None, "a count always gives one row"
        self._late, self._left_on = row["late"], row["left_on"]
        LATE.set(self._late)

    async def round(self, session: aiohttp.ClientSession) -> int:
        """Ask for some orders that are due; how many those were."""
        most = self._may_ask()
        if not most:
            return 0
        limit = _seconds(self._settings.timeout_s + MARGIN_S)
        rows = await self._database.fetch("ordering_provisioning.claim", most, limit)
        await asyncio.gather(*(self._one(session, row) for row in rows))
        return len(rows)

    def _may_ask(self) -> int:
        """How many questions may go out now: all, none while the provider is left alone, one to try it again."""
        if not self._settings.url:
            return 0
        circuit = asking(self._circuit, self._settings.breaker, time.monotonic(), self._settings.timeout_s)
        if circuit is None:
            return 0
        self._circuit = circuit
        return 1 if circuit.failures >= self._settings.breaker.failures else self._settings.at_once

    async def _one(self, session: aiohttp.ClientSession, row: Record) -> None:
        question = Question(row["order_id"], row["action"], tuple(row["provision"] or ()), row["subscriber"])
        answer = await self._provider.ask(session, question)
        ASKED.labels(question.action, type(answer).__name__.lower()).inc()
        self._note(answer)
        match answer:
            case Open(reason):
                await self._again(question, row["tries"], reason)
            case Done():
                await self._settled(question, State.ACTIVE, "done", "")
            case Never(reason):
                await self._settled(question, State.REJECTED, "refused", reason)

    def _note(self, answer: Answer) -> None:
        if not (isinstance(answer, Open) and answer.unwell):
            self._circuit = Circuit()
            return
        self._circuit = failed(self._circuit, self._settings.breaker, time.monotonic())
        if self._circuit.failures == self._settings.breaker.failures:
            log.error("provider_left_alone", for_s=self._settings.breaker.open_s, reason=answer.reason)

    async def _again(self, question: Question, tries: int, reason: str) -> None:
        pause_s = doubled_s(tries, self._settings.first_pause_s, self._settings.longest_pause_s)
        log.warning("provisioning_open", order_id=question.order_id, action=question.action, reason=reason, tries=tries)
        args = (question.order_id, question.action, tries, reason, _seconds(pause_s))
        await self._database.execute("ordering_provisioning.again", *args)

    async def _settled(self, question: Question, became: State, state: str, reason: str) -> None:
        """Its subscriber is told, in the same transaction; unless they ended it meanwhile."""
        async with self._database.transaction() as transaction:
            order = await transaction.fetch_row("ordering_life.order", question.order_id)
            assert order is not None, "orders are never deleted"
            if question.action == "on" and order["state"] == State.ACTIVATING:
                await move(transaction, order, became, PROVIDER, reason)
            await transaction.execute("ordering_provisioning.ended", question.order_id, question.action, state, reason)
        log.info("provisioning_ended", order_id=question.order_id, action=question.action, state=state, reason=reason)


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
