"""Look-ups as data: what a system of the site's is asked over HTTP, and which values come of its answer."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, model_validator

from ccore.breaker import Breaker
from ccore.prompts.kinds import Kind
from ccore.tables import Closed, Name, ValueName

_BRACES = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_UNITS = {Kind.MONEY: ("fen", "yuan"), Kind.DATA: ("bytes", "kb", "mb", "gb")}

Unit = Literal["fen", "yuan", "bytes", "kb", "mb", "gb"]
Status = Annotated[int, Field(ge=200, le=599)]


def _template(value: str) -> str:
    rest = _BRACES.sub("", value)
    if "{" in rest or "}" in rest:
        raise ValueError("braces that do not close")
    if wrong := [name for name in _BRACES.findall(value) if not _NAME.fullmatch(name)]:
        raise ValueError(f"{{{wrong[0]}}}: a name is small letters, digits and _")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write it as http://host/path or https://host/path")
    if "{" in parts.netloc or parts.fragment or "@" in parts.netloc:
        raise ValueError("the host has no braces, no user, and nothing follows #: secrets stand in `headers`, by name")
    if not value.isascii() or any(character <= " " for character in value):
        raise ValueError("write characters other than ASCII's, and spaces, as %XX")
    return value


Template = Annotated[str, Field(max_length=2000), AfterValidator(_template)]
Url = Annotated[Template, AfterValidator(_web_address)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")]
HeaderText = Annotated[Template, Field(pattern=r"^[ -~]*$")]
# Where in a JSON answer something is: account.balances[0].fen
Path = Annotated[str, Field(pattern=r"^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\[[0-9]{1,3}\])*$", max_length=200)]


class AnswerField(Closed):
    """Where in the JSON answer a value is, what kind of value, and what it means if it is not there (or null)."""

    path: Path
    kind: Kind
    unit: Unit | None = Field(default=None, description="of money: fen (default) or yuan; of data: bytes to gb")
    words: dict[str, Name] = Field(default={}, description="kind prompt: the prompt for each word the system says")
    other: Name | None = Field(default=None, description="kind prompt: the prompt for every other word")
    absent: Literal["failed", "missing", "unset"] = "failed"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == Kind.SOUND:
            raise ValueError("kind sound is no value of another system's: it names a file of this one")
        if self.unit is not None and self.unit not in _UNITS.get(self.kind, ()):
            raise ValueError(f"unit {self.unit} is not one of kind {self.kind}")
        if bool(self.words or self.other) != (self.kind == Kind.PROMPT):
            raise ValueError("`words` and `other` are those of kind prompt, which needs one of them")
        return self


class Adapter(Closed):
    """A system that answers look-ups.

    Braces in ``url`` and ``body`` are what it is asked; braces in ``headers`` are secrets, by name. A status of
    ``missing`` means that there is no such thing, one of ``found`` that the JSON answer is to be read.
    """

    url: Url
    method: Literal["GET", "POST"] = "GET"
    headers: dict[HeaderName, HeaderText] = Field(default={}, description="texts, with secrets by name in braces")
    body: dict[str, Template] = Field(default={}, description="POST: the texts of the JSON object that is sent")
    timeout_s: Annotated[float, Field(gt=0, le=1.5, description="a caller waits; the dialplan gives up after 2 s")] = (
        1.2
    )
    cache_s: Annotated[int, Field(ge=0, le=86400)] = 0
    found: Annotated[frozenset[Status], Field(min_length=1)] = frozenset({200})
    missing: frozenset[Status] = frozenset({404})
    fields: Annotated[dict[ValueName, AnswerField], Field(min_length=1)]
    breaker: Breaker = Breaker()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.body and self.method != "POST":
            raise ValueError('`body` needs method = "POST"')
        if both := self.found & self.missing:
            raise ValueError(f"status {min(both)} cannot be both found and missing")
        return self

    @property
    def asks(self) -> frozenset[str]:
        """The names of what it must be asked: those ``LookUp.ask`` has to give."""
        return frozenset(_BRACES.findall(" ".join((self.url, *self.body.values()))))

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets its headers need."""
        return frozenset(_BRACES.findall(" ".join(self.headers.values())))

    @property
    def prompts(self) -> frozenset[str]:
        """The prompts its values may name."""
        named = {name for field in self.fields.values() for name in (*field.words.values(), field.other) if name}
        return frozenset(named)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``{name}`` replaced by its value. Raises KeyError for a name without one."""
    return _BRACES.sub(lambda found: values[found[1]], template)


def filled_url(url: str, values: Mapping[str, str]) -> str:
    """The same for a URL: a value is one part of it, whatever characters it has.

    Raises ValueError for a value of dots alone: ``..`` would ask for something else, however it is encoded.
    """
    if any(value and not value.strip(".") for value in values.values()):
        raise ValueError("dots alone cannot be asked for")
    return filled(url, {name: quote(value, safe="") for name, value in values.items()})
