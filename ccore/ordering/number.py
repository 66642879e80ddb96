"""The number plan: what a dialled number means, who the caller is, and the proof that no number means two things."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from pydantic import BaseModel, ConfigDict, Field

from ccore import tomlfile
from ccore.ordering.model import OrderCode

PLAN_FILE = "numbers.toml"
PLAN_CODE = "NUMBER"  # code of faults in the file's form; ambiguities have their own in ccore.check

# E.164 allows 15 digits. [0-9], never \d: the digits of other scripts are no telephone digits.
Digits = Annotated[str, Field(pattern=r"^[0-9]{2,15}$")]
Width = Annotated[int, Field(ge=1, le=6)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Access(_Closed):
    """Order codes under one access number: ``number``, then the product's digits, then the claim's."""

    number: Digits
    product_width: Width = 2
    claim_width: Width = 3


class Hotline(_Closed):
    """A number answered by menus and people."""

    number: Digits
    name_zh: str
    name_en: str


class QuickLine(_Closed):
    """速查专线: a number that is dialled to hear one thing, without a menu."""

    number: Digits
    name_zh: str
    name_en: str


class NumberPlan(_Closed):
    """Every number a caller can dial; ``dialplan/numbers.toml``."""

    access: tuple[Access, ...] = ()
    hotline: tuple[Hotline, ...] = ()
    quick_line: tuple[QuickLine, ...] = ()


@dataclass(frozen=True, slots=True)
class NotInPlan:
    """A number that nobody answers."""


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the plan: ``pattern`` in digits and X (any digit), and its table and index in the file."""

    pattern: str
    place: tuple[str, int]


def load_plan(directory: Path) -> NumberPlan:
    """Read the number plan of an operator's ``directory``. Raises FaultsFound; does not prove it: see ``clashes``."""
    return tomlfile.load(directory / PLAN_FILE, NumberPlan, PLAN_CODE)


def parse(plan: NumberPlan, dialled: str) -> OrderCode | Hotline | QuickLine | NotInPlan:
    """What ``dialled`` means: it must be a whole number of the plan, in ASCII digits."""
    if not (dialled.isascii() and dialled.isdecimal()):
        return NotInPlan()
    lines: tuple[Hotline | QuickLine, ...] = (*plan.hotline, *plan.quick_line)
    for line in lines:
        if dialled == line.number:
            return line
    for access in plan.access:
        code = dialled.removeprefix(access.number)
        if dialled.startswith(access.number) and len(code) == access.product_width + access.claim_width:
            return OrderCode(access.number, code[: access.product_width], code[access.product_width :])
    return NotInPlan()


_CALLER = re.compile(r"\+?[0-9]{3,20}")
_PERSONAL_LINES = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP}
)
_MOBILE_LINES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# China's services behind an area code (010 10086, 021 95588) are well-formed fixed lines to phonenumbers.
_CHINA = 86
_CHINA_SERVICE = re.compile(r"(?:10|2\d|[3-9]\d\d)(?:100\d\d|95\d{3,4})")


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
    if not _CALLER.fullmatch(caller):
        return NotAllowed("invalid-number")
    if re.fullmatch(internal_extensions, caller):
        return NotAllowed("internal-extension")
    try:
        number = phonenumbers.parse(caller, region)
    except phonenumbers.NumberParseException:
        return NotAllowed("invalid-number")
    return _judged(number, region)


def _judged(number: phonenumbers.PhoneNumber, region: str) -> Subscriber | NotAllowed:
    if not phonenumbers.is_valid_number(number):
        return NotAllowed("invalid-number")
    if phonenumbers.region_code_for_number(number) != region:
        return NotAllowed("other-country")
    kind = phonenumbers.number_type(number)
    national = phonenumbers.national_significant_number(number)
    service = number.country_code == _CHINA and _CHINA_SERVICE.fullmatch(national)
    if kind not in _PERSONAL_LINES or service:
        return NotAllowed("not-a-subscriber")
    return Subscriber(phonenumbers.format_number(number, PhoneNumberFormat.E164), kind in _MOBILE_LINES)


def entries(plan: NumberPlan) -> list[Entry]:
    """Every entry of the plan as a pattern."""
    found = [
        Entry(access.number + "X" * (access.product_width + access.claim_width), ("access", index))
        for index, access in enumerate(plan.access)
    ]
    found += [Entry(line.number, ("hotline", index)) for index, line in enumerate(plan.hotline)]
    found += [Entry(line.number, ("quick_line", index)) for index, line in enumerate(plan.quick_line)]
    return found


def overlaps(plan: NumberPlan) -> Iterator[tuple[Entry, Entry]]:
    """Pairs of entries that one number can mean both of."""
    for first, second in combinations(entries(plan), 2):
        if len(first.pattern) == len(second.pattern) and _meet(first.pattern, second.pattern):
            yield first, second


def prefixes(plan: NumberPlan) -> Iterator[tuple[Entry, Entry]]:
    """Pairs (shorter, longer) where a caller on the way to the longer number has dialled the shorter one.

    The hotline that is an order range's own access number is left out: trunks deliver numbers whole (en bloc).
    """
    for first, second in combinations(entries(plan), 2):
        shorter, longer = sorted((first, second), key=lambda entry: len(entry.pattern))
        if len(shorter.pattern) == len(longer.pattern) or not _meet(shorter.pattern, longer.pattern):
            continue
        if not (shorter.place[0] == "hotline" and _access_number(plan, longer) == shorter.pattern):
            yield shorter, longer


def _access_number(plan: NumberPlan, entry: Entry) -> str | None:
    table, index = entry.place
    return plan.access[index].number if table == "access" else None


def _meet(one: str, other: str) -> bool:
    """Whether some digits begin with both patterns, as far as both go."""
    return all("X" in (a, b) or a == b for a, b in zip(one, other, strict=False))
