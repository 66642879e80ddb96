"""A process that stores recordings, one after the other, so that no call waits for it: see ``ccore.recording.worker``.

It is told how to reach the storages in a first line of JSON, and then a job (``finalise.Job``) in a line each; it
answers each with a line. It ends with its standard input.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from ccore.archive import Recording
from ccore.recording import encoding, envelope
from ccore.recording.finalise import SAMPLES_PER_S, Broken, Failed, Job, Outcome, Stored, why_not_whole
from ccore.recording.reading import fault
from ccore.recording.storage import PART, Storage, StorageFailed, storages

NICE = 10  # below Asterisk and ccore


def main() -> None:
    """Serve standard input."""
    os.nice(NICE)
    told = json.loads(sys.stdin.readline())
    root = Path(told["root"])
    root.mkdir(parents=True, exist_ok=True)
    try:
        there = storages(Recording.model_validate(told["settings"]), root, told["access_key"], told["secret_key"])
    except StorageFailed as error:
        sys.exit(str(error))
    _say({"ready": True})
    for line in sys.stdin:
        outcome = store(Job(**json.loads(line)), there, root)
        _say({"outcome": type(outcome).__name__, **asdict(outcome)})


def store(job: Job, there: Mapping[str, Storage], scratch: Path) -> Outcome:
    """Check, encode, encrypt and put it into the storage, and read it back from there. The raw files stay."""
    try:
        if why := why_not_whole(job, _size(job.rx), _size(job.tx)):
            return Broken(why)
        # Without names: whatever ends this process, no decrypted sound stays behind.
        with tempfile.TemporaryFile(dir=scratch) as plain, tempfile.TemporaryFile(dir=scratch) as sealed:
            frames = _encoded(job, plain)
            size, digest = plain.seek(0, os.SEEK_END), _digest(plain)
            stored_size, stored_digest = _sealed(job, plain, sealed)
            there[job.storage].put(job.object, sealed, stored_size)
        if why := fault(
            there[job.storage], job.object, job.recording, bytes.fromhex(job.key), size, digest, stored_digest
        ):
            return Failed(why)
        return Stored(frames * 1000 // SAMPLES_PER_S[job.format], digest, size, stored_digest, stored_size)
    except KeyError:
        return Failed(f"the storage {job.storage} is not configured")
    except (OSError, StorageFailed, RuntimeError) as error:  # RuntimeError: libsndfile's
        return Failed(str(error))


def _encoded(job: Job, out: BinaryIO) -> int:
    with ExitStack() as opened:
        left, right = (
            opened.enter_context(Path(name).open("rb")) if _size(name) else None for name in (job.rx, job.tx)
        )
        return encoding.encode(left, right, SAMPLES_PER_S[job.format], job.encoding, out, job.silences)


def _sealed(job: Job, plain: BinaryIO, out: BinaryIO) -> tuple[int, str]:
    digest = hashlib.sha256()
    plain.seek(0)
    for part in envelope.seal(bytes.fromhex(job.key), job.recording, plain):
        digest.update(part)
        out.write(part)
    size = out.tell()
    out.seek(0)
    return size, digest.hexdigest()


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while part := file.read(PART):
        digest.update(part)
    return digest.hexdigest()


def _say(words: Mapping[str, object]) -> None:
    try:
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # ccore was killed: the next one begins this recording anew
        os._exit(1)


def _size(name: str) -> int | None:
    try:
        return Path(name).stat().st_size
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    main()
