"""Reads recordings back from their storage: all of one, to see whether it is as it was stored, or a part of it."""

import hashlib
from collections.abc import Generator, Iterable, Iterator

from ccore.recording import envelope
from ccore.recording.storage import Storage


def fault(storage: Storage, name: str, recording: int, key: bytes, size: int, digest: str, stored_digest: str) -> str:
    """What is wrong with a whole object, "" if it is the recording. Raises StorageFailed if it cannot be read."""
    stored, plain = hashlib.sha256(), hashlib.sha256()
    try:
        for part in envelope.unseal(key, recording, size, envelope.whole(size), _body(storage.read(name), stored)):
            plain.update(part)
    except envelope.NotAsStored as error:
        return str(error)
    if (plain.hexdigest(), stored.hexdigest()) != (digest, stored_digest):
        return f"recording {recording}: {name} is another one"
    return ""


def _body(parts: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    """The object without its header; ``digest`` sees all of it."""
    header = len(envelope.HEADER)
    for part in parts:
        digest.update(part)
        yield part[header:]
        header = max(header - len(part), 0)


def content(
    storage: Storage, name: str, recording: int, key: bytes, size: int, start: int, stop: int
) -> Generator[bytes, None, None]:
    """The bytes from ``start`` up to ``stop`` of a recording's ``size``. Raises NotAsStored and StorageFailed."""
    asked = envelope.span(size, start, stop)
    skip, left = asked.skip, stop - start
    for piece in envelope.unseal(key, recording, size, asked, storage.read(name, asked.start, asked.length)):
        yield piece[skip : skip + left]
        left -= len(piece[skip : skip + left])
        skip = 0
