"""The catalogue of prompts: what callers hear, by name, as sentences to be spoken and a tone until they are."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from ccore import tomlfile
from ccore.errors import Fault, FaultsFound

PROMPT_CODE = "PROMPT"  # code of every fault of a catalogue file
LONGEST_TONE_MS = 1200  # a caller who cannot know what a tone means should not have to wait for its end

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Hertz = Annotated[int, Field(ge=0, le=3400, description="0 is silence; above 3400 Hz the telephone carries nothing")]
Milliseconds = Annotated[int, Field(ge=10, le=LONGEST_TONE_MS)]


class Prompt(BaseModel):
    """One prompt: its sentences, and its tone as pairs of frequency and length."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Sentence
    en: Sentence
    tone: Annotated[tuple[tuple[Hertz, Milliseconds], ...], Field(min_length=1)]

    @field_validator("tone")
    @classmethod
    def _short(cls, value: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        if (length := sum(milliseconds for _, milliseconds in value)) > LONGEST_TONE_MS:
            raise ValueError(f"lasts {length} ms, at most {LONGEST_TONE_MS} ms are allowed")
        return value


class _File(RootModel[dict[Name, Prompt]]):
    pass


def load_catalogue(directory: Path) -> dict[str, Prompt]:
    """Every prompt of ``prompts/*.toml`` in the operator's ``directory``, by name. Raises FaultsFound."""
    prompts: dict[str, Prompt] = {}
    faults: list[Fault] = []
    for path in sorted((directory / "prompts").glob("*.toml")):
        try:
            found = tomlfile.load(path, _File, PROMPT_CODE).root
        except FaultsFound as error:
            faults += error.faults
            continue
        lines = tomlfile.line_index(path.read_text(encoding="utf-8"))
        for name in found.keys() & prompts.keys():
            message = f"{name} is in another file of prompts/ already: only one of the two would be heard"
            faults.append(Fault(path, tomlfile.line_of(lines, (name,)), PROMPT_CODE, message))
        prompts |= found
    if faults:
        raise FaultsFound(faults)
    return prompts
