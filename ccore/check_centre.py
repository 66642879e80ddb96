"""Everything wrong in the files of queues, phones and the centre, with what they lean on in other files."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from ccore.centre.centre import SERVICE, Centre, read_centre
from ccore.centre.lines import OWN_LINE
from ccore.centre.phones import Phones
from ccore.centre.queue import Queue
from ccore.config import Config
from ccore.errors import Fault
from ccore.ivr.lint.linted import near
from ccore.ivr.menus import read_menus
from ccore.ordering.number import NumberPlan, entries
from ccore.queues.visit import CHOICE_PROMPTS, EXPECTED_WAIT
from ccore.tables import Name

POSITION_PROMPTS = ("queue-next", "queue-place-is", "queue-place-in-line")  # said by app_queue (queues.conf.j2)
_LINE_ENDING = re.compile(r"-(zh|en|aged)$")
Said = Iterator[tuple[tuple[str, ...], str, str]]  # place within the queue, code, message


@dataclass(frozen=True, slots=True)
class Around:
    """What the files may name. ``prompts`` None: they could not be read."""

    config: Config
    plan: NumberPlan | None
    prompts: Collection[str] | None
    texts: Collection[str]


def queues_of(config: Config) -> frozenset[str]:
    """The names of the queues there are, right or wrong."""
    return frozenset(read_centre(config.dialplan)[0].queues)


def check_centre(config: Config, plan: NumberPlan | None, prompts: Collection[str] | None) -> list[Fault]:
    """Every fault of queues/*.toml, phones.toml and centre.toml in the operators' directory of ``config``."""
    centre, faults = read_centre(config.dialplan)
    around = Around(config, plan, prompts, read_menus(config.dialplan)[0].texts)
    for name, queue in centre.queues.items():
        if ("queue", name) in centre.places:  # the one of a site without files has nothing to be wrong
            for rule in _QUEUE_RULES:
                for place, code, message in rule(name, queue, centre, around):
                    faults.append(_fault(centre, ("queue", name, *place), code, message))
    return [*faults, *_loops(centre), *_service(centre), *_phones(centre, around), *_words(centre, around)]


def _fault(centre: Centre, place: tuple[str, ...], code: str, message: str) -> Fault:
    file, line = centre.place(*place)
    return Fault(file, line, code, message)


def _name(name: str, _queue: Queue, centre: Centre, _around: Around) -> Said:
    if _LINE_ENDING.search(name) or name == OWN_LINE:
        message = (
            f"{name} is a name Asterisk's lines need (of a queue's lines one may be …-en or …-aged): rename the file"
        )
        yield (), "QU108", message


def _skills(_name: str, queue: Queue, centre: Centre, _around: Around) -> Said:
    places: list[tuple[str, tuple[str, ...]]] = [(skill, ("wants", skill)) for skill in queue.wants]
    places += [(skill, ("relax", str(at))) for at, step in enumerate(queue.relax) for skill in step.wants]
    places += [(skill, ("languages", language)) for language, skill in queue.languages.items()]
    for skill, place in places:
        if skill not in centre.words.skill:
            message = f"centre.toml has no skill {skill}{near(skill, centre.words.skill)}: no agent can have it"
            yield place, "QU101", message


def _named(_name: str, queue: Queue, centre: Centre, around: Around) -> Said:
    if queue.hours is not None and queue.hours not in centre.hours:
        yield ("hours",), "QU102", f"hours.toml has no hours {queue.hours}{near(queue.hours, centre.hours)}"
    for disposition in queue.dispositions:
        if disposition not in centre.words.disposition:
            yield ("dispositions",), "QU105", f"centre.toml has no disposition {disposition}: no agent can choose it"
    if queue.offer is not None and "text" in queue.offer.keys.values():
        if queue.offer.text is None and "keys" in queue.offer.model_fields_set:
            yield ("offer", "keys"), "QU104", "offers a text message and names none: add `text` of texts.toml"
        elif queue.offer.text is not None and queue.offer.text not in around.texts:
            yield ("offer", "text"), "QU104", f"texts.toml has no {queue.offer.text}: callers wait for it in vain"
    trunk = queue.call_back.trunk
    if trunk is not None and trunk not in around.config.trunks:
        yield ("call_back", "trunk"), "QU114", f"ccore.toml has no trunk {trunk}: nobody is called back"


def _heard(_name: str, queue: Queue, _centre: Centre, around: Around) -> Said:
    offer = () if queue.offer is None else queue.offer.prompt
    keys = {} if queue.offer is None else queue.offer.keys
    choices = tuple(part for choice in sorted(set(keys.values())) for part in CHOICE_PROMPTS[choice])
    heard = {
        ("opening",): queue.opening,
        ("full",): queue.full,
        ("closed",): queue.closed,
        ("timed_out",): queue.timed_out,
        ("recording", "announce"): queue.recording.announce,
        ("comfort", "prompts"): queue.comfort.prompts,
        ("offer", "prompt"): offer,
        ("offer", "keys"): choices,
        ("comfort", "expected_wait"): (EXPECTED_WAIT,) if queue.comfort.expected_wait else (),
        ("comfort", "position"): POSITION_PROMPTS if queue.comfort.position else (),
    }
    for place, parts in heard.items():
        for part in parts:
            if part.startswith("{"):
                yield place, "QU112", f"{part} cannot be said here: only whole prompts, as nothing is known of a value"
            elif around.prompts is not None and part not in around.prompts:
                yield place, "QU103", f"there is no prompt {part}{near(part, around.prompts)}: callers hear nothing"
    if len(offer) > 1:
        yield ("offer", "prompt"), "QU112", "the offer is one prompt: Asterisk says one at a time to who waits"


def _overflow(name: str, queue: Queue, centre: Centre, _around: Around) -> Said:
    for at, step in enumerate(queue.overflow):
        if step.to not in centre.queues:
            message = f"there is no queue {step.to}{near(step.to, centre.queues)}: callers stay where they are"
            yield ("overflow", str(at)), "QU106", message
        if step.after_s >= queue.longest_wait_s:
            message = f"nobody waits for {step.after_s} s: longest_wait_s ends it after {queue.longest_wait_s} s"
            yield ("overflow", str(at)), "QU111", message


def _relaxation(_name: str, queue: Queue, _centre: Centre, _around: Around) -> Said:
    for at, ((_, before), (after_s, wants)) in enumerate(pairwise(queue.stages)):
        place = ("relax", str(at))
        if after_s >= queue.longest_wait_s:
            yield place, "QU111", f"nobody waits for {after_s} s: longest_wait_s ends it after {queue.longest_wait_s} s"
        elif not _asks_less(before, wants):
            message = "lets no agent serve who could not before: name less of a skill than the step before, or fewer"
            yield place, "QU111", message


def _equality(_name: str, queue: Queue, _centre: Centre, _around: Around) -> Said:
    if "equal_after_s" in queue.model_fields_set and queue.equal_after_s >= queue.longest_wait_s:
        message = f"nobody waits for {queue.equal_after_s} s: longest_wait_s ends it after {queue.longest_wait_s} s"
        yield ("equal_after_s",), "QU111", message


def _asks_less(before: Mapping[Name, int], wants: Mapping[Name, int]) -> bool:
    return any(wants.get(skill, 0) < level for skill, level in before.items())


def _loops(centre: Centre) -> Iterator[Fault]:
    """A caller who overflowed never comes back by overflow: a loop means that a way was not thought through."""
    leads = {name: {step.to for step in queue.overflow} for name, queue in centre.queues.items()}
    for name, first in leads.items():
        seen: set[str] = set()
        waiting = set(first)
        while waiting:
            here = waiting.pop()
            seen.add(here)
            waiting |= leads.get(here, set()) - seen
        if name in seen:
            message = f"callers of {name} who overflow could come back to it: end the circle at one of its queues"
            yield _fault(centre, ("queue", name, "overflow"), "QU107", message)


def _service(centre: Centre) -> Iterator[Fault]:
    if SERVICE not in centre.queues:
        file = next(
            iter(centre.places[("queue", name)][0] for name in centre.queues if ("queue", name) in centre.places)
        )
        message = f"there is no {SERVICE}.toml: whoever a menu or a failure sends to people has nobody to wait for"
        yield Fault(file.parent, 0, "QU106", message)


def _phones(centre: Centre, around: Around) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(enumerate(centre.phones), 2):
        if _overlap(one, other):
            message = f"{other.first} to {other.last} are phones already by the range {first + 1}: each number once"
            yield _fault(centre, ("phones", str(second)), "QU109", message)
    for at, phones in enumerate(centre.phones):
        if unknown := set(phones.nodes or ()) - around.config.nodes.keys():
            message = f"ccore.toml has no node {', '.join(sorted(unknown))}: these phones cannot register there"
            yield _fault(centre, ("phones", str(at)), "QU114", message)
        for number in sorted(_dialled(around.plan) & set(phones.numbers)):
            message = f"{number} is a number that callers dial: choose another range for phones"
            yield _fault(centre, ("phones", str(at)), "QU110", message)
        if not all(
            re.fullmatch(around.config.ordering.internal_extensions, end) for end in (phones.first, phones.last)
        ):
            message = (
                f"{phones.first} to {phones.last} are no internal extensions by ordering.internal_extensions of "
                "ccore.toml: who calls from them would be taken for a subscriber"
            )
            yield _fault(centre, ("phones", str(at)), "QU110", message)


def _overlap(one: Phones, other: Phones) -> bool:
    same_length = len(one.first) == len(other.first)
    return same_length and int(one.first) <= int(other.last) and int(other.first) <= int(one.last)


def _dialled(plan: NumberPlan | None) -> set[str]:
    return set() if plan is None else {entry.pattern for entry in entries(plan)}


def _words(centre: Centre, around: Around) -> Iterator[Fault]:
    trunk = centre.words.outside_trunk
    if trunk is not None and trunk not in around.config.trunks:
        message = f"ccore.toml has no trunk {trunk}: agents outside are never called"
        yield _fault(centre, ("outside_trunk",), "QU114", message)
    percents = [echelon.volume_percent for echelon in centre.words.echelon]
    for at, (lower, higher) in enumerate(pairwise(percents), 1):
        if higher <= lower:
            message = f"echelon {at + 1} is called up no later than echelon {at}: volume_percent must grow"
            yield _fault(centre, ("echelon", str(at)), "QU111", message)


_QueueRule = Callable[[str, Queue, Centre, Around], Said]
_QUEUE_RULES: tuple[_QueueRule, ...] = (_name, _skills, _named, _heard, _overflow, _relaxation, _equality)
