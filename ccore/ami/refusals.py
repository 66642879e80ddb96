"""Messages that were dropped as malformed or forged: each one counted, and told to the security log."""

import time

import structlog

from ccore.ami.metrics import REFUSED
from ccore.ami.wire import Flaw, Malformed

LOG_EVERY_S = 10.0  # a flood of forged calls must not fill the disk: the counter has every one, the log one a reason

log = structlog.get_logger()


class Refusals:
    """The refused messages of one node."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._silent_until: dict[Flaw, float] = {}
        self._untold: dict[Flaw, int] = {}

    def add(self, refused: Malformed) -> None:
        """Count one message; tell the log now, or together with the next one after LOG_EVERY_S."""
        flaw = refused.flaw
        REFUSED.labels(self._node, flaw).inc()
        now = time.monotonic()
        if now < self._silent_until.get(flaw, now):
            self._untold[flaw] = self._untold.get(flaw, 0) + 1
            return
        log.warning(
            "ami_message_refused",
            security=True,
            node=self._node,
            reason=flaw.value,
            claims_to_be=refused.name,
            since_last_line=self._untold.pop(flaw, 0) + 1,
        )
        self._silent_until[flaw] = now + LOG_EVERY_S
