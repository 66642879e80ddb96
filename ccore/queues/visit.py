"""What comes next for a caller who waits: from where they are in their visit, what has happened, and what is known."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ccore.centre.centre import Centre
from ccore.centre.lines import equal_from_s
from ccore.centre.queue import Choice, Queue
from ccore.hours import is_open
from ccore.prompts.kinds import Kind

EVERY_QUEUE = "all"  # in closings
ALL_KEYS = 15  # of a telephone number
OWN_NUMBER = "1"  # the key for "call me at the number you have read out"
NUMBER_TRIES = 3
MOST_QUEUES = 8  # of one visit
FULL_RETRY_S = 30  # until it is seen again whether the next queue takes callers
LEAST_TURN_S = 1  # a visit goes round with the time, never without
# The prompts that are said by themselves, by what an operator's queue lets callers choose.
NUMBER_IS, CONFIRM, KEY_NUMBER = "call-back-number-is", "call-back-confirm", "call-back-key-number"
NOTED, NOT_NOTED, SENT, NOT_SENT = "call-back-noted", "call-back-not-noted", "text-sent", "text-impossible"
EXPECTED_WAIT = "expected-wait"
CHOICE_PROMPTS: Mapping[Choice, tuple[str, ...]] = {
    "call-back": (NUMBER_IS, CONFIRM, KEY_NUMBER, NOTED, NOT_NOTED),
    "text": (SENT, NOT_SENT),
    "voicemail": (),
}

HeadStart = Literal["", "now", "over"]  # of the caller's own agent


class Event(enum.StrEnum):
    """What has happened, as the dialplan tells it; the last two are ccore's own."""

    CAME = "came"
    TIMED_OUT = "timed-out"  # the turn in the line is over
    KEYED = "keyed"  # a key while waiting, by which callers choose what the queue offers
    FULL = "full"  # app_queue takes nobody more
    EMPTY = "empty"  # nobody is there to answer
    ANSWERED = "answered"  # an agent had the call, and has hung up
    SAID = "said"
    ASKED = "asked"
    DONE = "done"  # what was to be written down is
    NOT_DONE = "not-done"


TOLD = tuple(event for event in Event if event not in {Event.DONE, Event.NOT_DONE})  # by the dialplan


class Next(enum.StrEnum):
    """What follows on what is being said, asked or done."""

    WAIT = "wait"
    NUMBER = "number"  # the number to call back
    MENU = "menu"
    VOICEMAIL = "voicemail"
    HANG_UP = "hang-up"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A value as it is said."""

    kind: Kind
    text: str


Words = tuple[str | Spoken, ...]  # names of prompts, and values


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a caller is. ``came_at`` (epoch, s) is when they came to the first queue: all their waiting counts.

    ``here_from`` is when they came to the line: the same, or later of one who was called back. ``patience_s`` is the
    menu's, ``survey`` and ``menu`` whether they may go on there, ``record`` whether the ``hotline`` has calls recorded.
    """

    queue: str
    came_at: int
    here_from: int
    language: str = "zh"
    tier: str = ""
    menu_priority: int = 0
    patience_s: int = 7200
    survey: bool = False
    menu: bool = False
    hotline: str = ""
    record: bool = False
    then: Next = Next.WAIT
    number: str = ""
    tries: int = 0
    head_start: HeadStart = ""
    behind: tuple[str, ...] = ()  # the queues they came through

    @property
    def called_back(self) -> bool:
        """Whether they were called back, having waited elsewhere until then."""
        return self.here_from > self.came_at


@dataclass(frozen=True, slots=True)
class Closing:
    """An emergency: callers of a queue hear ``prompt``; with ``waiting``, also those who wait already."""

    prompt: str
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at this moment: ``now`` is of the site's zone, ``waiting`` callers by queue.

    ``caller`` is the number they can be called back at, E.164 or empty; ``announce`` tells that the call is recorded;
    ``head_start_s`` is how long their own agent comes first, ``expected_s`` how long it will take, if that is known.
    """

    now: datetime
    centre: Centre
    waiting: Mapping[str, int]
    closings: Mapping[str, Closing]
    caller: str = ""
    announce: bool = False
    head_start_s: int = 0
    expected_s: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """In the line, for a turn of so many seconds at most; ``own``: for their own agent alone."""

    turn_s: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Words, to their end."""

    words: Words


@dataclass(frozen=True, slots=True)
class Ask:
    """Words, and up to so many keys."""

    words: Words
    most: int


@dataclass(frozen=True, slots=True)
class NoteCallBack:
    """Have ``number`` called when the caller's place has its turn."""

    number: str


@dataclass(frozen=True, slots=True)
class SendText:
    """Send the caller the text ``name`` of texts.toml."""

    name: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Go on elsewhere: to the menu, to voicemail, or hang up."""

    to: Next
    done: bool = False  # an agent has spoken with them


Step = Wait | Say | Ask | NoteCallBack | SendText | Leave
Walked = tuple[Visit, Step]


def walk(visit: Visit, event: Event, keys: str, facts: Facts) -> Walked:
    """The caller's next step. Raises KeyError if there is no such queue."""
    return _ON[event](visit, facts.centre.queues[visit.queue], keys, facts)


def enters(visit: Visit, event: Event, facts: Facts) -> bool:
    """Whether the caller may get into a line now for the first time: it has to be known how."""
    if event is Event.CAME:
        return _why_not(visit, facts.centre.queues[visit.queue], facts) is None
    return not visit.head_start and visit.then is Next.WAIT


def closed(name: str, facts: Facts) -> Closing | None:
    """The emergency that keeps callers out of the queue."""
    return facts.closings.get(name) or facts.closings.get(EVERY_QUEUE)


def opens(queue: Queue, facts: Facts) -> bool:
    """Whether it is within the queue's hours."""
    hours = facts.centre.hours.get(queue.hours) if queue.hours else None
    return hours is None or is_open(hours, facts.centre.calendar, facts.now) == "open"


def waited_s(visit: Visit, now: datetime) -> int:
    """How long they wait on the line."""
    return max(0, int(now.timestamp()) - visit.here_from)


def _come(visit: Visit, queue: Queue, keys: str, facts: Facts) -> Walked:
    why_not = _why_not(visit, queue, facts)
    if why_not is Event.FULL:
        return _full(visit, queue, keys, facts)
    if why_not is not None:
        return _end(visit, queue, why_not)
    return _say(visit, _greeting(visit, queue, facts), Next.WAIT, facts)


def _why_not(visit: Visit, queue: Queue, facts: Facts) -> Words | Literal[Event.FULL] | None:
    """What a caller is told who does not come in; None: they do. Who was called back has their place already."""
    if emergency := closed(visit.queue, facts):
        return (emergency.prompt,)
    if not opens(queue, facts):
        return queue.closed
    if not visit.called_back and facts.waiting.get(visit.queue, 0) >= queue.capacity:
        return Event.FULL
    return None


def _greeting(visit: Visit, queue: Queue, facts: Facts) -> Words:
    words: Words = queue.recording.announce if facts.announce else ()
    if visit.called_back:
        return words
    words = queue.opening + words
    if queue.comfort.expected_wait and facts.expected_s:
        words += (EXPECTED_WAIT, Spoken(Kind.SECONDS, str(facts.expected_s)))
    return words


def _served(visit: Visit, _queue: Queue, _keys: str, _facts: Facts) -> Walked:
    """An agent has spoken with them, and hung up."""
    return visit, Leave(Next.MENU if visit.survey and visit.menu else Next.HANG_UP, done=True)


def _full(visit: Visit, queue: Queue, _keys: str, facts: Facts) -> Walked:
    return _elsewhere(visit, facts) or _end(visit, queue, queue.full)


def _empty(visit: Visit, queue: Queue, keys: str, facts: Facts) -> Walked:
    if visit.head_start == "now":  # their own agent has gone: the others are still there
        return _go_on(visit, queue, keys, facts)
    return _elsewhere(visit, facts) or _end(visit, queue, queue.timed_out)


def _after(visit: Visit, queue: Queue, keys: str, facts: Facts) -> Walked:
    """What was said or asked is over."""
    match visit.then:
        case Next.WAIT:
            return _go_on(visit, queue, keys, facts)
        case Next.NUMBER:
            return _number_keyed(visit, keys, facts)
        case Next.VOICEMAIL:
            return replace(visit, then=Next.HANG_UP), Leave(Next.VOICEMAIL)
        case Next.MENU | Next.HANG_UP:
            return visit, Leave(visit.then)


def _go_on(visit: Visit, queue: Queue, _keys: str, facts: Facts) -> Walked:
    """Whatever has its time now, else the line."""
    emergency, waited = closed(visit.queue, facts), waited_s(visit, facts.now)
    if emergency and emergency.waiting:
        return _end(visit, queue, (emergency.prompt,))
    if moved := _overflow(visit, queue, waited, facts):
        return _go_on(moved, facts.centre.queues[moved.queue], "", facts)
    if waited >= _longest_s(visit, queue):
        return _end(visit, queue, queue.timed_out)
    turn_s = _turn_s(visit, queue, waited)
    if not visit.head_start and facts.head_start_s:
        return replace(visit, head_start="now", then=Next.WAIT), Wait(min(facts.head_start_s, turn_s), own=True)
    return replace(visit, head_start="over", then=Next.WAIT), Wait(min(turn_s, _until_equal_s(visit, facts) or turn_s))


def _until_equal_s(visit: Visit, facts: Facts) -> int:
    """How long until they go to the line of those who have waited so long (``lines.line_of``); 0: not at all."""
    equal_s = equal_from_s(visit.queue, facts.centre.queues) or 0
    return max(0, visit.came_at + equal_s - int(facts.now.timestamp()))


def _turn_s(visit: Visit, queue: Queue, waited: int) -> int:
    """How long until the next thing has its time."""
    left = [each.after_s for each in queue.overflow if each.to not in visit.behind]
    later = [after_s if after_s > waited else waited + FULL_RETRY_S for after_s in left]
    return max(LEAST_TURN_S, min([_longest_s(visit, queue), *later]) - waited)


def _longest_s(visit: Visit, queue: Queue) -> int:
    return min(queue.longest_wait_s, visit.patience_s)


def _overflow(visit: Visit, queue: Queue, waited: int, facts: Facts) -> Visit | None:
    """The first other queue whose time has come and that takes callers; each is come to once."""
    for step in queue.overflow:
        if step.after_s <= waited and _takes(visit, step.to, facts):
            return _moved(visit, step.to)
    return None


def _elsewhere(visit: Visit, facts: Facts) -> Walked | None:
    """At once into the first other queue that takes callers, however short the waiting: here nobody will come."""
    for step in facts.centre.queues[visit.queue].overflow:
        if _takes(visit, step.to, facts):
            moved = _moved(visit, step.to)
            return _go_on(moved, facts.centre.queues[step.to], "", facts)
    return None


def _takes(visit: Visit, name: str, facts: Facts) -> bool:
    queue = facts.centre.queues.get(name)
    if queue is None or name in {visit.queue, *visit.behind} or len(visit.behind) >= MOST_QUEUES - 1:
        return False
    if closed(name, facts):
        return False
    return opens(queue, facts) and facts.waiting.get(name, 0) < queue.capacity


def _moved(visit: Visit, name: str) -> Visit:
    return replace(visit, queue=name, behind=(*visit.behind, visit.queue), then=Next.WAIT)


def _choose(visit: Visit, queue: Queue, keys: str, facts: Facts) -> Walked:
    """The offer itself is app_queue's, so that nobody is out of the line when their turn comes; the key is here."""
    emergency = closed(visit.queue, facts)
    if emergency and emergency.waiting:  # a key that ccore pressed, to get at those who wait
        return _end(visit, queue, (emergency.prompt,))
    choice: Choice | None = queue.offer.keys.get(keys) if queue.offer else None
    match choice:
        case "call-back" if not visit.called_back:
            return _ask_number(replace(visit, number=facts.caller, tries=0))
        case "voicemail":
            return replace(visit, then=Next.HANG_UP), Leave(Next.VOICEMAIL)
        case "text" if queue.offer and queue.offer.text:
            return replace(visit, then=Next.WAIT), SendText(queue.offer.text)
    return _go_on(visit, queue, keys, facts)


def _ask_number(visit: Visit) -> Walked:
    """Have the number confirmed, or another one keyed. Who says nothing three times waits on."""
    if visit.tries >= NUMBER_TRIES:
        return replace(visit, then=Next.WAIT), Say((NOT_NOTED,))
    words: Words = (KEY_NUMBER,)
    if visit.number:
        words = (NUMBER_IS, Spoken(Kind.DIGITS, visit.number.lstrip("+")), CONFIRM)
    return replace(visit, then=Next.NUMBER, tries=visit.tries + 1), Ask(words, ALL_KEYS)


def _number_keyed(visit: Visit, keys: str, facts: Facts) -> Walked:
    if visit.number and keys == OWN_NUMBER:
        return visit, NoteCallBack(visit.number)
    return _ask_number(replace(visit, number=keys if keys.isdigit() and len(keys) > 1 else visit.number))


def _noted(visit: Visit, _queue: Queue, _keys: str, _facts: Facts) -> Walked:
    if visit.then is Next.NUMBER:
        return replace(visit, then=Next.HANG_UP), Say((NOTED,))
    return replace(visit, then=Next.WAIT), Say((SENT,))


def _not_noted(visit: Visit, _queue: Queue, _keys: str, _facts: Facts) -> Walked:
    refused = NOT_NOTED if visit.then is Next.NUMBER else NOT_SENT
    return replace(visit, then=Next.WAIT), Say((refused,))


def _end(visit: Visit, queue: Queue, words: Words) -> Walked:
    """Tell them, then where the queue's callers go whom nobody answers."""
    then = Next(queue.then)
    if then is Next.MENU and not visit.menu:
        then = Next.HANG_UP
    visit = replace(visit, then=then)
    if words:
        return visit, Say(words)
    return (replace(visit, then=Next.HANG_UP) if then is Next.VOICEMAIL else visit), Leave(then)


def _say(visit: Visit, words: Words, then: Next, facts: Facts) -> Walked:
    visit = replace(visit, then=then)
    return (visit, Say(words)) if words else _go_on(visit, facts.centre.queues[visit.queue], "", facts)


_ON: Mapping[Event, Callable[[Visit, Queue, str, Facts], Walked]] = {
    Event.CAME: _come,
    Event.TIMED_OUT: _go_on,
    Event.KEYED: _choose,
    Event.FULL: _full,
    Event.EMPTY: _empty,
    Event.ANSWERED: _served,
    Event.SAID: _after,
    Event.ASKED: _after,
    Event.DONE: _noted,
    Event.NOT_DONE: _not_noted,
}
