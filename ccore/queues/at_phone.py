"""What agents dial at their phones: each code is asked of the agents, with what it still needs to know first."""

import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from ccore.db.pool import Database
from ccore.people.pins import Pins
from ccore.queues.agents import Agents, Outcome
from ccore.queues.model import Device, State

log = structlog.get_logger()

EXTENDED_S = 60  # of one *45
STEP_S = 1.7  # the dialplan waits 2 s


class Code(enum.StrEnum):
    """The feature codes, without their star."""

    SIGN_IN = "41"
    SIGN_OUT = "42"
    PAUSE = "43"
    READY = "44"
    EXTEND = "45"
    STATE = "46"


class Told(enum.StrEnum):
    """What the agent hears: the prompts ``agent-…``. Those that begin with ask- want digits."""

    ASK_NUMBER = "ask-number"
    ASK_PIN = "ask-pin"
    ASK_REASON = "ask-reason"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    PAUSED = "paused"
    PAUSED_LATER = "paused-later"  # after the call or the wrap-up they are in
    READY = "ready"
    EXTENDED = "extended"
    WRONG = "wrong"  # number or PIN
    LOCKED = "locked"
    NOT_SIGNED_IN = "not-signed-in"
    NO_PHONE = "no-phone"  # nobody signs in at this one
    NO_REASON = "no-reason"
    NOT_NOW = "not-now"
    IS_READY = "is-ready"
    IS_TALKING = "is-talking"
    IS_WRAPPING_UP = "is-wrapping-up"
    IS_PAUSED = "is-paused"
    IS_UNREACHABLE = "is-unreachable"


@dataclass(frozen=True, slots=True)
class Keyed:
    """Digits: the agent's number, once it is known, and what was keyed last."""

    agent: str = ""
    keys: str = ""


_REFUSED: Mapping[Outcome, Told] = {
    Outcome.UNKNOWN_AGENT: Told.WRONG,
    Outcome.UNKNOWN_DEVICE: Told.NO_PHONE,
    Outcome.NO_DEVICE: Told.NO_PHONE,
    Outcome.UNKNOWN_REASON: Told.NO_REASON,
    Outcome.NOT_SIGNED_IN: Told.NOT_SIGNED_IN,
    Outcome.NOT_NOW: Told.NOT_NOW,
    Outcome.RESULT_MISSING: Told.NOT_NOW,
}
_STATES: Mapping[State, Told] = {
    State.SIGNED_OUT: Told.NOT_SIGNED_IN,
    State.READY: Told.IS_READY,
    State.RINGING: Told.IS_TALKING,
    State.TALKING: Told.IS_TALKING,
    State.WRAP_UP: Told.IS_WRAPPING_UP,
    State.PAUSED: Told.IS_PAUSED,
    State.UNREACHABLE: Told.IS_UNREACHABLE,
}


class AtPhone:
    """Does what is dialled. Everything raises Unavailable, also when it takes longer than the dialplan waits."""

    def __init__(self, database: Database, agents: Agents) -> None:
        self._database = database
        self._agents = agents
        self._pins = Pins(database, "agents")

    async def step(self, code: Code, call_key: str, phone: str, node: str, keyed: Keyed) -> Told:
        """One step of a call from ``phone``; what they are told or asked next."""
        return await self._database.within_deadline(STEP_S, self._done(code, call_key, phone, node, keyed))

    async def _done(self, code: Code, call_key: str, phone: str, node: str, keyed: Keyed) -> Told:
        if code is Code.SIGN_IN:
            return await self._sign_in(call_key, phone, node, keyed)
        agent = self._signed_in_at(phone)
        if not agent:
            return Told.NOT_SIGNED_IN
        doing: Mapping[Code, Callable[[str, str], Awaitable[Told]]] = {
            Code.SIGN_OUT: self._sign_out,
            Code.PAUSE: self._pause,
            Code.READY: self._ready,
            Code.EXTEND: self._extend,
            Code.STATE: self._state,
        }
        return await doing[code](agent, keyed.keys)

    async def _sign_in(self, call_key: str, phone: str, node: str, keyed: Keyed) -> Told:
        if not keyed.agent:
            return Told.ASK_PIN if keyed.keys else Told.ASK_NUMBER
        judged = await self._pins.check(call_key, phone, keyed.agent, keyed.keys)
        if judged != "right":
            log.warning("agent_refused", call_id=call_key, phone=phone, agent=keyed.agent, why=judged, security=True)
            return Told.LOCKED if judged == "locked" else Told.WRONG
        kind = self._agents.kind_of(phone)
        outcome = await self._agents.sign_in(keyed.agent, Device(kind, phone, node), f"agent {keyed.agent}")
        return Told.SIGNED_IN if outcome is Outcome.DONE else _REFUSED[outcome]

    async def _sign_out(self, agent: str, _keys: str) -> Told:
        return _told(await self._agents.sign_out(agent, f"agent {agent}"), Told.SIGNED_OUT)

    async def _pause(self, agent: str, keys: str) -> Told:
        """Reasons are numbered from 1, in the order of centre.toml."""
        if not keys:
            return Told.ASK_REASON
        reasons = self._agents.pauses()
        if not 1 <= int(keys) <= len(reasons):
            return Told.NO_REASON
        outcome = await self._agents.pause(agent, reasons[int(keys) - 1], f"agent {agent}")
        at_once = self._agents.presences()[agent].state in {State.PAUSED, State.UNREACHABLE}
        return _told(outcome, Told.PAUSED if at_once else Told.PAUSED_LATER)

    async def _ready(self, agent: str, _keys: str) -> Told:
        by = f"agent {agent}"
        wraps_up = self._agents.presences()[agent].state is State.WRAP_UP
        if wraps_up and await self._agents.end_wrap_up(agent, by) is Outcome.RESULT_MISSING:
            return Told.NOT_NOW
        return _told(await self._agents.resume(agent, by), Told.READY)

    async def _extend(self, agent: str, _keys: str) -> Told:
        return _told(await self._agents.extend_wrap_up(agent, EXTENDED_S, f"agent {agent}"), Told.EXTENDED)

    async def _state(self, agent: str, _keys: str) -> Told:
        return _STATES[self._agents.presences()[agent].state]

    def _signed_in_at(self, phone: str) -> str:
        signed_in = self._agents.presences().values()
        return next((each.agent for each in signed_in if each.device and each.device.number == phone), "")


def _told(outcome: Outcome, done: Told) -> Told:
    return done if outcome is Outcome.DONE else _REFUSED[outcome]
