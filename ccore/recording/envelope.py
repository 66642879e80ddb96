"""Recordings encrypted in pieces, so that any part can be read alone and nothing is changed, cut or swapped unseen.

A stored object is a header and pieces. Each piece is ``PIECE`` bytes, the last one fewer or as many (none only if all
is empty), encrypted by AES-256-GCM under the recording's own key, with its tag behind it. The nonce is the number of
the piece, and whether it is the last; the header and the recording's number are authenticated with each. A key
encrypts one object, ever. It is itself kept encrypted by one of the site's (``wrap``), with the recording's number.
"""

import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ccore import site_keys
from ccore.errors import CcoreError

PIECE = 65536
TAG = 16
HEADER = b"ccore recording 1\n"


class NotAsStored(CcoreError):
    """What the storage gave is not what was put there, or the key is another one's: nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Span:
    """What to read of an object for a range of its content: ``count`` pieces from piece ``first``.

    ``start`` and ``length`` are bytes of the object; ``skip`` is what the first piece has too much at its beginning.
    """

    first: int
    count: int
    start: int
    length: int
    skip: int


def new_key() -> bytes:
    """A key for one recording."""
    return secrets.token_bytes(32)


def wrap(master: bytes, recording: int, key: bytes) -> bytes:
    """``key``, to be kept in the database."""
    return site_keys.wrap(master, _owner(recording), key)


def unwrap(master: bytes, recording: int, wrapped: bytes) -> bytes:
    """The key that ``wrap`` was given. Raises NotAsStored."""
    try:
        return site_keys.unwrap(master, _owner(recording), wrapped)
    except site_keys.OtherKey as error:
        raise NotAsStored(f"the key of recording {recording} does not open with that of secrets.toml") from error


def sealed_size(size: int) -> int:
    """The length of the object that holds ``size`` bytes."""
    return len(HEADER) + size + TAG * pieces(size)


def pieces(size: int) -> int:
    """How many pieces ``size`` bytes make."""
    return max(1, -(-size // PIECE))


def seal(key: bytes, recording: int, plain: BinaryIO) -> Iterator[bytes]:
    """The object that holds all of ``plain``, piece by piece."""
    cipher, number = AESGCM(key), 0
    yield HEADER
    piece = plain.read(PIECE)
    while True:
        following = plain.read(PIECE)
        yield cipher.encrypt(_nonce(number, last=not following), piece, _owner(recording))
        if not following:
            return
        piece, number = following, number + 1


def span(size: int, start: int, stop: int) -> Span:
    """What to read for the bytes from ``start`` up to ``stop`` (not with it) of a content of ``size`` bytes."""
    if not 0 <= start < stop <= size:
        raise ValueError(f"no range of {size} bytes: {start} to {stop}")
    first, last = start // PIECE, (stop - 1) // PIECE
    begins = len(HEADER) + first * (PIECE + TAG)
    ends = len(HEADER) + min((last + 1) * PIECE, size) + TAG * (last + 1)
    return Span(first, last - first + 1, begins, ends - begins, start - first * PIECE)


def whole(size: int) -> Span:
    """All pieces of a content of ``size`` bytes, without the header."""
    return Span(0, pieces(size), len(HEADER), sealed_size(size) - len(HEADER), 0)


def unseal(key: bytes, recording: int, size: int, asked: Span, parts: Iterable[bytes]) -> Iterator[bytes]:
    """The content of the pieces ``asked`` for, of an object that holds ``size`` bytes; ``parts`` is the object's part.

    Raises NotAsStored as soon as a piece is not what ``seal`` made it.
    """
    cipher, final = AESGCM(key), pieces(size) - 1
    numbers = iter(range(asked.first, asked.first + asked.count))
    for piece in _cut(parts):
        number = next(numbers, None)
        if number is None:
            raise NotAsStored(f"recording {recording}: the storage has more than was put there")
        try:
            yield cipher.decrypt(_nonce(number, last=number == final), piece, _owner(recording))
        except (InvalidTag, ValueError) as error:
            raise NotAsStored(f"recording {recording}: piece {number} is not as it was stored") from error
    if next(numbers, None) is not None:
        raise NotAsStored(f"recording {recording}: the storage has less than was put there")


def _cut(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of any size as pieces with their tags."""
    left = bytearray()
    for part in parts:
        left += part
        while len(left) >= PIECE + TAG:
            yield bytes(left[: PIECE + TAG])
            del left[: PIECE + TAG]
    if left:
        yield bytes(left)


def _owner(recording: int) -> bytes:
    return HEADER + str(recording).encode("ascii")


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">3xQ?", number, last)
