"""What Asterisk is told of a caller in a queue, from what the call itself carries and what the rest of ccore knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import Queue
from ccore.config import Config
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.hours import Calendar
from ccore.queues import travelling
from ccore.queues.model import Caller
from ccore.queues.routing import Entry, Waiting
from ccore.queues.visit import Closing, Event, Visit
from ccore.queues.visits import Brought, CallWaiting, Decided, Means, Visits

QUEUES = {"sales": Queue(), "second": Queue()}
MENU = Brought("en", 3, 120, survey=True, menu=True, hotline="10086", record=True)


@dataclass
class Rest:
    """The rest of ccore, as simple as can be."""

    decided: list[tuple[str, Caller]] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    own_penalty: int | None = None
    back: Visit | None = None
    fails: Exception | None = None
    sends: bool = True

    async def tier(self, number: str) -> str:
        return "gold" if number == "+8613812345678" else ""

    async def decide(self, queue: str, caller: Caller) -> Decided:
        if self.fails:
            raise self.fails
        self.decided.append((queue, caller))
        sticky, head_start_s = ("1001", 15) if self.own_penalty else ("", 0)
        entry = Entry(queue, f"{queue}-en", 7, 19, f"{queue}-late", sticky, head_start_s, "", 2, 1, ())
        return Decided(entry, self.own_penalty, None)

    async def recording(self, call: CallWaiting, _visit: Visit) -> str:
        return f"20270301/{call.call_id}_1"

    async def note(self, _call: CallWaiting, visit: Visit, number: str) -> bool:
        if self.fails:
            raise self.fails
        self.noted.append((visit.queue, number))
        return True

    async def text(self, _call: CallWaiting, _visit: Visit, name: str) -> bool:
        self.texts.append(name)
        return self.sends

    async def called_back(self, _number: int, _call_key: str) -> Visit | None:
        return self.back


def service(
    rest: Rest, queues: Mapping[str, Queue] | None = None, closings: Mapping[str, Closing] | None = None
) -> Visits:
    waiting: list[Waiting] = []
    means = Means(
        tier=rest.tier, waiting=lambda: waiting, decide=rest.decide, recording=rest.recording,
        records=lambda _call, _visit: False, note_call_back=rest.note, send_text=rest.text,
        called_back=rest.called_back, closings=lambda: closings or {},
    )  # fmt: skip
    built = Visits(means, Config(source=Path("ccore.toml")))
    built.use(Centre(queues or QUEUES, (), CentreFile(), {}, Calendar(), {}))
    return built


def call(state: str = "", keys: str = "", brought: Brought = MENU, caller: str = "13812345678") -> CallWaiting:
    return CallWaiting("node1!1.1", "PJSIP/trunk-local-1", "sales", caller, state, keys, brought)


async def test_a_caller_comes_into_the_line() -> None:
    rest = Rest()
    told = await service(rest).step(Event.CAME, call())
    state = told["CCORE_VISIT"]
    assert dict(told) == {
        "CCORE_RESULT": "wait", "CCORE_VISIT": state, "CCORE_QUEUE": "sales", "CCORE_LANGUAGE": "en",
        "CCORE_LINE": "sales-en", "CCORE_TURN_S": "120", "QUEUE_PRIO": "7", "QUEUE_MIN_PENALTY": "0",
        "QUEUE_MAX_PENALTY": "19", "CCORE_CLASS": "gold", "CCORE_RULE": "sales-late", "CCORE_POSITION": "2",
        "CCORE_RECORD": "20270301/1.1_1",
    }  # fmt: skip
    ((queue, caller),) = rest.decided
    assert (queue, caller.number, caller.tier, caller.language, caller.menu_priority) == (
        "sales", "+8613812345678", "gold", "en", 3,
    )  # fmt: skip
    visit = travelling.load(state)
    assert (visit.survey, visit.menu, visit.hotline, visit.record) == (True, True, "10086", True)


async def test_who_has_no_number_has_no_tier_and_the_sites_language() -> None:
    rest = Rest()
    told = await service(rest).step(Event.CAME, call(brought=Brought(), caller="withheld"))
    assert (told["CCORE_CLASS"], told["CCORE_LANGUAGE"]) == ("", "zh")
    assert rest.decided[0][1].number == ""


async def test_their_own_agent_has_a_line_and_then_all_have() -> None:
    visits = service(Rest(own_penalty=4))
    told = await visits.step(Event.CAME, call())
    assert (told["CCORE_LINE"], told["CCORE_TURN_S"]) == ("ccore-own", "15")
    assert (told["QUEUE_MIN_PENALTY"], told["QUEUE_MAX_PENALTY"], told["CCORE_POSITION"]) == ("4", "4", "1")
    told = await visits.step(Event.TIMED_OUT, call(told["CCORE_VISIT"]))
    assert (told["CCORE_LINE"], told["QUEUE_MIN_PENALTY"], told["QUEUE_MAX_PENALTY"]) == ("sales-en", "0", "19")


async def test_nobody_is_decided_on_who_does_not_come_in() -> None:
    rest = Rest()
    visits = service(rest, closings={"all": Closing("storm")})
    told = await visits.step(Event.CAME, call())
    assert (told["CCORE_RESULT"], told["CCORE_FIRST"]) == ("say", "ccore/storm")
    told = await visits.step(Event.SAID, call(told["CCORE_VISIT"]))
    assert (told["CCORE_RESULT"], rest.decided) == ("back", [])


async def test_a_call_back_is_noted_with_the_queue_they_wait_in() -> None:
    rest = Rest()
    visits = service(rest)
    state = (await visits.step(Event.CAME, call()))["CCORE_VISIT"]
    told = await visits.step(Event.KEYED, call(state, "1"))
    assert (told["CCORE_RESULT"], told["CCORE_MOST"], told["CCORE_TERMINATOR"]) == ("ask", "15", "#")
    assert told["CCORE_PROMPT"].startswith("ccore/call-back-number-is&ccore/n-1")
    told = await visits.step(Event.ASKED, call(told["CCORE_VISIT"], "1"))
    assert (told["CCORE_FIRST"], rest.noted) == ("ccore/call-back-noted", [("sales", "13812345678")])
    told = await visits.step(Event.SAID, call(told["CCORE_VISIT"]))
    assert told["CCORE_RESULT"] == "hang-up"


async def test_what_cannot_be_noted_is_not_promised() -> None:
    rest = Rest()
    visits = service(rest)
    state = (await visits.step(Event.CAME, call()))["CCORE_VISIT"]
    state = (await visits.step(Event.KEYED, call(state, "1")))["CCORE_VISIT"]
    rest.fails = Unavailable("away")
    assert (await visits.step(Event.ASKED, call(state, "1")))["CCORE_FIRST"] == "ccore/call-back-not-noted"


@pytest.mark.parametrize(("sends", "said"), [(True, "ccore/text-sent"), (False, "ccore/text-impossible")])
async def test_a_text_message(sends: bool, said: str) -> None:
    rest = Rest(sends=sends)
    visits = service(rest, {"sales": Queue.model_validate({"offer": {"text": "ways"}})})
    state = (await visits.step(Event.CAME, call()))["CCORE_VISIT"]
    told = await visits.step(Event.KEYED, call(state, "3"))
    assert (told["CCORE_FIRST"], rest.texts) == (said, ["ways"])


async def test_voicemail_and_the_survey() -> None:
    visits = service(Rest())
    state = (await visits.step(Event.CAME, call()))["CCORE_VISIT"]
    told = await visits.step(Event.KEYED, call(state, "2"))
    assert (told["CCORE_RESULT"], told["CCORE_BOX"]) == ("voicemail", "sales")
    assert (await visits.step(Event.ANSWERED, call(state)))["CCORE_RESULT"] == "survey"


async def test_who_was_called_back_goes_on_where_they_were() -> None:
    back = Visit("second", 1_000_000_000, int(datetime.now(UTC).timestamp()), language="en")
    rest = Rest(back=back)
    told = await service(rest).step(Event.CAME, call(brought=Brought(call_back=7)))
    assert (told["CCORE_QUEUE"], rest.decided[0][1].came_at.year) == ("second", 2001)


@pytest.mark.parametrize("state", ["", "forged", "eJwr"])
async def test_without_a_state_of_their_own_they_begin_anew(state: str) -> None:
    told = await service(Rest()).step(Event.TIMED_OUT, call(state))
    assert (told["CCORE_RESULT"], told["CCORE_LINE"]) == ("wait", "sales-en")


async def test_the_line_of_a_queue_that_is_gone_is_left_for_the_one_of_the_call() -> None:
    state = travelling.dump(Visit("closed-down", 1, 1))
    assert (await service(Rest()).step(Event.TIMED_OUT, call(state)))["CCORE_QUEUE"] == "sales"


@pytest.mark.parametrize("fault", [Unavailable("away"), OutcomeUnknown("lost")])
async def test_what_nobody_knows_is_left_to_asterisk(fault: Exception) -> None:
    with pytest.raises(Unavailable):
        await service(Rest(fails=fault)).step(Event.CAME, call())
    with pytest.raises(Unavailable):
        await service(Rest(), {"other": Queue()}).step(Event.CAME, call())
