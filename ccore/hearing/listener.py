"""The process that listens for ``Ears``: Whisper writes down what was said, and the menu's words are found in it."""

import base64
import json
import os
import queue
import sys
import threading
from typing import Any

from ccore.hearing.matching import meant
from ccore.hearing.sounding import sounds
from ccore.prompts.listening import Whisper
from ccore.shipped import kept

_NICENESS = 5  # calls go first


def main() -> None:
    """Listen until the other side is gone; then end at once, whatever is being done."""
    os.nice(_NICENESS)
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(asked,), daemon=True).start()
    whisper = Whisper(kept())
    whisper.warm_up()
    _say({"ready": True})
    while True:
        told = json.loads(asked.get())
        _say({"id": told["id"], "key": _understood(whisper, told)})


def _read(asked: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)  # ccore has ended, however it did


def _understood(whisper: Whisper, told: dict[str, Any]) -> str:
    language, words = told["language"], told["words"]
    comma, stop = ("，", "。") if language == "zh" else (", ", ".")
    expected = comma.join(word for said in words.values() for word in said) + stop  # a sentence: it is not gone on with
    heard = whisper.understood_soon(language, base64.b64decode(told["sound"]), expected)
    return meant(sounds(language, heard), {
        key: [sounds(language, word) for word in said] for key, said in words.items()
    }).key  # fmt: skip


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
