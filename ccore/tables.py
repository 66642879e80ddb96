"""What the tables of the operators' files are made of: names, digits, keys, and what is heard."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Digits = Annotated[str, Field(pattern=r"^[0-9]{2,15}$")]
Key = Annotated[str, Field(pattern=r"^[0-9*#]{1,4}$")]
Seconds = Annotated[int, Field(ge=1, le=3600)]
ValueName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


# What is heard: names of prompts, and values in braces: ["balance-is", "{balance}"]; one may stand without brackets.
Part = Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{1,40}|\{[a-z][a-z0-9_]{0,30}\})$")]
Parts = Annotated[tuple[Part, ...], BeforeValidator(_listed, json_schema_input_type=Part | tuple[Part, ...])]


def _in_chinese(value: object) -> object:
    return {"zh": value} if isinstance(value, str) else value


_Titles = dict[Language, Annotated[str, Field(max_length=60)]]
# What people read in place of a name: { zh = "报修", en = "Fault" }; the Chinese one may stand without brackets.
Title = Annotated[_Titles, BeforeValidator(_in_chinese, json_schema_input_type=str | _Titles)]


def titled(title: Mapping[Language, str], language: Language, name: str) -> str:
    """What ``name`` is called in a language, or in the other one; its name if nobody has given it a title."""
    return title.get(language) or next(filter(None, title.values()), name)


class Closed(BaseModel):
    """A table of a file: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
