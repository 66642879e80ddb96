"""Values packed into one channel variable, so that they travel with a call and any ccore can go on with it."""

import base64
import json
import zlib

MOST_CHARACTERS = 1000  # AGI's GET VARIABLE answers 1,023 bytes


def pack(data: object) -> str:
    """JSON ``data`` as letters, digits, ``-`` and ``_``; whoever packs minds MOST_CHARACTERS."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).rstrip(b"=").decode()


def unpack(text: str, most_bytes: int) -> object:
    """What ``pack`` packed, if it has no more than ``most_bytes``. Raises ValueError for anything else."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), most_bytes)
        if not unpacker.eof:  # its checksum has not been seen
            raise ValueError("it is cut")
        found: object = json.loads(data)
    except (zlib.error, RecursionError) as error:
        raise ValueError(f"nothing that was packed: {error}") from error
    return found
