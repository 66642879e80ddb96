"""The ledger of recordings as the dialplan's steps write it: a row for each, before Asterisk makes a file."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import asyncpg
import structlog

from ccore.centre.centre import Centre
from ccore.centre.queue import Recording
from ccore.centre.recording import Direction
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.recording import metrics
from ccore.recording.model import stem
from ccore.recording.policy import Decision, Policy, Subject
from ccore.subscriber import e164

log = structlog.get_logger()

DEADLINE_S = 0.8  # a caller waits for it, and is put through all the same
ATTEMPT = "attempt-"  # how the LinkedID of calls of campaigns begins
MACHINE_SAMPLE = Decision("always", "machine-sample", keep_days=30)
UNWRITTEN_PART = 0  # of files whose row could not be written: the sweeper adopts them


class Call(Protocol):
    """A call in a queue, as ``ccore.queues`` has it: ``caller`` is digits, or a word."""

    @property
    def key(self) -> str: ...
    @property
    def caller(self) -> str: ...


class Visit(Protocol):
    """Its visit: ``record`` is what the menu of its ``hotline`` wants."""

    @property
    def queue(self) -> str: ...
    @property
    def hotline(self) -> str: ...
    @property
    def record(self) -> bool: ...


class Ledger:
    """Decides by the rules given last (``use``) and writes down. ``full`` tells whether a node's disk is nearly so.

    ``nodes`` are those that can record; ``region`` tells what a number is.
    """

    def __init__(
        self,
        database: Database,
        nodes: frozenset[str],
        full: Callable[[str], bool],
        region: str,
    ) -> None:
        self._database = database
        self._nodes = nodes
        self._full = full
        self._region = region
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """Decide by these rules from now on."""
        self._centre = centre

    @property
    def rules(self) -> Policy:
        """Those of ``recording.toml`` and of every queue."""
        if self._centre is None:
            return Policy()
        return Policy(self._centre.recording, {name: queue.recording for name, queue in self._centre.queues.items()})

    def records(self, call: Call, visit: Visit) -> bool:
        """Whether a call that comes to a queue is recorded, as far as anybody knows before an agent answers."""
        subject = Subject(call.key, hotline=visit.hotline, queue=visit.queue, menu=visit.record)
        return self.rules.begins(subject).records

    async def visited(self, call: Call, visit: Visit) -> str:
        """``begin`` for a caller who waits in a queue from now on."""
        node, _, _ = call.key.partition("!")
        return await self.begin(
            call.key, node, visit.queue, call.caller, "", "in", "", None, utc_now(), hotline=visit.hotline,
            menu=visit.record,
        )  # fmt: skip

    def records_attempt(self, call: str, campaign: str, queue: str) -> bool:
        """Whether the call of a campaign is recorded, as far as anybody knows before an agent answers."""
        return self._of_attempt(call, campaign, queue).records

    async def attempted(self, node: str, call: str, channel: str, at: datetime) -> int | None:
        """The row, made now, of a recording that has begun in the call of a campaign; None if there is one.

        The dialplan was told beforehand that it is to be made, and names it by the channel, which nobody knew then.
        What is recorded otherwise is recorded for people who judge the detection of machines.
        """
        campaign = await self._database.fetch_value("recording.campaign_of", call)
        settings = self._centre.campaigns.get(campaign or "") if self._centre else None
        if settings is None:
            return None
        decision = self._of_attempt(call, campaign, settings.queue)
        if not decision.records:
            decision = MACHINE_SAMPLE
        row: int | None = await self._database.fetch_value(
            "recording.attempted", node, channel, call, at, stem(channel, UNWRITTEN_PART), settings.queue,
            decision.kind, decision.rule, decision.keep_days,
        )  # fmt: skip
        return row

    def _of_attempt(self, call: str, campaign: str, queue: str) -> Decision:
        return self.rules.begins(Subject(call, "out", queue=queue, campaign=campaign))

    async def begin(
        self,
        call_key: str,
        node: str,
        queue: str,
        number: str,
        agent: str,
        direction: Direction,
        campaign: str,
        recording: Recording | None,
        now: datetime,
        *,
        hotline: str = "",
        menu: bool = False,
    ) -> str:
        """What the call is recorded to from now on (CCORE_RECORD), its row written; "" if it is not.

        ``call_key`` names the channel that is recorded, ``recording`` is what the queue's own file says (None: the one
        in use), ``menu`` whether the caller's menu wants it. Asked again about the same queue, it gives the same
        answer. While PostgreSQL does not answer the call is recorded all the same, and its row follows.
        """
        subject = Subject(call_key, direction, hotline, queue, campaign, agent, menu)
        decision = self._policy(queue, recording).begins(subject)
        if not decision.records:
            return ""
        channel = call_key.partition("!")[2]
        try:
            unwritten = stem(channel, UNWRITTEN_PART)
        except ValueError as error:
            log.error("recording_refused", call_id=channel, reason=str(error), security=True)
            return ""
        row = (
            node, channel, call_key, unwritten.removesuffix(str(UNWRITTEN_PART)), queue, hotline, campaign, agent,
            self.number(number), direction, decision.rule, decision.kind, decision.keep_days, now,
        )  # fmt: skip
        try:
            return await self._begun(node, channel, decision, row)
        except (Unavailable, OutcomeUnknown, asyncpg.PostgresError) as error:
            log.error("recording_begun_without_row", call_id=channel, node=node, reason=str(error))
            metrics.BEGUN.labels(node, "without-row").inc()
            return unwritten

    async def _begun(self, node: str, channel: str, decision: Decision, row: tuple[object, ...]) -> str:
        why = self._hindrance(node, decision)
        if why:
            await self._in_time(self._database.execute("recording.refuse", *row, why))
            log.error("recording_not_begun", call_id=channel, node=node, reason=why)
            metrics.BEGUN.labels(node, "refused").inc()
            return ""
        path: str = await self._in_time(self._database.fetch_value("recording.begin", *row))
        metrics.BEGUN.labels(node, decision.kind).inc()
        log.info("recording_expected", call_id=channel, node=node, kind=decision.kind, rule=decision.rule)
        return path

    async def _in_time(self, statement: Coroutine[Any, Any, Any]) -> Any:
        return await self._database.within_deadline(DEADLINE_S, statement)

    def _hindrance(self, node: str, decision: Decision) -> str:
        if node not in self._nodes:
            return "nodes.NAME.monitor_dir is not set"
        return "the disk is nearly full" if self._full(node) and not decision.required else ""

    def _policy(self, queue: str, recording: Recording | None) -> Policy:
        return self.rules if recording is None else replace(self.rules, queues={queue: recording})

    def number(self, number: str) -> str:
        """As recordings have it: E.164, or an internal one as it is; "" if it is none."""
        return e164(number, self._region) or (number if number.lstrip("+").isdigit() else "")
