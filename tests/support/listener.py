"""Processes that listen in place of Whisper, which is not installed for tests, and the ears they belong to."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ccore.hearing.ears import Ears
from ccore.speech import Speech
from tests.support.waiting import until

PATIENCE_S = 30.0  # for a process that starts, or answers, on a busy machine

# Answers with what was said: a key, or what is to happen.
LISTENER = """
import base64, json, os, sys, time
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    told = json.loads(line)
    said = base64.b64decode(told["sound"]).decode()
    if said == "die": os._exit(3)
    while said == "hang": time.sleep(0.05)
    if said == "nonsense": print("what?", flush=True)
    if said == "number": print("5", flush=True)
    if said == "somebody": print(json.dumps({"id": 99, "key": "1"}), flush=True)
    if said == "slow": time.sleep(1)
    print(json.dumps({"id": told["id"], "key": said}), flush=True)
"""


def settings(directory: Path, **changes: object) -> Speech:
    """Speech is on, and the script in ``directory`` listens."""
    (directory / "listener.py").write_text(LISTENER, encoding="utf-8")
    return Speech.model_validate(
        {"enabled": True, "command": (sys.executable, str(directory / "listener.py")), **changes}
    )


@asynccontextmanager
async def listening(told: Speech, **options: float) -> AsyncIterator[Ears]:
    """Ears of which one listens already."""
    ears = Ears(told, **{"again_after_s": 0.05, "hung_s": PATIENCE_S, **options})
    life = asyncio.create_task(ears.run())
    try:
        await until(lambda: ears.free, PATIENCE_S)
        yield ears
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
