"""Engines of the site's own: a program, or a service asked by HTTP."""

import json
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from ccore.prompts.chain import Samples, read_wav
from ccore.prompts.engines import NotSpoken, Phrase

LONGEST_ANSWER = 50_000_000  # bytes: five minutes at 48 kHz in stereo


class Command:
    """A program that writes a WAV file."""

    def __init__(self, words: Sequence[str], timeout_s: float) -> None:
        self._words = words
        self._timeout_s = timeout_s

    def identity(self, phrase: Phrase) -> str:
        """Its words: a program that changes under the same words is not noticed."""
        return json.dumps(["command", *self._words, phrase.voice, phrase.speed])

    def say(self, phrase: Phrase) -> tuple[Samples, int]:
        """Run it. Raises NotSpoken."""
        with tempfile.TemporaryDirectory(prefix="ccore-speech-") as directory:
            out = Path(directory) / "out.wav"
            # Replaced word by word, and never seen by a shell: a text is a text, whatever stands in it.
            told = {"{text}": phrase.text, "{out}": str(out), "{language}": phrase.language, "{voice}": phrase.voice}
            words = [_filled(word, told) for word in self._words]
            try:
                subprocess.run(words, check=True, timeout=self._timeout_s, stdin=subprocess.DEVNULL)  # noqa: S603
                return read_wav(out.read_bytes())
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                raise NotSpoken(f"{phrase.text!r}: {error}") from error


class Service:
    """A service that answers a WAV file."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s

    def identity(self, phrase: Phrase) -> str:
        """Its address: a service that changes under the same address is not noticed."""
        return json.dumps(["http", self._url, phrase.voice, phrase.speed])

    def say(self, phrase: Phrase) -> tuple[Samples, int]:
        """Ask it. Raises NotSpoken."""
        asked = {"text": phrase.text, "language": phrase.language, "voice": phrase.voice, "speed": phrase.speed}
        request = urllib.request.Request(  # noqa: S310 - http and https only, the configuration sees to it
            self._url, json.dumps(asked).encode(), {"Content-Type": "application/json", "Accept": "audio/wav"}
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                return read_wav(answer.read(LONGEST_ANSWER))
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise NotSpoken(f"{phrase.text!r}: {self._url} {error}") from error


def _filled(word: str, told: dict[str, str]) -> str:
    for mark, value in told.items():
        if mark in word:
            before, _, after = word.partition(mark)
            return before + value + _filled(after, told)
    return word
