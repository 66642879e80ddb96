"""The agents' side of campaigns: whom they look at before they call, and whom they talk to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.dialer.at_desk import AtDesk
from ccore.dialer.preview import Answer, Preview
from ccore.log import mask_number
from ccore.people.model import Role
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.live_calls import LiveCalls
from ccore.web.v1.operations import Asked, Done, Operation, Told

_REFUSED: Mapping[Answer, type[web.HTTPException]] = {
    Answer.NO_CAMPAIGN: web.HTTPNotFound,
    Answer.NOT_YOURS: web.HTTPNotFound,
    Answer.NOT_SENT: web.HTTPServiceUnavailable,
}


class PreviewWanted(Said):
    """Of which campaign; none named: of any of the agent's."""

    campaign: Name | None = None


class Skip(Said):
    """Why this contact is not called."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ScreenContact(Told):
    """Who it is, as their list says; ``others`` are more numbers of theirs. Numbers are masked; ``zone``: of time."""

    contact: int
    name: str
    number: str
    others: list[str]
    list: str
    region: str
    zone: str
    fields: dict[str, str]
    attempts: int
    last_outcome: str | None
    disposition: str | None


class ScriptPart(Told):
    """A piece of what is read out: the campaign's words, or the value of the contact's ``field``."""

    text: str
    field: str


class EarlierAttempt(Told):
    """The number was dialled before."""

    attempt: int
    campaign: str
    dialled_at: datetime
    outcome: str | None
    agent: str | None
    disposition: str | None
    notes: list[str]


class ConsentShown(Told):
    """That they may be called for this."""

    given_at: datetime
    evidence: str


class CallBackDue(Told):
    """When they asked to be called, by whom; no agent: by anybody."""

    due_at: datetime
    agent: str | None
    note: str


class Screen(Told):
    """What an agent sees of a contact. ``dispositions``: what becomes of the contact with each result.

    ``call``, ``mode`` and ``agent`` are those of the call they are in, if there is one.
    """

    campaign: str
    contact: ScreenContact
    script: list[ScriptPart]
    dispositions: dict[str, Literal["done", "again", "call-back", "do-not-call"]]
    history: list[EarlierAttempt]
    consent: ConsentShown | None
    consent_needed: bool
    call_back: CallBackDue | None
    call: str | None = None
    mode: str | None = None
    agent: str | None = None


class PreviewShown(Told):
    """Offered until ``decide_by``, or being dialled as ``call``."""

    number: int
    state: Literal["offered", "dialling"]
    decide_by: datetime
    call: str | None


class Previewed(Told):
    """What an agent has before them; null: nobody, or (the screen alone) somebody who has been erased."""

    preview: PreviewShown | None
    screen: Screen | None


class CallScreen(Told):
    """Whom the phone rings for, or who is on it; null: nobody of a campaign."""

    screen: Screen | None


class _Previews:
    def __init__(self, live: LiveCalls, at_desk: AtDesk) -> None:
        self._live = live
        self._at_desk = at_desk
        self._previews = at_desk.previews

    async def current(self, asked: Asked[None, None]) -> Previewed:
        return await self._shown(await self._previews.current(_agent(asked)))

    async def following(self, asked: Asked[PreviewWanted, None]) -> Previewed:
        found = await self._previews.next(_agent(asked), asked.body.campaign)
        if isinstance(found, Preview) or found is Answer.NOBODY:
            return await self._shown(found if isinstance(found, Preview) else None)
        raise _refusal(found)

    async def dial(self, asked: Asked[None, None]) -> Done:
        return _done(await self._previews.dial(_agent(asked), asked.number("number")))

    async def skip(self, asked: Asked[Skip, None]) -> Done:
        return _done(await self._previews.skip(_agent(asked), asked.number("number"), asked.body.reason))

    async def stop(self, asked: Asked[None, None]) -> Done:
        return _done(await self._previews.stop(_agent(asked)))

    async def call(self, asked: Asked[None, None]) -> CallScreen:
        presence = self._live.presence(_agent(asked))
        screen = await self._at_desk.screens.of_call(presence.call) if presence and presence.call else None
        return CallScreen(screen=_screen(screen))

    async def _shown(self, preview: Preview | None) -> Previewed:
        if preview is None:
            return Previewed(preview=None, screen=None)
        screen = await self._at_desk.screens.of_contact(preview.contact, preview.campaign, preview.attempt)
        shown = {
            "number": preview.number,
            "state": preview.state,
            "decide_by": preview.decide_by,
            "call": f"attempt-{preview.attempt}" if preview.attempt else None,
        }
        return Previewed(preview=PreviewShown.model_validate(shown), screen=_screen(screen))


def operations(live: LiveCalls, at_desk: AtDesk) -> list[Operation[Any, Any]]:
    """For agents."""
    on, one = _Previews(live, at_desk), "/desk/preview/{number:int}"
    who = frozenset({Role.AGENT})
    return [
        Operation("GET", "/desk/preview", "Whom one looks at", who, on.current, answer=Previewed),
        Operation("POST", "/desk/preview", "The next contact", who, on.following, body=PreviewWanted,
                  answer=Previewed),
        Operation("DELETE", "/desk/preview", "Look at nobody any more", who, on.stop, answer=Done),
        Operation("POST", f"{one}/dial", "Call them", who, on.dial, answer=Done),
        Operation("POST", f"{one}/skip", "Not this one", who, on.skip, body=Skip, answer=Done),
        Operation("GET", "/desk/call", "Who is on the phone", who, on.call, answer=CallScreen),
    ]  # fmt: skip


def _agent(asked: Asked[Any, None]) -> str:
    """Raises HTTPConflict for one who takes no calls."""
    if not asked.person.agent:
        raise web.HTTPConflict(text="you are no agent")
    return asked.person.agent


def _screen(screen: Mapping[str, Any] | None) -> Screen | None:
    if screen is None:
        return None
    history = [{**each, "attempt": each["attempt_id"]} for each in screen["history"]]
    contact = {**screen["contact"], "number": mask_number(screen["contact"]["number"])}
    contact["others"] = [mask_number(each) for each in contact["others"]]
    return Screen.model_validate({**screen, "contact": contact, "history": history})


def _done(answer: Answer) -> Done:
    if answer is Answer.DONE:
        return Done()
    raise _refusal(answer)


def _refusal(answer: Answer) -> web.HTTPException:
    return _REFUSED.get(answer, web.HTTPConflict)(text=str(answer))
