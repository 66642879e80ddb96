"""One world for a campaign, as a scenario of the simulator and as a site with telephones: the same chances in both.

What becomes of a call is told by the last two digits of its number, and each of the hundred is as likely: so the far
end's table and the scenario's lengths are the same list.
"""

import json
import math
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ccore.dialer.simulation.lengths import Length
from ccore.pbx.far_end import Subscriber
from tests.support.agents import Phone
from tests.support.calling_out import campaign

TAILS = 100
NOTHING_S = 0.5  # until an exchange says that a number is busy, or is none
LIMIT_PERCENT = 3.0
SEEDS = "1-5"
Span = tuple[float, float]  # of time


@dataclass(frozen=True)
class World:
    """``answered``, ``busy`` and ``invalid`` of a hundred calls are; the others ring for ``ring_s``.

    A wrap-up lasts until the whole second after ``wrap_up_s``, as app_queue keeps it: so does the simulator's.
    ``set_up_s``: from the decision to the ringing, at least and at most, as this dialler takes.
    """

    agents: int
    channels: int
    seconds: float
    answered: int
    busy: int
    invalid: int
    rings: Length
    talk: Length
    wrap_up_s: int
    ring_s: int
    most_calls_per_s: float = 20.0
    set_up_s: Span = (0.05, 0.15)

    @property
    def rings_s(self) -> Sequence[float]:
        """How long each of those who answer lets it ring, the shortest first."""
        ring_s = self.rings.quantile()
        return [
            min(max(ring_s((place + 0.5) / self.answered), 1.0), self.ring_s - 1.0) for place in range(self.answered)
        ]

    def table(self) -> Mapping[str, Subscriber]:
        """For the far end: those who answer talk until the agent hangs up."""
        busy, invalid = (
            Subscriber("busy", NOTHING_S, 486, 17, "-"),
            Subscriber("no such number", NOTHING_S, 404, 1, "-"),
        )
        kinds = [Subscriber("answers", ring_s) for ring_s in self.rings_s]
        kinds += [busy] * self.busy + [invalid] * self.invalid
        kinds += [Subscriber("rings for long", 60, 480, 19)] * (TAILS - len(kinds))
        return {f"{tail:02}": each for tail, each in enumerate(kinds)}

    def numbers(self, count: int, prefix: str, chance: random.Random) -> Sequence[str]:
        """So many different ones."""
        return [f"{prefix}{number:06}{chance.randrange(TAILS):02}" for number in range(count)]

    def campaign(self, *lists: str) -> str:
        """Its file: nobody is tried again by it."""
        pacing = {
            "ring_s": self.ring_s, "most_calls_per_s": self.most_calls_per_s, "abandonment_percent": LIMIT_PERCENT
        }  # fmt: skip
        tries: dict[str, Any] = {"per_day": 2, "most": 2, "retry": {}}
        return campaign(*lists, mode="predictive", attempts=tries, pacing=pacing)

    def scenario(self) -> str:
        """The simulator's file."""
        others = TAILS - self.answered
        silent = others - self.busy - self.invalid
        rings = {"measured_s": [round(each, 3) for each in self.rings_s]}
        talk = self.talk.model_dump(exclude_unset=True)
        wrap = {"between_s": [self.wrap_up_s, self.wrap_up_s + 1]}
        nothing = {"between_s": [NOTHING_S, NOTHING_S]}
        return f"""
title = "{self.agents} agents, {self.channels} channels"
agents = {self.agents}
hours = {self.seconds / 3600}
limit = {LIMIT_PERCENT / 100}
channels = {self.channels}
max_calls_per_s = {self.most_calls_per_s}
answers = {{ rate = {self.answered / TAILS} }}
talk = {_inline(talk)}
wrap = {_inline(wrap)}
[others]
no_answer = {silent / others}
busy = {self.busy / others}
invalid = {self.invalid / others}
machine = 0.0
[ringing]
at_most_s = {self.ring_s}
set_up = {_inline({"between_s": list(self.set_up_s)})}
person = {_inline(rings)}
busy = {_inline(nothing)}
invalid = {_inline(nothing)}
[staff]
log_in_within_s = 0.1
"""

    async def predicted(self, directory: Path, ccore: Callable[..., Any]) -> Mapping[str, Any]:
        """What ``ccore simulate`` says of it, over some seeds."""
        file, found = directory / "world.toml", directory / "predicted.json"
        file.write_text(self.scenario(), encoding="utf-8")
        code, _ = await ccore("simulate", str(file), "--pacers", "predictive", "--seeds", SEEDS, "--json", str(found))
        assert code == 0
        (row,) = json.loads(found.read_text(encoding="utf-8"))["pacers"]
        assert isinstance(row, dict)
        return row


def _inline(values: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


async def talks(phone: Phone, length: Length, chance: random.Random) -> None:
    """For ever: each call at that telephone lasts as long as the dice say."""
    length_s = length.quantile()
    answered = 0
    while True:
        phone.talks_s = length_s(chance.random())
        answered += 1
        await phone.until_answered(answered, 1e9)


@dataclass(frozen=True)
class Worked:
    """Seconds of all agents together: they talked, wrapped up, and were there for a call."""

    talk_s: float
    wrap_s: float
    ready_s: float

    @property
    def utilisation(self) -> float:
        """As the simulator counts it."""
        return self.talk_s / (self.talk_s + self.ready_s)


def by_telephones(phones: Iterable[Phone], span: Span, wrap_up_s: int) -> Worked:
    """What they did between two moments (Unix time), as their telephones saw it: after each call comes its wrap-up."""
    ago = time.time() - time.monotonic()
    there_s = talk_s = wrap_s = 0.0
    for phone in phones:
        there_s += span[1] - span[0]
        for call in phone.calls:
            if call.answered_at:
                ended_at = call.ended_at + ago if call.ended_at else span[1]
                talk_s += _within(span, call.answered_at + ago, ended_at)
                wrap_s += _within(span, ended_at, _rested(ended_at, wrap_up_s))
    return Worked(talk_s, wrap_s, there_s - talk_s - wrap_s)


def by_log(rows: Iterable[Mapping[str, Any]], span: Span, wrap_up_s: int) -> Worked:
    """The same as ccore has written it down: rows of presence_log in their order."""
    seconds = dict.fromkeys(("talking", "wrap-up", "ready", "ringing"), 0.0)
    agents: dict[str, list[tuple[float, str]]] = {}
    for row in rows:
        agents.setdefault(row["agent"], []).append((row["at_s"], row["state"]))
    for changes in agents.values():
        rests_until = 0.0
        for (since, state), (until, _) in pairwise([*changes, (span[1], "")]):
            if state == "wrap-up":
                rests_until = _rested(since, wrap_up_s)
            if state in seconds:
                seconds[state] += _within(span, since, until)
            if state == "ready":
                rest_s = _within(span, since, min(rests_until, until))
                seconds["ready"] -= rest_s
                seconds["wrap-up"] += rest_s
    return Worked(seconds["talking"], seconds["wrap-up"], seconds["ready"] + seconds["ringing"])


def _rested(ended_at: float, wrap_up_s: int) -> float:
    """When app_queue takes a wrap-up for over: it counts whole seconds."""
    return math.floor(ended_at) + wrap_up_s + 1.0


def _within(span: Span, since: float, until: float) -> float:
    return max(0.0, min(until, span[1]) - max(since, span[0]))


def cpu_s() -> float:
    """Seconds that this machine's processors have been busy since it began."""
    user, nice, system, _, _, *others = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    return sum(map(int, (user, nice, system, *others[:3]))) / os.sysconf("SC_CLK_TCK")
