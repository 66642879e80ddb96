"""Tells which sound files a caller was played, by the bytes of the A-law that arrived."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import alaw
from tests.support.dtmf import FRAME

UNKNOWN = "?"  # the name of a sound that is none of the files
_SILENT = b"\xd5\x55"
_SOUND = re.compile(rb"[^\xd5\x55]")
_KEY = 32  # bytes by which a sound is looked up
_LEAST = 2 * FRAME  # of a sound that was cut, for it to be told from others
_BYTES_PER_S = 8000


@dataclass(frozen=True, slots=True)
class Heard:
    """One sound: its name, when its first packet came (s, monotonic), how much of it, and whether that was all.

    Where a cut leaves several possible names, they are joined by "|".
    """

    name: str
    at: float
    seconds: float
    whole: bool


class Sounds:
    """Sound files, and an index to find them by how they begin: the silence they begin and end with is no mark.

    A file of nothing but silence is never heard.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        names: dict[bytes, list[str]] = {}
        self._leads: dict[str, int] = {}
        for name, sound in sorted(files.items()):
            body = sound.lstrip(_SILENT)
            names.setdefault(body.rstrip(_SILENT), []).append(name)
            self._leads[name] = len(sound) - len(body)
        names.pop(b"", None)
        self._index: dict[bytes, list[tuple[str, bytes]]] = {}
        for body, same in names.items():
            assert len(body) >= _LEAST, f"too short to be told: {same}"
            self._index.setdefault(body[:_KEY], []).append(("|".join(same), body))

    def lead(self, name: str) -> int:
        """How many bytes of silence a sound begins with."""
        return self._leads.get(name, 0)

    def at(self, stream: bytearray, start: int) -> tuple[str, int, int] | None:
        """The sound that begins at ``start``: its name, how many bytes of it are there, and how many are missing."""
        found = [
            (count, count == len(body), len(body) - count, name)
            for name, body in self._index.get(bytes(stream[start : start + _KEY]), ())
            if (count := _common(stream, start, body)) >= min(_LEAST, len(body))
        ]
        if not found:
            return None
        count, complete, *_ = max(found)
        missing = min(each[2] for each in found if each[:2] == (count, complete))
        return "|".join(each[3] for each in found if each[:2] == (count, complete)), count, missing


def sounds_in(directory: Path) -> dict[str, bytes]:
    """Every .alaw file under ``directory`` (and .wav, where there is no .alaw), by its path without the suffix."""
    paths = [*sorted(directory.rglob("*.wav")), *sorted(directory.rglob("*.alaw"))]
    return {str(path.relative_to(directory).with_suffix("")): alaw.sound(path) for path in paths}


class Hearing:
    """What came to one telephone: ``take`` packets, ask for ``heard`` at any time."""

    def __init__(self, sounds: Sounds) -> None:
        self._sounds = sounds
        self._stream = bytearray()
        self._starts: list[int] = []
        self._times: list[float] = []
        self._settled: list[Heard] = []
        self._next = 0  # up to here the stream is settled

    def take(self, payload: bytes, at: float) -> None:
        """One packet of A-law, in order."""
        self._starts.append(len(self._stream))
        self._times.append(at)
        self._stream += payload

    def heard(self) -> list[Heard]:
        """All sounds so far, in order; the last may still be going on (not ``whole``)."""
        found = list(self._sounds_from(self._next))
        for heard, end in found[:-1]:  # settled: something else came after it
            self._settled.append(heard)
            self._next = end
        return [*self._settled, *(heard for heard, _ in found[-1:])]

    def _sounds_from(self, start: int) -> Iterator[tuple[Heard, int]]:
        """Sounds and where each ends."""
        position = unknown = start
        while position < len(self._stream):
            found = self._sounds.at(self._stream, position)
            if found is None:
                position = self._after_silence(position + 1)
                continue
            name, count, missing = found
            yield from self._strange(unknown, position)
            begin = max(unknown, position - self._sounds.lead(name.partition("|")[0]))
            position += count
            if missing:  # by chance the next sound may have begun as the cut one would have gone on
                position = self._back(position, count)
            # Asterisk may keep what is left of a file when packets have been filled with it.
            yield Heard(name, self._time(begin), count / _BYTES_PER_S, missing < FRAME), position
            unknown = position
        yield from self._strange(unknown, len(self._stream))

    def _after_silence(self, start: int) -> int:
        sound = _SOUND.search(self._stream, start)
        return sound.start() if sound else len(self._stream)

    def _back(self, cut: int, count: int) -> int:
        near = range(cut - min(_KEY, count - 1), cut)
        return next((start for start in near if self._sounds.at(self._stream, start)), cut)

    def _strange(self, start: int, end: int) -> Iterator[tuple[Heard, int]]:
        """A sound that is no file of ours, if there is one; what is too short to be told is none."""
        rest = self._stream[start:end]
        sound = rest.strip(_SILENT)
        if len(sound) >= _LEAST:
            begin = start + len(rest) - len(rest.lstrip(_SILENT))
            yield Heard(UNKNOWN, self._time(begin), len(sound) / _BYTES_PER_S, False), end

    def _time(self, offset: int) -> float:
        return self._times[bisect_right(self._starts, offset) - 1]


def names(heard: Iterable[Heard]) -> list[str]:
    """What was heard, by name only."""
    return [each.name for each in heard]


def _common(stream: bytearray, start: int, body: bytes) -> int:
    """How many bytes of ``body`` there are at ``start``."""
    here = min(len(body), len(stream) - start)
    if stream[start : start + here] == body[:here]:  # nearly always, and much faster
        return here
    return next(offset for offset in range(here) if stream[start + offset] != body[offset])
