"""Answers Asterisk's question what comes next for a caller in a menu: each time from the call's own state."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter

from ccore.clock import utc_now
from ccore.errors import Unavailable
from ccore.ivr import marks, states
from ccore.ivr.errands import Errands
from ccore.ivr.instructions import EVENTS, REFUSED, CallSeen, Instructions, instructions
from ccore.ivr.loads import Load
from ccore.ivr.menu import Menu
from ccore.ivr.menus import Menus
from ccore.ivr.model import Announcement, Begun, Customer, Facts, Input, Keyed, Mark, Said, State, Walked
from ccore.ivr.sayings import Sayings
from ccore.ivr.sounds import Speak, dumb, files
from ccore.ivr.walk import begin, walk

log = structlog.get_logger()

STEPS = Counter("ccore_ivr_steps", "Answers to callers in menus, by what Asterisk was told to do", ["kind"])

VERSIONS_KEPT = 20  # menus of calls in progress: each lasts minutes, and is changed by people
STEP_S = 1.7  # for all that is asked for within one answer; the dialplan waits 2 s
MOST_ERRANDS = 20  # within one answer: menus that go round without a word end there


class Ivr:
    """Walks callers through the menus given last (``use``); a call keeps those it began with.

    ``customer`` tells who a number is, ``announced`` what plays first at which node, ``load`` how busy the queues are,
    ``speak`` makes a sound of a text, ``sayings`` understands what callers say.
    """

    def __init__(
        self,
        errands: Errands,
        customer: Callable[[str], Awaitable[Customer]],
        announced: Callable[[datetime], Mapping[str, Announcement]],
        load: Callable[[], Load],
        zone: ZoneInfo,
        speak: Speak = dumb,
        sayings: Sayings | None = None,
    ) -> None:
        self._errands = errands
        self._customer = customer
        self._announced = announced
        self._load = load
        self._zone = zone
        self._speak = speak
        self._sayings = sayings
        self._menus: dict[int, Menus] = {}  # by version, the live one last
        self.version = 0  # of the live one; none yet

    def use(self, version: int, menus: Menus) -> None:
        """New calls begin with these."""
        self._menus.pop(version, None)
        self._menus[version] = menus
        self.version = version
        for old in list(self._menus)[:-VERSIONS_KEPT]:
            del self._menus[old]

    async def step(self, event: str, call: CallSeen) -> Instructions:
        """What comes next after ``event``, one of EVENTS. Raises Unavailable if nobody knows."""
        ends = asyncio.get_running_loop().time() + STEP_S
        if event == "begun" and not self._is_open_to(call):
            log.warning("menu_refused", call_id=call.call_id, hotline=call.dialled, trunk=call.trunk, security=True)
            return REFUSED
        facts = await self._facts(call)
        state, came = self._received(event, call, facts)
        if isinstance(came, Said):
            came = await self._understood(state, call)
        walked = await self._walked(state, came, facts, call, ends)
        state = walked.state
        speak = partial(self._spoken, ends)
        saying = self._sayings.file(walked.step, state, call) if self._sayings else ""
        told = await instructions(walked.step, partial(files, language=state.language, speak=speak), saying)
        STEPS.labels(told["CCORE_RESULT"]).inc()
        return {
            **told,
            "CCORE_LANGUAGE": state.language,
            "CCORE_STEP": marks.dump(state, walked.marks),
            "CCORE_STATE": states.dump(state),
        }

    def _is_open_to(self, call: CallSeen) -> bool:
        """Whether the hotline, if there is one, is called by this trunk."""
        live = self._menus.get(self.version)
        hotline = live and live.hotlines.get(call.dialled)
        return not hotline or not hotline.trunks or call.trunk in hotline.trunks

    async def _spoken(self, ends: float, language: str, text: str) -> Path | None:
        """The sound of a text, if it can be had by the deadline ``ends``."""
        try:
            async with asyncio.timeout_at(ends):
                return await self._speak(language, text)
        except TimeoutError:
            return None

    async def _understood(self, state: State, call: CallSeen) -> Keyed | Said:
        """What a caller meant who may have spoken in the menu they are in; a key goes first."""
        node = self._menus[state.version].nodes.get(state.node)
        key = await self._sayings.key(node.speech, state, call) if self._sayings and isinstance(node, Menu) else ""
        return Keyed(call.keys) if call.keys else Said(key)

    async def _facts(self, call: CallSeen) -> Facts:
        caller = call.caller if call.caller.lstrip("+").isdigit() else ""
        now, load = utc_now(), self._load()
        return Facts(
            now=now.astimezone(self._zone),
            caller=caller,
            customer=await self._customer(caller) if caller else Customer(),
            waiting=load.waiting,
            agents=load.agents,
            announcements=self._announced(now),
        )

    def _received(self, event: str, call: CallSeen, facts: Facts) -> tuple[State, Input]:
        """Where the call is, and what came. Without a state that is its own it begins anew."""
        if event != "begun":
            try:
                return self._own(states.load(call.state), call), EVENTS[event] or Keyed(call.keys)
            except ValueError as error:
                log.error(
                    "menu_state_refused", call_id=call.call_id, hotline=call.dialled, reason=str(error), security=True
                )
        if self.version not in self._menus:
            raise Unavailable("there are no menus yet")
        try:
            state = begin(self._menus[self.version], self.version, call.dialled, facts)
        except KeyError:
            raise Unavailable(f"{call.dialled} is no hotline of menus {self.version}") from None
        log.info("menu_begun", call_id=call.call_id, hotline=call.dialled, version=self.version, node=state.node)
        return state, Begun()

    def _own(self, state: State, call: CallSeen) -> State:
        """The state, if it is this call's; with the menus there are if its own are not kept any more."""
        if state.hotline != call.dialled:
            raise ValueError("the state is another hotline's")
        if state.version in self._menus:
            return state
        log.warning("menu_version_gone", call_id=call.call_id, version=state.version, instead=self.version)
        return replace(state, version=self.version)

    async def _walked(self, state: State, came: Input, facts: Facts, call: CallSeen, ends: float) -> Walked:
        """On to the next thing that Asterisk has to do, with all that is to be asked or written down on the way."""
        menus, asked = self._menus[state.version], state.asked
        written: tuple[Mark, ...] = ()
        for _ in range(MOST_ERRANDS):
            walked = walk(menus, replace(state, asked=asked), came, facts)
            state, written = walked.state, written + walked.marks
            done = await self._errands.run(walked.step, call, menus, state, facts, ends)
            if done is None:
                return replace(walked, marks=written)
            came = done
        raise Unavailable(f"menus {state.version} go round in circles at {state.node}")
