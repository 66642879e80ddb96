"""``ccore migrate``: the database's schema, as this version has it."""

import argparse

from ccore import local
from ccore.commands import Add
from ccore.config import Config
from ccore.db.migrate import migrate


def register(add: Add) -> None:
    """Add the command."""
    add("migrate", _run, "bring the database's schema up to this version")


async def _run(_options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn:
        applied = await migrate(dsn)
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return 0
