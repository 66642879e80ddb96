"""Delivers alarms to the site's webhook: signed, again until they are taken, each from a row that outlives ccore."""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

import aiohttp
import structlog

from ccore.backoff import doubled_s
from ccore.centre.alerts import Webhook
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
LONGEST_PAUSE_S = 600
GIVES_UP_AFTER = timedelta(hours=24)  # news of yesterday's queue helps nobody
SIGNATURE, MESSAGE, SENT_AT = "X-Ccore-Signature", "X-Ccore-Message", "X-Ccore-Timestamp"


def signature(secret: str, sent_at: str, body: str) -> str:
    """``sha256=`` and the HMAC of time and body: who gets it can tell that it is ours, and not an old one."""
    return "sha256=" + hmac.new(secret.encode(), f"{sent_at}.{body}".encode(), hashlib.sha256).hexdigest()


def pause_s(tries: int) -> float:
    """Before the next try after ``tries`` that failed: 1, 2, 4 … seconds, at most ten minutes."""
    return doubled_s(tries + 1, 1.0, LONGEST_PAUSE_S)


class WebhookSender:
    """Sends what is queued, in order as far as the other side takes it. ``hook`` gives the one of alerts.toml.

    A message may come twice, if its answer was lost: its number in the header is the same then.
    """

    def __init__(self, database: Database, hook: Callable[[], Webhook | None], secret: str | None) -> None:
        self.trouble = Trouble("webhook_waited")
        self.reason = ""  # why the last message was not taken
        self._database = database
        self._hook = hook
        self._secret = secret

    async def run(self) -> NoReturn:
        """For ever; while PostgreSQL is away, it waits."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            await self.trouble.every(LOOK_EVERY_S, lambda: self.send_due(session, utc_now()))

    async def send_due(self, session: aiohttp.ClientSession, now: datetime) -> int:
        """Try once what is due; how many were taken. Raises Unavailable or OutcomeUnknown."""
        hook, taken = self._hook(), 0
        if hook is None:
            return 0
        for row in await self._database.fetch("numbers.webhook_due"):
            number = row["message_id"]
            error = await self._post(session, hook, number, row["body"])
            if not error:
                await self._database.execute("numbers.webhook_sent", number)
                taken += 1
            else:
                over = now - row["queued_at"] > GIVES_UP_AFTER
                wait = timedelta(seconds=pause_s(row["tries"]))
                await self._database.execute("numbers.webhook_failed", number, error, wait, over)
                log.warning("webhook_failed", message=number, tries=row["tries"] + 1, reason=error, given_up=over)
            self.reason = error
        return taken

    async def _post(self, session: aiohttp.ClientSession, hook: Webhook, number: int, body: str) -> str:
        """Post one message; why it was not taken, "" if it was."""
        sent_at = str(int(time.time()))
        headers = {"Content-Type": "application/json; charset=utf-8", MESSAGE: str(number), SENT_AT: sent_at}
        if self._secret is not None:
            headers[SIGNATURE] = signature(self._secret, sent_at, body)
        limit = aiohttp.ClientTimeout(total=hook.limit_s)
        try:
            async with session.post(
                hook.url, data=body.encode(), headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                return "" if answer.status // 100 == 2 else f"answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return str(error) or type(error).__name__
