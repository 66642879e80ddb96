"""What a walk needs done on its way and Asterisk has no part in: look-ups, notes, texts, announcements by phone."""

import asyncio
from dataclasses import dataclass

import structlog

from ccore.errors import CcoreError
from ccore.ivr.announcers import Announcers
from ccore.ivr.fetch import LookUps
from ccore.ivr.instructions import CallSeen
from ccore.ivr.menus import Menus
from ccore.ivr.model import (
    Announcing,
    Facts,
    Fetch,
    Input,
    NotAnswered,
    NoteAnswers,
    NoteCallBack,
    Returned,
    SendText,
    State,
    Step,
)
from ccore.ivr.notes import Notes

log = structlog.get_logger()

Errand = Fetch | Announcing | NoteCallBack | NoteAnswers | SendText


@dataclass(frozen=True, slots=True)
class Errands:
    """Those who are sent. None of them outlasts the caller's patience or breaks the walk, whatever happens."""

    look_ups: LookUps
    notes: Notes
    announcers: Announcers

    async def run(
        self, step: Step, call: CallSeen, menus: Menus, state: State, facts: Facts, ends: float
    ) -> Input | None:
        """What came of ``step`` by the deadline ``ends`` (of the loop's clock); None if it is no errand."""
        if not isinstance(step, Errand):
            return None
        try:
            async with asyncio.timeout_at(ends):
                return await self._run(step, call, menus, state, facts)
        except (CcoreError, TimeoutError, KeyError) as error:  # KeyError: the menus name what they do not have
            log.error("menu_errand_failed", call_id=call.call_id, node=state.node, reason=repr(error))
            return NotAnswered() if isinstance(step, Fetch | Announcing) else Returned(False)

    async def _run(self, step: Errand, call: CallSeen, menus: Menus, state: State, facts: Facts) -> Input:
        match step:
            case Fetch(adapter=name, ask=ask):
                return await self.look_ups.fetch(name, menus.adapters[name], ask)
            case Announcing():
                return await self.announcers.step(call.key, call.caller, step)
            case NoteCallBack(queue=queue, number=number):
                noted = self.notes.call_back(call.key, queue, number or facts.caller, facts.now)
            case NoteAnswers(survey=survey, answers=answers):
                noted = self.notes.answers(call.key, survey, answers, facts.now)
            case SendText(text=name, values=values):
                text = menus.texts[name]
                noted = self.notes.text(call.key, facts.caller, name, text, state.language, values)
        return Returned(await noted)
