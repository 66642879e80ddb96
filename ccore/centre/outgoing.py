"""The trunks campaigns call out by, as data: how many calls, how fast, at what cost, and when a trunk is left alone."""

from typing import Annotated, Literal, Self

from pydantic import Field, RootModel, model_validator

from ccore.nodes import Name as Trunk
from ccore.tables import Closed, Digits

FILE = "outgoing.toml"
FAR_END = "far-end"  # of ccore.toml's defaults, to try campaigns out: where it is not, its table is no fault
# What a cause of a carrier can be said to mean: the outcomes of ``ccore.dialer.model`` of calls that did not come off.
Said = Literal["no-answer", "busy", "invalid", "congestion"]
# A cause as it stands in the table of causes: ``q850-34``, or ``sip-503`` for a status that came without one.
Cause = Annotated[str, Field(pattern=r"^(q850-[1-9][0-9]{0,2}|sip-[3-6][0-9]{2})$")]
# How the numbers begin that a caller ID is for: +8621, +86139.
Beginning = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,10}$")]
Fen = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Code(Closed):
    """What a cause means on this trunk, where its carrier means something else by it than others."""

    outcome: Said
    retry: bool
    trunk_fault: bool = Field(default=False, description="it is the trunk that failed: several, and it rests")


class Rest(Closed):
    """When a trunk that fails is left alone.

    After ``in_a_row`` faults with no call between that came off, or ``faults`` of them ``within_s``: for ``for_s``, and
    ``times`` as long each time it goes on failing, ``most_s`` at most. A call that comes off begins it anew.
    """

    in_a_row: Annotated[int, Field(ge=1, le=1000)] = 5
    faults: Annotated[int, Field(ge=1, le=10_000)] = 20
    within_s: Annotated[int, Field(ge=1, le=3600)] = 60
    for_s: Annotated[int, Field(ge=1, le=86_400)] = 30
    times: Annotated[float, Field(ge=1, le=10)] = 2.0
    most_s: Annotated[int, Field(ge=1, le=86_400)] = 1800


class Outgoing(Closed):
    """A trunk of ``ccore.toml`` that campaigns may call out by.

    Money is whole fen. A call costs ``fen_per_call`` as soon as it is dialled, whatever comes of it, and
    ``fen_per_minute`` for each minute begun since it was answered. A cap lets no new call begin that would go over it
    with its first minute; calls under way go on.
    """

    channels: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="most that campaigns use of it; else all of ccore.toml, 30 of an E1"
    )
    kept_for_inbound: Annotated[int, Field(ge=0, le=10_000, description="channels never counted on")] = 0
    calls_per_s: Annotated[float, Field(gt=0, le=100)] = 5.0
    priority: Annotated[int, Field(ge=0, le=100, description="higher first; of equals the least used")] = 0
    caller_ids: tuple[Digits, ...] = Field(default=(), description="shown to who is called, one after the other")
    caller_ids_for: dict[Beginning, Digits] = Field(
        default={}, description="by how the number called begins, the longest first; goes before caller_ids"
    )
    form: Literal["national", "e164", "00"] = Field(
        default="national", description="numbers of the own country: 13812345678, +86138…, 0086138…; others e164 or 00"
    )
    prefix: Annotated[str, Field(pattern=r"^[0-9]{0,8}$", description="before each number")] = ""
    fen_per_call: Fen = 0
    fen_per_minute: Fen = 0
    most_fen_per_day: Fen | None = None
    most_fen_per_month: Fen | None = None
    rest: Rest = Rest()
    codes: dict[Cause, Code] = Field(default={}, description="where this carrier's causes mean something else")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.form == "e164" and self.prefix:
            raise ValueError("prefix: nothing goes before a number with +")
        if self.rest.most_s < self.rest.for_s:
            raise ValueError("rest: most_s is less than for_s")
        return self


class OutgoingFile(RootModel[dict[Trunk, Outgoing]]):
    """``outgoing.toml``: a table for each trunk campaigns may call out by; by one that has none they never do."""

    root: dict[Trunk, Outgoing] = {}
