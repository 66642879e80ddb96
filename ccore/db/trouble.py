"""What keeps lasting work from PostgreSQL: told in the log once, when it begins, and shown for as long as it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import structlog

from ccore.errors import CcoreError

log = structlog.get_logger()


class Trouble:
    """Of one piece of work, whose log line is ``event``. ``reason`` is "" while there is none."""

    def __init__(self, event: str) -> None:
        self.reason = ""
        self._event = event

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Try the work within this block. If PostgreSQL is away or refuses, that is noted, and there is a next time."""
        try:
            yield
        except (CcoreError, asyncpg.PostgresError) as error:
            if not self.reason:
                log.error(self._event, reason=str(error))
            self.reason = str(error) or type(error).__name__
        else:
            self.reason = ""
