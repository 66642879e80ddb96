"""Everything wrong in ``messages/*.toml``: fields, languages, lengths; and what their gateway lacks."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from ccore.centre.centre import Centre, read_centre
from ccore.centre.messages import KINDS, OWN_TEXT, FieldKind, MessageTemplate, kind_of
from ccore.config import Config, Secrets
from ccore.errors import Fault
from ccore.ivr.lint.linted import near
from ccore.messaging.encoding import length
from ccore.messaging.gateways.chosen import kind, runs_kannel
from ccore.messaging.wording import written
from ccore.tables import LANGUAGES, Language

Said = Iterator[tuple[tuple[str, ...], str, str]]  # place within the template, code, message
_ORDINARY: Mapping[FieldKind, JsonValue] = {FieldKind.MONEY: 129900, FieldKind.TIME: "2026-11-22T12:34:00+00:00"}
# What a field may well hold: names of products and people, an introduction, a number that is dialled.
_LONG: Mapping[str, JsonValue] = {
    "product_zh": "全家畅享融合套餐",
    "product_en": "Family data and calls pack",
    "intro": "每月流量与通话随心用",
    "employee": "欧阳建国",
    "number": "1008610001",
    "dialled": "1008610001",
    "code": "10001",
    "period": "2026-11",
}
_ENGLISH: Mapping[str, JsonValue] = {"intro": "Data and calls as you like.", "employee": "Alexandra Brown"}


def check_messages(config: Config) -> list[Fault]:
    """Their faults, without those of form, which are told with the other files of the centre."""
    centre, _ = read_centre(config.dialplan)
    faults = [
        _fault(centre, ("message", name, *place), code, message)
        for name, template in centre.messages.items()
        for place, code, message in _said(name, template)
    ]
    return [*faults, *_hours(config, centre), *_carriers(config)]


def gateway_secrets(config: Config, secrets: Secrets) -> Iterator[Fault]:
    """What the gateway of the configuration needs and is not there; ccore makes the secrets of its own Kannel."""
    if kind(config) == "smpp" and find_spec("smpp34") is None:
        yield Fault(config.source, 0, "CONFIG", "the gateway smpp needs the extra: pip install 'ccore[smpp]'")
    needs = {"kannel": ("kannel_password", "messages_key"), "smpp": ("smpp_password",)}
    wanted = () if runs_kannel(config) else needs.get(kind(config), ())
    for name in wanted:
        if getattr(secrets, name) is None:
            message = f"{name} is missing: the gateway {kind(config)} of [messages] needs it"
            yield Fault(config.secrets_file, 0, "SECRET", message)


def _fault(centre: Centre, place: tuple[str, ...], code: str, message: str) -> Fault:
    file, line = centre.place(*place)
    return Fault(file, line, code, message)


def _said(name: str, template: MessageTemplate) -> Said:
    if name in OWN_TEXT:
        for language in LANGUAGES:
            if template.text(language):
                yield (language,), "MS105", "is never sent: messages of this kind bring their own words"
        return
    if name not in KINDS:
        yield (), "MS101", f"ccore sends no {name}{near(name, {*KINDS, *OWN_TEXT})}: rename the file"
        return
    for language in LANGUAGES:
        yield from _text(name, template, language)
    yield from _words(name, template)


def _text(name: str, template: MessageTemplate, language: Language) -> Said:
    text = template.text(language)
    if language not in template.model_fields_set:
        yield (), "MS103", f"has no {language}: whoever reads that gets the other language"
        return
    if not text.strip():
        yield (language,), "MS102", "is empty: whoever reads that gets the other language"
        return
    if unknown := template.fields(language) - KINDS[name]:
        for field in sorted(unknown):
            message = f"{{{field}}} is not known in it{near(field, KINDS[name])}: the message would not be sent"
            yield (language,), "MS104", message
        return
    yield from _length(template, language)


def _length(template: MessageTemplate, language: Language) -> Said:
    fields = template.fields(language)
    known = {**_LONG, **(_ENGLISH if language == "en" else {})}
    params: dict[str, JsonValue] = {field: _ORDINARY.get(kind_of(field), known.get(field, 1000)) for field in fields}
    for field, codes in template.words.items():
        params[field] = max(codes, key=lambda code: len(codes[code].get(language, "")))
    found = length(written(template, params, language, ZoneInfo("UTC")))
    if found.parts > template.most_parts:
        why = "in the short alphabet" if found.gsm else f"as “{found.outside}” is not in the short alphabet"
        message = f"is {found.parts} messages on the bill, {why}; most_parts says {template.most_parts}: shorten it"
        yield (language,), "MS106", message
    outside = length(template.text(language)).outside
    if language == "en" and outside:
        yield (
            (language,),
            "MS107",
            f"“{outside}” is not in the short alphabet: a part has 70 letters, not 160",
        )


def _words(name: str, template: MessageTemplate) -> Said:
    for field, codes in template.words.items():
        if field not in KINDS[name] or kind_of(field) is not FieldKind.WORDS:
            yield ("words", field), "MS108", f"{field} is no code in this message: its words are never used"
        for code, by_language in codes.items():
            for language in LANGUAGES:
                if language not in by_language:
                    yield ("words", field, code), "MS103", f"has no {language}: the bare code {code} would be sent"


def _carriers(config: Config) -> Iterator[Fault]:
    smsc = config.messages.kannel.smsc
    if smsc is not None and not (config.source.parent / smsc).is_file():
        yield Fault(config.source, 0, "CONFIG", f"messages.kannel.smsc: there is no file {smsc}")


def _hours(config: Config, centre: Centre) -> Iterator[Fault]:
    hours = config.messages.marketing_hours
    if hours not in centre.hours and any(one.purpose == "marketing" for one in centre.messages.values()):
        message = (
            f"marketing_hours of ccore.toml: there are no hours {hours}{near(hours, centre.hours)}: nothing is sent"
        )
        yield Fault(config.dialplan / "hours.toml", 0, "MS109", message)
