"""Words of the operators' files as pages show them: by name, with a title in each language."""

from collections.abc import Mapping
from typing import TypedDict

from ccore.tables import Language, titled


class Named(TypedDict):
    """The fields of an answer's model that a word has."""

    name: str
    title: str
    title_en: str


def in_both(name: str, title: Mapping[Language, str]) -> Named:
    """``title`` is Chinese; each is the other one, or the name, where it has none of its own."""
    return Named(name=name, title=titled(title, "zh", name), title_en=titled(title, "en", name))
