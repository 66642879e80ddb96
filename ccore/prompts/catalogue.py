"""The catalogue of prompts: what callers hear, by name, as sentences to be spoken."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

from ccore import tomlfile
from ccore.errors import Fault, FaultsFound

PROMPT_CODE = "PROMPT"  # code of every fault of a catalogue file
LONGEST_TONE_MS = 1200  # a caller who cannot know what a tone means should not have to wait for its end
MOST_VALUES = 1000  # of one prompt: each is a sound of its own

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Syllables = Annotated[str, Field(pattern=r"^([a-zü]+[1-5])( [a-zü]+[1-5])*$")]
Hertz = Annotated[int, Field(ge=0, le=3400, description="0 is silence; above 3400 Hz the telephone carries nothing")]
Milliseconds = Annotated[int, Field(ge=10, le=LONGEST_TONE_MS)]
Tone = tuple[tuple[Hertz, Milliseconds], ...]
Span = Annotated[str, Field(pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")]


class Prompt(BaseModel):
    """One prompt: its sentences, and how they are to be said where that is not as anybody would.

    ``tone`` is heard where no sound has been built: pairs of frequency and length. ``pinyin`` says words of ``zh``
    that are read wrongly otherwise; ``voice`` is another voice than the configuration's. ``values`` = { n = "1-50" }
    stands for fifty prompts, ``{n}`` in sentences being the value and ``-1`` … ``-50`` added to the name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Sentence
    en: Sentence
    tone: Tone | None = Field(default=None, min_length=1)
    pinyin: dict[str, Syllables] = {}
    voice: dict[Language, str] = {}
    values: dict[Annotated[str, Field(pattern=r"^[a-z]{1,20}$")], Span] = Field(default={}, max_length=1)
    note: str = ""

    @field_validator("tone")
    @classmethod
    def _short(cls, value: Tone | None) -> Tone | None:
        if value and (length := sum(milliseconds for _, milliseconds in value)) > LONGEST_TONE_MS:
            raise ValueError(f"lasts {length} ms, at most {LONGEST_TONE_MS} ms are allowed")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, span in self.values.items():
            first, last = _ends(span)
            if not first <= last < first + MOST_VALUES:
                raise ValueError(f"values.{name}: {span} is empty, or more than {MOST_VALUES} values")
        for language in LANGUAGES:
            rest = self.sentence(language)
            for name in self.values:
                if f"{{{name}}}" not in rest:
                    raise ValueError(f"{language} has no {{{name}}}, which is to be said")
                rest = rest.replace(f"{{{name}}}", "")
            if "{" in rest or "}" in rest:
                raise ValueError(f"{language}: braces hold the name of one of `values`, and nothing else")
        if wrong := [word for word in self.pinyin if word not in self.zh]:
            raise ValueError(f"pinyin: {wrong[0]} is not in zh")
        return self

    def sentence(self, language: Language) -> str:
        """What is said in ``language``."""
        return self.zh if language == "zh" else self.en

    def wording(self, language: Language) -> str:
        """Stands for all that the author said of how this sounds in ``language``: another one is another sound."""
        how = [self.sentence(language), self.voice.get(language, ""), self.pinyin if language == "zh" else {}]
        said = json.dumps(how, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt is written."""

    file: Path
    line: int


class _File(RootModel[dict[Name, Prompt]]):
    pass


def load_catalogue(directory: Path) -> dict[str, Prompt]:
    """Every prompt of ``prompts/*.toml`` in the operator's ``directory``, by name. Raises FaultsFound."""
    return {name: prompt for name, (prompt, _) in load_places(directory).items()}


def load_places(directory: Path) -> Mapping[str, tuple[Prompt, Place]]:
    """Every prompt and where it is written, one for each value of those with values. Raises FaultsFound."""
    found: dict[str, tuple[Prompt, Place]] = {}
    faults: list[Fault] = []
    for path in sorted((directory / "prompts").glob("*.toml")):
        try:
            prompts = tomlfile.load(path, _File, PROMPT_CODE).root
        except FaultsFound as error:
            faults += error.faults
            continue
        lines = tomlfile.line_index(path.read_text(encoding="utf-8"))
        for written, prompt in prompts.items():
            place = Place(path, tomlfile.line_of(lines, (written,)))
            for name, each in _each_value(written, prompt):
                if name in found:
                    other = found[name][1]
                    message = f"{name} is in {other.file.name}:{other.line} already: only one of the two would be heard"
                    faults.append(Fault(place.file, place.line, PROMPT_CODE, message))
                found[name] = (each, place)
    if faults:
        raise FaultsFound(faults)
    return found


def _each_value(name: str, prompt: Prompt) -> Iterator[tuple[str, Prompt]]:
    if not prompt.values:
        yield name, prompt
    for key, span in prompt.values.items():
        first, last = _ends(span)
        for value in range(first, last + 1):
            said = {str(tongue): prompt.sentence(tongue).replace(f"{{{key}}}", str(value)) for tongue in LANGUAGES}
            yield f"{name}-{value}", prompt.model_copy(update={**said, "values": {}})


def _ends(span: str) -> tuple[int, int]:
    first, last = span.split("-")
    return int(first), int(last)
