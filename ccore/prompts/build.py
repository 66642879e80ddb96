"""Builds the sounds of the catalogue: what is spoken anew, what is kept, what is removed."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ccore.errors import Fault, FaultsFound
from ccore.prompts import chain
from ccore.prompts.catalogue import LANGUAGES, PROMPT_CODE, Language, Prompt, load_catalogue
from ccore.prompts.engines import Engine, EngineMissing, NotSpoken, Phrase
from ccore.prompts.sounds import (
    NARROW,
    SOUNDS,
    WIDE,
    Built,
    Manifest,
    load_manifest,
    replace,
    save_manifest,
    sound_file,
)
from ccore.prompts.spoken import normalised
from ccore.speech import Prompts

RECORDED = "prompts/recorded"  # <language>/<prompt>.wav: people's voices, which go before any engine

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """One sound that there is to be."""

    language: Language
    name: str
    prompt: Prompt
    phrase: Phrase
    recording: bytes | None


@dataclass(slots=True)
class Report:
    """What a build did, as names of sounds (``zh/goodbye``); ``failed`` says why as well.

    ``no_engine`` says why there is none, where one was needed; sounds that say their texts were kept without looking
    whether it would speak them as they are.
    """

    spoken: list[str]
    kept: list[str]
    removed: list[str]
    failed: list[str]
    no_engine: str = ""


def phrase_of(prompt: Prompt, language: Language, told: Prompts) -> Phrase:
    """What an engine is to say for a prompt."""
    voice = prompt.voice.get(language) or (told.voice_zh if language == "zh" else told.voice_en)
    return Phrase(
        language=language,
        text=normalised(language, prompt.sentence(language)),
        voice=voice,
        speed=told.speed,
        pinyin=dict(prompt.pinyin) if language == "zh" else {},
    )


def key_of(phrase: Phrase, identity: str) -> str:
    """Stands for all that makes a sound what it is: with the same key it is the same."""
    said = json.dumps([chain.VERSION, identity, asdict(phrase)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def speak(engine: Engine, phrase: Phrase) -> chain.Sound:
    """The phrase as a sound for the telephone. Raises NotSpoken."""
    samples, rate_hz = engine.say(phrase)
    try:
        return chain.for_telephone(samples, rate_hz)
    except chain.NoSound as error:
        raise NotSpoken(f"{phrase.text!r}: {error}") from error


def wishes(directory: Path, told: Prompts, languages: Collection[Language], only: Collection[str]) -> list[Wish]:
    """The sounds of the catalogue; ``only`` these prompts, unless it is empty. Raises FaultsFound."""
    catalogue = load_catalogue(directory)
    if unknown := set(only) - catalogue.keys():
        message = f"there is no prompt {', '.join(sorted(unknown))}"
        raise FaultsFound([Fault(directory / "prompts", 0, PROMPT_CODE, message)])
    return [
        Wish(language, name, prompt, phrase_of(prompt, language, told), _recording(directory, language, name))
        for name, prompt in catalogue.items()
        if not only or name in only
        for language in languages
    ]


class Build:
    """One run over the catalogue in ``directory``; ``make_engine`` is asked only if something is to be spoken."""

    def __init__(self, directory: Path, make_engine: Callable[[], Engine], say: Say) -> None:
        self.directory = directory
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._missing: EngineMissing | None = None
        self._say = say
        manifest = load_manifest(directory)
        self._sounds = {language: dict(manifest.sounds.get(language, {})) for language in LANGUAGES}
        self._made: dict[str, chain.Sound] = {}  # by key: several prompts may say the same
        self.report = Report([], [], [], [])

    def has(self, wish: Wish) -> bool:
        """Whether there is a sound that says its text, of whichever engine."""
        built = self._sounds[wish.language].get(wish.name)
        file = sound_file(self.directory, wish.language, wish.name)
        return built is not None and built.wording == wish.prompt.wording(wish.language) and file.is_file()

    def run(self, wanted: Collection[Wish], *, anew: bool = False, wide: bool = False) -> Report:
        """Build what is not there: all of it if ``anew``; ``wide`` asks for the files at 16 kHz as well."""
        for wish in wanted:
            try:
                self.one(wish, anew=anew, wide=wide)
            except EngineMissing as error:
                self.report.no_engine = str(error)
                (self.report.kept if self.has(wish) else self.report.failed).append(f"{wish.language}/{wish.name}")
            except (NotSpoken, ValueError) as error:
                self.report.failed.append(f"{wish.language}/{wish.name}: {error}")
        self._save()
        return self.report

    def prune(self, catalogue: Mapping[str, Prompt]) -> None:
        """Remove the sounds of prompts that are no more."""
        for language in LANGUAGES:
            for path in sorted((self.directory / SOUNDS / language).glob("*")):
                if path.suffix in {NARROW, WIDE} and path.stem not in catalogue:
                    path.unlink()
                    self.report.removed.append(f"{language}/{path.name}")
            self._sounds[language] = {
                name: built for name, built in self._sounds[language].items() if name in catalogue
            }
        self._save()

    def one(self, wish: Wish, *, anew: bool = False, wide: bool = False) -> Built:
        """Build one sound, or keep it. Raises EngineMissing, NotSpoken, and ValueError for a recording that is none."""
        key, wording = self._key(wish), wish.prompt.wording(wish.language)
        built = self._sounds[wish.language].get(wish.name)
        files = [sound_file(self.directory, wish.language, wish.name, suffix) for suffix in (NARROW, WIDE)]
        if not anew and built and built.key == key and all(file.is_file() for file in files[: 1 + wide]):
            kept = self._sounds[wish.language][wish.name] = built.model_copy(update={"wording": wording})
            self.report.kept.append(f"{wish.language}/{wish.name}")
            return kept
        sound = self._made.get(key) or self._sound(wish)
        self._made[key] = sound
        replace(files[0], sound.narrow)
        replace(files[1], sound.wide)
        made = self._sounds[wish.language][wish.name] = Built(key=key, wording=wording, ms=sound.ms)
        self.report.spoken.append(f"{wish.language}/{wish.name}")
        self._save()  # each time: a build that is broken off goes on there
        self._say(f"{wish.language}/{wish.name}  {sound.ms / 1000:.1f} s  {wish.phrase.text}")
        return made

    def _key(self, wish: Wish) -> str:
        if wish.recording is not None:
            recording = hashlib.sha256(wish.recording).hexdigest()
            return hashlib.sha256(f"{chain.VERSION} {recording}".encode()).hexdigest()
        return key_of(wish.phrase, self._ready().identity(wish.phrase))

    def _ready(self) -> Engine:
        if self._missing is not None:
            raise self._missing
        if self._engine is None:
            try:
                self._engine = self._make_engine()
            except EngineMissing as error:
                self._missing = error
                raise
        return self._engine

    def _sound(self, wish: Wish) -> chain.Sound:
        if wish.recording is not None:
            return chain.for_telephone(*chain.read_wav(wish.recording))
        return speak(self._ready(), wish.phrase)

    def _save(self) -> None:
        save_manifest(self.directory, Manifest(sounds=self._sounds))


def _recording(directory: Path, language: Language, name: str) -> bytes | None:
    path = directory / RECORDED / language / f"{name}.wav"
    return path.read_bytes() if path.is_file() else None
