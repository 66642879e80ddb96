"""Finds the sound files of what is to be heard, as Asterisk's Playback and Read take them."""

import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import structlog

from ccore.ivr.model import Part, Prompt, Sound, Value
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import spoken

log = structlog.get_logger()

Speak = Callable[[str, str], Awaitable[Path | None]]  # language, text: the file that says it, None if nothing can

OWN = "ccore/"  # where the prompts are, in every language's folder
_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")  # of a prompt: one may come out of a look-up's answer
_FILE = re.compile(r"/?[A-Za-z0-9_-][A-Za-z0-9+._-]*(/[A-Za-z0-9_-][A-Za-z0-9+._-]*)*")  # +: a recording's caller


async def dumb(_language: str, _text: str) -> None:
    """Speak nothing: there is no speech engine."""


async def files(parts: Iterable[Part], language: str, speak: Speak) -> tuple[str, ...]:
    """The files that together say ``parts``. What cannot be said is left out, and logged."""
    found: list[str] = []
    for part in parts:
        try:
            found += await _said(part, language, speak)
        except ValueError as error:
            log.error("menu_part_left_out", language=language, part=type(part).__name__, reason=str(error))
    return tuple(found)


async def _said(part: Part, language: str, speak: Speak) -> tuple[str, ...]:
    match part:
        case Sound(file=file) | Value(kind=Kind.SOUND, text=file):
            return (_checked(file),)
        case Prompt(name=name) | Value(kind=Kind.PROMPT, text=name):
            return (_prompt(name),)
        case Value(kind=Kind.WORDS, text=text):
            said = await speak(language, text)
            return () if said is None else (_checked(str(said)),)
        case Value(kind=kind, text=text):
            return tuple(_prompt(name) for name in spoken(language, kind, text))


def _prompt(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("no name of a prompt")  # never the name itself: it may be a caller's
    return OWN + name


def _checked(file: str) -> str:
    if not _FILE.fullmatch(file):
        raise ValueError("no name of a sound file")
    return file
