"""Asterisk's own files name an erased caller until they are removed: what ccore reads of them brings nobody back."""

from dataclasses import replace
from pathlib import Path

import asyncpg

from ccore.db.pool import Database
from ccore.privacy.forms import pattern
from ccore.privacy.service import Privacy
from tests.integration.cdr_site import Site, calls
from tests.support.asterisk_logs import Logs
from tests.support.recordings import archive
from tests.support.whole_person import standing

CALLER = "13812345678"


async def test_what_is_read_again_brings_nobody_back(database: Database, dsn: str, tmp_path: Path) -> None:
    """Not even by a file that is read anew from its beginning, nor by a replay: rows are known by their digests."""
    site = Site(Logs(tmp_path / "log"), database, await asyncpg.connect(dsn))
    theirs, *others = calls(0, 5)
    everybody = [replace(theirs, caller=CALLER, name="李四"), *others]
    site.logs.add(*everybody)
    await site.read()
    kept = archive(database, tmp_path)
    privacy = Privacy(database, kept.erasing, kept.playback, {"node1": site.logs.directory}, "CN")
    request = await privacy.ask("erasure", f"+86{CALLER}", "letter", "ada")
    assert request is not None
    assert await privacy.go_on()
    assert await privacy.confirm(request, "ada", another=False)
    assert await privacy.go_on()
    row = await privacy.one(request)
    assert row is not None
    assert row["state"] == "done"
    assert {each["file"] for each in row["found"]["files"]} == {"cdr-custom/ccore.csv", "cel-custom/ccore.csv"}
    await site.sql.execute("DELETE FROM call_log_places")
    await site.read()
    await site.assert_just(*everybody)
    assert set(await standing(dsn, pattern(f"+86{CALLER}"))) == {"call_log_places", "erased_numbers"}
    assert not await standing(dsn, "李四")
    await site.sql.close()
