"""Says what /health tells so that a person sees at once whether all is well, then what is not, then how things are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Part = Mapping[str, Any]  # as /health gives it
_NODE = "node "
_TOLD_OF_NODES = {"records", "spool"}  # the sums over all nodes


def lines(state: Part) -> list[str]:
    """The lines of ``ccore status`` for what /health says; raises KeyError or TypeError if it is no ccore's answer."""
    parts: Mapping[str, Part] = state["parts"]
    told = {name: _say(name, part) for name, part in parts.items() if name not in _TOLD_OF_NODES}
    width = max(map(len, told), default=0)
    troubles = [*state["warnings"], *_troubles(parts)]
    return [
        _headline(state, bool(troubles)),
        *(f"  ! {trouble}" for trouble in troubles),
        *(f"  {name:{width}}  {text}" for name, text in told.items()),
    ]


def _headline(state: Part, troubled: bool) -> str:
    if not state["ready"]:
        return f"NOT READY: {', '.join(state['why_not'])}"
    return "ready, but" if troubled else "ready"


def _troubles(parts: Mapping[str, Part]) -> Iterator[str]:
    """What the parts themselves complain of: one text, or one for each thing."""
    for name, part in parts.items():
        trouble = part.get("trouble")
        for what, text in trouble.items() if isinstance(trouble, Mapping) else [("", trouble)]:
            if text:
                yield f"{name}{f' ({what})' if what else ''}: {text}"


def _say(name: str, part: Part) -> str:
    if name.startswith(_NODE):
        return _node(part)
    return _SAYINGS.get(name, _plainly)(part)


def _node(part: Part) -> str:
    known = {"up", "up_for_s", "epoch", "lag_s", "records", "spool"}
    rest = _plainly({key: value for key, value in part.items() if key not in known})
    return "; ".join(filter(None, [_link(part), rest, _records(part["records"]), _spool(part["spool"])]))


def _link(part: Part) -> str:
    if not part["up"]:
        return "NOT LINKED"
    return f"linked for {duration(part['up_for_s'])} (epoch {part['epoch']}), events {duration(part['lag_s'])} behind"


def _records(part: Part | None) -> str:
    if part is None:
        return "records not read by this ccore"
    if not part["behind_bytes"] and part["behind_s"] < 1:
        return "records up to date"
    return f"records {duration(part['behind_s'])} ({size(part['behind_bytes'])}) behind"


def _spool(part: Part | None) -> str:
    if part is None:
        return "spool not watched by this ccore"
    bad = f", {part['bad_files']} set aside for a person" if part["bad_files"] else ""
    if not part["files"]:
        return f"spool empty{bad}"
    waits = f"{part['files']} files ({size(part['bytes'])}) wait in the spool"
    return f"{waits}, the oldest for {duration(part['oldest_s'])}{bad}"


def _process(part: Part) -> str:
    return f"ccore {part['version']}, process {part['id']}; event loop at most {duration(part['loop_lag_max_s'])} late"


def _leases(part: Part) -> str:
    elsewhere = [f"{name} ({who})" for name, who in sorted(part["elsewhere"].items())]
    work = {"done here": sorted(part["held"]), "elsewhere": elsewhere, "not known yet": part["awaited"]}
    return "; ".join(f"{where}: {', '.join(names)}" for where, names in work.items() if names)


def _plainly(part: Part) -> str:
    told = {key: value for key, value in part.items() if key != "trouble" and value not in (None, [], {})}
    return ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in told.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"({_plainly(value)})"
    if isinstance(value, list):
        return f"({', '.join(map(str, value))})"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


_SAYINGS: Mapping[str, Callable[[Part], str]] = {
    "process": _process,
    "leases": _leases,
    "database": lambda part: "answers" if part["up"] else "DOES NOT ANSWER",
}


def duration(seconds: float) -> str:
    """A time as people say it: 0.25 → ``250 ms``, 4000 → ``1 h 6 min``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    told: list[str] = []
    for unit, length in {"d": 86400, "h": 3600, "min": 60, "s": 1}.items():
        count, seconds = divmod(seconds, length)
        if told or count:
            told.append(f"{count:.0f} {unit}")
    return " ".join(told[:2])


def size(count: float) -> str:
    """Bytes as people say them: 1500 → ``1.5 kB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
