"""Tours through all of a hotline's menus: what callers key, and what they must hear, as the pure walk says."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ccore.ivr import menu, model
from ccore.ivr.menus import Menus
from ccore.ivr.walk import begin, walk

LONGEST_S = 14.0  # of a tour: many short ones run beside each other
TURN_S, SILENCE_S = 0.6, 1.6  # what one turn takes, about
ORDER_TOLD = "order-unknown-code"  # the end of a call that orders what nobody sells

Answers = Callable[[model.Fetch], model.Found | model.NotAnswered]
Asked = Mapping[str, Sequence[str]]  # what is keyed at each node that asks for digits, terminators included
Parts = tuple[tuple[str, model.Part], ...]  # each with the language it is heard in
Edge = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """``first`` is heard whole, then ``parts`` until the caller presses ``keys`` ("": nothing, for the whole time)."""

    node: str
    first: Parts
    parts: Parts
    keys: str
    barge_in: bool


@dataclass(frozen=True, slots=True)
class Tour:
    """A call: its turns, and what is heard after the last one; then the hotline ``ends`` it, or the caller does."""

    number: str
    turns: tuple[Turn, ...]
    last: Parts
    ends: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A caller who is to key something, having heard ``heard``; or, without ``listen``, whose call has ended."""

    state: model.State
    heard: Parts
    listen: model.Listen | None

    @property
    def key(self) -> Edge:
        """Places with the same key are the same to a tour: values are said where they were asked for, and then only."""
        state = self.state
        return (state.language, state.node, state.tries, state.question, state.back, self.listen is None)


@dataclass(slots=True)
class _Touring:
    menus: Menus
    facts: model.Facts
    answers: Answers
    asked: Asked
    steps: dict[Edge, list[tuple[Edge, str, _Place]]] = field(default_factory=dict)


def tours(menus: Menus, number: str, facts: model.Facts, answers: Answers, asked: Asked) -> list[Tour]:
    """Calls to ``number`` that together go every way from every node there is a way to.

    ``answers`` are the look-ups' own.
    """
    touring = _Touring(menus, facts, answers, asked)
    state = begin(menus, 1, number, facts)
    start = _until_listening(touring, state, model.Begun(), ())
    open_edges = {edge for place in _all_places(touring, start) for edge, _, _ in _ways(touring, place)}
    found = []
    while open_edges:
        before = len(open_edges)
        found.append(_tour(touring, number, start, open_edges))
        assert len(open_edges) < before, f"no tour gets to {open_edges}"
    return found


def _tour(touring: _Touring, number: str, start: _Place, open_edges: set[Edge]) -> Tour:
    """One call that takes as many open edges as it comes to, nearest first."""
    turns: list[Turn] = []
    place, seconds = start, 0.0
    while place.listen and seconds < LONGEST_S and (path := _path(touring, place, open_edges)):
        for edge, keys, after in path:
            open_edges.discard(edge)
            turns.append(_turn(place, keys))
            seconds += SILENCE_S if keys == "" else TURN_S
            place = after
    if place.listen:  # the caller has heard enough
        left = _turn(place, "")
        return Tour(number, tuple(turns), (*left.first, *left.parts), ends=False)
    return Tour(number, tuple(turns), place.heard, ends=True)


def _turn(place: _Place, keys: str) -> Turn:
    listen = place.listen
    assert listen is not None
    first = (*place.heard, *_in_language(place, listen.first))
    parts = _in_language(place, listen.parts)
    return Turn(place.state.node, first, parts, keys, listen.barge_in)


def _path(touring: _Touring, start: _Place, wanted: set[Edge]) -> list[tuple[Edge, str, _Place]]:
    """The shortest way to take one more of the ``wanted`` edges."""
    waiting = deque([(start, list[tuple[Edge, str, _Place]]())])
    seen = {start.key}
    while waiting:
        place, path = waiting.popleft()
        for step in _ways(touring, place):
            edge, _, after = step
            if edge in wanted:
                return [*path, step]
            if after.listen and after.key not in seen:
                seen.add(after.key)
                waiting.append((after, [*path, step]))
    return []


def _all_places(touring: _Touring, start: _Place) -> Iterator[_Place]:
    waiting, seen = [start], {start.key}
    for place in waiting:  # grows while it is gone through
        yield place
        for _, _, after in _ways(touring, place):
            if after.listen and after.key not in seen:
                seen.add(after.key)
                waiting.append(after)


def _ways(touring: _Touring, place: _Place) -> list[tuple[Edge, str, _Place]]:
    """What the caller can key, and what comes of it."""
    if place.listen is None:
        return []
    if place.key not in touring.steps:
        touring.steps[place.key] = [_way(touring, place, keys) for keys in _choices(touring, place)]
    return touring.steps[place.key]


def _way(touring: _Touring, place: _Place, keys: str) -> tuple[Edge, str, _Place]:
    assert place.listen is not None
    terminator = place.listen.terminator
    digits = keys.removesuffix(terminator) if terminator else keys
    after = _until_listening(touring, place.state, model.Keyed(digits), ())
    state = place.state
    # A key does the same at the first try and at the second; what is no key does not.
    tries = 0 if after.state.node != state.node else state.tries
    edge = (state.language, state.node, state.question, tries, keys, after.state.node, after.listen is None)
    return edge, keys, after


def _choices(touring: _Touring, place: _Place) -> Iterator[str]:
    node = touring.menus.nodes[place.state.node]
    yield ""
    if isinstance(node, menu.Menu):
        conventions = menu.CONVENTIONS if node.conventions else {}
        keys = [*node.keys, *(key for key in conventions if key not in node.keys)]
        yield from keys
        yield next(key for key in "98765*#0" if key not in keys)
    elif isinstance(node, menu.Survey):
        question = node.question[place.state.question]
        yield from (str(question.least), str(question.most), str(question.most + 1))
    else:
        yield from touring.asked[place.state.node]


def _until_listening(touring: _Touring, state: model.State, came: model.Input, heard: Parts) -> _Place:
    """On to where the caller is to key something, or to the end of the call."""
    while True:
        walked = walk(touring.menus, state, came, touring.facts)
        state, step = walked.state, walked.step
        place = _Place(state, heard, None)
        match step:
            case model.Listen():
                return _Place(state, heard, step)
            case model.End(first=first):
                return _Place(state, heard + _in_language(place, first), None)
            case model.PlaceOrder(first=first):
                told = (*first, model.Prompt(ORDER_TOLD))
                return _Place(state, heard + _in_language(place, told), None)
            case model.Play(first=first):
                heard, came = heard + _in_language(place, first), model.Played()
            case model.Enqueue(first=first):  # nobody is logged in
                heard, came = heard + _in_language(place, first), model.Returned(False)
            case model.Fetch():
                came = touring.answers(step)
            case model.NoteCallBack() | model.NoteAnswers() | model.SendText():
                came = model.Returned(True)
            case _:
                raise AssertionError(f"no tour knows what comes of {step}")


def _in_language(place: _Place, parts: Sequence[model.Part]) -> Parts:
    return tuple((place.state.language, part) for part in parts)
