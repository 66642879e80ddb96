"""Answers Asterisk's question what comes next for a caller in a queue: each time from the call's own state."""

import asyncio
import enum
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from ccore.centre.centre import Centre
from ccore.centre.lines import OWN_LINE
from ccore.clock import utc_now
from ccore.config import Config
from ccore.errors import CcoreError, OutcomeUnknown, Unavailable
from ccore.prompts.spoken import spoken
from ccore.queues import travelling
from ccore.queues.model import Caller
from ccore.queues.routing import Entry, Waiting
from ccore.queues.visit import (
    Ask,
    Closing,
    Event,
    Facts,
    Leave,
    Next,
    NoteCallBack,
    Say,
    SendText,
    Step,
    Visit,
    Wait,
    Words,
    enters,
    walk,
)
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()

Instructions = Mapping[str, str]  # by name; dialplan/README.md tells what each is

STEP_S = 1.7  # for all that is asked for within one answer; the dialplan waits 2 s
MOST_ERRANDS = 5  # within one answer
LONGEST_TIER = 40  # the visit has to fit into one variable
OWN_FOLDER = "ccore/"  # where the prompts are, in every language's folder
_CLASS = re.compile(r"[A-Za-z0-9._+-]{1,40}")  # as the rows that numbers are counted from can have it
SILENCE_S = 5  # after which an offer is over


class Does(enum.StrEnum):
    """What Asterisk is to do: the values of CCORE_RESULT."""

    WAIT = "wait"
    SAY = "say"
    ASK = "ask"
    VOICEMAIL = "voicemail"
    BACK = "back"
    SURVEY = "survey"
    HANG_UP = "hang-up"


@dataclass(frozen=True, slots=True)
class Brought:
    """What comes with a caller: of the menu they came from, or the number of their call-back."""

    language: str = ""
    priority: int | None = None
    patience_s: int | None = None
    survey: bool = False
    menu: bool = False
    call_back: int | None = None
    hotline: str = ""
    record: bool = False


@dataclass(frozen=True, slots=True)
class CallWaiting:
    """A call as Asterisk tells it. ``key`` is its call key, ``caller`` digits or ``withheld`` or ``invalid``.

    ``state`` is CCORE_VISIT of the last answer, ``keys`` are the caller's since then.
    """

    key: str
    channel: str
    queue: str
    caller: str
    state: str = ""
    keys: str = ""
    brought: Brought = Brought()

    @property
    def call_id(self) -> str:
        """The call's name in the logs: its uniqueid."""
        return self.key.partition("!")[2]


@dataclass(frozen=True, slots=True)
class Decided:
    """How a caller enters a line, and the penalty of their own agent, who has a head start, if one has."""

    entry: Entry
    own_penalty: int | None = None
    expected_s: int | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What visits need of the rest of ccore. None of it may raise but CcoreError, nor outlast its caller's patience.

    ``recording`` gives the stem to record to, or ""; it is asked once a call, when the caller first waits.
    """

    tier: Callable[[str], Awaitable[str]]  # of the customer with a number
    waiting: Callable[[], Iterable[Waiting]]  # callers of all lines
    decide: Callable[[str, Caller], Awaitable[Decided]]  # how they enter the queue
    recording: Callable[[CallWaiting, Visit], Awaitable[str]]
    records: Callable[[CallWaiting, Visit], bool]  # whether the caller has to be told so
    note_call_back: Callable[[CallWaiting, Visit, str], Awaitable[bool]]
    send_text: Callable[[CallWaiting, Visit, str], Awaitable[bool]]
    called_back: Callable[[int, str], Awaitable[Visit | None]]  # the visit that a call-back goes on with
    closings: Callable[[], Mapping[str, Closing]]


class Visits:
    """Takes callers through the queues given last (``use``)."""

    def __init__(self, means: Means, config: Config) -> None:
        self._means = means
        self._zone = config.zone
        self._region = config.site.region
        self._internal_extensions = config.ordering.internal_extensions
        self._language = config.prompts.language
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """From now on, also for those who wait."""
        self._centre = centre

    async def step(self, event: Event, call: CallWaiting) -> Instructions:
        """What comes next after ``event``. Raises Unavailable if nobody knows."""
        if self._centre is None or call.queue not in self._centre.queues:
            raise Unavailable(f"{call.queue} is no queue of this centre")
        ends = asyncio.get_running_loop().time() + STEP_S
        try:
            async with asyncio.timeout_at(ends):
                return await self._step(event, call, self._centre)
        except TimeoutError:
            raise Unavailable("it took too long") from None
        except OutcomeUnknown as error:  # Asterisk goes on without, and asks again
            raise Unavailable(str(error)) from error

    async def _step(self, event: Event, call: CallWaiting, centre: Centre) -> Instructions:
        visit = await self._visit(event, call, centre)
        facts, decided = self._facts(visit, call, centre), None
        if enters(visit, event, facts):
            decided = await self._means.decide(visit.queue, self._caller(visit, call))
            own_s = decided.entry.head_start_s if decided.own_penalty is not None else 0
            facts = replace(facts, head_start_s=own_s, expected_s=decided.expected_s)
        visit, step = walk(visit, event, call.keys, facts)
        for _ in range(MOST_ERRANDS):
            if not isinstance(step, NoteCallBack | SendText):
                return await self._told(visit, step, call, decided)
            visit, step = walk(visit, await self._errand(visit, step, call), "", facts)
        raise Unavailable(f"the visit to {visit.queue} goes round in circles")

    async def _visit(self, event: Event, call: CallWaiting, centre: Centre) -> Visit:
        """Where the caller is; without a state of their own they come anew."""
        if event is not Event.CAME and call.state:
            try:
                visit = travelling.load(call.state)
            except ValueError as error:
                log.error("visit_refused", call_id=call.call_id, queue=call.queue, reason=str(error), security=True)
            else:
                return visit if visit.queue in centre.queues else replace(visit, queue=call.queue)
        return await self._new(call)

    async def _new(self, call: CallWaiting) -> Visit:
        brought, number = call.brought, self._number(call.caller)
        if brought.call_back is not None and (visit := await self._means.called_back(brought.call_back, call.key)):
            return visit
        now = int(utc_now().timestamp())
        return Visit(
            call.queue,
            now,
            now,
            language=brought.language or self._language,
            tier=(await self._means.tier(number))[:LONGEST_TIER] if number else "",
            menu_priority=brought.priority or 0,
            patience_s=brought.patience_s or 7200,
            survey=brought.survey,
            menu=brought.menu,
            hotline=brought.hotline,
            record=brought.record,
        )

    def _number(self, caller: str) -> str:
        """E.164, or empty: a subscriber who can be called back."""
        who = subscriber(caller, self._region, self._internal_extensions)
        return who.e164 if isinstance(who, Subscriber) else ""

    def _caller(self, visit: Visit, call: CallWaiting) -> Caller:
        came_at = datetime.fromtimestamp(visit.came_at, UTC)
        number = self._number(call.caller)
        return Caller(call.key, number, visit.tier, visit.language, came_at, menu_priority=visit.menu_priority)

    def _facts(self, visit: Visit, call: CallWaiting, centre: Centre) -> Facts:
        return Facts(
            now=utc_now().astimezone(self._zone),
            centre=centre,
            waiting=Counter(each.queue for each in self._means.waiting()),
            closings=self._means.closings(),
            caller=call.caller if self._number(call.caller) else "",
            announce=self._means.records(call, visit),
        )

    async def _errand(self, visit: Visit, step: NoteCallBack | SendText, call: CallWaiting) -> Event:
        try:
            match step:
                case NoteCallBack(number=number):
                    done = await self._means.note_call_back(call, visit, number)
                case SendText(name=name):
                    done = await self._means.send_text(call, visit, name)
        except CcoreError as error:
            log.error("visit_errand_failed", call_id=call.call_id, queue=visit.queue, reason=str(error))
            done = False
        return Event.DONE if done else Event.NOT_DONE

    async def _told(self, visit: Visit, step: Step, call: CallWaiting, decided: Decided | None) -> Instructions:
        """The variables for ``step``."""
        told: dict[str, str] = {
            "CCORE_VISIT": travelling.dump(visit),
            "CCORE_QUEUE": visit.queue,
            "CCORE_LANGUAGE": visit.language,
        }
        match step:
            case Wait():
                return told | await self._line(visit, step, call, decided)
            case Say(words=words):
                return told | {"CCORE_RESULT": Does.SAY, "CCORE_FIRST": _files(words, visit.language)}
            case Ask(words=words, most=most):
                keys = {"CCORE_MOST": str(most), "CCORE_TERMINATOR": "#", "CCORE_SILENCE_S": str(SILENCE_S)}
                return told | keys | {"CCORE_RESULT": Does.ASK, "CCORE_PROMPT": _files(words, visit.language)}
            case Leave(to=Next.VOICEMAIL):
                return told | {"CCORE_RESULT": Does.VOICEMAIL, "CCORE_BOX": visit.queue}
            case Leave(to=Next.MENU, done=done):
                return told | {"CCORE_RESULT": Does.SURVEY if done else Does.BACK}
        return told | {"CCORE_RESULT": Does.HANG_UP}

    async def _line(self, visit: Visit, step: Wait, call: CallWaiting, decided: Decided | None) -> dict[str, str]:
        if decided is None or decided.entry.queue != visit.queue:  # they overflowed in this very step
            decided = await self._means.decide(visit.queue, self._caller(visit, call))
        entered, own = decided.entry, step.own and decided.own_penalty is not None
        penalties = (decided.own_penalty, decided.own_penalty) if own else (0, entered.max_penalty)
        return {
            "CCORE_RESULT": Does.WAIT,
            "CCORE_LINE": OWN_LINE if own else entered.line,
            "CCORE_TURN_S": str(step.turn_s),
            "QUEUE_PRIO": str(entered.priority),
            "QUEUE_MIN_PENALTY": str(penalties[0]),
            "QUEUE_MAX_PENALTY": str(penalties[1]),
            "CCORE_CLASS": visit.tier if _CLASS.fullmatch(visit.tier) else "",
            "CCORE_RULE": entered.rule,
            "CCORE_POSITION": "1" if own else str(entered.position),
            "CCORE_RECORD": await self._means.recording(call, visit),
        }


def _files(words: Words, language: str) -> str:
    """As Asterisk's Playback and Read take them."""
    names: list[str] = []
    for word in words:
        names += [word] if isinstance(word, str) else spoken(language, word.kind, word.text)
    return "&".join(OWN_FOLDER + name for name in names if not name.startswith("{"))
