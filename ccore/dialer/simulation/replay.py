"""Makes a scenario of a real campaign's log: the answer rate over time, the lengths, the agents' days as they were."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.lengths import Length
from ccore.dialer.simulation.log import AgentLog, AttemptLog, Log
from ccore.dialer.simulation.scenario import (
    MOST_HOURS,
    UNLIMITED,
    AnswerRate,
    Decisions,
    Others,
    Presence,
    Ringing,
    Scenario,
    Staff,
    Step,
)

LEAST_ATTEMPTS = 200  # fewer say nothing
LEAST_TALKS = 20
BUCKET_S = 600.0  # the answer rate is taken of stretches at least so long
BUCKET_ATTEMPTS = 150  # and with at least so many attempts
POINTS = 1000  # of a distribution that are kept
SEEDS = (1, 2, 3)
MOST_WEIGHT = 10.0  # attempts one may stand for, on average: on fewer nothing can be built
USUAL_RING_S = 30.0  # if nobody was let ring to the end
LEAST_S = 0.001

PERSONS = frozenset({Outcome.TALKED, Outcome.ABANDONED, Outcome.HUNG_UP})
MACHINES = frozenset({Outcome.MACHINE, Outcome.FAX})
NOBODY = frozenset({Outcome.INVALID, Outcome.CONGESTION})
UNSEEN = frozenset({Outcome.REFUSED, Outcome.NOT_SENT, Outcome.LOST, None})  # nothing is known of who would answer


class CannotReplay(ValueError):
    """A log of which no scenario can be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An attempt that came to its end, and for how many it stands: it stands for those we hung up, too."""

    attempt: AttemptLog
    weight: float

    @property
    def rang_at(self) -> float:
        """Since when it rang; if that was not heard, since it was placed."""
        return self.attempt.placed_at if self.attempt.rang_at is None else self.attempt.rang_at


def replayed(log: Log, name: str) -> Scenario:
    """The scenario. Machine detection is taken to be as good as the log says. Raises CannotReplay."""
    seen = _seen(log.attempts)
    wraps = [until.at - since.at for since, until in _states(log.agents) if since.state is AgentState.WRAP]
    talks = [
        each.ended_at - each.connected_at for each in log.attempts
        if each.outcome is Outcome.TALKED and each.connected_at is not None and each.ended_at is not None
    ]  # fmt: skip
    if len(seen) < LEAST_ATTEMPTS or len(talks) < LEAST_TALKS or not log.agents:
        raise CannotReplay(
            f"{name}: {len(seen)} attempts with an outcome, {len(talks)} talks, {len(log.agents)} agents' states: "
            f"it takes {LEAST_ATTEMPTS} and {LEAST_TALKS}, and agents"
        )
    start = min(log.attempts[0].placed_at, log.agents[0].at)
    end = max(log.agents[-1].at, *(each.ended_at or each.placed_at for each in log.attempts))
    if end - start > MOST_HOURS * 3600:
        raise CannotReplay(f"{name}: {(end - start) / 3600:.0f} h: cut the log into days")
    days = _days(log.agents, start, end)
    campaign = log.campaign
    return Scenario(
        title=f"{campaign.campaign if campaign else name}, replayed",
        agents=len(days),
        hours=(end - start) / 3600.0,
        seeds=SEEDS,
        limit=campaign.limit if campaign and campaign.limit else 0.03,
        grace_s=campaign.grace_s if campaign and campaign.grace_s else 2.0,
        channels=campaign.channels if campaign and campaign.channels else UNLIMITED,
        max_calls_per_s=campaign.max_calls_per_s if campaign and campaign.max_calls_per_s else 50.0,
        answers=_answers(seen, start),
        others=_others(seen),
        ringing=_ringing(seen),
        talk=_measured((talk, 1.0) for talk in talks),
        wrap=_measured((wrap, 1.0) for wrap in wraps),
        staff=Staff(measured=days),
        decisions=Decisions(apart_s=0.05 if len(days) >= 100 else 0.0),
    )


def _seen(attempts: Sequence[AttemptLog]) -> list[Seen]:
    """Those that came to their end; the weight of one we hung up goes to all that rang longer, in even parts.

    Where too few rang longer for that, those we hung up stay: as people who would not have answered.
    """
    known = [each for each in attempts if each.outcome not in UNSEEN and each.ended_at is not None]
    known.sort(key=_rang_s)
    longer = sum(each.outcome is not Outcome.CANCELLED for each in known)
    seen, weight = [], 1.0
    for left, each in zip(range(len(known) - 1, -1, -1), known, strict=True):
        if each.outcome is not Outcome.CANCELLED:
            longer -= 1
            seen.append(Seen(each, weight))
        elif longer * MOST_WEIGHT >= left * weight and left > 0:
            weight += weight / left
        else:
            seen.append(Seen(each, weight))
    return sorted(seen, key=lambda each: each.attempt.placed_at)


def _rang_s(attempt: AttemptLog) -> float:
    """Until somebody picked up, or it was over."""
    over_at = attempt.ended_at if attempt.answered_at is None else attempt.answered_at
    return 0.0 if attempt.rang_at is None or over_at is None else over_at - attempt.rang_at


def _answers(seen: Sequence[Seen], start: float) -> AnswerRate:
    """The rate of each stretch, drawn to the whole's as far as the differences are no more than chance makes."""
    stretches = list(_stretches(seen))
    rates = [_share(stretch, PERSONS) for stretch in stretches]
    whole = _share(seen, PERSONS)
    chance = sum(whole * (1 - whole) / len(stretch) for stretch in stretches) / len(stretches)
    found = sum((rate - whole) ** 2 for rate in rates) / max(len(rates) - 1, 1)
    kept = max(0.0, 1.0 - chance / found) if found > 0 else 0.0
    rates = [whole + kept * (rate - whole) for rate in rates]
    steps = zip(stretches[1:], rates[1:], strict=True)
    return AnswerRate(
        rate=rates[0],
        steps=tuple(Step(at_s=stretch[0].attempt.placed_at - start, rate=rate) for stretch, rate in steps)
        if kept
        else (),
    )


def _stretches(seen: Sequence[Seen]) -> Iterator[list[Seen]]:
    stretch: list[Seen] = []
    for index, each in enumerate(seen):
        full = bool(stretch) and each.attempt.placed_at - stretch[0].attempt.placed_at >= BUCKET_S
        if full and len(stretch) >= BUCKET_ATTEMPTS and len(seen) - index >= BUCKET_ATTEMPTS:
            yield stretch
            stretch = []
        stretch.append(each)
    yield stretch


def _share(seen: Sequence[Seen], outcomes: frozenset[Outcome]) -> float:
    return sum(each.weight for each in seen if each.attempt.outcome in outcomes) / sum(each.weight for each in seen)


def _others(seen: Sequence[Seen]) -> Others:
    others = [each for each in seen if each.attempt.outcome not in PERSONS]
    if not others:
        return Others()
    busy, invalid, machine = (_share(others, which) for which in (frozenset({Outcome.BUSY}), NOBODY, MACHINES))
    return Others(no_answer=max(0.0, 1.0 - busy - invalid - machine), busy=busy, invalid=invalid, machine=machine)


def _ringing(seen: Sequence[Seen]) -> Ringing:
    set_ups = [
        (each.rang_at - each.attempt.placed_at, each.weight) for each in seen if each.attempt.rang_at is not None
    ]
    set_up_s = median(length for length, _ in set_ups) if set_ups else 0.0
    whole = [_ended_s(each) for each in seen if each.attempt.outcome is Outcome.NO_ANSWER]
    usual = Ringing()
    return Ringing(
        set_up=_measured(set_ups),
        person=_measured(_answered(seen, PERSONS), usual.person),
        machine=_measured(_answered(seen, MACHINES), usual.machine),
        busy=_measured(_refused(seen, frozenset({Outcome.BUSY}), set_up_s), usual.busy),
        invalid=_measured(_refused(seen, NOBODY, set_up_s), usual.invalid),
        at_most_s=max(1.0, median(whole)) if whole else USUAL_RING_S,
    )


def _answered(seen: Iterable[Seen], outcomes: frozenset[Outcome]) -> Iterator[tuple[float, float]]:
    for each in seen:
        if each.attempt.outcome in outcomes and each.attempt.answered_at is not None:
            yield each.attempt.answered_at - each.rang_at, each.weight


def _refused(seen: Iterable[Seen], outcomes: frozenset[Outcome], set_up_s: float) -> Iterator[tuple[float, float]]:
    """How long after its set-up, which was not heard the end of where it did not ring."""
    for each in seen:
        if each.attempt.outcome in outcomes:
            yield _ended_s(each) - (set_up_s if each.attempt.rang_at is None else 0.0), each.weight


def _ended_s(seen: Seen) -> float:
    assert seen.attempt.ended_at is not None
    return seen.attempt.ended_at - seen.rang_at


def _measured(lengths: Iterable[tuple[float, float]], usual: Length | None = None) -> Length:
    """The distribution of weighted lengths; ``usual`` (or next to nothing) if there is none."""
    ordered = sorted((max(LEAST_S, length), weight) for length, weight in lengths)
    if not ordered:
        return usual or Length(measured_s=(LEAST_S,))
    points = min(POINTS, len(ordered))
    step = sum(weight for _, weight in ordered) / points
    kept: list[float] = []
    below = 0.0
    for length, weight in ordered:
        below += weight
        while len(kept) < points and below > step * (len(kept) + 0.5):
            kept.append(length)
    return Length(measured_s=tuple(kept))


def _days(states: Sequence[AgentLog], start: float, end: float) -> tuple[tuple[Presence, ...], ...]:
    """Each agent's: from log-in to log-out, with the pauses between."""
    days = (tuple(_presences(list(changes), start, end)) for changes in _by_agent(states))
    return tuple(day for day in days if day)


def _presences(changes: Sequence[AgentLog], start: float, end: float) -> Iterator[Presence]:
    since: float | None = None
    pauses: list[tuple[float, float]] = []
    for change, until in zip(changes, [*(each.at for each in changes[1:]), end], strict=True):
        if change.state is AgentState.OUT:
            if since is not None:
                yield Presence(from_s=since - start, to_s=change.at - start, pauses_s=tuple(pauses))
            since, pauses = None, []
            continue
        since = change.at if since is None else since
        if change.state is AgentState.PAUSE and until > change.at:
            pauses.append((change.at - start, until - change.at))
    if since is not None:
        yield Presence(from_s=since - start, to_s=end - start, pauses_s=tuple(pauses))


def _states(states: Sequence[AgentLog]) -> Iterator[tuple[AgentLog, AgentLog]]:
    """Each state of each agent with the one after it."""
    for changes in _by_agent(states):
        yield from pairwise(changes)


def _by_agent(states: Sequence[AgentLog]) -> Iterator[Iterator[AgentLog]]:
    ordered = sorted(states, key=lambda each: (each.agent, each.at))
    return (changes for _, changes in groupby(ordered, key=lambda each: each.agent))
