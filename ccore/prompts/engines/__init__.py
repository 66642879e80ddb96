"""What turns sentences into speech: one file each, chosen in the configuration; none is needed to play prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ccore.errors import CcoreError
from ccore.prompts.catalogue import Language
from ccore.prompts.chain import Samples

NO_ENGINE = 3  # exit code of the process that speaks: trying again does not help


@dataclass(frozen=True, slots=True)
class Phrase:
    """What to say: ``text`` has figures as words and letters as capitals.

    ``pinyin`` says words of it that are read wrongly otherwise.
    """

    language: Language
    text: str
    voice: str
    speed: float
    pinyin: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """A way to make speech."""

    def identity(self, phrase: Phrase) -> str:
        """Stands for all of the engine that makes this phrase sound as it does; with another the sound is another."""
        ...

    def say(self, phrase: Phrase) -> tuple[Samples, int]:
        """The phrase as samples, and their rate. Raises NotSpoken."""
        ...


class EngineMissing(CcoreError):
    """The engine that speaks is not installed here; the message says how to install it."""


class NotSpoken(CcoreError):
    """A text could not be spoken; the message says which and why."""
