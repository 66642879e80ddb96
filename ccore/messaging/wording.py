"""What a message says: the words of its template, or its own, with what it knows filled in."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo

from pydantic import JsonValue

from ccore.centre.messages import NAMED, FieldKind, MessageTemplate, kind_of
from ccore.money import yuan
from ccore.prompts.kinds import Kind
from ccore.tables import Language

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")  # a line feed may stand in a message
Params = Mapping[str, JsonValue]


class Unwritable(ValueError):
    """The message lacks something that its words name, or has no words at all."""


def written(template: MessageTemplate, params: Params, language: Language, zone: tzinfo) -> str:
    """The message as it is sent. Raises Unwritable."""
    own, values = params.get("text"), params.get("values")
    if isinstance(own, str) and own:
        return _filled(own, lambda name: _own_value(values, name, language)) if values else _plain(own)
    text = template.text(language) or template.text("en" if language == "zh" else "zh")
    if not text:
        raise Unwritable("there are no words for it")
    return _filled(text, lambda name: _field(template, params, name, language, zone))


def money(fen: int, language: Language) -> str:
    """Fen as people read them: 1990 is 19.90元, or ¥19.90."""
    return f"{yuan(fen)}元" if language == "zh" else f"{'-' if fen < 0 else ''}¥{yuan(abs(fen))}"


def day(at: date, language: Language) -> str:
    """A day without its year."""
    return f"{at.month}月{at.day}日" if language == "zh" else f"{at.day} {_MONTHS[at.month - 1]}"


def moment(at: datetime, language: Language) -> str:
    """A moment of the zone it is in."""
    return f"{day(at, language)}{' ' if language == 'en' else ''}{at:%H:%M}"


def _filled(text: str, value: Callable[[str], str]) -> str:
    return _plain(NAMED.sub(lambda match: value(match[1]), text))


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _field(template: MessageTemplate, params: Params, name: str, language: Language, zone: tzinfo) -> str:
    value = params.get(name)
    if value is None:
        raise Unwritable(f"it has no {name}")
    match kind_of(name):
        case FieldKind.MONEY if isinstance(value, int):
            return money(value, language)
        case FieldKind.TIME if isinstance(value, str):
            return moment(datetime.fromisoformat(value).astimezone(zone), language)
        case FieldKind.WORDS:
            return template.word(name, value, language)
        case FieldKind.TEXT if isinstance(value, str | int):
            return str(value)
    raise Unwritable(f"its {name} is nothing that can be written")


def _own_value(values: JsonValue, name: str, language: Language) -> str:
    """A value that a menu or an agent gave with the text: its kind, and its text in that kind's form."""
    value = values.get(name) if isinstance(values, dict) else None
    if not isinstance(value, dict) or not isinstance(text := value.get("text"), str):
        raise Unwritable(f"it has no {name}")
    return _by_kind(str(value.get("kind")), text, language)


def _by_kind(kind: str, text: str, language: Language) -> str:
    zh = language == "zh"
    match kind:
        case Kind.MONEY:
            return money(int(text), language)
        case Kind.DATE:
            return day(date.fromisoformat(text), language)
        case Kind.MONTH:
            year, month = map(int, text.split("-"))
            return f"{year}年{month}月" if zh else f"{_MONTHS[month - 1]} {year}"
        case Kind.DATA:
            return f"{int(text) / 1e9:.2f}GB" if int(text) >= 1e9 else f"{int(text) / 1e6:.0f}MB"
    units = {Kind.MINUTES: ("分钟", " min"), Kind.SECONDS: ("秒", " s")}
    return text + units.get(Kind(kind), ("", ""))[0 if zh else 1]
