"""Times as people give them to commands: in the site's zone, unless they name another."""

import argparse
import sys
from datetime import datetime, time, timedelta

from ccore.config import Config


def at(moment: datetime, settings: Config) -> datetime:
    """A time as people say it: the site's, unless they named a zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def add_period(command: argparse.ArgumentParser) -> None:
    """Add ``--from`` and ``--to``."""
    for option, default in (("from", "today's beginning"), ("to", "a day after --from")):
        command.add_argument(f"--{option}", dest=option, metavar="TIME", type=datetime.fromisoformat,
                             help=f"such as 2026-11-22 or 2026-11-22T09:15 (default: {default})")  # fmt: skip


def period(options: argparse.Namespace, settings: Config) -> tuple[datetime, datetime] | None:
    """From when until before when; None, which has been said, if that is no time at all."""
    given = vars(options)
    begin = at(given["from"] or datetime.combine(datetime.now(settings.zone), time()), settings)
    end = at(given["to"] or begin + timedelta(days=1), settings)
    if end > begin:
        return begin, end
    print("ccore: --to is not after --from", file=sys.stderr)
    return None
