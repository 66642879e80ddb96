"""The engine that the configuration names."""

from ccore.config import Config
from ccore.prompts.engines import Engine
from ccore.prompts.engines.espeak import Espeak
from ccore.prompts.engines.kokoro import Kokoro
from ccore.prompts.engines.outside import Command, Service
from ccore.shipped import kept


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
