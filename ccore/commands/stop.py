"""``ccore stop``: the ccore that runs here, and what an earlier one that was killed left running."""

import argparse

from ccore import local
from ccore.commands import Add
from ccore.config import Config


def register(add: Add) -> None:
    """Add the command."""
    add("stop", _run, "stop the ccore that runs here, and what an earlier one that was killed left running")


async def _run(_options: argparse.Namespace, settings: Config) -> int:
    await local.stop_parts(settings, local.teller())
    return 0
