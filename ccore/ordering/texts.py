"""What a text message to an access number asks for."""

import re
import unicodedata
from dataclasses import dataclass

from ccore.ordering.number import Access, NumberPlan


@dataclass(frozen=True, slots=True)
class Order:
    """To order: ``dialled`` is the whole code, as it would be dialled."""

    dialled: str


@dataclass(frozen=True, slots=True)
class End:
    """To end the subscription of the product with this code."""

    product: str


@dataclass(frozen=True, slots=True)
class Enquiry:
    """To hear what the sender has sold and earned."""


@dataclass(frozen=True, slots=True)
class Yes:
    """To confirm what waits to be confirmed."""


@dataclass(frozen=True, slots=True)
class No:
    """To refuse it."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing that is known here."""


Understood = Order | End | Enquiry | Yes | No | Unclear

LONGEST = 40  # characters: what is longer is no command, whatever it begins with
_YES = frozenset({"Y", "YES", "是", "确认", "同意"})
_NO = frozenset({"N", "NO", "否", "不", "拒绝", "不同意"})
_ENQUIRY = frozenset({"CX", "查询"})
_END = re.compile("(?:TD|退订)([0-9]+)")
_AROUND = " \t\r\n.,;:!?'\"()[]<>。、;【】《》“”‘’-_+#*"  # punctuation that people and telephones put around a command


def understand(text: str, plan: NumberPlan, receiver: str = "") -> Understood:
    """What ``text``, sent to ``receiver`` ("" if nobody knows), means by the number plan.

    ============================  ==================================================
    10001, 1008610001             order the code: without or with the access number
    TD10, TD10001                 end the product
    CX                            sales and commission of who sends it
    Y, YES                        yes, and N, NO: no, to what waits to be confirmed
    anything else                 unclear
    ============================  ==================================================

    Full-width characters, small letters, and spaces anywhere mean the same; digits of other scripts mean nothing.
    """
    said = "".join(unicodedata.normalize("NFKC", text).split()).strip(_AROUND).upper()
    if not said or len(said) > LONGEST:
        return Unclear()
    if said in _YES:
        return Yes()
    if said in _NO:
        return No()
    if said in _ENQUIRY:
        return Enquiry()
    if ended := _END.fullmatch(said):
        return _end(ended[1], plan, receiver)
    return _order(said, plan, receiver)


def _order(said: str, plan: NumberPlan, receiver: str) -> Order | Unclear:
    if not (said.isascii() and said.isdecimal()):
        return Unclear()
    for access in _meant(plan, receiver):
        if len(said) == access.width:
            return Order(access.number + said)
    for access in plan.access:
        if said.startswith(access.number) and len(said) == len(access.number) + access.width:
            return Order(said)
    return Unclear()


def _end(digits: str, plan: NumberPlan, receiver: str) -> End | Unclear:
    code = _order(digits, plan, receiver)
    for access in _meant(plan, receiver):
        if len(digits) == access.product_width:
            return End(digits)
    for access in plan.access:
        if isinstance(code, Order) and code.dialled.startswith(access.number):
            return End(code.dialled.removeprefix(access.number)[: access.product_width])
    return Unclear()


def _meant(plan: NumberPlan, receiver: str) -> list[Access]:
    """The access number that the message was sent to, which may have what the network adds before it; else any."""
    return [access for access in plan.access if receiver.endswith(access.number)] or list(plan.access)
