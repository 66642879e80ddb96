"""How long a text is on the radio: of how many short messages the network makes it, and why."""

from dataclasses import dataclass

# The default alphabet of GSM 03.38 in its order (ESC is the escape), and the letters that take two places in it.
_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = "\x1b"
_ESCAPED = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_OCTETS = {letter: bytes([place]) for place, letter in enumerate(_ALPHABET) if letter != _ESCAPE} | {
    letter: bytes([_ALPHABET.index(_ESCAPE), place]) for letter, place in _ESCAPED.items()
}
_GSM_WHOLE, _GSM_PART = 160, 153  # a part of several has seven letters' room less: it says which part it is
_UCS2_WHOLE, _UCS2_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Length:
    """``gsm``: in the short alphabet; else in UCS-2, because of ``outside``, the first letter that is not in it."""

    gsm: bool
    parts: int
    outside: str = ""


def length(text: str) -> Length:
    """Of how many short messages the network makes ``text``."""
    outside = next((letter for letter in text if letter not in _OCTETS), "")
    return Length(not outside, len(parts(text)), outside)


def parts(text: str) -> list[bytes]:
    """What each short message holds: letters of the short alphabet, one an octet, or UCS-2 if one is outside of it."""
    if all(letter in _OCTETS for letter in text):
        return _split([_OCTETS[letter] for letter in text], _GSM_WHOLE, _GSM_PART)
    return _split([letter.encode("utf-16-be") for letter in text], 2 * _UCS2_WHOLE, 2 * _UCS2_PART)


def decoded(octets: bytes) -> str:
    """Letters of the short alphabet, one an octet; what is none of them is left out."""
    letters, escaped = [], {code: letter for letter, code in _ESCAPED.items()}
    following = iter(octets)
    for octet in following:
        if octet == _ALPHABET.index(_ESCAPE):
            letters.append(escaped.get(next(following, 0), ""))
        elif octet < len(_ALPHABET):
            letters.append(_ALPHABET[octet])
    return "".join(letters)


def _split(letters: list[bytes], whole: int, part: int) -> list[bytes]:
    """A letter is never split over two parts."""
    if sum(map(len, letters)) <= whole:
        return [b"".join(letters)]
    made = [b""]
    for letter in letters:
        if len(made[-1]) + len(letter) > part:
            made.append(b"")
        made[-1] += letter
    return made
