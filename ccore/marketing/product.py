"""What a designer writes of a product: a table of a file, or a body of the API."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from ccore.tables import Closed, Name

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # what begins nowhere in particular begins here
_NEVER = datetime.max.replace(tzinfo=UTC)
_YEARS = range(2000, 2200)
MOST_INTRO = 300  # characters: a kit is a text message of some parts

Code = Annotated[str, Field(pattern=r"^[0-9]{1,6}$")]
Beginning = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,13}$", description="of E.164 numbers, such as +86138")]
# Strict: 9.90 is no number of fen, and nobody means it rounded.
Fen = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Price = Annotated[int, Field(strict=True, ge=1, le=100_000_000, description="fen; at most 1,000,000 yuan")]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000, description="of the price; 1250 is 12.5 %")]
Count = Annotated[int, Field(strict=True, ge=2, le=10_000_000)]


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("one line of text, without spaces around it")
    return text


def _in_reach(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return at


Line = Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=40)]
Text = Annotated[str, AfterValidator(_printable), Field(max_length=MOST_INTRO)]
Time = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Names(Closed):
    """What a product is called."""

    zh: Line
    en: Line


class Intro(Closed):
    """What the claim kit says of it."""

    zh: Text = ""
    en: Text = ""


class Span(Closed):
    """From ``starts`` until just before ``ends``; none: without limit on that side."""

    starts: Time | None = None
    ends: Time | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError("it ends before it starts")
        return self


class Tier(Closed):
    """From the holder's ``nth`` sale of a period on, this instead."""

    nth: Count
    fen: Fen | None = None
    basis_points: BasisPoints | None = None


class Rule(Span):
    """酬金规则: what a sale earns, and when; one without ``starts`` holds from the beginning of the sale."""

    kind: Literal["flat", "percent"]
    fen: Fen | None = None
    basis_points: BasisPoints | None = None
    tiers: Annotated[tuple[Tier, ...], Field(max_length=20)] = ()
    hold_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    clawback_days: Annotated[int, Field(strict=True, ge=0, le=3660)] = 0

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        amounts = [(self.fen, self.basis_points), *((tier.fen, tier.basis_points) for tier in self.tiers)]
        if any(
            (fen is None, points is None) != (self.kind != "flat", self.kind != "percent") for fen, points in amounts
        ):
            raise ValueError("a flat rule has fen, a rule by percent has basis_points, and so have its tiers")
        if any(one.nth >= other.nth for one, other in pairwise(self.tiers)):
            raise ValueError("tiers stand in order, each from a later sale than the one before")
        return self

    def earns_as(self, other: "Rule") -> bool:
        """Whether it pays the same, whenever it holds."""
        return self.model_copy(update={"starts": other.starts, "ends": other.ends}) == other


class Eligibility(Closed):
    """Who may order it beside what ``lines`` says. ``beginnings`` and ``regions``: none of both is everybody.

    ``needs``: the subscriber has one of these products, active; ``excludes``: they have none of these.
    """

    beginnings: tuple[Beginning, ...] = ()
    regions: tuple[Name, ...] = ()
    needs: tuple[Code, ...] = ()
    excludes: tuple[Code, ...] = ()


class Combo(Closed):
    """Products sold under one code as one order. ``part_held``: what of a subscriber who has a part of it already."""

    parts: Annotated[tuple[Code, ...], Field(min_length=2, max_length=20)]
    part_held: Literal["refuse", "allow"] = "refuse"


class Product(Closed):
    """One product."""

    code: Code
    name: Names
    intro: Intro = Intro()
    price_fen: Price
    term_days: Annotated[int, Field(strict=True, ge=1, le=36_600)] | None = None  # none: until it is cancelled
    lines: Literal["any", "mobile"] = "any"
    ways: Annotated[tuple[Literal["call", "sms", "web", "agent"], ...], Field(min_length=1)] = ("call", "sms")
    confirm: Literal["none", "key", "sms"] = "none"
    confirm_within_h: Annotated[int, Field(strict=True, ge=1, le=720)] = 24
    sale: Span = Span()
    provision_as: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")] | None = None
    eligibility: Eligibility = Eligibility()
    combo: Combo | None = None
    commission: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        others = (*self.eligibility.needs, *self.eligibility.excludes, *(self.combo.parts if self.combo else ()))
        if self.code in others:
            raise ValueError("a product is no part of itself, and neither needs nor excludes itself")
        if set(self.eligibility.needs) & set(self.eligibility.excludes):
            raise ValueError("eligibility: nobody has what it both needs and excludes")
        if clash := overlap(self.commission, self.sale.starts):
            raise ValueError(f"commission: the versions {clash[0]} and {clash[1]} overlap: at no time may two hold")
        if not covered(self.commission, self.sale):
            raise ValueError("commission: there are times of the sale when no version holds")
        return self


class Region(Closed):
    """Where numbers are, by what they begin with."""

    beginnings: Annotated[tuple[Beginning, ...], Field(min_length=1)]


class ProductFile(Closed):
    """A file of products: ``[[product]]`` for each, and ``[region.name]`` for the regions that they name."""

    region: dict[Name, Region] = Field(default_factory=dict)
    product: tuple[Product, ...] = ()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        codes = [product.code for product in self.product]
        if twice := {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"products stand here twice: {', '.join(sorted(twice))}")
        return self


def overlap(rules: tuple[Rule, ...], sale_starts: datetime | None) -> tuple[int, int] | None:
    """Two versions (from 1, as they stand) of which one begins before the other ends; None: there are none."""
    numbered = sorted((_starts(rule, sale_starts), number, rule) for number, rule in enumerate(rules, 1))
    for (_, one, rule), (starts, other, _) in pairwise(numbered):
        if rule.ends is None or rule.ends > starts:
            return min(one, other), max(one, other)
    return None


def covered(rules: tuple[Rule, ...], sale: Span) -> bool:
    """Whether a version holds at every moment of the sale; they do not overlap."""
    until = sale.starts or EPOCH
    for starts, ends in sorted((_starts(rule, sale.starts), rule.ends or _NEVER) for rule in rules):
        if starts > until:
            return False
        until = max(until, ends)
    return until >= (sale.ends or _NEVER)


def normal(product: Product) -> Product:
    """The product as the database gives it back: what has no order in order, and every version with its beginning."""
    eligible, sale = product.eligibility, product.sale
    rules = sorted(
        (rule.model_copy(update={"starts": _starts(rule, sale.starts)}) for rule in product.commission),
        key=lambda rule: rule.starts or EPOCH,
    )
    update = {
        "ways": tuple(sorted(set(product.ways))),
        "eligibility": Eligibility(
            beginnings=tuple(sorted(set(eligible.beginnings))),
            regions=tuple(sorted(set(eligible.regions))),
            needs=tuple(sorted(set(eligible.needs))),
            excludes=tuple(sorted(set(eligible.excludes))),
        ),
        "combo": product.combo and product.combo.model_copy(update={"parts": tuple(sorted(set(product.combo.parts)))}),
        "commission": tuple(rules),
    }
    return product.model_copy(update=update)


def _starts(rule: Rule, sale_starts: datetime | None) -> datetime:
    return rule.starts or sale_starts or EPOCH
