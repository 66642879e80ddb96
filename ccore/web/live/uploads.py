"""Files of contacts as they are told live: how far each of the newest is."""

from collections.abc import Mapping

from ccore.db.pool import Database
from ccore.dialer.lists.contacts import Lists
from ccore.web.live.polled import Polled
from ccore.web.live.topics import Live, LiveUpload

EVERY_S = 0.5
MOST_UPLOADS = 20


def source(database: Database) -> Polled:
    """The topic ``uploads``."""
    lists = Lists(database)

    async def look() -> Mapping[str, Live]:
        rows = await lists.uploads(None, None, MOST_UPLOADS)
        return {str(row["upload_id"]): LiveUpload.model_validate(dict(row)) for row in rows}

    return Polled("uploads", EVERY_S, look)
