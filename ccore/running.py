"""Which version of the operators' files a starting ccore runs: the live one, else the working copy if it is sound."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import structlog

from ccore.check import check_dialplan
from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import CcoreError, FaultsFound
from ccore.versions import disk
from ccore.versions.diff import changed
from ccore.versions.service import Versions

log = structlog.get_logger()

ASK_LIMIT_S = 3.0  # for a database that may be away: callers wait until a version runs


def with_dialplan(config: Config, directory: Path) -> Config:
    """The configuration with the operators' files taken from ``directory``."""
    return config.model_copy(update={"paths": config.paths.model_copy(update={"dialplan": directory})})


async def running_config(config: Config, dsn: str | None, say: Callable[[str], None]) -> Config:
    """``config`` with the version that runs as its dialplan: a link that always leads to it, laid now if need be.

    Of a site that ran before it is the last version it knows; the daemon comes to a newer one by itself. ``dsn`` is
    asked by one that did not run before. Raises FaultsFound if there is no version and the working copy is broken.
    """
    root = config.versions_dir
    if disk.live(root) is None and dsn is not None:
        await _take_live(config, dsn)
    if disk.live(root) is None:
        if faults := check_dialplan(config):
            raise FaultsFound(faults)
        disk.lay(root, disk.NOT_PUBLISHED, disk.read(config.dialplan))
        disk.use(root, disk.NOT_PUBLISHED)
    elif differing := changed(disk.read(root / disk.LIVE), disk.read(config.dialplan)):
        files = f"{len(differing)} file{'s' if len(differing) > 1 else ''} differ{'' if len(differing) > 1 else 's'}"
        say(f"dialplan: version {disk.live(root)} runs; {files} from it in {config.dialplan}: `ccore publish`")
    return with_dialplan(config, root / disk.LIVE)


async def _take_live(config: Config, dsn: str) -> None:
    """Lay out the live version of a database that is there and has one."""
    database = Database(dsn, config.database)
    try:
        async with asyncio.timeout(ASK_LIMIT_S):
            await database.open()
            if live := await Versions(database).live():
                disk.lay(config.versions_dir, live.number, await Versions(database).files(live.number))
                disk.use(config.versions_dir, live.number)
    except (CcoreError, asyncpg.PostgresError, TimeoutError) as error:  # no table yet, or away: the daemon will say so
        log.info("live_version_not_asked", reason=str(error))
    finally:
        await database.close()
