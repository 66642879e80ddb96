"""What stands inside a dialplan step: its arguments, and the ``${…}`` and ``$[…]`` Asterisk fills in at call time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PAIRS = {"${": "}", "$[": "]", "{": "}", "[": "]", "(": ")"}


class Unbalanced(ValueError):
    """Brackets or quotes that do not close."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One ``${…}``: of a variable, or, with ``arguments``, of a function; None where its name is not constant.

    ``around`` are the openings it stands in, outermost first: ``${NAME`` or ``$[``.
    """

    name: str | None
    arguments: str | None
    around: tuple[str, ...]


def references(text: str) -> list[Reference]:
    """Every ``${…}`` of ``text``, the innermost first. Raises Unbalanced."""
    found: list[Reference] = []
    opened: list[tuple[str, int]] = []
    for mark, at in _marks(text):
        if mark in _PAIRS:
            opened.append((mark, at))
        elif opened and mark == _PAIRS[opened[-1][0]]:
            kind, start = opened.pop()
            if kind == "${":
                found.append(_reference(text, text[start + 2 : at], opened))
        elif mark in {"}", ")"}:
            raise Unbalanced(f"{mark} has no opening")
    if opened:
        raise Unbalanced(f"{opened[-1][0]} is never closed")
    if re.sub(r"\\.", "", text).count('"') % 2:
        raise Unbalanced('" is never closed')
    return found


def split(text: str, separator: str = ",") -> list[str]:
    """``text`` at each ``separator`` outside brackets and quotes, as an application takes its arguments apart."""
    parts, depth, quoted, start = [], 0, False, 0
    for match in re.finditer(r"\\.|[\"(){}\[\]]|" + re.escape(separator), text):
        mark = match[0]
        if mark == '"':
            quoted = not quoted
        elif mark in "({[":
            depth += 1
        elif mark in ")}]":
            depth -= 1
        elif mark == separator and not quoted and depth <= 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def constant(text: str) -> bool:
    """Whether nothing in ``text`` is filled in at call time."""
    return "${" not in text and "$[" not in text


def _marks(text: str) -> Iterator[tuple[str, int]]:
    for match in re.finditer(r"\\.|\$\{|\$\[|[{}\[\]()]", text):
        yield match[0], match.start()


def _reference(text: str, body: str, opened: list[tuple[str, int]]) -> Reference:
    around = tuple(_opening(text, kind, start) for kind, start in opened if kind in {"${", "$["})
    name = _NAME.match(body)
    if not name or body[name.end() : name.end() + 1] not in {"", "(", ":"}:
        return Reference(None, None, around)
    if body[name.end() : name.end() + 1] != "(":
        return Reference(name[0], None, around)
    return Reference(name[0], body[name.end() + 1 : body.rfind(")")], around)


def _opening(text: str, kind: str, start: int) -> str:
    name = _NAME.match(text, start + 2) if kind == "${" else None
    return kind + (name[0] if name else "")
