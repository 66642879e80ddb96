"""The recording of a real Asterisk 22's AMI session that parsing is tested and measured with."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_WHOLE = _ROOT.parent / "shared" / "data" / "ami-recording.bin"
_EXCERPT = Path(__file__).parent / "data" / "ami-excerpt.bin"


def recording() -> bytes:
    """The whole recording where it lies beside the checkout, as it must in CI; elsewhere the excerpt of its start."""
    if _WHOLE.exists() or os.environ.get("CI") == "true":
        return _WHOLE.read_bytes()
    return _EXCERPT.read_bytes()


def excerpt() -> bytes:
    """The first complete messages of the recording, under 150 KB, Chinese names among them."""
    return _EXCERPT.read_bytes()
