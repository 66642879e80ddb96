"""Where a caller is, packed into one channel variable, so that the next step is anybody's who can read it."""

from dataclasses import replace

from ccore.ivr.model import State, Value
from ccore.packed import MOST_CHARACTERS, pack, unpack
from ccore.prompts.kinds import Kind

MOST_BACK = 8  # menus that * leads back through
_MOST_BYTES = 20_000  # of text unpacked: what is ours is far below it


def dump(state: State) -> str:
    """The state as at most 1,000 letters, digits, ``-`` and ``_``.

    Too much for that loses the oldest menus to go back to, then the oldest values: a call goes on with less. Secret
    values travel as well and are readable to whoever can read the channel: do not log what this gives.
    """
    state = replace(state, back=state.back[-MOST_BACK:])
    while len(packed := _pack(state)) > MOST_CHARACTERS:
        state = _less(state)
    return packed


def load(text: str) -> State:
    """The state that ``dump`` packed. Raises ValueError for anything else."""
    try:
        return _state(unpack(text, _MOST_BYTES))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ValueError(f"no state of a call: {error}") from error


def _less(state: State) -> State:
    if state.back:
        return replace(state, back=state.back[1:])
    return replace(state, values=dict(list(state.values.items())[1:]))


def _pack(state: State) -> str:
    values = [[name, value.kind, value.text, int(value.secret)] for name, value in state.values.items()]
    counts = [state.walked, state.tries, state.question, state.asked]
    return pack([state.version, state.hotline, state.language, state.node, *counts, list(state.back), values])


def _state(data: object) -> State:
    match data:
        case [
            int(version), str(hotline), str(language), str(node),
            int(walked), int(tries), int(question), int(asked), list(back), list(values),
        ] if all(isinstance(menu, str) for menu in back):  # fmt: skip
            known = dict(map(_value, values))
            return State(version, hotline, language, node, walked, tries, question, asked, tuple(back), known)
    raise ValueError("no state of a call")


def _value(data: object) -> tuple[str, Value]:
    match data:
        case [str(name), str(kind), str(text), int(secret)]:
            return name, Value(Kind(kind), text, bool(secret))
    raise ValueError("no value of a call")
