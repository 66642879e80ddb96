"""Numbers of real calls: what the callers' and the agents' telephones saw is what ccore reports, killed or not."""

import asyncio
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccore.numbers.folding import QueueFolding
from tests.support import sip
from tests.support.agents import Call as Rung
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.sip import Call

# Nobody is offered anything and nothing is said: these calls are about numbers.
QUIET = '[comfort]\nposition = false\nexpected_wait = false\n[offer]\nafter_s = 1800\nkeys = { 1 = "voicemail" }\n'
ALIKE = "\nwrap_up_s = 1\nring_s = 5\n[service_level]\nwithin_s = 8\nshort_abandon_s = 5\n" + QUIET
QUEUES = {
    "sales": "wants = { sales = 1 }" + ALIKE,
    "lonely": "wants = { patience = 1 }" + ALIKE,
    "crowded": 'wants = { patience = 1 }\noverflow = [{ after_s = 4, to = "sales" }]' + ALIKE,
    "careful": 'wants = { care = 1 }\nstrategy = "in-order"' + ALIKE,
}
WORDS = "[skill.sales]\n[skill.patience]\n[skill.care]\n[pause.lunch]\n"
DESKS = [
    Desk("1001", "2001", {"sales": 5}), Desk("1002", "2002", {"sales": 5}),
    Desk("1003", "2003", {"patience": 5}),  # paused all the time
    Desk("1004", "2004", {"care": 5}), Desk("1005", "2005", {"care": 5}),
]  # fmt: skip
TALK_S = 2.0
ROUND_S = 1.2  # of one call: what Asterisk and a telephone see of the same moment, on a machine that does much else
Numbers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Seen:
    """What the callers' telephones saw, by the queue they dialled."""

    calls: Mapping[str, Sequence[Call]]


@pytest.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CallCentre]:
    """A call centre with five agents, of whom one is paused and one does not hear their telephone."""
    directory: Path = tmp_path_factory.mktemp("numbers")
    async with call_centre(directory, QUEUES, DESKS, WORDS, paused={"1003": "lunch"}) as built:
        for phone in built.phones.values():
            phone.answers_after_s, phone.talks_s = 0.3, TALK_S
        built.phones["1004"].answers_after_s = None
        yield built


async def test_every_number_is_what_the_telephones_saw(centre: CallCentre) -> None:
    await _load(centre)
    seen = await _day(centre)
    await _all_in(centre)
    await _compare(centre, seen)
    replayed = await QueueFolding(centre.database).replay(write=False)
    assert replayed.same, str(replayed)


async def _load(centre: CallCentre) -> None:
    """Wait until the terms are known: what is counted depends on them."""
    await centre.site.until("SELECT count(*) FROM queue_terms", len({"service", *QUEUES}))


async def _day(centre: CallCentre) -> Seen:
    """Some twenty calls; in the middle ccore is killed, and calls go on without it."""
    callers = iter(f"138{number:08}" for number in range(1000))

    async def place(queue: str, count: int, hold_s: float, rate: float = 2) -> tuple[str, list[Call]]:
        rows = [(next(callers), centre.number[queue]) for _ in range(count)]
        return queue, await sip.place(centre.site.sip_port, rows, rate=rate, hold_ms=round(hold_s * 1000))

    first = await asyncio.gather(
        place("sales", 4, 20), place("lonely", 3, 3), place("lonely", 3, 9), place("crowded", 1, 20),
        place("careful", 1, 25),
    )  # fmt: skip
    centre.phones["1004"].answers_after_s = 0.3  # they are back at their desk
    await centre.site.signal_ccore(signal.SIGKILL)
    _, while_away = await place("sales", 3, 20)  # nobody can say what they want: they come to people
    await centre.site.start_ccore()
    calls: dict[str, list[Call]] = {"service": while_away}
    for queue, made in [*first, await place("sales", 2, 20)]:
        calls.setdefault(queue, []).extend(made)
    return Seen(calls)


async def _all_in(centre: CallCentre) -> None:
    """Wait until all that Asterisk wrote is folded."""
    await centre.site.all_records_in()
    await centre.site.until("SELECT count(*) FROM queue_folds_due", 0)
    going_on = "how = 'waiting' OR (how = 'answered' AND ended_at IS NULL)"
    await centre.site.until(f"SELECT count(*) FROM queue_calls WHERE {going_on}", 0)


async def _compare(centre: CallCentre, seen: Seen) -> None:
    queues = await _reported(centre, "queues")
    answered = {queue: [_answer(centre, call) for call in calls] for queue, calls in seen.calls.items()}
    served: Counter[str] = Counter()
    talked: defaultdict[str, float] = defaultdict(float)
    for queue, rings in answered.items():
        at = "sales" if queue == "crowded" else queue  # all of them went over
        served[at] += len(found := [ring for ring in rings if ring])
        talked[at] += sum(ring.ended_at - ring.answered_at for ring in found)
    overflowed = len(seen.calls["crowded"])
    assert overflowed == sum(ring is not None for ring in answered["crowded"])
    gave_up = [_heard_s(call) for call in seen.calls["lonely"] if call.ended_by == "caller"]
    assert queues["lonely"]["short_abandoned"] == sum(heard < 5 for heard in gave_up) == 3
    assert queues["lonely"]["abandoned"] == sum(heard > 5 for heard in gave_up) == 3
    for queue in ("service", *QUEUES):
        offered = len(seen.calls[queue]) + (overflowed if queue == "sales" else 0)
        assert (queues[queue]["offered"], queues[queue]["answered"]) == (offered, served[queue]), queue
        assert queues[queue]["overflowed"] == (overflowed if queue == "crowded" else 0)
        assert abs(queues[queue]["talk_s"] - talked[queue]) <= ROUND_S * max(served[queue], 1), queue
    missed = len([ring for ring in centre.phones["1004"].calls if ring.ended_by == "cancelled"])
    assert queues["careful"]["missed"] == missed >= 1
    assert queues["sales"]["waiting"] == queues["lonely"]["waiting"] == 0
    await _compare_agents(centre)


async def _compare_agents(centre: CallCentre) -> None:
    agents = await _reported(centre, "agents")
    for agent, phone in centre.phones.items():
        answered = [ring for ring in phone.calls if ring.answered_at]
        counted = agents[agent]
        assert (counted["rings"], counted["answered"]) == (len(phone.calls), len(answered)), agent
        assert counted["rings"] == counted["answered"] + counted["missed"] + counted["cancelled"], agent
        talked = sum(ring.ended_at - ring.answered_at for ring in answered)
        assert abs(counted["talk_s"] - talked) <= ROUND_S * max(len(answered), 1), agent
        assert counted["signed_in_s"] > 10, agent
    assert "lunch=" in agents["1003"]["pauses"]
    assert agents["1003"]["rings"] == 0


def _answer(centre: CallCentre, call: Call) -> Rung | None:
    """The agent's side of a call, if one took it."""
    rings = [ring for phone in centre.phones.values() for ring in phone.calls if ring.caller == call.caller]
    answered = [ring for ring in rings if ring.answered_at]
    assert len(answered) <= 1, f"{call.caller} was answered twice"
    return answered[0] if answered else None


def _heard_s(call: Call) -> float:
    """How long the caller was in the line."""
    assert call.ended_ms is not None
    assert call.answered_ms is not None
    return (call.ended_ms - call.answered_ms) / 1000


async def _reported(centre: CallCentre, kind: str) -> Numbers:
    """The report of today over HTTP, by name."""
    await centre.site.until("SELECT count(*) FROM open_gaps", 0)  # until then all of it is marked as incomplete
    lines = (await centre.ask("GET", f"/api/v1/queues/reports/{kind}?interval=day"))["lines"]
    assert all(line["complete"] for line in lines), lines
    return {line["name"]: line for line in lines}
