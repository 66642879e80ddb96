"""Who is calling, from the network's word for it: a subscriber whose number is known and can be called, or not."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_CALLER = re.compile(r"\+?[0-9]{3,20}")
_PERSONAL_LINES = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP}
)
_MOBILE_LINES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# China's services behind an area code (010 10086, 021 95588) are well-formed fixed lines to phonenumbers.
_CHINA = 86
_CHINA_SERVICE = re.compile(r"(?:10|2\d|[3-9]\d\d)(?:100\d\d|95\d{3,4})")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A caller who can order: E.164 with ``+``, and whether it is a mobile line."""

    e164: str
    is_mobile: bool


@dataclass(frozen=True, slots=True)
class Withheld:
    """The caller's number was not given, or is not to be shown."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """A caller who cannot order; ``reason`` is one word for support staff and counters."""

    reason: str


def subscriber(caller: str, region: str, internal_extensions: str) -> Subscriber | Withheld | NotAllowed:
    """Who is calling, from the network's word for it.

    ``caller`` is what the dialplan checked: digits with at most a leading ``+``, or ``withheld``, or ``invalid``.
    ``region`` (ISO 3166) is where the site is; ``internal_extensions`` a regular expression. For region CN:

    =============================  =====================================================
    13812345678, 013812345678      Subscriber +8613812345678, mobile
    8613812345678, +8613812345678  the same
    008613812345678                the same
    02088886666, 2088886666        Subscriber +862088886666, not mobile
    withheld, anonymous, nothing   Withheld
    2001 (internal_extensions)     NotAllowed internal-extension
    +85291234567, 0085291234567    NotAllowed other-country: only the carrier's own customers order
    4008123456, 01010086           NotAllowed not-a-subscriber: services order nothing
    10086, 88886666, 138           NotAllowed invalid-number: no valid number of the region
    anything else                  NotAllowed invalid-number
    =============================  =====================================================
    """
    if caller in {"", "withheld", "anonymous"}:
        return Withheld()
    number = line(caller, region, internal_extensions)
    return number if isinstance(number, NotAllowed) else judged(number, region)


def line(caller: str, region: str, internal_extensions: str) -> phonenumbers.PhoneNumber | NotAllowed:
    """What line a number may be of; ``judged`` says whether there can be one."""
    if not _CALLER.fullmatch(caller):
        return NotAllowed("invalid-number")
    if re.fullmatch(internal_extensions, caller):
        return NotAllowed("internal-extension")
    try:
        return phonenumbers.parse(caller, region)
    except phonenumbers.NumberParseException:
        return NotAllowed("invalid-number")


def e164(number: str, region: str) -> str | None:
    """A number as people or the network write it, with its country code; None if no line can have it."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(parsed) else None


def national(number: str) -> str:
    """An E.164 number as it is dialled within its own country: 13812345678, 02088886666."""
    written = phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.NATIONAL)
    return "".join(digit for digit in written if digit.isdigit())


def judged(number: phonenumbers.PhoneNumber, region: str | None) -> Subscriber | NotAllowed:
    """Whether a line is somebody's, of ``region`` or (None) of any country."""
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:  # no line has this number
        return NotAllowed("invalid-number")
    if region is not None and phonenumbers.region_code_for_number(number) != region:
        return NotAllowed("other-country")
    national = phonenumbers.national_significant_number(number)
    service = number.country_code == _CHINA and _CHINA_SERVICE.fullmatch(national)
    if kind not in _PERSONAL_LINES or service:
        return NotAllowed("not-a-subscriber")
    return Subscriber(phonenumbers.format_number(number, PhoneNumberFormat.E164), kind in _MOBILE_LINES)
