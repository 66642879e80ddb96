"""How fast finished recordings are stored: ccore's finaliser, beside what one would write with the standard library.

**Load.** Calls of five minutes: the shipped prompts on both sides, with pauses of speech between them, as raw files of
8 kHz. All of what the finaliser does is measured: check, stereo, encode, hash, encrypt, write, sync, read back, decrypt
and compare. Rounds of all sides alternate in this process; CPU time is what counts, for a call must not notice.

**Baseline.** ``array`` makes both sides stereo and ``gzip`` packs the WAV file, with a SHA-256: no encryption, and
nothing is read back.
"""

import gzip
import hashlib
import itertools
import random
import statistics
import tempfile
import time
import wave
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ccore.prompts.chain import linear
from ccore.recording import envelope
from ccore.recording.finalise import Job, Stored
from ccore.recording.finalising import store
from ccore.recording.storage import LocalStorage
from ccore.shipped import shipped
from tests.bench import Figure

RATE = 8000
CALL_S = 300
ROUNDS = 3
GOAL_TIMES = 100.0  # of real time on one core: some 100 calls at once are stored as they are made
STILL = (b"\0\0", b"\x08\0", b"\xf8\xff")  # samples of a line on which nobody speaks
_SEED = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing it: CPU seconds and bytes of each call."""

    name: str
    do: Callable[[Path, Path, Path], int]
    cpu_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def times(self) -> float:
        """Seconds of a call in a second of CPU."""
        return CALL_S / statistics.median(self.cpu_s)

    @property
    def kbit_s(self) -> float:
        """What is stored of a second of a call."""
        return statistics.median(self.sizes) * 8 / CALL_S / 1000


def run() -> list[Figure]:
    """All sides in turn."""
    sides = [Side("flac", _finalised("flac")), Side("opus", _finalised("opus")), Side("gzip", _packed)]
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as name:
        directory = Path(name)
        for number in range(ROUNDS):
            rx, tx = (directory / f"{number}-{way}.sln" for way in ("rx", "tx"))
            for path, seed in ((rx, number), (tx, number + ROUNDS)):
                path.write_bytes(_speech(random.Random(_SEED + seed)))
            for side in sides:
                began = time.process_time()
                side.sizes.append(side.do(rx, tx, directory))
                side.cpu_s.append(time.process_time() - began)
    return list(_figures(*sides))


def _speech(chance: random.Random) -> bytes:
    """Prompts one after the other, with pauses, as long as a call."""
    clips = sorted(shipped("dialplan").glob("sounds/**/*.alaw"))
    sound = bytearray()
    while len(sound) < CALL_S * RATE * 2:
        sound += linear(chance.choice(clips).read_bytes()).tobytes()
        sound += b"".join(chance.choices(STILL, k=chance.randrange(4000, 24000)))
    return bytes(sound[: CALL_S * RATE * 2])


def _finalised(encoding: str) -> Callable[[Path, Path, Path], int]:
    numbers = itertools.count(1)

    def do(rx: Path, tx: Path, directory: Path) -> int:
        name = f"{encoding}-{next(numbers)}.ccr"
        size, key = rx.stat().st_size, envelope.new_key().hex()
        job = Job(1, str(rx), str(tx), "sln", size, size, CALL_S * 1000, False, encoding, "local", name, key)
        stored = store(job, {"local": LocalStorage(directory)}, directory)
        assert isinstance(stored, Stored), stored
        assert stored.milliseconds == CALL_S * 1000
        return stored.stored_bytes

    return do


def _packed(rx: Path, tx: Path, directory: Path) -> int:
    path = directory / "packed.wav.gz"
    left, right = (array("h", each.read_bytes()) for each in (rx, tx))
    both = array("h", bytes(rx.stat().st_size + tx.stat().st_size))
    both[0::2], both[1::2] = left, right
    with gzip.open(path, "wb") as packed, wave.open(packed, "wb") as out:  # type: ignore[call-overload]
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(both.tobytes())
    hashlib.sha256(path.read_bytes())
    return path.stat().st_size


def _figures(flac: Side, opus: Side, plain: Side) -> Iterator[Figure]:
    goal = f"at least {GOAL_TIMES:.0f}, and more than the baseline"
    met = flac.times >= GOAL_TIMES and flac.times > plain.times
    yield Figure("recordings, seconds of call per second of CPU", flac.times, "x", plain.times, goal, met)
    yield Figure("recordings, stored", flac.kbit_s, "kbit/s", plain.kbit_s, "less than the baseline",
                 flac.kbit_s < plain.kbit_s)  # fmt: skip
    yield Figure("recordings as Opus, seconds of call per second of CPU", opus.times, "x", flac.times,
                 "reported only, beside FLAC", None)  # fmt: skip
    yield Figure("recordings as Opus, stored", opus.kbit_s, "kbit/s", flac.kbit_s, "reported only, beside FLAC", None)
