"""Menus tried out without a telephone: what a caller hears, as text, and what each step would have Asterisk do."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ccore.ivr.menus import Menus
from ccore.ivr.model import (
    Announcing,
    Begun,
    Connect,
    End,
    Enqueue,
    Facts,
    Fetch,
    Found,
    Input,
    Keyed,
    Listen,
    Mark,
    NotAnswered,
    NoteAnswers,
    NoteCallBack,
    Part,
    PlaceOrder,
    Play,
    Played,
    Prompt,
    Record,
    Returned,
    SendText,
    Sound,
    State,
    Step,
    Value,
    Walked,
)
from ccore.ivr.walk import begin, walk
from ccore.prompts.catalogue import Prompt as Sentences
from ccore.prompts.spoken import spoken, written

MISSED = "missed"  # typed where a caller waits for somebody: nobody came


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of a rehearsal: what was typed, where the caller is then, what they hear and what is done.

    ``waits``: for something typed, keys or ``missed``; up to ``most`` keys, or until ``terminator``. ``sounds`` are the
    prompts that say each of what is heard; none, where it is no prompt.
    """

    came: str
    node: str
    language: str
    heard: tuple[str, ...]
    sounds: tuple[tuple[str, ...], ...]
    does: str
    waits: bool
    most: int
    terminator: str
    marks: tuple[Mark, ...]


def rehearse(
    menus: Menus, number: str, facts: Facts, answers: Input, language: str, catalogue: Mapping[str, Sentences]
) -> Generator[Scene, str | None, None]:
    """The scenes of a call: send what the caller types for the next one; it ends with the call.

    ``answers`` is what every look-up answers. Text messages and notes always work out for a caller with a number.
    Raises KeyError for an unknown hotline.
    """
    state = begin(menus, 0, number, facts)
    state = replace(state, language=language or state.language)
    came: Input = Begun()
    typed = ""
    while True:
        walked = walk(menus, state, came, facts)
        typed = (yield _scene(typed, walked, catalogue)) or ""
        if isinstance(walked.step, PlaceOrder | End):
            return
        state, came = walked.state, _came(walked.step, typed, answers, facts)


def _came(step: Step, typed: str, answers: Input, facts: Facts) -> Input:  # noqa: PLR0911 - one case for each step
    match step:
        case Listen(most=most, terminator=terminator):
            return Keyed((typed.partition(terminator)[0] if terminator else typed)[:most])
        case Fetch():
            return answers
        case Announcing():
            return NotAnswered()
        case Enqueue() | Connect():
            return Returned(typed != MISSED)
        case SendText():
            return Returned(bool(facts.caller))
        case Record() | NoteCallBack() | NoteAnswers():
            return Returned(True)
    return Played()


def _scene(came: str, walked: Walked, catalogue: Mapping[str, Sentences]) -> Scene:
    step, state = walked.step, walked.state
    first: tuple[Part, ...] = getattr(step, "first", ())
    parts = step.parts if isinstance(step, Listen) else ()
    waits = isinstance(step, Listen | Enqueue | Connect)
    heard = tuple(told(part, state, catalogue) for part in (*first, *parts))
    sounds = tuple(clips(part, state.language) for part in (*first, *parts))
    most, terminator = (step.most, step.terminator) if isinstance(step, Listen) else (0, "")
    return Scene(
        came, state.node, state.language, heard, sounds, " ".join(_does(step)), waits, most, terminator, walked.marks
    )


def steps(scenes: Iterable[Scene]) -> Iterator[str]:
    """The way through them: nodes, keys in brackets, and what the caller was left for."""
    for mark in (mark for scene in scenes for mark in scene.marks):
        if mark.outcome == "entered":
            yield mark.node
        elif mark.outcome == "left":
            yield mark.target
        elif mark.outcome in {"key", "invalid", "silent"}:
            yield f"({mark.key or 'silence'})"
        elif mark.outcome in {"exhausted", "not-answered", "missing", "failed"}:
            yield f"({mark.outcome})"


def clips(part: Part, language: str) -> tuple[str, ...]:
    """The prompts that say it one after another; none of what is no prompt."""
    match part:
        case Prompt(name):
            return (name,)
        case Value(kind, text):
            try:
                return spoken(language, kind, text)
            except ValueError:
                return ()
    return ()


def told(part: Part, state: State, catalogue: Mapping[str, Sentences]) -> str:
    """What is heard, as text; in square brackets what there is no text for."""
    match part:
        case Prompt(name) if name in catalogue:
            return catalogue[name].zh if state.language == "zh" else catalogue[name].en
        case Prompt(name):
            return f"[{name}]"
        case Sound(file, text):
            return text or f"[{file}]"
        case Value(kind, text):
            try:
                return written(state.language, kind, text)
            except ValueError:
                return f"[{text}: no {kind}]"


def _does(step: Step) -> Iterable[str]:  # noqa: PLR0911 - one case for each step
    match step:
        case Listen():
            return ["waits for", "a key" if step.most == 1 else f"up to {step.most} keys"]
        case Play():
            return ["plays"]
        case Fetch():
            return ["asks", step.adapter, *_pairs(step.ask)]
        case Enqueue():
            return ["queue", step.queue, f"for {step.wait_s} s"]
        case PlaceOrder():
            return ["order", step.dialled]
        case Connect():
            return ["transfer", step.to]
        case Record():
            return ["records", step.box]
        case NoteCallBack():
            return ["notes a call-back for", step.queue, step.number or "the caller"]
        case NoteAnswers():
            return ["notes answers of", step.survey, *_pairs(step.answers)]
        case SendText():
            return ["sends text", step.text]
        case Announcing():
            return ["announcement:", step.step]
        case End():
            return ["hangs up"]


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def found(menus: Menus, given: Iterable[str]) -> Found:
    """A look-up's answer made of ``name=value`` texts, each of the kind the first adapter that knows it says.

    None given: there is no such thing. Raises ValueError for what no adapter answers, or not so.
    """
    values = {}
    for text in given:
        name, _, value = text.partition("=")
        kinds = [adapter.fields[name].kind for adapter in menus.adapters.values() if name in adapter.fields]
        if not kinds:
            raise ValueError(f"{name}: no look-up of lookups.toml answers with that")
        written("zh", kinds[0], value)
        values[name] = Value(kinds[0], value)
    return Found(values or None)
