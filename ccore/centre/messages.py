"""The words of text messages: ``messages/*.toml``, a file for each kind, in both languages."""

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from ccore.shipped import shipped
from ccore.tables import Closed, Language, ValueName
from ccore.tomlfiles import Reading, under

DIRECTORY = "messages"
MESSAGE_CODE = "MESSAGE"  # of every fault of form in these files
NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class FieldKind(Enum):
    """How a field is written."""

    TEXT = "text"
    MONEY = "money"  # integer fen, written as yuan
    TIME = "time"  # a moment, written in the site's zone
    WORDS = "words"  # a code, written as `words` of the template has it


_KIND_OF: Mapping[str, FieldKind] = {
    "price_fen": FieldKind.MONEY,
    "amount_fen": FieldKind.MONEY,
    "sales_fen": FieldKind.MONEY,
    "commission_fen": FieldKind.MONEY,
    "called_at": FieldKind.TIME,
    "until": FieldKind.TIME,
    "since": FieldKind.TIME,
    "outcome": FieldKind.WORDS,
    "reason": FieldKind.WORDS,
    "barred": FieldKind.WORDS,
}

_PRODUCT = frozenset({"product_zh", "product_en", "price_fen"})
# Every kind that ccore writes from a template, and what it knows then.
KINDS: Mapping[str, frozenset[str]] = {
    "claim-kit": _PRODUCT | {"intro", "number", "code", "employee"},
    "order-accepted": _PRODUCT | {"called_at"},
    "order-not-possible": frozenset({"outcome", "dialled", "called_at"}),
    "confirm-request": _PRODUCT | {"until"},
    "order-active": _PRODUCT,
    "order-failed": _PRODUCT | {"reason"},
    "order-cancelled": _PRODUCT,
    "order-expired": _PRODUCT,
    "commission-notice": frozenset({"amount_fen", "period"}),
    "period-result": frozenset({"rank", "of", "amount_fen", "period", "barred"}),
    "sales-enquiry": frozenset({"orders", "sales_fen", "commission_fen", "since"}),
    "help": frozenset(),
    "sign-in-code": frozenset({"code"}),
}
MENU_TEXT = "menu"  # stands for every kind that begins with menu-
OWN_TEXT = frozenset({MENU_TEXT, "echelon-call-up", "alert", "test"})  # messages that bring their words: rules only

Words = dict[str, dict[Language, Annotated[str, Field(min_length=1, max_length=100)]]]


class MessageTemplate(Closed):
    """One kind of text message.

    ``purpose``: a ``service`` message answers what somebody did, or tells what they have to know, and goes at once; a
    ``marketing`` one heeds quiet hours, do-not-call and consent, and its own, lower, caps for each number. ``words``
    are how the codes of a field are written, by field, code and language; ``other`` is for codes it does not name.
    """

    purpose: Literal["service", "marketing"] = "service"
    secret: bool = Field(default=False, description="what was sent is not kept: it would let others in")
    expires_after_s: Annotated[
        int | None, Field(ge=10, le=2_592_000, description="not sent any more so long after it was written")
    ] = None
    most_parts: Annotated[int, Field(ge=1, le=10, description="each is a message of its own on the bill")] = 4
    zh: Annotated[str, Field(max_length=1000)] = ""
    en: Annotated[str, Field(max_length=1000)] = ""
    words: dict[ValueName, Words] = Field(default={})

    def text(self, language: str) -> str:
        """As it stands."""
        return self.zh if language == "zh" else self.en

    def fields(self, language: str) -> frozenset[str]:
        """The fields it names."""
        return frozenset(NAMED.findall(self.text(language)))

    def word(self, field: str, code: JsonValue, language: Language) -> str:
        """How the template writes a code, or the code itself."""
        codes, plain = self.words.get(field, {}), str(code).lower() if isinstance(code, bool) else str(code)
        return codes.get(plain, codes.get("other", {})).get(language, plain)


def kind_of(field: str) -> FieldKind:
    """How a field is written."""
    return _KIND_OF.get(field, FieldKind.TEXT)


def ruling(kind: str) -> str:
    """The name of the template whose rules are those of a message of ``kind``."""
    return MENU_TEXT if kind.startswith(f"{MENU_TEXT}-") else kind


def read_messages(directory: Path, reading: Reading) -> dict[str, MessageTemplate]:
    """The operator's templates by kind; faults of form are kept in ``reading``, places as ("message", kind, …)."""
    found: dict[str, MessageTemplate] = {}
    for path in sorted((directory / DIRECTORY).glob("*.toml")):
        reading.places["message", path.stem] = (path, 1)
        if template := reading.read(path, MessageTemplate, under("message", path.stem), None):
            found[path.stem] = template
    return found


def completed(own: Mapping[str, MessageTemplate]) -> Mapping[str, MessageTemplate]:
    """The operator's templates, and those that came with ccore for kinds they have none of: a kind may be a new one."""
    return {**_shipped(), **own}


@cache
def _shipped() -> Mapping[str, MessageTemplate]:
    return read_messages(shipped("dialplan"), Reading(MESSAGE_CODE))
