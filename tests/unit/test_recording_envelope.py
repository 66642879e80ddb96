"""Stored recordings: any range is read as it was, and nothing that was changed, cut, swapped or moved is ever given."""

import hashlib
import io
import secrets

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ccore.recording import envelope, reading
from ccore.recording.envelope import HEADER, PIECE, TAG, NotAsStored
from ccore.recording.storage import Storage

KEY = bytes(range(32))
SIZES = st.one_of(
    st.integers(1, 300), st.sampled_from([PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 17, 3 * PIECE])
)
CONTENT = secrets.token_bytes(3 * PIECE)


def sealed(size: int, key: bytes = KEY, recording: int = 7) -> bytes:
    return b"".join(envelope.seal(key, recording, io.BytesIO(CONTENT[:size])))


class Memory:
    """One object, read in parts of any size."""

    kind = "memory"

    def __init__(self, content: bytes, part: int = 1000) -> None:
        self._content, self._part = content, part

    def put(self, name: str, content: io.BufferedIOBase, size: int) -> None:
        raise NotImplementedError

    def read(self, name: str, start: int = 0, length: int | None = None) -> "list[bytes]":
        what = self._content[start:] if length is None else self._content[start : start + length]
        return [what[at : at + self._part] for at in range(0, len(what), self._part)]

    def delete(self, name: str) -> None:
        raise NotImplementedError


def read(content: bytes, size: int, start: int, stop: int, part: int = 1000) -> bytes:
    storage: Storage = Memory(content, part)  # type: ignore[assignment]
    return b"".join(reading.content(storage, "it", 7, KEY, size, start, stop))


@given(SIZES, st.data(), st.sampled_from([1000, 65536, 65553, 10**6]))
def test_every_range_is_what_was_stored(size: int, data: st.DataObject, part: int) -> None:
    start = data.draw(st.integers(0, size - 1))
    stop = data.draw(st.integers(start + 1, size))
    stored = sealed(size)
    assert len(stored) == envelope.sealed_size(size)
    assert read(stored, size, start, stop, part) == CONTENT[start:stop]


def test_a_range_reads_no_more_than_it_needs() -> None:
    asked = envelope.span(3 * PIECE, PIECE, PIECE + 1)
    assert (asked.start, asked.length, asked.skip) == (len(HEADER) + PIECE + TAG, PIECE + TAG, 0)


@given(SIZES, st.data())
@example(size=300, data=None)
def test_a_flipped_bit_is_refused_wherever_it_is(size: int, data: st.DataObject | None) -> None:
    stored = bytearray(sealed(size))
    bit = len(HEADER) * 8 if data is None else data.draw(st.integers(len(HEADER) * 8, len(stored) * 8 - 1))
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotAsStored):
        read(bytes(stored), size, 0, size)


def test_a_changed_header_is_seen_by_the_hash_of_the_object() -> None:
    stored = sealed(300)
    broken = b"X" + stored[1:]

    digests = hashlib.sha256(CONTENT[:300]).hexdigest(), hashlib.sha256(stored).hexdigest()
    whole: Storage = Memory(stored)  # type: ignore[assignment]
    spoilt: Storage = Memory(broken)  # type: ignore[assignment]
    assert reading.fault(whole, "it", 7, KEY, 300, *digests) == ""
    assert "another one" in reading.fault(spoilt, "it", 7, KEY, 300, *digests)


@pytest.mark.parametrize("cut", [1, TAG, PIECE + TAG, PIECE + 2 * TAG + 17])
def test_a_truncated_object_is_refused(cut: int) -> None:
    size = 2 * PIECE + 17
    with pytest.raises(NotAsStored):
        read(sealed(size)[:-cut], size, 0, size)
    with pytest.raises(NotAsStored, match="piece"):
        read(sealed(size)[: -(17 + TAG)], 2 * PIECE, 0, 2 * PIECE)  # even if the database were cut alike


def test_pieces_in_another_order_and_pieces_too_many_are_refused() -> None:
    size = 3 * PIECE
    stored = sealed(size)
    head, pieces = stored[: len(HEADER)], [stored[len(HEADER) + n * (PIECE + TAG) :][: PIECE + TAG] for n in range(3)]
    for order in ((1, 0, 2), (0, 0, 2), (0, 2, 1)):
        with pytest.raises(NotAsStored):
            read(head + b"".join(pieces[n] for n in order), size, 0, size)
    with pytest.raises(NotAsStored, match="more"):
        b"".join(envelope.unseal(KEY, 7, size, envelope.whole(size), [*pieces, pieces[2]]))
    with pytest.raises(NotAsStored, match="less"):
        b"".join(envelope.unseal(KEY, 7, size, envelope.whole(size), pieces[:2]))


def test_another_recordings_object_and_another_key_are_refused() -> None:
    with pytest.raises(NotAsStored):
        read(sealed(300, recording=8), 300, 0, 300)
    with pytest.raises(NotAsStored):
        read(sealed(300, key=bytes(32)), 300, 0, 300)


def test_a_key_opens_with_its_own_master_and_recording_only() -> None:
    master = secrets.token_bytes(32)
    key = envelope.new_key()
    wrapped = envelope.wrap(master, 7, key)
    assert envelope.unwrap(master, 7, wrapped) == key
    assert envelope.wrap(master, 7, key) != wrapped, "a nonce is used once"
    for spoilt in (wrapped[:-1], bytes([wrapped[0] ^ 1]) + wrapped[1:], b""):
        with pytest.raises(NotAsStored):
            envelope.unwrap(master, 7, spoilt)
    for other, number in ((secrets.token_bytes(32), 7), (master, 8)):
        with pytest.raises(NotAsStored):
            envelope.unwrap(other, number, wrapped)
