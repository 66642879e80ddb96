"""Messages that were dropped as malformed or forged: each one counted, and told to the security log."""

import time

import structlog

from ccore.ami.metrics import REFUSED
from ccore.ami.wire import Flaw, Malformed
from ccore.floods import Flood

log = structlog.get_logger()


class Refusals:
    """The refused messages of one node."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._flood = Flood()
        for flaw in Flaw:  # at 0 from the start: Prometheus's increase() does not see the first of a new series
            REFUSED.labels(node, flaw)

    def add(self, refused: Malformed) -> None:
        """Count one message, and tell the log of it or of many at once."""
        REFUSED.labels(self._node, refused.flaw).inc()
        if lines := self._flood.lines(refused.flaw, time.monotonic()):
            log.warning(
                "ami_message_refused",
                security=True,
                node=self._node,
                reason=refused.flaw.value,
                claims_to_be=refused.name,
                since_last_line=lines,
            )
