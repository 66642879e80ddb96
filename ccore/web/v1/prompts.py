"""Prompts over HTTP: what callers hear, with one's own draft; read, played, and spoken where there is no sound yet."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import FaultsFound
from ccore.people.model import Role
from ccore.prompts import chain
from ccore.prompts.catalogue import LANGUAGES, Language, Prompt
from ccore.prompts.engines.chosen import Lacks, lacks
from ccore.versions.building import Building, Builds, NothingToBuild, TooManySounds, newest
from ccore.versions.drafts import Draft, Drafts
from ccore.versions.sounds import Sounds, State, audio, sounds_of
from ccore.web.bodies import Said
from ccore.web.live.site import MOST_BUILDS, build_told
from ccore.web.live.topics import LiveBuild
from ccore.web.v1.operations import Asked, Operation, Told

NAME = "[a-z0-9][a-z0-9-]{0,60}"
PromptName = Annotated[str, Field(pattern=f"^{NAME}$")]


class PromptsWanted(Said):
    """Which: those with ``find`` in their name or their words, the first ``size`` whose name comes after ``after``.

    ``only`` those of which a sound is ``missing`` in a language, or does not say the words.
    """

    find: Annotated[str, Field(max_length=100)] = ""
    only: Literal["any", "missing"] = "any"
    after: Annotated[str, Field(max_length=60)] = ""
    size: Annotated[int, Field(ge=1, le=200)] = 100


class PromptInLanguage(Told):
    """What is said in a language. ``sound``: it was ``built``; it is ``ready`` in your draft and not published yet; the
    words were ``changed`` after that; a ``tone`` is heard instead; or ``none``. ``milliseconds`` is null where nothing
    was built."""

    language: Language
    text: str
    sound: State
    milliseconds: int | None


class PromptShown(Told):
    """One prompt in every language."""

    prompt: str
    note: str
    said: list[PromptInLanguage]


class SpeechEngine(Told):
    """What speaks: its ``name`` in the configuration. ``lacks`` the extra ``tts``, Kokoro's files in ``models``, the
    program ``espeak``, or the program that is the ``command``; "": it can speak, as far as that can be seen."""

    name: Literal["kokoro", "espeak", "command", "http"]
    lacks: Lacks


class Prompts(Told):
    """By name; ``after`` gives the next page, and is null on the last. Sounds: so many are ``missing`` in all, so many
    ``ready`` in your draft."""

    prompts: list[PromptShown]
    after: str | None
    missing: int
    ready: int
    engine: SpeechEngine


class BuildWanted(Said):
    """Of which prompts the sounds that are missing are to be built; none named: of all."""

    prompts: Annotated[tuple[PromptName, ...], Field(max_length=200)] = ()


class BuildBegun(Told):
    """Its number: how it goes is at /prompts/builds, and live in ``prompt-builds``."""

    build: int


class BuildsShown(Told):
    """The newest first."""

    builds: list[LiveBuild]


class _Prompts:
    def __init__(self, database: Database, config: Config, drafts: Drafts) -> None:
        self._database, self._config, self._drafts = database, config, drafts
        self._builds = Builds(database, drafts, config)

    async def listed(self, asked: Asked[None, PromptsWanted]) -> Prompts:
        draft = await self._drafts.of(asked.person.login)
        try:
            return await asyncio.to_thread(lambda: _page(sounds_of(draft), asked.query, self._config))
        except FaultsFound as error:
            raise _unread(error) from error

    async def audio(self, asked: Asked[None, None]) -> web.StreamResponse:
        draft = await self._drafts.of(asked.person.login)
        content = await asyncio.to_thread(_wav, draft, asked.path["language"], asked.path["prompt"])
        if content is None:
            raise web.HTTPNotFound(text="there is no such sound")
        return web.Response(body=content, content_type="audio/wav")

    async def builds(self, asked: Asked[None, None]) -> BuildsShown:
        return BuildsShown(builds=[build_told(row) for row in await newest(self._database, MOST_BUILDS)])

    async def build(self, asked: Asked[BuildWanted, None]) -> BuildBegun:
        try:
            return BuildBegun(build=await self._builds.begin(asked.person.login, asked.body.prompts))
        except FaultsFound as error:
            raise _unread(error) from error
        except (Building, NothingToBuild, TooManySounds) as error:
            raise web.HTTPConflict(text=str(error)) from error


def operations(database: Database, config: Config, drafts: Drafts) -> list[Operation[Any, Any]]:
    """For operators, who publish what is built."""
    on, may = _Prompts(database, config, drafts), frozenset({Role.OPERATOR})
    one = f"/prompts/{{prompt:{NAME}}}/{{language}}/audio"
    return [
        Operation("GET", "/prompts", "What callers hear", may, on.listed, query=PromptsWanted, answer=Prompts),
        Operation("GET", one, "How one sounds", may, on.audio, media=("audio/wav",)),
        Operation("GET", "/prompts/builds", "How building went", may, on.builds, answer=BuildsShown),
        Operation("POST", "/prompts/builds", "Have missing sounds spoken", may, on.build, body=BuildWanted,
                  answer=BuildBegun, status=202),
    ]  # fmt: skip


def _page(sounds: Sounds, want: PromptsWanted, config: Config) -> Prompts:
    missing = list(sounds.missing())
    lacking = {name for _, name in missing}
    found = sorted(
        (name, prompt)
        for name, prompt in sounds.catalogue.items()
        if name > want.after and (want.only == "any" or name in lacking) and _has(name, prompt, want.find.lower())
    )
    page = [
        PromptShown(prompt=name, note=prompt.note, said=list(_said(sounds, name, prompt)))
        for name, prompt in found[: want.size]
    ]
    return Prompts(
        prompts=page,
        after=page[-1].prompt if len(found) > want.size else None,
        missing=len(missing),
        ready=len(sounds.draft.sounds()),
        engine=SpeechEngine(name=config.prompts.engine, lacks=lacks(config)),
    )


def _has(name: str, prompt: Prompt, find: str) -> bool:
    return any(find in text.lower() for text in (name, prompt.zh, prompt.en))


def _said(sounds: Sounds, name: str, prompt: Prompt) -> Iterator[PromptInLanguage]:
    for language in LANGUAGES:
        built = sounds.manifest.built(language, name)
        yield PromptInLanguage(
            language=language,
            text=prompt.sentence(language),
            sound=sounds.state(language, name),
            milliseconds=built and built.ms,
        )


def _wav(draft: Draft, language: str, name: str) -> bytes | None:
    """The sound as a WAV file; None if there is none. The address lets only letters, digits and - through."""
    for known in LANGUAGES:
        if known == language and (content := audio(draft, known, name)) is not None:
            return chain.wav(chain.linear(content), chain.NARROW_HZ)
    return None


def _unread(error: FaultsFound) -> web.HTTPConflict:
    said = "; ".join(f"{fault.file.name}:{fault.line} {fault.code} {fault.message}" for fault in error.faults)
    return web.HTTPConflict(text=f"the prompts cannot be read: {said}")
