"""espeak-ng: a machine that is hard to understand in Mandarin; better than nothing, for a test or a night."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import structlog

from ccore.prompts.chain import Samples, read_wav
from ccore.prompts.engines import EngineMissing, NotSpoken, Phrase

log = structlog.get_logger()
_WORDS_PER_MINUTE = 165
# Debian 12's espeak-ng reads characters with English letters; this voice takes pinyin.
_VOICES = {"zh": "cmn-latn-pinyin", "en": "en-us"}


class Espeak:
    """espeak-ng as a program."""

    def __init__(self) -> None:
        found = shutil.which("espeak-ng")
        if found is None:
            raise EngineMissing("espeak-ng is not installed: apt-get install espeak-ng")
        self._program = found
        log.warning("speech_is_poor", engine="espeak", why="half of what it says in Mandarin is not understood")

    def identity(self, phrase: Phrase) -> str:
        """Its name and voice."""
        return f"espeak {_VOICES[phrase.language]} {phrase.speed}"

    def say(self, phrase: Phrase) -> tuple[Samples, int]:
        """Speak. Raises NotSpoken."""
        text = _pinyin(phrase) if phrase.language == "zh" else phrase.text
        with tempfile.TemporaryDirectory(prefix="ccore-speech-") as directory:
            out = Path(directory) / "out.wav"
            speed = str(round(_WORDS_PER_MINUTE * phrase.speed))
            words = [self._program, "-v", _VOICES[phrase.language], "-s", speed, "-w", str(out), "--", text]
            try:
                subprocess.run(words, check=True, capture_output=True, timeout=60)  # noqa: S603
                return read_wav(out.read_bytes())
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                raise NotSpoken(f"{phrase.text!r}: {error}") from error


def _pinyin(phrase: Phrase) -> str:
    try:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - of the extra, which only those who speak need
    except ImportError as error:
        raise EngineMissing("Mandarin needs the extra: pip install 'ccore[tts]'") from error
    text = phrase.text
    for word, syllables in phrase.pinyin.items():
        text = text.replace(word, f" {syllables} ")
    return " ".join(lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True))
