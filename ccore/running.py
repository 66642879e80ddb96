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
from ccore.versions.service import Versions

log = structlog.get_logger()

ASK_LIMIT_S = 3.0  # for a database that may be away: callers wait until a version runs


def with_dialplan(config: Config, directory: Path) -> Config:
    """The configuration with the operators' files taken from ``directory``."""
    return config.model_copy(update={"paths": config.paths.model_copy(update={"dialplan": directory})})


async def running_config(config: Config, dsn: str | None, say: Callable[[str], None]) -> Config:
    """``config`` with the version that runs as its dialplan: a link that always leads to it, made now if need be.

    Of a site that ran before it is the last version it knows; the daemon comes to a newer one by itself. ``dsn`` is
    asked by one that did not run before. A site without a working copy of its own runs what came with ccore, until
    something is published. Raises FaultsFound if there is no version and the files to run hold faults.
    """
    root = config.versions_dir
    if disk.live(root) is None and dsn is not None:
        await _take_live(config, dsn)
    if disk.live(root) is None or not disk.is_laid(root):
        if faults := check_dialplan(config):
            raise FaultsFound(faults)
        _begin(config)
    elif different := disk.differing(root / disk.LIVE, config.dialplan):
        files = f"{len(different)} file{'s' if len(different) > 1 else ''} differ{'' if len(different) > 1 else 's'}"
        say(f"dialplan: version {disk.live(root)} runs; {files} from it in {config.dialplan}: `ccore publish`")
    return with_dialplan(config, root / disk.LIVE)


def _begin(config: Config) -> None:
    """Run the working copy as it is now, until the database knows of it; or what came with ccore."""
    if config.paths.dialplan is None:
        disk.use_directly(config.versions_dir, config.dialplan)
    else:
        disk.lay_copy(config.versions_dir, disk.NOT_PUBLISHED, config.dialplan)
        disk.use(config.versions_dir, disk.NOT_PUBLISHED)


async def _take_live(config: Config, dsn: str) -> None:
    """Lay out the live version of a database that is there and has one."""
    database = Database(dsn, config.database)
    versions = Versions(database)
    try:
        async with asyncio.timeout(ASK_LIMIT_S):
            await database.open()
            live = await versions.live()
        if live is not None:
            listing = await versions.listing(live.number)
            disk.lay(config.versions_dir, live.number, listing, await versions.contents(listing.values()))
            disk.use(config.versions_dir, live.number)
    except (CcoreError, asyncpg.PostgresError, TimeoutError) as error:  # no table yet, or away
        # The daemon will say why. What is said of a DSN that is none may hold a piece of the password.
        log.info("live_version_not_asked", reason=type(error).__name__)
    finally:
        await database.close()
