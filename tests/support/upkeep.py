"""ccore's upkeep of one real Asterisk, in a hurry and within the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from ccore.ami.link import Link
from ccore.config import Config, load_secrets
from ccore.db.pool import Database
from ccore.upkeep.damping import Patience
from ccore.upkeep.model import Limits
from ccore.upkeep.service import Upkeep
from tests.support.asterisk import NODE

LOOK_EVERY_S = 0.2


@asynccontextmanager
async def looked_after(
    config: Config, database: Database, patience: Patience | None = None, **limits: Any
) -> AsyncIterator[Upkeep]:
    """Upkeep of the node of ``config``; ``limits`` as of ``Limits``, else nothing counts as stuck within the hour."""
    secrets, node = load_secrets(config), config.nodes[NODE]
    link = Link(
        NODE,
        str(node.host),
        node.ami_port,
        secrets.ami_events_secret.get_secret_value(),
        secrets.ami_actions_secret.get_secret_value(),
    )
    unhurried = Limits(f"agi://127.0.0.1:{config.agi.port}/", agi_s=3600, longest_call_s=3600)
    upkeep = Upkeep(database, {NODE: link}, {NODE: replace(unhurried, **limits)}, patience, LOOK_EVERY_S)
    tasks = [asyncio.create_task(link.run()), asyncio.create_task(upkeep.keep(NODE, 1))]
    await link.wait_up()
    try:
        yield upkeep
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
