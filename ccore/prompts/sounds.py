"""The sounds that are built, ``sounds/<language>/<prompt>.alaw``, and whether they still say what the texts say."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ccore.errors import Fault, FaultsFound
from ccore.prompts.catalogue import LANGUAGES, PROMPT_CODE, Language, Name, Prompt, load_places

SOUNDS = "sounds"  # in the operator's directory
NARROW, WIDE = ".alaw", ".sln16"
MANIFEST_FILE = f"{SOUNDS}/manifest.json"
_BUILD = "run `ccore prompts build`"


class Built(BaseModel):
    """One sound: what it was made of, whole (``key``) and of the author's words alone (``wording``), and its length."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    wording: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    ms: Annotated[int, Field(ge=1)]


class Manifest(BaseModel):
    """What was built, by language and prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    sounds: dict[Language, dict[Name, Built]] = {}

    def built(self, language: Language, name: str) -> Built | None:
        """The sound of a prompt, if there is one."""
        return self.sounds.get(language, {}).get(name)

    def over(self, other: "Manifest") -> "Manifest":
        """What stands here, and of the ``other`` what does not."""
        return Manifest(
            sounds={
                language: {**other.sounds.get(language, {}), **self.sounds.get(language, {})}
                for language in LANGUAGES
                if language in other.sounds or language in self.sounds
            }
        )

    def written(self) -> bytes:
        """As it stands in a file: sorted, so that two of them can be compared."""
        ordered = {
            language: dict(sorted(self.sounds[language].items())) for language in LANGUAGES if language in self.sounds
        }
        return (self.model_copy(update={"sounds": ordered}).model_dump_json(indent=1) + "\n").encode()


def load_manifest(directory: Path) -> Manifest:
    """What was built in the operator's ``directory``; nothing, if nothing was. Raises FaultsFound."""
    path = directory / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValidationError) as error:
        message = f"cannot be read: {str(error).splitlines()[0]}; remove it and {_BUILD}"
        raise FaultsFound([Fault(path, 0, PROMPT_CODE, message)]) from error


def save_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it."""
    replace(directory / MANIFEST_FILE, manifest.written())


def sound_file(directory: Path, language: Language, name: str, suffix: str = NARROW) -> Path:
    """Where the sound of a prompt is."""
    return directory / SOUNDS / language / f"{name}{suffix}"


def says_its_text(directory: Path, manifest: Manifest, language: Language, name: str, prompt: Prompt) -> bool:
    """Whether there is a sound, made of the words that the prompt has now."""
    built = manifest.built(language, name)
    current = built is not None and built.wording == prompt.wording(language)
    return current and sound_file(directory, language, name).is_file()


def unheard(directory: Path) -> Iterator[Fault]:
    """Prompts that callers would not hear, or not as they are written, and that have no tone. Raises FaultsFound."""
    manifest = load_manifest(directory)
    for name, (prompt, place) in load_places(directory).items():
        if prompt.tone is not None:
            continue
        for language in LANGUAGES:
            if says_its_text(directory, manifest, language, name, prompt):
                continue
            if manifest.built(language, name) is None or not sound_file(directory, language, name).is_file():
                message = f"{name} has no sound in {language}: callers would hear nothing"
            else:
                message = f"{name} was changed after its sound in {language} was built: callers would not hear it"
            yield Fault(place.file, place.line, PROMPT_CODE, f"{message}; {_BUILD}, or give it a tone until then")


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that whoever reads it has the old or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)
