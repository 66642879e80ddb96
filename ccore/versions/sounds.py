"""The prompts of a draft, and which sounds say them: those that are live, and those that are published with it."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ccore.prompts.catalogue import LANGUAGES, Language, Prompt, load_catalogue
from ccore.prompts.sounds import Manifest, sound_file
from ccore.versions import trees
from ccore.versions.drafts import Draft

# It was built, or built and is not published yet; the words were changed after that; a tone is heard instead; nothing.
State = Literal["built", "ready", "changed", "tone", "none"]


@dataclass(frozen=True, slots=True)
class Sounds:
    """The catalogue with a draft's changes, and what is built of it."""

    draft: Draft
    catalogue: Mapping[str, Prompt]
    manifest: Manifest

    def state(self, language: Language, name: str) -> State:
        """How this prompt is heard once the draft is live."""
        prompt, built = self.catalogue[name], self.manifest.built(language, name)
        there = self._is_there(language, name)
        if there and built is not None and built.wording == prompt.wording(language):
            return "ready" if path_of(language, name) in self.draft.changes else "built"
        if prompt.tone is not None:
            return "tone"
        return "changed" if there else "none"

    def missing(self) -> Iterator[tuple[Language, str]]:
        """Those without a sound that says their words, by their names."""
        for name in sorted(self.catalogue):
            for language in LANGUAGES:
                if self.state(language, name) not in {"built", "ready"}:
                    yield language, name

    def _is_there(self, language: Language, name: str) -> bool:
        change = self.draft.changes.get(path_of(language, name))
        if change is not None:
            return change.content is not None
        return sound_file(self.draft.tree.directory, language, name).is_file()


def sounds_of(draft: Draft) -> Sounds:
    """Read the prompts of a draft. Raises FaultsFound."""
    if not draft.texts():
        return Sounds(draft, load_catalogue(draft.tree.directory), draft.manifest())
    with tempfile.TemporaryDirectory(prefix="ccore-draft-") as name:
        directory = Path(name) / "files"
        trees.lay(draft.tree, draft.own(), directory, texts_only=True)
        return Sounds(draft, load_catalogue(directory), draft.manifest())


def audio(draft: Draft, language: Language, name: str) -> bytes | None:
    """A sound of a draft as A-law; None if there is none."""
    return draft.content(path_of(language, name))


def path_of(language: Language, name: str) -> str:
    """Where the sound of a prompt lies among the operators' files."""
    return sound_file(Path(), language, name).as_posix()
