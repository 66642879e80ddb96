"""The number plan: what a dialled number means, and the proof that no number means two things."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

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
    """Order codes under one access number: ``number``, then the product's digits, then the claim's.

    With a ``check_digit`` one more follows, which is computed from both: who guesses a code, or mistypes a digit of
    it, has none.
    """

    number: Digits
    product_width: Width = 2
    claim_width: Width = 3
    check_digit: bool = False

    @property
    def width(self) -> int:
        """How many digits follow the access number."""
        return self.product_width + self.claim_width + self.check_digit

    def complete(self, code: str) -> str:
        """The digits of product and claim as they are dialled after the number, and texted."""
        return code + check_digit(code) if self.check_digit else code


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


class Enquiry(_Closed):
    """What those who sell dial to hear what they have sold: ``number``, then their employee number's digits.

    Shorter ones are filled up with zeros on the left, to ``employee_width`` digits.
    """

    number: Digits
    employee_width: Annotated[int, Field(ge=1, le=12)] = 6


class NumberPlan(_Closed):
    """Every number a caller can dial; ``dialplan/numbers.toml``."""

    access: tuple[Access, ...] = ()
    hotline: tuple[Hotline, ...] = ()
    quick_line: tuple[QuickLine, ...] = ()
    enquiry: tuple[Enquiry, ...] = ()


@dataclass(frozen=True, slots=True)
class EmployeeDialled:
    """An enquiry by the employee with these ``digits`` in their number."""

    digits: str


@dataclass(frozen=True, slots=True)
class NotInPlan:
    """A number that nobody answers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the plan: ``pattern`` in digits and X (any digit), and its table and index in the file."""

    pattern: str
    place: tuple[str, int]


def load_plan(directory: Path) -> NumberPlan:
    """Read the number plan of an operator's ``directory``. Raises FaultsFound; does not prove it: see ``clashes``."""
    return tomlfile.load(directory / PLAN_FILE, NumberPlan, PLAN_CODE)


def parse(plan: NumberPlan, dialled: str) -> OrderCode | Hotline | QuickLine | EmployeeDialled | NotInPlan:
    """What ``dialled`` means: it must be a whole number of the plan, in ASCII digits."""
    if not (dialled.isascii() and dialled.isdecimal()):
        return NotInPlan()
    lines: tuple[Hotline | QuickLine, ...] = (*plan.hotline, *plan.quick_line)
    for line in lines:
        if dialled == line.number:
            return line
    for access in plan.access:
        said = dialled.removeprefix(access.number)
        if dialled.startswith(access.number) and len(said) == access.width:
            code = said[: access.product_width + access.claim_width]
            if said != access.complete(code):
                return NotInPlan()
            return OrderCode(access.number, code[: access.product_width], code[access.product_width :])
    for enquiry in plan.enquiry:
        digits = dialled.removeprefix(enquiry.number)
        if dialled.startswith(enquiry.number) and len(digits) == enquiry.employee_width:
            return EmployeeDialled(digits)
    return NotInPlan()


def check_digit(digits: str) -> str:
    """The digit after ``digits`` by which a single wrong one, and most that are swapped, are noticed (Luhn)."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def access_of(plan: NumberPlan, product: str) -> Access | None:
    """After which number the codes of a product stand; None: products have no codes of so many digits."""
    return next((access for access in plan.access if access.product_width == len(product)), None)


def entries(plan: NumberPlan) -> list[Entry]:
    """Every entry of the plan as a pattern."""
    found = [Entry(access.number + "X" * access.width, ("access", index)) for index, access in enumerate(plan.access)]
    found += [Entry(line.number, ("hotline", index)) for index, line in enumerate(plan.hotline)]
    found += [Entry(line.number, ("quick_line", index)) for index, line in enumerate(plan.quick_line)]
    found += [
        Entry(enquiry.number + "X" * enquiry.employee_width, ("enquiry", index))
        for index, enquiry in enumerate(plan.enquiry)
    ]
    return found


def overlaps(plan: NumberPlan) -> Iterator[tuple[Entry, Entry]]:
    """Pairs of entries that one number can mean both of."""
    for first, second in combinations(entries(plan), 2):
        if len(first.pattern) == len(second.pattern) and _meet(first.pattern, second.pattern):
            yield first, second


def prefixes(plan: NumberPlan) -> Iterator[tuple[Entry, Entry]]:
    """Pairs (shorter, longer) where a caller on the way to the longer number has dialled the shorter one.

    Left out are the hotline that is an order range's own access number, and that number's hotline and order range where
    an enquiry goes on from it: trunks deliver numbers whole (en bloc), so how many digits there are tells them apart.
    """
    for first, second in combinations(entries(plan), 2):
        shorter, longer = sorted((first, second), key=lambda entry: len(entry.pattern))
        if len(shorter.pattern) == len(longer.pattern) or not _meet(shorter.pattern, longer.pattern):
            continue
        if not _one_goes_on_from_the_other(plan, shorter, longer):
            yield shorter, longer


def _one_goes_on_from_the_other(plan: NumberPlan, shorter: Entry, longer: Entry) -> bool:
    own = {access.number for access in plan.access if longer.pattern.startswith(access.number)}
    match longer.place[0], shorter.place:
        case "access", ("hotline", _):
            return _access_number(plan, longer) == shorter.pattern
        case "enquiry", ("hotline", _):
            return shorter.pattern in own
        case "enquiry", ("access", _):
            return _access_number(plan, shorter) in own
    return False


def _access_number(plan: NumberPlan, entry: Entry) -> str | None:
    table, index = entry.place
    return plan.access[index].number if table == "access" else None


def _meet(one: str, other: str) -> bool:
    """Whether some digits begin with both patterns, as far as both go."""
    return all("X" in (a, b) or a == b for a, b in zip(one, other, strict=False))
