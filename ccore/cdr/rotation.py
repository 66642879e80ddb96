"""Keeps the logs of ccore's own Asterisk from growing for ever: renamed when long, removed once read and old."""

import time
from dataclasses import dataclass

import structlog

from ccore.cdr.tail import Tail

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rotation:
    """A log is renamed at ``at_bytes``; what it was renamed to is removed ``keep_s`` after its last row."""

    at_bytes: float
    keep_s: float

    def tidy(self, tail: Tail) -> None:
        """Do what is due now. Raises OSError.

        Asterisk opens the log anew for each row, so a rename is all it takes; a row that is being written at that
        moment goes into the renamed file, which the tail reads to its end.
        """
        if tail.size >= self.at_bytes:
            # To the microsecond, and by one process: no name comes twice.
            aside = tail.path.with_name(f"{tail.path.name}.{time.time_ns() // 1000}")
            tail.path.rename(aside)
            log.info("call_log_rotated", file=str(aside), size=tail.size)
        for path in tail.read_out(time.time() - self.keep_s):
            path.unlink(missing_ok=True)
            log.info("call_log_removed", file=str(path))
