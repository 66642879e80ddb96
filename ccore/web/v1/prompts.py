"""Prompts over HTTP: what callers hear, to be read and played by whoever looks after the hotlines."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.errors import FaultsFound
from ccore.people.model import Role
from ccore.prompts import chain
from ccore.prompts.catalogue import LANGUAGES, Language, Prompt, load_catalogue
from ccore.prompts.sounds import Manifest, load_manifest, says_its_text, sound_file
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told


class PromptsWanted(Said):
    """Which: those with ``find`` in their name or their words, the first ``size`` whose name comes after ``after``."""

    find: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[str, Field(max_length=60)] = ""
    size: Annotated[int, Field(ge=1, le=200)] = 100


class PromptInLanguage(Told):
    """What is said in a language. ``sound``: it was ``built``; the words were ``changed`` after that; a ``tone`` is
    heard instead; or ``none``. ``milliseconds`` is null where nothing was built."""

    language: Language
    text: str
    sound: Literal["built", "changed", "tone", "none"]
    milliseconds: int | None


class PromptShown(Told):
    """One prompt in every language."""

    prompt: str
    note: str
    said: list[PromptInLanguage]


class Prompts(Told):
    """By name; ``after`` gives the next page, and is null on the last."""

    prompts: list[PromptShown]
    after: str | None


def operations(directory: Path) -> list[Operation[Any, Any]]:
    """For operators; ``directory`` is theirs, as it runs."""

    async def listed(asked: Asked[None, PromptsWanted]) -> Prompts:
        try:
            return await asyncio.to_thread(lambda: _page(directory, asked.query))
        except FaultsFound as error:
            raise web.HTTPConflict(text=f"the prompts cannot be read: {'; '.join(str(error).splitlines())}") from error

    async def audio(asked: Asked[None, None]) -> web.StreamResponse:
        content = await asyncio.to_thread(_wav, directory, asked.path["language"], asked.path["prompt"])
        if content is None:
            raise web.HTTPNotFound(text="there is no such sound")
        return web.Response(body=content, content_type="audio/wav")

    may, one = frozenset({Role.OPERATOR}), "/prompts/{prompt:[a-z0-9][a-z0-9-]{0,60}}/{language}/audio"
    return [
        Operation("GET", "/prompts", "What callers hear", may, listed, query=PromptsWanted, answer=Prompts),
        Operation("GET", one, "How one sounds", may, audio, media=("audio/wav",)),
    ]


def _page(directory: Path, want: PromptsWanted) -> Prompts:
    manifest = load_manifest(directory)
    found = sorted(
        (name, prompt) for name, prompt in load_catalogue(directory).items()
        if name > want.after and _has(name, prompt, want.find.lower())
    )  # fmt: skip
    page = [
        PromptShown(prompt=name, note=prompt.note, said=list(_said(directory, manifest, name, prompt)))
        for name, prompt in found[: want.size]
    ]
    return Prompts(prompts=page, after=page[-1].prompt if len(found) > want.size else None)


def _has(name: str, prompt: Prompt, find: str) -> bool:
    return any(find in text.lower() for text in (name, prompt.zh, prompt.en))


def _said(directory: Path, manifest: Manifest, name: str, prompt: Prompt) -> Iterator[PromptInLanguage]:
    for language in LANGUAGES:
        built = manifest.built(language, name)
        yield PromptInLanguage(
            language=language,
            text=prompt.sentence(language),
            sound=_sound(directory, manifest, language, name, prompt),
            milliseconds=built and built.ms,
        )


def _sound(
    directory: Path, manifest: Manifest, language: Language, name: str, prompt: Prompt
) -> Literal["built", "changed", "tone", "none"]:
    if says_its_text(directory, manifest, language, name, prompt):
        return "built"
    if prompt.tone is not None:
        return "tone"
    return "changed" if sound_file(directory, language, name).is_file() else "none"


def _wav(directory: Path, language: str, name: str) -> bytes | None:
    """The sound as a WAV file; None if there is none. The address lets only letters, digits and - through."""
    for known in LANGUAGES:
        if known == language:
            path = sound_file(directory, known, name)
            return chain.wav(chain.linear(path.read_bytes()), chain.NARROW_HZ) if path.is_file() else None
    return None
