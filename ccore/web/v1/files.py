"""Files that are the body of a request: onto the disk piece by piece, as they come."""

import asyncio
import hashlib
from pathlib import Path
from typing import cast

from aiohttp import web

from ccore.dialer.lists.uploading import Arrived
from ccore.web.app import Connection

MOST_BYTES = 256 << 20  # a million rows of 250 bytes
UPLOAD_LIMIT_S = 1800.0
PIECE_LIMIT_S = 30.0  # a sender who says nothing for so long has gone
FULL = "There is no room for the file."  # what 507 says in the API's document
_PIECE = 1 << 18


async def arrived(request: web.Request, path: Path, name: str) -> Arrived:
    """The body as a file. Raises HTTPBadRequest and others if it does not come whole."""
    cast(Connection, request.protocol).allow(MOST_BYTES)
    hashed, size = hashlib.sha256(), 0
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            with await asyncio.to_thread(path.open, "xb") as file:
                while piece := await asyncio.wait_for(request.content.read(_PIECE), PIECE_LIMIT_S):
                    size += len(piece)
                    if size > MOST_BYTES:
                        raise web.HTTPRequestEntityTooLarge(
                            MOST_BYTES, size, text=f"a file has {MOST_BYTES >> 20} MB at most: send it in parts"
                        )
                    hashed.update(piece)
                    await asyncio.to_thread(file.write, piece)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="the file did not come whole: send it again, with the same key") from error
    except OSError as error:
        raise web.HTTPInsufficientStorage(text=f"the file cannot be kept: {error.strerror}") from error
    if not size:
        raise web.HTTPBadRequest(text="send the file as the body")
    return Arrived(path, name, hashed.digest(), size)
