"""Holds on recordings, and their erasure, over HTTP: as ``ccore recordings hold`` and ``erase`` do it."""

from datetime import datetime
from typing import Annotated, Any, Self

from aiohttp import web
from asyncpg import Record
from pydantic import Field, StringConstraints, model_validator

from ccore.log import mask_number
from ccore.people.model import Role
from ccore.recording.erasing import Erased, Erasing, HoldKind
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

HoldReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
HeldNumber = Annotated[str, Field(pattern=r"^\+[0-9]{2,20}$")]


class NewHold(Said):
    """What is not to be erased, one of the three: a recording, all of a call, or all of a number; and why."""

    recording: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    call: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    number: HeldNumber | None = None
    reason: HoldReason

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.recording, self.call, self.number)) != 1:
            raise ValueError("name one of recording, call and number")
        return self

    def what(self) -> tuple[HoldKind, str]:
        """As the ledger of holds has it."""
        if self.recording is not None:
            return "recording", str(self.recording)
        return ("number", self.number) if self.number is not None else ("call", self.call or "")


class ErasureWhy(Said):
    """Why."""

    reason: HoldReason


class ErasureOfNumber(ErasureWhy):
    """Whose, and why."""

    number: HeldNumber


class HoldMade(Told):
    """Its number."""

    hold: int


class RecordingHold(Told):
    """What is held; ``value`` is the recording, the call, or the number, which is masked."""

    hold: Annotated[int, Field(validation_alias="hold_id")]
    kind: HoldKind
    value: str
    reason: str
    by: Annotated[str, Field(validation_alias="by_whom")]
    at: datetime


class RecordingHolds(Told):
    """Those that did not end, the newest first."""

    holds: list[RecordingHold]


class RecordingKept(Told):
    """One that was not erased, and why not."""

    recording: int
    why: str


class ErasedOfNumber(Told):
    """Which of them are erased, and which are not."""

    erased: list[int]
    kept: list[RecordingKept]


class _Kept:
    def __init__(self, erasing: Erasing) -> None:
        self._erasing = erasing

    async def holds(self, _asked: Asked[None, None]) -> RecordingHolds:
        return RecordingHolds(holds=[_hold(row) for row in await self._erasing.holds()])

    async def hold(self, asked: Asked[NewHold, None]) -> HoldMade:
        kind, value = asked.body.what()
        held = await self._erasing.hold(kind, value, asked.body.reason, asked.person.login)
        if held is None:
            raise web.HTTPConflict(text="it is held for this reason already")
        return HoldMade(hold=held)

    async def release(self, asked: Asked[None, None]) -> Done:
        if not await self._erasing.release(asked.number("hold"), asked.person.login):
            raise web.HTTPNotFound(text="there is no such hold")
        return Done()

    async def erase(self, asked: Asked[ErasureWhy, None]) -> Done:
        outcome = await self._erasing.erase(asked.number("recording"), asked.person.login, asked.body.reason)
        if outcome is Erased.UNKNOWN:
            raise web.HTTPNotFound(text=outcome.value)
        if outcome is not Erased.ERASED:
            raise web.HTTPConflict(text=outcome.value)
        return Done()

    async def erase_all(self, asked: Asked[ErasureOfNumber, None]) -> ErasedOfNumber:
        found, said = await self._erasing.of_number(asked.body.number), (asked.person.login, asked.body.reason)
        told = {number: await self._erasing.erase(number, *said) for number in found}
        kept = [
            RecordingKept(recording=number, why=outcome.value)
            for number, outcome in told.items()
            if outcome is not Erased.ERASED
        ]
        return ErasedOfNumber(erased=[number for number in told if told[number] is Erased.ERASED], kept=kept)


def operations(erasing: Erasing) -> list[Operation[Any, Any]]:
    """Quality holds; only admins end holds and erase."""
    on, quality, admins = _Kept(erasing), frozenset({Role.QUALITY}), frozenset[Role]()
    holds = "/recordings/holds"
    return [
        Operation("GET", holds, "What is held", quality, on.holds, answer=RecordingHolds),
        Operation("POST", holds, "Hold recordings", quality, on.hold, body=NewHold, answer=HoldMade),
        Operation("DELETE", f"{holds}/{{hold:int}}", "End a hold", admins, on.release, answer=Done),
        Operation("POST", "/recordings/erasures", "Erase all of a number", admins, on.erase_all, body=ErasureOfNumber,
                  answer=ErasedOfNumber),
        Operation("POST", "/recordings/{recording:int}/erasure", "Erase one", admins, on.erase, body=ErasureWhy,
                  answer=Done),
    ]  # fmt: skip


def _hold(row: Record) -> RecordingHold:
    masked = {"value": mask_number(row["value"])} if row["kind"] == "number" else {}
    return RecordingHold.model_validate({**row, **masked})
