"""What a system's answer says, as values that can be spoken; nothing of it is believed before it is checked."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from ccore.ivr.adapter import Adapter, AnswerField
from ccore.ivr.model import Found, Value
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import checked

_FACTORS = {"fen": 1, "yuan": 100, "bytes": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_STEP = re.compile(r"[\w-]+")


class NotJson(ValueError):
    """The answer is not JSON at all: whoever answers is not the system that is meant, or it is not well."""


class NotUnderstood(ValueError):
    """The answer is JSON, but not what the adapter says; the message names the field, and nothing that stood in it."""


def parse(body: bytes) -> object:
    """The document in ``body``, with decimals as they were written. Raises NotJson."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise NotJson("the answer is not JSON") from error


def read(adapter: Adapter, document: object, zone: tzinfo) -> Found:
    """The values of a document; dates and times that name a zone are taken over into ``zone``. Raises NotUnderstood."""
    values = {}
    for name, field in adapter.fields.items():
        raw = _at(document, field.path)
        if raw not in (None, "", []):
            values[name] = _value(name, field, raw, zone)
        elif field.absent == "missing":
            return Found(None)
        elif field.absent == "failed":
            raise NotUnderstood(f"{name}: {field.path} is not there")
    return Found(values)


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _at(document: object, path: str) -> object:
    """What is at ``path``; None if there is nothing."""
    for step in _STEP.findall(path):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _value(name: str, field: AnswerField, raw: object, zone: tzinfo) -> Value:
    try:
        return Value(field.kind, checked(field.kind, _READERS[field.kind](field, raw, zone)))
    except (ValueError, OverflowError) as error:
        raise NotUnderstood(f"{name}: {field.path} is no {field.kind}") from error


def _text(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str | int | Decimal):
        return str(raw).strip()
    raise ValueError("neither text nor number")


def _decimal(raw: object) -> Decimal:
    """A number, given as one or as text. Its size is looked at first: 1e999999999 is short, and huge once used."""
    if isinstance(raw, Decimal) and -12 <= raw.adjusted() <= 18:
        return raw
    text = _text(raw)
    if not _NUMBER.fullmatch(text):
        raise ValueError("no number")
    return Decimal(text)


def _number(_field: AnswerField, raw: object, _zone: tzinfo) -> str:
    value = _decimal(raw)
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _counted(_field: AnswerField, raw: object, _zone: tzinfo) -> str:
    value = _decimal(raw)
    if value != int(value):
        raise ValueError("not whole")
    return str(int(value))


def _measured(field: AnswerField, raw: object, _zone: tzinfo) -> str:
    """So many fen, bytes, minutes or seconds: rounded, as nobody is told parts of them."""
    return str(int((_decimal(raw) * _FACTORS.get(field.unit or "", 1)).quantize(Decimal(1), ROUND_HALF_UP)))


def _digits(_field: AnswerField, raw: object, _zone: tzinfo) -> str:
    return re.sub(r"[ -]", "", _text(raw))


def _moment(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(zone) if moment.tzinfo else moment


def _date(_field: AnswerField, raw: object, zone: tzinfo) -> str:
    return _moment(_text(raw), zone).date().isoformat()


def _month(_field: AnswerField, raw: object, zone: tzinfo) -> str:
    if month := re.fullmatch(r"([0-9]{4})-?([0-9]{2})", _text(raw)):
        return date(int(month[1]), int(month[2]), 1).isoformat()[:7]
    return _moment(_text(raw), zone).date().isoformat()[:7]


def _time(_field: AnswerField, raw: object, zone: tzinfo) -> str:
    text = _text(raw)
    moment = _moment(text, zone).time() if len(text) > len("09:30:00") else time.fromisoformat(text)
    return f"{moment:%H:%M}"


def _prompt(field: AnswerField, raw: object, _zone: tzinfo) -> str:
    name = field.words.get(_text(raw), field.other)
    if name is None:
        raise ValueError("a word nobody has a prompt for")
    return name


def _words(_field: AnswerField, raw: object, _zone: tzinfo) -> str:
    """Text on one line; a list of texts with commas between them."""
    texts = raw if isinstance(raw, list) else [raw]
    return " ".join(",".join(map(_text, texts)).split())


_Reader = Callable[[AnswerField, object, tzinfo], str]
_READERS: Mapping[Kind, _Reader] = MappingProxyType(
    {
        Kind.DIGITS: _digits,
        Kind.NUMBER: _number,
        Kind.COUNT: _counted,
        Kind.MONEY: _measured,
        Kind.DATE: _date,
        Kind.MONTH: _month,
        Kind.TIME: _time,
        Kind.DATA: _measured,
        Kind.MINUTES: _measured,
        Kind.SECONDS: _measured,
        Kind.PROMPT: _prompt,
        Kind.WORDS: _words,
    }
)
