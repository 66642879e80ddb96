"""What is said in an AGI session after its headers: commands out, answers in; no I/O."""

import enum
import re
from functools import lru_cache
from typing import NamedTuple

from ccore.errors import CcoreError

COMMAND_LIMIT_BYTES = 8191  # with its line feed: Asterisk reads into 8,192 and takes the rest for another command
TRYING = 100  # an answer's code: the answer proper follows
ARGUMENTS_LIMIT = 120  # Asterisk's array has 128 places: one for its end, up to seven for the words of the verb
ANSWER_LIMIT_BYTES = 65536  # Asterisk's longest is a usage text of some KB

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Code, result, what stands in parentheses, the rest; DOTALL for a usage text, the only answer of several lines.
_ANSWER = re.compile(r"([1-5][0-9]{2})(?: |(?<=520)-)(?:result=(\S*) ?)?(?:\((.*)\) ?)?(.*)", re.DOTALL)


class Hangup(Exception):
    """The caller has hung up, or Asterisk has closed the session: nothing more can be asked of this call."""


class CommandRefused(CcoreError):
    """Asterisk does not carry out this AGI command: ccore, the dialplan or the loaded modules do not fit together."""


class BadAnswer(Exception):
    """Bytes that are no answer Asterisk gives; what follows them cannot be trusted."""


class Said(enum.Enum):
    """What Asterisk says without being asked."""

    HANGUP = "HANGUP"


class Answer(NamedTuple):
    """One answer. ``200 result=12 (timeout) endpos=8`` has code 200, result "12", data "timeout", rest "endpos=8".

    ``result`` is "" where Asterisk gives none (no key pressed); ``data`` is None without parentheses.
    ``rest`` is whatever follows, for code 520 the usage text.
    """

    code: int
    result: str
    data: str | None
    rest: str


@lru_cache  # a service says the same few lines over and over: CCORE_RESULT and its dozen outcomes
def command_line(verb: str, *arguments: str) -> bytes:
    """The line that asks for ``verb`` (one of Asterisk's, as written there) with ``arguments``, each quoted.

    Raises ValueError if it holds a control character (a line feed would start a second command) or is too long.
    """
    line = verb
    for argument in arguments:
        line += ' "' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not line.isprintable() and _CONTROL.search(line):  # isprintable: quick to say yes
        raise ValueError(f"a control character in the arguments of AGI command {verb}")
    if len(arguments) > ARGUMENTS_LIMIT:
        raise ValueError(f"AGI command {verb} has more than {ARGUMENTS_LIMIT} arguments")
    encoded = line.encode() + b"\n"
    if len(encoded) > COMMAND_LIMIT_BYTES:
        raise ValueError(f"AGI command {verb} is longer than {COMMAND_LIMIT_BYTES} bytes")
    return encoded


def parse_answer(text: str) -> Answer:
    """Read one answer without its last line feed; raises BadAnswer if it is none."""
    found = _ANSWER.fullmatch(text)
    if found is None:
        raise BadAnswer("not an answer of Asterisk")
    code, result, data, rest = found.groups()
    return Answer(int(code), result or "", data, rest)


# Nearly every answer is one of these, and arrives alone.
USUAL = {line: parse_answer(line[:-1].decode()) for line in (b"200 result=1\n", b"200 result=0\n")}


def read_answers(received: bytes) -> tuple[list[Answer | Said], bytes]:
    """The whole answers in what has been received, and the bytes of one that is not whole yet.

    Raises BadAnswer for what Asterisk never says.
    """
    said: list[Answer | Said] = []
    start = 0
    while end := _end_of_answer(received, start):
        said.append(_read(received[start : end - 1]))
        start = end
    if len(received) - start > ANSWER_LIMIT_BYTES:
        raise BadAnswer("an answer without end")
    return said, received[start:]


def _end_of_answer(received: bytes, start: int) -> int:
    """Where the answer at ``start`` ends, behind its line feed; 0 if its end has not arrived."""
    if received.startswith(b"520-", start):
        start = received.find(b"\n520 ", start) + 1
        if not start:
            return 0
    return received.find(b"\n", start) + 1


def _read(answer: bytes) -> Answer | Said:
    if len(answer) > ANSWER_LIMIT_BYTES:
        raise BadAnswer("an answer too long")
    text = answer.decode("utf-8", "replace")
    return Said.HANGUP if text == Said.HANGUP.value else parse_answer(text)
