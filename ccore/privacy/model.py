"""What the map of personal data is made of: places, how a person's rows are found there, what erasure does to them."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Ref(enum.StrEnum):
    """What leads from a number to rows that do not have it themselves; the words stand in ``person_finds``."""

    NUMBER = "number"  # as it is written: one find for each way
    CALL = "call"  # LinkedID of a call that was theirs
    PASSING = "passing"  # LinkedID of a call in whose records the number stands, whoever's it was
    CALL_KEY = "call_key"  # node!uniqueid, or what orders and texts have in its place
    ORDER = "order"
    ATTEMPT = "attempt"
    CONTACT = "contact"
    RECORDING = "recording"
    MESSAGE = "message"


COUNTED = frozenset({Ref.ORDER, Ref.ATTEMPT, Ref.CONTACT, Ref.RECORDING, Ref.MESSAGE})  # these are bigint


class Tie(NamedTuple):
    """A row is theirs if ``column`` is one of their finds; ``many``: it is an array, and any of it may be."""

    column: str
    ref: Ref
    many: bool = False


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


class Fate(enum.StrEnum):
    """What erasure does to a person's rows."""

    DELETED = "deleted"
    REPLACED = "replaced"  # the number by a pseudonym; names and texts go
    KEPT = "kept"


class Hand(enum.StrEnum):
    """Who does it."""

    MAP = "map"  # a statement made of this map
    LISTS = "lists"  # ccore.dialer.lists, which knows what is being called
    RECORDINGS = "recordings"  # ccore.recording.erasing, which destroys keys and proves it


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows for which ``when`` (SQL over ``t``) holds stay as they are, and why."""

    when: str
    why: Words


@dataclass(frozen=True, slots=True)
class Place:
    """One table, or one side of it.

    A row is the person's by any of ``ties``, or if the number stands anywhere in the columns ``mention``, or in those
    of ``binary``, which are bytea. ``within`` bounds that search in large tables in which no person writes, ``only``
    (SQL over ``t``) any; what is theirs by ``besides`` another place of the table has. ``gives``: what the row leads
    on to, as SQL over ``t``. ``numbers`` and ``jsons`` have the number replaced, ``sets`` become something else;
    ``why`` says why rows that could be deleted are not. ``covers``: columns that are the person's all the same.
    ``hides``: what is no business of theirs when they are told.
    """

    key: str
    table: str
    name: Words
    fate: Fate
    ties: tuple[Tie, ...] = ()
    mention: tuple[str, ...] = ()
    binary: tuple[str, ...] = ()
    within: tuple[Tie, ...] = ()
    besides: tuple[Tie, ...] = ()
    only: str = ""
    gives: Mapping[Ref, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    jsons: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    kept: Kept | None = None
    why: Words | None = None
    hand: Hand = Hand.MAP
    told: bool = True
    hides: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    sealed: bool = False  # its rows are never changed otherwise: refuse_change()

    @property
    def columns(self) -> frozenset[str] | None:
        """Those it decides about; None: all of its table."""
        if self.fate is not Fate.REPLACED or self.hand is not Hand.MAP:
            return None
        ties = {tie.column for tie in self.ties}
        return frozenset({*self.numbers, *self.jsons, *self.sets, *self.mention, *ties, *self.covers})
